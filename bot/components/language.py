"""Which language a message is written in, and which language we go on in.

The two differ on purpose: a conversation keeps its language. One or two words never
switch it, a doubtful guess never does, and what the person chose always wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.corpus import examples
from bot.components.folding import words
from bot.components.language_model import LanguageModel
from translations.languages import SOURCE

DATA_KEY = "data"
MIXED_KEY = "mixed_examples"
SWITCH_KEY = "switch_probability"
DOUBT_KEY = "doubt_probability"
FEWEST_WORDS_KEY = "fewest_words_to_switch"


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
        model: Optional[LanguageModel] = None,
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
        self._model = LanguageModel.learn(written, mixed_count=self.component_config[MIXED_KEY])
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
            return cls(config, model_storage, resource, LanguageModel.load(folder))

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
        language, probability = self._model.guess(text)
        return Guess(language, probability, len(words(text)))
