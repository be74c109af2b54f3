"""The posterior density of a fit as a function of one vector, and the draws of the fit as such vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.door import Spec, family_of
from bayespanel.summaries.restricted import Known

if TYPE_CHECKING:
    from bayespanel.inference.unbounded import Unbounded

Array = NDArray[np.float64]

FEWEST = 8
"""Draws per parameter: half of them have to tell a covariance."""


@dataclass(frozen=True, eq=False)
class ModelDensity:
    """A fitted model and its density.

    Attributes
    ----------
    spec, data
        Model and data, as fitted.
    free
        Draws of the model's own variables.
    draws
        How many of them are used, at most, evenly spaced.
    """

    spec: Spec
    data: Any
    free: xr.Dataset
    draws: int

    @property
    def enough(self) -> bool:
        """Whether there are enough draws for the number of parameters."""
        chains, draws, dimension = self.points.shape
        return bool(chains * draws >= FEWEST * dimension)

    @cached_property
    def known(self) -> Known:
        """The draws in coordinates without bounds, and the density there."""
        flat = self.coordinates.coordinates(self.points.reshape(-1, self.points.shape[2]))
        return Known(flat.reshape(self.points.shape), self.coordinates.evaluate)

    @cached_property
    def points(self) -> Array:
        """Some draws as vectors [chain, draw, dimension]."""
        from bayespanel.inference.unbounded import vectors

        every = {str(name): np.asarray(value.values, float) for name, value in self.free.data_vars.items()}
        length = self.free.sizes["draw"]
        kept = max(1, self.draws // self.free.sizes["chain"])
        some = np.linspace(0, length - 1, min(kept, length)).astype(int)
        return vectors(self.posterior, {name: value[:, some] for name, value in every.items()})

    @cached_property
    def posterior(self) -> Any:
        """The compiled density."""
        from bayespanel.inference.compiled import remembered

        return remembered().posterior(family_of(self.spec).build.build(self.spec, self.data))

    @cached_property
    def coordinates(self) -> Unbounded:
        """Coordinates in which the density has no bounds."""
        from bayespanel.inference.unbounded import unbounded

        return unbounded(self.posterior, self.points.reshape(-1, self.points.shape[2]))
