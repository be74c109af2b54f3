"""Numbers read from labels: by size, part by part, and as dates without marks between day, month and year."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from bayespanel.data.wave_calendar import Key, Keys, day_of, each, year_of
from bayespanel.data.wave_words import COUNTDOWN, DAYS, FOLLOW_UP, NUMERALS, SEQUENCES, UNITS

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?")
NUMBER_AND_PARTS = re.compile(r"\d+(?:[.,]\d+)*")
SHORT_YEARS = range(1980, 2041)
"""Years that two digits without a mark are taken for."""
LIVES = 10
"""Years that a study with waves such as 9.18 and 3.19 spans at most; numbers such as ages span more as dates."""
QUARTERS = {"", "0", "00", "5", "50", "25", "75"}
"""Decimals that are halves and quarters: no numbered parts, so that 11.25 is below 11.5."""
ROMAN = (("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1))

GRADES = frozenset(map(str, range(1, 14)))
"""Years of school after kindergarten."""


def by_size(texts: Sequence[str]) -> Keys:
    """Read 1, -2.5, 1e3."""
    return [(Decimal(text),) for text in texts] if all(NUMBER.fullmatch(text) for text in texts) else None


def decimal_comma(texts: Sequence[str]) -> Keys:
    """Read 5,5 beside 6."""
    if not any("," in text for text in texts) or any("." in text for text in texts):
        return None
    return by_size([text.replace(",", ".") for text in texts])


def thousands(texts: Sequence[str]) -> Keys:
    """Read 1,000 beside 500."""
    if not any("," in t for t in texts) or not all(re.fullmatch(r"\d{1,3}(,\d{3})*", t) for t in texts):
        return None
    return by_size([text.replace(",", "") for text in texts])


def by_parts(texts: Sequence[str]) -> Keys:
    """Read 1.9 and then 1.10: the parts on both sides of the mark are counted."""
    marks = {mark for text in texts for mark in re.findall(r"\D", text)}
    if marks not in ({"."}, {","}) or not all(NUMBER_AND_PARTS.fullmatch(text) for text in texts):
        return None
    parts = [re.split(r"[.,]", text) for text in texts]
    if all(len(part) <= 2 and "".join(part[1:]) in QUARTERS for part in parts):
        return None
    return [tuple(map(int, part)) for part in parts]


def dotted_year_month(texts: Sequence[str]) -> Keys:
    """Read 2018.9 and then 2018.12."""

    def one(text: str) -> Key | None:
        found = re.fullmatch(r"(\d{4})\.(\d{1,2})", text)
        return _month(found[1], found[2]) if found else None

    return each(one)(texts)


def cut_year_month(texts: Sequence[str]) -> Keys:
    """Read 2018.9 and then 2018.1, which a program has made of 2018.10."""
    found = [re.fullmatch(r"\d{4}\.(\d{1,2})", text) for text in texts]
    parts = {m[1] for m in found if m is not None}
    if None in found or "1" not in parts or "10" in parts or not parts & {"5", "6", "7", "8", "9", "11", "12"}:
        return None
    return dotted_year_month([text + "0" if text.endswith(".1") else text for text in texts])


def cut_month_year(texts: Sequence[str]) -> Keys:
    """Read 9.2018 and then 3.2019; 9.202 is what a program has made of 9.2020."""
    found = [re.fullmatch(r"(\d{1,2})\.(2|(?:19|20)\d{0,2})", text) for text in texts]
    if not any(m is not None and len(m[2]) == 4 for m in found):
        return None
    keys = [m and _month(m[2].ljust(4, "0"), m[1]) for m in found]
    return None if None in keys else [key for key in keys if key]


def _month(year: str, month: str) -> Key | None:
    return (year_of(year), int(month)) if year_of(year) is not None and 1 <= int(month) <= 12 else None


def short_month_year(texts: Sequence[str]) -> Keys:
    """Read 9.18 and then 3.19; 10.2 and 4 beside them are what a program has made of 10.20 and 4.00."""
    found = [re.fullmatch(r"(\d{1,2})\.?((?<=\.)\d\d?)?", text) for text in texts]
    if not any(m is not None and len(m[2] or "") == 2 for m in found):
        return None
    keys = [m and _month((m[2] or "").ljust(2, "0"), m[1]) for m in found]
    return None if None in keys else _within(LIVES, [key for key in keys if key])


def _within(span: int, keys: Keys) -> Keys:
    """Return the keys where their years, the first parts, are recent and near enough to each other."""
    if keys is None:
        return None
    years = [int(str(key[0])) for key in keys]
    return keys if all(year in SHORT_YEARS for year in years) and max(years) - min(years) <= span else None


def compact_months(order: str, width: int) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of months without a mark: 0918, 201809.

    Parameters
    ----------
    order
        "my" or "ym".
    width
        Digits of the year, 2 or 4. A program may have cut the zero of a month that comes first.
    """

    def one(text: str) -> Key | None:
        text = text.zfill(width + 2) if order == "my" and len(text) == width + 1 else text
        if not re.fullmatch(rf"\d{{{width + 2}}}", text):
            return None
        return _month(text[-width:], text[:2]) if order == "my" else _month(text[:width], text[-2:])

    def read(texts: Sequence[str]) -> Keys:
        keys = each(one)(texts)
        if width == 4:
            return keys
        # All of three digits: days are more likely, unless they fit in one study.
        return _within(LIVES if all(len(text) == 3 for text in texts) else len(SHORT_YEARS), keys)

    return read


