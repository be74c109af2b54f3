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
