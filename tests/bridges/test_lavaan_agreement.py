"""Our numbers against those that lavaan gave to the syntax we write, frozen in tests/known_answers/lavaan_syntax.csv.

Tolerances. Two programs climb the same hill and stop where each is content: estimates differ by less than 1e-3 standard
errors, and log-likelihoods by half the square of that, as in tests/families/panel/test_known_answers.py. lavaan takes
second derivatives by differences, hence 2e-4 for standard errors. Where scores are missing or levels are two it finds
its unrestricted model by an EM that it stops: there chi-square differs by what that falls short.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from tests.agreement import TABLE, compare_at, value_at
from tests.agreement_cases import Case, cases

LOGL, ESTIMATE, ERROR = 1e-6, 1e-3, 2e-4
GLS = 5e-3
"""Standard errors of a trial's effects: lavaan's expected information of two levels takes an average over clusters."""
QUICK = (
    "card clpm",
    "card spillover-depression, pupils only",
    "lags free, innovations equal, means equal",
    "covariate",
    "order 2",
    "dpm",
    "alt",
    "groups, lags equal, covariate, missing waves",
    "groups, dpm, lags differ",
    "items, a variable beside",
    "missing waves, covariate",
    "two levels, stable, covariate",
    "card star, complete",
    "two levels, by wave, missing waves",
    "trial, constrained",
)
FROZEN = pd.read_csv(TABLE, dtype={"parameter": str, "at": str}, keep_default_na=False, na_values={"lavaan": [""]})
NAMES = list(dict.fromkeys(FROZEN["case"]))


@cache
def all_cases() -> dict[str, Case]:
    return {case.name: case for case in cases()}


def test_the_table_holds_every_case() -> None:
    assert set(all_cases()) == set(NAMES)
    assert set(QUICK) <= set(NAMES)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_lavaan_gives_our_numbers_to_the_syntax_we_write(name: str) -> None:
    case, frozen = all_cases()[name], FROZEN[FROZEN["case"] == name]
    ours = bp.maximum_likelihood(case.spec, case.data)
    single = frozen[frozen["parameter"] == ""].set_index("quantity")["lavaan"]
    if np.isnan(single["log_likelihood"]):  # lavaan found no maximum: a covariance of schools is singular there
        assert not ours.proper
        return
    assert ours.log_likelihood == pytest.approx(single["log_likelihood"], abs=LOGL)
    assert ours.n_parameters == single["n_parameters"]
    if isinstance(case.spec, bp.RICLPM):
        assert ours.df == single["df"]  # type: ignore[attr-defined]
        short = ours.chi_square - single["chi_square"]  # type: ignore[attr-defined]
        em = bool(case.spec.cluster_levels)
        stable = em and case.spec.effects_of("school") == "stable"
        # What lavaan's EM falls short: up to 0.15 where the unrestricted covariance of schools is singular.
        assert -1e-6 < short < (0.31 if stable else 2e-4 if em else 2e-6)
    wide = frozen[frozen["parameter"] != ""].pivot(index=["parameter", "at"], columns="quantity", values="lavaan")
    for (parameter, at), row in wide.iterrows():  # type: ignore[misc]
        place = compare_at(case, parameter, at)
        error = value_at(ours.standard_errors, parameter, place)
        assert value_at(ours.estimates, parameter, place) == pytest.approx(row["estimate"], abs=ESTIMATE * error)
        if np.isfinite(row["standard_error"]):
            limit = ERROR if isinstance(case.spec, bp.RICLPM) else GLS
            assert error == pytest.approx(row["standard_error"], rel=limit)
