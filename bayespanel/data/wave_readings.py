"""All ways to read the labels of waves, and the orders in time that they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bayespanel.data import wave_calendar as calendar, wave_numbers as numbers
from bayespanel.data.wave_calendar import SCHOOL_START, SCHOOL_WEEK, Keys, each
from bayespanel.data.wave_templates import Cores, cores, plain

Kind = Literal["number", "date", "word"]


@dataclass(frozen=True)
class Reading:
    """A way to read labels.

    Attributes
    ----------
    words : str
        What the labels are read as.
    kind : {"number", "date", "word"}
        Numbers and dates ascend; that words do is less certain.
    parse
        Labels, as `plain` returns them, to sortable keys; None where they are not written in this way.
    """

    words: str
    kind: Kind
    parse: Callable[[Sequence[str]], Keys]


@dataclass(frozen=True)
class Found:
    """What a reading says of labels.

    Attributes
    ----------
    words, kind
        Those of the reading.
    order : tuple of str or None
        The labels in the order of time; None where two of them would be the same time.
    evident : bool
        Whether the labels are nothing but numbers or ISO dates.
    """

    words: str
    kind: Kind
    order: tuple[str, ...] | None
    evident: bool = False


PARTS = "numbered parts (1.9 before 1.10)"
LONGEST = 200
"""Characters of a label that may name a time."""
MARK = " without a mark between"
BY_SIZE = Reading("numbers", "number", numbers.by_size)
ISO = Reading("dates (year, month, day)", "date", calendar.iso_dates)

SURE = (
    ISO,
    Reading("dates (day, month, year)", "date", calendar.dates("dmy", "./-")),
    Reading("dates (month, day, year)", "date", calendar.dates("mdy", "/-")),
    Reading("dates (year of two digits, month, day)", "date", calendar.dates("ymd", "/-")),
    Reading("year and month", "date", each(calendar.year_month)),
    Reading("month and year", "date", each(calendar.month_year)),
    Reading("weeks of a calendar year", "date", calendar.calendar_weeks(1)),
    Reading("weeks of a school year", "date", calendar.calendar_weeks(SCHOOL_WEEK)),
    *(
        Reading(words, "date", numbers.with_last_point(parse))
        for words, parse in (
            ("days of a calendar year", numbers.pairs("dm", mark=".")),
            ("days of a school year", numbers.pairs("dm", mark=".", first=SCHOOL_START)),
            ("month.year", numbers.short_month_year),
            ("numbers", numbers.by_size),
            (PARTS, numbers.by_parts),
        )
    ),
    Reading("year and week", "date", each(calendar.iso_week)),
    Reading("school years", "date", each(calendar.school_year)),
    Reading("parts of years", "date", calendar.parts_of_years),
    Reading("months with their years", "date", calendar.months(day=False)),
    Reading("months (January to December)", "date", calendar.months(day=True)),
    Reading("months of a school year (August to July)", "date", calendar.months(day=True, first=SCHOOL_START)),
    Reading("northern seasons with winter at the end of its year", "date", calendar.seasons()),
    Reading("northern seasons with winter at the start of its year", "date", calendar.seasons(winter_first=True)),
    Reading("northern seasons of a school year", "date", calendar.seasons(school=True)),
    Reading("hours and minutes, or years and months", "date", each(numbers.clock)),
    Reading("lengths of time", "number", numbers.durations),
    Reading("ordinal numbers", "number", each(numbers.ordinals)),
    Reading("numbers written as words", "number", each(numbers.numerals)),
    Reading("grades of school, kindergarten before the first", "word", numbers.grades),
    Reading("roman numerals", "number", each(numbers.roman)),
    Reading("a well-known sequence of words", "word", numbers.sequences),
    Reading("measurements and follow-ups", "word", numbers.follow_ups),
    Reading("letters of the alphabet", "word", numbers.letters),
    Reading("before and after", "word", numbers.before_after),
)
"""Readings of labels that can hardly be meant otherwise; where one applies, those in `OPEN` do not."""

NUMERIC = (
    Reading("month.year", "date", numbers.cut_month_year),
    Reading("year.month", "date", numbers.dotted_year_month),
    Reading("year.month that lost its last zero", "date", numbers.cut_year_month),
    *(Reading(f"month and year{MARK}", "date", numbers.compact_months("my", width)) for width in (4, 2)),
    *(
        Reading(f"{words}{MARK}", "date", numbers.compact_dates(order, width))
        for words, order in (("day, month and year", "dmy"), ("month, day and year", "mdy"))
        for width in (4, 2)
    ),
)
"""Dates that are also numbers, with another order."""

OPEN = (
    BY_SIZE,
    Reading("numbers with a decimal comma", "number", numbers.decimal_comma),
    Reading("numbers with a comma at the thousands", "number", numbers.thousands),
    Reading(PARTS, "number", numbers.by_parts),
    *NUMERIC,
    Reading("month.year", "date", numbers.short_month_year),
    *(Reading(f"year and month{MARK}", "date", numbers.compact_months("ym", width)) for width in (4, 2)),
    *(Reading(f"year, month and day{MARK}", "date", numbers.compact_dates("ymd", width)) for width in (4, 2)),
    Reading("dates (day, month, year)", "date", calendar.dates("dmy", "-", loose=True)),
    Reading("dates (month, day, year)", "date", calendar.dates("mdy", "-", loose=True)),
    Reading("years of two digits", "date", numbers.short_years),
    Reading("school years", "date", numbers.short_school_years),
    Reading("month and year", "date", numbers.pairs("my")),
    Reading("year and month", "date", numbers.pairs("ym")),
    Reading("day and month", "date", numbers.pairs("dm")),
    Reading("month and day", "date", numbers.pairs("md")),
    Reading("day and month of a school year", "date", numbers.pairs("dm", first=SCHOOL_START)),
    Reading("month and day of a school year", "date", numbers.pairs("md", first=SCHOOL_START)),
    *(
        Reading(
            f"several numbers, of which the {which} counts most", "number", numbers.several(decimals=d, backwards=b)
        )
        for d in (True, False)
        for which, b in (("first", False), ("last", True))
    ),
)


def readings_of(labels: Sequence[str]) -> tuple[Found, ...]:
    """Return what every reading that applies says of the order of the labels.

    Parameters
    ----------
    labels
        Distinct labels as they are spelt; their order does not matter.
    """
    texts = _texts(labels)
    whole, words, all_of_it = (Cores(texts),), cores(texts, numbers=False), cores(texts, numbers=True)
    for ways, readings in ((whole, SURE), (words, SURE), (all_of_it, SURE), (all_of_it, OPEN)):
        found = [one for core in ways for one in _of_core(readings, labels, core)]
        if found:
            return tuple(found)
    return ()


def _texts(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels as the readings need them; none where one is too long to be read."""
    texts = tuple(plain(label) for label in labels)
    return texts if all(len(text) <= LONGEST for text in texts) else ()


