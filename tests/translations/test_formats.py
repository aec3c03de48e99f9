"""Times and days as people of each language read them."""

import pytest

from translations.formats import decimal, opening_hours
from translations.languages import enabled, language

WEEK = {0: ("09:00", "17:30"), 1: ("09:00", "17:30"), 2: ("09:00", "17:30"), 5: ("10:00", "13:00")}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "Mon - Wed 9:00 AM - 5:30 PM; Sat 10:00 AM - 1:00 PM"),
        ("es", "lun - mié 9:00 a.m. - 5:30 p.m.; sáb 10:00 a.m. - 1:00 p.m"),
        ("ht", "lendi - mèkredi 9:00 AM - 5:30 PM; samdi 10:00 AM - 1:00 PM"),
    ],
)
def test_equal_neighbours_are_joined(code, expected):
    assert opening_hours(WEEK, language(code)).replace("\xa0", " ") == expected


def test_no_hard_space_reaches_a_text_message():
    for known in enabled().values():
        assert not {"\xa0", "\u202f"} & set(opening_hours(WEEK, known))


def test_creole_days_are_not_french():
    assert "lun" not in opening_hours({0: ("09:00", "17:00")}, language("ht"))


def test_distances_have_one_decimal_at_most():
    assert decimal(1.26, language("en")) == "1.3"
    assert decimal(2.0, language("es")) == "2"
