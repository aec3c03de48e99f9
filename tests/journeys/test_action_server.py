"""The actions on `rasa run actions`, in a process of their own, on PostgreSQL."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from actions.care import database, needs
from actions.care.settings import read_care_settings
from bot.assistant import Assistant
from bot.training import ROOT
from tests.conftest import ready, reset_postgres
from tests.conversation import FACTS, WebPatient, edge
from tests.server import free_port

READY_SECONDS = 90


@pytest.fixture
def environ(tmp_path, postgres_url) -> dict[str, str]:
    return {
        "KONBIT_DATA_DIR": str(tmp_path),
        "KONBIT_DATABASE_URL": reset_postgres(postgres_url),
    }


@pytest.fixture
def action_server(environ):
    port = free_port()
    rasa = str(Path(sys.executable).parent / "rasa")
    process = subprocess.Popen(
        [rasa, "run", "actions", "--actions", "actions", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **environ},
    )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the action server ended instead of starting"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
            break
        except OSError:
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}/webhook"
    process.terminate()
    process.wait()


def test_a_need_is_heard_and_answered(environ, action_server, model_dir, clock):
    assistant = Assistant(model_dir, facts=FACTS, production=False, action_server_url=action_server)
    with ready(read_care_settings(environ)), edge(assistant, clock) as client:
        patient = WebPatient(client)
        patient.says("mwen pa gen manje pou timoun yo")
        patient.says("wi")
        assert "305-555-0101" in patient.says("33127")
        with database.session_scope() as session:
            (need,) = needs.every(session)
            assert (need.domain, need.contact_consent, need.zip_code) == ("food", True, "33127")
            assert len(needs.offered(session, need.id)) == 3


def test_a_server_that_is_gone_is_said_and_the_message_kept(environ, model_dir, clock):
    gone = f"http://127.0.0.1:{free_port()}/webhook"
    assistant = Assistant(model_dir, facts=FACTS, production=False, action_server_url=gone)
    with ready(read_care_settings(environ)), edge(assistant, clock) as client:
        heard = WebPatient(client).says("mwen pa gen manje pou timoun yo")
        assert "305-555-0100" in heard
        assert "911" in heard
