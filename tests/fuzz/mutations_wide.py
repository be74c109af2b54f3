"""A6: wide tables with a school or class column for each wave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

MOVERS = r"move|changed (school|class)|school per wave|school.*wave|first"


def moving(rng: np.random.Generator, *, share: float = 0.1, lost: bool = False) -> tuple[Table, pd.DataFrame]:
    """A wide table whose pupils have a school at each wave: some change, some leave."""
    table = tables.wide(rng)
    frame = table.frame.copy()
    schools = sorted(frame["school"].unique())
    number = pd.factorize(frame["school"])[0]
    goes = rng.random(len(frame)) < share
    for t in range(4):
        at = np.where(goes & (t >= 2), (number + 1) % len(schools), number)
        frame[f"school{t + 1}"] = [schools[i] for i in at]
        if lost:
            gone = frame[[f"x{t + 1}", f"y{t + 1}"]].isna().all(axis=1) | (rng.random(len(frame)) < 0.03)
            frame[f"school{t + 1}"] = frame[f"school{t + 1}"].mask(gone)
    return table, frame


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for name, share in (("nobody moves", 0.0), ("pupils move", 0.1), ("everybody moves", 1.0)):
        for lost in (False, True):
            table, frame = moving(rng, share=share, lost=lost)
            told = "empty where absent" if lost else "always known"
            yield from _ways(table, frame, f"{name}, {told}", moves=share > 0)
    yield from _lines(rng)


def _ways(table: Table, frame: pd.DataFrame, name: str, *, moves: bool) -> Iterator[Case]:
    many = ["school1", "school2", "school3", "school4"]
    for column in ("school1", "school4"):
        how = {**table.how, "school": column}
        truth = None if moves else table.truth
        yield Case("A6", f"{name}: school={column!r} only", doors.wide_frame(frame, how), truth, MOVERS)
    for movers in (None, "first", "drop"):
        how: dict[str, Any] = {**table.how, "school": many}
        how |= {"movers": movers} if movers else {}
        truth = None if moves and movers != "first" else table.truth
        yield Case("A6", f"{name}: a list of schools, movers={movers}", _tolerant(frame, how), truth, MOVERS)


def _tolerant(frame: pd.DataFrame, how: dict[str, Any]) -> doors.Give:
    """A list of school columns; an argument that does not exist is refused by Python itself."""

    def give(folder: Any) -> Any:
        import inspect

        import bayespanel as bp
        from tests.fuzz.judge import Usage

        unknown = set(how) - set(inspect.signature(bp.Panel.from_wide).parameters)
        if unknown:
            raise Usage(f"no argument {unknown}")
        return doors.wide_frame(frame, how)(folder)

    return give


def _lines(rng: np.random.Generator) -> Iterator[Case]:
    """The same on the command line."""
    table, frame = moving(rng)
    line = ["moments", "w.csv", "-o", "m.nc", "--pupil", "id", "--wide", "x=x1,x2,x3,x4", "--wide", "y=y1,y2,y3,y4"]
    for name, extra in (
        ("--school school1", ["--school", "school1"]),
        ("--school school1,school2,school3,school4", ["--school", "school1,school2,school3,school4"]),
        ("--movers first", ["--school", "school1,school2,school3,school4", "--movers", "first"]),
        ("--movers drop", ["--school", "school1,school2,school3,school4", "--movers", "drop"]),
        ("a school per wave but one", ["--school", "school1,school2,school3"]),
        ("a school twice", ["--school", "school1,school1,school3,school4"]),
    ):
        give = doors.command([*line, *extra], {"w.csv": frame.to_csv(index=False)}, result="m.nc")
        yield Case("A6", f"command: {name}", give, None, MOVERS)
    for name, drop in (("3 of 4 columns of y", "y4"), ("2 of 4 columns of y", "y3")):
        table = tables.wide(rng)
        columns = {**table.how["columns"], "y": [c for c in table.how["columns"]["y"] if c != drop]}
        yield Case("A6", f"wide: {name}", doors.wide_frame(table.frame, {**table.how, "columns": columns}))
    for name, change in (
        ("no columns", {}),
        ("a text for columns", {"x": "x1"}),
        ("None for columns", {"x": None}),
        ("a number among columns", {"x": ["x1", 2, "x3", "x4"]}),
        ("one wave", {"x": ["x1"], "y": ["y1"]}),
        ("a column that is not there", {"x": ["x1", "x2", "x3", "x9"], "y": ["y1", "y2", "y3", "y4"]}),
        ("the id among them", {"x": ["x1", "x2", "x3", "id"], "y": ["y1", "y2", "y3", "y4"]}),
    ):
        table = tables.wide(rng)
        yield Case("A6", f"wide: {name}", doors.wide_frame(table.frame, {**table.how, "columns": change}))
    for waves in ([1, 1, 2, 3], [1, 2, 3], "1234", [None, 1, 2, 3], [4, 3, 2, 1], ["", " ", "a", "b"], [[1], 2, 3, 4]):
        table = tables.wide(rng)
        yield Case("A6", f"wide: waves={waves!r}", doors.wide_frame(table.frame, {**table.how, "waves": waves}), None,
                   r"order|wave")  # fmt: skip
