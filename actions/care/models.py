"""The tables. What a patient said or can be reached by is sealed (see `crypto`)."""

import uuid
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import deferred, registry
from sqlalchemy.types import TypeDecorator

from actions.care.crypto import SealedJson, SealedText

tables = registry()
Base: Any = tables.generate_base()

ID = String(32)
HSDS_ID = String(128)


def new_id() -> str:
    """An opaque identifier: 32 hexadecimal digits, random."""
    return uuid.uuid4().hex


class UtcDateTime(TypeDecorator):
    """A moment, kept in UTC and always aware, on databases that know no zones too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value


class Patient(Base):
    """A person who writes to us; known by a number, or only by a conversation."""

    __tablename__ = "patients"

    id = Column(ID, primary_key=True, default=new_id)
    created_at = Column(UtcDateTime, nullable=False)
    phone = Column(SealedText)
    phone_index = Column(String(64), unique=True)
    zip_code = Column(String(5))
    messages_stopped_at = Column(UtcDateTime)


class Conversation(Base):
    """One thread with one patient on one channel."""

    __tablename__ = "conversations"

    id = Column(ID, primary_key=True, default=new_id)
    patient_id = Column(ID, ForeignKey("patients.id"), nullable=False, index=True)
    channel = Column(String(8), nullable=False)
    token_hash = Column(String(64), unique=True)
    language = Column(String(16))
    # What the browser prefers: decides where the first words leave it open.
    language_hint = Column(String(16))
    language_chosen = Column(Boolean, nullable=False, default=False)
    safety_check_open = Column(String(32))
    # Number of our last message, and the choices it offered.
    last_seq = Column(Integer, nullable=False, default=0)
    offered = Column(SealedJson)
    # Only the assistant reads it; opening it with every row would cost each turn.
    state = deferred(Column(SealedJson))
    created_at = Column(UtcDateTime, nullable=False)


class InboundMessage(Base):
    """What the patient wrote, stored before it is answered."""

    __tablename__ = "inbound_messages"
    __table_args__ = (UniqueConstraint("conversation_id", "external_id"),)

    id = Column(ID, primary_key=True, default=new_id)
    conversation_id = Column(ID, ForeignKey("conversations.id"), nullable=False)
    external_id = Column(String(128), nullable=False)
    seq = Column(Integer, nullable=False)
    text = Column(SealedText)
    choice = Column(String(64))
    received_at = Column(UtcDateTime, nullable=False)
    answered_at = Column(UtcDateTime)
    language = Column(String(16))
    intent = Column(String(64))
    confidence = Column(Float)


Index(
    "ix_inbound_unanswered",
    InboundMessage.received_at,
    sqlite_where=InboundMessage.answered_at.is_(None),
    postgresql_where=InboundMessage.answered_at.is_(None),
)


class OutboundMessage(Base):
    """What we wrote. `status` is that of its delivery; web replies wait to be fetched."""

    __tablename__ = "outbound_messages"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id = Column(ID, primary_key=True, default=new_id)
    conversation_id = Column(ID, ForeignKey("conversations.id"), nullable=False)
    inbound_id = Column(ID, ForeignKey("inbound_messages.id"), index=True)
    seq = Column(Integer, nullable=False)
    key = Column(String(64))
    text = Column(SealedText, nullable=False)
    language = Column(String(16), nullable=False)
    choices = Column(SealedJson)
    status = Column(String(16), nullable=False)
    attempts = Column(Integer, nullable=False, default=0)
    provider_id = Column(String(64))
    created_at = Column(UtcDateTime, nullable=False)


Index(
    "ix_outbound_queued",
    OutboundMessage.created_at,
    sqlite_where=OutboundMessage.status == "queued",
    postgresql_where=OutboundMessage.status == "queued",
)


class Need(Base):
    """Something a patient lacks or asks for, followed until it is met or explained."""

    __tablename__ = "needs"
    # A message answered twice, after a crash say, finds its need already there.
    __table_args__ = (UniqueConstraint("message_id", "domain"),)

    id = Column(ID, primary_key=True, default=new_id)
    patient_id = Column(ID, ForeignKey("patients.id"), nullable=False, index=True)
    conversation_id = Column(ID, ForeignKey("conversations.id"), nullable=False)
    message_id = Column(ID, ForeignKey("inbound_messages.id"))
    domain = Column(String(32), nullable=False)
    words = Column(SealedText)
    language = Column(String(16), nullable=False)
    channel = Column(String(8), nullable=False)
    priority = Column(String(8), nullable=False)
    zip_code = Column(String(5))
    contact_consent = Column(Boolean)
    state = Column(String(16), nullable=False)
    unmet_reason = Column(String(32))
    created_at = Column(UtcDateTime, nullable=False)
    updated_at = Column(UtcDateTime, nullable=False)


class NeedEvent(Base):
    """One step in a need's history; rows are only ever added."""

    __tablename__ = "need_events"

    id = Column(Integer, primary_key=True)
    need_id = Column(ID, ForeignKey("needs.id"), nullable=False, index=True)
    at = Column(UtcDateTime, nullable=False)
    actor = Column(String(64), nullable=False)
    from_state = Column(String(16))
    to_state = Column(String(16), nullable=False)
    reason = Column(String(32))


