"""Draws from the prior of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pymc as pm
from numpy.typing import NDArray
from pytensor import function
from pytensor.compile.mode import Mode
from pytensor.graph.traversal import ancestors
from pytensor.tensor.variable import TensorVariable

from bayespanel.inference.graphs import initial_values

Array = NDArray[np.float64]

UNCOMPILED = Mode(linker="py", optimizer=None)
"""Arguments of distributions as their graph stands: a thousand of them take less than it takes to compile them."""

DISTRIBUTIONS: dict[str, Callable[..., Array]] = {
    "normal": lambda rng, size, mu, sigma: rng.normal(mu, sigma, size),
    "halfnormal": lambda rng, size, low, sigma: low + np.abs(rng.normal(0.0, sigma, size)),
    "t": lambda rng, size, nu, mu, sigma: mu + sigma * rng.standard_t(nu, size),
    "halfstudentt": lambda rng, size, nu, sigma: np.abs(sigma * rng.standard_t(nu, size)),
    "laplace": lambda rng, size, mu, scale: rng.laplace(mu, scale, size),
    "exponential": lambda rng, size, scale: rng.exponential(scale, size),
    "beta": lambda rng, size, a, b: rng.beta(a, b, size),
}
"""Distributions that a parameter can have, by their names in PyMC: all draws of a variable at once."""


def prior_free(model: pm.Model, *, draws: int, seed: int) -> dict[str, Array]:
    """Return independent draws of a model's free variables from their prior: [1, draw, ...], as one chain.

    Variables are drawn in the order in which they depend on each other, all draws of one at once.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[TensorVariable, Array] = {}
    for variable in model.free_RVs:
        _, _, *arguments = variable.owner.inputs
        size = (draws, *_shape(variable))
        values = (_aligned(value, len(size)) for value in _over_draws(arguments, drawn, draws))
        drawn[variable] = DISTRIBUTIONS[variable.owner.op.name](rng, size, *values)
    return {variable.name: value[None] for variable, value in drawn.items()}


def _shape(variable: TensorVariable) -> tuple[int, ...]:
    known = variable.type.shape
    return known if None not in known else tuple(map(int, variable.shape.eval()))


def _over_draws(arguments: Sequence[Any], drawn: dict[TensorVariable, Array], draws: int) -> list[Array]:
    """Return the arguments of a distribution [draw, ...]; [1, ...] of those that depend on no variable."""
    above = [variable for variable in ancestors(arguments, blockers=list(drawn)) if variable in drawn]
    given = function(above, list(arguments), mode=UNCOMPILED)
    rows = [given(*(drawn[variable][d] for variable in above)) for d in range(draws if above else 1)]
    return [np.asarray(row, float) for row in map(np.stack, zip(*rows, strict=True))]


def _aligned(value: Array, dimensions: int) -> Array:
    """Put draws first, and what is left of the other dimensions last, as broadcasting has it."""
    return value.reshape(value.shape[0], *(1,) * (dimensions - value.ndim), *value.shape[1:])


def one_point(model: pm.Model) -> dict[str, NDArray[np.float64]]:
    """Return some point of a model's free variables as draws: one chain of one draw, [1, 1, ...].

    It is the initial point, but for zeros: a scale of zero has no correlation.
    """
    initial = initial_values(model)
    out = {}
    for rv in model.free_RVs:
        value = np.asarray(initial[model.rvs_to_values[rv].name], float)
        transform = model.rvs_to_transforms[rv]
        if transform is not None:
            value = np.exp(value) if transform.name == "log" else 1.0 / (1.0 + np.exp(-value))
        out[rv.name] = np.where(value == 0, 0.1, value)[None, None]
    return out
