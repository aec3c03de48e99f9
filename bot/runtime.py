"""Putting an edge together from settings, and running the servers."""

import gc
import socket
from datetime import datetime, timezone

import uvicorn

from actions.care import console_access, database, directory
from actions.care.errors import CareError
from bot.settings import Settings

LOOPBACK = "127.0.0.1"


class CannotStart(CareError):
    """Something outside the settings stands in the way; the message says what to do."""


def clock() -> datetime:
    return datetime.now(timezone.utc)


def open_database(settings: Settings) -> None:
    """Connect, and refuse a database that is not at this version's schema.

    Raises:
        CannotStart: the schema is old, or the database cannot be reached.
    """
    database.connect(settings.care)
    if not database.schema_is_current():
        raise CannotStart("The database is not at this version. Run: konbit migrate")


def clinic_facts() -> dict[str, str]:
    """What sentences say of the clinic.

    Raises:
        CannotStart: no clinic is loaded.
    """
    with database.session_scope() as session:
        clinic = directory.clinic(session)
    if clinic is None:
        raise CannotStart("No clinic is loaded. For the demo's, run: konbit sample")
    return {"clinic_name": clinic.name, "clinic_phone": clinic.phone}


def require_free_port(host: str, port: int) -> None:
    """Fail now, in one line, rather than after loading the model.

    Raises:
        CannotStart: the port is taken or not allowed.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                "Stop what uses it or choose another with --port."
            ) from error


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Run the patients' edge until stopped."""
    require_free_port(host, port)
    open_database(settings)
    facts = clinic_facts()
    app = build_edge(settings, facts)
    # The model is for good: the collector need not walk it again and again. What a turn
    # leaves behind is small, so looking for cycles less often is enough.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    uvicorn.run(app, host=host, port=port, ws="none", access_log=False, log_config=None)


def build_edge(settings: Settings, facts: dict[str, str]):  # type: ignore[no-untyped-def]
    """The edge's application."""
    from bot.assistant import Assistant  # Rasa takes ten seconds to import
    from bot.gateway.app import create_app
    from bot.turns import Turns

    assistant = Assistant(
        settings.model_dir,
        facts=facts,
        production=settings.care.is_production,
        action_server_url=settings.action_server_url,
    )
    return create_app(
        Turns(assistant, clock=clock),
        facts=facts,
        public_url=settings.public_url,
        twilio_auth_token=settings.twilio_auth_token,
    )


def serve_console(settings: Settings, *, host: str, port: int) -> None:
    """Run the coordinators' console until stopped."""
    from bot.console.app import create_console

    require_free_port(host, port)
    open_database(settings)
    console = create_console(clock=clock)
    uvicorn.run(console, host=host, port=port, ws="none", access_log=False, log_config=None)


def sign_in_link(*, host: str, port: int) -> str:
    """A link that signs a coordinator in, once."""
    with database.session_scope() as session:
        token = console_access.issue_link(session, now=clock())
    return f"http://{host}:{port}/sign-in/{token}"
