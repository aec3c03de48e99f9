"""The words of the chat page, and which language to begin with."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from translations.catalogs import installed
from translations.hotlines import hotlines
from translations.languages import SOURCE, enabled, language
from translations.sources import WIDGET_STRINGS


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    data: dict[str, str] = yaml.safe_load(WIDGET_STRINGS.read_text("utf-8"))
    return data


def strings_for(code: str, facts: Mapping[str, str]) -> dict[str, Any]:
    """Everything the page needs to speak one language."""
    spoken = language(code)
    values = {**hotlines(), **facts}
    strings = {}
    for key, source in _english().items():
        entry = installed().find(code, key, source)
        strings[key] = (entry.text if entry else source).format(**values)
    return {
        "language": spoken.code,
        "dir": spoken.direction,
        "clinic": facts["clinic_name"],
        "languages": [
            {"code": known.code, "name": known.name, "dir": known.direction}
            for known in enabled().values()
        ],
        "strings": strings,
    }


def negotiated(accept_language: str) -> str:
    """The enabled language a browser prefers (RFC 9110, 12.5.4); English without one."""
    weighted = []
    for part in accept_language[:500].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        weighted.append((-weight, tag))
    codes = {code.casefold(): code for code in enabled()}
    for _weight, tag in sorted(weighted, key=lambda pair: pair[0]):
        for candidate in (tag.casefold(), tag.casefold().split("-")[0]):
            if candidate in codes:
                return codes[candidate]
    return SOURCE
