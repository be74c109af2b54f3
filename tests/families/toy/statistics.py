"""The data of the toy: three sums that say all that its likelihood needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.language.errors import DataError
from tests.families.toy.spec import Toy


def data_for(spec: Toy, data: Panel | Moments) -> Moments:
    """Return the moments of the variable.

    Raises
    ------
    DataError
        The data are neither a Panel nor Moments, or lack the variable or the covariate.
    """
    if not isinstance(data, Panel | Moments):
        raise DataError("A toy is fitted to a Panel or to Moments.", f"You gave {type(data).__name__}.", "Make one.")
    moments = data.moments() if isinstance(data, Panel) else data
    if spec.covariate not in moments.covariates:
        raise DataError("The data hold the covariate.", f"They lack {spec.covariate!r}.", "Name it in covariates.")
    return moments if moments.variables == spec.variables else moments.select(variables=spec.variables)


def is_hierarchical(spec: Toy) -> bool:
    """Return whether the sampler sees effects beside their standard deviation: the toy has none."""
    return False


def products(spec: Toy, moments: Moments) -> NDArray[np.float64]:
    """Return the cross-products of (1, x, y) over all scores, [3, 3]; the covariate counts from its mean."""
    at = 1 + moments.covariates.index(spec.covariate)
    seen = moments.observed.astype(float)  # [kind, cell]
    total = np.zeros((3, 3))
    for cell, centre in enumerate(moments.centre):
        xx = np.einsum("k,kij->ij", seen[:, cell], moments.sxx)[np.ix_((0, at), (0, at))]
        xy = moments.sxy[:, (0, at), cell].sum(axis=0)
        yy = moments.syy[:, cell, cell].sum()
        total[:2, :2] += xx
        total[:2, 2] += xy + centre * xx[0]
        total[2, 2] += yy + 2 * centre * xy[0] + centre**2 * xx[0, 0]
    total[2, :2] = total[:2, 2]
    return total


def covariate_sd(spec: Toy, moments: Moments) -> float:
    """Return the SD of the covariate over pupils."""
    at = 1 + moments.covariates.index(spec.covariate)
    return float(np.sqrt(moments.sxx[:, at, at].sum() / moments.n_pupils))
