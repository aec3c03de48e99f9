"""What patients write is in no log, not even through an exception."""

import logging

import pytest
from sqlalchemy import text

from actions.care import database
from bot import logs
from bot.logs import WordlessFormatter
from tests.conversation import WebPatient, edge

WORDS = "zebra-quilt-7731"


def test_an_exception_is_logged_without_its_text(any_database):
    formatter = WordlessFormatter("%(message)s")
    statement = text("INSERT INTO nowhere VALUES (:words)")
    with pytest.raises(Exception, match="nowhere") as caught, database.session_scope() as session:
        session.execute(statement, {"words": WORDS})
    record = logging.LogRecord(
        "x", 40, "f", 1, "failed", None, (caught.type, caught.value, caught.tb)
    )
    logged = formatter.format(record)
    assert WORDS not in logged
    assert "test_logs.py" in logged


def test_a_failing_turn_is_answered_and_logged_without_words(
    sqlite, assistant, clock, monkeypatch, capfd
):
    from actions.needs import ActionRecordNeed

    def fail(self, dispatcher, tracker, domain):
        raise RuntimeError(tracker.latest_message["text"])

    logs.configure("info")  # anew, so that it writes to what is captured here
    executor = assistant._agent.action_endpoint._executor
    monkeypatch.setitem(executor.actions, "action_record_need", fail.__get__(ActionRecordNeed()))
    with edge(assistant, clock) as client:
        patient = WebPatient(client)
        heard = patient.says(f"i have no food for my kids {WORDS}")
        assert "305-555-0100" in heard
        assert "kept" in heard
        monkeypatch.undo()
        assert "May a person" in patient.says("i have no food for my kids")
    captured = capfd.readouterr()
    assert WORDS not in captured.out + captured.err
    assert "turn failed" in captured.err


def test_a_failing_turn_still_hears_danger(sqlite, assistant, clock, monkeypatch):
    def fail(*arguments, **keywords):
        raise RuntimeError

    monkeypatch.setattr(type(assistant), "answer", fail)
    with edge(assistant, clock) as client:
        assert "911" in WebPatient(client).says("i cant breathe")
