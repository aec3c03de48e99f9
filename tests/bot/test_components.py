"""Language, entities, danger patterns and the classifier, each by itself."""

import json

import pytest

from bot.components.corpus import examples
from bot.components.entities import EntityFinder
from bot.components.folding import folded
from bot.components.language import Guess, Known, LanguageIdentifier, keep_or_switch
from bot.components.linear_text import Block, LinearText, ngrams
from bot.components.pattern_index import PatternIndex, necessary_pieces
from bot.components.safety_patterns import CHECK, FULL, SafetyPatterns, installed_patterns
from bot.training import NLU_DATA, ROOT

CONFIG = LanguageIdentifier.get_default_config()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¡No puedo RESPIRAAAR!", "no puedo respirar"),
        ("tôi không thở được", "toi khong tho duoc"),
        ("Kè m   fè-m mal…", "ke m fe m mal"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("숨을 못 쉬어요", "숨을 못 쉬어요"),
        ("snake_case", "snake case"),
        ("", ""),
    ],
)
def test_folding(text, expected):
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("known", "guess", "expected"),
    [
        (Known(), Guess("es", 0.99, 6), "es"),
        (Known(hint="ht"), Guess("es", 0.5, 1), "ht"),
        (Known(hint="ht"), Guess("es", 0.95, 1), "es"),
        (Known("es"), Guess("en", 0.99, 2), "es"),
        (Known("es"), Guess("en", 0.99, 3), "en"),
        (Known("es"), Guess("en", 0.6, 9), "es"),
        (Known("ht", chosen=True), Guess("en", 1.0, 20), "ht"),
    ],
)
def test_a_conversation_keeps_its_language(known, guess, expected):
    assert keep_or_switch(known, guess, CONFIG) == expected


class TestEntities:
    @pytest.fixture(scope="class")
    def finder(self) -> EntityFinder:
        return EntityFinder({})

    def values(self, finder, text, name) -> list[str]:
        return [found["value"] for found in finder.find(text) if found["entity"] == name]

    @pytest.mark.parametrize(
        ("text", "zips"),
        [
            ("33127", ["33127"]),
            ("my zip is 33127.", ["33127"]),
            ("33127-1234", ["33127"]),
            ("mwen rete nan 33150 Miami", ["33150"]),
            ("٣٣١٢٧", ["33127"]),
            ("３３１２７", ["33127"]),
            ("i owe $12000", []),
            ("call 305-555-0142", []),
            ("3055550142", []),
            ("123456", []),
            ("3312", []),
            ("12,345 people", []),
        ],
    )
    def test_zip_codes(self, finder, text, zips):
        assert self.values(finder, text, "zip") == zips

    def test_telephone_numbers_are_whole(self, finder):
        assert self.values(finder, "call me at (305) 555-0142 tonight", "phone") == ["+13055550142"]

    @pytest.mark.parametrize(
        ("text", "domain"),
        [
            ("i need GROCERIES", "food"),
            ("no tengo para la RENTA", "housing"),
            ("yo koupe limye a", "utilities"),
            ("necesito PANALES", "clothing_household"),
        ],
    )
    def test_need_words_without_regard_to_accents(self, finder, text, domain):
        assert domain in self.values(finder, text, "need_word")

    @pytest.mark.parametrize("text", ["me cortan la luz mañana", "baby has nothing to eat"])
    def test_urgency(self, finder, text):
        assert self.values(finder, text, "urgent_word")

    def test_positions_point_into_the_text(self, finder):
        text = "Mañana, 33127 por favor"
        for found in finder.find(text):
            if found["entity"] != "language_name":
                assert text[found["start"] : found["end"]]


LANGUAGES = {
    "xx": {
        "emergency_medical": {"full": ["cant breathe"], "check": ["dizz(y|iness)"]},
        "crisis_self_harm": {"full": ["kill myself"], "check": []},
        "calm": ["kill myself laughing"],
    }
}


