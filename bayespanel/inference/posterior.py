"""The log-density of a `pm.Model` as one native function of one vector, for optimisers and samplers alike."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numba
import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray
from pytensor.compile.mode import get_mode
from pytensor.graph.replace import clone_replace
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS, compile_numba_function_src

from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.

_D = types.CPointer(types.float64)
LOGP = types.int64(types.uint64, _D, _D, _D, types.CPointer(types.uint64))
"""Signature of a log-density: dimension, point, gradient (out), value (out), user data; returns 0 if all is well."""


# numba calls it while it compiles: its arguments are types and parts of code, for which numba has no annotations.
@intrinsic
def as_pointer(_typing, address):  # type: ignore[no-untyped-def]
    """Turn an address into a pointer."""

    def codegen(_context, builder, _signature, args):  # type: ignore[no-untyped-def]
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(address), codegen


UNCHECKED = get_mode("NUMBA").including("local_remove_check_parameter")
"""Without PyMC's checks of parameters: their exceptions cannot leave a native function, which would go on with its last
value. Where a scale has come to zero the density is not finite, and the status tells that."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """A compiled log-density.

    Attributes
    ----------
    names, shapes
        Free variables, in the order in which the vector holds them.
    transforms
        "none", "log" or "logodds" for each: how the vector holds them.
    start : [dimension]
        Where to start: the model's initial point, or what the caller gave.
    address
        Of the native function; its signature is `LOGP`.
    data : dict
        The data containers by name, in the order in which the function reads them.
    keep
        What must stay alive as long as the function is called.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    transforms: tuple[str, ...]
    start: Array
    address: int
    data: dict[str, NDArray[Any]] = field(repr=False)
    keep: tuple[Any, ...] = field(repr=False)

    @cached_property
    def user(self) -> NDArray[np.uint64]:
        """Addresses and shapes of the data: the function's user data."""
        return np.array([n for a in self.data.values() for n in (a.ctypes.data, *a.shape)], dtype=np.uint64)

    def with_data(self, model: pm.Model, start: Mapping[str, Array] | None = None) -> Posterior:
        """Return the same compiled function on the data of another model of the same specification and design.

        Parameters
        ----------
        model
            A model that differs from the compiled one in its data containers only.
        start
            As for `compile_posterior`.
        """
        data = {name: np.ascontiguousarray(model[name].get_value(), dtype=old.dtype) for name, old in self.data.items()}
        return replace(self, data=data, start=_start(model, start))

    def moved(self, given: Mapping[str, Array]) -> Array:
        """Return the start with other values of some variables, which have no transform."""
        out, at = self.start.copy(), 0
        for name, shape in zip(self.names, self.shapes, strict=True):
            size = int(np.prod(shape))
            if name in given:
                out[at : at + size] = np.ravel(given[name])
            at += size
        return out

    @cached_property
    def _function(self) -> Any:
        return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *[ctypes.c_void_p] * 4)(self.address)

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the log-density and its gradient; -inf and zeros outside of the domain."""
        point = np.ascontiguousarray(point, dtype=float)
        gradient, value = np.empty_like(point), np.empty(1)
        buffers = (point.ctypes.data, gradient.ctypes.data, value.ctypes.data, self.user.ctypes.data)
        status = self._function(len(point), *buffers)
        if status != 0:
            return -np.inf, np.zeros_like(point)
        return float(value[0]), gradient

    def entries(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return which entries of the vector belong to some of the variables."""
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        return np.repeat([name in names for name in self.names], sizes)

    def constrain(self, points: Array) -> dict[str, Array]:
        """Turn vectors [..., dimension] into the free variables' values."""
        out, at = {}, 0
        for name, shape, transform in zip(self.names, self.shapes, self.transforms, strict=True):
            size = int(np.prod(shape))
            value = points[..., at : at + size].reshape(*points.shape[:-1], *shape)
            if transform == "log":
                value = np.exp(value)
            elif transform == "logodds":
                value = 0.5 * (1.0 + np.tanh(0.5 * value))
            out[name] = value
            at += size
        return out


