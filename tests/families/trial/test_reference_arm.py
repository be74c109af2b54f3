"""Which arm is the reference changes signs and words, and no size: for every link, two arms and three."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.trial.draws import posterior

ARMS = ("usual", "short", "long")
SIZES = {"usual": 7, "short": 3, "long": 2}
"""Schools of each arm: arms of unequal size, as an average over arms in place of pupils would show."""

MEANS = {"usual": 0.4, "short": -0.7, "long": 1.1}


def pupils(arms: int, link: str) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    arm = np.repeat(ARMS[:arms], [SIZES[name] for name in ARMS[:arms]])
    frame = pd.DataFrame({"school": np.arange(len(arm)).repeat(30), "arm": arm.repeat(30)})
    frame["x"] = rng.normal(size=len(frame))
    score = frame["arm"].map(MEANS) + 0.3 * frame["x"] + rng.normal(size=len(frame))
    frame["y"] = {
        "identity": lambda: score,
        "logit": lambda: np.digitize(score, [-0.5, 0.5, 1.5]),
        "log": lambda: rng.poisson(np.exp(score)),
    }[link]()
    return frame


def derived(frame: pd.DataFrame, link: str, control: str) -> xr.Dataset:
    """What follows from the same means of arms, told from a reference arm."""
    data = bp.Trial.from_frame(frame, arm="arm", control=control, outcomes=["y"], school="school", covariates=["x"])
    spec = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "school"), link=link, covariates=("x",))
    others = [name for name in data.arms if name != control]
    effect = np.array([MEANS[name] - MEANS[control] for name in others])
    free = {"covariate_effect": np.full((1, 1), 0.3), "school_scale": np.full(1, 0.4)}
    free["effect"] = effect[:, None] if len(others) > 1 else effect
    if link == "identity":
        free |= {"mean": np.full(1, MEANS[control]), "residual_sd": np.ones(1)}
    else:
        free["school_standard"] = np.zeros((1, frame["school"].nunique()))
    if link == "logit":
        free |= {"threshold_first": np.full(1, -0.5 - MEANS[control]), "threshold_gap": np.ones(2)}
    if link == "log":
        free |= {"log_mean": np.full(1, MEANS[control]), "rate_cv": np.full(1, 0.8)}
    return posterior(spec, data, {name: value[None, None] for name, value in free.items()})


@pytest.mark.parametrize("link", ["identity", "logit", "log"])
@pytest.mark.parametrize("arms", [2, 3])
def test_the_reference_arm_changes_no_unit(arms: int, link: str) -> None:
    frame = pupils(arms, link)
    one, other = (derived(frame, link, control) for control in ("usual", "short"))
    for name in ("total_sd", "icc"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12)
    contrast = one["effect_standardised"]
    contrast = contrast if arms == 2 else contrast.sel(arm="short", drop=True)
    back = other["effect_standardised"]
    back = back if arms == 2 else back.sel(arm="usual", drop=True)
    np.testing.assert_allclose(contrast, -back, rtol=1e-12)
