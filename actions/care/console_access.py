"""How a coordinator gets in: a link that works once, then a session that ends by itself."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.care import audit
from actions.care.models import ConsoleSession

LINK, SESSION = "link", "session"
LINK_LIFE = timedelta(hours=12)
# ASVS 5.0, 7.3.2: a session ends for good after a working day.
SESSION_LIFE = timedelta(hours=12)


def issue_link(session: Session, *, now: datetime) -> str:
    """A new one-time token for a sign-in link."""
    return _issue(session, LINK, LINK_LIFE, now)


def redeem_link(session: Session, token: str, *, now: datetime) -> str | None:
    """Exchange a link's token for a session's, once; None where it is used, old or wrong."""
    row = _valid(session, token, LINK, now)
    if row is None or row.used_at is not None:
        audit.record(session, "sign-in refused", actor="unknown", now=now)
        return None
    row.used_at = now
    audit.record(session, "signed in", actor="coordinator", now=now)
    return _issue(session, SESSION, SESSION_LIFE, now)


def is_signed_in(session: Session, token: str, *, now: datetime) -> bool:
    return _valid(session, token, SESSION, now) is not None


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    row = session.get(ConsoleSession, _hash(token))
    if row is not None:
        session.delete(row)
        audit.record(session, "signed out", actor="coordinator", now=now)


def _issue(session: Session, kind: str, life: timedelta, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        ConsoleSession(token_hash=_hash(token), kind=kind, created_at=now, expires_at=now + life)
    )
    return token


def _valid(session: Session, token: str, kind: str, now: datetime) -> ConsoleSession | None:
    row = session.get(ConsoleSession, _hash(token))
    return row if row is not None and row.kind == kind and row.expires_at > now else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
