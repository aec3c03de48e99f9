"""Needs: heard, offered a resource, followed to their end.

States are those of the Gravity / FHIR Task referral flow (SDOH Clinical Care IG,
"SDOHCC Task For Referral Management"); priorities are FHIR request priorities.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from actions.care.errors import NotAllowedTransition
from actions.care.models import Conversation, Need, NeedEvent, NeedOffer, Service

REQUESTED, ACCEPTED, REJECTED, IN_PROGRESS = "requested", "accepted", "rejected", "in-progress"
ON_HOLD, COMPLETED, FAILED, CANCELLED = "on-hold", "completed", "failed", "cancelled"
TRANSITIONS = {
    REQUESTED: {ACCEPTED, REJECTED, IN_PROGRESS, CANCELLED},
    ACCEPTED: {IN_PROGRESS, ON_HOLD, CANCELLED, FAILED},
    IN_PROGRESS: {ON_HOLD, COMPLETED, FAILED, CANCELLED, REQUESTED},
    ON_HOLD: {IN_PROGRESS, CANCELLED, FAILED},
    REJECTED: set(),
    COMPLETED: {REQUESTED},
    FAILED: {REQUESTED},
    CANCELLED: {REQUESTED},
}
OPEN_STATES = (REQUESTED, ACCEPTED, IN_PROGRESS, ON_HOLD)

STAT, URGENT, ROUTINE = "stat", "urgent", "routine"
SAFETY_DOMAINS = ("emergency_medical", "crisis_self_harm", "domestic_violence")
NO_RESOURCE, NONE_HELPED = "no_resource", "none_helped"
ASSISTANT, PATIENT = "assistant", "patient"


@dataclass(frozen=True)
class Heard:
    """What was said when a need was heard."""

    domain: str
    words: str | None
    language: str
    message_id: str | None
    urgent: bool = False


def record(session: Session, conversation: Conversation, heard: Heard, *, now: datetime) -> Need:
    """Log a need the moment it is heard; the same message never logs it twice."""
    if heard.message_id is not None:
        known = session.scalar(
            select(Need).where(Need.message_id == heard.message_id, Need.domain == heard.domain)
        )
        if known is not None:
            return known
    need = Need(
        patient_id=conversation.patient_id,
        conversation_id=conversation.id,
        message_id=heard.message_id,
        domain=heard.domain,
        words=heard.words,
        language=heard.language,
        channel=conversation.channel,
        priority=_priority(heard),
        state=REQUESTED,
        created_at=now,
        updated_at=now,
    )
    session.add(need)
    session.flush()
    _history(session, need, None, REQUESTED, actor=PATIENT, now=now)
    return need


def get(session: Session, need_id: str) -> Need:
    return session.get(Need, need_id)


def learn(
    session: Session,
    need: Need,
    *,
    now: datetime,
    zip_code: str | None = None,
    contact_consent: bool | None = None,
) -> None:
    """Add what the patient told us since; None leaves a field as it is."""
    if zip_code is not None:
        need.zip_code = zip_code
    if contact_consent is not None:
        need.contact_consent = contact_consent
    need.updated_at = now


def offer(session: Session, need: Need, service_ids: Sequence[str], *, now: datetime) -> None:
    """Note which resources the patient was told about; none is itself the finding."""
    if not service_ids:
        mark_unmet(session, need, NO_RESOURCE, now=now)
        return
    known = set(session.scalars(select(NeedOffer.service_id).where(NeedOffer.need_id == need.id)))
    for position, service_id in enumerate(service_ids, start=1):
        if service_id not in known:
            session.add(
                NeedOffer(need_id=need.id, service_id=service_id, position=position, offered_at=now)
            )
    _history(session, need, need.state, need.state, actor=ASSISTANT, now=now, reason="offered")


def offered(session: Session, need_id: str) -> list[str]:
    """Names of the resources offered for a need, first first."""
    return list(
        session.scalars(
            select(Service.name)
            .join(NeedOffer, NeedOffer.service_id == Service.id)
            .where(NeedOffer.need_id == need_id)
            .order_by(NeedOffer.position)
        )
    )


def mark_unmet(session: Session, need: Need, reason: str, *, now: datetime) -> None:
    """Nothing fitted: the need stays open, urgent enough for a person to take it."""
    need.unmet_reason = reason
    need.updated_at = now
    _history(session, need, need.state, need.state, actor=ASSISTANT, now=now, reason=reason)


def move(
    session: Session,
    need: Need,
    state: str,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Change a need's state.

    Raises:
        NotAllowedTransition: the flow has no such step.
    """
    if state not in TRANSITIONS[need.state]:
        raise NotAllowedTransition(f"{need.state} -> {state}")
    _history(session, need, need.state, state, actor=actor, now=now, reason=reason)
    need.state = state
    need.updated_at = now


def history(session: Session, need_id: str) -> list[NeedEvent]:
    return list(
        session.scalars(
            select(NeedEvent).where(NeedEvent.need_id == need_id).order_by(NeedEvent.id)
        )
    )


def worklist(
    session: Session, *, states: Collection[str] = OPEN_STATES, limit: int = 500
) -> list[Need]:
    """Open needs: safety first, then urgent, the newest first within each."""
    rank = case((Need.priority == STAT, 0), (Need.priority == URGENT, 1), else_=2)
    return list(
        session.scalars(
            select(Need)
            .where(Need.state.in_(states))
            .order_by(rank, Need.created_at.desc())
            .limit(limit)
        )
    )


def every(session: Session) -> list[Need]:
    """All needs in the order they were heard, for exports."""
    return list(session.scalars(select(Need).order_by(Need.created_at, Need.id)))


def _priority(heard: Heard) -> str:
    if heard.domain in SAFETY_DOMAINS:
        return STAT
    return URGENT if heard.urgent else ROUTINE


def _history(
    session: Session,
    need: Need,
    before: str | None,
    after: str,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    session.add(
        NeedEvent(
            need_id=need.id,
            at=now,
            actor=actor,
            from_state=before,
            to_state=after,
            reason=reason,
        )
    )
