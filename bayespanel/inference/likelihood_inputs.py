"""What the likelihood of a model reads at a point: the covariances and coefficients behind its one number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pymc as pm
from numpy.typing import NDArray
from pytensor.graph.traversal import ancestors

from bayespanel.inference.graphs import data_of, graph_of, initial_values, pointed
from bayespanel.inference.program import program_of
from bayespanel.likelihood.op import NestedNormal

Array = NDArray[np.float64]
Reader = Callable[[Array], tuple[Array, Array, Array, Array]]


class LikelihoodInputs:
    """The inputs of the nested normal of a model as a function of its free variables and its data.

    Parameters
    ----------
    model
        A model whose potential "log_likelihood" is that of a nested normal.
    """

    def __init__(self, model: pm.Model) -> None:
        potential = model.replace_rvs_by_values([model["log_likelihood"]])[0]
        found = (v.owner for v in ancestors([potential]) if v.owner is not None)
        read = next(node.inputs[:4] for node in found if isinstance(node.op, NestedNormal))
        values = [model.rvs_to_values[rv] for rv in model.free_RVs]
        initial = initial_values(model)
        self._graph = graph_of(*pointed(read, values, [np.shape(initial[value.name]) for value in values]))

    def of(self, model: pm.Model) -> Reader:
        """Return the function on the data of a model, of the same specification and design as the first one.

        It takes a point, as `Posterior` holds it, to sigma [group, cell, cell], coefficients [group, cell, regressor],
        and the covariances of the effects of the inner and of the outer clusters [effect, effect].
        """
        program = program_of(self._graph, data_of(model, self._graph))
        edges = np.cumsum([int(np.prod(shape)) for shape in program.shapes])[:-1]

        def read(point: Array) -> tuple[Array, Array, Array, Array]:
            parts = np.split(program(point), edges)
            sigma, coefficients, inner, outer = map(np.reshape, parts, program.shapes)
            return sigma, coefficients, inner, outer

        return read
