"""From the toy's free variables to the posterior by its names: they are the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.shared.named import draws
from tests.families.toy.spec import Toy
from tests.families.toy.statistics import covariate_sd

PARAMETERS = ("mean", "effect", "residual_sd")


def posterior(spec: Toy, data: Moments, free: Mapping[str, NDArray[np.float64]]) -> xr.Dataset:
    """Name the draws, the standardised effect included."""
    return standardised(draws({name: ((), free[name]) for name in PARAMETERS}, {}), covariate_sd(spec, data))


def standardised(parameters: xr.Dataset, sd: float) -> xr.Dataset:
    """Add the effect in total SDs of the variable per SD of the covariate."""
    explained = parameters["effect"] * sd
    total = np.hypot(explained, parameters["residual_sd"])
    return parameters.assign(effect_standardised=explained / total)
