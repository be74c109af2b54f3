"""Maximum likelihood of further panel models against lavaan's, frozen in tests/known_answers/family_*.csv.

lavaan's estimates lie within 1e-3 standard errors of ours: its optimiser stops where the gradient is small, and a
log-likelihood 5e-7 below its maximum allows a distance of 1e-3. Its standard errors take differences of the gradient.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.estimate import MaximumLikelihood
from tests.known_answers.published import HERE, moments

FIT = pd.read_csv(HERE / "family_fit.csv", index_col="model")
ESTIMATES = pd.read_csv(HERE / "family_estimates.csv")
GCLM = {"accumulating": True, "loadings": "first"}
OPTIONS = {
    "starts": {"error": "equal"},
    "starts, correlated errors": {"error": "equal", "error_correlated": True},
    "slopes, means on a line": {"slopes": True, "means": "linear"},
    "slopes": {"slopes": True},
    "order 2": {"order": 2},
    "order 2, free lags": {"order": 2, "lags": "free"},
    "dpm": {"accumulating": True},
    "dpm, free lags": {"accumulating": True, "lags": "free"},
    "alt": {"accumulating": True, "slopes": True, "means": "linear"},
    "gclm": {**GCLM, "moving_average": "cross"},
    "gclm, own moving averages": {**GCLM, "moving_average": "own"},
    "gclm, no moving averages": GCLM,
    "gclm, free loadings": {"accumulating": True, "loadings": "free", "moving_average": "cross"},
    "free loadings": {"loadings": "free"},
    "free loadings and lags": {"loadings": "free", "lags": "free"},
    "stable effects": {"covariate_effects": "stable"},
    "stable effects, free lags": {"covariate_effects": "stable", "lags": "free"},
    "effects by wave": {},
    "distal effects": {"distal": {"dist": "stable"}},
}

LONG = ("mulder_f2_alt_mar",)
"""Answers that take minutes: lines that accumulate, at an improper solution, with 44 missing patterns. `make slow` asks
for them."""

every_model = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in FIT.index]
)


def spec_of(name: str) -> bp.RICLPM:
    kind, _, covariates = FIT["kind"][name].partition(":")
    options = OPTIONS[kind] | ({"covariate_effects": "stable"} if kind == "distal effects" and covariates else {})
    return bp.RICLPM(FIT["variables"][name].split(), covariates=covariates.split(), **options)


@cache
def fitted(name: str) -> MaximumLikelihood:
    return bp.maximum_likelihood(spec_of(name), moments(FIT["data"][name]))


@every_model
def test_log_likelihood_and_counts_are_lavaans(name: str) -> None:
    found, theirs = fitted(name), FIT.loc[name]
    assert found.converged
    assert found.log_likelihood == pytest.approx(theirs["log_likelihood"], abs=1e-6)
    assert found.chi_square == pytest.approx(theirs["chi_square"], abs=1e-4)
    assert (found.n_parameters, found.df, found.n_pupils) == (theirs["n_parameters"], theirs["df"], theirs["n_pupils"])
    assert found.proper == theirs["proper"]


@every_model
def test_estimates_and_standard_errors_are_lavaans(name: str) -> None:
    theirs = ESTIMATES[ESTIMATES["model"] == name].set_index(["parameter", "at"])
    ours = bp.parameter_estimates(fitted(name)).set_index(["parameter", "at"])
    kind, _, covariates = FIT["kind"][name].partition(":")
    if covariates or {"alt", "dpm", "gclm", "order"} & set(re.findall(r"\w+", kind)):
        # lavaan's covariances with the first wave, or of the first two, and its intercepts, which with covariates
        # are means at covariates of 0, are other parameters.
        assert set(theirs.index) < set(ours.index)
    else:
        assert set(ours.index) == set(theirs.index)
    both = ours.loc[theirs.index]
    away = (both["estimate"] - theirs["estimate"]) / theirs["standard_error"]
    assert np.abs(away).max() < 1e-3
    # The information of one improper solution is nearly singular, and lavaan's differences of the gradient are coarser.
    rtol = 3e-4 if name == "jsp_f1_dpm" else 2e-4
    np.testing.assert_allclose(both["standard_error"], theirs["standard_error"], rtol=rtol)
