"""Refusals of the edge: a status, a code for programs and a sentence for people."""

from starlette.requests import Request
from starlette.responses import JSONResponse


class Refused(Exception):
    """A request that is not served."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def refusal_response(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return JSONResponse(
        {"error": {"code": error.code, "message": error.message}}, status_code=error.status
    )


def unknown_session_response(request: Request, error: Exception) -> JSONResponse:
    return refusal_response(request, Refused(401, "unknown_session", "Start a new session."))
