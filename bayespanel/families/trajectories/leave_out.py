"""Log-densities of the pupils of trajectories, where nothing but the parameters joins them."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.number import pointwise
from bayespanel.families.trajectories.plan import Array
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.language.errors import SpecError


def densities(
    spec: Trajectories, posterior: xr.Dataset, data: PanelRows, _pupils: object, by: str
) -> tuple[Array, list[str]]:
    """Return log-densities [chain, draw, pupil], membership summed out, and numbers for names.

    Raises
    ------
    SpecError
        Whole schools, or pupils in a model with effects of clusters, which are draws and not integrated out: the score
        would be conditional on them, and is never set beside a marginal one.
    """
    if by != "pupil" or spec.cluster_levels:
        raise SpecError(
            "In models of trajectories only single pupils can be left out, and only without effects of clusters.",
            f"You asked for by={by!r}; the levels are {', '.join(spec.levels)}.",
            'Use by="pupil" with levels=("pupil",), or bp.number_of_classes, about the schools seen.',
        )
    density = np.repeat(pointwise(spec, posterior, data), data.count, axis=2)
    return density, [str(i + 1) for i in range(density.shape[2])]


def scored(spec: Trajectories, data: PanelRows) -> tuple[object, ...]:
    """Return which scores are predicted: densities are set beside densities, probabilities beside probabilities."""
    return data.fingerprint(), spec.link
