"""Parameters of a `pm.Model` from rows of the table of priors.

Covariances are built from standard deviations and canonical partial correlations (see `likelihood.correlation`), so
every one is positive definite by construction. The standard deviations that may be zero, those of random intercepts
and cluster effects, are absolute values of signed scales: a half-normal prior on the standard deviation is a normal
one on the scale, zero is an inner point that the sampler walks through, and no chain gets stuck in the endless tail
that a logarithm would put there.
"""

from __future__ import annotations

from math import prod

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable

from bayespanel.language.prior import SYMMETRIC, Prior
from bayespanel.likelihood.correlation import lkj_shape
from bayespanel.likelihood.op import PartialCovariance


def location(
    name: str,
    row: Prior,
    zero: TensorVariable | float,
    unit: TensorVariable,
    shape: tuple[int, ...],
    dims: tuple[str, ...],
) -> TensorVariable:
    """A parameter with a location prior; standardised rows count from `zero` in `unit`s."""
    *freedom, mu, sigma = row.arguments
    if row.scale != "raw":
        location, spread = zero + mu * unit, sigma * unit
    else:
        location, spread = pt.as_tensor(mu), pt.as_tensor(sigma)
    if row.distribution == "StudentT":
        return pm.StudentT(name, nu=float(freedom[0]), mu=location, sigma=spread, shape=shape, dims=dims)
    return pm.Normal(name, location, spread, shape=shape, dims=dims)


def deviation(
    name: str, row: Prior, unit: TensorVariable, shape: tuple[int, ...], dims: tuple[str, ...], signed: bool
) -> TensorVariable:
    """Standard deviations, or signed scales whose absolute values they are."""
    *given, spread = row.arguments
    freedom = [np.float64(nu) for nu in given]  # of a plain number PyMC 6.4 takes log-gammas in single precision
    width = spread * unit if row.scale != "raw" else pt.as_tensor(spread)
    labels = dims if len(dims) == len(shape) else None
    distribution = SYMMETRIC[row.distribution] if signed else row.distribution
    if distribution == "StudentT":
        return pm.StudentT(name, nu=float(freedom[0]), mu=0.0, sigma=width, shape=shape, dims=labels)
    if distribution == "Laplace":
        return pm.Laplace(name, mu=0.0, b=width, shape=shape, dims=labels)
    if distribution == "Normal":
        return pm.Normal(name, 0.0, width, shape=shape, dims=labels)
    if distribution == "HalfStudentT":
        return pm.HalfStudentT(name, nu=float(freedom[0]), sigma=width, shape=shape, dims=labels)
    if distribution == "Exponential":
        return pm.Exponential(name, scale=width, shape=shape, dims=labels)
    return pm.HalfNormal(name, width, shape=shape, dims=labels)


def covariance(
    name: str,
    sd_row: Prior,
    corr_row: Prior | None,
    unit: TensorVariable,
    shape: tuple[int, ...],
    dims: tuple[str, ...],
    *,
    side: tuple[str, str],
    signed: bool = False,
) -> TensorVariable:
    """Covariances [batch, effect, effect] with the priors of `<name>_sd` and `<name>_corr`.

    Free variables are `<name>_sd`, or `<name>_scale` where it is signed, and `<name>_partial`: the canonical partial
    correlations, moved to (0, 1). The standard deviations and correlations proper are deterministic.

    Parameters
    ----------
    name
        What the covariance is of: "innovation", "school".
    sd_row, corr_row
        The rows of the table of priors; effects that do not correlate have no second one.
    unit : [effect]
        What standardised rows count in.
    shape
        (effect,), behind any dimensions over which there is one matrix each.
    dims
        Dimensions of the standard deviations. One more than `shape` where the effects are the entries of a table,
        whose second dimension they name: effects by wave.
    side
        Dimensions of a correlation matrix.
    signed
        Whether the standard deviations may be zero.
    """
    *front, size = shape
    sd = deviation(f"{name}_scale" if signed else f"{name}_sd", sd_row, unit, shape, dims, signed)
    if signed:
        positive = pt.abs(sd)
        folded = len(dims) > len(shape)
        width = len(pm.modelcontext(None).coords[dims[-1]] or ()) if folded else size
        pm.Deterministic(f"{name}_sd", positive.reshape((*front, -1, width)) if folded else positive, dims=dims)
    return correlated(name, sd, corr_row, shape, (*dims[: len(front)], *side), signed=signed)


def correlated(
    name: str,
    sd: TensorVariable,
    corr_row: Prior | None,
    shape: tuple[int, ...],
    side: tuple[str, ...],
    *,
    signed: bool,
) -> TensorVariable:
    """Covariances [batch, effect, effect] of these standard deviations or signed scales, with the prior `<name>_corr`.

    Parameters
    ----------
    name, corr_row, shape, signed
        As in `covariance`.
    sd : [..., effect]
        The standard deviations.
    side
        Dimensions of the correlation matrices, all of them.
    """
    *front, size = shape
    batch = prod(front)
    pairs = size * (size - 1) // 2
    if corr_row is None or pairs == 0:
        return sd.reshape((batch, size, 1)) ** 2 * np.eye(size)
    b = lkj_shape(size, corr_row.arguments[0])
    partial = 2.0 * pm.Beta(f"{name}_partial", b, b, shape=(*shape[:-1], pairs)).reshape((batch, pairs)) - 1.0
    matrix = PartialCovariance()
    signs = pt.sign(sd).reshape((batch, size)) if signed else pt.ones((batch, size))
    corr = matrix(signs, partial)
    pm.Deterministic(f"{name}_corr", corr.reshape((*front, size, size)), dims=side)
    return matrix(sd.reshape((batch, size)), partial)


def pivots(matrix: TensorVariable) -> TensorVariable:
    """Return the pivots of a symmetric matrix [n, n], all positive where it is positive definite.

    They say on which side of a border the matrix is, and have no gradient.
    """
    rest, out = disconnected_grad(matrix), []
    for _ in range(int(matrix.type.shape[0])):
        out.append(rest[0, 0])
        rest = rest[1:, 1:] - rest[1:, :1] * rest[:1, 1:] / rest[0, 0]
    return pt.stack(out)
