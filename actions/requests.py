"""What a person of the team has to take up: logged, and said so."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import (
    Events,
    conversation_of,
    entity_values,
    intent_of,
    language_of,
    metadata_of,
    now,
    words_of,
)
from actions.care import database, needs


class ActionLogRequest(Action):
    """Logs the request under its intent's name and answers with that intent's words."""

    def name(self) -> str:
        return "action_log_request"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        heard = needs.Heard(
            domain=intent_of(tracker),
            words=words_of(tracker),
            language=language_of(tracker),
            message_id=metadata_of(tracker).get("message_id"),
            urgent=bool(entity_values(tracker, "urgent_word")),
        )
        with database.session_scope() as session:
            need = needs.record(session, conversation_of(session, tracker), heard, now=now(tracker))
            # Who asks us to get in touch has agreed to it.
            needs.learn(session, need, contact_consent=True, now=now(tracker))
        dispatcher.utter_message(response=f"utter_{intent_of(tracker)}")
        return []
