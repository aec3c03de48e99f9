"""What is taken out of a patient's text before the assistant reads it, each with its reason."""

import re
import unicodedata

LONGEST = 1500
# Rasa takes a leading slash for an intent; from a patient it is only a slash.
_LEADING_SYNTAX = re.compile(r"^[/\s]+")
# Overrides of writing direction hide what a text says from the coordinator who reads it.
_DIRECTION = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_KEPT_CONTROLS = "\n\t"


def clean(text: str) -> str:
    """The text without control characters, direction overrides and command syntax."""
    plain = unicodedata.normalize("NFC", text).translate(_DIRECTION)
    visible = "".join(
        letter
        for letter in plain
        if letter in _KEPT_CONTROLS or unicodedata.category(letter) not in ("Cc", "Cs", "Co")
    )
    return _LEADING_SYNTAX.sub("", visible).strip()


def has_words(text: str) -> bool:
    """Whether anything visible is left; emoji count, they say something."""
    return any(unicodedata.category(letter)[0] not in "ZCM" for letter in text)
