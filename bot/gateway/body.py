"""Reading request bodies: bounded, and strict about shape."""

import json
from typing import Any

from starlette.requests import Request

from bot.gateway.errors import Refused

MOST_BYTES = 64 * 1024


async def read_bytes(request: Request) -> bytes:
    """The whole body.

    Raises:
        Refused: 413 when it is larger than `MOST_BYTES`.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise Refused(413, "too_large", f"The body is larger than {MOST_BYTES} bytes.")
    return bytes(content)


async def read_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object.

    Raises:
        Refused: 400 when it is not JSON, or not an object.
    """
    content = await read_bytes(request)
    if not content.strip():
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "not_json", "The body is not valid JSON.") from error
    if not isinstance(data, dict):
        raise Refused(400, "not_an_object", "The body must be a JSON object.")
    return data


def writable(text: str) -> str:
    """The text as it can be encoded: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
