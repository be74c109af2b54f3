"""Paths between ordered scores as probabilities: how many more pupils reach a category after one SD more of a source.

With m and v the mean and variance over pupils of the score behind the categories of the target at a wave, d what one
within-person SD more of the source adds to it, and c a threshold::

    P(above c) = Phi((m - c) / sqrt(v)),    after one SD more: Phi((m + d - c) / sqrt(v))                          (36)

so that everybody has one SD more and nobody else changes; averaged over the waves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr

from bayespanel.data import Moments
from bayespanel.families.panel.derive import all_lags, within_sd
from bayespanel.families.panel.leave_out import points
from bayespanel.families.panel.predictive import total
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.category_rows import category_rows

Array = NDArray[np.float64]

DRAWS = 400
"""Draws over which probabilities are averaged."""


def probabilities(spec: RICLPM, posterior: xr.Dataset, data: Moments, tails: tuple[float, float]) -> pd.DataFrame:
    """Return a row for each path to an ordered variable and each of its categories but the lowest; none without such.

    Parameters
    ----------
    spec, posterior, data
        Of the fit.
    tails
        Between which the intervals lie.
    """
    if not spec.ordered:
        return category_rows((), tails)
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // DRAWS)
    some = posterior.isel(draw=slice(None, None, every))
    drawn = points(spec, some)
    size, waves = len(spec.variables), some.sizes["wave"]
    means = np.stack([point.mean for point in drawn])  # [sample, wave, variable]
    spread = np.stack([np.diag(total(spec, point, data)) for point in drawn]).reshape(len(drawn), waves, size)
    more = (all_lags(some) * within_sd(some)[..., :-1, None, :]).reshape(len(drawn), waves - 1, size, size)
    flat = some["threshold"].stack(sample=("chain", "draw")).transpose("sample", "boundary")
    out = []
    for y, target in enumerate(spec.variables):
        own = [label for label in map(str, flat["boundary"].values) if label.rsplit(" ", 1)[0] == target]
        for x, source in enumerate(spec.variables if own else ()):
            for label in own:
                above = means[:, 1:, y] - flat.sel(boundary=label).values[:, None]
                sd = np.sqrt(spread[:, 1:, y])
                before, after = ndtr(above / sd), ndtr((above + more[:, :, y, x]) / sd)
                category = label.rsplit("|", 1)[1]
                both = before.mean(axis=1), after.mean(axis=1)
                out.append((f"{source} -> {target}", source, target, category, *both))
    return category_rows(out, tails)
