"""The command: every expected failure is one clear line and a non-zero exit."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from actions.care import conversations, database, needs
from bot.needs_export import cell
from bot.training import ROOT
from tests.conftest import MONDAY_MORNING
from tests.server import free_port


@pytest.fixture
def environ(tmp_path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "KONBIT_DATA_DIR": str(tmp_path / "data"), "PYTHONWARNINGS": "ignore"}


def konbit(environ, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def prepared(environ):
    assert konbit(environ, "migrate").returncode == 0
    assert konbit(environ, "sample").returncode == 0
    return environ


def one_line(done) -> str:
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("konbit: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


@pytest.mark.parametrize("command", ["up", "serve", "console"])
def test_a_busy_port_is_said(prepared, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in one_line(konbit(prepared, command, "--port", port))


def test_a_folder_that_cannot_be_made_is_said(environ):
    environ["KONBIT_DATA_DIR"] = "/proc/nowhere"
    assert "KONBIT_DATA_DIR" in one_line(konbit(environ, "migrate"))


def test_a_wrong_setting_is_said(environ):
    environ["KONBIT_ENV"] = "staging"
    assert "KONBIT_ENV" in one_line(konbit(environ, "up"))


def test_an_action_server_beside_sqlite_is_refused(environ):
    environ["KONBIT_ACTION_SERVER_URL"] = "http://127.0.0.1:5055/webhook"
    assert "KONBIT_ACTION_SERVER_URL" in one_line(konbit(environ, "serve"))


def test_production_without_a_key_does_not_start(environ):
    environ["KONBIT_ENV"] = "production"
    assert "KONBIT_ENCRYPTION_KEYS" in one_line(konbit(environ, "serve"))


def test_an_old_schema_is_said(environ):
    assert "konbit migrate" in one_line(konbit(environ, "serve", "--port", str(free_port())))


def test_a_missing_model_is_said(prepared, tmp_path):
    prepared["KONBIT_MODEL_DIR"] = str(tmp_path)
    assert "konbit train" in one_line(konbit(prepared, "serve", "--port", str(free_port())))


def test_a_bad_evaluation_file_names_the_line(environ, tmp_path, model_dir):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"lang": "en", "intent": "greet", "text": "hi"}\nnot json\n')
    assert "bad.jsonl:2" in one_line(konbit(environ, "evaluate", str(bad)))


def test_doctor_says_what_is_missing_and_then_that_all_is_well(environ, model_dir):
    before = konbit(environ, "doctor")
    assert before.returncode == 1
    assert "konbit migrate" in before.stdout
    konbit(environ, "migrate")
    konbit(environ, "sample")
    after = konbit(environ, "doctor")
    assert after.returncode == 0, after.stdout
    assert "Sample Community Health Center" in after.stdout


def test_parse_shows_what_was_understood(environ, model_dir):
    done = konbit(environ, "parse", "mwen pa gen manje 33127", "--json")
    found = json.loads(done.stdout)
    assert found["language"] == "ht"
    assert found["intent"]["name"] == "need_food"
    assert 0 < found["confidence"] <= 1
    assert "33127" in [entity["value"] for entity in found["entities"]]
    danger = json.loads(konbit(environ, "parse", "i cant breathe", "--json").stdout)
    assert danger["safety"] == {"kind": "emergency_medical", "level": "full"}


def test_evaluate_prints_the_figures_as_json(environ, tmp_path, model_dir):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"lang": "en", "intent": "emergency_medical", "text": "i cant breathe"}\n'
        '{"lang": "es", "intent": "greet", "text": "hola buenos días", "style": "plain"}\n'
    )
    done = konbit(environ, "evaluate", str(rows), "--json")
    result = json.loads(done.stdout)
    assert set(result) == {"languages", "overall"}
    assert set(result["languages"]) == {"en", "es"}
    assert result["languages"]["en"]["safety_recall"] == 1
    assert result["overall"]["n"] == 2
    assert set(result["overall"]) == {
        "n",
        "intent_accuracy",
        "macro_f1",
        "language_accuracy",
        "safety_recall",
        "safety_recall_full",
        "safety_false_alarms",
        "safety_checks",
        "confident_wrong",
    }


def test_needs_are_listed_and_exported(prepared, sqlite, tmp_path):
    prepared["KONBIT_DATA_DIR"] = str(sqlite.data_dir)
    with database.session_scope() as session:
        conversation, _ = conversations.open_conversation(
            session, channel="web", language="es", hint=None, now=MONDAY_MORNING
        )
        heard = needs.Heard("food", "=HYPERLINK(tengo hambre)", "es", None)
        needs.record(session, conversation, heard, now=MONDAY_MORNING)
    (line,) = konbit(prepared, "needs", "list", "--json").stdout.splitlines()
    assert json.loads(line)["domain"] == "food"
    assert json.loads(line)["words"] == "=HYPERLINK(tengo hambre)"
    file = tmp_path / "needs.csv"
    assert konbit(prepared, "needs", "export", str(file)).returncode == 0
    (row,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    assert row["words"] == "'=HYPERLINK(tengo hambre)"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_never_a_formula(start):
    assert cell(f"{start}1+1").startswith("'")
    assert cell(["a", "b"]) == "a; b"
    assert cell(None) == ""


def test_up_starts_everything_prints_the_addresses_and_stops_cleanly(environ, model_dir):
    port, console_port = free_port(), free_port()
    process = subprocess.Popen(
        f"{sys.executable} -m bot up --port {port} --console-port {console_port}".split(),
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "Ctrl-C" in line:
            break
    text = "".join(printed)
    assert f"http://127.0.0.1:{port}/\n" in text
    assert f"http://127.0.0.1:{port}/sms/twilio" in text
    assert f"http://127.0.0.1:{console_port}/sign-in/" in text
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    for used in (port, console_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", used))
