"""What the likelihood of a model reads at a point: the covariances and coefficients behind its one number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors

from bayespanel.likelihood.op import NestedNormal

Array = NDArray[np.float64]


def likelihood_inputs(model: pm.Model) -> Callable[[Array], tuple[Array, Array, Array, Array]]:
    """Compile the inputs of the nested normal as a function of the vector of free variables.

    Parameters
    ----------
    model
        A model whose potential "log_likelihood" is that of a nested normal.

    Returns
    -------
    Callable
        From a point, as `Posterior` holds it, to sigma [group, cell, cell], coefficients [group, cell, regressor], and
        the covariances of the effects of the inner and of the outer clusters [effect, effect].
    """
    potential = model.replace_rvs_by_values([model["log_likelihood"]])[0]
    node = next(v.owner for v in ancestors([potential]) if v.owner is not None and isinstance(v.owner.op, NestedNormal))
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    shapes = [np.shape(model.initial_point()[value.name]) for value in values]
    point = pt.TensorType("float64", shape=(sum(int(np.prod(shape)) for shape in shapes),))("point")
    parts, at = {}, 0
    for value, shape in zip(values, shapes, strict=True):
        size = int(np.prod(shape))
        parts[value] = point[at : at + size].reshape(shape)
        at += size
    function = pytensor.function([point], clone_replace(node.inputs[:4], parts), mode="NUMBA")

    def read(at: Array) -> tuple[Array, Array, Array, Array]:
        sigma, coefficients, inner, outer = function(at)
        return sigma, coefficients, inner, outer

    return read
