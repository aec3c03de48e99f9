"""The language a person asks for by name: "habla español?", "kreyòl tanpri", "我要中文"."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from translations.languages import enabled, named_in

CHANGE_LANGUAGE = "change_language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageChoice(GraphComponent, IntentClassifier):
    """Sets `language` and `language_asked` on messages that ask for an enabled language."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """The component's default config; there is nothing to set."""
        return {}

    def __init__(self, config: Dict[str, Any]) -> None:
        """Constructs the component."""
        self.component_config = config

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageChoice:
        """Creates the component; it learns nothing."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Looks for the name of a language where one is asked for."""
        for message in messages:
            if (message.get(INTENT) or {}).get("name") == CHANGE_LANGUAGE:
                self._choose(message)
        return messages

    def _choose(self, message: Message) -> None:
        """ "I do not speak English, Spanish please" asks for the one that is not in use."""
        in_use = (message.get("metadata") or {}).get("language")
        named = [code for code in named_in(message.get(TEXT) or "") if code in enabled()]
        asked = next((code for code in named if code != in_use), named[0] if named else None)
        if asked is not None:
            message.set("language", asked, add_to_output=True)
            message.set("language_asked", asked, add_to_output=True)
