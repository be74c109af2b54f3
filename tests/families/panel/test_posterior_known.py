"""The posterior against Stan's, with exactly its priors, on complete scores and on scores missing at random.

Stan's numbers are frozen in tests/known_answers; a program of its own, which shares nothing with ours, drew them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from arviz_stats import mcse

import bayespanel as bp
from bayespanel.page.methods import SAMPLER
from tests.known_answers.draws import NAMES, with_covariances
from tests.known_answers.published import moments, table

# The column `prior` of Stan's table; a uniform correlation is LKJ(1) of a 2 x 2 matrix.
PRIORS = (
    bp.Prior("mean", "Normal", (0, 5), scale="raw"),
    bp.Prior("lag", "Normal", (0, 0.5), scale="raw"),
    *(bp.Prior(f"{name}_sd", "HalfNormal", (1,), scale="raw") for name in NAMES),
    *(bp.Prior(f"{name}_corr", "LKJ", (1,)) for name in NAMES),
)
QUANTILES = {0.025: "q2.5", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.975: "q97.5"}
LABELS = ("wave", "target", "source", "variable", "variable_")

# As many draws as Stan's. Its SDs and ours are each known to about 0.9 %, their ratio to 1.3 %: 5 % are four Monte
# Carlo errors. With 1,000 draws a chain 5 % would be two and a half, and chance failed two seeds of four.
DRAWS = 4000

both = pytest.mark.parametrize("data", ["mulder", "mulder_mar"])
by = pytest.mark.parametrize("sampler", ["auto", "nuts"])


@cache
def compared(data: str, sampler: str) -> pd.DataFrame:
    """Sample, and return Stan's rows with our mean, SD, Monte Carlo errors and quantiles beside them."""
    spec = bp.RICLPM(variables=("x", "y"), lags="equal", innovations="equal", priors=PRIORS)
    fit = bp.fit(spec, moments(data), seed=20240607, sampling=bp.Sampling(draws=DRAWS, sampler=sampler), progress=False)
    # Of the sampler: lags of these pupils differ between intervals, and rows of fit say so, as they should.
    checks = bp.checks(fit)
    of_draws = checks[checks["check"].isin(SAMPLER)]
    assert len(of_draws) == {"nuts": 6, "auto": 4 if data == "mulder" else 6}[sampler]
    assert of_draws["passed"].all()
    posterior = with_covariances(fit.posterior)
    rows = []
    for _, theirs in table("stan_riclpm").query("data == @data").iterrows():
        at = {dim: theirs[dim] for dim in LABELS if pd.notna(theirs[dim])}
        draws = posterior[theirs["parameter"]].sel(at)
        ours = {"our_mean": draws.mean(), "our_mcse": mcse(draws), "our_sd": draws.std()}
        ours |= {f"our_{name}": draws.quantile(q) for q, name in QUANTILES.items()}
        rows.append({**theirs, **{name: float(value) for name, value in ours.items()}})
    return pd.DataFrame(rows)


@by
@both
def test_all_parameters_of_stan_are_compared(data, sampler):
    assert len(compared(data, sampler)) == 27
    assert (
        compared(data, sampler)["prior"].str.startswith("mu~N(0,5); A~N(0,0.5); all sds~half-N(0,1); correlations unif")
    ).all()


@by
@both
def test_posterior_means_are_stans_within_four_monte_carlo_errors(data, sampler):
    rows = compared(data, sampler)
    z = (rows["our_mean"] - rows["mean"]) / np.hypot(rows["our_mcse"], rows["mcse"])
    assert z.abs().max() < 4, rows.loc[z.abs().idxmax()]


@by
@both
def test_posterior_sds_are_stans_within_five_percent(data, sampler):
    rows = compared(data, sampler)
    ratio = rows["our_sd"] / rows["sd"] - 1
    assert ratio.abs().max() < 0.05, rows.loc[ratio.abs().idxmax()]


@by
@both
def test_posterior_quantiles_are_stans(data, sampler):
    # The error of a 2.5 % quantile from 16,000 draws worth about 10,000 is 0.027 SD, of the difference of two 0.04 SD.
    rows = compared(data, sampler)
    for name in QUANTILES.values():
        distance = (rows[f"our_{name}"] - rows[name]).abs() / rows["sd"]
        assert distance.max() < 0.15, rows.loc[distance.idxmax()]
