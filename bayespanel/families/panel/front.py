"""Where groups stand among the dimensions of parameters: in front of what differs between them, nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.groups import freed, has_groups
from bayespanel.families.panel.spec import RICLPM

Array = NDArray[np.float64]

PARAMETERS = (
    *("mean", "first_mean", "covariate_effect", "lag", "lag_2", "first_lag", "moving_average", "drift"),
    *("intercept_loading", "first_loading", "item_intercept", "item_loading", "item_sd"),
)
"""Of a model, without those of covariances."""


class Front:
    """The groups of a model, and which of its parameters differ between them.

    Parameters
    ----------
    spec
        The model.
    groups
        Number of groups; 1 for a model without.
    """

    def __init__(self, spec: RICLPM, groups: int) -> None:
        self.groups, self.free = groups, freed(spec) if has_groups(spec) else frozenset()

    def moves(self, name: str) -> bool:
        """Return whether a parameter differs between groups."""
        return name in self.free

    def __call__(
        self, name: str, shape: tuple[int, ...], dims: tuple[str, ...]
    ) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Return shape and dimensions of a parameter from those in the model of one group."""
        return ((self.groups, *shape), ("group", *dims)) if self.moves(name) else (shape, dims)

    def copies(self, name: str, value: Array) -> Array:
        """Return a value for every group, where the parameter differs between them."""
        return np.broadcast_to(value, (self.groups, *value.shape)).copy() if self.moves(name) else value

    def given(self, values: Any, group: int) -> Mapping[str, Any]:
        """Return the parameters of one group by their names, from those of all; see `PARAMETERS`."""
        known = {name: values[name] for name in PARAMETERS if name in values}
        return {name: value[group] if self.moves(name.removesuffix("_sd")) else value for name, value in known.items()}

    def part(self, name: str, matrices: Any, group: int) -> Any:
        """Return the covariances of one group [interval or one, side, side] from those of all, group after group."""
        if not self.moves(name):
            return matrices
        number = matrices.type.shape[0] // self.groups
        return matrices[group * number : (group + 1) * number]
