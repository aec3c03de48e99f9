"""Times, days and numbers as each language writes them."""

from collections.abc import Mapping
from datetime import time

from babel import Locale
from babel.dates import format_time
from babel.numbers import format_decimal

from translations.languages import Language

Span = tuple[str, str]


def weekday_name(day: int, language: Language) -> str:
    """Short name of a weekday; 0 is Monday."""
    if language.weekdays:
        return language.weekdays[day]
    return Locale.parse(language.locale).days["format"]["abbreviated"][day]


def clock(value: str, language: Language) -> str:
    """ "14:30" as a person reads it: "2:30 PM"."""
    hour, minute = (int(part) for part in value.split(":"))
    # CLDR puts a narrow no-break space before AM: it would double the price of an SMS.
    return format_time(time(hour, minute), "short", locale=language.locale).replace("\u202f", " ")


def opening_hours(hours: Mapping[int, Span], language: Language) -> str:
    """Weekly hours, equal neighbours joined: "Mon - Fri 9:00 AM - 5:00 PM; Sat …".

    Without a full stop at the end, where "p.m." has one: the sentence brings its own.
    """
    runs = (
        f"{_days(first, last, language)} {clock(span[0], language)} - {clock(span[1], language)}"
        for first, last, span in _runs(hours)
    )
    return "; ".join(runs).removesuffix(".")


def decimal(value: float, language: Language) -> str:
    return format_decimal(round(value, 1), locale=language.locale)


def _runs(hours: Mapping[int, Span]) -> list[tuple[int, int, Span]]:
    runs: list[tuple[int, int, Span]] = []
    for day in sorted(hours):
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == hours[day]:
            runs[-1] = (runs[-1][0], day, hours[day])
        else:
            runs.append((day, day, hours[day]))
    return runs


def _days(first: int, last: int, language: Language) -> str:
    if first == last:
        return weekday_name(first, language)
    return f"{weekday_name(first, language)} - {weekday_name(last, language)}"
