"""The log-density of a `pm.Model` as one native function of one vector, for optimisers and samplers alike."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.fg import FunctionGraph

from bayespanel.inference.graphs import data_of, graph_of, initial_graph, initial_values, pointed, stable
from bayespanel.inference.interpreter import log_density
from bayespanel.inference.program import Program, program_of
from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Posterior:
    """A compiled log-density.

    Attributes
    ----------
    names, shapes
        Free variables, in the order in which the vector holds them.
    transforms
        "none", "log" or "logodds" for each: how the vector holds them.
    start : [dimension]
        Where to start: the model's initial point, or what the caller gave.
    graph
        The log-density and its gradient as a graph of the vector and the data.
    data : dict
        The data containers by name.
    initial
        The model's initial point as a graph of the data.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    transforms: tuple[str, ...]
    start: Array
    graph: FunctionGraph = field(repr=False)
    data: dict[str, NDArray[Any]] = field(repr=False)
    initial: FunctionGraph = field(repr=False)

    @cached_property
    def program(self) -> Program:
        """The graph on these data, as the interpreter runs it."""
        return program_of(self.graph, self.data)

    @property
    def address(self) -> int:
        """Of the native function; its signature is `LOGP`."""
        return int(log_density().address)

    @property
    def user(self) -> NDArray[np.uint64]:
        """The function's user data."""
        return self.program.header

    def with_data(self, model: pm.Model, start: Mapping[str, Array] | None = None) -> Posterior:
        """Return the same compiled function on the data of another model of the same specification and design.

        Parameters
        ----------
        model
            A model that differs from the compiled one in its data containers only.
        start
            As for `compile_posterior`.
        """
        return replace(self, data=data_of(model, self.graph), start=_start(model, start, self.initial))

    def moved(self, given: Mapping[str, Array]) -> Array:
        """Return the start with other values of some variables, which have no transform."""
        out, at = self.start.copy(), 0
        for name, shape in zip(self.names, self.shapes, strict=True):
            size = int(np.prod(shape))
            if name in given:
                out[at : at + size] = np.ravel(given[name])
            at += size
        return out

    @cached_property
    def _function(self) -> Any:
        return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *[ctypes.c_void_p] * 4)(self.address)

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the log-density and its gradient; -inf and zeros outside of the domain."""
        point = np.ascontiguousarray(point, dtype=float)
        gradient, value = np.empty_like(point), np.empty(1)
        buffers = (point.ctypes.data, gradient.ctypes.data, value.ctypes.data, self.user.ctypes.data)
        status = self._function(len(point), *buffers)
        if status != 0:
            return -np.inf, np.zeros_like(point)
        return float(value[0]), gradient

    def entries(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return which entries of the vector belong to some of the variables."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        return np.repeat([name in names for name in self.names], sizes)

    def constrain(self, points: Array) -> dict[str, Array]:
        """Turn vectors [..., dimension] into the free variables' values."""
        out, at = {}, 0
        for name, shape, transform in zip(self.names, self.shapes, self.transforms, strict=True):
            size = int(np.prod(shape))
            value = points[..., at : at + size].reshape(*points.shape[:-1], *shape)
            if transform == "log":
                value = np.exp(value)
            elif transform == "logodds":
                value = 0.5 * (1.0 + np.tanh(0.5 * value))
            out[name] = value
            at += size
        return out


def compile_posterior(model: pm.Model, start: Mapping[str, Array] | None = None) -> Posterior:
    """Make a model's log-density and gradient a native function.

    Parameters
    ----------
    model
        The model.
    start
        Starting values of variables without a transform, where the model's initial point will not do.

    Raises
    ------
    SpecError
        When a variable has a transform other than none, log or log-odds.
    """
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    initial = initial_graph(model)
    at_first = initial_values(model, initial)
    shapes = tuple(tuple(int(n) for n in at_first[v.name].shape) for v in values)
    (logp,) = stable([model.logp()])
    gradient = pt.concatenate([g.ravel() for g in pt.grad(logp, values)])
    graph = graph_of(*pointed([logp, gradient], values, shapes))
    return Posterior(
        names=tuple(rv.name for rv in model.free_RVs),
        shapes=shapes,
        transforms=tuple(transform_of(model, rv) for rv in model.free_RVs),
        start=_start(model, start, initial),
        graph=graph,
        data=data_of(model, graph),
        initial=initial,
    )


def _start(model: pm.Model, given: Mapping[str, Array] | None, initial: FunctionGraph) -> Array:
    """Gather the model's initial point, or what was given in its place, into a vector."""
    known = given or {}
    everything = all(rv.name in known for rv in model.free_RVs)
    at_first = {} if everything else initial_values(model, initial)
    values = [known[rv.name] if rv.name in known else at_first[model.rvs_to_values[rv].name] for rv in model.free_RVs]
    return np.concatenate([np.ravel(value) for value in values]).astype(float)


def transform_of(model: pm.Model, rv: Any) -> str:
    """Return the transform of a free variable, "none", "log" or "logodds"; see `compile_posterior` for others."""
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return "none"
    name = str(transform.name)
    if name not in ("log", "logodds"):
        raise SpecError(
            "Variables of a model that bayespanel samples are free, positive, or between 0 and 1.",
            f"'{rv.name}' has the transform '{name}'.",
            "Sample the model with pm.sample or nutpie instead.",
        )
    return name
