"""What the likelihood of a model reads at a point: the covariances and coefficients behind its one number."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors, graph_inputs

from bayespanel.likelihood.op import NestedNormal

Array = NDArray[np.float64]
Reader = Callable[[Array], tuple[Array, Array, Array, Array]]


class LikelihoodInputs:
    """The inputs of the nested normal of a model as a compiled function of its free variables and its data.

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
        shapes = [np.shape(model.initial_point()[value.name]) for value in values]
        point = pt.TensorType("float64", shape=(sum(int(np.prod(shape)) for shape in shapes),))("point")
        parts: dict[Any, Any] = {}
        at = 0
        for value, shape in zip(values, shapes, strict=True):
            size = int(np.prod(shape))
            parts[value] = point[at : at + size].reshape(shape)
            at += size
        data = [v for v in dict.fromkeys(graph_inputs(read)) if isinstance(v, SharedVariable)]
        given = [v.type(name=v.name) for v in data]
        parts |= dict(zip(data, given, strict=True))
        self._names = [v.name for v in data]
        self._one_at_a_time = Lock()
        self._function = pytensor.function([point, *given], clone_replace(read, parts), mode="NUMBA")

    def of(self, model: pm.Model) -> Reader:
        """Return the function on the data of a model, of the same specification and design as the compiled one.

        It takes a point, as `Posterior` holds it, to sigma [group, cell, cell], coefficients [group, cell, regressor],
        and the covariances of the effects of the inner and of the outer clusters [effect, effect].
        """
        data = [model[name].get_value() for name in self._names]

        def read(point: Array) -> tuple[Array, Array, Array, Array]:
            with self._one_at_a_time:  # a compiled function holds its inputs: chains in threads would mix theirs
                sigma, coefficients, inner, outer = self._function(point, *data)
            return sigma, coefficients, inner, outer

        return read
