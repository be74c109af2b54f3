"""The kernels as PyTensor operations: value forwards, adjoint backwards.

The data are inputs, never constants, so one compilation serves every data set of a model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key
from pytensor.tensor.variable import TensorVariable

from bayespanel.likelihood import kernels, native

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.


def _nested_normal() -> Callable[..., Any]:
    kernel = native.symbol("nested_normal")

    @numba.njit
    def nested_normal(sigma, coefficients, psi_inner, psi_outer, index, value):  # type: ignore[no-untyped-def]
        s, b = np.ascontiguousarray(sigma), np.ascontiguousarray(coefficients)
        inner, outer = np.ascontiguousarray(psi_inner), np.ascontiguousarray(psi_outer)
        i, v = np.ascontiguousarray(index), np.ascontiguousarray(value)
        sizes = np.array([i.size, v.size])
        logp = np.empty(1)
        ds, db, d0, d1 = np.empty_like(s), np.empty_like(b), np.empty_like(inner), np.empty_like(outer)
        kernel(
            sizes.ctypes, i.ctypes, v.ctypes, s.ctypes, b.ctypes, inner.ctypes, outer.ctypes,
            logp.ctypes, ds.ctypes, db.ctypes, d0.ctypes, d1.ctypes,
        )  # fmt: skip
        # The kernel sees addresses only: naming the inputs once more keeps them alive until it has returned.
        alive = sizes.size + i.size + v.size + s.size + b.size + inner.size + outer.size
        return np.array(logp[0] if alive >= 0 else 0.0), ds, db, d0, d1

    return nested_normal


def _covariance() -> Callable[..., Any]:
    kernel = native.symbol("covariance")

    @numba.njit
    def covariance(sd, partial):  # type: ignore[no-untyped-def]
        s, z = np.ascontiguousarray(sd), np.ascontiguousarray(partial)
        n, k = s.shape
        sizes = np.array([n, k])
        out = np.empty((n, k, k))
        kernel(sizes.ctypes, s.ctypes, z.ctypes, out.ctypes)
        alive = sizes.size + s.size + z.size
        return out if alive >= 0 else out[:0]

    return covariance


def _covariance_adjoint() -> Callable[..., Any]:
    kernel = native.symbol("covariance_adjoint")

    @numba.njit
    def covariance_adjoint(sd, partial, d_covariance):  # type: ignore[no-untyped-def]
        s, z, d = np.ascontiguousarray(sd), np.ascontiguousarray(partial), np.ascontiguousarray(d_covariance)
        sizes = np.array([s.shape[0], s.shape[1]])
        d_s, d_z = np.empty_like(s), np.empty_like(z)
        kernel(sizes.ctypes, s.ctypes, z.ctypes, d.ctypes, d_s.ctypes, d_z.ctypes)
        alive = sizes.size + s.size + z.size + d.size
        return (d_s, d_z) if alive >= 0 else (d_z, d_s)

    return covariance_adjoint


def _autoregression(waves: int) -> Callable[..., Any]:
    kernel = native.symbol("autoregression")

    @numba.njit
    def autoregression(lag, initial, innovation, intercept):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        sizes = np.array([s.shape[0], waves, a.shape[0], q.shape[0], r.shape[0]])
        out = np.empty((waves * s.shape[0], waves * s.shape[0]))
        kernel(sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, out.ctypes)
        alive = sizes.size + a.size + s.size + q.size + r.size
        return out if alive >= 0 else out[:0]

    return autoregression


def _autoregression_adjoint(waves: int) -> Callable[..., Any]:
    kernel = native.symbol("autoregression_adjoint")

    @numba.njit
    def autoregression_adjoint(lag, initial, innovation, intercept, sigma, d_sigma):  # type: ignore[no-untyped-def]
        a, s = np.ascontiguousarray(lag), np.ascontiguousarray(initial)
        q, r = np.ascontiguousarray(innovation), np.ascontiguousarray(intercept)
        c, d = np.ascontiguousarray(sigma), np.ascontiguousarray(d_sigma)
        sizes = np.array([s.shape[0], waves, a.shape[0], q.shape[0], r.shape[0]])
        d_a, d_s, d_q, d_r = np.empty_like(a), np.empty_like(s), np.empty_like(q), np.empty_like(r)
        kernel(
            sizes.ctypes, a.ctypes, s.ctypes, q.ctypes, r.ctypes, c.ctypes, d.ctypes,
            d_a.ctypes, d_s.ctypes, d_q.ctypes, d_r.ctypes,
        )  # fmt: skip
        alive = sizes.size + a.size + s.size + q.size + r.size + c.size + d.size
        return (d_a, d_s, d_q, d_r) if alive >= 0 else (d_a, d_r, d_q, d_s)

    return autoregression_adjoint


def _discretise() -> Callable[..., Any]:
    kernel = native.symbol("discretise")

    @numba.njit
    def discretise(drift, diffusion, gaps):  # type: ignore[no-untyped-def]
        d, q = np.ascontiguousarray(drift), np.ascontiguousarray(diffusion)
        h = np.ascontiguousarray(gaps)
        sizes = np.array([d.shape[0], q.shape[0], h.shape[0]])
        lag, innovation = np.empty((h.shape[0], *d.shape)), np.empty((h.shape[0], *d.shape))
        kernel(sizes.ctypes, d.ctypes, q.ctypes, h.ctypes, lag.ctypes, innovation.ctypes)
        alive = sizes.size + d.size + q.size + h.size
        return (lag, innovation) if alive >= 0 else (innovation, lag)

    return discretise


def _discretise_adjoint() -> Callable[..., Any]:
    kernel = native.symbol("discretise_adjoint")

    @numba.njit
    def discretise_adjoint(drift, diffusion, gaps, d_lag, d_innovation):  # type: ignore[no-untyped-def]
        d, q = np.ascontiguousarray(drift), np.ascontiguousarray(diffusion)
        h, f, g = np.ascontiguousarray(gaps), np.ascontiguousarray(d_lag), np.ascontiguousarray(d_innovation)
        sizes = np.array([d.shape[0], q.shape[0], h.shape[0]])
        d_d, d_q = np.empty_like(d), np.empty_like(q)
        kernel(sizes.ctypes, d.ctypes, q.ctypes, h.ctypes, f.ctypes, g.ctypes, d_d.ctypes, d_q.ctypes)
        alive = sizes.size + d.size + q.size + h.size + f.size + g.size
        return (d_d, d_q) if alive >= 0 else (d_d, d_q[:0])

    return discretise_adjoint


def _latent_classes() -> Callable[..., Any]:
    kernel = native.symbol("latent_classes")

    @numba.njit
    def latent_classes(w, b, u, phi, x, place, allowed):  # type: ignore[no-untyped-def]
        cw, cb, cu = np.ascontiguousarray(w), np.ascontiguousarray(b), np.ascontiguousarray(u)
        cp, cx = np.ascontiguousarray(phi), np.ascontiguousarray(x)
        ci, ca = np.ascontiguousarray(place), np.ascontiguousarray(allowed)
        sizes = np.array([cp.shape[0], cp.shape[1], cx.shape[1], cb.shape[0], cw.shape[0], cu.shape[0], ca.shape[0]])
        logp = np.empty(1)
        dw, db, du = np.empty_like(cw), np.empty_like(cb), np.empty_like(cu)
        kernel(
            sizes.ctypes, cp.ctypes, cx.ctypes, ci.ctypes, ca.ctypes, cw.ctypes, cb.ctypes, cu.ctypes,
            logp.ctypes, dw.ctypes, db.ctypes, du.ctypes,
        )  # fmt: skip
        alive = sizes.size + cp.size + cx.size + ci.size + ca.size + cw.size + cb.size + cu.size
        return np.array(logp[0] if alive >= 0 else 0.0), dw, db, du

    return latent_classes


class Kernel(Op):
    """An operation whose work is one compiled function."""

    __props__: tuple[str, ...] = ()

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        raise NotImplementedError

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        raise NotImplementedError

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Store what `evaluate` returns."""
        for storage, result in zip(output_storage, self.evaluate(*inputs), strict=True):
            storage[0] = np.asarray(result)


