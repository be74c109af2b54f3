"""The same table in another spelling: the same numbers, without a refusal."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def _mapped(column: str, change: Callable[[Any], Any]) -> Change:
    return lambda frame, _: frame.assign(**{column: frame[column].map(change)})


def _scores(frame: pd.DataFrame) -> list[str]:
    return [
        name for name in frame.columns if name in ("x", "y", "pre", "post") or (name[:1] in "xy" and name[1:].isdigit())
    ]


def _typed(dtype: str) -> Change:
    return lambda frame, _: frame.astype(dict.fromkeys(_scores(frame), dtype))


ANY: dict[str, Change] = {
    "rows shuffled": lambda frame, rng: frame.iloc[rng.permutation(len(frame))],
    "columns shuffled": lambda frame, rng: frame[list(rng.permutation(frame.columns))],
    "an index of names": lambda frame, _: frame.set_index(frame["id"].astype(str) + "/").rename_axis("name"),
    "an index that repeats": lambda frame, _: frame.set_axis([0] * len(frame)),
    "an index of two": lambda frame, _: frame.set_index(["school", "id"], drop=False).rename_axis(["a", "b"]),
    "columns that nobody uses": lambda frame, rng: frame.assign(
        note="ä\nö", when=pd.Timestamp("2020-01-01"), z=rng.normal(size=len(frame))
    ),
    "a column that is empty": lambda frame, _: frame.assign(empty=np.nan, none=None),
    "nullable numbers": _typed("Float64"),
    "numbers of Arrow": _typed("double[pyarrow]"),
    "numbers as objects": _typed("object"),
    "numbers as Decimals": lambda frame, _: frame.assign(
        **{n: frame[n].map(lambda v: Decimal(repr(v)) if v == v else None) for n in _scores(frame)}
    ),
    "None for missing": lambda frame, _: frame.assign(
        **{n: frame[n].astype(object).where(frame[n].notna(), None) for n in _scores(frame)}
    ),
    "pd.NA for missing": lambda frame, _: frame.assign(
        **{n: frame[n].astype(object).where(frame[n].notna(), pd.NA) for n in _scores(frame)}
    ),
    "schools as a category": lambda frame, _: frame.astype({"school": "category"}),
    "a category with schools that are not there": lambda frame, _: frame.assign(
        school=frame["school"].astype("category").cat.add_categories(["S99"])
    ),
    "text of Arrow": lambda frame, _: frame.astype({"school": "string[pyarrow]", "id": "string[pyarrow]"}),
    "schools as numbers": _mapped("school", lambda s: int(s[1:])),
    "schools as floats": _mapped("school", lambda s: float(s[1:])),
    "schools from 0": _mapped("school", lambda s: int(s[1:]) - 1),
    "schools with zeros": _mapped("school", lambda s: f"{int(s[1:]):04d}"),
    "schools that are negative": _mapped("school", lambda s: -int(s[1:])),
    "schools in another alphabet": _mapped("school", lambda s: "学校" + s[1:]),
    "schools with commas and quotes": _mapped("school", lambda s: f'St. "{s}", N-W'),
    "schools called NA and None": _mapped("school", lambda s: {"S1": "NA", "S2": "None", "S3": "nan"}.get(s, s)),
    "pupils as numbers": _mapped("id", lambda s: int(s[1:])),
    "pupils as floats": _mapped("id", lambda s: float(s[1:])),
    "pupils as nullable integers": lambda frame, _: frame.assign(id=frame["id"].str[1:].astype("Int64")),
    "pupils as a category": lambda frame, _: frame.astype({"id": "category"}),
    "pupils as UUIDs": _mapped("id", lambda s: f"{int(s[1:]):032x}"),
    "pupils of 18 digits": _mapped("id", lambda s: 10**17 + int(s[1:])),
    "pupils with e in the middle": _mapped("id", lambda s: f"{int(s[1:]):03d}e5"),
    "pupils called by dates": _mapped("id", lambda s: f"2010-01-{int(s[1:]) % 28 + 1:02d}/{s}"),
}
"""Name -> a change of a table of any kind, after which it says the same."""

OF_WAVES: dict[str, Change] = {
    "waves as floats": _mapped("wave", float),
    "waves as text": _mapped("wave", str),
    "waves as years": _mapped("wave", lambda w: 2015 + w),
    "waves from 0": _mapped("wave", lambda w: w - 1),
    "waves as W1": _mapped("wave", lambda w: f"W{w}"),
    "waves as wave 1": _mapped("wave", lambda w: f"wave {w}"),
    "waves as 01": _mapped("wave", lambda w: f"{w:02d}"),
    "waves as dates": _mapped("wave", lambda w: pd.Timestamp(2015 + w, 9, 1)),
    "waves as ISO dates": _mapped("wave", lambda w: f"{2015 + w}-09-01"),
    "waves as grades": _mapped("wave", lambda w: w + 7),
    "waves as months": _mapped("wave", lambda w: 6 * (w - 1)),
    "waves as halves": _mapped("wave", lambda w: w / 2),
    "waves as an ordered category": lambda frame, _: frame.assign(
        wave=pd.Categorical(
            frame["wave"].map({1: "pre", 2: "mid", 3: "post", 4: "late"}), ["pre", "mid", "post", "late"], ordered=True
        )
    ),
    "waves as nullable integers": lambda frame, _: frame.astype({"wave": "Int64"}),
    "waves as T08 to T11": _mapped("wave", lambda w: f"T{w + 7:02d}"),
    "waves as T8 to T11": _mapped("wave", lambda w: f"T{w + 7}"),
    "serial dates of a spreadsheet": _mapped("wave", lambda w: 43000 + 180 * w),
    "waves as ages": _mapped("wave", lambda w: 9.5 + 0.5 * w),
    "waves as school years": _mapped("wave", lambda w: f"{2015 + w}/{16 + w}"),
    "rows of a missed wave left out": lambda frame, _: frame[frame[["x", "y"]].notna().any(axis=1)],
}
"""The same of long tables."""

WRITTEN: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "with its mark": lambda f: f.to_csv(index=False).encode("utf-8-sig"),
    "with semicolons": lambda f: f.to_csv(index=False, sep=";").encode(),
    "with semicolons and decimal commas": lambda f: f.to_csv(index=False, sep=";", decimal=",").encode(),
    "with tabs": lambda f: f.to_csv(index=False, sep="\t").encode(),
    "with tabs and decimal commas": lambda f: f.to_csv(index=False, sep="\t", decimal=",").encode(),
    "with CR LF": lambda f: f.to_csv(index=False, lineterminator="\r\n").encode(),
    "with CR": lambda f: f.to_csv(index=False, lineterminator="\r").encode(),
    "without a last line end": lambda f: f.to_csv(index=False).rstrip().encode(),
    "with blank lines below": lambda f: f.to_csv(index=False).encode() + b"\n\n\n",
    "with quotes everywhere": lambda f: f.to_csv(index=False, quoting=1).encode(),
    "with quotes about text": lambda f: f.to_csv(index=False, quoting=2).encode(),
    "with quotes, semicolons, decimal commas": lambda f: f.to_csv(
        index=False, quoting=1, sep=";", decimal=","
    ).encode(),
    "with row numbers": lambda f: f.to_csv().encode(),
    "with NA": lambda f: f.to_csv(index=False, na_rep="NA").encode(),
    "with NaN": lambda f: f.to_csv(index=False, na_rep="NaN").encode(),
    "with exponents": lambda f: f.to_csv(index=False, float_format="%.16e").encode(),
    "with 17 digits": lambda f: f.to_csv(index=False, float_format="%.17g").encode(),
    "with names that differ in nothing but order": lambda f: f[f.columns[::-1]].to_csv(index=False).encode(),
    "with a school over two lines": lambda f: f.assign(school=f["school"] + "\nannex").to_csv(index=False).encode(),
    "with umlauts in UTF-8": lambda f: f.assign(school="Schüler " + f["school"]).to_csv(index=False).encode(),
    "with umlauts in Windows-1252": lambda f: (
        f.assign(school="Schüler " + f["school"]).to_csv(index=False).encode("cp1252")
    ),
}
"""Name -> the bytes of a CSV file."""


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    makes: dict[str, Callable[[np.random.Generator], Table]] = {
        "long": tables.long,
        "wide": tables.wide,
        "trial": tables.trial,
    }
    for i, (name, change) in enumerate(ANY.items()):
        for kind, make in list(makes.items())[:: 1 if i % 3 == 0 else 2 + i % 3]:
            yield _in_memory(kind, name, make(rng), change, rng)
    for name, change in OF_WAVES.items():
        yield _in_memory("long", name, tables.long(rng), change, rng)
    for i, (name, write) in enumerate(WRITTEN.items()):
        for kind in list(makes)[i % 2 :: 2]:
            table = makes[kind](rng)
            yield Case(
                "spelt",
                f"{kind} file: {name}",
                doors.from_file(write(table.frame), table.how, kind=kind),
                table.truth,
                ordinary=True,
            )
    yield from endings(rng)
    yield from same_way(rng)


def _in_memory(kind: str, name: str, table: Table, change: Change, rng: np.random.Generator) -> Case:
    door = {"long": doors.long_frame, "wide": doors.wide_frame, "trial": doors.trial_frame}[kind]
    return Case("spelt", f"{kind}: {name}", door(change(table.frame, rng), table.how), table.truth, ordinary=True)


def endings(rng: np.random.Generator) -> Iterator[Case]:
    """The formats, and their endings."""
    import pyreadstat

    formats: dict[str, Callable[[pd.DataFrame, Path], object]] = {
        "pupils.CSV": lambda f, p: f.to_csv(p, index=False),
        "pupils.tsv": lambda f, p: f.to_csv(p, index=False, sep="\t"),
        "pupils.txt": lambda f, p: f.to_csv(p, index=False, sep="\t"),
        "pupils.csv.gz": lambda f, p: p.write_bytes(gzip.compress(f.to_csv(index=False).encode())),
        "pupils.parquet": lambda f, p: f.to_parquet(p),
        "pupils.PARQUET": lambda f, p: f.to_parquet(p, index=True),
        "pupils.sav": lambda f, p: pyreadstat.write_sav(f, str(p)),
        "pupils.zsav": lambda f, p: pyreadstat.write_sav(f, str(p), compress=True),
        "pupils.dta": lambda f, p: pyreadstat.write_dta(f, str(p)),
        "stata.dta": lambda f, p: f.to_stata(p, write_index=False),
        "two.years.of pupils.csv": lambda f, p: f.to_csv(p, index=False),
        "Schüler.csv": lambda f, p: f.to_csv(p, index=False),
    }
    for i, (name, write) in enumerate(formats.items()):
        for kind in (("long", "trial"), ("wide",))[i % 2]:
            table = {"long": tables.long, "wide": tables.wide, "trial": tables.trial}[kind](rng)
            give = doors.from_file(lambda path, w=write, f=table.frame: w(f, path), table.how, name=name, kind=kind)
            yield Case("spelt", f"{kind} file: {name}", give, table.truth, ordinary=True)
    table = tables.long(rng, scale="1-5")
    labels = {"x": {1.0: "never", 2.0: "seldom", 3.0: "sometimes", 4.0: "often", 5.0: "always"}}
    for name in ("labelled.sav", "labelled.dta"):
        whole = {"x": {int(code): label for code, label in labels["x"].items()}} if name.endswith("dta") else labels
        write = pyreadstat.write_dta if name.endswith("dta") else pyreadstat.write_sav
        give = doors.from_file(
            lambda path, w=write, v=whole: w(table.frame, str(path), variable_value_labels=v), table.how, name=name
        )
        yield Case("spelt", f"long file: {name}", give, table.truth, ordinary=True)
    frame = table.frame.astype({"x": "float32", "y": "Int64"})
    yield Case(
        "spelt",
        "long file: Parquet of small types",
        doors.from_file(lambda path: frame.to_parquet(path), table.how, name="p.parquet"),
        table.truth,
        ordinary=True,
    )
    exact = table.frame.assign(x=[None if np.isnan(v) else Decimal(int(v)) for v in table.frame["x"]])
    yield Case(
        "spelt",
        "long file: Parquet of decimals",
        doors.from_file(lambda path: exact.to_parquet(path), table.how, name="p.parquet"),
        table.truth,
        ordinary=True,
    )


def same_way(rng: np.random.Generator) -> Iterator[Case]:
    """Long, wide and the command line say the same of the same pupils."""
    for k in range(3):
        table = tables.long(rng, scale=("raw", "1-5", "0-100")[k], lost=0.05)
        spread = table.frame.pivot(index=["id", "school"], columns="wave", values=["x", "y"])
        spread.columns = [f"{name}{wave}" for name, wave in spread.columns]
        columns = {name: [f"{name}{wave}" for wave in (1, 2, 3, 4)] for name in ("x", "y")}
        how = {"columns": columns, "pupil": "id", "school": "school"}
        yield Case(
            "spelt", f"long made wide, {k}", doors.wide_frame(spread.reset_index(), how), table.truth, ordinary=True
        )
        line = [
            "moments",
            "p.csv",
            "-o",
            "m.nc",
            "--pupil",
            "id",
            "--wave",
            "wave",
            "--variables",
            "x,y",
            "--school",
            "school",
        ]
        yield Case(
            "spelt",
            f"command line of a long table, {k}",
            doors.command(line, {"p.csv": table.text}, result="m.nc"),
            doors.sums_of(table.frame, table.how),
            ordinary=True,
        )
        line = [
            "moments",
            "w.csv",
            "-o",
            "m.nc",
            "--pupil",
            "id",
            "--wide",
            "x=x1,x2,x3,x4",
            "--wide",
            "y=y1,y2,y3,y4",
            "--school",
            "school",
        ]
        yield Case(
            "spelt",
            f"command line of a wide table, {k}",
            doors.command(line, {"w.csv": spread.reset_index().to_csv(index=False)}, result="m.nc"),
            doors.sums_of(table.frame, table.how),
            ordinary=True,
        )
