"""What the prior of lags does where one score is steady and the other is not; `make slow`, see docs/calibration.md."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from tests.families.panel.steady import pupils

ROWS = {"within-person SDs": (), "SDs as observed": (bp.Prior("lag", "Normal", (0, 0.5), scale="total"),)}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "size", "samples"), [(80, 0.5, 40), (200, 0.3, 40)])
def test_equal_effects_look_equal(number: int, size: float, samples: int) -> None:
    """The score x is stable to nine tenths, y to one; in within-person SDs both effects are the same."""
    found = []
    for seed in range(samples):
        table = pupils(seed, number=number, waves=3, stable=(0.9, 0.1), lag=((0.2, size), (size, 0.2)))
        data = bp.Panel.from_long(table, pupil="pupil", wave="wave", variables=["x", "y"])
        for words, rows in ROWS.items():
            fit = bp.fit(
                bp.RICLPM(("x", "y"), priors=rows), data, seed=seed, sampling=bp.Sampling(chains=2), progress=False
            )
            weighed = bp.evidence(fit, rope=0.03).sel(pathway=["x -> y", "y -> x"])
            values = {
                f"{name} {column}": float(weighed[column].sel(pathway=name))
                for column in ("mean", "log_bf10")
                for name in ("x -> y", "y -> x")
            }
            found.append({"prior": words, **values})
    frame = pd.DataFrame(found).groupby("prior")
    table = pd.concat({"mean": frame.mean(), "error": frame.sem()}, axis=1)
    print(f"\n{number} pupils, effects of {size}\n{table.round(3).T.to_string()}")
    difference = pd.DataFrame(found).set_index("prior")
    gap = difference["x -> y mean"] - difference["y -> x mean"]
    now, before = (gap.loc[name].to_numpy() for name in ROWS)
    assert abs(now.mean()) < 3 * now.std() / np.sqrt(samples)
    assert abs(now.mean()) < abs(before.mean())
