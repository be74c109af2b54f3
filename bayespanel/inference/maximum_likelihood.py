"""Maximum likelihood by Newton steps in a trust region, with the exact gradient of the exact likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from bayespanel.errors import FitError
from bayespanel.inference.structure import Array, Structure
from bayespanel.likelihood.kernels import nested_normal
from bayespanel.likelihood.statistics import Statistics

# Step of the central differences of the exact gradient, in units of a parameter (about a standard deviation of the
# data): the error of the Hessian is of the order of step^2, 1e-8 relative, far below what a standard error shows.
STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Estimates:
    """Maximum likelihood estimates of a model.

    Attributes
    ----------
    log_likelihood
        With every constant.
    n_parameters, n_pupils
        Free parameters; pupils with any score.
    aic, bic
        Information criteria; bic counts pupils.
    estimates, standard_errors : xr.Dataset
        In raw units, covariances as `<name>_cov` in place of `<name>_sd` and `<name>_corr`. Standard errors are NaN
        where the information is not positive definite.
    converged
        Whether a maximum was found.
    proper
        Whether every covariance is positive definite, with no direction of less than 1e-5 of the data's variance. If
        not, a variance is at zero, or beyond it within pupils: other programs warn of a Heywood case or a singular
        fit. At zero, standard errors can be NaN.
    """

    log_likelihood: float
    n_parameters: int
    n_pupils: int
    aic: float
    bic: float
    estimates: xr.Dataset
    standard_errors: xr.Dataset
    converged: bool
    proper: bool


@dataclass(frozen=True, eq=False)
class Maximum:
    """A maximum of the likelihood.

    Attributes
    ----------
    log_likelihood
        With every constant.
    vector, information, covariance
        Parameters, the observed information and its inverse, in units of the structure.
    converged
        Whether this is a maximum: the gradient vanished and the information is positive definite; or, on the
        boundary, the gradient for the Cholesky factors vanished.
    boundary
        Whether a covariance is singular there, or beyond.
    steps
        Number of Newton steps.
    """

    log_likelihood: float
    vector: Array
    information: Array
    covariance: Array
    converged: bool
    boundary: bool
    steps: int


def objective(
    structure: Structure, statistics: Statistics, *, roots: bool = False
) -> Callable[[Array], tuple[float, Array]]:
    """Return the function from a vector to the log-likelihood and its gradient.

    With `roots`, the vector holds Cholesky factors in place of covariances.
    """

    def value_and_gradient(vector: Array) -> tuple[float, Array]:
        arrays = structure.arrays(vector, roots=roots)
        logl, *gradient = nested_normal(*structure.forward(arrays), statistics.index, statistics.value)
        if not np.isfinite(logl):
            return -np.inf, np.zeros(structure.size)
        d_sigma, d_b, d_inner, d_outer = gradient
        blocks = structure.adjoint(arrays, (d_sigma, d_b, d_inner, d_outer))
        return logl, structure.gradient(blocks, vector, roots=roots)

    return value_and_gradient


def hessian(value_and_gradient: Callable[[Array], tuple[float, Array]], vector: Array) -> Array:
    """Second derivatives by central differences of the exact gradient, one-sided where a side leaves the domain."""
    n = len(vector)
    out = np.empty((n, n))
    here: Array | None = None
    for i in range(n):
        step = np.zeros(n)
        step[i] = STEP
        up, g_up = value_and_gradient(vector + step)
        down, g_down = value_and_gradient(vector - step)
        if np.isfinite(up) and np.isfinite(down):
            out[i] = (g_up - g_down) / (2 * STEP)
            continue
        if here is None:
            here = value_and_gradient(vector)[1]
        if np.isfinite(up):
            out[i] = (g_up - here) / STEP
        elif np.isfinite(down):
            out[i] = (here - g_down) / STEP
        else:
            out[i] = 0.0
    return 0.5 * (out + out.T)


def maximise(structure: Structure, statistics: Statistics) -> Maximum:
    """Maximise the likelihood of a structure.

    Cholesky factors come first: they cannot leave the domain. Then Newton steps in the covariances themselves, which
    may cross zero where the nested normal allows it (an improper solution within pupils).

    Raises
    ------
    FitError
        When the likelihood is zero at the starting values.
    """
    units = max(float(statistics.value[: statistics.index[0]].sum()), 1.0)

    def per_unit(function: Callable[[Array], tuple[float, Array]]) -> Callable[[Array], tuple[float, Array]]:
        def negative(vector: Array) -> tuple[float, Array]:
            logl, gradient = function(vector)
            return -logl / units, -gradient / units

        return negative

    rooted = objective(structure, statistics, roots=True)
    start = structure.start(roots=True)
    if not np.isfinite(rooted(start)[0]):
        raise FitError(
            "The likelihood is positive at the starting values.",
            "It is zero there: a covariance is not positive definite.",
            "Look for variables that are nearly copies of each other, and leave one of them out.",
        )
    options = {"maxiter": 3000, "maxfun": 6000, "ftol": 1e-13, "gtol": 1e-7}
    first = minimize(per_unit(rooted), start, jac=True, method="L-BFGS-B", options=options)
    begin = structure.vector_of_roots(first.x)

    natural = objective(structure, statistics)
    result = minimize(
        per_unit(natural),
        begin,
        jac=True,
        hess=lambda x: -hessian(natural, x) / units,
        method="trust-exact",
        options={"gtol": 1e-9, "maxiter": 100},
    )
    vector = result.x if np.isfinite(result.fun) else begin
    logl, gradient = natural(vector)
    information = -hessian(natural, vector)
    eigenvalues = np.linalg.eigvalsh(information)
    regular = bool(eigenvalues[0] > 1e-10 * eigenvalues[-1])
    covariance = np.linalg.inv(information) if regular else np.full_like(information, np.nan)
    # The Newton decrement is how much log-likelihood a further step would still gain.
    decrement = float(gradient @ covariance @ gradient) if regular else np.inf
    boundary = _on_boundary(structure, vector)
    at_edge = boundary and not regular and float(np.abs(rooted(first.x)[1]).max()) / units < 1e-4
    return Maximum(
        log_likelihood=logl,
        vector=vector,
        information=information,
        covariance=covariance,
        converged=(regular and decrement < 1e-6) or at_edge,
        boundary=boundary,
        steps=int(result.nit),
    )


def _on_boundary(structure: Structure, vector: Array) -> bool:
    """Whether a covariance has a direction without variance: less than 1e-5 of the data's, or a negative one."""
    arrays = structure.arrays(vector)
    scaled = [arrays[block.name] / block.unit for block in structure.blocks if block.symmetric]
    return any(bool((np.linalg.eigvalsh(matrix) < 1e-5).any()) for matrix in scaled)
