"""The audit: one row for each view, change, sign-in and failed try (45 CFR 164.312(b))."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from actions.care.models import AuditEvent


def record(
    session: Session,
    action: str,
    *,
    actor: str,
    now: datetime,
    subject: str | None = None,
    **details: Any,
) -> None:
    """Add a row. `details` carry counts and codes, never words, names or numbers."""
    session.add(
        AuditEvent(at=now, actor=actor, action=action, subject=subject, details=details or None)
    )
