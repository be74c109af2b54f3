"""A4: names of waves whose order a reader could mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

ORDER = r"order|waves"

SPELLINGS: dict[str, tuple[Any, ...]] = {
    "mm.yyyy": ("09.2018", "03.2019", "09.2019", "03.2020"),
    "m.yyyy": ("9.2018", "3.2019", "9.2019", "3.2020"),
    "mm/yyyy": ("09/2018", "03/2019", "09/2019", "03/2020"),
    "mm-yyyy": ("09-2018", "03-2019", "09-2019", "03-2020"),
    "mmyy": ("0918", "0319", "0919", "0320"),
    "mmyyyy": ("092018", "032019", "092019", "032020"),
    "yyyy.m": ("2018.9", "2018.12", "2019.3", "2019.6"),
    "yyyy-m": ("2018-9", "2018-12", "2019-3", "2019-6"),
    "yyyy/m": ("2018/9", "2018/12", "2019/3", "2019/6"),
    "yyyym": ("20189", "201812", "20193", "20196"),
    "t0.5": ("t0.5", "t1", "t1.5", "t10"),
    "t.5": ("t.5", "t1", "t2.5", "t12"),
    "years with a half": ("11.25y", "11.5y", "11.75y", "12y"),
    "years, unequal digits": ("9.5y", "9.75y", "10y", "10.25y"),
    "weeks before": ("w-10", "w-5", "w5", "w10"),
    "negative numbers": ("-10", "-5", "0", "5"),
    "minus sign": ("−10", "−5", "0", "5"),
    "months before": ("-12 months", "-6 months", "0 months", "6 months"),
    "versions": ("1.9", "1.10", "1.11", "1.12"),
    "versions of waves": ("w1.9", "w1.10", "w1.11", "w2.1"),
    "mon yy, English": ("Sep18", "Mar19", "Sep19", "Mar20"),
    "mon yyyy, English": ("September 2018", "March 2019", "September 2019", "March 2020"),
    "mon yyyy, Dutch": ("september 2018", "maart 2019", "oktober 2019", "mei 2020"),
    "mon yyyy, German": ("Oktober 2018", "März 2019", "Dezember 2019", "Mai 2020"),
    "month names": ("September", "December", "March", "June"),
    "month names, Dutch": ("september", "december", "maart", "juni"),
    "abbreviated months": ("sep", "dec", "mar", "jun"),
    "days": ("Mon", "Tue", "Wed", "Thu"),
    "Roman numerals": ("I", "II", "V", "X"),
    "Roman numerals to IX": ("VI", "VII", "VIII", "IX"),
    "waves in Roman": ("wave IV", "wave V", "wave VI", "wave IX"),
    "K, 1, 2, 3": ("K", "1", "2", "3"),
    "preK, K, 1, 2": ("PK", "K", "1", "2"),
    "T1 to T10": ("T1", "T2", "T3", "T10"),
    "pre, post, follow-up": ("pre", "post", "follow-up", "follow-up 2"),
    "before, during, after": ("before", "during", "after", "later"),
    "baseline, 3m": ("baseline", "3m", "6m", "12m"),
    "voormeting, nameting": ("voormeting", "nameting", "nameting2", "nameting3"),
    "first to fourth": ("first", "second", "third", "fourth"),
    "1st to 4th": ("1st", "2nd", "3rd", "4th"),
    "9th to 12th": ("9th", "10th", "11th", "12th"),
    "one to four": ("one", "two", "three", "four"),
    "eins bis vier": ("eins", "zwei", "drei", "vier"),
    "autumn and spring": ("autumn 2018", "spring 2019", "autumn 2019", "spring 2020"),
    "seasons": ("autumn", "winter", "spring", "summer"),
    "fall, spring": ("F18", "S19", "F19", "S20"),
    "quarters": ("Q3 2018", "Q1 2019", "Q3 2019", "Q1 2020"),
    "quarters, year last": ("3/18", "1/19", "3/19", "1/20"),
    "dd.mm.yyyy": ("15.09.2018", "02.03.2019", "20.09.2019", "01.03.2020"),
    "dd/mm/yyyy": ("15/09/2018", "02/03/2019", "20/09/2019", "01/03/2020"),
    "mm/dd/yyyy": ("09/15/2018", "03/02/2019", "09/20/2019", "03/01/2020"),
    "dd/mm or mm/dd": ("03/09/2018", "09/03/2019", "03/10/2019", "10/03/2020"),
    "dd-mon-yyyy": ("15-Sep-2018", "02-Mar-2019", "20-Sep-2019", "01-Mar-2020"),
    "ddmmyy": ("150918", "020319", "200919", "010320"),
    "yymmdd": ("180915", "190302", "190920", "200301"),
    "ISO dates": ("2018-09-15", "2019-03-02", "2019-09-20", "2020-03-01"),
    "ISO dates, short": ("2018-9-15", "2018-10-2", "2019-3-2", "2019-11-1"),
    "ISO weeks": ("2018-W9", "2018-W10", "2018-W40", "2019-W2"),
    "school years": ("2012/13", "2013/14", "2014/15", "2015/16"),
    "school years at the turn": ("98/99", "99/00", "00/01", "01/02"),
    "years of two digits": ("98", "99", "00", "01"),
    "years of two digits with a quote": ("'98", "'99", "'00", "'01"),
    "grades with letters": ("grade 8", "grade 9", "grade 10", "grade 11"),
    "Klasse": ("Kl. 9", "Kl. 10", "Kl. 11", "Kl. 12"),
    "semesters": ("WS18", "SS19", "WS19", "SS20"),
    "ages with a comma": ("9,5", "9,75", "10,0", "10,25"),
    "ages with years;months": ("9;6", "9;9", "9;11", "10;2"),
    "blanks before": (" 1", "2", " 3", "4"),
    "numbers with blanks": ("1 ", "2", "10 ", "11"),
    "letters": ("A", "B", "C", "D"),
    "letters backwards": ("D", "C", "B", "A"),
    "words without an order": ("red", "blue", "green", "amber"),
    "w01 beside w2": ("w01", "w2", "w03", "w10"),
    "wave 1a, 1b": ("1a", "1b", "2a", "10a"),
    "exponents": ("1e0", "1e1", "1e2", "1e3"),
    "hours": ("9:30", "10:15", "11:00", "13:45"),
    "minutes": ("0:05", "0:10", "1:00", "10:00"),
    "days after": ("day 0", "day +7", "day +14", "day +100"),
    "greater than": ("<1", "1-2", "3-5", ">5"),
    "post before pre by year": ("pre 2018", "post 2018", "pre 2019", "post 2019"),
    "two numbers": ("year 1 wave 2", "year 1 wave 10", "year 2 wave 1", "year 2 wave 11"),
}
"""Name -> the names of four waves in the order of time."""


def named(table: Table, names: tuple[Any, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Give waves 1 to 4 other names, and shuffle the rows."""
    frame = table.frame.assign(wave=table.frame["wave"].map(dict(zip((1, 2, 3, 4), names, strict=True))))
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for i, (name, names) in enumerate(SPELLINGS.items()):
        table = tables.long(rng) if i % 4 else tables.course(rng, waves=4, scale="1-10")
        frame = named(table, names, rng)
        ordinary = name in ORDINARY
        give = doors.from_file(frame.to_csv(index=False), table.how)
        yield Case("A4", f"file: {name}", give, table.truth, ORDER, ordinary=ordinary)
        if i % 2:
            yield Case("A4", f"memory: {name}", doors.long_frame(frame, table.how), table.truth, ORDER,
                       ordinary=ordinary)  # fmt: skip
    yield from types(rng)
    yield from given(rng)
    yield from crossed(rng)


