"""Mixed draws of imputations are the posterior given what was observed, within Monte Carlo error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

import bayespanel as bp

Array = NDArray[np.float64]

SPEC = bp.CLPM(("x", "y"))
NUMBER = 60
LAG = np.array([[0.5, 0.2], [0.1, 0.4]])


def incomplete(pupils: int = 300) -> bp.Panel:
    """Two variables at three waves; who is low in x at the first wave often lacks the others (missing at random)."""
    rng = np.random.default_rng(7)
    scores = np.empty((pupils, 3, 2))
    scores[:, 0] = rng.normal(size=(pupils, 2)) @ np.array([[1.0, 0.3], [0.0, 0.95]])
    for t in (1, 2):
        scores[:, t] = scores[:, t - 1] @ LAG.T + 0.8 * rng.normal(size=(pupils, 2))
    low = scores[:, 0, 0] < 0
    scores[:, 1, 1][rng.random(pupils) < np.where(low, 0.6, 0.1)] = np.nan
    scores[:, 2, 0][rng.random(pupils) < np.where(low, 0.5, 0.2)] = np.nan
    return bp.Panel(scores, ("1", "2", "3"), ("x", "y"), np.arange(pupils).astype(object), np.zeros((pupils, 0)), ())


def implied(draw: xr.Dataset) -> tuple[Array, Array]:
    """Mean [cell] and covariance [cell, cell] of the scores by the model's equations, cell = 2 wave + variable."""

    def covariance(sd: Array, corr: Array) -> Array:
        return np.asarray(sd[:, None] * corr * sd[None, :])

    lag = draw["lag"].values
    now = covariance(draw["initial_sd"].values, draw["initial_corr"].values)
    blocks = [[now]]
    for t in range(2):
        across = [lag @ block for block in blocks[-1]]  # cov(wave t + 1, waves before)
        fresh = covariance(draw["innovation_sd"].values[t], draw["innovation_corr"].values[t])
        blocks.append([*across, lag @ blocks[-1][-1] @ lag.T + fresh])
    whole = np.zeros((6, 6))
    for i, row in enumerate(blocks):
        for j, block in enumerate(row):
            whole[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = block
            whole[2 * j : 2 * j + 2, 2 * i : 2 * i + 2] = block.T
    return draw["mean"].values.ravel(), whole


def imputed(panel: bp.Panel, draw: xr.Dataset, rng: np.random.Generator) -> bp.Panel:
    """Draw what is missing given what was observed and parameters: a conditional normal for each pupil."""
    mean, cov = implied(draw)
    cells = panel.values.reshape(panel.n_pupils, 6).copy()
    for row in cells:
        gap = np.isnan(row)
        if gap.any():
            weight = np.linalg.solve(cov[np.ix_(~gap, ~gap)], cov[np.ix_(~gap, gap)]).T
            rest = cov[np.ix_(gap, gap)] - weight @ cov[np.ix_(~gap, gap)]
            row[gap] = rng.multivariate_normal(mean[gap] + weight @ (row[~gap] - mean[~gap]), rest)
    return replace(panel, values=cells.reshape(panel.values.shape))


@pytest.mark.slow
def test_mixed_draws_are_the_posterior_of_the_incomplete_data() -> None:
    """Imputations with parameters from the posterior of the incomplete data: (1) of `inference.imputed` holds exactly.

    Differences count in Monte Carlo errors of the mixture, which are mostly that of 60 imputations: so this is also a
    test that these errors are honest. One of 16 is beyond 3.5 with probability 0.007.
    """
    panel = incomplete()
    sampling = bp.Sampling(sampler="auto", chains=4, draws=1000)
    mar = bp.fit(SPEC, panel, seed=11, sampling=sampling, progress=False)
    rng = np.random.default_rng(5)
    flat = mar.posterior.stack(sample=("chain", "draw"))
    some = rng.choice(flat.sizes["sample"], NUMBER, replace=False)
    tables = [imputed(panel, flat.isel(sample=int(at)), rng) for at in some]
    fit = bp.fit_imputed(SPEC, tables, seed=21, sampling=replace(sampling, chains=2, draws=500), progress=False)

    rows = bp.parameter_estimates(fit).merge(bp.parameter_estimates(mar), on=["parameter", "at"], suffixes=("", "_mar"))
    rows = rows[rows["parameter"].isin(["mean", "lag", "initial_sd", "innovation_sd"])]
    apart = (rows["mean"] - rows["mean_mar"]) / np.hypot(rows["mcse_mean"], rows["mcse_mean_mar"])
    assert len(rows) == 16
    assert apart.abs().max() < 3.5
    assert 0.1 < (apart**2).mean() < 1.9  # errors are neither too small nor too large; the 16 hang together
    # The SD of a mixture of 60 has a relative error of about fmi / sqrt(2 * 60) at most, beside that of the draws.
    np.testing.assert_allclose(rows["sd"], rows["sd_mar"], rtol=0.2)
    assert (rows["sd"] / rows["sd_mar"]).mean() == pytest.approx(1.0, abs=0.04)

    # What is missing, from the difference between the posterior of the incomplete data and those of completed tables.
    found = bp.missing_information(fit).set_index("pathway")
    evidence = bp.evidence(mar, rope=0.05).to_dataframe()
    lost = 1 - found["within_sd"] ** 2 / evidence["sd"] ** 2
    assert ((found["lower"] - 0.05 <= lost) & (lost <= found["upper"] + 0.05)).all()
    assert found["fmi"].max() > 0.2
    checks = bp.checks(fit).set_index("check")
    assert checks.loc["R-hat", "passed"]
    assert bp.evidence(fit, rope=0.05)["rhat"].max() < 1.02
    print(
        rows.assign(apart=apart, ratio=rows["sd"] / rows["sd_mar"])[["parameter", "at", "apart", "ratio"]].to_string()
    )
    print(found.assign(lost=lost).to_string())
    print(checks[["value", "limit", "state"]].to_string())
