"""Rasa's rule policy, with its rules looked up rather than gone through.

Rasa tries every rule on every state for each prediction: the cost grows with the number
of rules. The last state names the intent and the action before; only rules that end so,
or leave it open, can fit. What is predicted does not change.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, List, Optional, Set, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER

Ending = Tuple[Optional[str], Optional[str]]


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class IndexedRulePolicy(RulePolicy):
    """Predicts as `RulePolicy` does, in time that does not grow with the rules."""

    _indexes: Optional[Dict[int, Dict[Ending, List[str]]]] = None

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> IndexedRulePolicy:
        """Loads a trained policy; its rules change no more, so they are indexed."""
        policy = super().load(*args, **kwargs)
        lookups = [lookup for lookup in policy.lookup.values() if isinstance(lookup, dict)]
        policy._indexes = {id(lookup): policy._index(lookup) for lookup in lookups}
        return policy

    def _index(self, lookup: Dict[str, str]) -> Dict[Ending, List[str]]:
        index: Dict[Ending, List[str]] = defaultdict(list)
        for key in lookup:
            states = self._rule_key_to_state(key)
            index[_ending(states[-1] if states else {})].append(key)
        return dict(index)

    def _get_possible_keys(self, lookup: Dict[str, str], states: List[Any]) -> Set[str]:
        index = (self._indexes or {}).get(id(lookup))
        if index is None or not states:
            return super()._get_possible_keys(lookup, states)
        action, intent = _ending(states[-1])
        endings = {(action, intent), (action, None), (None, intent), (None, None)}
        fitting = {key: lookup[key] for ending in endings for key in index.get(ending, ())}
        return super()._get_possible_keys(fitting, states)

    def format_tracker_states(self, states: List[Dict[str, Any]]) -> str:
        """Rasa writes out the whole history for a line of its debug log that we never keep."""
        return ""


def _ending(state: Dict[str, Any]) -> Ending:
    """Previous action and intent of a state; None where it leaves them open."""
    action = state.get(PREVIOUS_ACTION, {}).get("action_name")
    intent = state.get(USER, {}).get("intent")
    return (
        action if action != SHOULD_NOT_BE_SET else None,
        intent if intent != SHOULD_NOT_BE_SET else None,
    )
