"""Text messages waiting to be sent: claimed, sent without a transaction open, recorded."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.care.conversations import FAILED, QUEUED, SENDING, SENT
from actions.care.models import Conversation, OutboundMessage, Patient

MOST_ATTEMPTS = 5
BATCH = 50


@dataclass(frozen=True)
class Due:
    """One text to send. `number` is E.164."""

    message_id: str
    number: str
    message: OutboundMessage


def claim(session: Session, *, limit: int = BATCH) -> list[Due]:
    """Take the oldest waiting texts; nobody else takes them while they are `sending`."""
    rows = session.execute(
        select(OutboundMessage, Patient.phone)
        .join(Conversation, Conversation.id == OutboundMessage.conversation_id)
        .join(Patient, Patient.id == Conversation.patient_id)
        .where(OutboundMessage.status == QUEUED)
        .order_by(OutboundMessage.created_at, OutboundMessage.seq)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboundMessage)
    ).all()
    due = []
    for message, phone in rows:
        message.status = SENDING
        message.attempts += 1
        due.append(Due(message.id, phone, message))
    return due


def record_sent(session: Session, message_id: str, provider_id: str) -> None:
    message = session.get(OutboundMessage, message_id)
    message.status, message.provider_id = SENT, provider_id


def record_failure(session: Session, message_id: str) -> bool:
    """Put it back, or give up after `MOST_ATTEMPTS`; returns whether it will be tried again."""
    message = session.get(OutboundMessage, message_id)
    again: bool = message.attempts < MOST_ATTEMPTS
    message.status = QUEUED if again else FAILED
    return again


def requeue_interrupted(session: Session) -> int:
    """At the worker's start: what it was sending when it was killed waits again."""
    rows = session.scalars(select(OutboundMessage).where(OutboundMessage.status == SENDING)).all()
    for message in rows:
        message.status = QUEUED
    return len(rows)
