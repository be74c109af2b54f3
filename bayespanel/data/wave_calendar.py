"""Dates and parts of years, read from labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from bayespanel.data.wave_words import CALENDAR_WEEK, MONTHS, PARTS, SEASONS

Key = tuple[object, ...]
Keys = list[Key] | None
CLOCK = r"(?:[t ]+(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))? ?(z|[+-]\d\d:?\d\d)?)?"
ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + CLOCK)
DATE = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d\d)\.?" + CLOCK)
SCHOOL_YEAR = re.compile(r"(\d{4}) ?[-/] ?(\d{4}|\d\d)")
WORDS = re.compile(r"[a-z]+|\d+")
ORDINALS = {"st", "nd", "rd", "th", "e", "er", "de", "ste", "of"}
SCHOOL_START = 8
"""The first month of a school year in most of Europe and North America."""
SCHOOL_WEEK = 31
"""The week of the calendar in which that month begins."""


def each(parse: Callable[[str], Key | None]) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of all labels by a reader of one."""

    def read(texts: Sequence[str]) -> Keys:
        keys = [parse(text) for text in texts]
        return None if None in keys else [key for key in keys if key is not None]

    return read


def year_of(text: str) -> int | None:
    """Return a year between 1900 and 2100; two digits are a year between 1970 and 2069."""
    year = int(text)
    if len(text) == 2:
        return 1900 + year if year >= 70 else 2000 + year
    return year if len(text) == 4 and 1900 <= year <= 2100 else None


def day_of(year: int | None, month: str, day: str) -> int | None:
    """Return the number of a day of the calendar, or None where there is no such day."""
    try:
        return None if year is None else date(year, int(month), int(day)).toordinal()
    except ValueError:
        return None


def _timed(day: int | None, clock: Sequence[str | None]) -> tuple[Key, bool] | None:
    """Return seconds in universal time where a zone is named, and whether one is."""
    if day is None:
        return None
    hours, minutes, seconds, zone = clock
    east = timedelta()
    if zone and zone != "z":
        east = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    time = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + float(seconds or 0) - east.total_seconds()
    return (day * 86400 + time,), zone is not None


def _one_zone(found: Sequence[tuple[Key, bool] | None]) -> Keys:
    """Return the keys; None where some labels name a zone of time and others do not."""
    known = [pair for pair in found if pair is not None]
    return [key for key, _ in known] if len(known) == len(found) and len({zone for _, zone in known}) == 1 else None


def iso_dates(texts: Sequence[str]) -> Keys:
    """Read 2018-09-01, 2018/09/01, 2018.09.01 and times such as 2018-09-01 10:30."""

    def one(text: str) -> tuple[Key, bool] | None:
        found = ISO.fullmatch(text)
        if found is None:
            return None
        year, _, month, day, *clock = found.groups()
        return _timed(day_of(year_of(year), month, day), clock)

    return _one_zone([one(text) for text in texts])


def dates(order: str, marks: str, *, loose: bool = False) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of dates with the same mark before and after the middle.

    Parameters
    ----------
    order
        "dmy", "mdy" or "ymd".
    marks
        The marks that may stand between.
    loose
        Whether 1-2-10, which may be three numbers of another kind, is a date.
    """

    def one(text: str) -> tuple[Key, bool] | None:
        found = DATE.fullmatch(text)
        if found is None or found[2] not in marks:
            return None
        first, mark, second, third, *clock = found.groups()
        if not loose and mark == "-" and len(third) == 2 and (len(first), len(second)) != (2, 2):
            return None
        part = dict(zip(order, (first, second, third), strict=True))
        return _timed(day_of(year_of(part["y"]), part["m"], part["d"]), clock) if len(part["y"]) > 1 else None

    return lambda texts: _one_zone([one(text) for text in texts])


def year_month(text: str) -> Key | None:
    """Read 2018-09, 2018/9, 2018_1: a year, then a month or another part."""
    found = re.fullmatch(r"(\d{4}) ?[-/_ ] ?(\d{1,2})", text)
    return _year_and_part(found[1], found[2]) if found else None


def month_year(text: str) -> Key | None:
    """Read 09-2018, 9/2018, 09.2018."""
    found = re.fullmatch(r"(\d{1,2}) ?[-/._ ] ?(\d{4})", text)
    return _year_and_part(found[2], found[1]) if found else None


def _year_and_part(year: str, part: str) -> Key | None:
    return (year_of(year), int(part)) if year_of(year) is not None and 1 <= int(part) <= 12 else None


def calendar_weeks(first: int) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of "KW 36", a week of the calendar without its year, in years that begin with a week."""

    def one(text: str) -> Key | None:
        found = re.fullmatch(r"([a-z]+)[ _]?(\d{1,2})", text)
        return ((int(found[2]) - first) % 53,) if found and found[1] in CALENDAR_WEEK else None

    return each(one)