def compact_dates(order: str, width: int) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of days without a mark: 01092018, 180901; see `compact_months`."""

    def one(text: str) -> Key | None:
        text = text.zfill(width + 4) if order[0] != "y" and len(text) == width + 3 else text
        if not re.fullmatch(rf"\d{{{width + 4}}}", text):
            return None
        part, at = {}, 0
        for name in order:
            part[name] = text[at : at + (width if name == "y" else 2)]
            at += len(part[name])
        year, day = year_of(part["y"]), day_of(year_of(part["y"]), part["m"], part["d"])
        return None if day is None else (year, day)

    def read(texts: Sequence[str]) -> Keys:
        # 201009 is a month, and not the 20th of October 2009.
        if width == 2 and compact_months("ym", 4)(texts) is not None:
            return None
        keys = each(one)(texts)
        return _within(len(SHORT_YEARS), keys) if width == 2 else keys

    return read


def short_years(texts: Sequence[str]) -> Keys:
    """Read 98, 99, 00, 01."""
    if not all(re.fullmatch(r"\d\d", text) for text in texts) or not any(text[0] == "0" for text in texts):
        return None
    return _within(len(SHORT_YEARS), [(year_of(text),) for text in texts])


def short_school_years(texts: Sequence[str]) -> Keys:
    """Read 98/99, 99/00."""

    def one(text: str) -> Key | None:
        found = re.fullmatch(r"(\d\d) ?[-/] ?(\d\d)", text)
        return (year_of(found[1]),) if found and int(found[2]) == (int(found[1]) + 1) % 100 else None

    return each(one)(texts)


def pairs(meaning: str, *, first: int = 1, mark: str = "/") -> Callable[[Sequence[str]], Keys]:
    """Return the reader of two numbers with a mark: 9/18, 01.09.

    Parameters
    ----------
    meaning
        "my", "ym", "dm" or "md".
    first
        The month that begins a year; matters only without a year.
    mark
        The mark beside which numbers of one digit are read so.
    """
    loose = rf"(\d{{1,2}}) ?{re.escape(mark)} ?(\d{{1,2}})"

    def one(text: str) -> Key | None:
        found = re.fullmatch(loose, text) or re.fullmatch(r"(\d\d)[-._](\d\d)", text)
        if found is None:
            return None
        part = dict(zip(meaning, found.groups(), strict=True))
        if "y" in part:
            return _month(part["y"], part["m"])
        # 2000 has a 29th of February.
        if day_of(2000, part["m"], part["d"]) is None:
            return None
        return (int(part["m"]) - first) % 12, int(part["d"])

    return lambda texts: _within(LIVES, each(one)(texts)) if "y" in meaning else each(one)(texts)


def with_last_point(parse: Callable[[Sequence[str]], Keys]) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of 1.9. and 15.3. by a reader of what they are without the last point."""

    def read(texts: Sequence[str]) -> Keys:
        found = [re.fullmatch(r"(\d{1,2}\. ?\d{1,2})\.", text) for text in texts]
        return None if None in found else parse([m[1].replace(" ", "") for m in found if m])

    return read


