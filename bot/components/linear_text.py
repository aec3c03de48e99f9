"""A linear classifier of short texts over n-grams of characters and words.

Trained with scikit-learn's LinearSVC; kept as plain arrays, so that loading executes
nothing and one text costs a dictionary look-up per n-gram and one small product.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.svm import LinearSVC

SEED = 7
# Confidence is calibrated on this share of the examples, held out for it.
HELD_OUT = 0.2
FEWEST_TO_HOLD_OUT = 5


@dataclass(frozen=True)
class Block:
    """One family of features: `unit` is "char" or "word", n-grams from `low` to `high`."""

    unit: str
    low: int
    high: int
    weight: float = 1.0


def ngrams(text: str, block: Block) -> Iterator[str]:
    """The n-grams of a text; those of characters stay inside words and see their borders."""
    words = text.split()
    if block.unit == "word":
        for size in range(block.low, block.high + 1):
            for start in range(len(words) - size + 1):
                yield " ".join(words[start : start + size])
        return
    for word in words:
        padded = f" {word} "
        for size in range(block.low, block.high + 1):
            if size >= len(padded):
                yield padded
                break
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


class _Vocabulary:
    """The known n-grams of one block with their inverse document frequencies."""

    def __init__(self, block: Block, grams: Sequence[str], idf: np.ndarray) -> None:
        self.block = block
        self.grams = grams
        self.idf = idf
        self._index = {gram: position for position, gram in enumerate(grams)}

    @classmethod
    def learn(cls, texts: Sequence[str], block: Block, *, min_count: int) -> "_Vocabulary":
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(set(ngrams(text, block)))
        grams = sorted(gram for gram, count in seen.items() if count >= min_count)
        idf = np.array(
            [math.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in grams], np.float32
        )
        return cls(block, grams, idf)

    def features(self, text: str) -> tuple[list[int], np.ndarray]:
        """Columns and values of a text: sublinear tf-idf of unit length times the weight."""
        index = self._index
        counts = Counter(index[gram] for gram in ngrams(text, self.block) if gram in index)
        columns = list(counts)
        values = np.array([1 + math.log(count) for count in counts.values()], np.float32)
        values *= self.idf[columns]
        norm = float(np.sqrt(values @ values))
        return columns, values * (self.block.weight / norm) if norm else values


class LinearText:
    """Margins of every class for a text; the largest is the answer.

    `scale` turns margins into probabilities: softmax(scale × margins), chosen so that
    held-out examples are as likely as can be.
    """

    def __init__(
        self,
        classes: Sequence[str],
        vocabularies: Sequence[_Vocabulary],
        weights: np.ndarray,
        bias: np.ndarray,
        scale: float,
    ) -> None:
        self.classes = list(classes)
        self.scale = scale
        self._vocabularies = vocabularies
        self._weights = weights  # one row a feature, one column a class
        self._bias = bias
        self._offsets = np.cumsum([0] + [len(v.grams) for v in vocabularies]).tolist()

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        blocks: Sequence[Block],
        min_count: int = 2,
        regularization: float = 1.0,
    ) -> "LinearText":
        """Learn from examples. Raises ValueError with fewer than two classes."""
        vocabularies = [_Vocabulary.learn(texts, block, min_count=min_count) for block in blocks]
        matrix = _matrix(texts, vocabularies)
        target = np.array(labels)
        scale = _calibrated_scale(matrix, target, regularization)
        model = _svm(regularization).fit(matrix, target)
        weights, bias = _as_columns(model)
        return cls(list(model.classes_), vocabularies, weights, bias, scale)

    def margins(self, text: str) -> np.ndarray:
        """One margin a class, in the order of `classes`."""
        total = self._bias.copy()
        for vocabulary, offset in zip(self._vocabularies, self._offsets, strict=False):
            columns, values = vocabulary.features(text)
            if columns:
                total += values @ self._weights[[column + offset for column in columns]]
        return total

    def probabilities(self, margins: np.ndarray) -> np.ndarray:
        return _softmax(self.scale * margins)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "weights.npy", self._weights)
        np.save(folder / "bias.npy", self._bias)
        for number, vocabulary in enumerate(self._vocabularies):
            np.save(folder / f"idf{number}.npy", vocabulary.idf)
        description = {
            "classes": self.classes,
            "scale": self.scale,
            "blocks": [asdict(v.block) for v in self._vocabularies],
            "grams": [list(v.grams) for v in self._vocabularies],
        }
        (folder / "model.json").write_text(json.dumps(description), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LinearText":
        data = json.loads((folder / "model.json").read_text("utf-8"))
        vocabularies = [
            _Vocabulary(Block(**block), grams, np.load(folder / f"idf{number}.npy"))
            for number, (block, grams) in enumerate(zip(data["blocks"], data["grams"], strict=True))
        ]
        return cls(
            data["classes"],
            vocabularies,
            np.load(folder / "weights.npy"),
            np.load(folder / "bias.npy"),
            data["scale"],
        )


def _matrix(texts: Sequence[str], vocabularies: Sequence[_Vocabulary]) -> csr_matrix:
    values: list[float] = []
    columns: list[int] = []
    borders = [0]
    for text in texts:
        offset = 0
        for vocabulary in vocabularies:
            own, weights = vocabulary.features(text)
            columns.extend(column + offset for column in own)
            values.extend(weights)
            offset += len(vocabulary.grams)
        borders.append(len(columns))
    width = sum(len(vocabulary.grams) for vocabulary in vocabularies)
    return csr_matrix((np.array(values, np.float32), columns, borders), (len(texts), width))


def _svm(regularization: float) -> LinearSVC:
    return LinearSVC(C=regularization, random_state=SEED)


def _as_columns(model: LinearSVC) -> tuple[np.ndarray, np.ndarray]:
    """Weights as (feature, class) and bias; with two classes scikit-learn keeps only one."""
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    return np.ascontiguousarray(weights, np.float32), bias.astype(np.float32)


def _calibrated_scale(matrix: csr_matrix, target: np.ndarray, regularization: float) -> float:
    """The scale under which held-out examples are most probable."""
    if min(Counter(target.tolist()).values()) < FEWEST_TO_HOLD_OUT:
        return 1.0
    splitter = StratifiedShuffleSplit(1, test_size=HELD_OUT, random_state=SEED)
    train, held_out = next(splitter.split(matrix, target))
    model = _svm(regularization).fit(matrix[train], target[train])
    weights, bias = _as_columns(model)
    margins = matrix[held_out] @ weights + bias
    position = {name: column for column, name in enumerate(model.classes_)}
    truth = [position[name] for name in target[held_out]]
    scales = np.geomspace(0.5, 20, 60)
    losses = [_negative_log_likelihood(scale * margins, truth) for scale in scales]
    return float(scales[int(np.argmin(losses))])


def _negative_log_likelihood(scores: np.ndarray, truth: Sequence[int]) -> float:
    chosen = _softmax(scores)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
