"""Shrinkage of cross-lags: a common standard deviation that is estimated, or a regularised horseshoe.

A cross-lag b_j is normal around 0, in the units of the row of `cross_lag_sd`; with t that standard deviation::

    "common"       b_j ~ N(0, t^2)                                                                          (1)
    "horseshoe"    b_j ~ N(0, s_j^2),   1 / s_j^2 = 1 / (t l_j)^2 + 1 / c^2,   l_j ~ half-Cauchy            (2)

(2) is the regularised horseshoe of Piironen & Vehtari (2017, doi:10.1214/17-EJS1337SI): t draws all cross-lags towards
0, a large l_j lets one go, and no further than the slab, whose width c is that of the row of `lag`. Carry-over is not
shrunk and has the row of `lag`. The model samples b_j / s_j, so that nothing narrows where t is small.
`shrinkage_graph` writes the same as a graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.prior_draws import drawn

Array = NDArray[np.float64]

SD, LOCAL, STANDARD = "cross_lag_sd", "cross_lag_local", "lag_standard"
"""t, l of (2), and what the model samples: lags in units of their own standard deviations."""


def shrinks(spec: RICLPM) -> bool:
    """Return whether cross-lags are shrunk."""
    return spec.shrinkage != "none"


def held(spec: RICLPM) -> tuple[str, ...]:
    """Return the variables that stay at their start while the mode is sought: at the mode all cross-lags were 0."""
    return {"none": (), "common": (SD,), "horseshoe": (SD, LOCAL)}[spec.shrinkage]


def local_dims(spec: RICLPM, waves: int) -> tuple[str, ...]:
    """Return the dimensions of l in model and posterior."""
    return (*process(spec).lead(waves), "cross_lag")


def spread(sd: Any, local: Any, slab: float) -> Any:
    """Return the standard deviation of each cross-lag by (2), or by (1) without l."""
    if local is None:
        return sd
    wide = sd * local
    return wide / (1.0 + (wide / slab) ** 2) ** 0.5


def lag_draws(spec: RICLPM, free: Mapping[str, Array], ratio: Array) -> Array:
    """Return lags [..., (interval,) target, source] from draws of what the model samples.

    Parameters
    ----------
    free
        Draws of the model's variables [...].
    ratio : [..., target, source]
        What the row of the lags counts in.
    """
    k, (mu, slab) = len(spec.variables), spec.prior("lag").arguments
    standard = free[STANDARD]
    by_interval = standard.ndim > free[SD].ndim + 2
    wide = _wide(free, k, slab, by_interval)
    return np.asarray((mu * np.eye(k) + wide * standard) * (ratio[..., None, :, :] if by_interval else ratio))


def standardised_lags(spec: RICLPM, lag: Array, ratio: Array, start: Mapping[str, Array]) -> Array:
    """Return what the model samples at given lags [(interval,) target, source]; undoes `lag_draws`."""
    k, (mu, slab) = len(spec.variables), spec.prior("lag").arguments
    wide = _wide(start, k, slab, lag.ndim == 3)
    return np.asarray((lag / ratio - mu * np.eye(k)) / wide)


def typical(spec: RICLPM, waves: int) -> dict[str, Array]:
    """Return t and l about where their priors are."""
    lags, k = process(spec), len(spec.variables)
    local = np.ones((*lags.shape(waves, k)[:-2], k * (k - 1)))
    sd = np.asarray(spec.prior(SD).arguments[-1])
    return {SD: sd} | ({LOCAL: local} if LOCAL in held(spec) else {})


def true_lags(spec: RICLPM, rng: np.random.Generator, waves: int, ratio: Array | float) -> tuple[Array, dict[str, Any]]:
    """Draw lags from their priors, with t and l by name: their dimensions and values."""
    lags, k, (mu, slab) = process(spec), len(spec.variables), spec.prior("lag").arguments
    shape = lags.shape(waves, k)
    sd = drawn(spec.prior(SD), rng)
    beside: dict[str, Any] = {SD: ((), sd)}
    across = np.broadcast_to(sd, (*shape[:-2], k * (k - 1)))
    if LOCAL in held(spec):
        local = drawn(spec.prior(LOCAL), rng, across.shape)
        beside[LOCAL] = (local_dims(spec, waves), local)
        across = 1 / np.sqrt(1 / (sd * local) ** 2 + 1 / slab**2)
    lag = np.broadcast_to(np.eye(k) * 0.0, shape).copy()
    for i in np.ndindex(shape[:-2]):
        lag[i][~np.eye(k, dtype=bool)] = across[i] * rng.normal(size=k * (k - 1))
        lag[i][np.eye(k, dtype=bool)] = rng.normal(mu, slab, k)
    return lag * ratio, beside


def _wide(free: Mapping[str, Array], k: int, slab: float, by_interval: bool) -> Array:
    """Standard deviations [..., (interval or one,) target, source] of lags: of carry-over, that of the row of `lag`."""
    sd = np.asarray(free[SD])[..., None]
    local = free.get(LOCAL)
    sd = sd[..., None] if by_interval else sd
    across = np.asarray(spread(sd, local, slab)) * np.ones(k * (k - 1))
    return np.asarray(slab * np.eye(k) + (across @ places(k)).reshape(*across.shape[:-1], k, k))


def places(variables: int) -> Array:
    """Return where each cross-lag stands in a flat matrix [cross-lag, entry], targets before sources."""
    return np.eye(variables**2)[~np.eye(variables, dtype=bool).ravel()]
