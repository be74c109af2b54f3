"""Checks of panel models alone: variances at their boundary, and lags that do not die out."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.data.cautions import UNEQUAL
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.checks import Check

BOUNDARY = 0.2
"""Least ratio of the 5 % quantile to the median of a standard deviation. A half-normal posterior, piled up at zero,
has 0.09; a normal one two SDs away from zero 0.18."""

EFFECTS = (
    "The {level} SD of {where} cannot be told from zero, so its correlations say little. That is a finding, not a "
    "failure of sampling; consider leaving the level out and compare."
)
ERRORS = (
    "The SD of the occasion errors of {where} cannot be told from zero: there may be none, or these waves hardly tell "
    "errors from deviations, and the prior decides. Compare with error='none' before you speak of true scores."
)

EXPLOSIVE = 0.05
"""Highest probability that the lag matrix has a spectral radius of 1 or more."""


GAPS = (
    "Lags are equal over intervals, and the longest gap between waves is this many times the shortest: one lag stands "
    "for different times. Compare with time='continuous', in which lags follow the gaps, or with lags='free'."
)


def checks(spec: RICLPM, posterior: xr.Dataset, data: Moments | None = None) -> list[Check]:
    """Return the rows for a posterior."""
    rows = []
    for part in (part for part in spec.components() if part.signed):
        draws = posterior[f"{part.name}_sd"]
        low, middle = (draws.quantile(q, ("chain", "draw")) for q in (0.05, 0.5))
        ratio = (low / middle).stack(entry=low.dims)
        worst = ratio.isel(entry=int(np.argmin(ratio.values)))
        where = ", ".join(str(worst[dim].item()) for dim in low.dims)
        rows.append(
            Check(
                f"{part.level or part.name} variance is away from zero",
                float(worst),
                BOUNDARY,
                float(worst) >= BOUNDARY,
                (ERRORS if part.anew else EFFECTS).format(level=part.level, where=where),
                grave=False,
            )
        )
    explosive = float((posterior["spectral_radius"] >= 1.0).mean(("chain", "draw")).max())
    rows.append(
        Check(
            "lags die out",
            explosive,
            EXPLOSIVE,
            explosive <= EXPLOSIVE,
            "Within-person deviations grow from wave to wave with this probability. Check for trends that the means "
            "do not carry, for waves too close together, or for too few waves.",
            grave=False,
        )
    )
    if (
        data is not None
        and data.times is not None
        and not (process(spec).by_interval or process(spec).continuous)
        and len(data.times) > 2
    ):
        gaps = np.diff(data.times)
        longest = float(gaps.max() / gaps.min())
        rows.append(
            Check("gaps between waves are equal", longest, 1 + UNEQUAL, longest <= 1 + UNEQUAL, GAPS, grave=False)
        )
    return rows
