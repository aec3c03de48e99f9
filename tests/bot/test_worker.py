"""The worker: replies that came too late for the webhook are sent, once."""

import pytest
from sqlalchemy import text

from actions.care import conversations, database
from bot.gateway.sms_provider import SendingFailed
from bot.worker import deliver_due
from tests.conversation import SmsPatient, edge


class Carrier:
    """Takes what it is given, or refuses so many times first."""

    def __init__(self, refusals: int = 0) -> None:
        self.sent: list[tuple[str, str]] = []
        self._refusals = refusals

    def send(self, number: str, text: str) -> str:
        if self._refusals:
            self._refusals -= 1
            raise SendingFailed("busy")
        self.sent.append((number, text))
        return f"SM{len(self.sent)}"


@pytest.fixture
def late_reply(any_database, clock) -> str:
    with database.session_scope() as session:
        conversation = conversations.by_phone(session, "+13055550142", now=clock())
        choices = (conversations.Choice("Wi", "1", "/affirm"),)
        draft = conversations.Draft("Ou dakò?", "ht", choices=choices)
        (row,) = conversations.say(
            session, conversation, [draft], now=clock(), status=conversations.QUEUED
        )
        return row.id


def status(message_id: str) -> str:
    with database.session_scope() as session:
        return session.get(conversations.OutboundMessage, message_id).status


def test_sent_once_with_its_choices_numbered(late_reply):
    carrier = Carrier()
    assert deliver_due(carrier) == 1
    assert deliver_due(carrier) == 0
    assert carrier.sent == [("+13055550142", "Ou dakò?\n1. Wi")]
    assert status(late_reply) == conversations.SENT


def test_a_refused_text_is_tried_again(late_reply):
    carrier = Carrier(refusals=2)
    deliver_due(carrier)
    assert status(late_reply) == conversations.SENT
    assert len(carrier.sent) == 1


def test_it_gives_up_and_keeps_the_text(late_reply):
    carrier = Carrier(refusals=99)
    deliver_due(carrier)
    assert status(late_reply) == conversations.FAILED
    assert carrier.sent == []


def test_a_repeated_request_takes_the_answer_that_waits(sqlite, assistant, clock):
    """After a crash the answer waits for the worker; the carrier asks again first."""
    with edge(assistant, clock) as client:
        patient = SmsPatient(client)
        first = patient.says("hello", sid="SM1")
        with database.engine().begin() as connection:
            connection.execute(text("UPDATE outbound_messages SET status = 'queued'"))
        assert patient.says("hello", sid="SM1") == first
        assert deliver_due(Carrier()) == 0


def test_a_repeated_request_gets_nothing_that_was_sent_already(sqlite, assistant, clock):
    with edge(assistant, clock) as client:
        patient = SmsPatient(client)
        patient.says("hello", sid="SM1")
        with database.engine().begin() as connection:
            connection.execute(text("UPDATE outbound_messages SET status = 'queued'"))
        assert deliver_due(Carrier()) == 1
        assert patient.says("hello", sid="SM1") == ""
