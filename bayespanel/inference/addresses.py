"""Addresses in native code: the signature of a log-density, and pointers from numbers."""

from __future__ import annotations

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

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
