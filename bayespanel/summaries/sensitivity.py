"""How a pathway would change with a little more or less of the prior, or of the data: power-scaling.

Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5. Prior or likelihood is raised to a power
near 1 by importance weights, and the sensitivity is how fast the distribution of the pathway then moves: above 0.05 it
matters. Only priors that somebody chose are scaled, not the distribution of cluster effects.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP = 1.01
"""Power, and its inverse, between which the derivative is taken."""

FAR = 1.25
"""Power at which Pareto's k is taken: whether weights reach as far as a change that one would make."""

MATTERS = 0.05
"""Sensitivity above which a pathway hangs on what is scaled (Kallioinen et al. 2024, section 3.3)."""

SAID = {
    (False, False): "weak data",
    (False, True): "",
    (True, False): "strong prior, weak data",
    (True, True): "prior and data differ",
}
"""(hangs on the prior, hangs on the data) -> what to say."""


def power_scaling(draws: xr.Dataset, log_prior: xr.Dataset, log_likelihood: xr.DataArray) -> xr.Dataset:
    """Return how each pathway hangs on priors and data.

    Parameters
    ----------
    draws
        `standardised` [chain, draw, pathway].
    log_prior
        Log-density of each prior [chain, draw], by row of the table of priors.
    log_likelihood : [chain, draw]

    Returns
    -------
    xr.Dataset
        Over `pathway`: `prior_sensitivity`, all priors scaled together, `likelihood_sensitivity`, and `diagnosis` in
        words; over `parameter`, `pathway`: `sensitivity_to`, each prior on its own. `pareto_k_prior` and
        `pareto_k_likelihood` [] speak of the weights at a power of 1.25 or its inverse, whichever is worse: above 0.7
        they do not reach so far, and a refit is the answer.
    """
    values = draws["standardised"].transpose("pathway", "chain", "draw").values
    together = sum(log_prior[name] for name in log_prior.data_vars)
    prior = _sensitivity(values, _values(together))
    data = _sensitivity(values, _values(log_likelihood))
    each = np.stack([_sensitivity(values, _values(log_prior[name])) for name in log_prior.data_vars])
    said = ["" if np.isnan(p) else SAID[bool(p > MATTERS), bool(d > MATTERS)] for p, d in zip(prior, data, strict=True)]
    return xr.Dataset(
        {
            "prior_sensitivity": ("pathway", prior),
            "likelihood_sensitivity": ("pathway", data),
            "diagnosis": ("pathway", np.array(said, dtype=str)),
            "sensitivity_to": (("parameter", "pathway"), each),
            "pareto_k_prior": ((), _pareto_k(_values(together))),
            "pareto_k_likelihood": ((), _pareto_k(_values(log_likelihood))),
        },
        coords={"pathway": draws["pathway"], "parameter": [str(name) for name in log_prior.data_vars]},
    )


def _values(density: Any) -> Array:
    return np.asarray(density.transpose("chain", "draw").values, float)


def _sensitivity(values: Array, log_density: Array) -> Array:
    """Sensitivity [pathway] of values [pathway, chain, draw] to a log-density [chain, draw]."""
    stats = _arviz()
    lower, upper = (_weights(log_density, power)[0] for power in (1 / STEP, STEP))
    shape = values.shape
    return np.array(
        [
            np.nan if np.ptp(one) == 0 else float(stats.power_scale_sense(one, lower, upper, 1 / STEP, STEP))
            for one in values.reshape(shape)
        ]
    )


def _weights(log_density: Array, power: float) -> tuple[Array, float]:
    """Smoothed weights [chain, draw] that raise a density to a power, and Pareto's k."""
    ratio = (power - 1.0) * (log_density - log_density.max())
    smoothed, k = _arviz().psislw(-ratio.ravel())
    weights = np.exp(smoothed - smoothed.max())
    return (weights / weights.sum()).reshape(log_density.shape), float(k)


def _pareto_k(log_density: Array) -> float:
    return max(_weights(log_density, power)[1] for power in (1 / FAR, FAR))


def _arviz() -> Any:
    return import_module("arviz_stats.base").array_stats