def iso_week(text: str) -> Key | None:
    """Read 2018-W05."""
    found = re.fullmatch(r"(\d{4})-?w(\d\d)", text)
    return (int(found[1]), int(found[2])) if found and 1 <= int(found[2]) <= 53 else None


def school_year(text: str) -> Key | None:
    """Read 2018/19, 2018-2019."""
    found = SCHOOL_YEAR.fullmatch(text)
    if found is None or year_of(found[1]) is None:
        return None
    year = int(found[1])
    return (year,) if int(found[2]) == (year + 1) % 10 ** len(found[2]) else None


def _words_and_numbers(text: str) -> tuple[list[str], list[str]]:
    """Return the words and the numbers of a label; more than words, numbers and light marks is no such label."""
    if re.search(r"[^a-z\d\s.,'/_-]", text):
        return [], []
    found = [token for token in WORDS.findall(text) if token not in ORDINALS]
    return [t for t in found if not t.isdigit()], [t for t in found if t.isdigit()]


def months(*, day: bool, first: int = 1) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of names of months, in any of the five languages.

    Parameters
    ----------
    day
        Whether the labels have no year: "Sep", "18 Sep". Otherwise they have one: "Sep 2018", "Sep 18", "18 Sep 2018".
    first
        The month that begins a year; matters only without a year.
    """

    def one(text: str) -> Key | None:
        words, numbers = _words_and_numbers(text)
        if len(words) != 1 or words[0] not in MONTHS or len(numbers) > 2:
            return None
        month, first_number = MONTHS[words[0]], (numbers or [""])[0]
        if day:
            if len(numbers) > 1 or len(first_number) > 2 or "'" in text or not 0 <= int(first_number or 1) <= 31:
                return None
            return (len(numbers), (month - first) % 12, int(first_number or 0))
        if len(numbers) < 2:
            year = year_of(first_number) if first_number else None
            return None if year is None else (1, year, month)
        # The year is the number of four digits, or the last.
        at = 0 if len(first_number) == 4 else 1
        found = day_of(year_of(numbers[at]), str(month), numbers[1 - at])
        return None if found is None else (2, found)

    return _one_form(one)


def _one_form(one: Callable[[str], Key | None]) -> Callable[[Sequence[str]], Keys]:
    """Return the reader that asks that all labels are of one form, which is the first part of their keys."""

    def read(texts: Sequence[str]) -> Keys:
        keys = each(one)(texts)
        return None if keys is None or len({key[0] for key in keys}) > 1 else keys

    return read


def seasons(*, winter_first: bool = False, school: bool = False) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of seasons with a year, with a school year, or alone.

    Parameters
    ----------
    winter_first
        Whether the winter of a year is the one that it begins with.
    school
        Whether a year without a number begins with autumn.
    """

    def one(text: str) -> Key | None:
        words, numbers = _words_and_numbers(text)
        if len(words) != 1 or words[0] not in SEASONS or len(numbers) > 2:
            return None
        season = SEASONS[words[0]]
        in_school = (season + 2) % 4
        if school or not numbers:
            early = winter_first and season == 3
            return None if numbers else ("", in_school if school else -1 if early else season)
        year = year_of(numbers[0])
        if year is None:
            return None
        if len(numbers) == 2:
            follows = int(numbers[1]) == (year + 1) % 10 ** len(numbers[1])
            # The autumn of 2018/19 is in 2018, its spring in 2019; a term of a university carries its own year.
            return ("year", year + (in_school >= 2), season) if follows else None
        return ("year", year, -1 if winter_first and season == 3 else season)

    return _one_form(one)


def parts_of_years(texts: Sequence[str]) -> Keys:
    """Read 2018Q3, Q3 2018, 2018-H1, term 2 2018: a year and a numbered part of it."""
    keys: list[Key] = []
    kinds = set()
    for text in texts:
        words, numbers = _words_and_numbers(text)
        if len(words) != 1 or words[0] not in PARTS or len(numbers) != 2:
            return None
        kind, count = PARTS[words[0]]
        years = [n for n in numbers if len(n) in ((2, 4) if kind == "quarter" else (4,)) and year_of(n) is not None]
        part = [n for n in numbers if n not in years]
        if len(years) != 1 or not 1 <= int(part[0]) <= count:
            return None
        kinds.add(kind)
        keys.append((year_of(years[0]), int(part[0])))
    return keys if len(kinds) == 1 else None
