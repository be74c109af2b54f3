"""Standard errors of what follows from the parameters: the delta method, for many quantities at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP = 1e-4
"""Of central differences, in units of the parameters."""


def delta(measure: Callable[[Array], xr.Dataset], vector: Array, covariance: Array) -> tuple[xr.Dataset, xr.Dataset]:
    """Return quantities at a vector of parameters, and their standard errors.

    Parameters
    ----------
    measure
        From vectors [draw, parameter] to quantities [draw, ...].
    vector : [parameter]
        Where they are wanted.
    covariance : [parameter, parameter]
        Of the parameters. Where it is NaN, standard errors are.

    Returns
    -------
    tuple of xr.Dataset
        The quantities and their standard errors, without the dimension `draw`.
    """
    steps = STEP * np.eye(len(vector))
    found = measure(np.concatenate([vector[None], vector + steps, vector - steps]))
    here = found.isel(draw=0, drop=True)
    n = len(vector)
    errors = {}
    for name, array in found.data_vars.items():
        values = array.transpose("draw", ...).values
        slopes = ((values[1 : n + 1] - values[n + 1 :]) / (2 * STEP)).reshape(n, -1)
        variance = np.einsum("jx,jk,kx->x", slopes, covariance, slopes)
        errors[name] = here[name].copy(data=np.sqrt(np.maximum(variance, 0.0)).reshape(here[name].shape))
    return here, here.assign(errors)
