"""Parameters, standardised solutions and measures of fit as tables, of draws and of maximum likelihood."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.inference.delta import delta
from tests.families.panel.data import moments


@pytest.fixture(scope="module")
def ml():
    return bp.maximum_likelihood(bp.RICLPM(variables=["v0", "v1"]), moments())


def test_estimates_stand_in_a_table_with_a_row_for_each_free_parameter(ml) -> None:
    free = bp.RICLPM(variables=["v0", "v1"], lags="free", covariates=["age"])
    data = moments()
    frame = bp.parameter_estimates(ml)
    assert len(frame) == ml.n_parameters
    row = frame[(frame["parameter"] == "lag") & (frame["at"] == "v1, v0")].iloc[0]
    assert row["estimate"] == float(ml.estimates["lag"].sel(target="v1", source="v0"))
    error = float(ml.standard_errors["lag"].sel(target="v1", source="v0"))
    assert row["upper"] - row["estimate"] == pytest.approx(1.959964 * error, rel=1e-6)  # digits of the quantile
    narrow = bp.parameter_estimates(ml, prob=0.5)
    assert (narrow["upper"] < frame["upper"]).all()
    assert len(bp.parameter_estimates(bp.maximum_likelihood(free, data))) == 4 * 2 + 4 * 2 + 3 * 4 + 3 + 3 * 3 + 3
    with pytest.raises(bp.SpecError, match="between 0 and 1"):
        bp.parameter_estimates(ml, prob=95)


def test_measures_of_fit_are_one_row_each(ml) -> None:
    found = bp.fit_measures(ml).set_index("statistic")["value"]
    assert found["log_likelihood"] == ml.log_likelihood
    assert found["rmsea"] == ml.rmsea or np.isnan(ml.rmsea)


def test_what_has_no_parameters_is_refused() -> None:
    for verb in (bp.parameter_estimates, bp.standardized_solution, bp.fit_measures):
        with pytest.raises(bp.SpecError, match="You gave str"):
            verb("fit.nc")


def test_standard_errors_of_functions_are_those_of_the_delta_method() -> None:
    """Of x / y the variance is that of the first-order expansion, in closed form."""
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    here, errors = delta(lambda v: xr.Dataset({"ratio": ("draw", v[:, 0] / v[:, 1])}), np.array([2.0, 4.0]), covariance)
    slope = np.array([1 / 4, -2 / 16])
    assert float(here["ratio"]) == 0.5
    assert float(errors["ratio"]) == pytest.approx(np.sqrt(slope @ covariance @ slope), rel=1e-6)
