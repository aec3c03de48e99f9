"""The edge as an ASGI application: web chat, SMS, the chat page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from twilio.request_validator import RequestValidator

from actions.care.errors import UnknownConversation
from bot.gateway import chat, sms
from bot.gateway.errors import Refused, refusal_response, unknown_session_response
from bot.turns import Turns

WIDGET = Path(__file__).resolve().parent.parent / "widget"
OPENAPI = Path(__file__).parent / "openapi.yml"
ASSETS = {"chat.js": "text/javascript", "chat-api.js": "text/javascript", "chat.css": "text/css"}
SECURITY_HEADERS = {
    b"content-security-policy": b"default-src 'self'; frame-ancestors 'self'; base-uri 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
}


def create_app(
    turns: Turns, *, facts: Mapping[str, str], public_url: str, twilio_auth_token: str
) -> Starlette:
    """Build the edge around `turns`; without a token every SMS request is refused."""
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/widget/{name}", asset),
            Route("/openapi.yml", openapi),
            Route("/healthz", health),
            *chat.routes(),
            *sms.routes(),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            Refused: refusal_response,
            UnknownConversation: unknown_session_response,
        },
        lifespan=answer_first,
    )
    app.state.turns = turns
    app.state.facts = dict(facts)
    app.state.public_url = public_url
    app.state.sms_validator = RequestValidator(twilio_auth_token) if twilio_auth_token else None
    return app


@asynccontextmanager
async def answer_first(app: Starlette) -> AsyncIterator[None]:
    """Before anyone is let in: answer what a crash left without an answer."""
    await app.state.turns.answer_what_was_left()
    yield


async def page(request: Request) -> Response:
    return FileResponse(WIDGET / "chat.html", media_type="text/html")


async def asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        raise Refused(404, "not_found", "There is no such file.")
    return FileResponse(WIDGET / name, media_type=ASSETS[name])


async def openapi(request: Request) -> Response:
    return FileResponse(OPENAPI, media_type="application/yaml")


async def health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


class SecurityHeaders:
    """Adds the headers to every response; plain ASGI, for it is on every turn's path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[Any] = list(message.get("headers", []))
                message["headers"] = headers + list(SECURITY_HEADERS.items())
            await send(message)

        await self._app(scope, receive, send_with_headers)
