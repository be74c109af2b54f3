"""A1: codes for "missing" that a reader could take for scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

NEGATIVE = (-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -55, -66, -77, -88, -96, -97, -98, -99, -888, -998, -999,
            -9998, -9999, -99999, -32768, -2147483648)  # fmt: skip
POSITIVE = (8, 9, 66, 77, 88, 96, 97, 98, 99, 555, 666, 777, 888, 996, 997, 998, 999, 9997, 9998, 9999, 99999,
            999999, 99.9, 999.99, 255, 32767, 65535, 2147483647)  # fmt: skip
HUGE = (1e9, 1e15, 1e30, -1e30, 1e36, 8.988465674311579e307, 1.7976931348623157e308, -1.7976931348623157e308)
TOGETHER = ((-1, -2, -3, -4, -5), (-1, -2, -3, -5, -8), (997, 998, 999), (97, 98, 99), (-7, -8, -9), (7, 8, 9), (8, 9),
            (9, 99), (99, 999), (77, 88, 99), (66, 77, 88, 99), (-97, -98, -99), (-9, -99, -999), (96, 97, 98, 99),
            (-1, 99), (-66, -77, -88, -99), (9, -9), (1e30, -1e30), (996, 997, 998, 999), (-1, -2),
            (-55, -66, -77, -88, -99))  # fmt: skip
OTHER_SCALES = (("1-10", -1), ("1-10", 99), ("1-10", 77), ("0-40", -1), ("0-40", -9), ("0-40", 99), ("0-40", 88),
                ("0-40", 999), ("0-100", -1), ("0-100", -99), ("0-100", 999), ("0-100", 888), ("tenths", -1),
                ("tenths", -9), ("tenths", 99), ("tenths", 99.9), ("tenths", 999), ("z", -9), ("z", -99), ("z", 99),
                ("z", 9), ("z", 999), ("raw", -99), ("raw", 99), ("raw", 999), ("raw", -999), ("0-4", 9), ("0-4", 99),
                ("0-4", -1), ("0-4", -8), ("0-4", 8), ("1-10", -5), ("0-40", -3))  # fmt: skip
TEXT = (".", "#NULL!", "n/a", "-", "--", "?", "missing", "Missing", "MISSING", "weiss nicht", "k.A.", "keine Angabe",
        "ontbreekt", "weet niet", "sans réponse", "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "x", "X", "*", ".a", "none",
        "nicht beantwortet", "geen antwoord", "refused", "abwesend", "afwezig", "-,-", "∅", "0,", "NULL", "<NA>", "–",
        "99*", "'99", "(99)", "99?")  # fmt: skip
LABELS = ("Refused", "Don't know", "Not asked", "No answer", "weiß nicht", "keine Angabe", "verweigert", "ontbreekt",
          "weet niet", "n.v.t.", "geen antwoord", "sans réponse", "ne sait pas", "no contesta", "vet ej", "missing",
          "not applicable", "pupil absent", "trifft nicht zu", "niet van toepassing")  # fmt: skip
WORDS = r"missing|code|label"


def coded(table: Table, rng: np.random.Generator, codes: tuple[float, ...], *, where: str = "one",
          share: float = 0.02) -> tuple[pd.DataFrame, Any]:  # fmt: skip
    """Put codes into cells of a long table, and say what is right: these cells are missing."""
    frame = table.frame.copy()
    names = list(table.how["variables"])
    right = frame.copy()
    for name in names if where == "all" else names[:1]:
        rows = np.flatnonzero(frame[name].notna() & ((frame["wave"] == 2) if where == "wave" else True))
        count = max(2 * len(codes), round(share * len(rows) * (4 if where == "wave" else 1)))
        hit = rng.choice(rows, count, replace=False)
        frame[name] = frame[name].astype(object if isinstance(codes[0], str) else float)
        frame.loc[hit, name] = [codes[i % len(codes)] for i in range(count)]
        right.loc[hit, name] = np.nan
    pupils, waves = right["id"].nunique(), right["wave"].nunique()
    values = right[names].to_numpy(float).reshape(pupils, waves, len(names))
    return frame, tables.content(values, pd.factorize(right["school"])[0][::waves])


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    yield from numbers(rng)
    yield from words(rng)
    yield from labelled(rng)
    yield from elsewhere(rng)


def numbers(rng: np.random.Generator) -> Iterator[Case]:
    """One number, or several that shield each other, in a variable, in a wave, in all."""
    places = ("one", "all", "wave")
    single = [("1-5", (float(code),)) for code in NEGATIVE + POSITIVE + HUGE]
    single += [(scale, (float(code),)) for scale, code in OTHER_SCALES]
    several = [("1-5", tuple(map(float, codes))) for codes in TOGETHER]
    several += [("0-40", tuple(map(float, codes))) for codes in TOGETHER[:4]]
    for i, (scale, codes) in enumerate(single + several):
        where = places[i % 3]
        table = tables.long(rng, scale=scale)
        frame, right = coded(table, rng, codes, where=where)
        named = "/".join(f"{code:g}" for code in codes)
        in_file = i % 2 == 1
        give = doors.from_file(frame.to_csv(index=False), table.how) if in_file else doors.long_frame(frame, table.how)
        yield Case("A1", f"code {named} on {scale}, {where}", give, right, rf"{WORDS}")
    for share in (0.003, 0.3, 0.6):
        for code in (-9.0, 99.0, 9.0):
            table = tables.long(rng, scale="1-5")
            frame, right = coded(table, rng, (code,), where="all", share=share)
            yield Case("A1", f"code {code:g} in {share:.1%} of cells", doors.long_frame(frame, table.how), right, WORDS)


def words(rng: np.random.Generator) -> Iterator[Case]:
    """Text among the scores of a CSV file."""
    for i, code in enumerate(TEXT):
        table = tables.long(rng, scale="1-5")
        frame, right = coded(table, rng, (code,), where="one" if i % 2 else "all")
        give = doors.from_file(frame.to_csv(index=False), table.how)
        yield Case("A1", f"text {code!r} among scores", give, right, WORDS)
    for name in ("NA", "None", "null", "NaN", "nan", "n/a", "N/A", "NULL", "<NA>", "-", "inf", "#N/A", "True", "1e5"):
        table = tables.long(rng)
        frame = table.frame.assign(school=table.frame["school"].replace("S3", name))
        yield Case("A1", f"a school called {name!r}", doors.from_file(frame.to_csv(index=False), table.how),
                   table.truth, r"(?!)")  # fmt: skip


def labelled(rng: np.random.Generator) -> Iterator[Case]:
    """Codes next to the scale in SPSS and Stata files, whose labels say what they are; declared ones."""
    for i, label in enumerate(LABELS):
        table = tables.long(rng, scale="1-5")
        code = float((6, 0, 7, -1)[i % 4])
        frame, right = coded(table, rng, (code,))
        names = {1.0: "never", 5.0: "always", code: label} if i % 2 else {code: label}
        ending = "sav" if i % 3 else "dta"
        give = doors.from_file(_written(frame, ending, {"x": names}), table.how, name=f"pupils.{ending}")
        yield Case("A1", f"{ending}: {code:g} labelled {label!r}", give, right, WORDS)
    for i, ranges in enumerate(([9], [{"lo": 97, "hi": 99}], [-9, -8], [{"lo": -99, "hi": -1}], [0])):
        table = tables.long(rng, scale="1-5")
        codes = {0: (9.0,), 1: (97.0, 99.0), 2: (-9.0, -8.0), 3: (-5.0, -50.0), 4: (0.0,)}[i]
        frame, right = coded(table, rng, codes)
        give = doors.from_file(_written(frame, "sav", {}, missing_ranges={"x": ranges}), table.how, name="p.sav")
        yield Case("A1", f"sav: {ranges} declared missing", give, right, r"(?!)", ordinary=True)
    for letter in "abz":
        table = tables.long(rng, scale="1-5")
        frame, right = coded(table, rng, (letter,))  # type: ignore[arg-type]
        give = doors.from_file(_written(frame, "dta", {}, missing_user_values={"x": [letter]}), table.how, name="p.dta")
        yield Case("A1", f"dta: .{letter}", give, right, WORDS)


def elsewhere(rng: np.random.Generator) -> Iterator[Case]:
    """Codes in wide tables, trials, single outcomes and covariates; and on the command line."""
    for code in (-1.0, -5.0, 9.0, 99.0, 997.0):
        table = tables.wide(rng, scale="1-5")
        frame, right = table.frame.copy(), table.frame.copy()
        cells = [name for names in table.how["columns"].values() for name in names]
        for name in cells:
            hit = rng.choice(np.flatnonzero(frame[name].notna()), 3, replace=False)
            frame.loc[hit, name], right.loc[hit, name] = code, np.nan
        values = right[cells].to_numpy(float).reshape(len(right), 2, 4).transpose(0, 2, 1)
        truth = tables.content(values, pd.factorize(right["school"])[0])
        yield Case("A1", f"wide: code {code:g}", doors.wide_frame(frame, table.how), truth, WORDS)
    for code in (-1.0, -5.0, 9.0, 99.0, 999.0, -99.0):
        for column in ("post", "pre"):
            table = tables.trial(rng, scale="1-5")
            frame = table.frame.copy()
            hit = rng.choice(np.flatnonzero(frame[column].notna()), 6, replace=False)
            frame.loc[hit, column] = code
            yield Case("A1", f"trial: code {code:g} in {column}", doors.trial_frame(frame, table.how), None, WORDS)
    for code in (-1.0, -8.0, 9.0, 99.0, -999.0):
        table = tables.course(rng)
        frame, _ = coded(table, rng, (code,), share=0.01)
        yield Case("A1", f"course: code {code:g}", doors.long_frame(frame, table.how), None, WORDS)
    for code in (-9.0, 99.0, 999.0):
        table = tables.course(rng)
        some = table.frame["id"].isin(rng.choice(table.frame["id"].unique(), 5, replace=False))
        frame = table.frame.assign(warmth=table.frame["warmth"].mask(some, code))
        yield Case("A1", f"covariate: code {code:g}", doors.long_frame(frame, table.how), None, WORDS)
    for code, given in ((-5.0, "-5"), (9.0, "9"), (".", "."), ("#NULL!", "#NULL!"), ("n/a", "n/a"), ("k.A.", "k.A.")):
        table = tables.long(rng, scale="1-5" if code == 9 else "1-10", lost=0)
        frame, right = coded(table, rng, (code,))  # type: ignore[arg-type]
        line = ["moments", "p.csv", "-o", "m.nc", "--pupil", "id", "--wave", "wave", "--variables", "x,y", "--school",
                "school", f"--missing={given}"]  # fmt: skip
        scores = frame[["x", "y"]].astype(object)
        clean = frame.assign(**scores.mask(scores == code).astype(float))
        yield Case("A1", f"--missing={given}", doors.command(line, {"p.csv": frame.to_csv(index=False)}, result="m.nc"),
                   doors.sums_of(clean, table.how), ordinary=True)  # fmt: skip


def _written(frame: pd.DataFrame, ending: str, labels: dict[str, dict[float, str]], **options: Any) -> Any:
    """Return what writes a labelled file."""
    import pyreadstat

    def write(path: Path) -> None:
        if ending == "sav":
            pyreadstat.write_sav(frame, str(path), variable_value_labels=labels, **options)
        else:
            whole = {name: {int(code): text for code, text in codes.items()} for name, codes in labels.items()}
            pyreadstat.write_dta(frame, str(path), variable_value_labels=whole, **options)

    return write
