"""The one door to the database: connecting, migrating, and the scope of a transaction.

A scope opened inside another joins it. So everything a turn of conversation does,
the actions' writes, the assistant's state and the stored reply, commits at once or
not at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from actions.care.crypto import Keyring, install_keyring
from actions.care.settings import CareSettings, read_care_settings

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
SQLITE_BUSY_MS = 10_000


class _Connected:
    engine: Engine | None = None
    sessions: sessionmaker | None = None


_current: ContextVar[Session | None] = ContextVar("current_session", default=None)


def connect(settings: CareSettings) -> Engine:
    """Open the database and install the keys for this process."""
    install_keyring(Keyring(settings.encryption_keys, pepper=settings.index_pepper))
    engine = _engine(settings.database_url)
    disconnect()
    _Connected.engine = engine
    _Connected.sessions = sessionmaker(engine, future=True, expire_on_commit=False)
    return engine


def _engine(url: str) -> Engine:
    # Errors must not carry the values of a statement: they are patients' words.
    if not url.startswith("sqlite"):
        return create_engine(url, future=True, hide_parameters=True, pool_pre_ping=True)
    # Connections are kept: opening and closing SQLite's each time costs more than a turn,
    # for the last one to close writes the whole log back.
    engine = create_engine(
        url,
        future=True,
        hide_parameters=True,
        poolclass=QueuePool,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _configure_sqlite)
    return engine


def disconnect() -> None:
    if _Connected.engine is not None:
        _Connected.engine.dispose()
    _Connected.engine = _Connected.sessions = None


def engine() -> Engine:
    """The open engine; the action server, which nobody connects, reads the environment."""
    if _Connected.engine is None:
        connect(read_care_settings())
    assert _Connected.engine is not None
    return _Connected.engine


@contextmanager
def session_scope() -> Iterator[Session]:
    """A transaction: joins the one under way, or commits its own at the end."""
    running = _current.get()
    if running is not None:
        yield running
        return
    engine()
    assert _Connected.sessions is not None
    with _Connected.sessions.begin() as session:
        token = _current.set(session)
        try:
            yield session
        finally:
            _current.reset(token)


def is_sqlite() -> bool:
    return engine().dialect.name == "sqlite"


def migrate() -> None:
    """Bring the schema to the newest version."""
    with engine().begin() as connection:
        command.upgrade(_alembic_config(connection), "head")


def schema_is_current() -> bool:
    script = ScriptDirectory(str(MIGRATIONS))
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == (
            script.get_current_head()
        )


def _alembic_config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _configure_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    # WAL lets readers go on while a turn is written; FULL keeps a stored message
    # through a power cut, not only through a crash of the process.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
