"""Covariances of many groups at once, whose lags alone differ, as a PyTensor operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable

from bayespanel.likelihood import kernels, linked
from bayespanel.likelihood.op import Kernel


class AutoregressiveCovariances(Kernel):
    """Covariances [group, cell, cell]; see `autoregression.covariance`. Lags have the groups as first dimension."""

    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.autoregressions(self.waves)

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        lag, initial, innovation, intercept = inputs
        return (kernels.autoregressions(lag, initial, innovation, intercept, self.waves),)

    def make_node(self, *inputs: Any) -> Apply:
        """Take lag [group, interval or 1, ., .], initial, innovation and intercept."""
        variables = [pt.as_tensor(x) for x in inputs]
        groups, k = variables[0].type.shape[0], variables[1].type.shape[0]
        cells = None if k is None else self.waves * k
        return Apply(self, variables, [pt.tensor(shape=(groups, cells, cells), dtype="float64")])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Apply the adjoint."""
        return list(AutoregressiveCovariancesAdjoint(self.waves)(*inputs, outputs[0], cotangents[0]))


class AutoregressiveCovariancesAdjoint(Kernel):
    """The adjoint of `AutoregressiveCovariances`."""

    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.autoregressions_adjoint(self.waves)

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.autoregressions_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take the inputs of the operation, then the gradients of its outputs."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:4]])
