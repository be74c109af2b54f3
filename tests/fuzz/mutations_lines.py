"""A5, A8: command lines about tables: options repeated, empty, misspelt, with decimal commas, or in conflict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case

LONG = ["--pupil", "id", "--wave", "wave", "--variables", "x,y", "--school", "school"]
WIDE = ["--pupil", "id", "--wide", "x=x1,x2,x3,x4", "--wide", "y=y1,y2,y3,y4", "--school", "school"]
TRIAL = ["--arm", "arm", "--control", "control", "--outcomes", "post", "--baseline", "post=pre", "--school", "school",
         "--pupil", "id", "--randomised", "school"]  # fmt: skip


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    long, wide, trial = tables.long(rng, scale="0-40"), tables.wide(rng, scale="0-40"), tables.trial(rng, scale="0-40")
    yield from moments(long)
    yield from wides(wide)
    yield from described(long, wide, trial)


def _without(line: list[str], option: str, value: str | None = None) -> list[str]:
    """Return a line without an option, or with another value of it."""
    at = line.index(option)
    return [*line[:at], *([option, value] if value is not None else []), *line[at + 2 :]]


def moments(table: tables.Table) -> Iterator[Case]:
    """Lines of `moments` on a long table, each of which is right, or refused."""
    truth = doors.sums_of(table.frame, table.how)
    files = {"p.csv": table.text, "P 1.csv": table.text, "p;1.csv": table.text.replace(",", ";")}
    start = ["moments", "p.csv", "-o", "m.nc"]

    def case(name: str, line: list[str], *, same: bool = False) -> Case:
        return Case("line", f"moments: {name}", doors.command(line, files, result="m.nc"), truth, ordinary=same)

    yield case("as it should be", [*start, *LONG], same=True)
    yield case("options first", ["moments", *LONG, "-o", "m.nc", "p.csv"], same=True)
    yield case(
        "options backwards",
        ["moments", "p.csv", *(w for i in (6, 4, 2, 0) for w in LONG[i : i + 2]), "-o", "m.nc"],
        same=True,
    )
    yield case(
        "with equals signs",
        ["moments", "p.csv", "--output=m.nc", "--pupil=id", "--wave=wave", "--variables=x,y", "--school=school"],
        same=True,
    )
    yield case("blanks around names", [*start, *_without(LONG, "--variables", " x , y ")], same=True)
    yield case("a blank in the file's name", ["moments", "P 1.csv", "-o", "m.nc", *LONG], same=True)
    yield case("a semicolon in the file's name", ["moments", "p;1.csv", "-o", "m.nc", *LONG], same=True)
    yield case("waves named", [*start, *LONG, "--waves", "1,2,3,4"], same=True)
    yield case("missing that does not occur", [*start, *LONG, "--missing=-99"])
    yield case("movers said", [*start, *LONG, "--movers", "first"], same=True)
    yield case("renamed to the same", [*start, *LONG, "--rename", "x=x"], same=True)
    for option in ("--pupil", "--wave", "--variables"):
        yield case(f"without {option}", [*start, *_without(LONG, option)])
    for option in ("--pupil", "--wave", "--variables", "--school"):
        for value in (
            "",
            " ",
            "nothing",
            "ID" if option == "--pupil" else "X",
            "x;y",
            "--wave",
            "id,id",
            "\x1b[31m",
            "x" * 5000,
            "=cmd",
        ):
            yield case(f"{option} {value[:12]!r}", [*start, *_without(LONG, option, value)])
    for name, extra in (
        ("--pupil twice", ["--pupil", "school"]), ("--wave twice", ["--wave", "sex"]),
        ("--variables twice", ["--variables", "y"]),
        ("--school twice", ["--school", "class"]), ("-o twice", ["-o", "n.nc"]),
        ("--waves twice", ["--waves", "1,2,3,4", "--waves", "4,3,2,1"]),
        ("--missing twice", ["--missing=-9", "--missing=-8"]),
        ("--movers twice", ["--movers", "first", "--movers", "drop"]),
        ("--movers nothing", ["--movers", ""]), ("--movers First", ["--movers", "First"]),
        ("--movers maybe", ["--movers", "maybe"]),
        ("a second file", ["p.csv"]), ("an option that is none", ["--pupils", "id"]),
        ("a short option that is none", ["-x"]),
        ("a part of an option", ["--clas", "class"]), ("--covariates y", ["--covariates", "y"]),
        ("--covariates none", ["--covariates", "nothing"]),
        ("--covariates the pupil", ["--covariates", "id"]), ("--covariates text", ["--covariates", "class"]),
        ("--classroom the school", ["--classroom", "school"]), ("--classroom the pupil", ["--classroom", "id"]),
        ("--min-block 0", ["--min-block", "0"]), ("--min-block -1", ["--min-block", "-1"]),
        ("--min-block 2.5", ["--min-block", "2.5"]),
        ("--min-block five", ["--min-block", "five"]), ("--min-block huge", ["--min-block", "9" * 30]),
        ("--min-block 1,000", ["--min-block", "1,000"]),
        ("--wide with --wave", ["--wide", "x=x1,x2"]), ("--arm on a panel", ["--arm", "sex"]),
        ("--rename nothing", ["--rename", ""]), ("--rename x", ["--rename", "x"]),
        ("--rename x=", ["--rename", "x="]), ("--rename =x", ["--rename", "=x"]),
        ("--rename x=nothing", ["--rename", "x=nothing"]), ("--rename x=y", ["--rename", "x=y"]),
        ("--rename x=y,x=x", ["--rename", "x=y,x=x"]),
        ("--rename id=x", ["--rename", "id=x"]), ("--rename x==y", ["--rename", "x==y"]),
        ("--rename twice", ["--rename", "x=y", "--rename", "x=x"]),
        ("--missing nothing", ["--missing", ""]),
        ("--missing ,", ["--missing", ","]),
        ("--missing nan", ["--missing", "nan"]), ("--missing inf", ["--missing", "inf"]),
        ("--missing -99 apart", ["--missing", "-99"]), ("--missing 1e999", ["--missing", "1e999"]),
        ("--missing a range", ["--missing", "1:40"]),
        ("--missing all", ["--missing", ",".join(map(str, range(41)))]),
        ("--missing minus U+2212", ["--missing", "\u221299"]),
        ("--waves 1", ["--waves", "1"]), ("--waves 1..4", ["--waves", "1..4"]), ("--waves 1-4", ["--waves", "1-4"]),
        ("--waves 1;2;3;4", ["--waves", "1;2;3;4"]),
        ("--waves 1,1,2", ["--waves", "1,1,2"]), ("--waves 1,2,3,4,4", ["--waves", "1,2,3,4,4"]),
        ("--waves 2,1,3,4", ["--waves", "2,1,3,4"]),
        ("--waves 4,3,2,1", ["--waves", "4,3,2,1"]), ("--waves nothing", ["--waves", ""]),
        ("--waves 1,2,3,5", ["--waves", "1,2,3,5"]),
    ):  # fmt: skip
        yield case(name, [*start, *LONG, *extra])
    yield from _places(case)


def _places(case: Any) -> Iterator[Case]:
    """Files and folders that are not there, are taken, or are something else."""
    for name, line in (
        ("a file that is not there", ["moments", "q.csv", "-o", "m.nc", *LONG]),
        ("a folder for a file", ["moments", ".", "-o", "m.nc", *LONG]),
        ("an empty name", ["moments", "", "-o", "m.nc", *LONG]), ("no file", ["moments", "-o", "m.nc", *LONG]),
        ("nowhere to write", ["moments", "p.csv", *LONG]),
        ("a folder that is not there", ["moments", "p.csv", "-o", "a/b/m.nc", *LONG]),
        ("written as CSV", ["moments", "p.csv", "-o", "m.csv", *LONG]),
        ("written over the table", ["moments", "p.csv", "-o", "p.csv", *LONG]),
        ("an empty output", ["moments", "p.csv", "-o", "", *LONG]),
        ("an output that is a folder", ["moments", "p.csv", "-o", ".", *LONG]),
        ("an ending that is none", ["moments", "p.csv", "-o", "m.nc.gz", *LONG]),
        ("a NUL in the name", ["moments", "p\0.csv", "-o", "m.nc", *LONG]),
        ("a very long name", ["moments", "p" * 5000 + ".csv", "-o", "m.nc", *LONG]),
        ("a very long output", ["moments", "p.csv", "-o", "m" * 300 + ".nc", *LONG]),
        ("a table of Excel", ["moments", "p.xlsx", "-o", "m.nc", *LONG]),
        ("a device", ["moments", "/dev/null", "-o", "m.nc", *LONG]), ("no command", LONG),
        ("a command misspelt", ["moment", "p.csv"]),
        ("--force before the command", ["--force", "moments", "p.csv"]), ("--version with a command", ["--verison"]),
        ("two dashes", ["moments", "--", "p.csv", "-o", "m.nc", *LONG]),
    ):  # fmt: skip
        yield case(name, line)


def wides(table: tables.Table) -> Iterator[Case]:
    """Lines of `moments` on a wide table."""

    def truth() -> Any:
        import bayespanel as bp

        return tables.of_moments(bp.Panel.from_wide(table.frame, **table.how).moments())

    start = ["moments", "w.csv", "-o", "m.nc"]

    def case(name: str, line: list[str], *, same: bool = False) -> Case:
        return Case(
            "line", f"wide: {name}", doors.command(line, {"w.csv": table.text}, result="m.nc"), truth, ordinary=same
        )

    yield case("as it should be", [*start, *WIDE], same=True)
    yield case("blanks", [*start, *(w.replace(",", " , ").replace("=", " = ") for w in WIDE)], same=True)
    for name, group in (
        ("crossed", "x=x1,x3,x2,x4"), ("backwards", "x=x4,x3,x2,x1"), ("a column twice", "x=x1,x1,x3,x4"),
        ("a column less", "x=x1,x2,x3"),
        ("nothing", "x="), ("no sign", "x1,x2,x3,x4"), ("two signs", "x=y=x1,x2,x3,x4"),
        ("an unknown column", "x=x1,x2,x3,x5"),
        ("semicolons", "x=x1;x2;x3;x4"), ("a range", "x=x1:x4"), ("a range with a dash", "x=x1-x4"),
        ("no name", "=x1,x2,x3,x4"),
        ("the id among them", "x=x1,x2,x3,id"), ("an empty one among them", "x=x1,,x2,x3,x4"),
        ("y's columns", "x=y1,y2,y3,y4"),
        ("the name of the pupil", "id=x1,x2,x3,x4"), ("a hostile name", "\x1b[31mx=x1,x2,x3,x4"), ("a star", "x=x*"),
    ):  # fmt: skip
        yield case(name, [*start, *[group if w.startswith("x=") else w for w in WIDE]])
    for name, extra in (
        ("x twice", ["--wide", "x=x1,x2,x3,x4"]), ("--waves of three", ["--waves", "1,2,3"]),
        ("--waves backwards", ["--waves", "4,3,2,1"]),
        ("--waves twice the same", ["--waves", "1,1,2,3"]), ("--variables too", ["--variables", "x"]),
        ("--wave too", ["--wave", "x1"]),
        ("--movers too", ["--movers", "nobody"]), ("--covariates of scores", ["--covariates", "x1"]),
    ):  # fmt: skip
        yield case(name, [*start, *WIDE, *extra])


def described(long: tables.Table, wide: tables.Table, trial: tables.Table) -> Iterator[Case]:
    """Lines of `describe`: of each kind of table, right or refused."""
    files = {"p.csv": long.text, "w.csv": wide.text, "t.csv": trial.text}

    def case(name: str, line: list[str], good: list[str], *, same: bool = False) -> Case:
        def truth() -> Any:
            import tempfile
            from pathlib import Path

            with tempfile.TemporaryDirectory() as folder:
                return doors.command(good, files)(Path(folder)).content

        return Case("line", f"describe: {name}", doors.command(line, files), truth, ordinary=same)

    for kind, file, options in (("long", "p.csv", LONG), ("wide", "w.csv", WIDE), ("trial", "t.csv", TRIAL)):
        good = ["describe", file, *options]
        yield case(f"{kind}, as it should be", good, good, same=True)
        yield case(f"{kind}, options first", ["describe", *options, file], good, same=True)
        yield case(f"{kind}, --json and text", [*good, "--json", "--text"], good)
        yield case(
            f"{kind}, another file's options", ["describe", {"long": "w.csv"}.get(kind, "p.csv"), *options], good
        )
    good = ["describe", "t.csv", *TRIAL]
    for name, line in (
        ("an unknown control", _without(TRIAL, "--control", "Control")),
        ("an empty control", _without(TRIAL, "--control", "")),
        ("an unknown arm", _without(TRIAL, "--arm", "arms")), ("the school as arm", _without(TRIAL, "--arm", "school")),
        ("the outcome as arm", _without(TRIAL, "--arm", "post")), ("no outcomes", _without(TRIAL, "--outcomes")),
        ("outcomes that are empty", _without(TRIAL, "--outcomes", "")),
        ("an outcome twice", _without(TRIAL, "--outcomes", "post,post")),
        ("an unknown outcome", _without(TRIAL, "--outcomes", "pots")),
        ("the baseline as outcome too", _without(TRIAL, "--outcomes", "post,pre")),
        ("a baseline turned round", _without(TRIAL, "--baseline", "pre=post")),
        ("a baseline of itself", _without(TRIAL, "--baseline", "post=post")),
        ("a baseline of nothing", _without(TRIAL, "--baseline", "post=")),
        ("two baselines of one", _without(TRIAL, "--baseline", "post=pre,post=post")),
        ("a baseline that is not there", _without(TRIAL, "--baseline", "post=before")),
        ("randomised by district", _without(TRIAL, "--randomised", "district")),
        ("randomised by class without classes", _without(TRIAL, "--randomised", "class")),
        ("randomised by pupil, against the data", _without(TRIAL, "--randomised", "pupil")),
        ("with waves", [*TRIAL, "--wave", "pre"]), ("with --wide", [*TRIAL, "--wide", "a=pre,post"]),
        ("--arm twice", [*TRIAL, "--arm", "school"]),
        ("--control twice", [*TRIAL, "--control", "programme"]), ("--outcomes twice", [*TRIAL, "--outcomes", "pre"]),
        ("--baseline twice", [*TRIAL, "--baseline", "post=post"]),
        ("covariates that are the outcome", [*TRIAL, "--covariates", "post"]),
    ):  # fmt: skip
        yield case(f"trial, {name}", ["describe", "t.csv", *line], good)
