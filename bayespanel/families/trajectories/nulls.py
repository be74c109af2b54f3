"""Prior densities at 0 of log odds ratios: the prior of any two classes is the same."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import Data
from bayespanel.summaries.nulls import Nulls, location_at_zero

BEYOND = False
"""No: which class is which is settled among all draws, so that a pathway is no function of one point."""


def nulls(spec: Trajectories, _data: Data, pathways: xr.Dataset) -> Nulls:
    """Return what Bayes factors of the pathways need: of odds only; shares of classes have no prior at 0."""
    kinds = pathways["kind"].values
    odds = np.isin(kinds, ("odds", "odds_other"))
    row = spec.prior("membership_effect") if odds.any() else None
    value = location_at_zero(row) if row is not None else np.nan
    on = "raw" if row is not None and row.scale == "raw" else "standardised"
    return Nulls(tuple(on if is_odds else "" for is_odds in odds), np.where(odds, value, np.nan), ((),) * len(kinds))
