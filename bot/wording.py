"""What the assistant says: an `utter_` key and values become a sentence of the patient's.

English stands in domain.yml, the other languages in the catalogs. A critical sentence
(rights, danger, eligibility) whose translation nobody has signed never stands alone:
in production it is sent in English with the offer of a free interpreter, in a demo
beside the English (45 CFR 92.201(c)(3)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from translations.catalogs import Catalogs, Entry, installed
from translations.hotlines import hotlines
from translations.languages import SOURCE, language
from translations.sources import choice_key

# Added to critical English where no reviewed translation may stand. Its own
# translation is never critical: it says only that an interpreter is free.
INTERPRETER_KEY = "utter_interpreter_offer"
DRAFT_NOTE_KEY = "utter_draft_note"


@dataclass(frozen=True)
class Sentence:
    """A finished sentence with its choices as (title, payload)."""

    text: str
    language: str
    choices: tuple[tuple[str, str], ...] = ()


class Wording:
    """Sentences by key, language and values."""

    def __init__(
        self,
        responses: Mapping[str, list[dict[str, Any]]],
        *,
        catalogs: Catalogs,
        facts: Mapping[str, str],
        production: bool,
    ) -> None:
        self._responses = responses
        self._catalogs = catalogs
        self._facts = {**hotlines(), **facts}
        self._production = production

    def knows(self, key: str) -> bool:
        return key in self._responses

    def say(self, key: str, code: str, **values: Any) -> Sentence:
        """The sentence `key` in a language. Raises KeyError for an unknown key or value."""
        response = self._responses[key][0]
        critical = bool((response.get("metadata") or {}).get("critical"))
        text, spoken = self._text(key, response["text"], code, critical)
        titles = [
            (self._title(key, number, button["title"], spoken), button["payload"])
            for number, button in enumerate(response.get("buttons") or (), start=1)
        ]
        return Sentence(text.format(**self._facts, **values), spoken, tuple(titles))

    def _text(self, key: str, source: str, code: str, critical: bool) -> tuple[str, str]:
        if code == SOURCE:
            return source, SOURCE
        entry = self._catalogs.find(code, key, source)
        if entry is None:
            return self._in_english(source, code), SOURCE
        if not (critical and entry.draft):
            return entry.text, code
        if self._production:
            return self._in_english(source, code), SOURCE
        return f"{entry.text}\n\n{self._plain(DRAFT_NOTE_KEY, code)} {source}", code

    def _in_english(self, source: str, code: str) -> str:
        return f"{source}\n\n{self._plain(INTERPRETER_KEY, code)}"

    def _plain(self, key: str, code: str) -> str:
        source = self._responses[key][0]["text"]
        entry = self._catalogs.find(code, key, source)
        return entry.text if entry else source

    def _title(self, key: str, number: int, source: str, code: str) -> str:
        entry: Entry | None = self._catalogs.find(code, choice_key(key, number), source)
        return entry.text if entry else source


class CatalogWording(NaturalLanguageGenerator):
    """Rasa's way to `Wording`; the language is the one the turn goes on in."""

    def __init__(
        self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None
    ) -> None:
        """Constructs it as Rasa's own commands do; `use` gives it a clinic's wording."""
        self._wording = Wording(
            domain.responses if domain else {},
            catalogs=installed(),
            facts={"clinic_name": "our clinic", "clinic_phone": hotlines()["help_line"]},
            production=False,
        )

    def use(self, wording: Wording) -> None:
        """Speak with this wording from now on."""
        self._wording = wording

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """A message as Rasa's channels expect it; None for an unknown key."""
        if not self._wording.knows(utter_action):
            return None
        code = kwargs.pop("language", None) or turn_language(tracker)
        meanings = kwargs.pop("meanings", ())
        sentence = self._wording.say(utter_action, code, **kwargs)
        buttons = [{"title": title, "payload": payload} for title, payload in sentence.choices]
        for intent in meanings:
            title = self._wording.say(f"utter_meaning_{intent}", code).text
            buttons.append({"title": title, "payload": f"/{intent}"})
        return {"text": sentence.text, "buttons": buttons, "language": sentence.language}


def turn_language(tracker: DialogueStateTracker) -> str:
    """The language to answer the latest message in."""
    message = tracker.latest_message
    if message is None:
        return SOURCE
    metadata = message.metadata or {}
    return language(message.parse_data.get("language") or metadata.get("language")).code
