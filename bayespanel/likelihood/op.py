"""The kernels as PyTensor operations: value forwards, adjoint backwards.

The data are inputs, never constants, so one compilation serves every data set of a model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key
from pytensor.tensor.variable import TensorVariable

from bayespanel.likelihood import kernels, linked, native

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.


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
    """Log-density of the nested normal, with its gradients as further outputs; see `nested_normal`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.nested_normal()

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
        return linked.covariance()

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
        return list(PartialCovarianceAdjoint()(*inputs, cotangents[0]))


class PartialCovarianceAdjoint(Kernel):
    """The adjoint of `PartialCovariance`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.covariance_adjoint()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.covariance_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take the inputs of the operation, then the gradients of its outputs."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:2]])


class AutoregressiveCovariance(Kernel):
    """Covariance of all cells of a random-intercept vector autoregression; see `autoregression.covariance`."""

    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.autoregression(self.waves)

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
        return list(AutoregressiveCovarianceAdjoint(self.waves)(*inputs, outputs[0], cotangents[0]))


class AutoregressiveCovarianceAdjoint(Kernel):
    """The adjoint of `AutoregressiveCovariance`."""

    __props__ = ("waves",)

    def __init__(self, waves: int) -> None:
        self.waves = waves

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.autoregression_adjoint(self.waves)

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.autoregression_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take the inputs of the operation, then the gradients of its outputs."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:4]])


class Discretised(Kernel):
    """Lags and innovation covariances of a process in continuous time; see `continuous_time.discretise`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.discretise()

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
        return [*DiscretisedAdjoint()(*inputs, given[0], even), DisconnectedType()()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Declare the gaps as not differentiable."""
        return [[True, True], [True, True], [False, False]]


class DiscretisedAdjoint(Kernel):
    """The adjoint of `Discretised`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.discretise_adjoint()

    def evaluate(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, for graphs that numba does not compile."""
        return kernels.discretise_adjoint(*inputs)

    def make_node(self, *inputs: Any) -> Apply:
        """Take the inputs of the operation, then the gradients of its outputs."""
        variables = [pt.as_tensor(x) for x in inputs]
        return Apply(self, variables, [x.type() for x in variables[:2]])


class LatentClasses(Kernel):
    """Log-density of latent classes, with its gradients as further outputs; see `latent_classes.evaluate`."""

    def compiled(self) -> Callable[..., Any]:
        """Return the function that compiled graphs call."""
        return linked.latent_classes()

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
