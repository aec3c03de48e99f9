"""The numbers a patient may always call, as data (`hotlines.yml`)."""

from functools import lru_cache

import yaml

from translations.languages import FOLDER


@lru_cache(maxsize=1)
def hotlines() -> dict[str, str]:
    """Name of a line → its number."""
    data = yaml.safe_load((FOLDER / "hotlines.yml").read_text("utf-8"))
    return {name: line["number"] for name, line in data.items()}
