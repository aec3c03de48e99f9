"""The answer to danger: the numbers first, then the record for the coordinators."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import (
    Events,
    conversation_of,
    intent_of,
    language_of,
    metadata_of,
    now,
    words_of,
)
from actions.care import audit, database, needs


class ActionAnswerDanger(Action):
    """Says whom to call, and puts the message on top of the coordinators' list."""

    def name(self) -> str:
        return "action_answer_danger"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        dispatcher.utter_message(response=f"utter_{intent_of(tracker)}")
        dispatcher.utter_message(response="utter_danger_noted")
        heard = needs.Heard(
            domain=intent_of(tracker),
            words=words_of(tracker),
            language=language_of(tracker),
            message_id=metadata_of(tracker).get("message_id"),
        )
        with database.session_scope() as session:
            need = needs.record(session, conversation_of(session, tracker), heard, now=now(tracker))
            audit.record(
                session, "danger heard", actor="assistant", subject=need.id, now=now(tracker)
            )
        return []
