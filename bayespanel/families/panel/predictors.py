"""Covariates: their effects on the scores of every wave, or on what lasts in pupils, which carries them there.

With x the covariates of a pupil, counted from their means, and f what lasts (random intercepts; with slopes, both)::

    f = Gamma x + f*,  f* ~ N(0, Omega),     E(y_t | x) = mean_t + L_t Gamma x                               (18)

L_t are the loadings of f at wave t: ones, free, a line, or what lags have carried on by then. On the standardised scale
the variance of f counts whole, that which covariates predict (Phi is their covariance over pupils) and the rest::

    v[e] = Omega[e, e] + (Gamma Phi Gamma')[e, e],     Gamma[e, z] sqrt(Phi[z, z] / v[e])                    (19)
    predicted_share[e] = (Gamma Phi Gamma')[e, e] / v[e]

so that an effect of one covariate alone is its correlation with what lasts, whatever the other covariates are.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel import pupil
from bayespanel.families.panel.component import GROWTH, growth_units
from bayespanel.families.panel.components import joint, predicted
from bayespanel.families.panel.derive import draws_of, level_covariance
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Array, Arrays, Block, Structure

NAME = "covariate_effect"


def dims(spec: RICLPM) -> tuple[str, ...]:
    """Return the dimensions of the effects: on waves, or on what lasts, of which a line has two for each variable."""
    part = predicted(spec)
    lead = ("wave",) if part is None else ("growth_factor",) if part.over == "growth" else ()
    return (*lead, "variable", "covariate")


def shape(spec: RICLPM, waves: int) -> tuple[int, ...]:
    """Return the lengths of these dimensions."""
    lengths = {"wave": waves, "growth_factor": len(GROWTH)}
    lead = tuple(lengths[dim] for dim in dims(spec)[:-2])
    return (*lead, len(spec.variables), len(spec.covariates))


def units(spec: RICLPM, times: Array) -> NDArray[np.float64]:
    """Return what effects count in, in SDs of the variables, to be broadcast: a slope, in its change per study."""
    if "growth_factor" in dims(spec):
        return growth_units(times)[:, None, None]
    return np.ones((1,) * len(dims(spec)))


def block(spec: RICLPM, times: Array, sd: Array) -> Block:
    """Return the block of the effects in maximum likelihood, per unit of the covariates."""
    start = np.zeros(shape(spec, len(times)))
    return Block(NAME, dims(spec), start, np.broadcast_to(units(spec, times) * sd[:, None], start.shape).copy())


def at_waves(spec: RICLPM, arrays: Arrays, times: Array) -> Array:
    """Return the effects on scores [wave, variable, covariate] from the blocks of a structure, by (18)."""
    effect, part = arrays[NAME], predicted(spec)
    if part is None:
        return effect
    k, m = effect.shape[-2:]
    load = pupil.loading(part, arrays, times, k)
    return np.asarray((load @ effect.reshape(-1, m)).reshape(len(times), k, m))


def adjoint(spec: RICLPM, arrays: Arrays, times: Array, gradient: Array) -> Arrays:
    """Return the gradient for the blocks from that for the effects on scores [wave, variable, covariate]."""
    part = predicted(spec)
    if part is None:
        return {NAME: gradient}
    effect = arrays[NAME]
    k, m = effect.shape[-2:]
    load, flat = pupil.loading(part, arrays, times, k), gradient.reshape(-1, m)
    out = pupil.loading_adjoint(part, arrays, times, k, flat @ effect.reshape(-1, m).T)
    return out | {NAME: (load.T @ flat).reshape(effect.shape)}


def carried(model: Structure, vector: Array) -> Array:
    """Return how effects on what lasts act on scores [cell, effect] at a point of a structure that has them."""
    arrays = model.arrays(vector)
    effect, modelled = arrays[NAME], "covariate_cov" in arrays
    if modelled:
        arrays["covariate_cov"] = np.eye(effect.shape[-1])
    columns = []
    for one in np.eye(effect[..., 0].size):
        single = np.zeros(effect.shape)
        single[..., 0] = one.reshape(effect.shape[:-1])
        sigma, coefficients, _, _ = model.forward(arrays | {NAME: single})
        p = sigma.shape[-1] - sum(arrays[name].size for name in ("covariate_mean", "distal_mean") if name in arrays)
        columns.append(sigma[0, :p, p] if modelled else coefficients[0, :p, 1])
    return np.stack(columns, axis=1)


def spread(spec: RICLPM, moments: Moments) -> Array:
    """Return the covariance [covariate, covariate] of the model's covariates over pupils."""
    at = [1 + moments.covariates.index(name) for name in spec.covariates]
    total = moments.sxx.sum(axis=0) / moments.n_pupils  # all pupils have what is not modelled
    return np.asarray(total[np.ix_(at, at)] - np.outer(total[0, at], total[0, at]))


def spread_draws(spec: RICLPM, posterior: xr.Dataset, phi: Array | None) -> Array:
    """Return the covariance of covariates [chain or 1, draw or 1, covariate, covariate]: a parameter, or that given."""
    if joint(spec):
        return level_covariance(posterior, "covariate")
    return np.asarray(phi)[None, None]


def with_standardised(spec: RICLPM, posterior: xr.Dataset, phi: Array | None) -> xr.Dataset:
    """Add standardised effects on what lasts, and the shares of its variance that they predict, by (19).

    Parameters
    ----------
    spec
        The model; without effects on what lasts, nothing is added.
    posterior
        Draws of its parameters.
    phi : [covariate, covariate]
        Covariance of the covariates over pupils, where it is no parameter of the model.
    """
    part = predicted(spec)
    if part is None or (phi is None and not joint(spec)):
        return posterior
    phi = spread_draws(spec, posterior, phi)
    effect = draws_of(posterior, NAME)
    flat = effect.reshape(*effect.shape[:2], -1, effect.shape[-1])
    from_covariates = np.einsum(
        "abez,abzy,abey->abe", flat, np.broadcast_to(phi, (*flat.shape[:2], *phi.shape[2:])), flat
    )
    whole = np.einsum("abee->abe", level_covariance(posterior, part.name)) + from_covariates
    scaled = flat * np.sqrt(np.einsum("abzz->abz", phi))[:, :, None] / np.sqrt(whole)[..., None]
    own = dims(spec)
    found = {
        f"{NAME}_standardised": (("chain", "draw", *own), scaled.reshape(effect.shape)),
        "predicted_share": (("chain", "draw", *own[:-1]), (from_covariates / whole).reshape(effect.shape[:-1])),
    }
    return posterior.assign(found)
