"""The unit of the scores behind categories: parameters in other units say the same.

Nothing in the data tells the unit of an ordered variable. The model lets the standard deviation within pupils at the
first wave move freely while everything else counts in it, and each step ends with that standard deviation at 1 again.
This is parameter expansion by a group of scales under its Haar measure
(Liu & Wu 1999, doi:10.1080/01621459.1999.10473879): parameters in that unit are those of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.ordered import is_ordered
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.posterior import Posterior

Array = NDArray[np.float64]

UP, DOWN = ("variable", "target"), ("source", "effect")
"""Dimensions over variables in whose unit a parameter counts, and per whose unit it counts."""

UNITLESS = ("intercept_loading",)
"""Parameters of one variable alone that have no unit, though they have one for each variable."""


class Units:
    """How the parameters of a model count in the units of its variables.

    Parameters
    ----------
    spec
        The model.
    posterior
        Its density.
    dims
        Dimensions of its free variables.
    """

    def __init__(self, spec: RICLPM, posterior: Posterior, dims: Mapping[str, Sequence[str | None]]) -> None:
        k = len(spec.variables)
        each = zip(posterior.names, posterior.shapes, strict=True)
        self.exponents = np.concatenate([_exponents(name, shape, dims.get(name) or (), k) for name, shape in each])
        self.logarithm = posterior.entries(
            [name for name, how in zip(posterior.names, posterior.transforms, strict=True) if how == "log"]
        )
        self.at = np.flatnonzero(posterior.entries(["initial_sd"]))
        self.ordered = is_ordered(spec)

    def of(self, point: Array) -> Array:
        """Return the unit of each variable [variable]: 1 for numbers."""
        return np.where(self.ordered, np.exp(point[self.at]), 1.0)

    def without(self, point: Array, unit: Array) -> Array:
        """Return a point of which every ordered variable counts in these units."""
        power = self.exponents @ np.log(unit)
        return np.asarray(np.where(self.logarithm, point - power, point * np.exp(-power)))


def _exponents(name: str, shape: tuple[int, ...], dims: Sequence[str | None], variables: int) -> Array:
    """Return the power of each variable's unit in which the entries of a parameter count, [entry, variable]."""
    out = np.zeros((*shape, variables))
    if name.endswith(("_sd", "_scale")):  # over variables, or copies of them, of which variables go fastest
        out += np.eye(variables)[np.arange(shape[-1]) % variables]
    elif name not in UNITLESS and not (name in ("moving_average", "first_loading") and len(shape) == 1):
        for axis, dim in enumerate(dims):
            if dim in UP or dim in DOWN:
                own = np.eye(variables)[np.arange(shape[axis]) % variables] * (1.0 if dim in UP else -1.0)
                out += own.reshape(*(-1 if i == axis else 1 for i in range(len(shape))), variables)
    return out.reshape(-1, variables)
