"""Chains of ordered scores against the prior: data and parameters drawn in turn (Geweke 2004).

If a sweep leaves the posterior of parameters given categories as it is, then drawing categories given parameters and a
sweep in turn leaves the joint distribution, in which parameters have their priors. Slow: about five minutes.
"""

from __future__ import annotations

from dataclasses import replace

import arviz_stats
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.panel.augmented_chain import Chain
from bayespanel.families.panel.augmented_sampling import augmented
from bayespanel.families.panel.augmented_sums import Pupils, _edges
from bayespanel.families.panel.statistics import data_for
from bayespanel.inference.hamiltonian import StepSize
from bayespanel.inference.whiten import Coordinates

SWEEPS = 20_000
HALF = np.sqrt(2 / np.pi)
"""Mean of a half-normal distribution of scale 1."""


def panel() -> bp.Panel:
    """Return twelve pupils in four classes in two schools, at three waves, some of which are missing."""
    rng = np.random.default_rng(0)
    rows = [
        {"pupil": i, "wave": t, "x": rng.integers(0, 4), "y": rng.integers(0, 2), "z": rng.normal(), "c": i // 3}
        for i in range(12)
        for t in range(3)
        if not (i % 4 == 3 and t == 1)
    ]
    frame = pd.DataFrame(rows)
    frame["s"] = frame["c"] // 2
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y", "z"], classroom="c", school="s")


def draw_pupils(chain: Chain, pupils: Pupils, rng: np.random.Generator) -> None:
    """Draw scores and categories of all pupils given parameters and thresholds."""
    sigma, coefficients, inner, outer = chain.read(chain.point)
    clustered = pupils.clustered
    assert clustered is not None
    schools = int(clustered.parent.max()) + 1
    of_class = rng.multivariate_normal(np.zeros(len(inner)), inner, size=len(clustered.parent))
    of_school = rng.multivariate_normal(np.zeros(len(outer)), outer, size=schools)
    effects = of_class @ clustered.inner.T + of_school[clustered.parent] @ clustered.outer.T
    noise = rng.multivariate_normal(np.zeros(len(sigma[0])), sigma[0], size=len(pupils.x))
    scores = np.where(pupils.observed, pupils.x @ coefficients[0].T + effects[pupils.cluster] + noise, 0.0)
    code = np.full(scores.shape, -1)
    for variable, categories in enumerate(pupils.categories):
        if len(categories):
            cells = pupils.variable == variable
            found = np.digitize(scores[:, cells], chain.thresholds(variable))
            code[:, cells] = np.where(pupils.observed[:, cells], found, -1)
    numbers = np.where((code < 0) & pupils.observed, scores, 0.0)
    chain.pupils = replace(pupils, code=code, numbers=numbers, edge=_edges(code, pupils.categories))
    chain.scores = scores
    chain.fill()


@pytest.mark.slow
def test_data_and_parameters_in_turn_leave_the_priors() -> None:
    priors = (bp.Prior("mean", "Normal", (0, 1)),)
    spec = bp.RICLPM(
        ("x", "y", "z"), levels=("pupil", "class", "school"), innovations="equal", ordered=("x", "y"), priors=priors
    )
    ready = augmented(spec, data_for(spec, panel()), panel())
    assert ready is not None
    rng = np.random.default_rng(7)
    chain = ready._begin(rng)
    chain.coordinates, chain.step_size = Coordinates(chain.point, 0.5 * np.eye(len(chain.point))), StepSize(0.1, 0.8)
    chain.walks = [0.5] * 3
    points, gaps = [], []
    for _ in range(SWEEPS):
        draw_pupils(chain, ready.pupils, rng)
        for _ in range(3):  # steps of very different sizes: small SDs make a stiff density
            chain.step_size.size = float(np.exp(rng.uniform(np.log(0.01), np.log(0.35))))
            chain.move_parameters(learn=False)
        chain.move_thresholds(learn=False)
        chain.draw_latent()
        points.append(chain.point)
        gaps.append(np.concatenate(chain.gaps))
    free = {name: value[500:] for name, value in ready.posterior.constrain(np.array(points)).items()}
    within = free["initial_sd"]
    lag = free["lag"] * within[:, None, :] / within[:, :, None]
    found = {
        "gap": (np.array(gaps)[500:], 2 * HALF),
        "mean": (free["mean"][:, :, :2].reshape(len(lag), -1), 0.0),
        "lag": (lag.reshape(len(lag), -1), 0.0),
        "innovation_sd": (free["innovation_sd"][:, :2], HALF),
        "intercept_sd": (np.abs(free["intercept_scale"][:, :2]), HALF),
        "class_sd": (np.abs(free["class_scale"][:, :2]), 0.5 * HALF),
        "school_sd": (np.abs(free["school_scale"][:, :2]), 0.5 * HALF),
    }
    for name, (values, expected) in found.items():
        for i in range(values.shape[1]):
            size = arviz_stats.ess(xr.Dataset({"v": (("chain", "draw"), values[None, :, i])}))["v"].item()
            error = values[:, i].std() / np.sqrt(size)
            assert abs(values[:, i].mean() - expected) < 4 * error, (name, i)
