"""Maximum likelihood of models with several items per variable against lavaan's, in tests/known_answers/items_*."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.estimate import MaximumLikelihood
from tests.known_answers.published import HERE, moments

FIT = pd.read_csv(HERE / "items_fit.csv", index_col="model")
ESTIMATES = pd.read_csv(HERE / "items_estimates.csv")
ITEMS = {"x": ["x1", "x2", "x3"], "y": ["y1", "y2", "y3"]}

every_model = pytest.mark.parametrize("name", FIT.index)


@cache
def fitted(name: str) -> MaximumLikelihood:
    spec = bp.RICLPM(("x", "y"), indicators=ITEMS, invariance=FIT["invariance"][name])
    return bp.maximum_likelihood(spec, moments("items"))


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
    assert set(ours.index) == set(theirs.index)
    both = ours.loc[theirs.index]
    away = (both["estimate"] - theirs["estimate"]) / theirs["standard_error"]
    assert np.abs(away).max() < 1e-3
    np.testing.assert_allclose(both["standard_error"], theirs["standard_error"], rtol=2e-4)
