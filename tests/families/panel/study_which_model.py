"""Which of four panel models do scores come from? How often the likeliest one is the one that made them.

By hand, and recorded in docs/calibration.md: python -m tests.families.panel.study_which_model 20 500 rows.csv

Each data set has a truth of its own, drawn around what is usual, and its pupils are drawn in numpy without a look at
the package. Fits are default ones that are not sampled again. The models differ in what lasts, grows and errs alone:
wave means are free and innovations equal in all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from tests.families.panel.study_realities import data

Array = np.ndarray

WAVES = 5
SAME: dict[str, Any] = {"innovations": "equal", "means": "free"}
MODELS = {
    "CLPM": lambda: bp.CLPM(("x", "y"), **SAME),
    "RI-CLPM": lambda: bp.RICLPM(("x", "y"), **SAME),
    "STARTS": lambda: bp.STARTS(("x", "y"), **SAME),
    "LCM-SR": lambda: bp.LCMSR(("x", "y"), **SAME),
}


def together(corr: float) -> Array:
    """Return a covariance of two variables with variances of 1."""
    return np.array([[1.0, corr], [corr, 1.0]])


def process(rng: np.random.Generator, pupils: int, carried: tuple[float, float]) -> Array:
    """Deviations [pupil, wave, variable] of variance 1 at every wave, with carry-overs from a range."""
    within = together(rng.uniform(0.1, 0.4))
    lag = np.diag(rng.uniform(*carried, 2))
    lag[0, 1], lag[1, 0] = rng.uniform(-0.1, 0.2, 2)
    root = np.linalg.cholesky(within - lag @ within @ lag.T).T
    seen = [rng.normal(size=(pupils, 2)) @ np.linalg.cholesky(within).T]
    for _ in range(1, WAVES):
        seen.append(seen[-1] @ lag.T + rng.normal(size=(pupils, 2)) @ root)
    return np.stack(seen, axis=1)


def lasting(rng: np.random.Generator, pupils: int, variance: tuple[float, float]) -> Array:
    """What lasts [pupil, 1, variable], with variances from a range."""
    sd = np.sqrt(rng.uniform(*variance, 2))
    return rng.normal(size=(pupils, 1, 2)) @ np.linalg.cholesky(together(rng.uniform(0.2, 0.6))).T * sd


def clpm(rng: np.random.Generator, pupils: int) -> Array:
    return process(rng, pupils, (0.4, 0.7))


def riclpm(rng: np.random.Generator, pupils: int) -> Array:
    return process(rng, pupils, (0.2, 0.5)) + lasting(rng, pupils, (0.4, 1.2))


def starts(rng: np.random.Generator, pupils: int) -> Array:
    """As an RI-CLPM of lasting states, seen with errors that are a fifth to two fifths of the variance."""
    true = process(rng, pupils, (0.5, 0.8)) + lasting(rng, pupils, (0.4, 1.2))
    share = rng.uniform(0.2, 0.4, 2)
    return true + rng.normal(size=true.shape) * np.sqrt(true.var(axis=(0, 1)) * share / (1.0 - share))


def lcmsr(rng: np.random.Generator, pupils: int) -> Array:
    """As an RI-CLPM, with growth per wave of an SD of .1 to .2."""
    slope = lasting(rng, pupils, (0.1**2, 0.2**2)) * np.arange(WAVES)[None, :, None]
    return riclpm(rng, pupils) + slope


WORLDS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "CLPM": clpm, "RI-CLPM": riclpm, "STARTS": starts, "LCM-SR": lcmsr,
}  # fmt: skip
"""The model that holds -> what draws its scores."""


def study(samples: int, pupils: int, seed: int = 2026) -> Iterator[dict[str, object]]:
    """Go through data sets and models: world, sample, model, both estimates with their errors, and Pareto k."""
    for sample in range(samples):
        for world, draw in enumerate(WORLDS):
            moments = data([WORLDS[draw](np.random.default_rng([seed, world, sample]), pupils)], None)
            for name, model in MODELS.items():
                fit = bp.fit(model(), moments, seed=sample, retry=False, progress=False)
                found = bp.log_marginal_likelihood(fit, seed=sample)
                bridge, importance = (found.sel(estimator=one) for one in ("bridge", "importance"))
                yield {
                    "world": draw,
                    "sample": sample,
                    "model": name,
                    "bridge": float(bridge["log_marginal_likelihood"]),
                    "mcse": float(bridge["mcse"]),
                    "importance": float(importance["log_marginal_likelihood"]),
                    "mcse_importance": float(importance["mcse"]),
                    "pareto_k": float(importance["pareto_k"]),
                }


def recovered(rows: pd.DataFrame, least: float = 0.0) -> pd.DataFrame:
    """How often each model is the likeliest of data sets of each world, by at least this much; or none is by so much.

    Parameters
    ----------
    rows
        Of `study`.
    least
        Difference of the log marginal likelihoods of the two likeliest models.
    """
    each = rows.pivot(index=["world", "sample"], columns="model", values="bridge").dropna()
    first, second = (np.sort(each.values, axis=1)[:, -place] for place in (1, 2))
    chosen = each.idxmax(axis=1).where(first - second >= least, "none clearly")
    table = pd.crosstab(each.index.get_level_values("world"), chosen.values, rownames=["world"], colnames=["chosen"])
    return table.reindex(index=list(WORLDS), columns=[*MODELS, "none clearly"], fill_value=0)


def agreement(rows: pd.DataFrame) -> pd.DataFrame:
    """By model: median error of each estimator, and how often they differ by less than two and three of them."""
    apart = (rows["bridge"] - rows["importance"]).abs() / np.hypot(rows["mcse"], rows["mcse_importance"])
    told = rows.assign(apart=apart, two=apart < 2, three=apart < 3, trusted=rows["pareto_k"] < 0.7)
    return told.groupby("model", sort=False).agg(
        fits=("apart", "size"), error=("mcse", "median"), error_importance=("mcse_importance", "median"),
        within_two=("two", "sum"), within_three=("three", "sum"), trusted=("trusted", "sum"),
    )  # fmt: skip


@pytest.mark.slow
def test_the_model_that_made_the_scores_is_the_likeliest() -> None:
    rows = pd.DataFrame(study(3, 500))
    right = np.diag(recovered(rows)[list(MODELS)])
    assert right.sum() >= 9  # of 12: a CLPM of states that last, or little growth, may look like another
    assert agreement(rows)["within_three"].sum() >= 0.9 * len(rows)


if __name__ == "__main__":
    SAMPLES, PUPILS, FILE = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    kept: list[dict[str, object]] = []
    for one in study(SAMPLES, PUPILS):
        kept.append(one)
        pd.DataFrame(kept).to_csv(FILE, index=False)
    for table in (
        recovered(pd.DataFrame(kept)),
        recovered(pd.DataFrame(kept), np.log(10.0)),
        agreement(pd.DataFrame(kept)),
    ):
        print(table.to_string())
