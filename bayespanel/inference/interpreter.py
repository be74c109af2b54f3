"""One native function that runs every model: it reads a program, an instruction after the other.

Compiling the graph of a model takes numba most of a minute where nothing of it was compiled before, and seconds where
all of it was. The graph is small, and what costs is in the kernels, which are compiled already: so its operations are
instructions, and what runs them is compiled once per machine.

A program works on one vector of numbers, its workspace: the point, constants, and a place for each result. An
instruction is a row (code, n, out, a, b, c). It writes n numbers from `out` on; a, b and c are where in the table the
addresses of its operands begin.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from bayespanel.inference.addresses import LOGP, as_pointer

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.

CODES = {
    name: code
    for code, name in enumerate(
        (
            "copy", "Neg", "Exp", "Log", "Log1p", "Expm1", "Sigmoid", "Softplus", "Sqr", "Sqrt", "Abs", "Sign",
            "Reciprocal", "Tanh", "IsNan", "IsInf", "Invert", "GammaLn", "Erf", "Erfc", "Log1mexp",
            "Add", "Sub", "Mul", "TrueDiv", "Pow", "Maximum", "Minimum", "LT", "LE", "GT", "GE", "EQ", "NEQ", "AND",
            "OR",
            "Switch", "sum", "dot", "add_at", "kernel",
        )
    )
}  # fmt: skip
"""What an instruction is told by: PyTensor's names of scalar operations, and, in small letters, ours."""

(
    _COPY, _NEG, _EXP, _LOG, _LOG1P, _EXPM1, _SIGMOID, _SOFTPLUS, _SQR, _SQRT, _ABS, _SIGN, _RECIPROCAL,
    _TANH, _ISNAN, _ISINF, _INVERT, _GAMMALN, _ERF, _ERFC, _LOG1MEXP,
    _ADD, _SUB, _MUL, _TRUEDIV, _POW, _MAXIMUM, _MINIMUM, _LT, _LE, _GT, _GE, _EQ, _NEQ, _AND, _OR,
    _SWITCH, _SUM, _DOT, _ADD_AT, _KERNEL,
) = range(len(CODES))  # fmt: skip

HEADER = 8
"""Words of a header: addresses of instructions, table and first workspace, the sizes of the three, of the point, of the
result."""

MOST = 16
"""Arguments that a kernel can have."""


# numba calls it while it compiles: its arguments are types and parts of code, for which numba has no annotations.
@intrinsic
def _call(_typing, _address, _count, _arguments):  # type: ignore[no-untyped-def]
    """Call the function at an address with so many pointers, which stand in a vector."""

    def codegen(_context, builder, _signature, args):  # type: ignore[no-untyped-def]
        function, number, vector = args
        word, byte = ir.IntType(64), ir.IntType(8).as_pointer()
        vector = builder.bitcast(vector, word.as_pointer())
        done = builder.append_basic_block("called")
        choice = builder.switch(number, done)
        for n in range(1, MOST + 1):
            block = builder.append_basic_block(f"call{n}")
            choice.add_case(ir.Constant(word, n), block)
            builder.position_at_end(block)
            at = [builder.gep(vector, [ir.Constant(word, i)]) for i in range(n)]
            kind = ir.FunctionType(ir.VoidType(), [byte] * n)
            builder.call(
                builder.inttoptr(function, kind.as_pointer()), [builder.inttoptr(builder.load(p), byte) for p in at]
            )
            builder.branch(done)
        builder.position_at_end(done)
        return ir.Constant(word, 0)

    return types.int64(types.uint64, types.int64, types.voidptr), codegen


@numba.njit(inline="always")
def _softplus(x):  # type: ignore[no-untyped-def]
    if x < -37.0:
        return math.exp(x)
    if x < 18.0:
        return math.log1p(math.exp(x))
    return x + math.exp(-x) if x < 33.3 else x


@numba.njit(inline="always")
def _sigmoid(x):  # type: ignore[no-untyped-def]
    if x < 0.0:
        e = math.exp(x)
        return e / (1.0 + e)
    return 1.0 / (1.0 + math.exp(-x))


@numba.njit(error_model="numpy")
def _unary(code, x):  # type: ignore[no-untyped-def]
    if code == _NEG:
        return -x
    if code == _EXP:
        return np.exp(x)
    if code == _LOG:
        return np.log(x)
    if code == _LOG1P:
        return np.log1p(x)
    if code == _EXPM1:
        return np.expm1(x)
    if code == _SIGMOID:
        return _sigmoid(x)
    if code == _SOFTPLUS:
        return _softplus(x)
    if code == _SQR:
        return x * x
    if code == _SQRT:
        return np.sqrt(x)
    if code == _ABS:
        return abs(x)
    if code == _SIGN:
        return np.sign(x)
    if code == _RECIPROCAL:
        return 1.0 / x
    if code == _TANH:
        return math.tanh(x)
    if code == _ISNAN:
        return 1.0 if np.isnan(x) else 0.0
    if code == _ISINF:
        return 1.0 if np.isinf(x) else 0.0
    if code == _INVERT:
        return 1.0 - x
    if code == _GAMMALN:
        return math.lgamma(x)
    if code == _ERF:
        return math.erf(x)
    if code == _ERFC:
        return math.erfc(x)
    if code == _LOG1MEXP:
        return np.log1p(-np.exp(x)) if x < -0.6931471805599453 else np.log(-np.expm1(x))
    return x


