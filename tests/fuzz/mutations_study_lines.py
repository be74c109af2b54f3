"""A5, A8: command lines of fits and studies, up to their sampling, and of evidence on a saved fit."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import doors, tables
from tests.fuzz.judge import Answer, Case
from tests.fuzz.mutations_cards import COURSES, PANEL, TRIAL
from tests.fuzz.mutations_fits import fit_of
from tests.fuzz.toml_text import written

ROPES = ("0,03", "0,03,0,05", "0.05,-0.05", "-0.03", "0", "nan", "inf", "", " ", "3%", "small",
         "0.03;0.05", "0.03,0.03", "1e-400", "0.03 0.05",
         "-0.1,0.1,0.2", "1e9", ".", "\u22120.03,0.03", "0.03,", "0..03", "[0.03]", "-inf,0.03", "3", "1,2",
         "0x1p-5")  # fmt: skip
"""Regions that are none, that a decimal comma broke, or that are wider than any effect."""

COUNTS = {
    "--seed": ("-1", "1.5", "1e3", "", "x", "1,000"), "--chains": ("1", "0", "-4", "2.5", "four"),
    "--draws": ("0", "-10", "3", "1e3", "1.000"),
    "--tune": ("0", "49", "-1", "all"), "--cores": ("0", "-1", "1.5"),
    "--target-accept": ("0,9", "1", "1.5", "0", "nan", "90%", "-0.8"),
    "--sampler": ("NUTS", "hmc", ""),
}  # fmt: skip
"""Option of a fit -> values that it cannot have."""


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    yield from fits(rng)
    yield from evidence()
    yield from studies()


def files(rng: np.random.Generator) -> dict[str, str]:
    """Return cards and tables of the three families."""
    small = {key: value for key, value in TRIAL.items() if key not in ("families", "priors")}
    return {
        "panel.toml": written(PANEL), "trial.toml": written({**small, "outcomes": ["post"]}),
        "courses.toml": written(COURSES),
        "panel.csv": tables.long(rng, scale="0-40").text, "trial.csv": tables.trial(rng, scale="0-40").text,
        "courses.csv": tables.course(rng).text,
    }  # fmt: skip


def fits(rng: np.random.Generator) -> Iterator[Case]:
    """Lines of `fit`, for each family."""
    given = files(rng)

    def case(name: str, line: list[str], good: list[str], *, same: bool = False) -> Case:
        return Case("fit-line", name, doors.up_to_sampling(line, given), _truth(good, given), ordinary=same)

    for family in ("panel", "trial", "courses"):
        good = ["fit", f"{family}.toml", f"{family}.csv", "-o", "out"]
        said = {"panel": "0.03", "trial": "0.1", "courses": "0.18"}[family]
        yield case(f"{family}: as it should be", good, good, same=True)
        yield case(f"{family}: rope said", [*good, "--rope", said], good, same=True)
        yield case(f"{family}: rope with two bounds", [*good, f"--rope=-{said},{said}"], good, same=True)
        yield case(f"{family}: rope with a point first", [*good, "--rope", said.lstrip("0")], good, same=True)
        yield case(f"{family}: options first", ["fit", "-o", "out", "--school", "school", *good[1:3]], good, same=True)
        for rope in ROPES if family == "panel" else ROPES[:: 4 if family == "trial" else 5]:
            if family == "courses" and rope in ("3", "1,2"):
                continue  # log odds may be that large
            yield case(f"{family}: --rope={rope}", [*good, f"--rope={rope}"], good)
        other = {"panel": "trial", "trial": "courses", "courses": "panel"}[family]
        for name, line in (
            ("another family's table", [*good[:2], f"{other}.csv", "-o", "out"]),
            ("another family's card", ["fit", f"{other}.toml", *good[2:]]),
            ("card and table exchanged", ["fit", good[2], good[1], "-o", "out"]),
            ("a card misspelt", ["fit", f"{family}s.toml", *good[2:]]),
            ("no table", [*good[:2], "-o", "out"]), ("two tables", [*good, f"{other}.csv"]),
            ("the table as the folder", [*good[:3], "-o", good[2]]),
            ("an empty folder name", [*good[:3], "-o", ""]), ("rope twice", [*good, "--rope", "0.05", "--rope", "0.2"]),
            ("seed twice", [*good, "--seed", "1", "--seed", "2"]), ("an unknown option", [*good, "--rpoe", "0.03"]),
            ("--school of another column", [*good, "--school", "schol"]),
            ("--rename of nothing", [*good, "--rename", "x"]),
            ("--pupil of scores", [*good, "--pupil", {"panel": "x", "trial": "post", "courses": "bullied"}[family]]),
            ("--baseline, decimal", [*good, "--baseline", "0,5"]),
        ):  # fmt: skip
            yield case(f"{family}: {name}", line, good)
        for option, values in COUNTS.items():
            for value in values[:: 1 if family == "panel" else 3]:
                yield case(f"{family}: {option}={value[:9]}", [*good, f"{option}={value}"], good)


def _truth(good: list[str], given: dict[str, str]) -> Any:
    def compute() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return doors.up_to_sampling(good, given)(Path(folder)).content

    return compute


def evidence() -> Iterator[Case]:
    """Lines of `evidence` on a saved fit."""

    def give(line: list[str]) -> Any:
        def ran(folder: Path) -> Answer:
            (folder / "out").mkdir()
            shutil.copy(fit_of("panel"), folder / "out" / "fit.nc")
            return doors.command(line)(folder)

        return ran

    good = ["evidence", "out", "--csv"]

    def truth() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return give(good)(Path(folder)).content

    def case(name: str, line: list[str], *, same: bool = False) -> Case:
        return Case("evidence", name, give(line), truth, ordinary=same)

    yield case("as it should be", good, same=True)
    yield case("the file", ["evidence", "out/fit.nc", "--csv"], same=True)
    yield case("rope said", [*good, "--rope", "0.03"], same=True)
    yield case("rope with two bounds", [*good, "--rope=-0.03,0.03"], same=True)
    yield case("the usual interval", [*good, "--prob", "0.95"], same=True)
    for rope in ROPES:
        yield case(f"--rope={rope}", [*good, f"--rope={rope}"])
    for option, values in {
        "--prob": ("95", "1", "0", "-0.5", "nan", "0,95", "95%", "", "inf", "1e-400"),
        "--at-least": ("0,1", "nan", "big", "inf", ""),
        "--true-effect": ("0,1", "nan", "inf", "0", "x"),
        "--kinds": ("drect", "direct;total", "Direct", "effect", "direct,", "direct,direct", ","),
    }.items():  # fmt: skip
        for value in values:
            if (option, value) not in (("--kinds", "direct,"), ("--kinds", "direct,direct"), ("--kinds", ",")):
                yield case(f"{option}={value}", [*good, f"{option}={value}"])
    for name, line in (
        ("--json too", [*good, "--json"]), ("a folder without a fit", ["evidence", ".", "--csv"]),
        ("nothing", ["evidence"]), ("two folders", ["evidence", "out", "out", "--csv"]),
        ("rope twice", [*good, "--rope", "0.05", "--rope", "0.2"]),
        ("prob twice", [*good, "--prob", "0.5", "--prob", "0.9"]),
    ):  # fmt: skip
        yield case(name, line)


def studies() -> Iterator[Case]:
    """Lines of `power` and `calibrate`, up to their first replicate, and of the stores that they make."""
    tree = {"title": "T", "question": "Q", "family": "trial", "rope": 0.1, "outcomes": ["score"]}
    card = {"mine.toml": written({**tree, "model": {"levels": ["pupil", "class", "school"]}})}
    power = ["power", "school-trial", "mine.toml", "-o", "s.zarr", "--set", "schools=10,20", "--replicates", "4"]

    def case(name: str, line: list[str], good: list[str] = power, *, same: bool = False) -> Case:
        return Case("study-line", name, doors.up_to_sampling(line, card), _truth(good, card), ordinary=same)

    yield case("power: as it should be", power, same=True)
    yield case("power: blanks in --set", [*power[:6], "schools = 10 , 20", *power[7:]], same=True)
    yield case("power: options first", ["power", *power[3:], *power[1:3]], same=True)
    for text in (
        "effect=0,3", "effect=0,3,0,5", "effect=", "effect", "=0.3", "efect=0.3", "effect=strong", "effect=nan",
        "effect=inf", "effect=0.3;0.5", "effect=0.3 0.5",
        "schools=0", "schools=-10", "schools=10.5", "schools=1e1", "schools=10..20", "schools=10:20", "schools=1",
        "schools=10,10", "schools=1.000",
        "schools=true", "schools='10'", "school_icc=0,05", "school_icc=5%", "school_icc=1.5", "school_icc=-0.1",
        "pupils_per_class=20", "pupils_per_class=20,20",
        "pupils_per_class=[20]", "pupils_per_class=[30,20]", "randomised=district", "randomised=School",
        "baseline=yes", "effect=0.3=0.4", "effect=" + "9" * 5000,
        "effect=" + "[" * 2000, "effect=0_3", "effect=1e400",
    ):  # fmt: skip
        yield case(f"power: --set {text[:24]}", [*power[:5], "--set", text, *power[7:]])
    for name, extra in (
        ("--set of one field twice", ["--set", "schools=30"]), ("--replicates 0", ["--replicates", "0"]),
        ("--replicates 1,000", ["--replicates", "1,000"]),
        ("--decision nothing", ["--decision", ""]), ("--decision bigger", ["--decision", "bigger"]),
        ("--decision rope > 0,95", ["--decision", "rope > 0,95"]),
        ("--decision rope > 95", ["--decision", "rope > 95"]),
        ("--decision rope > nan", ["--decision", "rope > nan"]), ("--decision rope 0.95", ["--decision", "rope 0.95"]),
        ("--decision rope >= 0.95", ["--decision", "rope >= 0.95"]),
        ("--decision bf10 > 0", ["--decision", "bf10 > 0"]), ("--decision width < -1", ["--decision", "width < -1"]),
        ("--decision direction > 1", ["--decision", "direction > 1"]),
        ("--decision direction > 0.3", ["--decision", "direction > 0.3"]),
        ("a decision twice", ["--decision", "excludes 0", "--decision", "excludes 0"]),
        ("--find of a fixed range", ["--find", "schools=20:20"]),
        ("--find turned round", ["--find", "schools=120:10"]), ("--find of nothing", ["--find", "schools"]),
        ("--find with a decimal", ["--find", "schools=10.5:20"]),
        ("--find of an unknown field", ["--find", "school=10:20"]),
        ("--find with step 0", ["--find", "schools=10:20:0"]),
        ("--find with a negative step", ["--find", "schools=10:20:-2"]),
        ("--find with a dash", ["--find", "schools=10-20"]), ("--find of effects", ["--find", "effect=0.1:0.5"]),
        ("--goal 80", ["--find", "schools=10:20", "--goal", "80"]),
        ("--goal 0,8", ["--find", "schools=10:20", "--goal", "0,8"]),
        ("--goal nan", ["--find", "schools=10:20", "--goal", "nan"]),
        ("--goal without --find", ["--goal", "0.9"]), ("--pathway without --find", ["--pathway", "score"]),
        ("--pathway unknown", ["--find", "schools=10:20", "--pathway", "nothing"]),
        ("--prob 95", ["--prob", "95"]), ("--prob 0,95", ["--prob", "0,95"]), ("--prob nan", ["--prob", "nan"]),
        ("--rope 0,1", ["--rope", "0,1"]), ("--rope 3", ["--rope", "3"]),
        ("--draws 3", ["--draws", "3"]), ("--tune 0", ["--tune", "0"]), ("--workers -1", ["--workers", "-1"]),
        ("--seed -1", ["--seed", "-1"]), ("--seed twice", ["--seed", "1", "--seed", "2"]),
    ):  # fmt: skip
        yield case(f"power: {name}", [*power, *extra])
    calibrate = ["calibrate", "school-trial", "mine.toml", "-o", "s.zarr", "--set", "schools=10"]
    for name, line, good in (
        ("power: card and world exchanged", ["power", "mine.toml", "school-trial", *power[3:]], power),
        ("power: a panel's card", ["power", "school-trial", "clpm", *power[3:]], power),
        ("power: a store that ends otherwise", [*power[:4], "s.csv", *power[5:]], power),
        ("power: an empty store name", [*power[:4], "", *power[5:]], power),
        ("power: no store", [*power[:3], *power[5:]], power),
        ("calibrate: several values", [*calibrate[:-1], "schools=10,20"], calibrate),
        ("calibrate: 5 replicates", [*calibrate, "--replicates", "5"], calibrate),
        ("calibrate: a rope", [*calibrate, "--rope", "0.1"], calibrate),
        ("calibrate: a panel's card", ["calibrate", "school-trial", "clpm", *calibrate[3:]], calibrate),
        ("calibrate: effect=0,3", [*calibrate, "--set", "effect=0,3"], calibrate),
    ):  # fmt: skip
        yield case(name, line, good)
    yield case("calibrate: as it should be", calibrate, calibrate, same=True)
    for name, line in (
        ("status of nothing", ["status", "s.zarr"]), ("status of a card", ["status", "mine.toml"]),
        ("resume of nothing", ["resume", "s.zarr"]), ("curve of nothing", ["curve", "s.zarr"]),
        ("curve of a folder", ["curve", "."]), ("rerun of nothing", ["rerun", "out"]),
        ("report of nothing", ["report", "out"]), ("report without a name", ["report"]),
        ("worlds of nothing", ["worlds", "nowhere"]), ("models of nothing", ["models", "nowhere"]),
        ("models of a folder", ["models", "."]), ("worlds of a card", ["worlds", "mine.toml"]),
    ):  # fmt: skip
        yield case(name, line)
