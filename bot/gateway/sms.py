"""The SMS webhook in Twilio's form: signed requests in, TwiML out."""

from functools import partial
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from actions.care import conversations
from bot.gateway.body import read_bytes, writable
from bot.gateway.errors import Refused
from bot.gateway.sms_text import as_texts
from bot.turns import Turns

PATH = "/sms/twilio"


def routes() -> list[Route]:
    return [Route(PATH, receive, methods=["POST"])]


async def receive(request: Request) -> Response:
    """Verify, store, answer. A message the carrier sends twice has one effect."""
    fields = await _signed_fields(request)
    sender, message_sid = fields.get("From", ""), fields.get("MessageSid", "")
    if not sender or not message_sid:
        raise Refused(400, "missing_field", "From and MessageSid are required.")
    turns: Turns = request.app.state.turns
    reply = await turns.take(
        partial(conversations.by_phone, number=sender, now=turns.now()),
        external_id=message_sid,
        text=writable(fields.get("Body", "")),
    )
    response = MessagingResponse()
    for text in as_texts(reply.messages):
        response.message(text)
    return Response(str(response), media_type="text/xml")


async def _signed_fields(request: Request) -> dict[str, str]:
    """The form's fields, blank ones too.

    Raises:
        Refused: 403 when the signature is missing or wrong.
    """
    content = await read_bytes(request)
    # The carrier signs blank fields as well, so they must not be dropped here.
    fields = dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    # The address is the configured one: behind a proxy the Host header is not ours to trust.
    url = request.app.state.public_url + PATH
    if request.url.query:
        url = f"{url}?{request.url.query}"
    validator: RequestValidator | None = request.app.state.sms_validator
    signature = request.headers.get("x-twilio-signature", "")
    if validator is None or not validator.validate(url, fields, signature):
        raise Refused(403, "bad_signature", "The signature does not fit.")
    return fields
