"""Maximum likelihood of panel models with groups against other programs', frozen in tests/known_answers/groups_*.csv.

Estimates lie within 1e-3 standard errors of lavaan's, whose optimiser stops where the gradient is small. With schools
that groups share, the other program is a few lines of numpy, as lavaan cannot share them; its standard errors take
differences of differences.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.estimate import MaximumLikelihood
from tests.known_answers.published import HERE, moments

FIT = pd.read_csv(HERE / "groups_fit.csv", index_col="model", keep_default_na=False)
ESTIMATES = pd.read_csv(HERE / "groups_estimates.csv")
BLOCKS = ("mean", "lag", "initial", "innovation", "intercept")
TESTS = {
    ("mulder_b0_groups_free", "mulder_b1_groups_equal_lags"): (72.617786, 4),
    ("mulder_b1_groups_equal_lags", "mulder_b2_groups_equal_lags_innov"): (12.531335, 12),
    ("mulder_b3_groups_all_but_means", "mulder_b4_groups_all_equal"): (120.947677, 10),
}
"""Free and equal model -> lavaan's likelihood-ratio statistic and its degrees of freedom."""

every_model = pytest.mark.parametrize("name", FIT.index)


def spec_of(name: str) -> bp.RICLPM:
    row = FIT.loc[name]
    data = moments(row["data"])
    free = tuple(block for block in BLOCKS if block not in row["equal"].split()) or "none"
    levels = ("pupil", "school") if row["level"] else ("pupil",)
    lags = "free" if str(row["free_lags"]) == "True" else "equal"
    return bp.RICLPM(data.variables, levels=levels, lags=lags, groups=data.grouping, free=free)


@cache
def fitted(name: str) -> MaximumLikelihood:
    return bp.maximum_likelihood(spec_of(name), moments(FIT["data"][name]))


@every_model
def test_log_likelihood_and_counts_are_theirs(name: str) -> None:
    found, theirs = fitted(name), FIT.loc[name]
    assert found.converged
    assert found.proper
    assert found.log_likelihood == pytest.approx(float(theirs["log_likelihood"]), abs=1e-6)
    assert (found.n_parameters, found.n_pupils) == (theirs["n_parameters"], theirs["n_pupils"])
    if theirs["df"]:
        assert found.chi_square == pytest.approx(float(theirs["chi_square"]), abs=1e-4)
        assert found.df == float(theirs["df"])


@every_model
def test_estimates_and_standard_errors_are_theirs(name: str) -> None:
    theirs = ESTIMATES[ESTIMATES["model"] == name].set_index(["parameter", "at"])
    ours = bp.parameter_estimates(fitted(name)).set_index(["parameter", "at"])
    assert set(ours.index) == set(theirs.index)
    both = ours.loc[theirs.index]
    away = (both["estimate"] - theirs["estimate"]) / theirs["standard_error"]
    assert np.abs(away).max() < 1e-3
    np.testing.assert_allclose(both["standard_error"], theirs["standard_error"], rtol=2e-4)


@every_model
def test_the_log_likelihood_at_the_estimates_is_that_of_the_maximum(name: str) -> None:
    found = fitted(name)
    values = {str(parameter): array for parameter, array in found.estimates.items()}
    again = bp.log_likelihood(spec_of(name), moments(FIT["data"][name]), values)
    assert again == pytest.approx(found.log_likelihood, abs=1e-8)


@pytest.mark.parametrize(("free", "equal"), TESTS)
def test_the_likelihood_ratio_of_free_and_equal_blocks_is_lavaans(free: str, equal: str) -> None:
    test = bp.likelihood_ratio(fitted(free), fitted(equal))
    statistic, df = TESTS[free, equal]
    assert (test.statistic, test.df) == (pytest.approx(statistic, abs=1e-4), df)
