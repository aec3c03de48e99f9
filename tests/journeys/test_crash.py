"""kill -9 in the middle of a conversation: each message stored once, answered once."""

import json
import threading
from http.client import HTTPException

import pytest
from sqlalchemy import create_engine, text

from tests.bench.turns import CONVERSATION
from tests.server import Client, Server, free_port

MESSAGES = 200
CONVERSATIONS = 5
KILLED_AFTER = (60, 130)


class Sender:
    """Sends all messages in order, and repeats one until it is answered."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._up = threading.Event()
        self._count = threading.Condition()
        self.answers: dict[tuple[int, str], list] = {}
        self.repeated = 0
        self.server_is_up()
        self._tokens = [self._post("/chat/sessions", {})["token"] for _ in range(CONVERSATIONS)]
        self.thread = threading.Thread(target=self._send_all)

    def server_is_up(self) -> None:
        self._client = Client(self._server.port)
        self._up.set()

    def server_goes_down(self) -> None:
        self._up.clear()

    def wait_for(self, answered: int) -> None:
        with self._count:
            assert self._count.wait_for(lambda: len(self.answers) >= answered, timeout=120)

    def _send_all(self) -> None:
        for number in range(MESSAGES):
            conversation = number % CONVERSATIONS
            said = CONVERSATION[(number // CONVERSATIONS) % len(CONVERSATION)]
            body = {"id": f"m{number}", "text": said}
            answer = self._post("/chat/messages", body, self._tokens[conversation])
            with self._count:
                self.answers[conversation, body["id"]] = answer["messages"]
                self._count.notify_all()

    def _post(self, path: str, body: dict, token: str | None = None) -> dict:
        while True:
            assert self._up.wait(timeout=120)
            try:
                status, answer = self._client.post(path, body, token)
            except (OSError, HTTPException, json.JSONDecodeError):
                self.repeated += 1
                continue
            assert status in (200, 201), answer
            return answer


@pytest.fixture
def server(tmp_path, model_dir):
    server = Server(tmp_path, free_port())
    server.run("migrate")
    server.run("sample")
    server.start()
    yield server
    server.stop()


def test_nothing_is_lost_or_done_twice(server, tmp_path):
    sender = Sender(server)
    sender.thread.start()
    for answered in KILLED_AFTER:
        sender.wait_for(answered)
        sender.server_goes_down()
        server.kill()
        server.start()
        sender.server_is_up()
    sender.thread.join(timeout=180)
    assert not sender.thread.is_alive()
    assert len(sender.answers) == MESSAGES
    assert all(sender.answers.values())
    engine = create_engine(f"sqlite:///{tmp_path / 'konbit.db'}", future=True)
    with engine.connect() as connection:

        def count(query: str) -> int:
            return connection.execute(text(query)).scalar()

        assert count("SELECT count(*) FROM inbound_messages") == MESSAGES
        assert count("SELECT count(*) FROM inbound_messages WHERE answered_at IS NULL") == 0
        # Every stored reply is one that the client was given, and the other way round.
        replies = count("SELECT count(*) FROM outbound_messages WHERE inbound_id IS NOT NULL")
        assert replies == sum(len(messages) for messages in sender.answers.values())
        needs = count("SELECT count(*) FROM needs")
        assert needs == count("SELECT count(DISTINCT message_id || domain) FROM needs")
        positions = count("SELECT count(*) FROM outbound_messages")
        assert positions == count(
            "SELECT count(DISTINCT conversation_id || seq) FROM outbound_messages"
        )


def test_a_message_nobody_repeats_is_answered_at_the_next_start(server, tmp_path):
    """The client is gone; the message was stored, the answer waits for it."""
    client = Client(server.port)
    _, opened = client.post("/chat/sessions", {})
    status, _ = client.post("/chat/messages", {"id": "1", "text": "hello"}, opened["token"])
    assert status == 200
    server.kill()
    engine = create_engine(f"sqlite:///{tmp_path / 'konbit.db'}", future=True)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM outbound_messages WHERE inbound_id IS NOT NULL"))
        connection.execute(text("UPDATE inbound_messages SET answered_at = NULL"))
    server.start()
    with engine.connect() as connection:
        query = "SELECT count(*) FROM inbound_messages WHERE answered_at IS NULL"
        assert connection.execute(text(query)).scalar() == 0
    status, again = Client(server.port).post(
        "/chat/messages", {"id": "1", "text": "hello"}, opened["token"]
    )
    assert status == 200
    assert again["messages"]
