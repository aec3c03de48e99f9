"""Sending text messages: one protocol, a provider for real and one for development."""

from typing import Protocol

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from bot.settings import Settings


class SendingFailed(Exception):
    """The provider did not take the message; it may be tried again."""


class SmsProvider(Protocol):
    """Whatever takes a text and a number."""

    def send(self, number: str, text: str) -> str:
        """Send one text to an E.164 number; returns the provider's id of it.

        Raises:
            SendingFailed: it was not taken.
        """


class PrintProvider:
    """For development: shows that a text would go out, and how long it is."""

    def send(self, number: str, text: str) -> str:
        print(f"[sms, {len(text)} characters]", flush=True)
        return "printed"


class TwilioProvider:
    """Twilio's own client."""

    def __init__(self, client: Client, *, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, number: str, text: str) -> str:
        try:
            message = self._client.messages.create(to=number, from_=self._sender, body=text)
        except TwilioException as error:
            raise SendingFailed(type(error).__name__) from error
        return str(message.sid)


def provider_for(settings: Settings) -> SmsProvider:
    if settings.sms_provider == "twilio":
        client = Client(settings.twilio_account_sid, settings.twilio_auth_token)
        return TwilioProvider(client, sender=settings.twilio_from)
    return PrintProvider()
