"""What only the toy can have wrong."""

from __future__ import annotations

import xarray as xr

from bayespanel.data import Moments
from bayespanel.inference.checks import Check
from tests.families.toy.spec import Toy

FEWEST = 10


def checks(spec: Toy, posterior: xr.Dataset, data: Moments) -> list[Check]:
    """Return one row: whether there are enough pupils."""
    return [Check("pupils are many", data.n_pupils, FEWEST, data.n_pupils >= FEWEST, "Ask more.", grave=False)]
