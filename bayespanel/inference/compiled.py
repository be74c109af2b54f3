"""Models that a process remembers: data of another pupil sample need no new graph of the gradient.

Data are inputs of a log-density, so one graph serves every data set of the same specification and design.
Whether a model is that of an earlier one is not guessed from names: its variables, as graphs with every constant in
them, are compared with the earlier one's, the data containers taken as equal. A model of the same variables has the
same density, which need not be derived to see that it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pymc as pm
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable, equal_computations
from pytensor.graph.traversal import graph_inputs

from bayespanel.inference.likelihood_inputs import LikelihoodInputs, Reader
from bayespanel.inference.posterior import Array, Posterior, compile_posterior, transform_of

MOST = 16
"""Models that a process keeps: each holds some megabytes."""


@dataclass(eq=False)
class _Known:
    """A model as graphs, its posterior, and what its likelihood reads."""

    model: _Graphs
    posterior: Posterior
    reads: LikelihoodInputs | None = None


class Compiled:
    """A memory of models; the only thing in `inference` that changes, because a process has one.

    With `posterior` it answers like `compile_posterior`, at once where an equal model was met before.
    """

    def __init__(self) -> None:
        self._known: list[_Known] = []
        self.compilations = 0

    def posterior(self, model: pm.Model, start: Mapping[str, Array] | None = None) -> Posterior:
        """Return the log-density of a model on the model's data; see `compile_posterior`."""
        graphs = _Graphs.of(model)
        known = self._of(graphs)
        if known is not None:
            return known.posterior.with_data(model, start)
        compiled = compile_posterior(model, start)
        self.compilations += 1
        self._known = [*self._known[-MOST + 1 :], _Known(graphs, compiled)]
        return compiled

    def reader(self, model: pm.Model) -> Reader:
        """Return what the likelihood of a model reads, whose log-density was compiled; see `LikelihoodInputs.of`."""
        known = self._of(_Graphs.of(model))
        if known is None:
            return LikelihoodInputs(model).of(model)
        if known.reads is None:
            known.reads = LikelihoodInputs(model)
        return known.reads.of(model)

    def _of(self, graphs: _Graphs) -> _Known | None:
        return next((known for known in self._known if known.model.equals(graphs)), None)


@cache
def remembered() -> Compiled:
    """Return the models of this process, which fits, Bayes factors and replicates of studies share."""
    return Compiled()


@dataclass(frozen=True, eq=False)
class _Graphs:
    """All that a log-density and its starting point come from.

    Attributes
    ----------
    outputs
        Free variables, observed ones and what was observed, potentials, and starting values that are graphs.
    data
        Data containers and other shared variables among their inputs, generators of random numbers included.
    facts
        Names, transforms, and starting values that are none.
    """

    outputs: tuple[Variable, ...]
    data: tuple[SharedVariable, ...]
    facts: tuple[Any, ...]

    @classmethod
    def of(cls, model: pm.Model) -> _Graphs:
        """Describe a model."""
        starts = [model.rvs_to_initial_values[rv] for rv in model.free_RVs]
        observed = [model.rvs_to_values[rv] for rv in model.observed_RVs]
        graphs = [start for start in starts if isinstance(start, Variable)]
        outputs = (*model.free_RVs, *model.observed_RVs, *observed, *model.potentials, *graphs)
        data = dict.fromkeys(v for v in graph_inputs(outputs) if isinstance(v, SharedVariable))
        variables = [
            (rv.name, model.rvs_to_values[rv].type, transform_of(model, rv), _fact(start))
            for rv, start in zip(model.free_RVs, starts, strict=True)
        ]
        counts = (len(model.observed_RVs), len(model.potentials), len(graphs))
        names = [(v.name, v.type) for v in data]
        return cls(outputs, tuple(data), (*variables, *counts, *names))

    def equals(self, other: _Graphs) -> bool:
        """Whether two models differ in nothing but the values of their data."""
        if self.facts != other.facts:
            return False
        return bool(equal_computations(self.outputs, other.outputs, in_xs=self.data, in_ys=other.data))


def _fact(start: Any) -> Any:
    """Return a starting value so that equal ones compare equal."""
    if isinstance(start, Variable):
        return "graph"
    return start if start is None or isinstance(start, str) else (np.shape(start), np.asarray(start).tobytes())
