"""Conversations and their messages: stored first, answered once.

Every message has the sender's own id: the web client's, or the carrier's MessageSid.
Receiving the same id again finds the first row, and with it the first answer.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, undefer

from actions.care import patients
from actions.care.errors import UnknownConversation
from actions.care.models import Conversation, InboundMessage, OutboundMessage, new_id

WEB, SMS, TERMINAL = "web", "sms", "terminal"
FETCHED, ANSWERED, QUEUED, SENDING, SENT, FAILED = (
    "fetched",  # web: kept until the page asks
    "answered",  # SMS: went out in the webhook's own response
    "queued",
    "sending",
    "sent",
    "failed",
)


# The statements of every turn, built once: SQLAlchemy then finds them compiled.
_BY_TOKEN = select(Conversation).where(Conversation.token_hash == bindparam("token_hash"))
_KNOWN = select(InboundMessage.id).where(
    InboundMessage.conversation_id == bindparam("conversation_id"),
    InboundMessage.external_id == bindparam("external_id"),
)
_TURN = (
    select(Conversation, InboundMessage)
    .join(InboundMessage, InboundMessage.conversation_id == Conversation.id)
    .where(
        Conversation.id == bindparam("conversation_id"),
        InboundMessage.id == bindparam("inbound_id"),
    )
    .options(undefer(Conversation.state))
)
_STORE_INBOUND = InboundMessage.__table__.insert()
_STORE_OUTBOUND = OutboundMessage.__table__.insert()


@dataclass(frozen=True)
class Choice:
    """An answer offered to the patient: its words, its public value, and what it means."""

    title: str
    value: str
    payload: str


@dataclass(frozen=True)
class Draft:
    """A reply about to be stored. `key` is the wording it was made from."""

    text: str
    language: str
    key: str | None = None
    choices: Sequence[Choice] = field(default_factory=tuple)


def open_conversation(
    session: Session, *, channel: str, language: str | None, hint: str | None, now: datetime
) -> tuple[Conversation, str]:
    """Start a conversation; its token is returned once and kept only as a hash."""
    token = secrets.token_urlsafe(32)
    patient = patients.create(session, now=now)
    conversation = Conversation(
        patient_id=patient.id,
        channel=channel,
        token_hash=_hash(token),
        language=language,
        language_hint=hint,
        language_chosen=language is not None,
        last_seq=0,
        created_at=now,
    )
    session.add(conversation)
    session.flush()
    return conversation, token


def by_token(session: Session, token: str) -> Conversation:
    """The conversation of a session token.

    Raises:
        UnknownConversation: no such token.
    """
    found = session.scalar(_BY_TOKEN, {"token_hash": _hash(token)})
    if found is None:
        raise UnknownConversation("no conversation has this token")
    return found


def by_phone(session: Session, number: str, *, now: datetime) -> Conversation:
    """The one SMS conversation of a number, made on the first message."""
    patient = patients.by_phone(session, number, now=now)
    found = session.scalar(
        select(Conversation).where(
            Conversation.patient_id == patient.id, Conversation.channel == SMS
        )
    )
    if found is None:
        found = Conversation(patient_id=patient.id, channel=SMS, last_seq=0, created_at=now)
        session.add(found)
        session.flush()
    return found


def get(session: Session, conversation_id: str) -> Conversation:
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise UnknownConversation("no conversation has this id")
    return found


def ensure(session: Session, conversation_id: str, *, now: datetime) -> Conversation:
    """The conversation of this id, made where a tool of Rasa's own brings a new one."""
    found = session.get(Conversation, conversation_id)
    if found is None:
        patient = patients.create(session, now=now)
        found = Conversation(
            id=conversation_id, patient_id=patient.id, channel=TERMINAL, last_seq=0, created_at=now
        )
        session.add(found)
        session.flush()
    return found


