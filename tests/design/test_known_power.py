"""Power by simulation is that of others in closed form. Slow: `make slow`; results stand in docs/calibration.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel import Prior

KNOWN = pd.read_csv(Path(__file__).parents[1] / "known_answers" / "power.csv")

REPLICATES = {"riclpm-equal": 150, "riclpm-free": 150, "trial": 300}

WIDE = (
    Prior("lag", "Normal", (0, 5)),
    Prior("mean", "Normal", (0, 20)),
    *(Prior(f"{name}_sd", "HalfNormal", (10,)) for name in ("initial", "innovation", "intercept")),
    *(Prior(f"{name}_corr", "LKJ", (1,)) for name in ("initial", "innovation", "intercept")),
)
"""Priors so wide that a posterior mean is nearly the estimate of maximum likelihood."""

STUDIES = {
    "riclpm-equal": (
        bp.RICLPM(variables=("x", "y"), innovations="equal", priors=WIDE),
        ("mulder-2023", {"waves": [3, 4], "pupils": [300, 700], "icc": 0.3}),
    ),
    "riclpm-free": (
        bp.RICLPM(variables=("x", "y"), lags="free", priors=WIDE),
        ("mulder-2023", {"waves": 4, "pupils": [300, 700], "icc": 0.3}),
    ),
    "trial": (
        bp.ClusterTrial(
            outcomes=("score",),
            levels=("pupil", "class", "school"),
            priors=(
                Prior("effect", "Normal", (0, 5)),
                Prior("mean", "Normal", (0, 20)),
                Prior("residual_sd", "HalfNormal", (10,)),
                Prior("class_sd", "HalfNormal", (2,)),
                Prior("school_sd", "HalfNormal", (2,)),
            ),
        ),
        ("school-trial", {"schools": [20, 40]}),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_power_is_that_of_the_closed_form(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec, (world, changes) = STUDIES[name]
    found = bp.assurance(
        spec,
        bp.world(world, changes),
        replicates=REPLICATES[name],
        seed=2023,
        rope=0.03,
        running=bp.Running(progress=False),
    )
    of = KNOWN[KNOWN["study"] == name]
    units = "schools" if name == "trial" else "pupils"
    away = []
    for row in of.itertuples():
        here = found[units] == row.units
        if "waves" in found.coords and found["waves"].dims:
            here = here & (found["waves"] == row.waves)
        one = found.isel(condition=np.flatnonzero(here.values)[0], decision=0).sel(pathway=row.pathway)
        # The Monte Carlo error of a share with the known power, at least that of one replicate.
        error = max(np.sqrt(row.power * (1 - row.power) / REPLICATES[name]), 1 / REPLICATES[name])
        away.append((one["assurance"].item() - row.power) / error)
        with capsys.disabled():
            print(name, row.waves, row.units, row.pathway, f"{one['assurance'].item():.3f} ({row.power:.3f})")
    # As many normal deviates have a root mean square near 1, and the largest of 16 below 3.3 in 98 of 100 cases.
    assert np.abs(away).max() < 3.3
    assert np.sqrt(np.mean(np.square(away))) < 1.5
