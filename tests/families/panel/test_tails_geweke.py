"""Chains of Student-t tails against the prior: data and parameters drawn in turn (Geweke 2004). Slow: minutes."""

from __future__ import annotations

import arviz_stats
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.panel.augmented_chain import Chain
from bayespanel.families.panel.augmented_sampling import augmented
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
        {"pupil": i, "wave": t, "x": rng.normal(), "z": rng.normal(), "c": i // 3}
        for i in range(12)
        for t in range(3)
        if not (i % 4 == 3 and t == 1)
    ]
    frame = pd.DataFrame(rows)
    frame["s"] = frame["c"] // 2
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "z"], classroom="c", school="s")


def draw_scores(chain: Chain, rng: np.random.Generator) -> None:
    """Draw weights and scores of all pupils given parameters and degrees of freedom."""
    sigma, coefficients, inner, outer = chain.read(chain.point)
    pupils = chain.pupils
    clustered = pupils.clustered
    assert clustered is not None
    of_class = rng.multivariate_normal(np.zeros(len(inner)), inner, size=len(clustered.parent))
    of_school = rng.multivariate_normal(np.zeros(len(outer)), outer, size=int(clustered.parent.max()) + 1)
    effects = of_class @ clustered.inner.T + of_school[clustered.parent] @ clustered.outer.T
    chain.weights = rng.gamma(chain.df / 2, 2 / (chain.df - 2), len(pupils.x))
    noise = rng.multivariate_normal(np.zeros(len(sigma[0])), sigma[0], size=len(pupils.x))
    scores = pupils.x @ coefficients[0].T + effects[pupils.cluster] + noise / np.sqrt(chain.weights)[:, None]
    chain.scores = np.where(pupils.observed, scores, 0.0)
    chain.fill()


def drawn_in_turn(sweeps: int) -> dict[str, tuple[np.ndarray, float]]:
    """Return draws [sweep, entry] of each parameter, and the mean that its prior has."""
    priors = [bp.Prior(name, "Normal", (0, sd), scale="raw") for name, sd in (("mean", 1), ("lag", 0.5))]
    priors.append(bp.Prior("tail_df", "Exponential", 6, scale="raw"))
    raw = [bp.Prior(f"{name}_sd", "HalfNormal", 1, scale="raw") for name in ("initial", "innovation", "intercept")]
    raw += [bp.Prior(f"{name}_sd", "HalfNormal", 0.5, scale="raw") for name in ("class", "school")]
    spec = bp.RICLPM(
        ("x", "z"), levels=("pupil", "class", "school"), innovations="equal", tails="student", priors=(*priors, *raw)
    )
    ready = augmented(spec, data_for(spec, panel()), panel())
    assert ready is not None
    rng = np.random.default_rng(7)
    chain = ready._begin(rng)
    chain.coordinates, chain.step_size = Coordinates(chain.point, 0.5 * np.eye(len(chain.point))), StepSize(0.1, 0.8)
    points, dfs = [], []
    for _ in range(sweeps):
        draw_scores(chain, rng)
        for _ in range(3):  # steps of very different sizes: small SDs make a stiff density
            chain.step_size.size = float(np.exp(rng.uniform(np.log(0.01), np.log(0.35))))
            chain.move_parameters(learn=False)
        chain.draw_latent()
        points.append(chain.point)
        dfs.append(chain.df)
    free = {name: value[sweeps // 40 :] for name, value in ready.posterior.constrain(np.array(points)).items()}
    return {
        "tail_df": (np.array(dfs)[sweeps // 40 :, None] - 2, 6.0),
        "lag": (free["lag"].reshape(len(free["lag"]), -1), 0.0),
        "initial_sd": (free["initial_sd"], HALF),
        "innovation_sd": (free["innovation_sd"], HALF),
        "intercept_sd": (np.abs(free["intercept_scale"]), HALF),
        "class_sd": (np.abs(free["class_scale"]), 0.5 * HALF),
        "school_sd": (np.abs(free["school_scale"]), 0.5 * HALF),
    }


def away(values: np.ndarray, expected: float) -> tuple[float, float]:
    """Return by how many Monte Carlo errors the mean of draws is off, and their effective number."""
    size = float(arviz_stats.ess(xr.Dataset({"v": (("chain", "draw"), values[None])}))["v"])
    return float((values.mean() - expected) * np.sqrt(size) / values.std()), size


@pytest.mark.slow
def test_data_and_parameters_in_turn_leave_the_priors() -> None:
    for name, (values, expected) in drawn_in_turn(SWEEPS).items():
        for i in range(values.shape[1]):
            assert abs(away(values[:, i], expected)[0]) < 4, (name, i)


if __name__ == "__main__":
    for name, (values, expected) in drawn_in_turn(SWEEPS).items():
        for i in range(values.shape[1]):
            off, size = away(values[:, i], expected)
            print(f"{name}[{i}]: mean {values[:, i].mean():.4f}, prior {expected:.4f}, off {off:.2f}, ESS {size:.0f}")
