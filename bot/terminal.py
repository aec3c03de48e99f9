"""The assistant in a terminal: a conversation, or what it makes of one message."""

import asyncio
import uuid
from functools import partial
from typing import Any

import typer

from actions.care import conversations
from bot import runtime
from bot.assistant import Assistant
from bot.settings import Settings
from bot.turns import Reply, Turns

_SHOWN = ("text", "language", "language_guess", "intent", "intent_ranking", "entities", "safety")


def bare_assistant(settings: Settings) -> Assistant:
    """An assistant that only parses: it needs no database and no clinic."""
    return Assistant(settings.model_dir, facts={}, production=False)


async def parsed(settings: Settings, text: str) -> dict[str, Any]:
    """Language, intent, confidence, entities and safety of a message."""
    found = await bare_assistant(settings).parse(text)
    result = {key: found.get(key) for key in _SHOWN}
    result["confidence"] = found["intent"]["confidence"]
    return result


def talk(settings: Settings) -> None:
    """Chat until the end of input; the conversation is stored like any other."""
    runtime.open_database(settings)
    facts = runtime.clinic_facts()
    assistant = Assistant(settings.model_dir, facts=facts, production=settings.care.is_production)
    asyncio.run(_talk(Turns(assistant, clock=runtime.clock)))


async def _talk(turns: Turns) -> None:
    typer.echo("Write in any language; Ctrl-D ends.")
    conversation_id, greeting = await turns.open_terminal()
    _show(greeting)
    find = partial(conversations.get, conversation_id=conversation_id)
    while True:
        try:
            text = await asyncio.to_thread(input, "> ")
        except EOFError:
            return
        if text.strip():
            _show(await turns.take(find, external_id=uuid.uuid4().hex, text=text))


def _show(reply: Reply) -> None:
    for message in reply.messages:
        typer.echo(message.text)
        for choice in message.choices or ():
            typer.echo(f"  {choice['value']}. {choice['title']}")
