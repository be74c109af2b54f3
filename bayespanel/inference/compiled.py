"""Models that a process remembers: data of another pupil sample need no new graph of the gradient.

Data are inputs of a log-density, so one graph serves every data set of the same specification and design.
Whether a model is that of an earlier one is not guessed from names: its log-density, as a graph with every constant in
it, is compared with the earlier one's, the data containers taken as equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pymc as pm
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import equal_computations
from pytensor.graph.traversal import graph_inputs

from bayespanel.inference.likelihood_inputs import LikelihoodInputs, Reader
from bayespanel.inference.posterior import Array, Posterior, compile_posterior

MOST = 16
"""Compiled models that a process keeps: each holds some megabytes."""


@dataclass(eq=False)
class _Graph:
    """The log-density of a model, its inputs, the native function of it, and that of what its likelihood reads."""

    logp: Any
    inputs: dict[str, Any]
    posterior: Posterior
    reads: LikelihoodInputs | None = None


class Compiled:
    """A memory of compiled models; the only thing in `inference` that changes, because a process has one.

    With `posterior` it answers like `compile_posterior`, at once where an equal model was compiled before.
    """

    def __init__(self) -> None:
        self._known: list[_Graph] = []
        self.compilations = 0

    def posterior(self, model: pm.Model, start: Mapping[str, Array] | None = None) -> Posterior:
        """Return the compiled log-density of a model on the model's data; see `compile_posterior`."""
        logp = model.logp()
        inputs = _inputs(model, logp)
        known = self._of(logp, inputs)
        if known is not None:
            return known.posterior.with_data(model, start)
        compiled = compile_posterior(model, start, logp)
        self.compilations += 1
        self._known = [*self._known[-MOST + 1 :], _Graph(logp, inputs, compiled)]
        return compiled

    def reader(self, model: pm.Model) -> Reader:
        """Return what the likelihood of a model reads, whose log-density was compiled; see `LikelihoodInputs.of`."""
        logp = model.logp()
        known = self._of(logp, _inputs(model, logp))
        if known is None:
            return LikelihoodInputs(model).of(model)
        if known.reads is None:
            known.reads = LikelihoodInputs(model)
        return known.reads.of(model)

    def _of(self, logp: Any, inputs: Mapping[str, Any]) -> _Graph | None:
        return next((known for known in self._known if _equal(known, logp, inputs)), None)


@cache
def remembered() -> Compiled:
    """Return the compiled models of this process, which fits, Bayes factors and replicates of studies share."""
    return Compiled()


def _inputs(model: pm.Model, logp: Any) -> dict[str, Any]:
    """Return the variables on which the log-density depends, by name: values of free variables, then data."""
    values = {f"value {rv.name}": model.rvs_to_values[rv] for rv in model.free_RVs}
    found = dict.fromkeys(graph_inputs([logp]))
    return values | {f"data {v.name}": v for v in found if isinstance(v, SharedVariable)}


def _equal(known: _Graph, logp: Any, inputs: Mapping[str, Any]) -> bool:
    if list(known.inputs) != list(inputs):
        return False
    ours, theirs = list(inputs.values()), list(known.inputs.values())
    if any(a.type != b.type for a, b in zip(ours, theirs, strict=True)):
        return False
    return bool(equal_computations([logp], [known.logp], in_xs=ours, in_ys=theirs))
