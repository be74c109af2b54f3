"""The kernels as Python functions of arrays; complex ones, of a complex step, go through `smooth`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespanel.likelihood import smooth
from bayespanel.likelihood.latent_classes import Index as Integers
from bayespanel.likelihood.native import call
from bayespanel.likelihood.packed_sums import Index, kernel_of
from bayespanel.likelihood.small import Array


def nested_normal(
    sigma: ArrayLike, coefficients: ArrayLike, psi_inner: ArrayLike, psi_outer: ArrayLike, index: Index, value: Array
) -> tuple[float, Array, Array, Array, Array]:
    """Log-density of the nested normal and its gradient for the four parameters; see `nested_normal`."""
    if _complex(sigma, coefficients, psi_inner, psi_outer):
        return smooth.nested_normal(sigma, coefficients, psi_inner, psi_outer, index, value)
    parameters = _contiguous(sigma, coefficients, psi_inner, psi_outer)
    _require_shapes(parameters, index)
    gradient = [np.empty_like(a) for a in parameters]
    logp = np.empty(1)
    call(kernel_of(index), np.array([len(index), len(value)]), index, value, *parameters, logp, *gradient)
    return float(logp[0]), gradient[0], gradient[1], gradient[2], gradient[3]


def covariance(sd: ArrayLike, partial: ArrayLike) -> Array:
    """Covariances [batch, variable, variable] from partial correlations; see `correlation.covariance`."""
    s, z = _contiguous(sd, partial)
    out = np.empty((*s.shape, s.shape[1]))
    call("covariance", np.array(s.shape), s, z, out)
    return out


def correlations(scale: Array, partial: Array) -> Array:
    """Correlation matrices [..., effect, effect] of draws; the sign of a scale goes to its correlations.

    Parameters
    ----------
    scale : [..., effect]
        Standard deviations, or signed scales.
    partial : [..., pair]
        Canonical partial correlations, moved to (0, 1).
    """
    signs = np.where(scale < 0, -1.0, 1.0).reshape(-1, scale.shape[-1])
    pairs = (2.0 * partial - 1.0).reshape(len(signs), -1)
    return covariance(signs, pairs).reshape(*scale.shape, scale.shape[-1])


def covariance_adjoint(sd: ArrayLike, partial: ArrayLike, d_covariance: ArrayLike) -> tuple[Array, Array]:
    """Gradients for sd and partial correlations; see `correlation.covariance_adjoint`."""
    s, z, d = _contiguous(sd, partial, d_covariance)
    d_sd, d_partial = np.empty_like(s), np.empty_like(z)
    call("covariance_adjoint", np.array(s.shape), s, z, d, d_sd, d_partial)
    return d_sd, d_partial


def autoregression(
    lag: ArrayLike, initial: ArrayLike, innovation: ArrayLike, intercept: ArrayLike, waves: int
) -> Array:
    """Covariance [cell, cell] of the process; see `autoregression.covariance`."""
    if _complex(lag, initial, innovation, intercept):
        return np.asarray(smooth.autoregression(lag, initial, innovation, intercept, waves))
    parameters = _contiguous(lag, initial, innovation, intercept)
    cells = waves * len(parameters[1])
    out = np.empty((cells, cells))
    call("autoregression", _process_sizes(parameters, waves), *parameters, out)
    return out


def autoregression_adjoint(
    lag: ArrayLike,
    initial: ArrayLike,
    innovation: ArrayLike,
    intercept: ArrayLike,
    sigma: ArrayLike,
    d_sigma: ArrayLike,
) -> tuple[Array, Array, Array, Array]:
    """Gradients for the parameters of the process; see `autoregression.covariance_adjoint`."""
    if _complex(lag, initial, innovation, intercept, sigma, d_sigma):
        return smooth.autoregression_adjoint(lag, initial, innovation, intercept, sigma, d_sigma)
    parameters = _contiguous(lag, initial, innovation, intercept)
    s, d = _contiguous(sigma, d_sigma)
    out = [np.empty_like(x) for x in parameters]
    sizes = _process_sizes(parameters, len(s) // len(parameters[1]))
    call("autoregression_adjoint", sizes, *parameters, s, d, *out)
    return out[0], out[1], out[2], out[3]


def autoregressions(
    lag: ArrayLike, initial: ArrayLike, innovation: ArrayLike, intercept: ArrayLike, waves: int
) -> Array:
    """Covariances [group, cell, cell] of processes whose lags [group, interval or 1, ., .] differ."""
    parameters = _contiguous(lag, initial, innovation, intercept)
    groups, cells = len(parameters[0]), waves * len(parameters[1])
    out = np.empty((groups, cells, cells))
    call("autoregressions", _sizes_of_groups(parameters, waves), *parameters, out)
    return out


def autoregressions_adjoint(
    lag: ArrayLike,
    initial: ArrayLike,
    innovation: ArrayLike,
    intercept: ArrayLike,
    sigma: ArrayLike,
    d_sigma: ArrayLike,
) -> tuple[Array, Array, Array, Array]:
    """Gradients for the lags of every group, and for what all share."""
    parameters = _contiguous(lag, initial, innovation, intercept)
    s, d = _contiguous(sigma, d_sigma)
    out = [np.empty_like(x) for x in parameters]
    sizes = _sizes_of_groups(parameters, s.shape[1] // len(parameters[1]))
    call("autoregressions_adjoint", sizes, *parameters, s, d, *out)
    return out[0], out[1], out[2], out[3]


def discretise(drift: ArrayLike, diffusion: ArrayLike, gaps: Array) -> tuple[Array, Array]:
    """Lags and innovation covariances [interval, ., .] of a process; see `continuous_time.discretise`."""
    if _complex(drift, diffusion):
        return smooth.discretise(drift, diffusion, gaps)
    parameters = _contiguous(drift, diffusion, gaps)
    shape = len(gaps), *parameters[0].shape
    lag, innovation = np.empty(shape), np.empty(shape)
    call("discretise", _time_sizes(parameters), *parameters, lag, innovation)
    return lag, innovation


def discretise_adjoint(
    drift: ArrayLike, diffusion: ArrayLike, gaps: Array, d_lag: ArrayLike, d_innovation: ArrayLike
) -> tuple[Array, Array]:
    """Gradients for drift and diffusion; see `continuous_time.discretise_adjoint`."""
    if _complex(drift, diffusion, d_lag, d_innovation):
        return smooth.discretise_adjoint(drift, diffusion, gaps, d_lag, d_innovation)
    parameters, given = _contiguous(drift, diffusion, gaps), _contiguous(d_lag, d_innovation)
    d_drift, d_diffusion = np.empty_like(parameters[0]), np.empty_like(parameters[1])
    call("discretise_adjoint", _time_sizes(parameters), *parameters, *given, d_drift, d_diffusion)
    return d_drift, d_diffusion


def latent_classes(
    phi: ArrayLike, x: ArrayLike, place: Integers, allowed: Integers, w: ArrayLike, b: ArrayLike, u: ArrayLike
) -> tuple[float, Array, Array, Array]:
    """Log-density of latent classes and its gradient for w, b and u; see `latent_classes.evaluate`."""
    data, parameters = _contiguous(phi, x), _contiguous(w, b, u)
    logp, gradient = np.empty(1), [np.empty_like(a) for a in parameters]
    sizes = _class_sizes(data, allowed, parameters)
    call("latent_classes", sizes, *data, *_integers(place, allowed), *parameters, logp, *gradient)
    return float(logp[0]), gradient[0], gradient[1], gradient[2]


def latent_class_rows(
    phi: ArrayLike, x: ArrayLike, place: Integers, allowed: Integers, w: ArrayLike, b: ArrayLike, u: ArrayLike
) -> tuple[Array, Array]:
    """Log-density [row] and class probabilities [row, class] of each row; see `latent_classes.rows`."""
    data, parameters = _contiguous(phi, x), _contiguous(w, b, u)
    logp, post = np.empty(len(data[0])), np.empty((len(data[0]), len(parameters[1])))
    sizes = _class_sizes(data, allowed, parameters)
    call("latent_class_rows", sizes, *data, *_integers(place, allowed), *parameters, logp, post)
    return logp, post


def _require_shapes(parameters: list[Array], index: Index) -> None:
    """Refuse parameters of other shapes than the data ask for: the kernel would read beyond them."""
    p, m, k0, k1, groups = index[1], index[2], index[4], index[5], index[10]
    asked = [(groups, p, p), (groups, p, m), (k0, k0), (k1, k1)]
    given = [one.shape for one in parameters]
    if given != asked:
        raise ValueError(f"The data ask for parameters of the shapes {asked}; these have {given}.")


def _class_sizes(data: list[Array], allowed: Integers, parameters: list[Array]) -> Integers:
    (phi, x), (w, b, u) = data, parameters
    return np.array([*phi.shape, x.shape[1], len(b), len(w), len(u), len(allowed)])


def _integers(*arrays: Integers) -> list[Integers]:
    return [np.ascontiguousarray(a, dtype=np.int64) for a in arrays]


def _complex(*arrays: ArrayLike) -> bool:
    return any(np.iscomplexobj(a) for a in arrays)


def _contiguous(*arrays: ArrayLike) -> list[Array]:
    return [np.ascontiguousarray(a, dtype=float) for a in arrays]


def _time_sizes(parameters: list[Array]) -> NDArray[np.int64]:
    drift, diffusion, gaps = parameters
    return np.array([len(drift), len(diffusion), len(gaps)])


def _sizes_of_groups(parameters: list[Array], waves: int) -> NDArray[np.int64]:
    lag, *others = parameters
    return np.append(_process_sizes([lag[0], *others], waves), len(lag))


def _process_sizes(parameters: list[Array], waves: int) -> NDArray[np.int64]:
    lag, initial, innovation, intercept = parameters
    return np.array([len(initial), waves, len(lag), len(innovation), len(intercept)])
