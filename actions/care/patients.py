"""Patients: found by number through the blind index, and what they agreed to."""

from datetime import datetime

import phonenumbers
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.care.crypto import keyring
from actions.care.models import Consent, Patient

DEFAULT_REGION = "US"


def normalized_phone(number: str) -> str:
    """E.164 form of a number, or the text itself when it is a short code."""
    try:
        parsed = phonenumbers.parse(number, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return number.strip()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def create(session: Session, *, now: datetime) -> Patient:
    patient = Patient(created_at=now)
    session.add(patient)
    session.flush()
    return patient


def by_phone(session: Session, number: str, *, now: datetime) -> Patient:
    """The patient who writes from this number, made on the first message."""
    phone = normalized_phone(number)
    index = keyring().blind_index(phone)
    patient = session.scalar(select(Patient).where(Patient.phone_index == index))
    if patient is None:
        patient = Patient(created_at=now, phone=phone, phone_index=index)
        session.add(patient)
        session.flush()
    return patient


def record_consent(
    session: Session,
    patient_id: str,
    *,
    kind: str,
    granted: bool,
    wording: str,
    language: str,
    now: datetime,
) -> None:
    """Keep who agreed to what, when and to which wording (47 CFR 64.1200)."""
    session.add(
        Consent(
            patient_id=patient_id,
            kind=kind,
            granted=granted,
            wording=wording,
            language=language,
            at=now,
        )
    )


def stop_messages(session: Session, patient_id: str, *, language: str, now: datetime) -> None:
    """From now on nothing is sent that the patient did not ask for."""
    session.get(Patient, patient_id).messages_stopped_at = now
    record_consent(
        session,
        patient_id,
        kind="messages",
        granted=False,
        wording="stop_messages",
        language=language,
        now=now,
    )