ORDINARY = ("negative numbers", "T1 to T10", "ISO dates", "grades with letters", "w01 beside w2", "school years")
"""Spellings that have one order, and a usual one: they must be read."""


def types(rng: np.random.Generator) -> Iterator[Case]:
    """Waves that are dates, categoricals, booleans, floats."""
    when = pd.to_datetime(["2018-09-15", "2019-03-02", "2019-09-20", "2020-03-01"])
    plain: dict[str, tuple[Any, ...]] = {
        "dates": tuple(when),
        "periods": tuple(when.to_period("M")),
        "date objects": tuple(day.date() for day in when),
        "floats": (0.5, 1.0, 1.5, 10.0),
        "negative floats": (-1.5, -0.5, 0.0, 10.0),
        "spans": tuple(pd.to_timedelta([1, 2, 10, 100], unit="D")),
        "numbers and text": (1, "2", 3, "10"),
        "infinite": (1.0, 2.0, 3.0, float("inf")),
        "dates and text": (when[0], "2019-03-02", when[2], "2020-03-01"),
        "tuples": ((1, "a"), (1, "b"), (2, "a"), (2, "b")),
    }
    for name, names in plain.items():
        table = tables.long(rng)
        yield Case("A4", f"memory: {name}", doors.long_frame(named(table, names, rng), table.how), table.truth, ORDER,
                   ordinary=name in ("dates", "floats", "negative floats"))  # fmt: skip
    words = ("pretest", "midway", "exit", "aftercare")
    for name, names in (
        ("pre ...", words),
        ("T2 before T10", ("T2", "T5", "T9", "T10")),
        ("months", ("Oct", "Jan", "Apr", "Jul")),
    ):
        for ordered in (True, False):
            table = tables.long(rng)
            frame = named(table, names, rng)
            order = list(names) if ordered else sorted(names)
            frame["wave"] = pd.Categorical(frame["wave"], order, ordered=ordered)
            kind = "ordered" if ordered else "unordered"
            yield Case("A4", f"memory: {kind} categorical, {name}", doors.long_frame(frame, table.how), table.truth,
                       ORDER, ordinary=ordered)  # fmt: skip
            give = doors.from_file(lambda path, frame=frame: frame.to_parquet(path), table.how, name="p.parquet")
            yield Case("A4", f"parquet: {kind} categorical, {name}", give, table.truth, ORDER,
                       ordinary=ordered)  # fmt: skip
    for ending in ("dta", "sav"):
        table = tables.long(rng)
        frame = named(table, words, rng)
        codes = {word: i for i, word in enumerate(sorted(words))}
        frame["wave"] = frame["wave"].map(codes)

        def write(path: Any, frame: pd.DataFrame = frame, ending: str = ending, codes: dict[str, int] = codes) -> None:
            import pyreadstat

            labels = {"wave": {code: word for word, code in codes.items()}}
            saved = pyreadstat.write_dta if ending == "dta" else pyreadstat.write_sav
            saved(frame, str(path), variable_value_labels=labels)

        give = doors.from_file(write, table.how, name=f"p.{ending}")
        yield Case("A4", f"{ending}: codes in the order of the alphabet of their labels", give, table.truth,
                   r"label|order|waves")  # fmt: skip