def receive(
    session: Session,
    conversation: Conversation,
    *,
    external_id: str,
    text: str | None,
    choice: str | None,
    now: datetime,
) -> str:
    """Store a message, or find it where the sender repeats itself; returns its id."""
    known: str | None = session.scalar(
        _KNOWN, {"conversation_id": conversation.id, "external_id": external_id}
    )
    if known is not None:
        return known
    row = {
        "id": new_id(),
        "conversation_id": conversation.id,
        "external_id": external_id,
        "seq": conversation.last_seq,
        "text": text,
        "choice": choice,
        "received_at": now,
    }
    session.execute(_STORE_INBOUND, row)
    return row["id"]


def say(
    session: Session,
    conversation: Conversation,
    drafts: Sequence[Draft],
    *,
    now: datetime,
    status: str,
    inbound_id: str | None = None,
) -> list[OutboundMessage]:
    """Store what we write, in order; its choices are those that are open from now on."""
    rows = [
        {
            "id": new_id(),
            "conversation_id": conversation.id,
            "inbound_id": inbound_id,
            "seq": conversation.last_seq + number,
            "key": draft.key,
            "text": draft.text,
            "language": draft.language,
            "choices": [vars(choice) for choice in draft.choices] or None,
            "status": status,
            "attempts": 0,
            "created_at": now,
        }
        for number, draft in enumerate(drafts, start=1)
    ]
    # One statement for all rows; through the session each would be one of its own.
    session.execute(_STORE_OUTBOUND, rows)
    conversation.last_seq += len(rows)
    conversation.offered = [choice for row in rows for choice in row["choices"] or ()] or None
    return [OutboundMessage(**row) for row in rows]


def replies_to(session: Session, inbound_id: str) -> list[OutboundMessage]:
    return list(
        session.scalars(
            select(OutboundMessage)
            .where(OutboundMessage.inbound_id == inbound_id)
            .order_by(OutboundMessage.seq)
        )
    )


def hand_over(session: Session, inbound_id: str) -> list[OutboundMessage]:
    """The replies to a message that is repeated: those still waiting go with this answer.

    What the worker has begun to send stays with it, so that nothing arrives twice.
    """
    rows = replies_to(session, inbound_id)
    for row in rows:
        if row.status == QUEUED:
            row.status = ANSWERED
    return [row for row in rows if row.status in (FETCHED, ANSWERED)]


def written_after(session: Session, conversation_id: str, seq: int) -> list[OutboundMessage]:
    return list(
        session.scalars(
            select(OutboundMessage)
            .where(OutboundMessage.conversation_id == conversation_id, OutboundMessage.seq > seq)
            .order_by(OutboundMessage.seq)
        )
    )


def offered_choices(conversation: Conversation) -> list[Choice]:
    """The choices of our last reply, in the order they were shown."""
    return [Choice(**choice) for choice in conversation.offered or ()]


def unanswered(session: Session, *, limit: int = 1000) -> list[tuple[str, str]]:
    """(conversation id, message id) of messages a crash left without an answer, oldest first."""
    rows = session.execute(
        select(InboundMessage.conversation_id, InboundMessage.id)
        .where(InboundMessage.answered_at.is_(None))
        .order_by(InboundMessage.received_at, InboundMessage.seq)
        .limit(limit)
    )
    return [(row.conversation_id, row.id) for row in rows]


def open_turn(
    session: Session, conversation_id: str, inbound_id: str
) -> tuple[Conversation, InboundMessage]:
    """All a turn reads, in one statement: the conversation with its state, the message."""
    row = session.execute(
        _TURN, {"conversation_id": conversation_id, "inbound_id": inbound_id}
    ).one()
    return row.Conversation, row.InboundMessage


def load_state(session: Session, conversation_id: str) -> dict[str, Any] | None:
    """The assistant's own memory of a conversation."""
    found = session.get(Conversation, conversation_id)
    return found.state if found is not None else None


def save_state(session: Session, conversation_id: str, state: dict[str, Any]) -> None:
    ensure(session, conversation_id, now=datetime.now(timezone.utc)).state = state


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
