"""Telling languages apart: what short messages are known as, and two models of letters.

Short messages go by themselves or by a model of each language as it is written. Longer
ones go by a model that also knows how people mix English into their own language.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path

from bot.components.corpus import Example
from bot.components.folding import folded, without_marks
from bot.components.linear_text import SEED, Block, LinearText
from translations.languages import SOURCE

BLOCKS = (Block("char", 1, 4), Block("word", 1, 1))
# So short a message is looked up among the examples before it is judged by its letters.
MOST_WORDS_OF_PHRASE = 2
# From so many words on a message may be mixed.
FEWEST_WORDS_OF_MIXED = 5
# Mixed texts: so many words, of which this share is not English.
MIXED_LENGTH = (4, 14)
MIXED_SHARE = (0.35, 0.65)


class LanguageModel:
    """Guesses the language of a text among those of the examples."""

    def __init__(
        self, pure: LinearText, mixed: LinearText, phrases: dict[str, tuple[str, float]]
    ) -> None:
        self._pure = pure
        self._mixed = mixed
        self._phrases = phrases

    @classmethod
    def learn(cls, written: Sequence[Example], *, mixed_count: int) -> "LanguageModel":
        # Both spellings: many people type without accents or tone marks.
        pairs = [
            (text, example.language)
            for example in written
            for text in sorted({example.text.casefold(), without_marks(example.text)})
        ]
        mixed = [*pairs, *mixed_with_english(written, mixed_count)]
        return cls(_fit(pairs), _fit(mixed), _phrases(written))

    def guess(self, text: str) -> tuple[str, float]:
        """The likeliest language and how likely it is.

        A phrase that examples of several languages have ("ok", "no") goes to the one that
        uses its words most; where others do as well, the doubt leaves the choice to
        whatever else is known.
        """
        plain = folded(text)
        length = len(plain.split())
        if length <= MOST_WORDS_OF_PHRASE and plain in self._phrases:
            language, share = self._phrases[plain]
            return language, share
        model = self._pure if length < FEWEST_WORDS_OF_MIXED else self._mixed
        shares = model.probabilities(model.margins(text.casefold()))
        best = int(shares.argmax())
        return model.classes[best], float(shares[best])

    def save(self, folder: Path) -> None:
        self._pure.save(folder / "pure")
        self._mixed.save(folder / "mixed")
        (folder / "phrases.json").write_text(json.dumps(self._phrases), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LanguageModel":
        read = json.loads((folder / "phrases.json").read_text("utf-8"))
        phrases = {plain: (language, share) for plain, (language, share) in read.items()}
        return cls(LinearText.load(folder / "pure"), LinearText.load(folder / "mixed"), phrases)


def mixed_with_english(written: Sequence[Example], count: int) -> Iterator[tuple[str, str]]:
    """(text, language) of `count` texts a language that are partly English.

    People mix English into their language far more often than the other way round, so
    such a message is in their language. Made for telling languages apart alone: pieces of
    two examples, without sense; no intent is learnt from them.
    """
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    words_of: dict[str, list[list[str]]] = defaultdict(list)
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


def _piece(words: list[str], length: int, chance: random.Random) -> list[str]:
    start = chance.randint(0, max(0, len(words) - length))
    return words[start : start + length]


def _fit(pairs: Sequence[tuple[str, str]]) -> LinearText:
    texts, labels = zip(*pairs, strict=True)
    return LinearText.fit(texts, labels, blocks=BLOCKS)


def _phrases(written: Sequence[Example]) -> dict[str, tuple[str, float]]:
    """Folded short messages → the language that uses their words most, and its share."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    short: dict[str, set[str]] = defaultdict(set)
    for example in written:
        plain = folded(example.text)
        said[example.language].update(plain.split())
        if plain and len(plain.split()) <= MOST_WORDS_OF_PHRASE:
            short[plain].add(example.language)
    totals = {language: counts.total() for language, counts in said.items()}
    found = {}
    for plain, languages in short.items():
        rates = {
            code: prod((said[code][word] + 0.5) / totals[code] for word in plain.split())
            for code in sorted(languages)
        }
        best = max(rates, key=lambda code: rates[code])
        found[plain] = (best, rates[best] / sum(rates.values()))
    return found
