"""A need, from the first word to what came of it: heard, asked about, answered, closed."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.base import (
    AFFIRM,
    DENY,
    NEVER_FILLS,
    REQUESTED_SLOT,
    Events,
    conversation_of,
    entity_values,
    intent_of,
    language_of,
    metadata_of,
    now,
    words_of,
)
from actions.care import database, directory, needs, patients
from actions.care.models import Need
from translations import formats
from translations.languages import language

NEED, CONSENT, ZIP = "need__id", "need__contact_consent", "need__zip"
OFFERS, HELPED, UNCLEAR = "need__offers", "need__helped", "need__unclear_answers"
SKIPPED = "skipped"
YES, NO, NONE_FOUND = "yes", "no", "none_found"
PREFIX = "need_"
# A ZIP code is wider than this: "0 miles" would claim more than we know.
WORTH_SAYING_MILES = 0.1
# After so many answers we could not read we go on without one.
MOST_UNCLEAR = 2
CONSENT_WORDING = "utter_ask_need__contact_consent"
# What a person says who did not answer the question but did not ask anything either.
_NO_ANSWER = ("nlu_fallback", "out_of_scope", "greet", "thank")


class ActionRecordNeed(Action):
    """Logs the need before anything is asked about it."""

    def name(self) -> str:
        return "action_record_need"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        zip_code = next(
            filter(directory.known_zip, entity_values(tracker, "zip")), tracker.get_slot(ZIP)
        )
        heard = needs.Heard(
            domain=intent_of(tracker).removeprefix(PREFIX),
            words=words_of(tracker),
            language=language_of(tracker),
            message_id=metadata_of(tracker).get("message_id"),
            urgent=bool(entity_values(tracker, "urgent_word")),
        )
        with database.session_scope() as session:
            need = needs.record(session, conversation_of(session, tracker), heard, now=now(tracker))
            _learn(session, need, tracker.get_slot(CONSENT), zip_code, tracker)
            need_id = need.id
        dispatcher.utter_message(response="utter_need_heard")
        fresh = {NEED: need_id, ZIP: zip_code, OFFERS: None, HELPED: None, UNCLEAR: 0}
        return [SlotSet(name, value) for name, value in fresh.items()]


class ValidateNeedForm(Action):
    """Reads the answers to what we ask about a need, and looks for resources."""

    def name(self) -> str:
        return "validate_need_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        if intent_of(tracker) in NEVER_FILLS:
            return []
        read = {CONSENT: self._consent, ZIP: self._zip, HELPED: self._helped}
        asked = tracker.get_slot(REQUESTED_SLOT)
        slots = read[asked](dispatcher, tracker) if asked in read else {}
        slots.update(_search_when_ready({**tracker.slots, **slots}, tracker))
        return [SlotSet(name, value) for name, value in slots.items()]

    def _consent(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
        intent = intent_of(tracker)
        if intent in (AFFIRM, DENY):
            return _keep_consent(tracker, intent == AFFIRM)
        if intent not in _NO_ANSWER:
            return {}
        if _unclear(tracker) >= MOST_UNCLEAR:
            # Silence is not consent.
            return _keep_consent(tracker, False)
        dispatcher.utter_message(response="utter_yes_or_no")
        return {CONSENT: None, UNCLEAR: _unclear(tracker)}

    def _zip(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
        written = entity_values(tracker, "zip")
        if known := next(filter(directory.known_zip, written), None):
            return {ZIP: known, UNCLEAR: 0}
        if intent_of(tracker) == DENY:
            return {ZIP: SKIPPED, UNCLEAR: 0}
        attempted = written or entity_values(tracker, "number")
        if not attempted and intent_of(tracker) not in (*_NO_ANSWER, AFFIRM):
            return {}
        if _unclear(tracker) >= MOST_UNCLEAR:
            return {ZIP: SKIPPED, UNCLEAR: 0}
        dispatcher.utter_message(response="utter_zip_unknown")
        return {ZIP: None, UNCLEAR: _unclear(tracker)}

    def _helped(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
        intent = intent_of(tracker)
        if intent in (AFFIRM, "thank"):
            return {HELPED: YES}
        if intent == DENY or _unclear(tracker) > MOST_UNCLEAR:
            return {HELPED: NO}
        if intent not in _NO_ANSWER:
            return {}
        dispatcher.utter_message(response="utter_yes_or_no")
        return {HELPED: None, UNCLEAR: _unclear(tracker)}


class ActionAskNeedHelped(Action):
    """Shows what was found, once, and asks whether it can help."""

    def name(self) -> str:
        return "action_ask_need__helped"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        offers = tracker.get_slot(OFFERS) or []
        if offers:
            dispatcher.utter_message(response="utter_resources_found")
        for place in offers:
            response = "utter_resource_near" if "miles" in place else "utter_resource"
            dispatcher.utter_message(response=response, **_in_words(place, language_of(tracker)))
        dispatcher.utter_message(response="utter_ask_need__helped")
        # An interruption asks the question again, not the whole list.
        return [SlotSet(OFFERS, [])] if offers else []


class ActionCloseNeed(Action):
    """Writes down what came of it, and says what happens next."""

    def name(self) -> str:
        return "action_close_need"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        outcome = tracker.get_slot(HELPED)
        with database.session_scope() as session:
            need = needs.get(session, tracker.get_slot(NEED))
            if outcome == YES:
                needs.move(session, need, needs.IN_PROGRESS, actor=needs.PATIENT, now=now(tracker))
            elif outcome == NO:
                needs.mark_unmet(session, need, needs.NONE_HELPED, now=now(tracker))
            may_contact = bool(need.contact_consent)
        dispatcher.utter_message(response=_closing(outcome, may_contact))
        return [SlotSet(name, None) for name in (NEED, OFFERS, HELPED)]


def _closing(outcome: str | None, may_contact: bool) -> str:
    if outcome == YES:
        return "utter_need_helped"
    return "utter_need_unmet_contact" if may_contact else "utter_need_unmet_no_contact"


def _unclear(tracker: Tracker) -> int:
    return int(tracker.get_slot(UNCLEAR) or 0) + 1


def _keep_consent(tracker: Tracker, granted: bool) -> dict[str, Any]:
    with database.session_scope() as session:
        conversation = conversation_of(session, tracker)
        patients.record_consent(
            session,
            conversation.patient_id,
            kind="contact",
            granted=granted,
            wording=CONSENT_WORDING,
            language=language_of(tracker),
            now=now(tracker),
        )
        _learn(session, needs.get(session, tracker.get_slot(NEED)), granted, None, tracker)
    return {CONSENT: granted, UNCLEAR: 0}


def _learn(
    session: Session, need: Need, consent: bool | None, zip_code: str | None, tracker: Tracker
) -> None:
    needs.learn(
        session,
        need,
        contact_consent=consent,
        zip_code=None if zip_code == SKIPPED else zip_code,
        now=now(tracker),
    )


def _search_when_ready(slots: dict[str, Any], tracker: Tracker) -> dict[str, Any]:
    """Look for resources as soon as consent and place are settled, once a need."""
    ready = slots.get(CONSENT) is not None and slots.get(ZIP) is not None
    if not ready or slots.get(OFFERS) is not None:
        return {}
    with database.session_scope() as session:
        need = needs.get(session, slots[NEED])
        _learn(session, need, None, slots[ZIP], tracker)
        places = directory.find(
            session, domain=need.domain, language=language_of(tracker), zip_code=need.zip_code
        )
        needs.offer(session, need, [place.service_id for place in places], now=now(tracker))
    if not places:
        return {OFFERS: [], HELPED: NONE_FOUND}
    return {OFFERS: [_card(place) for place in places]}


def _card(place: directory.Place) -> dict[str, Any]:
    """A place as a slot can keep it until it is shown."""
    card: dict[str, Any] = {
        "name": place.name,
        "address": place.address,
        "phone": place.phone,
        "hours": {str(day): list(span) for day, span in place.hours.items()},
    }
    if place.miles is not None and place.miles >= WORTH_SAYING_MILES:
        card["miles"] = place.miles
    return card


def _in_words(card: dict[str, Any], code: str) -> dict[str, str]:
    spoken = language(code)
    hours = {int(day): (span[0], span[1]) for day, span in card["hours"].items()}
    words = {**card, "hours": formats.opening_hours(hours, spoken)}
    if "miles" in card:
        words["miles"] = formats.decimal(card["miles"], spoken)
    return words
