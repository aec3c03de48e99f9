"""What the patient wants: one joint linear model for all languages.

Folded text (no accents, no tone marks) in n-grams of characters and words forgives
spelling; the confidence is calibrated on held-out examples.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.folding import folded
from bot.components.linear_text import Block, LinearText
from bot.components.safety_patterns import KINDS

THRESHOLD_KEY = "threshold"
RANKING_KEY = "ranking_length"
BLOCKS = (Block("char", 2, 5), Block("word", 1, 2))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):
    """Sets `intent`, `intent_ranking` and, for the safety screen, `safety_vote`."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """The component's default config."""
        return {
            # below this confidence we ask "did you mean" instead of answering
            THRESHOLD_KEY: 0.3,
            # so many intents are kept in the ranking: every turn stores it
            RANKING_KEY: 5,
        }

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[LinearText] = None,
    ) -> None:
        """Constructs the classifier; `model` is None before training."""
        self.component_config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        classes = model.classes if model else []
        self._safety = [n for n, name in enumerate(classes) if name in KINDS]
        self._ordinary = [n for n, name in enumerate(classes) if name not in KINDS]

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        """Creates an untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the examples of all languages together."""
        rows = [example for example in training_data.intent_examples if example.get(TEXT)]
        model = LinearText.fit(
            [folded(example.get(TEXT)) for example in rows],
            [example.get(INTENT) for example in rows],
            blocks=BLOCKS,
        )
        with self._model_storage.write_to(self._resource) as folder:
            model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        """Loads a trained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearText.load(folder))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing is added to training examples."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Classifies messages."""
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        text = folded(message.get(TEXT) or "")
        if self._model is None or not any(letter.isalpha() for letter in text):
            # Digits and emoji mean what the open question makes of them, or nothing.
            _set_ranking(message, [_entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, 0.0)])
            return
        margins = self._model.margins(text)
        message.set("safety_vote", self._safety_vote(margins))
        shares = self._model.probabilities(margins)
        order = np.argsort(-shares)[: self.component_config[RANKING_KEY]]
        ranking = [_entry(self._model.classes[n], float(shares[n])) for n in order]
        threshold = self.component_config[THRESHOLD_KEY]
        if ranking[0]["confidence"] < threshold:
            ranking.insert(0, _entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, threshold))
        _set_ranking(message, ranking)

    def _safety_vote(self, margins: np.ndarray) -> Dict[str, Any]:
        """Best safety class, and by how much it beats the best other one."""
        if not self._safety or not self._ordinary:
            return {"kind": KINDS[0], "margin": -float("inf")}
        best = max(self._safety, key=lambda n: margins[n])
        return {
            "kind": self._model.classes[best] if self._model else KINDS[0],
            "margin": float(margins[best] - margins[self._ordinary].max()),
        }


def _entry(name: str, confidence: float) -> Dict[str, Any]:
    return {"name": name, "confidence": round(confidence, 4)}


def _set_ranking(message: Message, ranking: List[Dict[str, Any]]) -> None:
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
