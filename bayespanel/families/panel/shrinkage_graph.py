"""Lags whose cross-lags are shrunk, as a graph; see `shrinkage`."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.panel.process import process
from bayespanel.families.panel.shrinkage import LOCAL, SD, STANDARD, held, local_dims, places, spread
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.parameters import deviation


def put(spec: RICLPM, waves: int, ratio: TensorVariable) -> None:
    """Put lags whose cross-lags are shrunk into the model.

    Parameters
    ----------
    ratio : [target, source]
        What the row of the lags counts in.
    """
    lags, k, row = process(spec), len(spec.variables), spec.prior("lag")
    shape, dims = lags.shape(waves, k), lags.dims(waves)
    one = pt.as_tensor(1.0)
    sd = deviation(SD, spec.prior(SD), one, (), (), signed=False)
    local = None
    if LOCAL in held(spec):
        size = (*shape[:-2], k * (k - 1))
        local = deviation(LOCAL, spec.prior(LOCAL), one, size, local_dims(spec, waves), signed=False)
    mu, slab = row.arguments
    across = pt.as_tensor(spread(sd, local, slab)) * np.ones(k * (k - 1))
    wide = slab * np.eye(k) + (across @ places(k)).reshape((*across.shape[:-1], k, k))
    standard = pm.Normal(STANDARD, 0.0, 1.0, shape=shape, dims=dims)
    pm.Deterministic("lag", (mu * np.eye(k) + wide * standard) * ratio, dims=dims)