@register_funcify_default_op_cache_key(Kernel)
def _funcify(op: Kernel, **_: Any) -> tuple[Callable[..., Any], int]:
    return op.compiled(), int(native.VERSION, 16)


class NestedNormal(Kernel):
    """Log-density of the nested normal, with its gradients as further outputs; see `nested_normal.evaluate`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return _nested_normal()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.nested_normal(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take sigma, coefficients, psi_inner, psi_outer, index and value."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [pt.dscalar(), *(x.type() for x in variables[:4])])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Scale the gradients that the forward pass has already computed."""
        return [cotangents[0] * d for d in outputs[1:]] + [DisconnectedType()(), DisconnectedType()()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Declare the data as not differentiable."""
        return [[True] * len(node.outputs)] * 4 + [[False] * len(node.outputs)] * 2


class PartialCovariance(Kernel):
    """Covariances from standard deviations and partial correlations; see `correlation.covariance`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return _covariance()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return (kernels.covariance(*inputs),)

    def make_node(self, *inputs: Any) -> Apply:
        """Take sd [batch, variable] and partial [batch, pair]."""
        sd, partial = (pt.as_tensor(x) for x in inputs)
        n, k = sd.type.shape
        return Apply(self, [sd, partial], [pt.tensor(shape=(n, k, k), dtype="float64")])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Apply the adjoint."""
        return list(_PartialCovarianceAdjoint()(*inputs, cotangents[0]))


class _PartialCovarianceAdjoint(Kernel):
    def compiled(self) -> Callable[..., Any]:
        return _covariance_adjoint()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.covariance_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:2]])


class AutoregressiveCovariance(Kernel):
    """Covariance of all cells of a random-intercept vector autoregression; see `autoregression.covariance`."""

    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return _autoregression(self.waves)

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        lag, initial, innovation, intercept = inputs
        return (kernels.autoregression(lag, initial, innovation, intercept, self.waves),)

    def make_node(self, *inputs: Any) -> Apply:
        """Take lag, initial, innovation and intercept."""
        variables = [pt.as_tensor(x) for x in inputs]
        k = variables[1].type.shape[0]
        cells = None if k is None else self.waves * k
        return Apply(self, variables, [pt.tensor(shape=(cells, cells), dtype="float64")])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Apply the adjoint."""
        return list(_AutoregressiveCovarianceAdjoint(self.waves)(*inputs, outputs[0], cotangents[0]))


class _AutoregressiveCovarianceAdjoint(Kernel):
    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        return _autoregression_adjoint(self.waves)

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.autoregression_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:4]])


