"""Danger found by rules, in every language at once, without the model.

The patterns are data: `safety/<language>.yml`, regular expressions over folded text
(see `folding`). Per kind of danger they say `full` (sure) or `check` (perhaps); what
`calm` matches is no danger: an idiom, a denial, a class, a film, long ago.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Optional

import yaml

from bot.components.folding import folded
from bot.components.pattern_index import PatternIndex

FOLDER = Path(__file__).parent / "safety"
KINDS = ("crisis_self_harm", "emergency_medical", "domestic_violence")
FULL, CHECK = "full", "check"


@dataclass(frozen=True)
class Danger:
    """What was found: which kind, and how sure we are (`full` or `check`)."""

    kind: str
    level: str


class SafetyPatterns:
    """The compiled patterns of all languages."""

    def __init__(self, languages: Mapping[str, Mapping]) -> None:
        self._calm = PatternIndex(
            pattern for data in languages.values() for pattern in data.get("calm") or ()
        )
        self._levels = {
            (kind, level): PatternIndex(
                pattern
                for data in languages.values()
                for pattern in (data.get(kind) or {}).get(level) or ()
            )
            for level in (FULL, CHECK)
            for kind in KINDS
        }

    def find(self, text: str) -> Optional[Danger]:
        """The gravest danger the text shows: sure before perhaps."""
        # What is calm is cut out, so that danger beside an idiom is still heard.
        rest = self._calm.without_matches(folded(text), " | ")
        for (kind, level), patterns in self._levels.items():
            if patterns.found_in(rest):
                return Danger(kind, level)
        return None


def read_patterns(folder: Path = FOLDER) -> dict[str, Mapping]:
    """Language code → its file, as written."""
    return {
        path.stem: yaml.safe_load(path.read_text("utf-8")) or {}
        for path in sorted(folder.glob("*.yml"))
    }


@lru_cache(maxsize=1)
def installed_patterns() -> SafetyPatterns:
    """The patterns of this installation, compiled once."""
    return SafetyPatterns(read_patterns())
