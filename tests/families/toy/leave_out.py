"""Log-densities of the pupils of the toy, who are independent given its three parameters."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm

from bayespanel.data import Moments, Panel
from bayespanel.language.errors import DataError, SpecError
from tests.families.toy.spec import Toy


def densities(
    spec: Toy, posterior: xr.Dataset, data: Moments, pupils: Panel | None, by: str
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the log-density [chain, draw, pupil] of every pupil, and the pupils' labels.

    Raises
    ------
    SpecError
        Schools.
    DataError
        No panel.
    """
    if by != "pupil":
        raise SpecError("In a toy pupils are left out.", f"You asked for by={by!r}.", 'Use by="pupil".')
    if pupils is None:
        raise DataError("A toy needs its pupils.", "You gave none.", "Give the panel.")
    y = pupils.values[:, :, pupils.variables.index(spec.variable)]
    x = pupils.covariates[:, pupils.covariate_names.index(spec.covariate)]
    x = x - data.covariate_centre[data.covariates.index(spec.covariate)]
    mean, effect, sd = (posterior[name].values[..., None, None] for name in ("mean", "effect", "residual_sd"))
    density = norm.logpdf(y, mean + effect * x[:, None], sd)
    return np.nansum(density, axis=-1), [str(pupil) for pupil in pupils.pupils]


def scored(spec: Toy, data: Moments) -> tuple[object, ...]:
    """Return what has to be the same in models that are compared."""
    return spec.variable, data.n_pupils
