"""The assistant: Rasa's agent as a library, with our memory, wording and actions.

One call takes a message and returns drafts of the reply. The actions run in this
process and join the turn's transaction, or on a separate action server.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.model import get_latest_model
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from actions.care.conversations import Choice, Draft
from actions.care.errors import CareError
from bot.components.safety_patterns import CHECK
from bot.graph import OrderedRunner
from bot.tracker_store import SealedTrackerStore
from bot.wording import CatalogWording, Wording
from translations.catalogs import installed
from translations.languages import SOURCE

ACTIONS_PACKAGE = "actions"
# How often a waiting message looks whether its turn has come, in seconds.
LOCK_POLL_SECONDS = 0.02
# Our actions read slots and messages; the whole domain need not travel with each call.
WITHOUT_DOMAIN = {"enable_selective_domain": True}


class ModelMissing(CareError):
    """There is no trained model; `konbit train` makes one."""


class TurnFailed(CareError):
    """An action failed. Rasa would go on without it; we undo the turn and say so."""


@dataclass(frozen=True)
class Answer:
    """What a turn led to.

    Attributes:
        drafts: replies in order.
        language: the conversation's language from now on.
        language_chosen: the person asked for it in this very message.
        intent, confidence: what was understood, for the figures of understanding.
        safety: {"kind", "level"} where danger was heard, else None.
    """

    drafts: tuple[Draft, ...]
    language: str
    language_chosen: bool
    intent: str | None
    confidence: float | None
    safety: Mapping[str, str] | None

    @property
    def in_doubt(self) -> str | None:
        """The kind of danger we are not sure of, None where there is none or we are."""
        if self.safety and self.safety["level"] == CHECK:
            return self.safety["kind"]
        return None


_failure: ContextVar[BaseException | None] = ContextVar("action_failure", default=None)


class ActionServer(EndpointConfig):
    """A separate action server; its failures are remembered, for Rasa swallows them."""

    def __init__(self, url: str) -> None:
        super().__init__(url=url, **WITHOUT_DOMAIN)

    async def request(self, *arguments: Any, **keywords: Any) -> Any:
        """Run one action call."""
        try:
            return await self._call(*arguments, **keywords)
        except Exception as error:
            _failure.set(error)
            raise

    async def _call(self, *arguments: Any, **keywords: Any) -> Any:
        return await super().request(*arguments, **keywords)


class InProcessActions(ActionServer):
    """The actions run here, without a network, within the turn's transaction."""

    def __init__(self) -> None:
        super().__init__("in-process")
        self._executor = ActionExecutor()
        self._executor.register_package(ACTIONS_PACKAGE)

    async def _call(self, json: Any = None, **keywords: Any) -> Any:
        return await self._executor.run(json)


def _check_results_once(*, in_process: bool) -> None:
    """Take the cost out of Rasa's check of action results.

    `jsonschema.validate` examines the schema itself before each use: 20 ms a call here,
    most of a turn. From another server the same schema is applied, compiled once. In
    this process the results come from rasa_sdk's own constructors and need no check.
    """
    schema = RemoteAction.action_response_format_spec()
    compiled = validator_for(schema)(schema)

    def valid(self: RemoteAction, result: dict[str, Any]) -> bool:
        if not in_process:
            compiled.validate(result)
        return True

    RemoteAction._validate_action_result = valid


class _Collector(OutputChannel):
    """Collects what one turn says."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "konbit"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append(message)


class Assistant:
    """The trained model with everything it needs to hold a conversation."""

    def __init__(
        self,
        model_dir: Path,
        *,
        facts: Mapping[str, str],
        production: bool,
        action_server_url: str | None = None,
    ) -> None:
        """Load the newest model.

        Raises:
            ModelMissing: no model was trained yet.
        """
        model = get_latest_model(model_dir)
        if model is None:
            raise ModelMissing(f"There is no model in {model_dir}. Train one with: konbit train")
        _check_results_once(in_process=action_server_url is None)
        self._nlg = CatalogWording()
        endpoint = ActionServer(action_server_url) if action_server_url else InProcessActions()
        self._agent = Agent.load(
            model,
            generator=self._nlg,
            tracker_store=SealedTrackerStore(),
            lock_store=InMemoryLockStore(),
            action_endpoint=endpoint,
        )
        assert self._agent.domain is not None
        assert self._agent.processor is not None
        self._agent.processor.graph_runner = OrderedRunner(self._agent.processor.graph_runner)
        # It only warns of intents the domain lacks, and builds an empty domain each time to
        # do so; `rasa data validate` has told us already.
        self._agent.processor._check_for_unseen_features = lambda parse_data: None
        self.wording = Wording(
            self._agent.domain.responses, catalogs=installed(), facts=facts, production=production
        )
        self._nlg.use(self.wording)

    def in_turn(self, conversation_id: str) -> Any:
        """An async context: messages of one conversation one after another, as they came."""
        return self._agent.lock_store.lock(conversation_id, wait_time_in_seconds=LOCK_POLL_SECONDS)

    async def parse(self, text: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the pipeline makes of a text: intent, entities, language, safety."""
        assert self._agent.processor is not None
        message = UserMessage(text, metadata=dict(metadata or {}))
        parsed: dict[str, Any] = await self._agent.processor.parse_message(message)
        return parsed

    async def answer(self, conversation_id: str, text: str, metadata: Mapping[str, Any]) -> Answer:
        """One turn. The caller holds the conversation's lock and the transaction.

        Raises:
            TurnFailed: an action failed; nothing of the turn may be kept.
        """
        processor = self._agent.processor
        assert processor is not None
        output = _Collector()
        message = UserMessage(
            text, output, conversation_id, input_channel="konbit", metadata=dict(metadata)
        )
        _failure.set(None)
        tracker = await processor.log_message(message, should_save_tracker=False)
        heard = dict(tracker.latest_message.parse_data) if tracker.latest_message else {}
        tracker = await processor.run_action_extract_slots(output, tracker)
        await processor._run_prediction_loop(output, tracker)
        if error := _failure.get():
            raise TurnFailed("an action failed") from error
        await processor.save_tracker(tracker)
        return _answer(output.messages, heard, metadata)


def _answer(
    messages: list[dict[str, Any]], heard: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Answer:
    intent = heard.get("intent") or {}
    language = heard.get("language") or metadata.get("language") or SOURCE
    return Answer(
        drafts=tuple(_draft(message, language) for message in messages),
        language=language,
        language_chosen=bool(heard.get("language_asked")),
        intent=intent.get("name"),
        confidence=intent.get("confidence"),
        safety=heard.get("safety"),
    )


def _draft(message: Mapping[str, Any], language: str) -> Draft:
    return Draft(
        text=message["text"],
        language=message.get("language") or language,
        key=message.get("utter_action"),
        choices=tuple(
            Choice(title=button["title"], value=str(number), payload=button["payload"])
            for number, button in enumerate(message.get("buttons") or (), start=1)
        ),
    )
