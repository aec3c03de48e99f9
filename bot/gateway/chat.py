"""The web chat API; `openapi.yml` beside this file describes it."""

import re
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from actions.care import conversations, database
from actions.care.errors import UnknownConversation
from actions.care.models import OutboundMessage
from bot.gateway.body import read_object, writable
from bot.gateway.errors import Refused
from bot.gateway.widget_strings import negotiated, strings_for
from bot.turns import Find, Reply, Turns
from translations.languages import enabled, language

_LONGEST = {"id": 128, "choice": 64}
_ID = re.compile(r"[\x21-\x7e]+")


def routes() -> list[Route]:
    return [
        Route("/chat/sessions", open_session, methods=["POST"]),
        Route("/chat/messages", post_message, methods=["POST"]),
        Route("/chat/messages", get_messages, methods=["GET"]),
        Route("/chat/language", set_language, methods=["POST"]),
        Route("/chat/strings", get_strings, methods=["GET"]),
    ]


async def open_session(request: Request) -> JSONResponse:
    """Start a conversation."""
    data = await read_object(request)
    chosen = data.get("language")
    if chosen is not None and (not isinstance(chosen, str) or chosen not in enabled()):
        raise Refused(400, "unknown_language", "This language is not enabled.")
    token, reply = await _turns(request).open_web(
        chosen, negotiated(request.headers.get("accept-language", ""))
    )
    return JSONResponse({"token": token, **_reply(reply)}, status_code=201)


async def post_message(request: Request) -> JSONResponse:
    """Take a message and answer it."""
    find = _finder(request)
    data = await read_object(request)
    external_id = _identifier(data, "id")
    text, choice = data.get("text"), data.get("choice")
    if (text is None) == (choice is None):
        raise Refused(400, "text_or_choice", "Send either text or choice.")
    if text is not None and not isinstance(text, str):
        raise Refused(400, "bad_text", "text must be a string.")
    reply = await _turns(request).take(
        find,
        external_id=external_id,
        text=None if text is None else writable(text),
        choice=None if choice is None else _identifier(data, "choice"),
    )
    return JSONResponse(_reply(reply))


async def get_messages(request: Request) -> JSONResponse:
    """What we wrote since a message of ours."""
    after = request.query_params.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise Refused(400, "bad_after", "after must be the id of a message.")
    with database.session_scope() as session:
        conversation = _finder(request)(session)
        rows = conversations.written_after(session, conversation.id, int(after))
        reply = Reply(language(conversation.language).code, rows)
    return JSONResponse(_reply(reply))


async def set_language(request: Request) -> JSONResponse:
    """The person chose a language in the menu."""
    find = _finder(request)
    chosen = (await read_object(request)).get("language")
    if not isinstance(chosen, str) or chosen not in enabled():
        raise Refused(400, "unknown_language", "This language is not enabled.")
    reply = await _turns(request).choose_language(find, chosen)
    return JSONResponse(_reply(reply))


async def get_strings(request: Request) -> JSONResponse:
    """The words of the chat page in one language."""
    wanted = request.query_params.get("lang")
    code = wanted if wanted in enabled() else None
    code = code or negotiated(request.headers.get("accept-language", ""))
    return JSONResponse(strings_for(code, request.app.state.facts))


def message_object(row: OutboundMessage) -> dict[str, Any]:
    """A message as the API shows it; payloads stay with us."""
    return {
        "id": str(row.seq),
        "text": row.text,
        "lang": row.language,
        "dir": language(row.language).direction,
        "choices": [
            {"title": choice["title"], "value": choice["value"]} for choice in row.choices or ()
        ],
    }


def _reply(reply: Reply) -> dict[str, Any]:
    return {"language": reply.language, "messages": [message_object(row) for row in reply.messages]}


def _turns(request: Request) -> Turns:
    turns: Turns = request.app.state.turns
    return turns


def _finder(request: Request) -> Find:
    """Finds the conversation of the request's token.

    Raises:
        UnknownConversation: there is no token in the request.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnknownConversation("no token")
    return partial(conversations.by_token, token=token.strip())


def _identifier(data: dict[str, Any], field: str) -> str:
    value = data.get(field)
    longest = _LONGEST[field]
    if not isinstance(value, str) or len(value) > longest or not _ID.fullmatch(value):
        message = f"{field} must be 1 to {longest} visible ASCII characters."
        raise Refused(400, f"bad_{field}", message)
    return value
