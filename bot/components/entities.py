"""Entities by rule: ZIP codes, telephone numbers, numbers, days, needs, languages.

The word lists are data, one file a language (`lexicon/<language>.yml`), matched by
spaCy over folded tokens, so that accents and capitals do not matter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List

import phonenumbers
import spacy
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from bot.components.folding import without_marks
from translations.languages import named_in

LEXICON = Path(__file__).parent / "lexicon"
REGION = "US"
PHONE_DIGITS = 7
# Five digits alone; not a price, and not a piece of something longer.
_ZIP = re.compile(r"(?<![\d$€£.,\-])(\d{5})(?:-\d{4})?(?![\d%]|[.,]\d)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")

Entity = Dict[str, Any]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFinder(GraphComponent, EntityExtractorMixin):
    """Adds entities to messages."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """The component's default config; there is nothing to set."""
        return {}

    def __init__(self, config: Dict[str, Any]) -> None:
        """Builds the matcher from the word lists of all languages."""
        self.component_config = config
        self._nlp = spacy.blank("xx")
        self._matcher = PhraseMatcher(self._nlp.vocab, attr="NORM")
        for path in sorted(LEXICON.glob("*.yml")):
            self._add(yaml.safe_load(path.read_text("utf-8")))

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityFinder:
        """Creates the component."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Finds the entities of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text and not text.startswith("/"):
                message.set(ENTITIES, self.find(text), add_to_output=True)
        return messages

    def find(self, text: str) -> List[Entity]:
        """All entities of a text, in the order they stand in it."""
        digits = _ascii_digits(text)
        found = [*self._phones(digits), *self._phrases(text)]
        taken = [
            (entity["start"], entity["end"]) for entity in found if entity["entity"] == "phone"
        ]
        for name, pattern in (("zip", _ZIP), ("number", _NUMBER)):
            for match in pattern.finditer(digits):
                if not any(start < match.end() and match.start() < end for start, end in taken):
                    found.append(
                        _entity(
                            name,
                            match.group(0)[:5] if name == "zip" else match.group(0),
                            match.start(),
                            match.end(),
                        )
                    )
                    taken.append(match.span())
        found.extend(_entity("language_name", code, 0, len(text)) for code in named_in(text))
        return sorted(found, key=lambda entity: (entity["start"], entity["end"]))

    def _phones(self, text: str) -> Iterator[Entity]:
        if sum(letter.isdigit() for letter in text) < PHONE_DIGITS:
            return
        for match in phonenumbers.PhoneNumberMatcher(text, REGION):
            number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            yield _entity("phone", number, match.start, match.end)

    def _phrases(self, text: str) -> Iterator[Entity]:
        document = self._document(text)
        seen = set()
        for label, start, end in self._matcher(document):
            name, _, value = self._nlp.vocab.strings[label].partition("|")
            span = document[start:end]
            key = (name, value, span.start_char)
            if key not in seen:
                seen.add(key)
                yield _entity(
                    name, value or without_marks(span.text), span.start_char, span.end_char
                )

    def _add(self, lists: Dict[str, Any]) -> None:
        for name, content in lists.items():
            groups = content if isinstance(content, dict) else {"": content}
            for value, phrases in groups.items():
                label = f"{name}|{value}" if value else name
                self._matcher.add(label, [self._document(phrase) for phrase in phrases])

    def _document(self, text: str) -> Doc:
        document = self._nlp.make_doc(text)
        for token in document:
            token.norm_ = without_marks(token.text)
        return document


def _ascii_digits(text: str) -> str:
    """The text with digits of any script (١٢٣, １２３) as 0-9; lengths do not change."""
    return "".join(str(int(letter)) if letter.isdecimal() else letter for letter in text)


def _entity(name: str, value: str, start: int, end: int) -> Entity:
    return {"entity": name, "value": value, "start": start, "end": end, "extractor": "EntityFinder"}