def several(*, decimals: bool, backwards: bool) -> Callable[[Sequence[str]], Keys]:
    """Return the reader of labels with two numbers or more between the same words: y1s2, 10-12.

    Parameters
    ----------
    decimals
        Whether a point inside a number is a decimal point.
    backwards
        Whether the last number counts most.
    """
    pattern = re.compile(r"(\d+(?:\.\d+)?)" if decimals else r"(\d+)")

    def read(texts: Sequence[str]) -> Keys:
        pieces = [pattern.split(text) for text in texts]
        around = {tuple(re.sub(r"[\s_]+", " ", words).strip() for words in row[::2]) for row in pieces}
        if len(around) > 1 or len(pieces[0]) < 5:
            return None
        words = around.pop()
        # A dash after a word can be a minus.
        if words[0] == "-" or any(len(word) > 1 and word.endswith("-") for word in words[:-1]):
            return None
        # Numbers with points alone are read by their parts, and a word such as "before" turns the order round.
        if all(NUMBER_AND_PARTS.fullmatch(t) for t in texts) or COUNTDOWN & set(
            re.findall(r"[^\W\d_]+", " ".join(words))
        ):
            return None
        found = [row[1::2] for row in pieces]
        # 0918 inside a label can be a month.
        if any(re.fullmatch(r"0\d{2,}", text) for row in found for text in row):
            return None
        # 99 and then 00: years of two digits, of two centuries.
        if any(
            (years := short_years(column)) and min(years) < (2000,) <= max(years) for column in zip(*found, strict=True)
        ):
            return None
        return [tuple(map(Decimal, row[:: -1 if backwards else 1])) for row in found]

    return read


def clock(text: str) -> Key | None:
    """Read 08:30, 12:00, and ages in years and months such as 10;6."""
    found = re.fullmatch(r"\d+(?:[:;]\d\d?)+", text)
    return tuple(map(int, re.split("[:;]", text))) if found else None


def durations(texts: Sequence[str]) -> Keys:
    """Read 6 weeks, 3 months, 1 year."""

    def one(text: str) -> Key | None:
        found = re.fullmatch(r"(\d+(?:[.,](?:5|25|75))?) ?([a-z]+)", text)
        if found is None or found[2] not in UNITS:
            return None
        return (round(float(found[1].replace(",", ".")) * DAYS[UNITS[found[2]]], 6),)

    return each(one)(texts)


def ordinals(text: str) -> Key | None:
    """Read 1st, 2nd; 1er, 2e; 1ste, 2de."""
    found = re.fullmatch(r"(\d+) ?(?:st|nd|rd|th|er|re|ste|de|e|eme)", text)
    return (int(found[1]),) if found else None


def numerals(text: str) -> Key | None:
    """Read one, two; first, second; eerste; erste."""
    rank = NUMERALS.get(text, NUMERALS.get(text.removesuffix("r").removesuffix("s")))
    return None if rank is None else (rank,)


def grades(texts: Sequence[str]) -> Keys:
    """Read school grades of which one is kindergarten: K, 1, 2 or PK, K, 1."""
    early = {"pk": -1, "prek": -1, "pre-k": -1, "k": 0, "kg": 0, "kindergarten": 0}
    if not any(text in early for text in texts) or not all(text in early or text in GRADES for text in texts):
        return None
    return [(early[text] if text in early else int(text),) for text in texts]


def roman(text: str) -> Key | None:
    """Read I, II, III, IV up to XXXIX."""
    if not re.fullmatch(r"x{0,3}(ix|iv|v?i{0,3})", text) or not text:
        return None
    number = 0
    rest = text
    for sign, value in ROMAN:
        while rest.startswith(sign):
            number, rest = number + value, rest.removeprefix(sign)
    return (number,)


def letters(texts: Sequence[str]) -> Keys:
    """Read a, b, c, ... without a gap; other single letters may stand for words."""
    run = sorted(texts)
    return [(text,) for text in texts] if run == [chr(97 + at) for at in range(len(run))] else None


def before_after(texts: Sequence[str]) -> Keys:
    """Read b and a: before and after."""
    return [(text == "a",) for text in texts] if sorted(texts) == ["a", "b"] else None


def sequences(texts: Sequence[str]) -> Keys:
    """Read pre, post, follow-up, and other words that are all in one well-known sequence."""
    joined = [re.sub(r"[\s_-]", "", text) for text in texts]
    for ranks in SEQUENCES:
        if all(word in ranks for word in joined):
            return [(ranks[word],) for word in joined]
    return None


def follow_ups(texts: Sequence[str]) -> Keys:
    """Read t1, t2, fu or pre, post, fu1, fu2: follow-ups come after everything else."""
    ends = "|".join(FOLLOW_UP)
    found = [re.fullmatch(rf"(?:{ends})(\d*)(\D*)", re.sub(r"[\s_-]", "", text)) for text in texts]
    late = [m for m in found if m is not None]
    if not late or len(late) == len(texts) or len({m[2] for m in late if m[1]}) > 1:
        return None
    early = [text for text, m in zip(texts, found, strict=True) if m is None]
    times = [re.fullmatch(r"t ?(\d+)", text) for text in early]
    ranks = [(int(m[1]),) for m in times if m is not None]
    known = ranks if len(ranks) == len(early) else sequences(early)
    if known is None:
        return None
    rest = iter(known)
    return [(0, *next(rest)) if m is None else (1, int(m[1] or 1)) for m in found]
