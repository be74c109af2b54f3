"""The prior density of the toy's effect at 0."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.summaries.nulls import Nulls, location_at_zero
from tests.families.toy.spec import Toy

BEYOND = True


def nulls(spec: Toy, data: Moments, pathways: xr.Dataset) -> Nulls:
    """Return what the Bayes factor of the effect needs."""
    return Nulls(("raw",), np.array([location_at_zero(spec.prior("effect"))]), ((),))
