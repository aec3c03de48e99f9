"""A turn of conversation: the message is stored, then answered, once.

Storing is a transaction of its own. Everything the answer does, the needs logged, the
assistant's memory, the reply, is one more. A crash between the two leaves a message
without an answer, which is answered when its sender repeats it or at the next start.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from actions.care import conversations, database
from actions.care.conversations import Choice, Draft
from actions.care.models import Conversation, InboundMessage, OutboundMessage
from bot.assistant import Answer, Assistant
from bot.choices import Heard, hear, numbered
from bot.components.safety_patterns import FULL, installed_patterns
from bot.gateway.inbound_text import LONGEST, clean, has_words
from translations.languages import SOURCE, enabled

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
# How a channel knows whose message it is: by token, by telephone number, by id.
Find = Callable[[Session], Conversation]
SAFETY_CHECK = "utter_safety_check"
SAFETY_CHOICE, LANGUAGE_CHOICE = "safety:", "language:"
NOT_SAFE = "not_safe"


@dataclass(frozen=True)
class Reply:
    """The stored answer to a message."""

    language: str
    messages: list[OutboundMessage]


class Turns:
    """Takes messages and answers them, whatever the channel."""

    def __init__(self, assistant: Assistant, *, clock: Clock) -> None:
        self._assistant = assistant
        self._clock = clock
        # SQLite has one writer. Turns wait for it here, not inside the database, where
        # the wait would block the whole process.
        self._writer: Any = asyncio.Lock() if database.is_sqlite() else nullcontext()

    def now(self) -> datetime:
        return self._clock()

    async def open_web(self, language: str | None, guess: str) -> tuple[str, Reply]:
        """Start a web conversation; returns its token and our greeting."""
        _, token, reply = await self._open(conversations.WEB, language, guess)
        return token, reply

    async def open_terminal(self) -> tuple[str, Reply]:
        """Start a conversation in the terminal; returns its id and our greeting."""
        conversation_id, _, reply = await self._open(conversations.TERMINAL, None, SOURCE)
        return conversation_id, reply

    async def _open(self, channel: str, language: str | None, guess: str) -> tuple[str, str, Reply]:
        now = self._clock()
        greeting = numbered([self._say("utter_greet", language or guess)])
        async with self._writer:
            with database.session_scope() as session:
                conversation, token = conversations.open_conversation(
                    session, channel=channel, language=language, hint=guess, now=now
                )
                rows = conversations.say(
                    session, conversation, greeting, now=now, status=conversations.FETCHED
                )
                conversation_id: str = conversation.id
        return conversation_id, token, Reply(language or guess, rows)

    async def choose_language(self, find: Find, code: str) -> Reply:
        """The person chose a language in the menu; from now on nothing else decides."""
        async with self._writer:
            with database.session_scope() as session:
                conversation = find(session)
                conversation.language, conversation.language_chosen = code, True
                rows = conversations.say(
                    session,
                    conversation,
                    [self._say("utter_language_changed", code)],
                    now=self._clock(),
                    status=conversations.FETCHED,
                )
        return Reply(code, rows)

    async def take(
        self,
        find: Find,
        *,
        external_id: str,
        text: str | None = None,
        choice: str | None = None,
    ) -> Reply:
        """Store a message and answer it; the same id again gives the same answer.

        Raises:
            UnknownConversation: `find` knows none.
        """
        async with self._writer:
            with database.session_scope() as session:
                conversation = find(session)
                message_id = conversations.receive(
                    session,
                    conversation,
                    external_id=external_id,
                    text=text,
                    choice=choice,
                    now=self._clock(),
                )
        return await self.answer(conversation.id, message_id)

    async def answer(self, conversation_id: str, message_id: str, *, late: bool = False) -> Reply:
        """Answer a stored message, or find its answer. `late`: nobody waits for it now."""
        async with self._assistant.in_turn(conversation_id), self._writer:
            try:
                return await self._answer_once(conversation_id, message_id, late=late)
            except Exception:
                # An entry point: whatever failed, the patient hears from us.
                logger.exception("turn failed: message %s", message_id)
            return self._apologize(conversation_id, message_id, late=late)

    async def answer_what_was_left(self) -> int:
        """Answer the messages a crash left open; returns how many."""
        async with self._writer:
            with database.session_scope() as session:
                left = conversations.unanswered(session)
        for conversation_id, message_id in left:
            await self.answer(conversation_id, message_id, late=True)
        return len(left)

    async def _answer_once(self, conversation_id: str, message_id: str, *, late: bool) -> Reply:
        with database.session_scope() as session:
            conversation, message = conversations.open_turn(session, conversation_id, message_id)
            if message.answered_at is not None:
                return _stored_reply(conversation, conversations.hand_over(session, message_id))
            heard = hear(message, conversations.offered_choices(conversation))
            answer = await self._respond(conversation, message, heard)
            return self._keep(session, conversation, message, answer, late=late)

    async def _respond(
        self, conversation: Conversation, message: InboundMessage, heard: Heard
    ) -> Answer:
        current = conversation.language or conversation.language_hint or SOURCE
        if heard.unknown_choice:
            return self._plain("utter_choice_unknown", current)
        if heard.payload and heard.payload.startswith(LANGUAGE_CHOICE):
            code = heard.payload.removeprefix(LANGUAGE_CHOICE)
            return self._plain("utter_language_changed", code, chosen=True)
        if heard.payload and heard.payload.startswith(SAFETY_CHOICE):
            if not heard.payload.endswith(NOT_SAFE):
                return self._plain("utter_safe_now", current)
            heard = Heard(f"/{_kind(conversation)}", heard.words, f"/{_kind(conversation)}")
        if not has_words(heard.text):
            return self._plain("utter_empty_message", current)
        metadata = _metadata(conversation, message, heard)
        if heard.payload:
            # A tapped choice has no words that could tell its language.
            metadata["language"] = current
        if len(heard.text) > LONGEST and heard.payload is None:
            return await self._respond_to_long(conversation, heard, metadata)
        return await self._assistant.answer(conversation.id, heard.payload or heard.text, metadata)

    async def _respond_to_long(
        self, conversation: Conversation, heard: Heard, metadata: dict[str, Any]
    ) -> Answer:
        """Danger is heard in a text of any length; the rest we ask to say shortly."""
        parsed = await self._assistant.parse(heard.text, metadata)
        danger = parsed.get("safety") or {}
        if danger.get("level") == FULL:
            metadata = {**metadata, "language": parsed["language"]}
            return await self._assistant.answer(conversation.id, f"/{danger['kind']}", metadata)
        plain = self._plain("utter_message_too_long", parsed["language"])
        return Answer(**{**vars(plain), "safety": danger or None})

    def _keep(
        self,
        session: Session,
        conversation: Conversation,
        message: InboundMessage,
        answer: Answer,
        *,
        late: bool,
    ) -> Reply:
        """Store what the turn led to."""
        conversation.language = answer.language
        conversation.language_chosen = conversation.language_chosen or answer.language_chosen
        conversation.safety_check_open = answer.in_doubt
        now = self._clock()
        message.answered_at = now
        message.language = answer.language
        message.intent = answer.intent
        message.confidence = answer.confidence
        rows = conversations.say(
            session,
            conversation,
            numbered(self._drafts(answer)),
            now=now,
            status=_status(conversation.channel, late=late),
            inbound_id=message.id,
        )
        return Reply(answer.language, rows)

    def _drafts(self, answer: Answer) -> list[Draft]:
        """The reply, never empty; in doubt about danger the numbers come first."""
        drafts = list(answer.drafts) or [self._say("utter_offer_person", answer.language)]
        if answer.in_doubt:
            drafts.insert(0, self._say(SAFETY_CHECK, answer.language))
        return drafts

    def _apologize(self, conversation_id: str, message_id: str, *, late: bool) -> Reply:
        """The assistant failed: say so calmly; rules alone still hear danger."""
        with database.session_scope() as session:
            conversation, message = conversations.open_turn(session, conversation_id, message_id)
            language = conversation.language or conversation.language_hint or SOURCE
            danger = installed_patterns().find(clean(message.text or ""))
            keys = [f"utter_{danger.kind}"] if danger else []
            failed = Answer(
                drafts=tuple(
                    self._say(key, language) for key in (*keys, "utter_technical_problem")
                ),
                language=language,
                language_chosen=False,
                intent="error",
                confidence=None,
                safety=None,
            )
            return self._keep(session, conversation, message, failed, late=late)

    def _plain(self, key: str, language: str, *, chosen: bool = False) -> Answer:
        """An answer that needs no understanding."""
        return Answer((self._say(key, language),), language, chosen, None, None, None)

    def _say(self, key: str, language: str) -> Draft:
        sentence = self._assistant.wording.say(key, language)
        choices = tuple(Choice(title, "", payload) for title, payload in sentence.choices)
        return Draft(sentence.text, sentence.language, key, choices)


def _metadata(conversation: Conversation, message: InboundMessage, heard: Heard) -> dict[str, Any]:
    return {
        "language": conversation.language,
        "language_hint": conversation.language_hint,
        "language_chosen": conversation.language_chosen,
        "channel": conversation.channel,
        "message_id": message.id,
        "words": heard.words,
        "at": message.received_at.isoformat(),
        "safety_check_open": conversation.safety_check_open,
    }


def _kind(conversation: Conversation) -> str:
    return conversation.safety_check_open or "emergency_medical"


def _status(channel: str, *, late: bool) -> str:
    if channel != conversations.SMS:
        return conversations.FETCHED
    return conversations.QUEUED if late else conversations.ANSWERED


def _stored_reply(conversation: Conversation, rows: list[OutboundMessage]) -> Reply:
    known = conversation.language if conversation.language in enabled() else SOURCE
    return Reply(known or SOURCE, rows)