LINE = ["moments", "p.csv", "-o", "m.nc", "--pupil", "id", "--wave", "wave", "--variables", "x,y", "--school", "school"]


def given(rng: np.random.Generator) -> Iterator[Case]:
    """Orders that the command line states."""
    for stated, names, ordinary in (
        ("1,2,3,4", (1, 2, 3, 4), True),
        ("4,3,2,1", (1, 2, 3, 4), False),
        ("1,3,2,4", (1, 2, 3, 4), False),
        ("1,1,2,3", (1, 2, 3, 4), False),
        ("1,2,3", (1, 2, 3, 4), False),
        ("1,2,3,4,5", (1, 2, 3, 4), False),
        (",,,", (1, 2, 3, 4), False),
        ("2020,2019,2018,2017", (2017, 2018, 2019, 2020), False),
        ("w10,w9,w2,w1", ("w1", "w2", "w9", "w10"), False),
        ("pre,post,late,last", ("pre", "post", "late", "last"), True),
        ("1,1,2", (1, 2, 3, 4), False),
        ("1;2;3;4", (1, 2, 3, 4), False),
        ("1 2 3 4", (1, 2, 3, 4), False),
        ("1.0,2.0,3.0,4.0", (1, 2, 3, 4), False),
        ("01,02,03,04", (1, 2, 3, 4), False),
    ):
        table = tables.long(rng)
        frame = named(table, names, rng)
        yield Case("A4", f"--waves {stated} for {names}", doors.command([*LINE, "--waves", stated],
                   {"p.csv": frame.to_csv(index=False)}, result="m.nc"),
                   doors.sums_of(table.frame, table.how), r"(?!)", ordinary=ordinary)  # fmt: skip


def crossed(rng: np.random.Generator) -> Iterator[Case]:
    """Columns of a wide table in another order than their names say."""
    for name, order in (
        ("x1, x3, x2, x4", ("x1", "x3", "x2", "x4")),
        ("x4 to x1", ("x4", "x3", "x2", "x1")),
        ("x twice", ("x1", "x2", "x2", "x4")),
        ("one of y", ("x1", "y2", "x3", "x4")),
        ("y's columns", ("y1", "y2", "y3", "y4")),
    ):
        table = tables.wide(rng)
        how = {**table.how, "columns": {**table.how["columns"], "x": list(order)}}
        yield Case("A4", f"wide: {name}", doors.wide_frame(table.frame, how), table.truth, r"order|column|wave")
    for name, suffixes in (
        ("dates", ("_sep18", "_mar19", "_sep19", "_mar20")),
        ("T9, T10", ("T9", "T10", "T11", "T8")),
    ):
        table = tables.wide(rng)
        names = {f"{v}{t + 1}": f"{v}{suffix}" for v in "xy" for t, suffix in enumerate(suffixes)}
        how = {**table.how, "columns": {v: [f"{v}{s}" for s in suffixes] for v in "xy"}}
        truth = None if name.startswith("T9") else table.truth
        yield Case("A4", f"wide: columns named by {name}", doors.wide_frame(table.frame.rename(columns=names), how),
                   truth, r"order|column|wave", ordinary=truth is not None)  # fmt: skip
    table = tables.wide(rng)
    how = {**table.how, "columns": {"x": ["x1", "x2", "x3", "x4"], "y": ["y4", "y3", "y2", "y1"]}}
    yield Case("A4", "wide: y backwards", doors.wide_frame(table.frame, how), table.truth, r"order|column|wave")
