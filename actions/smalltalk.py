"""Talk about the talk: not understood, again please, another language, no more messages."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import needs as need_slots
from actions.base import (
    DANGER,
    Events,
    conversation_of,
    entity_values,
    language_of,
    now,
)
from actions.care import database, directory, patients
from translations import formats
from translations.languages import enabled, language

UNCLEAR_INTENT = "nlu_fallback"
GUESSES = 2
# What is not offered as a guess: small talk, and danger, which is asked about by itself.
NOT_A_GUESS = frozenset(
    {
        *DANGER,
        UNCLEAR_INTENT,
        "affirm",
        "bot_challenge",
        "deny",
        "goodbye",
        "greet",
        "out_of_scope",
        "thank",
    }
)


class ActionClarify(Action):
    """Asks "did you mean" with two guesses; the second time in a row it offers a person."""

    def name(self) -> str:
        return "action_clarify"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        guesses = _guesses(tracker)
        if _unclear_before(tracker) or not guesses:
            dispatcher.utter_message(response="utter_offer_person")
        else:
            dispatcher.utter_message(
                response="utter_did_you_mean", meanings=[*guesses, "talk_to_human"]
            )
        return []


class ActionRepeat(Action):
    """Says again what we last said."""

    def name(self) -> str:
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        said = _last_reply(tracker)
        if not said:
            dispatcher.utter_message(response="utter_nothing_to_repeat")
        for event in said:
            dispatcher.utter_message(
                text=event["text"],
                buttons=(event.get("data") or {}).get("buttons") or [],
                language=(event.get("metadata") or {}).get("language"),
            )
        return []


class ActionChangeLanguage(Action):
    """Confirms the new language, or says what can be done for one we do not have."""

    def name(self) -> str:
        return "action_change_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        if tracker.latest_message.get("language_asked"):
            dispatcher.utter_message(response="utter_language_changed")
        elif set(entity_values(tracker, "language_name")) - set(enabled()):
            dispatcher.utter_message(response="utter_language_missing")
        else:
            dispatcher.utter_message(
                response="utter_which_language",
                buttons=[
                    {"title": known.name, "payload": f"language:{code}"}
                    for code, known in enabled().items()
                ],
            )
        return []


class ActionStopMessages(Action):
    """Nothing is sent any more that the patient did not ask for (47 CFR 64.1200(a)(10))."""

    def name(self) -> str:
        return "action_stop_messages"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        with database.session_scope() as session:
            patients.stop_messages(
                session,
                conversation_of(session, tracker).patient_id,
                language=language_of(tracker),
                now=now(tracker),
            )
        dispatcher.utter_message(response="utter_stop_messages")
        return []


class ActionForgetFlow(Action):
    """Lets go of the question under way; what was logged stays logged."""

    def name(self) -> str:
        return "action_forget_flow"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        under_way = (need_slots.NEED, need_slots.OFFERS, need_slots.HELPED)
        return [SlotSet(name, None) for name in under_way]


class ActionClinicInfo(Action):
    """Where the clinic is and when it is open."""

    def name(self) -> str:
        return "action_clinic_info"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        with database.session_scope() as session:
            clinic = directory.clinic(session)
        if clinic is None:
            dispatcher.utter_message(response="utter_help")
            return []
        hours = {int(day): (span[0], span[1]) for day, span in clinic.hours.items()}
        dispatcher.utter_message(
            response="utter_clinic_info",
            address=clinic.address,
            hours=formats.opening_hours(hours, language(language_of(tracker))),
        )
        return []


def _guesses(tracker: Tracker) -> list[str]:
    ranking = tracker.latest_message.get("intent_ranking") or ()
    return [entry["name"] for entry in ranking if entry["name"] not in NOT_A_GUESS][:GUESSES]


def _unclear_before(tracker: Tracker) -> bool:
    """Whether the message before this one was not understood either."""
    said = [event for event in tracker.events if event["event"] == "user"]
    if len(said) < 2:
        return False
    before = (said[-2].get("parse_data") or {}).get("intent") or {}
    return before.get("name") == UNCLEAR_INTENT


def _last_reply(tracker: Tracker) -> list[dict[str, Any]]:
    """Our messages since the patient's message before this one."""
    said: list[dict[str, Any]] = []
    messages_seen = 0
    for event in reversed(tracker.events):
        if event["event"] == "user":
            messages_seen += 1
            if messages_seen == 2:
                break
        elif event["event"] == "bot" and messages_seen == 1:
            said.insert(0, event)
    return said
