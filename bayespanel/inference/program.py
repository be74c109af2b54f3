"""A PyTensor graph as a program for the interpreter: its operations as instructions, its data as constants.

Every shape is known once the data are. So a variable is the addresses of its entries, and what only moves entries
(reshaping, indexing, joining) is done here, to the addresses, and costs nothing when the program runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytensor import scalar as ps
from pytensor.compile.builders import OpFromGraph
from pytensor.compile.ops import ViewOp
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import basic as tb, subtensor as st
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import CAReduce, DimShuffle, Elemwise
from pytensor.tensor.math import Dot
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape

from bayespanel.inference.interpreter import CODES, HEADER, at_points
from bayespanel.likelihood import native
from bayespanel.likelihood.calls import call_of
from bayespanel.likelihood.op import Kernel

Array = NDArray[np.float64]
Places = NDArray[np.int64]

MOVERS: dict[type, int | None] = {
    DimShuffle: 1, Reshape: 1, st.Subtensor: 1, st.AdvancedSubtensor: 1, tb.Alloc: 1, tb.ExtractDiag: 1, tb.Split: 1,
    tb.ScalarFromTensor: 1, tb.TensorFromScalar: 1, st.IncSubtensor: 2, st.AdvancedIncSubtensor: 2,
    tb.Join: None, tb.MakeVector: None,
}  # fmt: skip
"""Operations that only move entries -> how many of their inputs hold entries, the others are indices; None for all."""

SHAPES = (Shape, Shape_i)


class Untranslatable(Exception):
    """An operation for which the interpreter has no instruction."""


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions with all they need.

    Attributes
    ----------
    header : uint64 vector
        What the interpreter is given; see `interpreter.HEADER`.
    shapes
        Shapes of the results, whose entries the program writes one after the other.
    keep
        What must stay alive as long as the program is run, the data among it: a kernel reads them where they are.
    """

    header: NDArray[np.uint64]
    shapes: tuple[tuple[int, ...], ...]
    keep: tuple[Any, ...]

    def __call__(self, points: Array) -> Array:
        """Run the program at points [..., dimension]; return the numbers [..., result]."""
        flat = np.ascontiguousarray(points, dtype=float).reshape(int(np.prod(points.shape[:-1])), points.shape[-1])
        out = np.empty((len(flat), sum(int(np.prod(shape)) for shape in self.shapes)))
        at_points()(flat, out, np.uint64(self.header.ctypes.data))
        return out.reshape(*points.shape[:-1], out.shape[1])


def program_of(graph: FunctionGraph, data: Mapping[str, NDArray[Any]]) -> Program:
    """Translate a graph.

    Parameters
    ----------
    graph
        Its first input is the point, a vector; its others are data, by their names. The entries of its outputs, one
        after the other, are the program's result.
    data
        The data by name. Where an input goes to a kernel as it is, the kernel reads this very array at each run.

    Raises
    ------
    Untranslatable
        The graph has an operation for which there is no instruction.
    """
    point, *others = graph.inputs
    writer = _Writer(int(point.type.shape[0]))
    known = {v: data[v.name] for v in others}
    placed = {point: np.arange(writer.size)}
    outputs = _translated(graph, writer, known, placed)
    return writer.program([writer.places(value) for value in outputs], tuple(data.values()))


Value = NDArray[Any]


@dataclass(frozen=True, eq=False)
class _Placed:
    """A variable that is computed: the addresses of its entries, in its shape."""

    at: Places