class Discretised(Kernel):
    """Lags and innovation covariances of a process in continuous time; see `continuous_time.discretise`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return _discretise()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.discretise(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take drift, diffusion and gaps."""
        variables = [pt.as_tensor(x) for x in inputs]
        k, n = variables[0].type.shape[0], variables[2].type.shape[0]
        return Apply(self, variables, [pt.tensor(shape=(n, k, k), dtype="float64") for _ in range(2)])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Apply the adjoint; the innovations' gradient made symmetric, as the adjoint asks."""
        given = [
            out.zeros_like() if isinstance(d.type, DisconnectedType) else d
            for out, d in zip(outputs, cotangents, strict=True)
        ]
        even = 0.5 * (given[1] + given[1].transpose(0, 2, 1))
        return [*_DiscretisedAdjoint()(*inputs, given[0], even), DisconnectedType()()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Declare the gaps as not differentiable."""
        return [[True, True], [True, True], [False, False]]


class _DiscretisedAdjoint(Kernel):
    def compiled(self) -> Callable[..., Any]:
        return _discretise_adjoint()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.discretise_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:2]])


class LatentClasses(Kernel):
    """Log-density of latent classes, with its gradients as further outputs; see `latent_classes.evaluate`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return _latent_classes()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        w, b, u, phi, x, place, allowed = inputs
        return kernels.latent_classes(phi, x, place, allowed, w, b, u)

    def make_node(self, *inputs: Any) -> Apply:
        """Take w, b, u, phi, x, place and allowed."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [pt.dscalar(), *(x.type() for x in variables[:3])])

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        """Scale the gradients that the forward pass has already computed."""
        return [cotangents[0] * d for d in outputs[1:]] + [DisconnectedType()() for _ in range(4)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Declare the data as not differentiable."""
        return [[True] * len(node.outputs)] * 3 + [[False] * len(node.outputs)] * 4


def latent_classes_logp(*inputs: TensorVariable) -> TensorVariable:
    """Log-density of latent classes.

    Parameters
    ----------
    *inputs
        w [pattern, class, feature], b [class, regressor], u [cluster, class], then the data: phi [row, feature],
        x [row, regressor], place [row, 4] and allowed [group, class]; see `latent_classes.evaluate`.
    """
    return LatentClasses()(*inputs)[0]


def nested_normal_logp(*inputs: TensorVariable) -> TensorVariable:
    """Log-density of the nested normal.

    Parameters
    ----------
    *inputs
        sigma [group, cell, cell], coefficients [group, cell, regressor], psi_inner and psi_outer
        [effect, effect], then the two vectors of `Statistics`.
    """
    return NestedNormal()(*inputs)[0]
