"""Maximum likelihood of the toy, in closed form: least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.inference.maximum_likelihood import Estimates
from bayespanel.inference.verdict import Verdict
from tests.families.toy.draws import PARAMETERS
from tests.families.toy.spec import Toy
from tests.families.toy.statistics import data_for, products

Array = NDArray[np.float64]


def log_likelihood(spec: Toy, data: Panel | Moments, parameters: dict[str, Any]) -> float:
    """Return the exact log-likelihood at parameters by their names in the posterior."""
    b = np.array([-float(parameters["mean"]), -float(parameters["effect"]), 1.0])
    return _density(products(spec, data_for(spec, data)), b, float(parameters["residual_sd"]))


def maximum_likelihood(spec: Toy, data: Panel | Moments) -> Estimates:
    """Maximise it: a regression, and the root of the mean squared residual."""
    moments = data_for(spec, data)
    sums = products(spec, moments)
    b = np.linalg.solve(sums[:2, :2], sums[:2, 2])
    residual = np.array([-b[0], -b[1], 1.0])
    sd = float(np.sqrt(residual @ sums @ residual / sums[0, 0]))
    errors = [*(sd * np.sqrt(np.diag(np.linalg.inv(sums[:2, :2])))), sd / np.sqrt(2 * sums[0, 0])]
    return Estimates(
        log_likelihood=_density(sums, residual, sd),
        n_parameters=3,
        n_pupils=moments.n_pupils,
        estimates=xr.Dataset(dict(zip(PARAMETERS, (*b, sd), strict=True))),
        standard_errors=xr.Dataset(dict(zip(PARAMETERS, errors, strict=True))),
        verdict=Verdict(converged=True, boundary=(), improper=(), gain=0.0, gradient=0.0),
    )


def _density(sums: Array, b: Array, sd: float) -> float:
    return float(-0.5 * (sums[0, 0] * np.log(2 * np.pi * sd**2) + b @ sums @ b / sd**2))
