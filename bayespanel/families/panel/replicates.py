"""Pupils drawn anew from draws of a posterior, a few draws at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Panel
from bayespanel.families.panel.scores_again import everyone
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for

AT_ONCE = 10
"""Draws whose pupils are in memory at a time."""


def replicates(spec: RICLPM, posterior: xr.Dataset, panel: Panel, number: int) -> Iterator[NDArray[np.float64]]:
    """Yield scores [draw, pupil, wave, variable] of new pupils, from draws spread over the posterior.

    Parameters
    ----------
    spec, posterior, panel
        The model, its draws, and the pupils in whose place new ones are drawn.
    number
        Of draws in all, at most; the same ones each time.
    """
    moments, rng = data_for(spec, panel), np.random.default_rng(0)
    flat = posterior.stack(every=("chain", "draw")).transpose("every", ...)
    chosen = np.linspace(0, flat.sizes["every"] - 1, min(number, flat.sizes["every"])).astype(int)
    some = flat.isel(every=chosen).drop_vars(["every", "chain", "draw"]).rename(every="draw").expand_dims("chain")
    for start in range(0, len(chosen), AT_ONCE):
        yield everyone(spec, some.isel(draw=slice(start, start + AT_ONCE)), moments, panel, rng)
