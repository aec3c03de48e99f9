"""Which languages there are: one folder each, with what is particular to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
SOURCE = "en"
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True)
class Language:
    """One enabled language.

    Attributes:
        code: BCP-47 tag, also the folder's name.
        name: what its speakers call it.
        direction: "ltr" or "rtl".
        locale: CLDR locale for times, days and numbers.
        weekdays: seven names from Monday, where CLDR has none.
    """

    code: str
    name: str
    english_name: str
    direction: str
    locale: str
    weekdays: tuple[str, ...] = ()


def load_languages(folder: Path = FOLDER) -> dict[str, Language]:
    """The enabled languages by code, English first."""
    found = {}
    for path in sorted(folder.glob("*/language.yml")):
        data = yaml.safe_load(path.read_text("utf-8"))
        data["weekdays"] = tuple(data.get("weekdays", ()))
        found[path.parent.name] = Language(code=path.parent.name, **data)
    return dict(sorted(found.items(), key=lambda item: item[0] != SOURCE))


@lru_cache(maxsize=1)
def enabled() -> Mapping[str, Language]:
    """The languages of this installation."""
    return load_languages()


def language(code: str | None) -> Language:
    """A language by code; English where it is not enabled."""
    return enabled().get(code or SOURCE, enabled()[SOURCE])


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, str], ...]:
    """(name in any language, code), the longest name first."""
    data = yaml.safe_load((FOLDER / "languages.yml").read_text("utf-8"))
    pairs = [(name.casefold(), code) for code, names in data.items() for name in names]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def named_in(text: str) -> list[str]:
    """Codes of the languages a text names, enabled or not, in the order they are named."""
    spaced = " " + " ".join(_WORD.findall(text.casefold())) + " "
    found: dict[str, int] = {}
    for name, code in _names():
        # Scripts without spaces run words together; elsewhere only whole words count.
        needle = f" {name} " if name.isascii() or name[0] < "\u0e00" else name
        position = spaced.find(needle)
        if position >= 0 and code not in found:
            found[code] = position
    return sorted(found, key=lambda code: found[code])
