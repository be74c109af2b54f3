"""Graphs of a model as functions of one vector, for the interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pymc.initial_point import make_initial_point_expression
from pytensor import config
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.replace import clone_replace
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import graph_inputs

from bayespanel.inference.program import program_of

REWRITES = ("canonicalize", "stabilize", "local_remove_check_parameter")
"""What makes a density stable where it is all but zero. Nothing makes graphs small or fast, which the interpreter does
not need. PyMC's checks of parameters go: where a scale has come to zero the density is not finite, and the status of
the native function tells that."""


@contextmanager
def untraced() -> Iterator[None]:
    """Let variables not note the lines of code that make them, which is part of the time of building a model."""
    with config.change_flags(traceback__limit=0):
        yield


def stable(outputs: Sequence[Any]) -> list[Any]:
    """Return outputs that are computed stably, of the same variables; the graphs that were given stay as they are."""
    copied = clone_replace(list(outputs), {})
    return list(rewrite_graph(copied, include=REWRITES))


def pointed(outputs: Sequence[Any], values: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> tuple[Any, list[Any]]:
    """Put one vector, the point, in the place of variables of such shapes; return it, and the outputs."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    point = pt.TensorType("float64", shape=(sum(sizes),))("point")
    edges = np.cumsum([0, *sizes])
    parts = {
        value: point[begin : begin + size].reshape(shape)
        for value, shape, size, begin in zip(values, shapes, sizes, edges.tolist()[:-1], strict=True)
    }
    return point, clone_replace(list(outputs), parts)


def graph_of(point: Any, outputs: Sequence[Any]) -> FunctionGraph:
    """Return outputs as a graph of the point and of the data containers among their inputs."""
    data = [v for v in dict.fromkeys(graph_inputs(outputs)) if isinstance(v, SharedVariable)]
    return FunctionGraph([point, *data], list(outputs), clone=True)


def data_of(model: pm.Model, graph: FunctionGraph) -> dict[str, NDArray[Any]]:
    """Return the data of a model by the names of a graph's inputs, each as one block of memory."""
    return {v.name: np.ascontiguousarray(model[v.name].get_value()) for v in graph.inputs[1:]}


def initial_graph(model: pm.Model) -> FunctionGraph:
    """Return the values at which the free variables of a model begin as a graph of its data; see `initial_values`."""
    found = make_initial_point_expression(
        free_rvs=model.free_RVs,
        rvs_to_transforms=model.rvs_to_transforms,
        initval_strategies=model.rvs_to_initial_values,
        return_transformed=True,
    )
    return graph_of(pt.TensorType("float64", shape=(0,))("point"), found)


def initial_values(model: pm.Model, graph: FunctionGraph | None = None) -> dict[str, NDArray[np.float64]]:
    """Return what `model.initial_point()` returns, without compiling a function for it.

    Parameters
    ----------
    model
        The model.
    graph
        Its `initial_graph`, or that of a model that differs from it in the data only; None to make it.
    """
    graph = initial_graph(model) if graph is None else graph
    program = program_of(graph, data_of(model, graph))
    edges = np.cumsum([int(np.prod(shape)) for shape in program.shapes])[:-1]
    parts = np.split(program(np.empty(0)), edges)
    names = [model.rvs_to_values[rv].name for rv in model.free_RVs]
    return {name: part.reshape(shape) for name, part, shape in zip(names, parts, program.shapes, strict=True)}
