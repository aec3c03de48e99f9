"""How well the whole pipeline understands, per language and style.

Definitions (also in docs/evaluation.md):
- intent accuracy: the intent understood is the one meant; where we would ask "did you
  mean", the first guess counts, for that is what was understood;
- confident wrong: another intent than the one meant was acted on without asking;
- safety recall: of messages of danger, those that got the full answer or the soft
  check; `full` alone beside it; false alarms and checks are shares of other messages.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.care.errors import CareError
from bot.assistant import Assistant
from bot.components.safety_patterns import CHECK, FULL, KINDS

UNCLEAR = "nlu_fallback"
Z95 = 1.96


class BadRow(CareError):
    """A row of an evaluation file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Judged:
    """One message, what it meant and what was made of it."""

    language: str
    style: str
    intent: str
    understood: str
    asked: bool
    language_found: str
    safety: str | None

    @property
    def right(self) -> bool:
        return self.understood == self.intent

    @property
    def danger(self) -> bool:
        return self.intent in KINDS


def read_rows(paths: Iterable[Path]) -> list[dict[str, str]]:
    """Rows of JSONL files with lang, intent, text and optionally style.

    Raises:
        BadRow: names file and line of the first row that cannot be read.
    """
    rows = []
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError as error:
            raise BadRow(f"{path}: cannot be read ({error.strerror}).") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(_row(line, f"{path}:{number}"))
    return rows


async def judge(assistant: Assistant, rows: Sequence[dict[str, str]]) -> list[Judged]:
    """Run every message through the pipeline; its language is not given."""
    return [_judged(row, await assistant.parse(row["text"])) for row in rows]


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures per language and over all, as `--json` prints them."""
    by_language: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        by_language[item.language].append(item)
    return {
        "languages": {code: figures(items) for code, items in sorted(by_language.items())},
        "overall": figures(judged),
    }


def figures(items: Sequence[Judged]) -> dict[str, float]:
    """All figures of some messages; shares from 0 to 1."""
    danger = [item for item in items if item.danger]
    other = [item for item in items if not item.danger]
    return {
        "n": len(items),
        "intent_accuracy": _share(item.right for item in items),
        "macro_f1": macro_f1(items),
        "language_accuracy": _share(item.language_found == item.language for item in items),
        "safety_recall": _share(item.safety is not None for item in danger),
        "safety_recall_full": _share(item.safety == FULL for item in danger),
        "safety_false_alarms": _share(item.safety == FULL for item in other),
        "safety_checks": _share(item.safety == CHECK for item in other),
        "confident_wrong": _share(not item.right and not item.asked for item in items),
    }


def macro_f1(items: Sequence[Judged]) -> float:
    """Mean F1 over the intents that occur."""
    meant = Counter(item.intent for item in items)
    understood = Counter(item.understood for item in items)
    right = Counter(item.intent for item in items if item.right)
    scores = [2 * right[name] / (count + understood[name]) for name, count in meant.items()]
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def interval(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson score)."""
    if not count:
        return 0.0, 1.0
    centre = share + Z95**2 / (2 * count)
    spread = Z95 * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    whole = 1 + Z95**2 / count
    return (centre - spread) / whole, (centre + spread) / whole


def worst_intents(judged: Sequence[Judged], *, most: int = 10) -> list[tuple[str, float, int]]:
    """(intent, accuracy, messages) of the least understood."""
    by_intent: dict[str, list[bool]] = defaultdict(list)
    for item in judged:
        by_intent[item.intent].append(item.right)
    ranked = [(name, sum(right) / len(right), len(right)) for name, right in by_intent.items()]
    return sorted(ranked, key=lambda entry: (entry[1], entry[0]))[:most]


def confusions(judged: Sequence[Judged], *, most: int = 10) -> list[tuple[str, str, int]]:
    """(meant, understood, times) of the most frequent mistakes."""
    pairs = Counter((item.intent, item.understood) for item in judged if not item.right)
    return [(meant, understood, count) for (meant, understood), count in pairs.most_common(most)]


def _row(line: str, where: str) -> dict[str, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadRow(f"{where}: not valid JSON.") from error
    if not isinstance(row, dict) or not all(
        isinstance(row.get(field), str) for field in ("lang", "intent", "text")
    ):
        raise BadRow(f"{where}: lang, intent and text are needed, each a string.")
    return row


def _judged(row: dict[str, str], parsed: dict[str, Any]) -> Judged:
    name = parsed["intent"].get("name")
    ranking = [entry["name"] for entry in parsed["intent_ranking"] if entry["name"] != UNCLEAR]
    return Judged(
        language=row["lang"],
        style=row.get("style", ""),
        intent=row["intent"],
        understood=name if name != UNCLEAR else next(iter(ranking), UNCLEAR),
        asked=name == UNCLEAR,
        language_found=parsed["language_guess"]["language"],
        safety=(parsed.get("safety") or {}).get("level"),
    )


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return round(sum(values) / len(values), 4) if values else 0.0
