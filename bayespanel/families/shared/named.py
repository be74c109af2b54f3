"""Arrays by their names, with the labels of their dimensions: draws, truths and estimates of every family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Array = NDArray[np.float64]
Content = dict[str, tuple[tuple[str, ...], Array]]
"""Name -> dimensions and values."""


def dataset(content: Content, labels: Mapping[str, Sequence[object]], also: Iterable[str] = ()) -> xr.Dataset:
    """Return arrays with the labels of their dimensions.

    Parameters
    ----------
    content
        The arrays.
    labels
        Dimension -> its labels; those that no array has are left out.
    also
        Dimensions whose labels are kept all the same.
    """
    used = {*also}.union(*(dims for dims, _ in content.values()))
    return xr.Dataset(content, coords={dim: list(values) for dim, values in labels.items() if dim in used})


def draws(content: Content, labels: Mapping[str, Sequence[object]], also: Iterable[str] = ()) -> xr.Dataset:
    """Return draws, whose arrays [chain, draw, ...] have the dimensions of `content` behind these two."""
    chains, number = next(iter(content.values()))[1].shape[:2]
    counted = {"chain": np.arange(chains), "draw": np.arange(number)}
    every: Content = {name: (("chain", "draw", *dims), value) for name, (dims, value) in content.items()}
    return dataset(every, counted | labels, also)  # type: ignore[operator]  # labels of any kind


def one_draw(content: Content, labels: Mapping[str, Sequence[object]], also: Iterable[str] = ()) -> xr.Dataset:
    """Return a truth: draws of which there is one."""
    return draws({name: (dims, value[None, None]) for name, (dims, value) in content.items()}, labels, also)
