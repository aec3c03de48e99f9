"""Choices: numbered through a reply, and found again in what the patient sends back."""

from dataclasses import dataclass

from actions.care.conversations import Choice, Draft
from actions.care.models import InboundMessage
from bot.gateway.inbound_text import clean


@dataclass(frozen=True)
class Heard:
    """A message as the turn sees it: text for the assistant, or a choice's payload."""

    text: str
    words: str
    payload: str | None = None
    unknown_choice: bool = False


def hear(message: InboundMessage, offered: list[Choice]) -> Heard:
    """Read a message against the choices that are open: tapped, typed as a number, or words."""
    if message.choice is not None:
        found = next((choice for choice in offered if choice.value == message.choice), None)
        if found is None:
            return Heard("", "", unknown_choice=True)
        return Heard(found.payload, found.title, found.payload)
    text = clean(message.text or "")
    typed = _as_choice(text)
    for choice in offered:
        if typed in (choice.value, choice.title.casefold()):
            return Heard(choice.payload, choice.title, choice.payload)
    return Heard(text, text)


def _as_choice(text: str) -> str:
    """ "2.", "２" and "٢" all mean the second choice."""
    bare = text.strip(" .)(").casefold()
    return str(int(bare)) if bare.isdecimal() and len(bare) < 3 else bare


def numbered(drafts: list[Draft]) -> list[Draft]:
    """Number the choices through the whole reply: "2" must mean one thing."""
    numbered, count = [], 0
    for draft in drafts:
        choices = []
        for choice in draft.choices:
            count += 1
            choices.append(Choice(choice.title, str(count), choice.payload))
        numbered.append(Draft(draft.text, draft.language, draft.key, tuple(choices)))
    return numbered
