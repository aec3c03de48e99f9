"""A reply as text messages: choices as numbered lines, long replies split between sentences."""

from collections.abc import Iterable

from actions.care.models import OutboundMessage

# Twilio refuses a body above 1,600 characters (error 21617).
LONGEST = 1500


def as_texts(messages: Iterable[OutboundMessage]) -> list[str]:
    """One text for the whole reply: several may arrive in another order than sent."""
    texts: list[str] = []
    for part in map(_with_choices, messages):
        if texts and len(texts[-1]) + len(part) + 2 <= LONGEST:
            texts[-1] = f"{texts[-1]}\n\n{part}"
        else:
            texts.extend(_split(part))
    return texts


def _with_choices(message: OutboundMessage) -> str:
    lines = [f"{choice['value']}. {choice['title']}" for choice in message.choices or ()]
    return "\n".join([message.text, *lines])


def _split(text: str) -> list[str]:
    parts = []
    while len(text) > LONGEST:
        border = max(text.rfind(mark, 0, LONGEST) for mark in (". ", "? ", "\n", "。"))
        border = border + 1 if border > 0 else LONGEST
        parts.append(text[:border].strip())
        text = text[border:].strip()
    return [*parts, text]
