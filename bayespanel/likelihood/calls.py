"""How each operation of a graph calls its kernel by address: what `inference/program.py` needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from bayespanel.likelihood import op as single, op_groups as groups
from bayespanel.likelihood.packed_sums import kernel_of

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """A call of a kernel.

    Attributes
    ----------
    kernel
        Its name in `native.KERNELS`.
    sizes
        The numbers of its first argument.
    order
        Which inputs of the operation are its next arguments.
    outputs
        Shapes of the operation's outputs, its last arguments.
    """

    kernel: str
    sizes: Shape
    order: tuple[int, ...]
    outputs: tuple[Shape, ...]


def call_of(op: single.Kernel, shapes: Sequence[Shape], known: Sequence[NDArray[Any] | None]) -> Call:
    """Return the call of an operation on inputs of such shapes, of which data are known."""
    if isinstance(op, single.NestedNormal):
        return _nested_normal(shapes, known[4])
    return CALLS[type(op)](op, shapes)


def _nested_normal(shapes: Sequence[Shape], index: NDArray[Any] | None) -> Call:
    if index is None:
        raise TypeError("The statistics of a nested normal are data.")
    sizes = (shapes[4][0], shapes[5][0])
    return Call(kernel_of(index), sizes, (4, 5, 0, 1, 2, 3), ((), *shapes[:4]))


def _covariance(_: Any, shapes: Sequence[Shape]) -> Call:
    n, k = shapes[0]
    return Call("covariance", (n, k), (0, 1), ((n, k, k),))


def _covariance_adjoint(_: Any, shapes: Sequence[Shape]) -> Call:
    return Call("covariance_adjoint", shapes[0], (0, 1, 2), tuple(shapes[:2]))


def _autoregression_sizes(waves: int, shapes: Sequence[Shape]) -> Shape:
    lag, initial, innovation, intercept = shapes[:4]
    return (initial[0], waves, lag[-3], innovation[0], intercept[0])


def _autoregression(op: Any, shapes: Sequence[Shape]) -> Call:
    cells = op.waves * shapes[1][0]
    sizes = _autoregression_sizes(op.waves, shapes)
    return Call("autoregression", sizes, (0, 1, 2, 3), ((cells, cells),))


def _autoregression_adjoint(op: Any, shapes: Sequence[Shape]) -> Call:
    sizes = _autoregression_sizes(op.waves, shapes)
    return Call("autoregression_adjoint", sizes, (0, 1, 2, 3, 4, 5), tuple(shapes[:4]))


def _autoregressions(op: Any, shapes: Sequence[Shape]) -> Call:
    cells, n = op.waves * shapes[1][0], shapes[0][0]
    sizes = (*_autoregression_sizes(op.waves, shapes), n)
    return Call("autoregressions", sizes, (0, 1, 2, 3), ((n, cells, cells),))


def _autoregressions_adjoint(op: Any, shapes: Sequence[Shape]) -> Call:
    sizes = (*_autoregression_sizes(op.waves, shapes), shapes[0][0])
    return Call("autoregressions_adjoint", sizes, (0, 1, 2, 3, 4, 5), tuple(shapes[:4]))


def _discretise(_: Any, shapes: Sequence[Shape]) -> Call:
    drift, diffusion, gaps = shapes[:3]
    out = (gaps[0], *drift)
    return Call("discretise", (drift[0], diffusion[0], gaps[0]), (0, 1, 2), (out, out))


def _discretise_adjoint(_: Any, shapes: Sequence[Shape]) -> Call:
    drift, diffusion, gaps = shapes[:3]
    return Call("discretise_adjoint", (drift[0], diffusion[0], gaps[0]), (0, 1, 2, 3, 4), (drift, diffusion))


def _latent_classes(_: Any, shapes: Sequence[Shape]) -> Call:
    w, b, u, phi, x, _place, allowed = shapes
    sizes = (phi[0], phi[1], x[1], b[0], w[0], u[0], allowed[0])
    return Call("latent_classes", sizes, (3, 4, 5, 6, 0, 1, 2), ((), w, b, u))


CALLS: dict[type, Callable[[Any, Sequence[Shape]], Call]] = {
    single.PartialCovariance: _covariance,
    single.PartialCovarianceAdjoint: _covariance_adjoint,
    single.AutoregressiveCovariance: _autoregression,
    single.AutoregressiveCovarianceAdjoint: _autoregression_adjoint,
    groups.AutoregressiveCovariances: _autoregressions,
    groups.AutoregressiveCovariancesAdjoint: _autoregressions_adjoint,
    single.Discretised: _discretise,
    single.DiscretisedAdjoint: _discretise_adjoint,
    single.LatentClasses: _latent_classes,
}
