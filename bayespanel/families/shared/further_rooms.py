"""Protocols of rooms that some families lack; see `family` for those that all have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from bayespanel.families.shared.missing_scores import MissingScores

    Array = NDArray[np.float64]


class VaryingRoom[S](Protocol):
    """`varying_table`: of paths that vary between schools, on the standardised scale."""

    def schools(self, posterior: xr.Dataset, tails: tuple[float, float], /) -> pd.DataFrame:
        """Return a row for each school and path."""

    def paths(
        self, spec: S, posterior: xr.Dataset, region: tuple[float, float], tails: tuple[float, float], /
    ) -> pd.DataFrame:
        """Return a row for each path."""


class CategoryRoom[S, D](Protocol):
    """`category_table`: how many more pupils reach a category of an ordered score."""

    def probabilities(self, spec: S, posterior: xr.Dataset, data: D, tails: tuple[float, float], /) -> pd.DataFrame:
        """Return a row for each pathway and category; none where no score is ordered."""


class ShiftRoom[S, D](Protocol):
    """`delta_adjustment`: pathways where missing scores are higher or lower than those seen predict."""

    def require_shiftable(self, spec: S, data: D, /) -> None:
        """Refuse models for which there is none."""

    def pupils(self, data: D, /) -> NDArray[np.int64]:
        """Return the number of pupils of each kind."""

    def shifts(self, spec: S, data: D, scores: MissingScores, /) -> Array:
        """Return what one delta adds to the missing scores of each kind of pupils."""

    def adjusted(
        self,
        spec: S,
        posterior: xr.Dataset,
        data: D,
        shift: Array,
        deltas: Sequence[float],
        said: Callable[[], None],
        /,
        *,
        selection: bool,
    ) -> xr.Dataset:
        """Return the pathways of draws under each delta."""