class NeedOffer(Base):
    """A resource the patient was told about for a need."""

    __tablename__ = "need_offers"

    need_id = Column(ID, ForeignKey("needs.id"), primary_key=True)
    service_id = Column(HSDS_ID, ForeignKey("services.id"), primary_key=True)
    position = Column(Integer, nullable=False)
    offered_at = Column(UtcDateTime, nullable=False)


class Consent(Base):
    """What a patient agreed to or refused: when, in which language, to which words."""

    __tablename__ = "consents"

    id = Column(Integer, primary_key=True)
    patient_id = Column(ID, ForeignKey("patients.id"), nullable=False, index=True)
    kind = Column(String(32), nullable=False)
    granted = Column(Boolean, nullable=False)
    wording = Column(String(64), nullable=False)
    language = Column(String(16), nullable=False)
    at = Column(UtcDateTime, nullable=False)


class AuditEvent(Base):
    """Who did what to whose data; `subject` is an opaque id, never a name."""

    __tablename__ = "audit"

    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False)
    actor = Column(String(64), nullable=False)
    action = Column(String(48), nullable=False)
    subject = Column(String(64))
    details = Column(JSON)


class ConsoleSession(Base):
    """A coordinator's way in: first a one-time link, then a session."""

    __tablename__ = "console_sessions"

    token_hash = Column(String(64), primary_key=True)
    kind = Column(String(8), nullable=False)
    created_at = Column(UtcDateTime, nullable=False)
    expires_at = Column(UtcDateTime, nullable=False)
    used_at = Column(UtcDateTime)


class Clinic(Base):
    """The clinic or group that runs this installation."""

    __tablename__ = "clinics"

    id = Column(HSDS_ID, primary_key=True)
    name = Column(Text, nullable=False)
    phone = Column(String(32), nullable=False)
    address = Column(Text, nullable=False)
    time_zone = Column(String(64), nullable=False)
    hours = Column(JSON, nullable=False)


class Organization(Base):
    """HSDS organization: who provides services."""

    __tablename__ = "organizations"

    id = Column(HSDS_ID, primary_key=True)
    name = Column(Text, nullable=False)
    description = Column(Text)


class Service(Base):
    """HSDS service: what is provided. Only `status` active is shown to patients."""

    __tablename__ = "services"

    id = Column(HSDS_ID, primary_key=True)
    organization_id = Column(HSDS_ID, ForeignKey("organizations.id"), nullable=False)
    name = Column(Text, nullable=False)
    description = Column(Text)
    status = Column(String(24), nullable=False)
    phone = Column(String(32))
    languages = Column(JSON, nullable=False)
    assured_date = Column(String(10))


class ServiceDomain(Base):
    """Which need domains a service answers."""

    __tablename__ = "service_domains"

    service_id = Column(HSDS_ID, ForeignKey("services.id"), primary_key=True)
    domain = Column(String(32), primary_key=True, index=True)


class Location(Base):
    """HSDS location: where a service is given, with its weekly hours."""

    __tablename__ = "locations"

    id = Column(HSDS_ID, primary_key=True)
    service_id = Column(HSDS_ID, ForeignKey("services.id"), nullable=False, index=True)
    address = Column(Text, nullable=False)
    zip_code = Column(String(5), nullable=False)
    latitude = Column(Float, nullable=False)
    longitude = Column(Float, nullable=False)
    hours = Column(JSON, nullable=False)
