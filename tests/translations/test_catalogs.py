"""The catalogs fit the English: same keys, same values to fill in, drafts marked."""

import re

import polib
import pytest

from translations.catalogs import FILE_NAME, languages_with_catalog
from translations.languages import FOLDER, SOURCE, enabled, language, named_in
from translations.sources import choice_key, sentences

PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
LONGEST_CHOICE = 35
CATALOGS = [code for code in enabled() if code != SOURCE]


def catalog(code: str) -> dict[str, polib.POEntry]:
    return {entry.msgctxt: entry for entry in polib.pofile(str(FOLDER / code / FILE_NAME))}


def test_every_language_but_english_has_a_catalog():
    assert set(languages_with_catalog()) == set(CATALOGS)


@pytest.mark.parametrize("code", CATALOGS)
def test_every_sentence_is_translated(code):
    entries = catalog(code)
    wanted = {sentence.key: sentence.text for sentence in sentences()}
    assert {key: entry.msgid for key, entry in entries.items()} == wanted
    assert [key for key, entry in entries.items() if not entry.msgstr.strip()] == []


@pytest.mark.parametrize("code", CATALOGS)
def test_values_to_fill_in_are_the_same(code):
    for key, entry in catalog(code).items():
        wanted = set(PLACEHOLDER.findall(entry.msgid))
        assert set(PLACEHOLDER.findall(entry.msgstr)) == wanted, key


@pytest.mark.parametrize("code", CATALOGS)
def test_a_translation_is_a_draft_until_somebody_signs_it(code):
    for key, entry in catalog(code).items():
        signed = "reviewed-by:" in entry.tcomment
        assert entry.fuzzy != signed, key


@pytest.mark.parametrize("code", list(enabled()))
def test_choices_fit_a_button(code):
    keys = {sentence.key: sentence.text for sentence in sentences()}
    choices = [key for key in keys if re.search(r"\.\d$", key) or key.startswith("utter_meaning_")]
    texts = keys if code == SOURCE else {k: e.msgstr for k, e in catalog(code).items()}
    assert [key for key in choices if len(texts[key]) > LONGEST_CHOICE] == []


@pytest.mark.parametrize("code", list(enabled()))
def test_no_typography_that_doubles_the_price_of_a_text(code):
    """Curly quotes, long dashes and hard spaces turn an SMS from 160 to 70 characters."""
    texts = (
        [sentence.text for sentence in sentences()]
        if code == SOURCE
        else [entry.msgstr for entry in catalog(code).values()]
    )
    sent = [text for text in texts if not text.endswith("…")]
    assert [
        text
        for text in sent
        if re.search("[\u2018\u2019\u201c\u201d\u2013\u2014\u00a0\u202f]", text)
    ] == []


def test_keys_of_choices_count_from_one():
    assert choice_key("utter_greet", 1) == "utter_greet.1"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("do you speak creole?", ["ht"]),
        ("habla español?", ["es"]),
        ("eske nou pale kreyol", ["ht"]),
        ("No hablo inglés, español por favor", ["en", "es"]),
        ("我要中文", ["zh"]),
        ("I speak Polish", ["pl"]),
        ("the table is polished", []),
    ],
)
def test_languages_are_heard_by_name(text, codes):
    assert named_in(text) == codes


def test_an_unknown_language_falls_back_to_english():
    assert language("xx").code == SOURCE
