"""The console as an ASGI application: sign in by a one-time link, the list of needs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from actions.care import audit, console_access, database, needs
from actions.care.models import Need
from bot.gateway.app import SecurityHeaders
from translations.languages import language

HERE = Path(__file__).parent
COOKIE = "konbit_console"
TEMPLATES = Jinja2Templates(directory=str(HERE / "templates"))
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))


def create_console(*, clock: Callable[[], datetime]) -> Starlette:
    """Build the console."""
    app = Starlette(
        routes=[
            Route("/", worklist),
            Route("/sign-in/{token}", offer_sign_in, methods=["GET"]),
            Route("/sign-in/{token}", sign_in, methods=["POST"]),
            Route("/sign-out", sign_out, methods=["POST"]),
            Mount("/static", StaticFiles(directory=str(HERE / "static"))),
        ],
        middleware=[Middleware(SecurityHeaders)],
    )
    app.state.clock = clock
    return app


async def worklist(request: Request) -> Response:
    """Open needs, safety first."""
    now = request.app.state.clock()
    with database.session_scope() as session:
        if not console_access.is_signed_in(session, request.cookies.get(COOKIE, ""), now=now):
            return TEMPLATES.TemplateResponse(request, "signed_out.html", status_code=401)
        rows = [
            _row(need, needs.offered(session, need.id), now) for need in needs.worklist(session)
        ]
        audit.record(session, "list viewed", actor="coordinator", now=now, rows=len(rows))
    return TEMPLATES.TemplateResponse(request, "worklist.html", {"rows": rows})


async def offer_sign_in(request: Request) -> Response:
    """A page with one button: programs that follow links must not use up the link."""
    return TEMPLATES.TemplateResponse(
        request, "sign_in.html", {"token": request.path_params["token"]}
    )


async def sign_in(request: Request) -> Response:
    now = request.app.state.clock()
    with database.session_scope() as session:
        token = console_access.redeem_link(session, request.path_params["token"], now=now)
    if token is None:
        return TEMPLATES.TemplateResponse(request, "signed_out.html", status_code=401)
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=int(console_access.SESSION_LIFE.total_seconds()),
    )
    return response


async def sign_out(request: Request) -> Response:
    # Same-site cookies keep other sites from signing people out; the header says who asks.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("Refused.", status_code=403)
    with database.session_scope() as session:
        console_access.sign_out(
            session, request.cookies.get(COOKIE, ""), now=request.app.state.clock()
        )
    response = RedirectResponse("/", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def _row(need: Need, offered: list[str], now: datetime) -> dict[str, Any]:
    spoken = language(need.language)
    return {
        "id": need.id,
        "safety": need.domain in needs.SAFETY_DOMAINS,
        "priority": need.priority,
        "domain": need.domain.replace("_", " "),
        "words": need.words or "",
        "lang": need.language,
        "dir": spoken.direction,
        "language": spoken.english_name,
        "channel": need.channel,
        "zip": need.zip_code or "",
        "state": need.state,
        "unmet": (need.unmet_reason or "").replace("_", " "),
        "contact": {None: "not asked", True: "yes", False: "no"}[need.contact_consent],
        "offered": offered,
        "age": age(now - need.created_at),
        "created": need.created_at.isoformat(timespec="minutes"),
    }


def age(span: timedelta) -> str:
    """How long ago, in the largest whole unit: "4 min", "2 h", "1 d"."""
    for name, unit in _UNITS:
        if span >= unit:
            return f"{span // unit} {name}"
    return "now"
