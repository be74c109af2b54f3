"""Whether data say anything about a parameter: how far its posterior overlaps with its prior.

Garrett & Zeger (2000), doi:10.1111/j.0006-341X.2000.01055.x, take the overlap of the two densities as a sign of weak
identification::

    overlap = integral of min(prior density, posterior density) = integral over u of min(1, f(u))            (1)

with f the density of u, the posterior draws on the scale on which the prior is uniform: their shares of the prior's
mass. It does not depend on the unit of a parameter, and is 1 where nothing was learnt.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.checks import Check
from bayespanel.language.names import row_of

Array = NDArray[np.float64]

PRIOR_DRAWS = 1000
"""Draws of the prior: they tell tenths of it to .01."""

BINS = 10
"""Parts of the prior, each with a tenth of its mass."""

LIMIT = 0.83
"""Overlap from which the prior says more than the data: that of a normal prior and a posterior at the same place, to
which both give as much information. Garrett & Zeger's .35 is for flat priors, and a weakly informative one has more."""

KEPT = 0.5
"""Overlap from which a fit remembers it."""

MOST = 4
"""Parameters that are named."""


def overlap(prior: Array, posterior: Array) -> float:
    """Return (1) for draws of a number before and after the data."""
    edges = np.quantile(prior, np.arange(1, BINS) / BINS)
    share = np.bincount(np.searchsorted(edges, posterior.ravel()), minlength=BINS) / posterior.size
    return float(np.minimum(share, 1.0 / BINS).sum())


def overlaps(
    prior: Mapping[str, Array], free: Mapping[str, Array], posterior: xr.Dataset, rows: Collection[str]
) -> dict[str, float]:
    """Return the overlaps above `KEPT` of a model's parameters, the largest first.

    Parameters
    ----------
    prior, free
        Draws of the model's own variables before and after the data, each [chain, draw, ...].
    posterior
        The posterior by its names, whose labels tell entries apart.
    rows
        Parameters of the table of priors. What is no row of it, such as the effect of one school, is left out.

    Returns
    -------
    dict
        Name, such as "lag[math, reading]", to overlap; an SD for the signed scale whose size it is.
    """
    out: dict[str, float] = {}
    for name, values in free.items():
        row = row_of(name, rows)
        if row is None:
            continue
        before, after = prior[name], values
        if name.endswith("_scale"):
            before, after = np.abs(before), np.abs(after)
        named = posterior[row].transpose("chain", "draw", ...) if row in posterior else None
        same = named is not None and named.shape[2:] == values.shape[2:]
        for at in np.ndindex(values.shape[2:]):
            labels = ""
            if named is not None and same and at:
                labels = f"[{', '.join(str(named[dim].values[i]) for dim, i in zip(named.dims[2:], at, strict=True))}]"
            found = overlap(before[(0, slice(None), *at)], after[(slice(None), slice(None), *at)])
            key = f"{row}{labels}"
            if found >= KEPT:
                out[key] = max(out.get(key, 0.0), round(found, 3))
    return dict(sorted(out.items(), key=lambda each: -each[1]))


def overlap_check(known: Mapping[str, float]) -> Check:
    """Return the row of checks: whether the data say more than the prior of every parameter."""
    worst = max(known.values(), default=KEPT)
    unknown = [f"{name} ({value:.2f})" for name, value in known.items() if value >= LIMIT]
    rest = f", and {len(unknown) - MOST} more" if len(unknown) > MOST else ""
    return Check(
        "data say more than the prior, overlap",
        worst,
        LIMIT,
        worst < LIMIT,
        f"The posterior is nearly the prior, as far as they overlap: {', '.join(unknown[:MOST])}{rest}. The data say "
        "less than the prior did, and what a table gives of them is the prior. Give it with its reason, and show "
        "others: bp.refits(fit), or bayespanel report --refits. More waves or clusters, something held equal, or a "
        "model without that part would tell; a correlation of effects that hardly vary never does.",
        grave=False,
    )
