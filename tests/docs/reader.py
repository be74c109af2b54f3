"""What a reader of the pages has at hand: tables of pupils, saved fits, and a sampler with little time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayespanel as bp
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.families.trial.worlds import involvement
from tests.docs.blocks import ROOT, blocks

QUICK: dict[str, Any] = {"sampling": bp.Sampling(draws=50, tune=150, chains=2), "cores": 2, "progress": False}
"""Enough to see that a block runs; what it says is tested elsewhere."""

LITTLE = bp.Sampling(draws=50, tune=50)

STUDIES: dict[str, dict[str, Any]] = {
    "assurance": {"replicates": 3, "sampling": LITTLE},
    "sample_size": {"sampling": LITTLE},
    "calibrate": {"replicates": 5, "sampling": LITTLE},
    "multiverse": {"sampling": bp.Sampling(draws=50, tune=100)},
}
"""Verb of a design study -> how little it does: enough to see that it runs."""

STUDY_OPTIONS = {
    "power": ("--replicates", "2", "--tune", "50", "--draws", "50", "--workers", "0", "--quiet"),
    "resume": ("--replicates", "3", "--workers", "0", "--quiet"),
    "calibrate": ("--replicates", "20", "--tune", "50", "--draws", "100", "--workers", "0", "--quiet"),
}
"""The same for commands; 20 is the least that a calibration takes."""

LENT = {
    "evidence": {"demo": "star"},
    "report": {"star": "star", "class-size": "class-size"},
    "reproducibility": {"star": "star"},
}
"""Page -> folders of results that it opens, and whose fits they hold."""


def prepare(folder: Path) -> None:
    """Write the tables and sums of which the pages speak into a folder."""
    pupils().to_csv(folder / "pupils.csv", index=False)
    _save_spss(pupils(), folder / "pupils.sav")
    trial().to_csv(folder / "trial.csv", index=False)
    star().to_csv(folder / "star_mlmrev.csv", index=False)
    for block in blocks(ROOT / "docs" / "design.md"):
        if block.language == "toml":
            (folder / block.file()).write_text(block.text, encoding="utf-8")
    _write_riclpm(folder)
    answers = folder / "tests" / "known_answers"
    answers.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "known_answers" / "mulder.nc", answers)


def _write_riclpm(folder: Path) -> None:
    """Write an RI-CLPM in lavaan's language, and the wide table that it reads."""
    spec, world = bp.RICLPM(variables=("x", "y")), bp.world("mulder-2023", {"waves": 3, "pupils": 300})
    frame = bp.simulate(world, seed=1)
    panel = bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y"])
    (folder / "riclpm.R").write_text(bp.to_lavaan(spec, waves=panel.waves), encoding="utf-8")
    bp.lavaan_data(spec, panel).to_csv(folder / "riclpm.csv", index=False)


def lend(folder: Path, fits: dict[str, Path], page: str) -> None:
    """Put results where a page opens them."""
    for place, name in LENT.get(page, {}).items():
        (folder / place).mkdir()
        shutil.copy(fits[name], folder / place / "fit.nc")


def pupils() -> pd.DataFrame:
    """Return a long table: three variables, one of them ordered, and two properties of pupils."""
    frame = bp.simulate(small_triangle(pupils=500, schools=10), seed=1).rename(columns={"pupil": "id"})
    frame["victimisation"] = pd.cut(frame["victimisation"], [-9, 0.25, 1.2, 9], labels=False).astype(float)
    generator = np.random.default_rng(1)
    traits = pd.DataFrame({"id": frame["id"].unique()})
    for name in ("anxiety", "parental_warmth"):
        traits[name] = generator.normal(size=len(traits)).round(1)
    return frame.merge(traits, on="id")


def trial() -> pd.DataFrame:
    """Return a table of a trial: schools of two arms, pupils' outcomes before and after, and some others."""
    frame = bp.simulate(involvement("pupils", baseline=True), seed=2)
    frame = frame.rename(columns={"bullying_pre": "bullying_before"})
    generator = np.random.default_rng(2)
    frame["girl"] = generator.integers(0, 2, len(frame)).astype(float)
    return frame.assign(effort=frame["well_being"], contact=frame["self_esteem"])


def star() -> pd.DataFrame:
    """Return a table with the columns of the R package's, small."""
    world = small_triangle(pupils=200, schools=8, class_icc=0)
    frame = bp.simulate(world, seed=3).rename(columns={"pupil": "id", "rejection": "read", "depression": "math"})
    frame["gr"] = frame["wave"].map({1: "K", 2: "1", 3: "2", 4: "3"})
    return frame.rename(columns={"school": "sch"})[["id", "gr", "sch", "read", "math"]]


def _save_spss(frame: pd.DataFrame, path: Path) -> None:
    import pyreadstat

    pyreadstat.write_sav(frame, path)
