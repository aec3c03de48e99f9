"""Settings of the edge, read once at start; a wrong one stops start-up by name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from actions.care.errors import SettingError
from actions.care.settings import CareSettings, read_care_settings

# Known to everyone, so that a demo's webhook can be tried with curl; never in production.
DEMO_TOKEN = "demo-token"  # noqa: S105 - no secret
SMS_PROVIDERS = ("print", "twilio")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an entry point needs to start.

    Attributes:
        care: where data lives and its keys.
        public_url: how the carrier and patients reach us, without a slash at the end.
        model_dir: folder of trained models.
        sms_provider: "print" writes texts to the log's place, "twilio" sends them.
        action_server_url: a separate `rasa run actions`, None to act in this process.
    """

    care: CareSettings
    public_url: str
    model_dir: Path
    sms_provider: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from: str
    action_server_url: str | None
    log_level: str


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment.

    Raises:
        SettingError: a variable is missing or wrong; the message names it.
    """
    care = read_care_settings(environ)
    action_server_url = environ.get("KONBIT_ACTION_SERVER_URL") or None
    if action_server_url and care.database_url.startswith("sqlite"):
        raise SettingError(
            "KONBIT_ACTION_SERVER_URL needs PostgreSQL (KONBIT_DATABASE_URL): SQLite has one "
            "writer, and a turn would wait for its own actions."
        )
    return Settings(
        care=care,
        public_url=_public_url(environ, care),
        model_dir=Path(environ.get("KONBIT_MODEL_DIR", "models")),
        sms_provider=_one_of(environ, "KONBIT_SMS_PROVIDER", SMS_PROVIDERS),
        twilio_account_sid=environ.get("KONBIT_TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=_twilio_token(environ, care),
        twilio_from=environ.get("KONBIT_TWILIO_FROM", ""),
        action_server_url=action_server_url,
        log_level=_one_of(environ, "KONBIT_LOG_LEVEL", ("info", "debug", "warning", "error")),
    )


def _one_of(environ: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    value = environ.get(name) or values[0]
    if value not in values:
        raise SettingError(f"{name} is {value!r}; it must be one of {', '.join(values)}.")
    return value


def _public_url(environ: Mapping[str, str], care: CareSettings) -> str:
    url = environ.get("KONBIT_PUBLIC_URL", "" if care.is_production else "http://127.0.0.1:8080")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingError(
            "KONBIT_PUBLIC_URL must be a full address such as https://chat.example.org"
        )
    if care.is_production and parts.scheme != "https":
        raise SettingError("KONBIT_PUBLIC_URL must begin with https:// in production.")
    return url.rstrip("/")


def _twilio_token(environ: Mapping[str, str], care: CareSettings) -> str:
    token = environ.get("KONBIT_TWILIO_AUTH_TOKEN", "")
    if not token and care.is_production:
        raise SettingError(
            "KONBIT_TWILIO_AUTH_TOKEN is missing; without it no text message can be trusted."
        )
    return token or DEMO_TOKEN
