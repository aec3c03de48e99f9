"""The assistant's memory of a conversation: sealed, and bounded.

Kept are the slots, the question that is open and the last events. So the cost of a
turn does not grow with the conversation: Rasa replays every stored event whenever it
rebuilds a tracker, and `user_featurization` events replay the whole history each.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    DefinePrevUserUtteredFeaturization,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from actions.care import conversations, database

# Rules look at the present turn, "did you mean" and "say it again" at the one before.
KEPT_TURNS = 2
MOST_EVENTS = 40
# What a stored message needs; the ranking and the rest of a parse serve only its turn.
_PRELUDE = "prelude"
_KEPT_PARSE = ("intent", "entities", "language", "safety")


class SealedTrackerStore(TrackerStore):
    """Keeps trackers in the conversation's own row, within the turn's transaction."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: EndpointConfig | None = None,
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        """Constructs the store; Rasa's own commands call it with an endpoint."""
        super().__init__(domain, event_broker)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store what the next turn needs."""
        state = {
            "slots": {
                name: slot.value
                for name, slot in tracker.slots.items()
                if slot.value != slot.initial_value
            },
            "loop": tracker.active_loop_name,
            "events": [_stored(event) for event in _latest(tracker.events)],
        }
        with database.session_scope() as session:
            conversations.save_state(session, tracker.sender_id, state)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker as it was, its older events replaced by what they led to."""
        with database.session_scope() as session:
            state = conversations.load_state(session, sender_id)
        if state is None:
            return None
        events = [*_prelude(state), *map(_restored, state["events"])]
        tracker = DialogueStateTracker.from_events(sender_id, events, self.domain.slots)
        # The events replay older values of slots; what was known at the end counts.
        for name, value in state["slots"].items():
            if name in tracker.slots:
                tracker.slots[name].value = value
        return tracker


@lru_cache(maxsize=1)
def _event_types() -> dict[str, type[Event]]:
    """Rasa looks through all its classes for each event it restores; once is enough."""
    return {kind.type_name: kind for kind in all_subclasses(Event)}


def _restored(data: dict[str, Any]) -> Event:
    return _event_types()[data["event"]]._from_parameters(
        {key: value for key, value in data.items() if key != "event"}
    )


def _prelude(state: dict[str, Any]) -> list[Event]:
    """What the events that were let go had led to; marked, so as not to be stored again."""
    mark = {_PRELUDE: True}
    events: list[Event] = [
        SlotSet(name, value, metadata=mark) for name, value in state["slots"].items()
    ]
    if state["loop"]:
        events.append(ActiveLoop(state["loop"], metadata=mark))
    events.append(ActionExecuted(ACTION_LISTEN_NAME, metadata=mark))
    return events


def _latest(events: Sequence[Event]) -> list[Event]:
    """The events of the last turns, beginning with a message of the patient's."""
    kept = [
        event
        for event in events
        if not isinstance(event, DefinePrevUserUtteredFeaturization)
        and _PRELUDE not in event.metadata
    ]
    messages = [n for n, event in enumerate(kept) if isinstance(event, UserUttered)]
    start = messages[-KEPT_TURNS] if len(messages) > KEPT_TURNS else 0
    return kept[max(start, len(kept) - MOST_EVENTS) :]


def _stored(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = event.as_dict()
    if isinstance(event, UserUttered):
        data["parse_data"] = {
            key: value for key, value in data["parse_data"].items() if key in _KEPT_PARSE
        }
    return data
