"""The English sentences that catalogs translate, gathered from where they are written."""

from dataclasses import dataclass

import polib
import yaml

from translations.catalogs import DRAFT_FLAG, FILE_NAME
from translations.languages import FOLDER, SOURCE, enabled

ROOT = FOLDER.parent
DOMAIN = ROOT / "domain.yml"
WIDGET_STRINGS = ROOT / "bot" / "widget" / "strings.yml"


@dataclass(frozen=True)
class Sentence:
    """One sentence a patient can receive.

    Attributes:
        key: the catalogs' context: "utter_greet", or "utter_greet.1" for its first choice.
        text: the English.
        critical: rights, danger, eligibility: only reviewed translations stand alone.
    """

    key: str
    text: str
    critical: bool


def choice_key(key: str, position: int) -> str:
    """Key of a sentence's choice; positions count from 1."""
    return f"{key}.{position}"


def sentences() -> list[Sentence]:
    """Every sentence, in the order of the files."""
    domain = yaml.safe_load(DOMAIN.read_text("utf-8"))
    found: list[Sentence] = []
    for key, (response, *_) in domain["responses"].items():
        critical = bool(response.get("metadata", {}).get("critical"))
        found.append(Sentence(key, response["text"], critical))
        for position, button in enumerate(response.get("buttons", ()), start=1):
            found.append(Sentence(choice_key(key, position), button["title"], critical))
    widget = yaml.safe_load(WIDGET_STRINGS.read_text("utf-8"))
    found.extend(Sentence(key, text, False) for key, text in widget.items())
    return found


def update_catalog(language: str) -> polib.POFile:
    """Bring a language's PO file in step with the English; what still fits is kept.

    A translation whose English changed becomes a draft beside the new English.
    """
    path = FOLDER / language / FILE_NAME
    old = polib.pofile(str(path)) if path.exists() else polib.POFile()
    by_key = {entry.msgctxt: entry for entry in old}
    new = polib.POFile(wrapwidth=0)
    new.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for sentence in sentences():
        new.append(_entry(sentence, by_key.get(sentence.key)))
    path.parent.mkdir(parents=True, exist_ok=True)
    new.save(str(path))
    return new


def update_catalogs() -> list[str]:
    """Bring every language but English in step; returns their codes."""
    codes = [code for code in enabled() if code != SOURCE]
    for code in codes:
        update_catalog(code)
    return codes


def _entry(sentence: Sentence, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgctxt=sentence.key,
        msgid=sentence.text,
        msgstr=known.msgstr if known else "",
        comment="critical" if sentence.critical else "",
    )
    signed = known is not None and DRAFT_FLAG not in known.flags and known.msgid == sentence.text
    if known is not None:
        entry.tcomment = known.tcomment
    if not signed:
        entry.flags.append(DRAFT_FLAG)
    return entry
