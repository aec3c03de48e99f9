"""Settings of the care domain: where data lives and with which keys it is sealed.

The edge's own settings (addresses, carrier) are in `bot.settings`. Both read the
environment once, at start; a wrong value stops start-up and names the variable.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from actions.care.errors import SettingError

ENVIRONMENTS = ("demo", "production")
DEVELOPMENT_KEY_FILE = "development.key"


@dataclass(frozen=True, kw_only=True)
class CareSettings:
    """Where the care domain keeps what it is told.

    Attributes:
        environment: "demo" or "production".
        data_dir: folder for the SQLite file, the development key and queues.
        database_url: SQLAlchemy URL; SQLite or PostgreSQL.
        encryption_keys: Fernet keys, the first seals, all of them open.
        index_pepper: secret of the blind index over telephone numbers.
    """

    environment: str
    data_dir: Path
    database_url: str
    encryption_keys: tuple[str, ...]
    index_pepper: str

    @property
    def is_production(self) -> bool:
        return self.environment == "production"


def read_care_settings(environ: Mapping[str, str] = os.environ) -> CareSettings:
    """Read the settings, making the data folder and, in a demo, a development key.

    Raises:
        SettingError: a variable is missing or wrong.
    """
    environment = environ.get("KONBIT_ENV", "demo")
    if environment not in ENVIRONMENTS:
        raise SettingError(f"KONBIT_ENV is {environment!r}; it must be demo or production.")
    data_dir = _writable_dir(Path(environ.get("KONBIT_DATA_DIR", "var")))
    keys = tuple(key for key in environ.get("KONBIT_ENCRYPTION_KEYS", "").split(",") if key)
    pepper = environ.get("KONBIT_INDEX_PEPPER", "")
    if environment == "demo" and not keys:
        keys = (_development_key(data_dir),)
    if not keys:
        raise SettingError(
            "KONBIT_ENCRYPTION_KEYS is missing; production needs a Fernet key. "
            "Make one with: konbit keys new"
        )
    if environment == "demo" and not pepper:
        pepper = keys[-1]
    if not pepper:
        raise SettingError("KONBIT_INDEX_PEPPER is missing; production needs a long random secret.")
    for key in keys:
        _require_fernet_key(key)
    return CareSettings(
        environment=environment,
        data_dir=data_dir,
        database_url=_database_url(environ, data_dir),
        encryption_keys=keys,
        index_pepper=pepper,
    )


def _writable_dir(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"KONBIT_DATA_DIR: the folder {path} cannot be made ({error.strerror}). "
            "Set it to a folder this user may write to."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise SettingError(f"KONBIT_DATA_DIR: the folder {path} cannot be written to.")
    return path.resolve()


def _development_key(data_dir: Path) -> str:
    """The key of a demo, made on first use and readable by its owner alone."""
    path = data_dir / DEVELOPMENT_KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    except OSError as error:
        raise SettingError(
            f"KONBIT_DATA_DIR: {path} cannot be written ({error.strerror})."
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = Fernet.generate_key().decode("ascii")
        file.write(key + "\n")
    return key


def _require_fernet_key(key: str) -> None:
    try:
        Fernet(key)
    except ValueError as error:
        raise SettingError(
            "KONBIT_ENCRYPTION_KEYS: a key is not 32 url-safe base64 bytes. "
            "Make one with: konbit keys new"
        ) from error


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    url = environ.get("KONBIT_DATABASE_URL") or f"sqlite:///{data_dir / 'konbit.db'}"
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if not url.startswith(("sqlite://", "postgresql://", "postgresql+psycopg2://")):
        raise SettingError("KONBIT_DATABASE_URL must begin with sqlite:// or postgresql://.")
    return url
