"""Draws from the prior of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
from numpy.typing import NDArray
from pymc.distributions.shape_utils import change_dist_size
from pytensor.compile.mode import Mode
from pytensor.graph.replace import vectorize_graph
from pytensor.graph.traversal import ancestors

from bayespanel.inference.graphs import initial_values

UNCOMPILED = Mode(linker="py", optimizer=None)
"""Draws from a prior as its graph stands: one evaluation in Python takes less than compiling anything for it."""


def prior_free(model: pm.Model, *, draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Return independent draws of a model's free variables from their prior: [1, draw, ...], as one chain.

    All draws of a variable are made at once; one by one, 1,000 draws of a panel's model take half a second.
    """
    many: dict[Any, Any] = {}
    for rv in model.free_RVs:  # each after those on which it depends
        given = {other: many[other] for other in ancestors(rv.owner.inputs) if other in many}
        many[rv] = vectorize_graph(rv, given) if given else change_dist_size(rv, (draws,), expand=True)
    drawn = pm.draw(list(many.values()), draws=1, random_seed=seed, mode=UNCOMPILED)
    return {rv.name: np.asarray(value)[None] for rv, value in zip(many, drawn, strict=True)}


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
