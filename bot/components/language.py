"""Which language a message is written in, and which language we go on in.

The two differ on purpose: a conversation keeps its language. One or two words never
switch it, a doubtful guess never does, and what the person chose always wins.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.corpus import Example, examples
from bot.components.folding import without_marks, words
from bot.components.linear_text import SEED, Block, LinearText
from translations.languages import SOURCE

DATA_KEY = "data"
MIXED_KEY = "mixed_examples"
# Mixed texts: so many words, of which this share is not English.
MIXED_LENGTH = (4, 14)
MIXED_SHARE = (0.35, 0.65)
SWITCH_KEY = "switch_probability"
DOUBT_KEY = "doubt_probability"
FEWEST_WORDS_KEY = "fewest_words_to_switch"
BLOCKS = (Block("char", 1, 4), Block("word", 1, 1))


@dataclass(frozen=True)
class Known:
    """What is known of the person's language before the message.

    Attributes:
        current: the conversation's language, None at its beginning.
        chosen: whether the person asked for it.
        hint: what the browser prefers, None where there is none.
    """

    current: Optional[str] = None
    chosen: bool = False
    hint: Optional[str] = None


@dataclass(frozen=True)
class Guess:
    """What the message looks like: a language, how probable, over how many words."""

    language: str
    probability: float
    words: int


def keep_or_switch(known: Known, guess: Guess, config: Dict[str, Any]) -> str:
    """The language to answer in."""
    if known.current is None:
        doubtful = guess.probability < config[DOUBT_KEY]
        return known.hint if doubtful and known.hint else guess.language
    too_short = guess.words < config[FEWEST_WORDS_KEY]
    if known.chosen or too_short or guess.probability < config[SWITCH_KEY]:
        return known.current
    return guess.language


def mixed_with_english(written: List[Example], count: int) -> Iterator[Tuple[str, str]]:
    """(text, language) of `count` texts a language that are partly English.

    People mix English into their language far more often than the other way round, so
    such a message is in their language. Made for telling languages apart alone: pieces of
    two examples, without sense; no intent is learnt from them.
    """
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    words_of: Dict[str, List[List[str]]] = defaultdict(list)
    for example in written:
        words_of[example.language].append(example.text.casefold().split())
    for language, theirs in words_of.items():
        for _ in range(0 if language == SOURCE or SOURCE not in words_of else count):
            length = chance.randint(*MIXED_LENGTH)
            own = max(1, round(length * chance.uniform(*MIXED_SHARE)))
            pieces = [
                _piece(chance.choice(theirs), own, chance),
                _piece(chance.choice(words_of[SOURCE]), length - own, chance),
            ]
            chance.shuffle(pieces)
            yield " ".join(pieces[0] + pieces[1]), language


def _piece(words: List[str], length: int, chance: random.Random) -> List[str]:
    start = chance.randint(0, max(0, len(words) - length))
    return words[start : start + length]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(GraphComponent):
    """Puts `language` (to answer in) and `language_guess` on every message."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """The component's default config."""
        return {
            # folder with one folder of examples per language
            DATA_KEY: "nlu_data",
            # so many texts a language are made that mix it with English
            MIXED_KEY: 3000,
            # a running conversation changes its language only above this probability
            SWITCH_KEY: 0.9,
            # ... and only on messages with at least so many words
            FEWEST_WORDS_KEY: 3,
            # in a first message, doubt above this leaves it to what the browser prefers
            DOUBT_KEY: 0.75,
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[LinearText] = None,
    ) -> None:
        """Constructs the component; `model` is None before training."""
        self.component_config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        """Creates an untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the folders; Rasa's merged data does not say which language it is."""
        written = list(examples(Path(self.component_config[DATA_KEY])))
        # Both spellings: many people type without accents or tone marks.
        pairs = [
            (text, example.language)
            for example in written
            for text in sorted({example.text.casefold(), without_marks(example.text)})
        ]
        pairs.extend(mixed_with_english(written, self.component_config[MIXED_KEY]))
        texts, labels = zip(*pairs, strict=True)
        self._model = LinearText.fit(texts, labels, blocks=BLOCKS)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageIdentifier:
        """Loads a trained component."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearText.load(folder))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples need no language: the classifier is one for all."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets the language of each message."""
        for message in messages:
            self._identify(message)
        return messages

    def _identify(self, message: Message) -> None:
        metadata = message.get("metadata") or {}
        known = Known(
            current=metadata.get("language"),
            chosen=bool(metadata.get("language_chosen")),
            hint=metadata.get("language_hint"),
        )
        guess = self._guess(message.get(TEXT) or "")
        language = keep_or_switch(known, guess, self.component_config)
        message.set("language", language, add_to_output=True)
        found = {"language": guess.language, "probability": round(guess.probability, 4)}
        message.set("language_guess", found, add_to_output=True)

    def _guess(self, text: str) -> Guess:
        if self._model is None or not any(letter.isalpha() for letter in text):
            return Guess(SOURCE, 0.0, 0)
        shares = self._model.probabilities(self._model.margins(text.casefold()))
        best = int(shares.argmax())
        return Guess(self._model.classes[best], float(shares[best]), len(words(text)))
