"""Coverage of lags where scores have occasion errors, with the option and without it; recorded in docs/calibration.md.

By hand: python -m tests.families.panel.test_error_coverage 100
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.truth import observed
from tests.families.panel.test_error import NAMES, WORLD

SAMPLING = bp.Sampling(draws=400, tune=400, chains=2)
ERRORS = {"both": (0.6, 0.5), "one": (0.6, 0.0)}
"""Which variables have errors -> their standard deviations: about a fifth of the variance each."""


def study(worlds: int, which: str, seed: int = 0) -> pd.DataFrame:
    """Return a row for each model: coverage of 90 % intervals of each lag, and how often the null lag is claimed."""
    world = replace(WORLD, months=tuple(range(5)), pupils=600, measurement_error_sd=np.array(ERRORS[which]))
    models = {"with errors": bp.RICLPM(NAMES, innovations="equal", error="equal")}
    models["plain"] = replace(models["with errors"], error="none")
    inside: dict[str, list[np.ndarray]] = {name: [] for name in models}
    for number in range(worlds):
        frame = bp.simulate(world, seed=seed + number)
        for name, spec in models.items():
            fit = bp.fit(spec, observed(spec, world, frame), seed=number, sampling=SAMPLING, progress=False)
            low, high = (fit.posterior["lag"].quantile(q, ("chain", "draw")).values for q in (0.05, 0.95))
            inside[name].append((low < world.lag) & (world.lag < high))
    shares = {name: np.mean(found, axis=0) for name, found in inside.items()}
    rows = [(name, which, worlds, *share.ravel(), 1 - share[1, 0]) for name, share in shares.items()]
    columns = ["model", "errors in", "worlds", "a on a", "b on a", "a on b", "b on b", "null lag claimed"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.slow
@pytest.mark.parametrize("which", ERRORS)
def test_lags_are_covered_with_the_option_and_not_without(which: str) -> None:
    found = study(100, which).set_index("model").drop(columns=["errors in", "worlds", "null lag claimed"])
    assert found.loc["with errors"].between(0.83, 0.97).all()
    assert (found.loc["plain"] < 0.7).any()


if __name__ == "__main__":
    for one in ERRORS:
        print(study(int(sys.argv[1]), one).to_string(index=False), flush=True)
