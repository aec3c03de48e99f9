"""Sealing of patients' words and contacts, and the blind index that finds them again.

Fields are sealed with Fernet (AES-128-CBC and HMAC-SHA256); several keys may open,
the first one seals (45 CFR 164.312(a)(2)(iv)).
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.types import LargeBinary, TypeDecorator


class Keyring:
    """The keys of one installation."""

    def __init__(self, keys: Sequence[str], *, pepper: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._pepper = pepper.encode()

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, token: bytes) -> str:
        return self._fernet.decrypt(token).decode()

    def blind_index(self, value: str) -> str:
        """HMAC-SHA256 of a value: equal values are found without being readable."""
        return hmac.new(self._pepper, value.encode(), hashlib.sha256).hexdigest()


class _Installed:
    keyring: Keyring | None = None


def install_keyring(keyring: Keyring) -> None:
    """Make `keyring` the one that sealed columns use in this process."""
    _Installed.keyring = keyring


def keyring() -> Keyring:
    if _Installed.keyring is None:
        raise RuntimeError("No keyring is installed; call actions.care.database.connect first.")
    return _Installed.keyring


class SealedText(TypeDecorator):
    """A text column that is encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else keyring().seal(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return None if value is None else keyring().open(bytes(value))


class SealedJson(TypeDecorator):
    """A JSON column that is encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        if value is None:
            return None
        return keyring().seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def process_result_value(self, value: bytes | None, dialect: Any) -> Any:
        return None if value is None else json.loads(keyring().open(bytes(value)))
