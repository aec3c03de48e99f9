"""A patient who writes, over HTTP, to the real assistant; and what they hear."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from bot.gateway.app import create_app
from bot.turns import Turns

PUBLIC_URL = "https://chat.example.org"
TOKEN = "test-token"
FACTS = {"clinic_name": "Sample Community Health Center", "clinic_phone": "305-555-0100"}


def edge(assistant, clock) -> TestClient:
    """The edge around the real assistant; use as a context manager."""
    app = create_app(
        Turns(assistant, clock=clock),
        facts=FACTS,
        public_url=PUBLIC_URL,
        twilio_auth_token=TOKEN,
    )
    return TestClient(app, base_url=PUBLIC_URL)


@dataclass
class WebPatient:
    """Someone at the chat page."""

    client: TestClient
    language: str | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = (f"m{number}" for number in itertools.count(1))
        body = {"language": self.language} if self.language else {}
        answer = self.client.post("/chat/sessions", json=body)
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["token"]
        self.heard = answer.json()["messages"]

    def says(self, text: str) -> str:
        return self._send({"text": text})

    def taps(self, title: str) -> str:
        """Choose one of the choices of the last reply by its title."""
        value = next(
            choice["value"]
            for message in self.heard
            for choice in message["choices"]
            if choice["title"] == title
        )
        return self._send({"choice": value})

    def _send(self, body: dict[str, Any]) -> str:
        answer = self.post({"id": next(self._ids), **body})
        assert answer.status_code == 200, answer.text
        self.answer = answer.json()
        self.heard = self.answer["messages"]
        return "\n".join(message["text"] for message in self.heard)

    def post(self, body: Any):
        # Escaped as ASCII, so that even half a surrogate pair can be sent.
        return self.client.post("/chat/messages", content=json.dumps(body), headers=self.bearer)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class SmsPatient:
    """Someone with a prepaid telephone."""

    client: TestClient
    number: str = "+13055550142"

    def __post_init__(self) -> None:
        self._ids = (f"SM{number:032}" for number in itertools.count(1))

    def says(self, text: str, *, sid: str | None = None) -> str:
        answer = self.post({"MessageSid": sid or next(self._ids), "Body": text})
        assert answer.status_code == 200, answer.text
        messages = ElementTree.fromstring(answer.text).iter("Message")
        return "\n".join(message.text or "" for message in messages)

    def post(self, fields: dict[str, str], *, signature: str | None = None):
        fields = {"From": self.number, "To": "+13055550100", "NumMedia": "0", **fields}
        url = f"{PUBLIC_URL}/sms/twilio"
        if signature is None:
            signature = RequestValidator(TOKEN).compute_signature(url, fields)
        return self.client.post(
            "/sms/twilio", data=fields, headers={"X-Twilio-Signature": signature}
        )
