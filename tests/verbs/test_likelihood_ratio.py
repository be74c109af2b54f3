"""The likelihood-ratio test of two maxima: its numbers, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scipy.stats import chi2

import bayespanel as bp
from tests.known_answers.published import moments

FREE = bp.maximum_likelihood(bp.RICLPM(["x", "y"], lags="free"), moments("mulder"))
EQUAL = bp.maximum_likelihood(bp.RICLPM(["x", "y"]), moments("mulder"))


def test_it_is_twice_the_difference_of_the_log_likelihoods() -> None:
    test = bp.likelihood_ratio(FREE, EQUAL)
    assert test.statistic == pytest.approx(2 * (FREE.log_likelihood - EQUAL.log_likelihood))
    assert (test.df, test.pupils) == (12, 1189)
    assert test.p == pytest.approx(chi2.sf(test.statistic, 12))


@pytest.mark.parametrize(
    ("free", "equal", "given"),
    [
        (EQUAL, FREE, "parameters and the log-likelihood"),
        (FREE, FREE, "parameters and the log-likelihood"),
        (FREE, replace(EQUAL, n_pupils=12), "1189 and 12 pupils"),
        (FREE, replace(EQUAL, verdict=replace(EQUAL.verdict, converged=False)), "'equal' is none"),
        (FREE, 3, "'equal' is a int"),
        (None, EQUAL, "'free' is a NoneType"),
    ],
)
def test_what_is_no_pair_is_refused(free: Any, equal: Any, given: str) -> None:
    with pytest.raises(bp.SpecError, match=given):
        bp.likelihood_ratio(free, equal)


def test_maxima_of_other_scores_are_refused() -> None:
    other = replace(EQUAL, scores={name: tuple(0.9 * x for x in of) for name, of in EQUAL.scores.items()})
    with pytest.raises(bp.SpecError, match="two models of the same data"):
        bp.likelihood_ratio(FREE, other)
    rounded = replace(EQUAL, scores={name: tuple(x * (1 + 1e-12) for x in of) for name, of in EQUAL.scores.items()})
    assert bp.likelihood_ratio(FREE, rounded).df == 12


def test_models_of_which_neither_holds_the_other_are_refused() -> None:
    second = bp.maximum_likelihood(bp.CLPM(["x", "y"], order=2), moments("mulder"))
    with pytest.raises(bp.SpecError, match="The second alone has first_lag, lag_2"):
        bp.likelihood_ratio(FREE, second)


@pytest.mark.parametrize(
    "free",
    [
        bp.RICLPM(["x", "y"], order=2), bp.RICLPM(["x", "y"], loadings="free"), bp.RICLPM(["x", "y"], slopes=True),
        bp.STARTS(["x", "y"]), bp.RICLPM(["x", "y"], innovations="free"),
    ],
)  # fmt: skip
def test_models_that_hold_each_other_are_compared(free: bp.RICLPM) -> None:
    equal = bp.maximum_likelihood(bp.RICLPM(["x", "y"], innovations="equal"), moments("mulder"))
    found = bp.maximum_likelihood(free, moments("mulder"))
    if found.converged:
        assert bp.likelihood_ratio(found, equal).df > 0
    without = bp.maximum_likelihood(bp.CLPM(["x", "y"], innovations="equal"), moments("mulder"))
    assert bp.likelihood_ratio(equal, without).df == 3