class _Writer:
    """Writes instructions, and places constants and results in the workspace."""

    def __init__(self, dimension: int) -> None:
        self.dimension = self.size = dimension
        self._rows: list[tuple[int, int, int, int, int, int]] = []
        self._table: list[Places] = []
        self._width = 0
        self._constants: list[tuple[int, Array]] = []
        self._numbers: dict[float, int] = {}
        self._keep: list[Any] = []

    def room(self, shape: tuple[int, ...]) -> Places:
        """Return the addresses of new places."""
        n = int(np.prod(shape))
        self.size += n
        return np.arange(self.size - n, self.size).reshape(shape)

    def places(self, value: Value | _Placed) -> Places:
        """Return the addresses of what is computed, or of constants, which get places."""
        if isinstance(value, _Placed):
            return value.at
        numbers = np.asarray(value, float)
        if numbers.ndim == 0:
            number = float(numbers)
            if number not in self._numbers:  # NaN is not found again, which does no harm
                self._numbers[number] = self.size
                self._constants.append((self.size, numbers.reshape(1)))
                self.size += 1
            return np.full((), self._numbers[number])
        at = self.room(numbers.shape)
        if numbers.size:
            self._constants.append((int(at.flat[0]), numbers.ravel()))
        return at

    def entry(self, numbers: Places) -> int:
        """Put numbers into the table, and return where."""
        flat = np.ascontiguousarray(numbers, dtype=np.int64).ravel()
        self._table.append(flat)
        self._width += flat.size
        return self._width - flat.size

    def write(self, name: str, shape: tuple[int, ...], *operands: Places) -> Places:
        """Write an instruction whose operands have the shape of its result."""
        out = self.room(shape)
        if out.size:
            a, b, c = [*(self.entry(np.broadcast_to(one, shape)) for one in operands), 0, 0][:3]
            self._row(name, out, a, b, c)
        return out

    def sum(self, rows: Places) -> Places:
        """Write the sums of the last dimension."""
        out = self.room(rows.shape[:-1])
        if out.size:
            self._row("sum", out, self.entry(rows), rows.shape[-1])
        return out

    def dot(self, rows: Places, columns: Places) -> Places:
        """Write the sums of products of the last dimension."""
        out = self.room(rows.shape[:-1])
        if out.size:
            self._row("dot", out, self.entry(rows), self.entry(columns), rows.shape[-1])
        return out

    def _row(self, name: str, out: Places, a: int, b: int = 0, c: int = 0) -> None:
        self._rows.append((CODES[name], out.size, int(out.flat[0]), a, b, c))

    def add_at(self, targets: Places, what: Places) -> None:
        """Write an instruction that adds to places, one after the other."""
        if targets.size:
            self._rows.append((CODES["add_at"], targets.size, 0, self.entry(targets), self.entry(what), 0))

    def together(self, at: Places) -> int:
        """Return the first address of entries that stand one after the other, as kernels read them; copy others."""
        flat = at.ravel()
        if flat.size and (np.diff(flat) != 1).any():
            flat = self.write("copy", flat.shape, flat)
        return int(flat[0]) if flat.size else 0

    def kernel(
        self, name: str, sizes: Sequence[int], inputs: Sequence[Value | _Placed], outputs: Sequence[Places]
    ) -> None:
        """Write a call of a kernel: its address, then each argument, in the workspace (1) or anywhere (0)."""
        words = [native.address(name), 0, self._kept(np.array(sizes, np.int64))]
        for value in inputs:
            if isinstance(value, _Placed):
                words += [1, self.together(value.at)]
            else:
                words += [0, self._kept(np.ascontiguousarray(value))]
        for out in outputs:
            words += [1, int(out.flat[0]) if out.size else 0]
        self._rows.append((CODES["kernel"], len(words) // 2, 0, self.entry(np.array(words, np.int64)), 0, 0))

    def _kept(self, array: Value) -> int:
        self._keep.append(array)
        return int(array.ctypes.data)

    def program(self, results: Sequence[Places], data: tuple[Any, ...]) -> Program:
        """Return the program with these results, which it copies to the end of the workspace."""
        last = np.concatenate([one.ravel() for one in results])
        self.write("copy", last.shape, last)
        rows = np.array(self._rows, np.int64).reshape(-1, 6)
        table = np.concatenate([np.zeros(0, np.int64), *self._table])
        first = np.zeros(self.size)
        for at, numbers in self._constants:
            first[at : at + numbers.size] = numbers
        parts = (rows, table, first)
        words = [*(part.ctypes.data for part in parts), len(rows), table.size, self.size, self.dimension, last.size]
        header = np.array(words, np.uint64)
        assert header.size == HEADER
        return Program(header, tuple(one.shape for one in results), (*parts, *self._keep, *data))


def _translated(
    graph: FunctionGraph,
    writer: _Writer,
    known: Mapping[Variable, Value],
    placed: Mapping[Variable, Places],
) -> list[Value | _Placed]:
    """Write the instructions of a graph and return its outputs."""
    values: dict[Variable, Value | _Placed] = dict(known) | {v: _Placed(at) for v, at in placed.items()}

    def value_of(variable: Variable) -> Value | _Placed:
        return np.asarray(variable.data) if isinstance(variable, Constant) else values[variable]

    for node in graph.toposort():
        inputs = [value_of(v) for v in node.inputs]
        values |= zip(node.outputs, _outputs(node, inputs, writer), strict=True)
    return [value_of(v) for v in graph.outputs]


def _outputs(node: Apply, inputs: Sequence[Value | _Placed], writer: _Writer) -> Sequence[Value | _Placed]:
    """Return the outputs of one operation, its instructions written."""
    op = node.op
    if isinstance(op, OpFromGraph):
        inner = op.fgraph
        known = {v: x for v, x in zip(inner.inputs, inputs, strict=True) if not isinstance(x, _Placed)}
        placed = {v: x.at for v, x in zip(inner.inputs, inputs, strict=True) if isinstance(x, _Placed)}
        return _translated(inner, writer, known, placed)
    if isinstance(op, SpecifyShape | ViewOp | CheckAndRaise):
        return inputs[:1]
    if isinstance(op, SHAPES):
        return _performed(node, [x.at if isinstance(x, _Placed) else x for x in inputs])
    if not any(isinstance(x, _Placed) for x in inputs):
        return _performed(node, inputs)
    kind = next((kind for kind in type(op).__mro__ if kind in MOVERS), None)
    if kind is not None and (not hasattr(op, "set_instead_of_inc") or op.set_instead_of_inc):
        n = MOVERS[kind]
        moved = [writer.places(x) if n is None or i < n else x for i, x in enumerate(inputs)]
        return [_Placed(np.asarray(at)) for at in _performed(node, moved)]
    if isinstance(op, st.IncSubtensor | st.AdvancedIncSubtensor):
        return [_Placed(_incremented(op, inputs, writer))]
    if isinstance(op, Kernel):
        shapes = [np.shape(x.at if isinstance(x, _Placed) else x) for x in inputs]
        call = call_of(op, shapes, [None if isinstance(x, _Placed) else x for x in inputs])
        outputs = [writer.room(shape) for shape in call.outputs]
        writer.kernel(call.kernel, call.sizes, [inputs[i] for i in call.order], outputs)
        return [_Placed(out) for out in outputs]
    at = [writer.places(x) for x in inputs]
    if isinstance(op, Elemwise):
        return _elementwise(op.scalar_op, at, writer)
    if isinstance(op, ps.ScalarOp):
        return _elementwise(op, at, writer)
    if isinstance(op, CAReduce):
        return [_Placed(_reduced(op, at[0], writer))]
    if isinstance(op, Dot) or (isinstance(op, Blockwise) and isinstance(op.core_op, Dot)):
        return [_Placed(_product(at[0], at[1], writer))]
    raise Untranslatable(f"{op} of type {type(op).__name__}")


def _performed(node: Apply, inputs: Sequence[Any]) -> list[Value]:
    """Do what an operation does, to constants or to addresses."""
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    node.op.perform(node, list(inputs), storage)
    return [np.asarray(cell[0]) for cell in storage]


def _elementwise(op: Any, at: Sequence[Places], writer: _Writer) -> Sequence[Value | _Placed]:
    shape = np.broadcast_shapes(*(one.shape for one in at))
    if isinstance(op, ps.Composite):
        placed = {v: np.broadcast_to(one, shape) for v, one in zip(op.fgraph.inputs, at, strict=True)}
        return _translated(op.fgraph, writer, {}, placed)
    name = type(op).__name__
    if isinstance(op, ps.Identity | ps.Second) or (isinstance(op, ps.Cast) and op.o_type.dtype.startswith("float")):
        return [_Placed(np.broadcast_to(at[-1], shape))]
    if name not in CODES:
        raise Untranslatable(f"the scalar operation {op} of type {name}")
    if name in ("Add", "Mul"):  # of any number
        out = at[0]
        for one in at[1:]:
            out = writer.write(name, shape, out, one)
        return [_Placed(np.broadcast_to(out, shape))]
    return [_Placed(writer.write(name, shape, *at))]


def _reduced(op: CAReduce, at: Places, writer: _Writer) -> Places:
    axes = tuple(range(at.ndim)) if op.axis is None else tuple(op.axis)
    rest = [axis for axis in range(at.ndim) if axis not in axes]
    rows = at.transpose(*rest, *axes).reshape(*(at.shape[axis] for axis in rest), -1)
    name = type(op.scalar_op).__name__
    if name == "Add":
        return writer.sum(rows)
    if name not in CODES or not rows.shape[-1]:
        raise Untranslatable(f"the reduction {op} of {rows.shape[-1]} entries")
    out = rows[..., 0]
    for i in range(1, rows.shape[-1]):
        out = writer.write(name, out.shape, out, rows[..., i])
    return out


def _product(a: Places, b: Places, writer: _Writer) -> Places:
    """Write the matrix product of vectors, matrices or stacks of matrices."""
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    shape = (*stack, left.shape[-2], right.shape[-1], left.shape[-1])
    rows = np.broadcast_to(left[..., :, None, :], shape)
    columns = np.broadcast_to(np.swapaxes(right, -1, -2)[..., None, :, :], shape)
    out = writer.dot(rows, columns)
    out = out[..., 0, :] if a.ndim == 1 else out
    return out[..., 0] if b.ndim == 1 else out


def _incremented(op: Any, inputs: Sequence[Value | _Placed], writer: _Writer) -> Places:
    x, y, *flat = inputs
    if any(isinstance(index, _Placed) for index in flat):
        raise Untranslatable(f"{op} at places that are computed")
    before = writer.places(x)
    index = st.unflatten_index_variables(flat, op.idx_list)
    targets = np.arange(before.size).reshape(before.shape)[tuple(index)]
    out = writer.write("copy", before.shape, before)
    if out.size:
        writer.add_at(int(out.flat[0]) + targets.ravel(), np.broadcast_to(writer.places(y), targets.shape).ravel())
    return out
