"""Questions that a table raises, answered: the same numbers as the clean table; and answers that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.mutations_codes import coded
from tests.fuzz.tables import Table

NONE = ("code", ["code"], "codes", ["codes", "codess"], True, 1, {"codes": True}, [None], "all")
"""Answers to questions that are none."""


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    yield from codes(rng)
    yield from labels(rng)
    yield from waves(rng)
    yield from places(rng)
    yield from groups(rng)
    yield from lines(rng)
    for answer in NONE:
        for name in ("accept", "alike", "keep_codes", "waves", "district", "group"):
            if not (name == "keep_codes" and answer is True) and not (name == "keep_codes" and answer == 1):
                table = tables.long(rng)
                give = doors.long_frame(table.frame, {**table.how, name: answer})
                yield Case("answer", f"{name}={answer!r}", give)


def codes(rng: np.random.Generator) -> Iterator[Case]:
    """Codes that are said to be missing, in each way of saying it; and scores that look like codes."""
    for scale, found, answer in (
        ("1-5", (-1.0, -2.0, -3.0, -5.0, -8.0), [-1, -2, -3, -5, -8]),
        ("1-5", (99.0,), 99),
        ("1-5", (99.0,), [99.0]),
        ("1-5", (9.0,), {"x": [9]}),
        ("1-5", (9.0,), {"x": 9, "y": []}),
        ("1-10", (-9.0, 97.0), {"x": [-9, 97], "y": [-9, 97]}),
        ("raw", (1e30,), [1e30]),
        ("1-5", (997.0, 998.0, 999.0), np.array([997, 998, 999])),
        ("1-5", (".",), ["."]),
        ("1-5", ("#NULL!",), "#NULL!"),
        ("1-5", ("k.A.", "-99"), ["k.A.", -99]),
        ("0-40", (-9.0,), (-9,)),
    ):
        for where in ("one", "all"):
            if isinstance(answer, dict) and where == "all":
                continue
            table = tables.long(rng, scale=scale)
            frame, right = coded(table, rng, found, where=where)  # type: ignore[arg-type]
            how = {**table.how, "missing": answer}
            shown = f"missing={answer!r} on {scale}, {where}"
            yield Case("answer", shown, doors.long_frame(frame, how), right, ordinary=True)
            yield Case(
                "answer", f"{shown}, file", doors.from_file(frame.to_csv(index=False), how), right, ordinary=True
            )
    for answer in ({"z": [9]}, {"x": None}, [[9]], {"id": [9]}, object, {9: ["x"]}):
        table = tables.long(rng, scale="1-5")
        yield Case(
            "answer",
            f"missing={answer!r}",
            doors.long_frame(table.frame, {**table.how, "missing": answer}),
            table.truth,
        )
    for how in ({"keep_codes": True}, {"keep_codes": [-1.0]}, {"accept": ["codes"]}, {"keep_codes": [-1, 99]}):
        table = tables.long(rng, scale="1-5")
        frame, _ = coded(table, rng, (-1.0,))
        yield Case(
            "answer",
            f"-1 is a score: {how}",
            doors.long_frame(frame, {**table.how, **how}),
            _as_it_is(frame),
            ordinary=True,
        )
    table = tables.long(rng, scale="1-5")
    frame, _ = coded(table, rng, (-1.0, 99.0))
    yield Case("answer", "-1 is a score, and 99?", doors.long_frame(frame, {**table.how, "keep_codes": [-1.0]}))
    yield Case("answer", "99 is missing, and -1?", doors.long_frame(frame, {**table.how, "missing": [99]}))


def _as_it_is(frame: pd.DataFrame) -> Any:
    values = frame[["x", "y"]].to_numpy(float).reshape(-1, 4, 2)
    return tables.content(values, pd.factorize(frame["school"])[0][::4])


def labels(rng: np.random.Generator) -> Iterator[Case]:
    """Labels in two spellings, merged or kept."""
    ways: dict[str, Callable[[int, bool], str]] = {
        "capitals": lambda i, late: f"P{i}" if late else f"p{i}",
        "zeros": lambda i, late: f"{i:05d}" if late else f"{i}",
        "dashes": lambda i, late: f"A\u2013{i}" if late else f"A-{i}",
    }
    for name, write in ways.items():
        for column in ("id", "school"):
            table = tables.long(rng)
            number = pd.factorize(table.frame[column])[0] + 1
            late = (table.frame["wave"] > 2) if column == "id" else (number > 0) & (table.frame.index // 4 % 2 == 0)
            texts = [write(int(i), bool(is_late)) for i, is_late in zip(number, late, strict=True)]
            frame = table.frame.assign(**{column: texts})
            give = doors.from_file(frame.to_csv(index=False), {**table.how, "alike": "merge"})
            yield Case("answer", f"{column} in two spellings, merged: {name}", give, table.truth, ordinary=True)
    table = tables.long(rng)
    frame = table.frame.assign(school=table.frame["school"].replace({"S1": "s2"}))
    give = doors.from_file(frame.to_csv(index=False), {**table.how, "alike": "keep"})
    yield Case("answer", "schools S2 and s2, kept", give, table.truth, ordinary=True)
    give = doors.from_file(frame.to_csv(index=False), {**table.how, "accept": ["labels"]})
    yield Case("answer", "schools S2 and s2, accepted", give, table.truth, ordinary=True)


def waves(rng: np.random.Generator) -> Iterator[Case]:
    """Orders that the caller states."""
    for names in (
        ("pre", "post", "late", "last"), ("09.2018", "03.2019", "09.2019", "03.2020"), ("w10", "w9", "w2", "w1"),
        ("K", "1", "2", "3"), (4, 3, 2, 1), ("d", "c", "b", "a"), (1.5, 1.25, 10.0, 0.5), ("Sep", "Dec", "Mar", "Jun"),
    ):  # fmt: skip
        table = tables.long(rng)
        frame = table.frame.assign(wave=table.frame["wave"].map(dict(zip((1, 2, 3, 4), names, strict=True))))
        how = {**table.how, "waves": list(names), "accept": ["order"]}
        yield Case("answer", f"waves={names}", doors.long_frame(frame, how), table.truth, ordinary=True)
        written = doors.from_file(frame.to_csv(index=False), {**how, "waves": [str(name) for name in names]})
        yield Case("answer", f"waves={names}, file", written, table.truth, ordinary=True)
        for bad in (names[:3], (*names, "more"), (names[0], *names[:3]), names[0], [], [None, *names[1:]]):
            shown = f"waves={bad!r} for {names}"
            yield Case("answer", shown, doors.long_frame(frame, {**table.how, "waves": bad}), None)


def places(rng: np.random.Generator) -> Iterator[Case]:
    """Districts within which school numbers begin again."""
    for kind, make in (("long", tables.long), ("wide", tables.wide), ("trial", tables.trial)):
        table = make(rng, schools=12, pupils=240)
        frame = _in_districts(table)
        how = {**table.how, "district": "area"}
        door = {"long": doors.long_frame, "wide": doors.wide_frame, "trial": doors.trial_frame}[kind]
        yield Case("answer", f"{kind}: district", door(frame, how), table.truth, ordinary=True)
        give = doors.from_file(frame.to_csv(index=False), how, kind=kind)
        yield Case("answer", f"{kind}: district, file", give, table.truth, ordinary=True)
        for name, changes in (
            ("that is not there", {"district": "region"}), ("that is the school", {"district": "school"}),
            ("without a school", {"school": None}), ("that is the pupil", {"district": "id"}),
            ("of a score", {"district": "x"}),
        ):  # fmt: skip
            yield Case("answer", f"{kind}: district {name}", door(frame, {**how, **changes}), None)
        gaps = frame.assign(area=frame["area"].mask(frame.index == 5))
        yield Case("answer", f"{kind}: a district that is missing", door(gaps, how), table.truth, r"district|area")


def groups(rng: np.random.Generator) -> Iterator[Case]:
    """Groups of pupils, in many spellings; and columns that tell none."""
    for kind, make in (("long", tables.long), ("wide", tables.wide)):
        table = make(rng)
        door = {"long": doors.long_frame, "wide": doors.wide_frame}[kind]
        number = pd.factorize(table.frame["id"])[0] % 2
        how = {**table.how, "group": "sex"}
        for name, labels in (
            ("words", ("girl", "boy")),
            ("codes", (1, 2)),
            ("floats", (1.0, 2.0)),
            ("truth", (True, False)),
        ):
            frame = table.frame.assign(sex=np.array(labels, dtype=object)[number])
            yield Case("answer", f"{kind}: group of {name}", door(frame, how), table.truth, ordinary=True)
        frame = table.frame.assign(sex=pd.Categorical.from_codes(number, ["girl", "boy"]))
        yield Case("answer", f"{kind}: group of categories", door(frame, how), table.truth, ordinary=True)
        one, rows = np.where(number == 0, "girl", "boy"), np.arange(len(number))
        for name, column in (
            ("that all have", np.full(len(number), "girl")), ("that nobody has", np.full(len(number), np.nan)),
            ("that some lack", np.where(number == 0, None, "boy")), ("of its own for everybody", rows.astype(str)),
            ("of measurements", rng.normal(size=len(number))), ("of two spellings", np.where(rows % 3, one, "Girl ")),
            ("of lists", [["girl"]] * len(number)), ("with an arrow", np.where(number == 0, "a -> b", "c")),
            ("with a control code", np.where(number == 0, "a\x1b[31m", "c")),
        ):  # fmt: skip
            yield Case("answer", f"{kind}: group {name}", door(frame.assign(sex=list(column)), how), None)
        for name, column in (
            ("that is not there", "gender"),
            ("that is the pupil", "id"),
            ("that is no name", ["sex"]),
        ):
            yield Case("answer", f"{kind}: group {name}", door(frame, {**how, "group": column}), None)
        if kind == "long":
            moved = frame.assign(sex=np.where(frame["wave"] == frame["wave"].iloc[0], "girl", one))
            yield Case("answer", "long: group that changes", door(moved, how), None)


def _in_districts(table: Table) -> pd.DataFrame:
    number = pd.factorize(table.frame["school"])[0]
    return table.frame.assign(school=number % 4 + 1, area=[f"A{n}" for n in number // 4])


LINE = ["moments", "p.csv", "-o", "m.nc", "--pupil", "id", "--wave", "wave", "--variables", "x,y", "--school", "school"]


def lines(rng: np.random.Generator) -> Iterator[Case]:
    """The same on the command line."""
    for name, extra, change in (
        ("--accept order", ["--waves", "4,3,2,1", "--accept", "order"], lambda f: f.assign(wave=5 - f["wave"])),
        (
            "--alike merge",
            ["--alike", "merge"],
            lambda f: f.assign(id=f["id"].where(f["wave"] > 2, f["id"].str.lower())),
        ),
        ("--missing=., -9", ["--missing=.,-9"], lambda f: f.assign(x=f["x"].astype(object).where(f["x"].notna(), "."))),
        ("--missing=labelled", ["--missing=labelled"], lambda f: f),
        ("--district", ["--district", "area"], lambda f: _in_districts(Table(f))),
    ):
        table = tables.long(rng)
        give = doors.command([*LINE, *extra], {"p.csv": change(table.frame).to_csv(index=False)}, result="m.nc")
        yield Case("answer", f"line {name}", give, doors.sums_of(table.frame, table.how), ordinary=True)
    for extra in (
        ["--accept", "code"], ["--accept", ""], ["--accept", "codes,orders"], ["--alike", "both"], ["--alike", ""],
        ["--keep-codes", "x"], ["--keep-codes", ""], ["--keep-codes", "1,5;2"],
        ["--district", ""], ["--district", "area"], ["--group", ""], ["--group", "sex"], ["--group", "x"],
        ["--district", "school"], ["--missing", "labeled"],
    ):  # fmt: skip
        table = tables.long(rng)
        give = doors.command([*LINE, *extra], {"p.csv": table.text}, result="m.nc")
        yield Case("answer", f"line {' '.join(extra)!r}", give, doors.sums_of(table.frame, table.how))
