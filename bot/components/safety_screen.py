"""The safety screen: last in the pipeline, so that nothing overrules it.

Danger is heard by rules over the words (`safety_patterns`) or by the classifier's
margin, whichever speaks. Sure means the full answer; unsure means the numbers, one
question, and then the answer to what was asked. Unsure never means silent.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.components.folding import words
from bot.components.safety_patterns import (
    CHECK,
    FULL,
    KINDS,
    Danger,
    SafetyPatterns,
    installed_patterns,
)

FULL_MARGIN_KEY = "full_margin"
CHECK_MARGIN_KEY = "check_margin"
DOUBT_MARGIN_KEY = "doubt_margin"
DOUBT_WORDS_KEY = "doubt_words"
ANSWER_SHARE_KEY = "answer_share"
DENY = "deny"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyScreen(GraphComponent, IntentClassifier):
    """Sets `safety` on a message that shows danger, and its intent where we are sure."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """The component's default config; margins chosen on held-out training examples."""
        return {
            # the classifier alone is believed above this margin
            FULL_MARGIN_KEY: 0.2,
            # ... and asks whether the person is safe above this one
            CHECK_MARGIN_KEY: -0.2,
            # a pattern's sure word becomes a question where the classifier is this far off
            DOUBT_MARGIN_KEY: -0.7,
            # ... in messages of at most so many words
            DOUBT_WORDS_KEY: 40,
            # in doubt, what was asked besides is answered when it has this share of the rest
            ANSWER_SHARE_KEY: 0.3,
        }

    def __init__(self, config: Dict[str, Any], patterns: SafetyPatterns) -> None:
        """Constructs the screen over compiled patterns."""
        self.component_config = config
        self._patterns = patterns

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyScreen:
        """Creates the screen; it learns nothing."""
        return cls(config, installed_patterns())

    def process(self, messages: List[Message]) -> List[Message]:
        """Screens messages."""
        for message in messages:
            danger = self._danger(message)
            if danger is None:
                continue
            message.set("safety", {"kind": danger.kind, "level": danger.level}, add_to_output=True)
            message.set(INTENT, self._intent(message, danger), add_to_output=True)
        return messages

    def _intent(self, message: Message, danger: Danger) -> Dict[str, Any]:
        """Danger where we are sure; in doubt what else was asked, for that is answered too."""
        if danger.level == FULL:
            return {"name": danger.kind, "confidence": 1.0}
        asked: Dict[str, Any] = message.get(INTENT) or {}
        if asked.get("name") not in KINDS:
            return asked
        ranking = message.get(INTENT_RANKING_KEY) or []
        others = [entry for entry in ranking if entry["name"] not in KINDS]
        left = 1 - sum(entry["confidence"] for entry in ranking if entry["name"] in KINDS)
        share = others[0]["confidence"] / left if others and left > 0 else 0.0
        if share < self.component_config[ANSWER_SHARE_KEY]:
            return {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": share}
        return {"name": others[0]["name"], "confidence": share}

    def _danger(self, message: Message) -> Optional[Danger]:
        text = message.get(TEXT) or ""
        if text.startswith("/"):
            return None
        if answer := _answer_to_check(message):
            return answer
        found = self._patterns.find(text)
        voted = self._vote(message)
        if found is None or found.level != FULL:
            return voted or found
        # A frightening word in a message about something else altogether: ask first.
        # Not in a long one, where a cry for help is a small part of what is classified.
        vote = message.get("safety_vote") or {"margin": 0.0}
        short = len(words(text)) <= self.component_config[DOUBT_WORDS_KEY]
        doubted = vote["margin"] < self.component_config[DOUBT_MARGIN_KEY]
        return Danger(found.kind, CHECK) if short and doubted else found

    def _vote(self, message: Message) -> Optional[Danger]:
        vote = message.get("safety_vote")
        if vote is None:
            return None
        if vote["margin"] >= self.component_config[FULL_MARGIN_KEY]:
            return Danger(vote["kind"], FULL)
        if vote["margin"] >= self.component_config[CHECK_MARGIN_KEY]:
            return Danger(vote["kind"], CHECK)
        return None


def _answer_to_check(message: Message) -> Optional[Danger]:
    """ "No" to "are you safe right now?" is danger, not an answer to something else."""
    asked = (message.get("metadata") or {}).get("safety_check_open")
    if asked not in KINDS or (message.get(INTENT) or {}).get("name") != DENY:
        return None
    return Danger(asked, FULL)
