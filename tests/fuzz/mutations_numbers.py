"""A5, A7: numbers in other notations, and scores that hold no information or somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Answer, Case, words_of
from tests.fuzz.tables import Table

NOTATIONS: dict[str, Callable[[float], str]] = {
    "a decimal comma": lambda v: f"{v:.2f}".replace(".", ","),
    "a comma for thousands": lambda v: f"{v * 100:,.2f}",
    "a point for thousands and a decimal comma": lambda v: f"{v * 100:,.2f}".translate(str.maketrans(",.", ".,")),
    "an apostrophe for thousands": lambda v: f"{v * 100:,.2f}".replace(",", "'"),
    "a typographic apostrophe": lambda v: f"{v * 100:,.2f}".replace(",", "’"),
    "a blank for thousands": lambda v: f"{v * 100:,.2f}".replace(",", " "),
    "a no-break space for thousands": lambda v: f"{v * 100:,.2f}".replace(",", "\u00a0"),
    "a thin space for thousands": lambda v: f"{v * 100:,.2f}".replace(",", "\u202f"),
    "percent signs": lambda v: f"{v:.1f}%",
    "a euro sign": lambda v: f"€{v:.2f}",
    "a unit": lambda v: f"{v:.1f} pt",
    "a minus sign U+2212": lambda v: f"{v - 10:.2f}".replace("-", "\u2212"),
    "a dash for a minus": lambda v: f"{v - 10:.2f}".replace("-", "\u2013"),
    "a minus behind": lambda v: f"{abs(v - 10):.2f}" + ("-" if v < 10 else ""),
    "brackets for negatives": lambda v: f"({abs(v - 10):.2f})" if v < 10 else f"{v - 10:.2f}",
    "plus signs": lambda v: f"{v:+.2f}",
    "an underscore": lambda v: f"1_{round(v * 100):04d}",
    "hexadecimal": lambda v: hex(int(v * 100)),
    "Fortran exponents": lambda v: f"{v:.4e}".replace("e", "D"),
    "capital exponents": lambda v: f"{v:.6E}",
    "fractions": lambda v: f"{round(v * 2)}/2",
    "Arabic digits": lambda v: f"{v:.2f}".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    "full-width digits": lambda v: f"{v:.2f}".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "dates from a spreadsheet": lambda v: f"{int(v) % 28 + 1}. Mar",
    "a trailing point": lambda v: f"{round(v)}.",
    "a leading point": lambda v: f".{round(v * 100) % 1000:03d}",
    "a quote before": lambda v: f"'{v:.2f}",
    "blanks around": lambda v: f"  {v:.2f} ",
    "overflow": lambda v: "1e999" if v > 16 else f"{v:.2f}",
    "infinity": lambda v: "inf" if v > 16 else f"{v:.2f}",
    "underflow": lambda v: "1e-999" if v > 16 else f"{v:.2f}",
    "a letter O for a zero": lambda v: f"{v:.2f}".replace("0", "O"),
    "grades with plus": lambda v: f"{round(v)}+" if v % 1 > 0.7 else f"{round(v)}",
}
"""Name -> how a score of about 10 +- 3 is written."""

READ = ("plus signs", "capital exponents")
"""Notations that every program reads."""


def right(table: Table, how: Callable[[float], float | None]) -> Any:
    """Return the content of a long table whose x is another number."""
    frame = table.frame.assign(x=[np.nan if np.isnan(v) else how(v) for v in table.frame["x"]])
    pupils, waves = frame["id"].nunique(), 4
    values = frame[["x", "y"]].to_numpy(float).reshape(pupils, waves, 2)
    return tables.content(values, pd.factorize(frame["school"])[0][::waves])


MEANT: dict[str, Callable[[float], float | None]] = {
    "percent signs": lambda v: float(f"{v:.1f}"),
    "a euro sign": lambda v: float(f"{v:.2f}"),
    "a unit": lambda v: float(f"{v:.1f}"),
    "hexadecimal": lambda v: float(int(v * 100)),
    "Fortran exponents": lambda v: float(f"{v:.4e}"),
    "capital exponents": lambda v: float(f"{v:.6E}"),
    "fractions": lambda v: round(v * 2) / 2,
    "an underscore": lambda v: 10000.0 + round(v * 100),
    "a trailing point": lambda v: float(round(v)),
    "a leading point": lambda v: (round(v * 100) % 1000) / 1000,
    "grades with plus": lambda _: None,
    "overflow": lambda _: None,
    "infinity": lambda _: None,
    "dates from a spreadsheet": lambda _: None,
    "underflow": lambda v: 0.0 if v > 16 else float(f"{v:.2f}"),
}


def _meant(name: str) -> Callable[[float], float | None]:
    if name in MEANT:
        return MEANT[name]
    if any(word in name for word in ("thousands", "typographic")):
        return lambda v: float(f"{v * 100:.2f}")
    if any(word in name for word in ("minus", "negatives")):
        return lambda v: float(f"{v - 10:.2f}")
    return lambda v: float(f"{v:.2f}")


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    yield from notations(rng)
    yield from thousands(rng)
    yield from degenerate(rng)
    yield from degenerate_trials(rng)


def notations(rng: np.random.Generator) -> Iterator[Case]:
    """A column in another notation, in files with commas and with semicolons."""
    for name, write in NOTATIONS.items():
        for separator in (",", ";"):
            table = tables.long(rng)
            texts = ["" if np.isnan(v) else write(v) for v in table.frame["x"]]
            y = table.frame["y"].map(lambda v: "" if np.isnan(v) else str(round(v)))
            plain = table.frame.assign(y=[float(v) if v else np.nan for v in y])
            text = plain.assign(x=texts, y=y).to_csv(index=False, sep=separator)
            truth = right(Table(plain, table.how), _meant(name))
            how = {**table.how}
            yield Case("A5", f"{name}, separated by {separator!r}", doors.from_file(text, how), truth, r"(?!)",
                       ordinary=name in READ or (name == "a decimal comma" and separator == ";"))  # fmt: skip


def thousands(rng: np.random.Generator) -> Iterator[Case]:
    """Whole numbers about 1,000 whose thousands mark is a point or a comma."""
    for mark, separator in ((".", ";"), (".", ","), (",", ";"), (",", ","), (".", "\t"), (",", "\t")):
        # Where every number has a point and three digits after it, nothing tells 2.500 from 2500.
        for centre in (700.0, 1000.0) if mark == "." else (700.0, 1000.0, 2500.0, 40000.0):
            table = tables.long(rng)
            whole = (table.frame["x"] - 10).mul(120).add(centre).round()
            texts = ["" if np.isnan(v) else f"{int(v):,}".replace(",", mark) for v in whole]
            text = table.frame.assign(x=texts, y=table.frame["y"].round()).to_csv(index=False, sep=separator)
            plain = Table(table.frame.assign(x=whole, y=table.frame["y"].round()), table.how)
            yield Case("A5", f"{mark!r} for thousands about {centre:g}, separated by {separator!r}",
                       doors.from_file(text, table.how), right(plain, lambda v: v), r"thousand|decimal")  # fmt: skip


def modelled(frame: pd.DataFrame, how: dict[str, Any]) -> doors.Give:
    """A panel that goes on into a model, as far as a fit would before it samples."""

    def give(_: Path) -> Answer:
        import bayespanel as bp

        panel = bp.Panel.from_long(frame, **how)
        spec = bp.RICLPM(variables=tuple(how["variables"]), levels=("pupil", "school"))
        bp.build(spec, panel)
        return Answer(None, words_of(panel))

    return give


def degenerate(rng: np.random.Generator) -> Iterator[Case]:
    """Scores that are another variable's, nobody's, or an id."""
    pupils, waves = 120, 4

    def number(frame: pd.DataFrame, column: str) -> np.ndarray:
        return pd.factorize(frame[column])[0] + 1.0

    changes: dict[str, Callable[[pd.DataFrame], Any]] = {
        "a copy": lambda f: f["x"],
        "ten times x": lambda f: 10 * f["x"],
        "x turned round": lambda f: 6 - f["x"],
        "x in SDs": lambda f: (f["x"] - f["x"].mean()) / f["x"].std(),
        "x rounded": lambda f: f["x"].round(6),
        "x plus a whisper": lambda f: f["x"] + 1e-9 * rng.normal(size=len(f)),
        "x by wave on other scales": lambda f: f["x"] * f["wave"],
        "the next wave's x": lambda f: f.groupby("id")["x"].shift(-1).fillna(f["x"].mean()),
        "the last wave's x": lambda f: f.groupby("id")["x"].shift(1).fillna(f["x"].mean()),
        "constant within pupils": lambda f: f.groupby("id")["y"].transform("mean"),
        "constant within schools and waves": lambda f: f.groupby(["school", "wave"])["y"].transform("mean"),
        "one number": lambda _: 3.0,
        "one number but once": lambda f: np.where(f.index == 17, 4.0, 3.0),
        "the id": lambda f: number(f, "id"),
        "the school number": lambda f: number(f, "school"),
        "the row number": lambda f: np.arange(len(f)) * 1.0,
        "the wave": lambda f: f["wave"] * 1.0,
        "the year": lambda f: f["wave"] + 2010.0,
        "the id plus the wave": lambda f: number(f, "id") + f["wave"] / 10,
        "scale 1e-200": lambda f: f["y"] * 1e-200,
        "scale 1e155": lambda f: f["y"] * 1e155,
        "scale 1e200": lambda f: f["y"] * 1e200,
        "scale 1e-300": lambda f: f["y"] * 1e-300,
        "spread of 1e-12 around 1": lambda f: 1 + 1e-12 * f["y"],
        "nothing but missing": lambda _: np.nan,
        "missing but for two pupils": lambda f: f["y"].where(f["id"].isin(["P1", "P2"])),
        "missing at one wave": lambda f: f["y"].where(f["wave"] != 2),
        "missing but for one pupil at one wave": lambda f: f["y"].where((f["wave"] != 2) | (f["id"] == "P9")),
        "seen where x is not": lambda f: f["y"].where(f["x"].isna()),
        "straight lines": lambda f: number(f, "id") % 7 + f["wave"] * (number(f, "id") % 3),
        "a sum that holds x": lambda f: f["x"] + f["sex"],
        "one giant": lambda f: f["y"].where(f.index != 5, 1e14),
        "infinite": lambda f: f["y"].where(f.index != 5, np.inf),
        "text that reads like numbers": lambda f: f["y"].astype(str),
        "complex numbers": lambda f: f["y"].astype(complex) + 1j,
        "dates": lambda f: pd.to_datetime(f["y"].fillna(0) * 1e9),
    }
    for name, change in changes.items():
        table = tables.long(rng, scale="raw", pupils=pupils, waves=waves)
        frame = table.frame.copy()
        frame["y"] = change(frame)
        fast = name in ("a copy", "ten times x", "scale 1e-200", "scale 1e155", "the id")
        yield Case("A7", f"y is {name}", modelled(frame, table.how), None,
                   r"copy|linear|function|same|constant|scale|spread|id|number|vary|determin|wave|identical|few|outl",
                   fast=fast, risky=False)  # fmt: skip
    table = tables.long(rng)
    for name, how in (
        ("one variable named twice", {"variables": ["x", "x"]}),
        ("the pupil as a variable", {"variables": ["x", "id"]}),
        ("the wave as a variable", {"variables": ["x", "wave"]}),
        ("the school as a variable", {"variables": ["x", "school"]}),
        ("a variable as the pupil", {"pupil": "x"}),
        ("no variables", {"variables": []}),
        ("variables in a text", {"variables": "x"}),
        ("variables that are numbers", {"variables": [1, 2]}),
        ("the pupil as the wave", {"wave": "id"}),
        ("the pupil as the school", {"school": "id"}),
        ("a column that is not there", {"variables": ["x", "z"]}),
        ("a covariate that varies", {"covariates": ["y"], "variables": ["x"]}),
        ("None for the pupil", {"pupil": None}),
        ("a list for the pupil", {"pupil": ["id"]}),
        ("a number for the wave", {"wave": 3}),
        ("movers misspelt", {"movers": "frist"}),
    ):
        yield Case("A7", f"roles: {name}", doors.long_frame(table.frame, {**table.how, **how}))


def degenerate_trials(rng: np.random.Generator) -> Iterator[Case]:
    """Baselines, outcomes and arms that cannot be what they are called."""
    hints = r"copy|linear|same|constant|arm|baseline|scale|spread|spill|function|number|determin|categor"

    def modelled_trial(frame: pd.DataFrame, how: dict[str, Any]) -> doors.Give:
        def give(_: Path) -> Answer:
            import bayespanel as bp

            trial = bp.Trial.from_frame(frame, **how)
            bp.build(bp.ClusterTrial(outcomes=("post",), adjustment="covariate"), trial)
            return Answer(None, words_of(trial))

        return give

    changes: dict[str, Callable[[pd.DataFrame], dict[str, Any]]] = {
        "the baseline is the outcome": lambda f: {"pre": f["post"]},
        "the baseline is ten times the outcome": lambda f: {"pre": 10 * f["post"] + 3},
        "the outcome is the arm": lambda f: {"post": (f["arm"] == "control") * 1.0},
        "the outcome is a number": lambda _: {"post": 3.0},
        "the outcome is constant in an arm": lambda f: {"post": f["post"].where(f["arm"] == "control", 3.0)},
        "the outcome is missing in an arm": lambda f: {"post": f["post"].where(f["arm"] == "control")},
        "the outcome is the id": lambda f: {"post": np.arange(len(f)) * 1.0},
        "the outcome is the school number": lambda f: {"post": pd.factorize(f["school"])[0] * 1.0},
        "the outcome is of scale 1e155": lambda f: {"post": f["post"] * 1e155},
        "the outcome is of scale 1e-200": lambda f: {"post": f["post"] * 1e-200},
        "one arm": lambda _: {"arm": "control"},
        "an arm for each pupil": lambda f: {"arm": f["id"]},
        "an arm by halves of schools": lambda f: {"arm": np.where(f.index % 2, "control", "programme")},
        "a third arm of one school": lambda f: {"arm": f["arm"].mask(f["school"] == "S1", "other")},
        "the baseline is infinite": lambda f: {"pre": f["pre"].where(f.index != 5, np.inf)},
        "the baseline is text": lambda f: {"pre": f["pre"].astype(str)},
        "the outcome is text": lambda _: {"post": "good"},
        "ids stand twice": lambda f: {"id": ["P1", "P1", *f["id"][2:]]},
        "a pupil without a school": lambda f: {"school": f["school"].where(f.index != 5)},
    }
    for name, change in changes.items():
        table = tables.trial(rng)
        frame = table.frame.assign(**change(table.frame))
        yield Case("A7", f"trial: {name}", modelled_trial(frame, table.how), None, hints, fast="scale" not in name)
