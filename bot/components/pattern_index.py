"""Many regular expressions against one short text, in time that does not grow with them.

From each expression we read a few letters that any match must contain. Only the
expressions whose letters stand in the text are tried; in a hundred that is one or two.
"""

import re
import sre_parse
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any, Optional, cast

# So many letters of a necessary piece are looked up; more would only cost memory.
KEY_LENGTH = 3

Parsed = Iterable[tuple[Any, Any]]
Pieces = Optional[set[str]]


class PatternIndex:
    """Whole-word expressions over folded text."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._compiled: list[re.Pattern[str]] = []
        for number, pattern in enumerate(dict.fromkeys(patterns)):
            self._compiled.append(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"))
            pieces = necessary_pieces(pattern)
            if pieces is None:
                self._always.append(number)
            for key in {piece[:KEY_LENGTH] for piece in pieces or ()}:
                self._by_key[key].append(number)

    def found_in(self, text: str) -> bool:
        """Whether any expression matches somewhere in the text."""
        return any(self._compiled[number].search(text) for number in self._candidates(text))

    def without_matches(self, text: str, replacement: str) -> str:
        """The text with every match of any expression replaced."""
        for number in sorted(self._candidates(text)):
            text = self._compiled[number].sub(replacement, text)
        return text

    def _candidates(self, text: str) -> set[int]:
        keys = {
            text[start : start + size]
            for size in range(1, KEY_LENGTH + 1)
            for start in range(len(text) - size + 1)
        }
        known = self._by_key
        return set(chain(self._always, *(known[key] for key in keys if key in known)))


def necessary_pieces(pattern: str) -> Pieces:
    """Pieces of text of which every match contains at least one; None where unknown."""
    return _pieces(cast(Parsed, sre_parse.parse(pattern)))


def _pieces(parsed: Parsed) -> Pieces:
    """The best of a sequence: the set whose shortest piece is longest."""
    candidates: list[set[str]] = []
    run = ""
    for operation, argument in parsed:
        if operation is sre_parse.LITERAL:
            run += chr(argument)
            continue
        if run:
            candidates.append({run})
        run = ""
        inner = _inner(operation, argument)
        if inner:
            candidates.append(inner)
    if run:
        candidates.append({run})
    return max(candidates, key=_worth, default=None)


def _inner(operation: Any, argument: Any) -> Pieces:
    if operation is sre_parse.SUBPATTERN:
        return _pieces(argument[-1])
    if operation is sre_parse.BRANCH:
        found: set[str] = set()
        for branch in argument[1]:
            pieces = _pieces(branch)
            if not pieces:
                return None
            found |= pieces
        return found
    if operation in (sre_parse.MAX_REPEAT, sre_parse.MIN_REPEAT) and argument[0] > 0:
        return _pieces(argument[2])
    return None


def _worth(pieces: set[str]) -> tuple[int, int]:
    return min(*map(len, pieces), KEY_LENGTH), -len(pieces)
