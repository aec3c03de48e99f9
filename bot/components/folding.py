"""One way of folding text, so that spelling without accents or tone marks reads the same."""

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[^\w]+|_", re.UNICODE)
_STRETCHED = re.compile(r"(\w)\1{2,}")
# Letters that look like others: typed by mistake on a foreign keyboard, or to slip past.
# Only those without a base letter of their own in Unicode's decomposition.
_LOOKALIKES = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"}
)
# Combining marks that are letters, not accents: Arabic madda and hamza, Indic vowels.
_KEPT_MARKS = {"\u0653", "\u0654", "\u0655"}


@lru_cache(maxsize=4096)
def without_marks(text: str) -> str:
    """Lower case, compatibility forms unified, accents and tone marks removed."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        letter
        for letter in decomposed
        if unicodedata.category(letter) != "Mn" or letter in _KEPT_MARKS
    )
    return unicodedata.normalize("NFC", kept).translate(_LOOKALIKES)


def folded(text: str) -> str:
    """Words of a text without marks, one space between, stretched letters cut to one.

    "¡No puedo RESPIRAAAR!" → "no puedo respirar"
    """
    plain = _NOT_WORD.sub(" ", without_marks(text)).strip()
    return _STRETCHED.sub(r"\1", plain)


def words(text: str) -> list[str]:
    return folded(text).split()
