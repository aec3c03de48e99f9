"""What all actions share: who speaks, when, in which words. Decisions live in `actions.care`."""

from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from sqlalchemy.orm import Session

from actions.care import conversations
from actions.care.models import Conversation

Events = list[EventType]

REQUESTED_SLOT = "requested_slot"
AFFIRM, DENY = "affirm", "deny"
DANGER = ("emergency_medical", "crisis_self_harm", "domestic_violence")
# Messages that never answer a form's question: danger, and what ends the form. The
# same list stands in domain.yml for the mappings that Rasa reads itself.
NEVER_FILLS = frozenset(
    {
        *DANGER,
        "stop_messages",
        "talk_to_human",
        "cancel_flow",
        "start_over",
    }
)


def intent_of(tracker: Tracker) -> str:
    return (tracker.latest_message.get("intent") or {}).get("name") or ""


def metadata_of(tracker: Tracker) -> dict[str, Any]:
    return tracker.latest_message.get("metadata") or {}


def now(tracker: Tracker) -> datetime:
    """The moment the message was received: a turn done again happens at the same time."""
    at = metadata_of(tracker).get("at")
    return datetime.fromisoformat(at) if at else datetime.now(timezone.utc)


def language_of(tracker: Tracker) -> str:
    return tracker.latest_message.get("language") or metadata_of(tracker).get("language") or "en"


def words_of(tracker: Tracker) -> str | None:
    """The patient's own words; of a choice, its title as they read it."""
    return metadata_of(tracker).get("words") or tracker.latest_message.get("text")


def entity_values(tracker: Tracker, name: str) -> list[str]:
    found = tracker.latest_message.get("entities") or ()
    return [entity["value"] for entity in found if entity["entity"] == name]


def conversation_of(session: Session, tracker: Tracker) -> Conversation:
    """The conversation of this tracker; `rasa shell` brings one nobody opened."""
    return conversations.ensure(session, tracker.sender_id, now=now(tracker))
