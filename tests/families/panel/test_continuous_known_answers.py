"""Maximum likelihood in continuous time against another computation in numpy and against OpenMx, frozen.

Both stop where their gradient is small; estimates agree within 1e-3 standard errors.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.estimate import MaximumLikelihood
from tests.known_answers.published import HERE, moments

FIT = pd.read_csv(HERE / "continuous_time_fit.csv", index_col="model")
ESTIMATES = pd.read_csv(HERE / "continuous_time_estimates.csv")

every_model = pytest.mark.parametrize("name", FIT.index)


@cache
def fitted(name: str) -> MaximumLikelihood:
    times = np.array([float(time) for time in FIT["times"][name].split()])
    spec = bp.RICLPM(
        ("x", "y"), time="continuous", innovations="equal", intercepts="no intercepts" not in FIT["kind"][name]
    )
    return bp.maximum_likelihood(spec, replace(moments(FIT["data"][name]), times=times))


@every_model
def test_log_likelihood_and_counts_agree(name: str) -> None:
    found, theirs = fitted(name), FIT.loc[name]
    assert found.converged
    assert found.log_likelihood == pytest.approx(theirs["log_likelihood"], abs=1e-6)
    assert (found.n_parameters, found.df, found.n_pupils) == (theirs["n_parameters"], theirs["df"], theirs["n_pupils"])


@pytest.mark.parametrize("name", ESTIMATES["model"].unique())
def test_estimates_and_standard_errors_agree(name: str) -> None:
    theirs = ESTIMATES[ESTIMATES["model"] == name].set_index(["parameter", "at"])
    openmx = name.endswith("openmx")
    found = fitted("ct_i1_mulder_free_initial" if openmx else name)
    ours = bp.parameter_estimates(found).set_index(["parameter", "at"])
    assert set(theirs.index) < set(ours.index) if openmx else set(theirs.index) == set(ours.index)
    both = ours.loc[theirs.index]
    assert np.abs((both["estimate"] - theirs["estimate"]) / theirs["standard_error"]).max() < 1e-3
    # Their second derivatives are differences.
    np.testing.assert_allclose(both["standard_error"], theirs["standard_error"], rtol=1e-3)


def test_at_equal_gaps_it_is_the_model_of_equal_lags() -> None:
    discrete = bp.maximum_likelihood(bp.RICLPM(("x", "y"), innovations="equal"), moments("mulder"))
    assert fitted("ct_i4_mulder_equal_gaps").log_likelihood == pytest.approx(discrete.log_likelihood, abs=1e-6)


def test_a_drift_may_oscillate() -> None:
    """Its eigenvalues are complex at the maximum of these data."""
    values = np.linalg.eigvals(fitted("ct_i1_mulder_mar_free_initial").estimates["drift"].values)
    assert np.abs(values.imag).min() > 0.02
