"""With flat priors and many pupils, the posterior is the likelihood: its mean the estimate, its SD the standard error.

The promise is 0.1 posterior SD for means and 5 % for SDs, with N >= 1000. Means and lags keep it at N = 1189. For
covariances a posterior mean is not an estimate: a prior flat on SDs and correlations is not flat on covariances, and
their posterior is skewed. This shifts the mean by some c / sqrt(N) SDs; it is 0.15 SD at N = 1189. So the promise is
kept for all parameters at ten times the pupils (moments times ten: the same estimates, errors divided by sqrt(10)),
and what is seen at N = 1189 is shown to be that shift and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.page.methods import SAMPLER
from tests.known_answers.draws import NAMES, with_covariances
from tests.known_answers.published import moments

FLAT = (
    bp.Prior("mean", "Normal", (0, 100)),
    bp.Prior("lag", "Normal", (0, 10)),
    *(bp.Prior(f"{name}_sd", "HalfNormal", (50,)) for name in NAMES),
    *(bp.Prior(f"{name}_corr", "LKJ", (1,)) for name in NAMES),
)
LOCATIONS = ("mean", "lag")
COVARIANCES = tuple(f"{name}_cov" for name in NAMES)

# The mean of 40,000 draws is known to 0.009 posterior SD for the lags, to less for the rest.
MONTE_CARLO = 4 * 0.009

every_size = pytest.mark.parametrize("times", [1, 10])


@dataclass(frozen=True, eq=False)
class Comparison:
    """Shift of the posterior mean from the estimate, in posterior SDs, and posterior SD over standard error."""

    shift: xr.Dataset
    ratio: xr.Dataset


@cache
def compared(times: int) -> Comparison:
    """Compare on the moments of `times` copies of the Mulder pupils."""
    one = moments("mulder")
    data = replace(one, n=one.n * times, sxx=one.sxx * times, sxy=one.sxy * times, syy=one.syy * times)
    spec = bp.RICLPM(variables=("x", "y"), lags="equal", priors=FLAT)
    ml = bp.maximum_likelihood(spec, data)
    fit = bp.fit(spec, data, seed=1, sampling=bp.Sampling(draws=10_000), progress=False)
    assert ml.converged
    # Of the sampler: lags of these pupils differ between intervals, and rows of fit say so, as they should.
    checks = bp.checks(fit)
    of_draws = checks[checks["check"].isin(SAMPLER)]
    assert len(of_draws) == 4  # the posterior is nearly normal, and its draws are by independence sampling
    assert of_draws["passed"].all()
    draws = with_covariances(fit.posterior)[list(ml.estimates)]
    sd = draws.std(("chain", "draw"))
    return Comparison((draws.mean(("chain", "draw")) - ml.estimates) / sd, sd / ml.standard_errors)


def largest(values: xr.Dataset) -> float:
    return max(float(np.abs(value).max()) for value in values.values())


@every_size
def test_posterior_means_of_means_and_lags_are_the_estimates(times):
    assert largest(compared(times).shift[list(LOCATIONS)]) < 0.1


@every_size
def test_every_posterior_sd_is_the_standard_error(times):
    assert largest(compared(times).ratio - 1) < 0.05


def test_with_enough_pupils_posterior_means_of_covariances_are_the_estimates_too():
    assert largest(compared(10).shift[list(COVARIANCES)]) < 0.1


def test_the_shift_of_covariances_at_1189_pupils_is_below_a_fifth_of_an_sd():
    assert largest(compared(1).shift[list(COVARIANCES)]) < 0.2


def test_the_shift_shrinks_with_the_root_of_the_number_of_pupils():
    # The next term, of order 1 / N^1.5 relative to an SD, is below 0.01 at this N.
    error = MONTE_CARLO * (1 + 1 / 10) ** 0.5 + 0.01
    assert largest(compared(10).shift - compared(1).shift / 10**0.5) < error