@numba.njit(error_model="numpy")
def _binary(code, x, y):  # type: ignore[no-untyped-def]
    if code == _SUB:
        return x - y
    if code == _TRUEDIV:
        return x / y
    if code == _POW:
        return x**y
    if code == _MAXIMUM:
        return x if x > y or x != x else y
    if code == _MINIMUM:
        return x if x < y or x != x else y
    if code == _LT:
        return 1.0 if x < y else 0.0
    if code == _LE:
        return 1.0 if x <= y else 0.0
    if code == _GT:
        return 1.0 if x > y else 0.0
    if code == _GE:
        return 1.0 if x >= y else 0.0
    if code == _EQ:
        return 1.0 if x == y else 0.0
    if code == _NEQ:
        return 1.0 if x != y else 0.0
    if code == _AND:
        return 1.0 if x != 0.0 and y != 0.0 else 0.0
    return 1.0 if x != 0.0 or y != 0.0 else 0.0


@numba.njit(error_model="numpy")
def _arithmetic(code, n, w, out, table, a, b, c):  # type: ignore[no-untyped-def]
    """Do what needs no kernel; the commonest first."""
    if code == _MUL:
        for i in range(n):
            w[out + i] = w[table[a + i]] * w[table[b + i]]
    elif code == _ADD:
        for i in range(n):
            w[out + i] = w[table[a + i]] + w[table[b + i]]
    elif code == _COPY:
        for i in range(n):
            w[out + i] = w[table[a + i]]
    elif code < _ADD:
        for i in range(n):
            w[out + i] = _unary(code, w[table[a + i]])
    elif code < _SWITCH:
        for i in range(n):
            w[out + i] = _binary(code, w[table[a + i]], w[table[b + i]])
    elif code == _SWITCH:
        for i in range(n):
            w[out + i] = w[table[b + i]] if w[table[a + i]] != 0.0 else w[table[c + i]]
    elif code == _SUM:  # b numbers for each
        for i in range(n):
            total = 0.0
            for j in range(b):
                total += w[table[a + i * b + j]]
            w[out + i] = total
    elif code == _DOT:  # c products for each
        for i in range(n):
            total = 0.0
            for j in range(c):
                total += w[table[a + i * c + j]] * w[table[b + i * c + j]]
            w[out + i] = total
    else:  # to n places of what stands at a
        for i in range(n):
            w[table[a + i]] += w[table[b + i]]


def _run(point, result, user):  # type: ignore[no-untyped-def]
    """Run the program of a header at a point."""
    header = numba.carray(as_pointer(user), (HEADER,), np.uint64)
    n, width, size = np.int64(header[3]), np.int64(header[4]), np.int64(header[5])
    instructions = numba.carray(as_pointer(header[0]), (n, 6), np.int64)
    table = numba.carray(as_pointer(header[1]), (width,), np.int64)
    first = numba.carray(as_pointer(header[2]), (size,), np.float64)
    w = np.empty(size)
    for i in range(size):
        w[i] = first[i]
    for i in range(np.int64(header[6])):
        w[i] = point[i]
    base = np.uint64(w.ctypes.data)
    arguments = np.empty(MOST, np.uint64)
    for row in range(n):
        code, many, a = instructions[row, 0], instructions[row, 1], instructions[row, 3]
        if code == _KERNEL:  # its address, then pairs: whether in the workspace, and where
            for i in range(many):
                at = np.uint64(table[a + 2 + 2 * i])
                arguments[i] = base + np.uint64(8) * at if table[a + 1 + 2 * i] == 1 else at
            _call(np.uint64(table[a]), many, as_pointer(np.uint64(arguments.ctypes.data)))
        else:
            _arithmetic(code, many, w, instructions[row, 2], table, a, instructions[row, 4], instructions[row, 5])
    last = size - np.int64(header[7])
    for i in range(np.int64(header[7])):
        result[i] = w[last + i]
    # Naming the arrays once more keeps them alive until the last call has returned.
    return w.size + arguments.size


def _at_points(points, results, user):  # type: ignore[no-untyped-def]
    done = 0
    for i in range(len(points)):
        done += _running(points[i], results[i], user)
    return done


_running = numba.njit(nogil=True)(_run)


@cache
def at_points() -> Any:
    """Return the function that runs a program at many points: (points, results, address of a header)."""
    return numba.njit(nogil=True, cache=True)(_at_points)


def _logp(dimension, point, gradient, value, user):  # type: ignore[no-untyped-def]
    n = np.int64(dimension)
    result = np.empty(n + 1)
    _running(numba.carray(point, (n,)), result, _address(user))
    value[0] = result[0]
    valid = np.isfinite(result[0])
    for i in range(n):
        gradient[i] = result[i + 1]
        valid = valid and np.isfinite(result[i + 1])
    return 0 if valid else 4


# numba calls it while it compiles: its arguments are types and parts of code, for which numba has no annotations.
@intrinsic
def _address(_typing, pointer):  # type: ignore[no-untyped-def]
    """Turn a pointer into an address."""

    def codegen(_context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.ptrtoint(args[0], ir.IntType(64))

    return types.uint64(pointer), codegen


@cache
def log_density() -> Any:
    """Return the function with the signature `LOGP` that runs the program whose header is its user data.

    The program's result is the log-density and the gradient.
    """
    return numba.cfunc(LOGP, cache=True)(_logp)
