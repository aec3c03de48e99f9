"""The catalogs: what a sentence is in each language, and whether a person has signed it.

A catalog is a gettext PO file. An entry's context is the key of the sentence (the
`utter_` name, or that and the number of a choice), its source is the English text.
Where the English has changed since, the entry no longer matches and is not used.
`fuzzy` marks a draft that no qualified reader has signed yet (45 CFR 92.201(c)(3)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polib

from translations.languages import FOLDER, enabled

FILE_NAME = "konbit.po"
DRAFT_FLAG = "fuzzy"


@dataclass(frozen=True)
class Entry:
    """A translation; `draft` until a qualified reader has signed it."""

    text: str
    draft: bool


class Catalogs:
    """The sentences of all enabled languages."""

    def __init__(self, entries: Mapping[str, Mapping[tuple[str, str], Entry]]) -> None:
        self._entries = entries

    def find(self, language: str, key: str, source: str) -> Entry | None:
        """The translation of a sentence; None where there is none for this very English."""
        return self._entries.get(language, {}).get((key, source))


def read_catalog(path: Path) -> dict[tuple[str, str], Entry]:
    """(key, English) → entry of one PO file; untranslated entries are left out."""
    return {
        (entry.msgctxt, entry.msgid): Entry(entry.msgstr, DRAFT_FLAG in entry.flags)
        for entry in polib.pofile(str(path))
        if entry.msgstr and entry.msgctxt and not entry.obsolete
    }


def load_catalogs(folder: Path = FOLDER) -> Catalogs:
    return Catalogs(
        {path.parent.name: read_catalog(path) for path in folder.glob(f"*/{FILE_NAME}")}
    )


@lru_cache(maxsize=1)
def installed() -> Catalogs:
    """The catalogs of this installation."""
    return load_catalogs()


def languages_with_catalog() -> list[str]:
    return [code for code in enabled() if (FOLDER / code / FILE_NAME).exists()]