def compile_posterior(model: pm.Model, start: Mapping[str, Array] | None = None) -> Posterior:
    """Compile a model's log-density and gradient.

    Parameters
    ----------
    model
        The model.
    start
        Starting values of variables without a transform, where the model's initial point will not do.

    Raises
    ------
    SpecError
        When a variable has a transform other than none, log or log-odds.
    """
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    initial = model.initial_point()
    shapes = tuple(tuple(int(n) for n in initial[v.name].shape) for v in values)
    sizes = [int(np.prod(s)) for s in shapes]
    point = pt.TensorType("float64", shape=(sum(sizes),))("point")
    replacements, at = {}, 0
    for variable, shape, size in zip(values, shapes, sizes, strict=True):
        replacements[variable] = point[at : at + size].reshape(shape)
        at += size
    logp = model.logp()
    gradient = pt.concatenate([g.ravel() for g in pt.grad(logp, values)])
    function = pytensor.function([point], clone_replace([logp, gradient], replacements), mode=UNCHECKED)
    data = {shared.name: np.ascontiguousarray(shared.get_value()) for shared in function.get_shared()}
    compiled = _native(function.vm.jit_fn, list(data.values()))
    return Posterior(
        names=tuple(rv.name for rv in model.free_RVs),
        shapes=shapes,
        transforms=tuple(_transform(model, rv) for rv in model.free_RVs),
        start=_start(model, start, initial),
        address=int(compiled.address),
        data=data,
        keep=(compiled, function),
    )


def _start(model: pm.Model, given: Mapping[str, Array] | None, initial: Mapping[str, Array] | None = None) -> Array:
    """Gather the model's initial point, or what was given in its place, into a vector."""
    known = given or {}
    if initial is None and any(rv.name not in known for rv in model.free_RVs):
        initial = model.initial_point()
    values = [
        known[rv.name] if rv.name in known else (initial or {})[model.rvs_to_values[rv].name] for rv in model.free_RVs
    ]
    return np.concatenate([np.ravel(value) for value in values]).astype(float)


def _transform(model: pm.Model, rv: Any) -> str:
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return "none"
    name = str(transform.name)
    if name not in ("log", "logodds"):
        raise SpecError(
            "Variables of a model that bayespanel samples are free, positive, or between 0 and 1.",
            f"'{rv.name}' has the transform '{name}'.",
            "Sample the model with pm.sample or nutpie instead.",
        )
    return name


def _native(jit_function: Any, data: list[NDArray[Any]]) -> Any:
    """Wrap a compiled graph into a function with the signature `LOGP`, its data read through the user pointer.

    The text has one line per data container, as their number and types differ between models. Copying in a loop
    keeps it small: assigning arrays would compile all of numpy's broadcasting, for seconds.
    """
    lines, at = ["def logp(dimension, point, gradient, value, user):"], 0
    lines.append(f"    header = carray(user, ({max(sum(a.ndim + 1 for a in data), 1)},))")
    for i, array in enumerate(data):
        shape = "".join(f"header[{at + 1 + d}]," for d in range(array.ndim))
        lines.append(f"    data{i} = carray(as_pointer(header[{at}]), ({shape}), dtype{i})")
        at += array.ndim + 1
    arguments = "".join(f", data{i}" for i in range(len(data)))
    lines += [
        f"    result, slope = graph(carray(point, (dimension,)){arguments})",
        "    value[0] = result[()]",
        "    valid = isfinite(value[0])",
        "    for i in range(dimension):",
        "        gradient[i] = slope[i]",
        "        valid = valid and isfinite(slope[i])",
        "    return 0 if valid else 4",
    ]
    names: dict[str, Any] = {
        "__name__": __name__,  # what is kept on disk is looked up by its module
        "carray": numba.carray,
        "as_pointer": as_pointer,
        "graph": jit_function,
        "isfinite": np.isfinite,
    }
    names |= {f"dtype{i}": array.dtype for i, array in enumerate(data)}
    # PyTensor keeps compiled graphs on disk under a key; under the same key this wrapper is kept too, and loading it
    # spares linking the graph into it anew: 2 of 3 seconds.
    key = CACHED_SRC_FUNCTIONS.get(jit_function.py_func)
    types_of_data = "_".join(f"{array.dtype}{array.ndim}" for array in data)
    cache_key = None if key is None else f"bayespanel_{key}_{types_of_data}"
    wrapper = compile_numba_function_src("\n".join(lines), "logp", global_env=names, cache_key=cache_key)
    return numba.cfunc(LOGP, cache=cache_key is not None)(wrapper)
