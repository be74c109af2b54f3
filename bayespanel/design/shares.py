"""Shares of replicates, and what the number of these leaves open of them."""

from __future__ import annotations

import numpy as np
import xarray as xr


def wilson(share: xr.DataArray, number: xr.DataArray, z: float = 1.959964) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the 95 % interval of a share among so many, Wilson (1927)."""
    centre = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z / (1 + z**2 / number) * np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2))
    # Of none and of all the ends are 0 and 1, which rounding would miss by 1e-17.
    return (centre - half).where(share != 0, 0.0), (centre + half).where(share != 1, 1.0)