class TestSafetyPatterns:
    @pytest.mark.parametrize(
        ("text", "level"),
        [
            ("i CANT breathe!!", FULL),
            ("so dizzy", CHECK),
            ("i could kill myself laughing", None),
            ("kill myself laughing? no: i will kill myself", FULL),
            ("hello", None),
        ],
    )
    def test_levels_and_calm(self, text, level):
        found = SafetyPatterns(LANGUAGES).find(text)
        assert (found.level if found else None) == level

    @pytest.mark.parametrize(
        "text",
        [
            "i want to kill myself",
            "me quiero matar",
            "mwen vle touye tèt mwen",
            "no puedo respirar",
            "mwen pa ka respire",
            "he is choking me",
        ],
    )
    def test_the_installed_patterns_hear_every_language_at_once(self, text):
        assert installed_patterns().find(text).level == FULL

    @pytest.mark.parametrize(
        "text",
        [
            "i am dying of laughter",
            "me muero de hambre",
            "m mouri grangou",
            "what are the signs of a stroke? it is for a class",
            "my phone died",
        ],
    )
    def test_what_only_sounds_like_danger(self, text):
        found = installed_patterns().find(text)
        assert found is None or found.level == CHECK


PATTERNS = ["(pain|hurt)s? in (my )?chest", "a+b", "x?", r"\w+ing"]


class TestPatternIndex:
    def test_the_index_finds_what_plain_search_finds(self):
        import re

        texts = ["pain in my chest", "hurts in chest", "aaab", "nothing", "zzz", "x", ""]
        for pattern in PATTERNS:
            compiled = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")
            for text in texts:
                assert PatternIndex([pattern]).found_in(text) == bool(compiled.search(text))

    @pytest.mark.parametrize(
        ("pattern", "pieces"),
        [
            ("chest pain", {"chest pain"}),
            ("(pain|hurt)", {"pain", "hurt"}),
            ("(pain)? now", {" now"}),
            (r"\w+", None),
            ("(a|b)?", None),
        ],
    )
    def test_necessary_pieces(self, pattern, pieces):
        assert necessary_pieces(pattern) == pieces

    def test_every_installed_pattern_can_be_looked_up(self):
        """A pattern without necessary letters would be tried on every message."""
        from bot.components.safety_patterns import read_patterns

        for language, data in read_patterns().items():
            for content in data.values():
                levels = content.values() if isinstance(content, dict) else [content]
                for pattern in (pattern for level in levels for pattern in level or ()):
                    assert necessary_pieces(pattern), (language, pattern)


class TestLinearText:
    def test_ngrams_stay_inside_words(self):
        assert list(ngrams("ab", Block("char", 2, 3))) == [" a", "ab", "b ", " ab", "ab "]
        assert list(ngrams("a b c", Block("word", 1, 2))) == ["a", "b", "c", "a b", "b c"]

    def test_it_learns_is_saved_and_says_the_same(self, tmp_path):
        texts = ["red apple", "green apple", "apple pie", "fast car", "old car", "car wash"] * 3
        labels = (["fruit"] * 3 + ["car"] * 3) * 3
        model = LinearText.fit(texts, labels, blocks=[Block("char", 2, 4), Block("word", 1, 1)])
        model.save(tmp_path)
        again = LinearText.load(tmp_path)
        for text, label in (("sweet apple", "fruit"), ("my car", "car")):
            assert again.classes[again.margins(text).argmax()] == label
            assert (again.margins(text) == model.margins(text)).all()
        shares = again.probabilities(again.margins("apple"))
        assert shares.sum() == pytest.approx(1)


def test_nothing_is_trained_on_that_is_evaluated_with():
    trained = {folded(example.text) for example in examples(NLU_DATA)}
    for path in (ROOT / "tests" / "evaluation").glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            assert folded(json.loads(line)["text"]) not in trained, (path.name, line)


def test_the_evaluation_sets_are_large_enough():
    """At least five messages an intent and language."""
    from collections import Counter

    for language in ("en", "es", "ht"):
        path = ROOT / "tests" / "evaluation" / f"{language}.jsonl"
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        counts = Counter(row["intent"] for row in rows)
        assert len(counts) == 58
        assert min(counts.values()) >= 5
        assert {row["lang"] for row in rows} == {language}