def _of_core(readings: Sequence[Reading], labels: Sequence[str], core: Cores) -> list[Found]:
    """Return what the readings say of one way to shorten the labels."""
    evident = {BY_SIZE.words, ISO.words} if core.bare else set()
    found = [
        replace(one, words=f"{one.words}{core.mark}", evident=one.words in evident)
        for one in _apply(readings, labels, core.texts)
    ]
    if core.countdown:
        found += [replace(one, words="counting down", order=one.order and one.order[::-1]) for one in found]
    return found


def readings_of_numbers(labels: Sequence[str]) -> tuple[Found, ...]:
    """Return the order of labels that were numbers or dates in memory, and of dates that are hidden in numbers.

    Parameters
    ----------
    labels
        Distinct labels; dates as ISO text.
    """
    texts = _texts(labels)
    found = _apply((BY_SIZE, ISO), labels, texts)
    return tuple(replace(f, evident=True) for f in found) + tuple(_apply(NUMERIC, labels, texts))


def certain_order(found: Sequence[Found]) -> tuple[str, ...] | None:
    """Return the order that all readings agree on, or None."""
    orders = {f.order for f in found}
    return orders.pop() if len(orders) == 1 else None


def _apply(readings: Sequence[Reading], labels: Sequence[str], texts: Sequence[str]) -> list[Found]:
    """Return what the readings that apply say."""
    found = []
    for reading in readings if texts else ():
        keys = reading.parse(texts)
        if keys is not None:
            at = sorted(range(len(keys)), key=lambda i: keys[i])
            order = tuple(labels[i] for i in at) if len(set(keys)) == len(keys) else None
            found.append(Found(reading.words, reading.kind, order))
    return found
