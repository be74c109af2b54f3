"""`bayespanel fit --imputation`: imputations in one table are fitted one by one, and their draws mixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from tests.command.lines import Run

CARD = """\
title = "One score"
question = "Does it carry over?"
family = "riclpm"
rope = 0.03

[triangle]
child = ["read"]

[model]
levels = ["pupil"]
"""
WIDE = ("--wide", "read=read1,read2,read3", "--pupil", "id")
FEW = ("--seed", "3", "--draws", "150", "--tune", "100", "--sampler", "auto")


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(CARD)
    return "mine.toml"


def scores() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(1)
    columns = ["read1", "read2", "read3"]
    whole = pd.DataFrame(10 + rng.normal(size=(90, 1)) + rng.normal(size=(90, 3)), columns=columns)
    return whole, np.column_stack([rng.random((90, 2)) < 0.2, np.zeros(90, bool)])


def stacked(number: str = ".imp") -> pd.DataFrame:
    rng = np.random.default_rng(2)
    whole, gap = scores()
    filled = [whole.mask(gap, whole + rng.normal(size=whole.shape)).assign(**{number: i}) for i in (1, 2, 3)]
    return pd.concat([one.assign(id=range(90)) for one in (whole.mask(gap).assign(**{number: 0}), *filled)])


def test_a_stacked_table_is_fitted_as_in_python(run: Run, card: str) -> None:
    stacked().to_csv("imputed.csv", index=False)
    code, out, err = run("fit", card, "imputed.csv", *WIDE, "--imputation", ".imp", *FEW, "-o", "out")
    assert code in (0, 3), err
    assert "3 imputations. The first:" in err
    assert "Imputation 3 of 3" in err
    assert "imputations" in out
    assert "the first of 3 imputations" in " ".join(out.split())
    panels = bp.read_imputed(
        pd.read_csv("imputed.csv"),
        lambda one: bp.Panel.from_wide(one, pupil="id", columns={"read": ["read1", "read2", "read3"]}),
        imputation=".imp",
    )
    how = bp.Sampling(draws=150, tune=100, sampler="auto")
    again = bp.fit_imputed(bp.card(card), panels, seed=3, sampling=how, progress=False)
    kept = bp.load("out/fit.nc")
    assert kept.imputations == 3
    np.testing.assert_array_equal(kept.posterior["lag"].values, again.posterior["lag"].values)
    assert Path("out/evidence.csv").exists()


def test_a_trial_of_imputations_is_read_as_one(run: Run) -> None:
    rng = np.random.default_rng(5)
    arm = np.repeat(["control", "programme"], 30)
    y = rng.normal(size=60) + (arm == "programme")
    gap = rng.random(60) < 0.2
    frame = pd.concat(
        [
            pd.DataFrame({"id": range(60), "arm": arm, "y": np.where(gap, y + rng.normal(size=60), y), "m": i})
            for i in (1, 2)
        ]
    )
    frame.to_csv("trial.csv", index=False)
    head = 'title = "T"\nquestion = "Q?"\nfamily = "trial"\nrope = 0.1\noutcomes = ["y"]\n'
    model = '\n[model]\nlevels = ["pupil"]\n'
    Path("trial.toml").write_text(head + model)
    asked = ("--arm", "arm", "--control", "control", "--pupil", "id", "--randomised", "pupil")
    code, _, err = run("fit", "trial.toml", "trial.csv", *asked, "--imputation", "m", *FEW, "-o", "out")
    assert code in (0, 3), err
    assert bp.load("out/fit.nc").imputations == 2


@pytest.mark.parametrize(
    ("column", "change", "word"),
    [
        ("imp", {}, "imp"),
        (".imp", {".imp": 1}, "two or more"),
        (".imp", {".imp": 0.5}, "whole numbers"),
    ],
)
def test_what_is_no_stack_of_imputations_is_refused_before_any_fit(
    run: Run, card: str, column: str, change: dict[str, float], word: str
) -> None:
    stacked().assign(**change).to_csv("imputed.csv", index=False)
    code, _, err = run("fit", card, "imputed.csv", *WIDE, "--imputation", column, *FEW, "-o", "out")
    assert code == 2
    assert word in err
    assert not Path("out").exists()


def test_moments_hold_no_imputations(run: Run, card: str) -> None:
    whole, _ = scores()
    columns = {"read": list(whole.columns)}
    bp.Panel.from_wide(whole.assign(id=range(90)), pupil="id", columns=columns).moments().save("m.nc")
    code, _, err = run("fit", card, "m.nc", "--imputation", ".imp", *FEW, "-o", "out")
    assert code == 2
    assert "stand below each other" in err


def test_options_of_trials_are_refused_for_panels_of_imputations_too(run: Run, card: str) -> None:
    stacked().to_csv("imputed.csv", index=False)
    code, _, err = run("fit", card, "imputed.csv", *WIDE, "--arm", "a", "--imputation", ".imp", *FEW, "-o", "out")
    assert code == 2
    assert "Only trials have --arm" in err
