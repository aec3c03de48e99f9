"""The training examples with the language each was written in: one folder a language."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from translations.languages import enabled

# The C parser of libyaml reads the corpus ten times faster; wheels of PyYAML carry it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Example:
    language: str
    intent: str
    text: str


def examples(folder: Path) -> Iterator[Example]:
    """All examples of the enabled languages, in the order of the files."""
    for language in enabled():
        for path in sorted((folder / language).glob("*.yml")):
            yield from _examples_of(path, language)


def _examples_of(path: Path, language: str) -> Iterator[Example]:
    data = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - safe loaders only
    for block in data.get("nlu") or ():
        for line in block["examples"].splitlines():
            if text := line.strip().removeprefix("-").strip():
                yield Example(language, block["intent"], text)
