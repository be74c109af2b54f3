"""Covariances of many groups at once, whose lags alone differ, as a PyTensor operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable

from bayespanel.likelihood import kernels, native
from bayespanel.likelihood.op import Kernel

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.


def _autoregressions(waves: int) -> Callable[..., Any]:
    kernel = native.symbol("autoregressions")

    @numba.njit
    def autoregressions(lag, initial, innovation, intercept):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        sizes = np.array([s.shape[0], waves, a.shape[1], q.shape[0], r.shape[0], a.shape[0]])
        out = np.empty((a.shape[0], waves * s.shape[0], waves * s.shape[0]))
        kernel(sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, out.ctypes)
        alive = sizes.size + a.size + s.size + q.size + r.size
        return out if alive >= 0 else out[:0]

    return autoregressions


def _autoregressions_adjoint(waves: int) -> Callable[..., Any]:
    kernel = native.symbol("autoregressions_adjoint")

    @numba.njit
    def autoregressions_adjoint(lag, initial, innovation, intercept, sigma, d_sigma):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        c, d = np.ascontiguousarray(sigma), np.ascontiguousarray(d_sigma)
        sizes = np.array([s.shape[0], waves, a.shape[1], q.shape[0], r.shape[0], a.shape[0]])
        d_a, d_s, d_q, d_r = np.empty_like(a), np.empty_like(s), np.empty_like(q), np.empty_like(r)
        kernel(
            sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, c.ctypes, d.ctypes,
            d_a.ctypes, d_s.ctypes, d_q.ctypes, d_r.ctypes,
        )  # fmt: skip
        alive = sizes.size + a.size + s.size + q.size + r.size + c.size + d.size
        return (d_a, d_s, d_q, d_r) if alive >= 0 else (d_a, d_r, d_q, d_s)

    return autoregressions_adjoint


class AutoregressiveCovariances(Kernel):
    """Covariances [group, cell, cell]; see `autoregression.covariance`. Lags have the groups as first dimension."""

    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return _autoregressions(self.waves)

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
        return _autoregressions_adjoint(self.waves)

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.autoregressions_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take the inputs of the operation, then the gradients of its outputs."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:4]])
