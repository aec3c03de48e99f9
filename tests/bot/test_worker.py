"""The worker: replies that came too late for the webhook are sent, once."""

import pytest

from actions.care import conversations, database
from bot.gateway.sms_provider import SendingFailed
from bot.worker import deliver_due


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
