"""A1 to A5, A8: numbers, names and codes as spreadsheets and statistics programs write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for kind, make in (("long", tables.long), ("wide", tables.wide), ("trial", tables.trial)):
        yield from numbers(kind, make(rng))
        yield from names(kind, make(rng))
    yield from programs(rng)
    yield from clusters(rng)


def numbers(kind: str, table: Table) -> Iterator[Case]:
    """Scores that a spreadsheet or a person wrote in two ways within one column."""
    score = {"long": "x", "wide": "x2", "trial": "post"}[kind]
    plain = table.frame[score]

    def case(
        name: str, write: Callable[[float, int], Any], *, separator: str = ",", hints: str = r"number|decimal|thousand"
    ) -> Case:
        texts = [np.nan if np.isnan(v) else write(v, i) for i, v in enumerate(plain)]
        text = table.frame.assign(**{score: pd.Series(texts, dtype=object, index=plain.index)}).to_csv(
            index=False, sep=separator
        )
        return Case("A5", f"export {kind}: {name}", doors.from_file(text, table.how, kind=kind), table.truth, hints)

    yield case("decimal commas in some rows, quoted", lambda v, i: repr(v).replace(".", ",") if i % 9 == 4 else repr(v))
    yield case(
        "decimal commas in some rows of a semicolon file",
        lambda v, i: repr(v).replace(".", ",") if i % 9 == 4 else repr(v),
        separator=";",
    )
    yield case(
        "a decimal comma in one row", lambda v, i: repr(v).replace(".", ",") if i == 8 else repr(v), separator=";"
    )
    yield case("commas in one column, points in the other", lambda v, _: repr(v).replace(".", ","), separator=";")
    yield case("two points", lambda v, i: f"{v:.2f}".replace(".", "..") if i == 8 else repr(v))
    yield case("a blank within", lambda v, i: f"{v:.2f}"[:1] + " " + f"{v:.2f}"[1:] if i == 8 else repr(v))
    yield case("a date in place of a number", lambda v, i: "3. Mai" if i == 8 else repr(v))
    yield case("a date of Excel in place of a number", lambda v, i: "10-Mar" if i == 8 else repr(v))
    yield case("ISO dates in place of numbers", lambda v, _: f"2020-01-{int(abs(v)) % 28 + 1:02d}")
    yield case("times in place of numbers", lambda v, _: f"{int(abs(v)) % 24}:{int(abs(v) * 10) % 60:02d}")
    yield case("l for 1", lambda v, i: repr(v).replace("1", "l") if i % 11 == 3 else repr(v))
    yield case("two values in one cell", lambda v, i: f"{v:.1f}/{v + 1:.1f}" if i % 11 == 3 else repr(v))
    yield case("a range in one cell", lambda v, i: f"{v:.0f}-{v + 1:.0f}" if i % 11 == 3 else repr(v))
    yield case("a mark before", lambda v, i: f"<{v:.0f}" if i % 11 == 3 else repr(v))
    yield case("about", lambda v, i: f"~{v:.0f}" if i % 11 == 3 else repr(v))
    yield case("words for numbers", lambda v, i: "seven" if i % 11 == 3 else repr(v))
    yield case("numbers with labels", lambda v, _: f"{round(v)} - often")
    yield case("letters", lambda v, _: "ABCDEF"[int(abs(v)) % 6])


def names(kind: str, table: Table) -> Iterator[Case]:
    """Ids that a spreadsheet cut, and names of columns that it changed."""

    def case(
        name: str, column: str, write: Callable[[int], str], hints: str = r"id|label|digit|alike|exponent|cut|same"
    ) -> Case:
        number = pd.factorize(table.frame[column])[0] + 1
        text = table.frame.assign(**{column: [write(int(i)) for i in number]}).to_csv(index=False)
        return Case("A3", f"export {kind}: {name}", doors.from_file(text, table.how, kind=kind), table.truth, hints)

    for column in ("id", "school"):
        yield case(f"{column} cut to 1.23457E+15", column, lambda i: f"{1234567890123400 + i:.5E}")
        yield case(f"{column} cut to 1,23457E+15", column, lambda i: f"{1234567890123400 + i:.5E}".replace(".", ","))
        yield case(
            f"{column} with 15 digits and a zero", column, lambda i: str((1234567890123456000 + i * 7) // 1000 * 1000)
        )
        yield case(f"{column} of hash signs", column, lambda _: "########")
        yield case(f"{column} of #REF!", column, lambda _: "#REF!")
        yield case(
            f"{column} that became dates",
            column,
            lambda i: f"{i % 12 + 1}-{['Jan', 'Feb', 'Mrz', 'Apr', 'Mai', 'Jun'][i % 6]}" if i % 3 == 0 else f"P{i}",
        )
        yield case(f"{column} in brackets", column, lambda i: f"[{i}]")
        yield case(f"{column} with 2,000 letters", column, lambda i: f"{i:02000d}")
        yield case(f"{column} with a newline in one", column, lambda i: "3\n" if i == 3 else str(i))
        yield case(f"{column} with escape codes", column, lambda i: f"\x1b[31m{i}")
        yield case(f"{column} that turn the text round", column, lambda i: f"\u202e{i}")
    head, body = table.text.split("\n", 1)
    for name, other in (
        ("in capitals", head.upper()), ("with blanks before", head.replace(",", ", ")),
        ("in quotes with blanks", ",".join(f'" {c}"' for c in head.split(","))),
        ("with a no-break space", head.replace(",", "\u00a0,")), ("with BOMs", head.replace(",", ",\ufeff")),
        ("with newlines", ",".join(f'"{c}\n"' for c in head.split(","))),
        ("of V1, V2", ",".join(f"V{i + 1}" for i in range(head.count(",") + 1))),
        ("that are all the same", ",".join(["x"] * (head.count(",") + 1))),
        ("that are empty", "," * head.count(",")),
        ("with full-width letters", head.replace("x", "\uff58").replace("post", "\uff50ost")),
    ):  # fmt: skip
        yield Case(
            "A2",
            f"export {kind}: column names {name}",
            doors.from_file(f"{other}\n{body}", table.how, kind=kind),
            table.truth,
            r"name|column|blank",
        )


def programs(rng: np.random.Generator) -> Iterator[Case]:
    """Files of statistics programs: declared codes, dates, extended missing values, nested columns."""
    import pyreadstat

    table = tables.long(rng, scale="1-5", lost=0)
    frame = table.frame
    hit = rng.choice(len(frame), 12, replace=False)

    def right(rows: np.ndarray = hit, names: tuple[str, ...] = ("x",)) -> Any:
        clean = frame.copy()
        clean.loc[rows, list(names)] = np.nan
        values = clean[["x", "y"]].to_numpy(float).reshape(-1, 4, 2)
        return tables.content(values, pd.factorize(clean["school"])[0][::4])

    def case(
        point: str,
        name: str,
        write: Callable[[Path], object],
        truth: Any,
        *,
        ending: str = "sav",
        hints: str = r"code|missing|label",
        ordinary: bool = False,
    ) -> Case:
        return Case(
            point,
            f"program: {name}",
            doors.from_file(write, table.how, name=f"p.{ending}"),
            truth,
            hints,
            ordinary=ordinary,
        )

    for name, codes, ranges in (
        ("a range low to high", (-9.0, -1.0), [{"lo": -99, "hi": -1}]),
        ("a range and a value", (97.0, 9.0), [{"lo": 96, "hi": 99}, 9]),
        ("three values", (7.0, 8.0, 9.0), [7, 8, 9]),
        ("a range without an end", (50.0, 1e6), [{"lo": 6, "hi": 1.7976931348623157e308}]),
        ("a value of the scale", (5.0,), [5]),
    ):  # fmt: skip
        coded = frame.copy()
        coded.loc[hit, "x"] = [codes[i % len(codes)] for i in range(len(hit))]
        rows = np.flatnonzero(coded["x"] == 5) if codes == (5.0,) else hit
        yield case(
            "A1",
            f"{name} declared missing in SPSS",
            lambda path, c=coded, r=ranges: pyreadstat.write_sav(c, str(path), missing_ranges={"x": r}),
            right(rows),
            ordinary=codes != (5.0,),
        )
    coded = frame.assign(x=frame["x"].mask(frame.index.isin(hit), 9.0))
    yield case(
        "A1",
        "9 in x, declared missing in y",
        lambda path: pyreadstat.write_sav(coded, str(path), missing_ranges={"y": [9]}),
        right(),
    )
    for label in (
        "ANTWORT VERWEIGERT",
        "Missing - item skipped",
        "GEEN OPGAVE",
        "refus",
        "N/A",
        "(don't know)",
        "Keine Daten",
        "-9 no answer",
        "system missing",
        "nicht erhoben",
    ):
        yield case(
            "A1",
            f"6 labelled {label!r}",
            lambda path, s=label: pyreadstat.write_sav(
                frame.assign(x=frame["x"].mask(frame.index.isin(hit), 6.0)),
                str(path),
                variable_value_labels={"x": {1.0: "low", 5.0: "high", 6.0: s}},
            ),
            right(),
        )
    text = frame.assign(x=frame["x"].map(lambda v: f"{v:.0f}"))
    yield case(
        "A5",
        "scores as text in SPSS",
        lambda path: pyreadstat.write_sav(text, str(path)),
        right(np.array([], dtype=int)),
    )
    yield case(
        "A5",
        "scores as text in Stata",
        lambda path: pyreadstat.write_dta(text, str(path)),
        right(np.array([], dtype=int)),
        ending="dta",
    )
    padded = frame.assign(id=frame["id"].str.pad(20, side="right"), school=frame["school"].str.pad(12, side="right"))
    yield case(
        "A3",
        "names padded with blanks in SPSS",
        lambda path: pyreadstat.write_sav(padded, str(path)),
        right(np.array([], dtype=int)),
        ordinary=True,
    )
    letters = "abcdefghijklmnopqrstuvwxyz"
    for some in ("a", "z", letters[:5], letters):
        coded = frame.astype({"x": object})
        coded.loc[hit, "x"] = [some[i % len(some)] for i in range(len(hit))]
        yield case(
            "A8",
            f"{len(some)} codes from .{some[0]} in Stata",
            lambda path, c=coded, s=some: pyreadstat.write_dta(c, str(path), missing_user_values={"x": list(s)}),
            right(),
            ending="dta",
            ordinary=True,
        )
    waves = frame.assign(wave=frame["wave"].map({1: "autumn", 2: "winter", 3: "spring", 4: "summer"}))
    yield case(
        "A4",
        "waves of R's factor by alphabet, Parquet",
        lambda path: waves.astype({"wave": "category"}).to_parquet(path),
        right(np.array([], dtype=int)),
        ending="parquet",
        hints=r"order|wave",
    )
    yield case(
        "A4",
        "waves of R's factor by alphabet, Stata",
        lambda path: waves.astype({"wave": "category"}).to_stata(path, write_index=False),
        right(np.array([], dtype=int)),
        ending="dta",
        hints=r"order|wave",
    )
    for name, column in (
        ("lists", [[1.0]] * len(frame)), ("records", [{"a": 1}] * len(frame)), ("bytes", [b"\x01"] * len(frame)),
        ("lists of lists", [[[1]]] * len(frame)),
        ("dates", [pd.Timestamp("2020-01-01")] * len(frame)), ("times", [pd.Timedelta(days=1)] * len(frame)),
    ):  # fmt: skip
        for role in ("x", "id", "wave", "school"):
            nested = frame.assign(**{role: pd.Series(column, index=frame.index)})
            yield case(
                "A8", f"{name} as {role} in Parquet", lambda path, f=nested: f.to_parquet(path), None, ending="parquet"
            )
        spare = frame.assign(other=pd.Series(column, index=frame.index))
        yield case(
            "A8",
            f"{name} in another column of Parquet",
            lambda path, f=spare: f.to_parquet(path),
            right(np.array([], dtype=int)),
            ending="parquet",
            ordinary=True,
        )


def clusters(rng: np.random.Generator) -> Iterator[Case]:
    """Classes, schools and arms that are spelt in two ways, nested wrongly, or change."""
    alike = r"case|blank|alike|spell|label|differ"
    for name, change in (
        ("a class in two cases", lambda f: f["class"].where(f.index % 8 > 3, f["class"].str.lower())),
        ("a class with a blank", lambda f: f["class"].where(f.index % 8 > 3, f["class"] + " ")),
        ("a class with a dot", lambda f: f["class"].where(f.index % 8 > 3, f["class"] + ".")),
        ("a class with a hyphen", lambda f: f["class"].where(f.index % 8 > 3, f["class"].str.replace("C", "C-"))),
        ("a class with zeros", lambda f: f["class"].str[1:].where(f.index % 8 > 3, f["class"].str[1:].str.zfill(3))),
    ):
        table = tables.long(rng)
        frame = table.frame.assign(**{"class": change(table.frame)})
        yield Case(
            "A3",
            f"clusters: {name}",
            doors.from_file(frame.to_csv(index=False), {**table.how, "classroom": "class", "movers": "first"}),
            table.truth,
            alike,
        )
    for name, changes in (
        ("class and school exchanged", {"classroom": "school", "school": "class"}),
        ("the school as class", {"classroom": "school"}),
        ("the pupil as school", {"school": "id"}),
        ("the wave as school", {"school": "wave"}),
        ("a score as school", {"school": "x"}),
    ):
        table = tables.long(rng)
        yield Case(
            "A3",
            f"clusters: {name}",
            doors.long_frame(table.frame, {**table.how, **changes}),
            None,
            r"school|class|pupil",
        )
    for name, change in (
        ("an arm in two cases", lambda f: f["arm"].where(f.index % 2 > 0, f["arm"].str.upper())),
        ("an arm with a blank", lambda f: f["arm"].where(f.index % 2 > 0, f["arm"] + " ")),
        ("an arm that is missing for some", lambda f: f["arm"].where(f.index % 9 > 0)),
        ("an arm called NA", lambda f: f["arm"].replace("programme", "NA")),
        ("an arm of True and False", lambda f: f["arm"] == "programme"),
    ):
        for randomised in ("school", "pupil"):
            table = tables.trial(rng, randomised=randomised)
            frame = table.frame.assign(arm=change(table.frame))
            how = {**table.how, "control": "False" if "True" in name else "control"}
            yield Case(
                "A3",
                f"clusters: {name}, {randomised}s randomised",
                doors.from_file(frame.to_csv(index=False), how, kind="trial"),
                table.truth,
                alike,
            )
