"""A model for maximum likelihood: natural parameters in blocks, and the way from them to the nested normal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Arrays = dict[str, Array]
Normal = tuple[Array, Array, Array, Array]
"""sigma [group, cell, cell], coefficients [group, cell, regressor], inner and outer covariance [effect, effect]."""


@dataclass(frozen=True, eq=False)
class Block:
    """One block of parameters.

    Attributes
    ----------
    name
        Name of the block, such as "lag" or "intercept_cov".
    dims
        Names of its dimensions.
    start : array
        Starting values, in the block's shape.
    unit : array
        Size of one unit of each entry, in the block's shape: parameters are estimated in these units.
    symmetric
        Whether the last two dimensions are a symmetric matrix, of which the lower triangle is free.
    beyond
        Whether such a matrix may leave the positive definite ones, as other programs let it within pupils.
    """

    name: str
    dims: tuple[str, ...]
    start: Array
    unit: Array
    symmetric: bool = False
    beyond: bool = False

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Which entries are free parameters, in the block's shape."""
        out = np.ones(self.start.shape, bool)
        if self.symmetric:
            out &= np.tri(self.start.shape[-1], dtype=bool)
        return out

    @cached_property
    def size(self) -> int:
        """Number of free parameters."""
        return int(self.free.sum())


@dataclass(frozen=True, eq=False)
class Structure:
    """Blocks of parameters, and how they make the nested normal.

    Attributes
    ----------
    blocks
        The parameters, in order.
    forward
        From the blocks' arrays to the four parameters of the nested normal.
    adjoint
        From the blocks' arrays and the gradient for the nested normal's four parameters to the gradient for the
        blocks, symmetric blocks in full.
    constants
        Arrays that are known and stand among those of the blocks.
    following
        From the blocks' arrays to what follows from them and is a block of models that estimate it too.
    """

    blocks: tuple[Block, ...]
    forward: Callable[[Arrays], Normal]
    adjoint: Callable[[Arrays, Normal], Arrays]
    constants: Arrays = field(default_factory=dict)
    following: Callable[[Arrays], Arrays] = field(default=lambda _: {})

    @property
    def size(self) -> int:
        """Number of free parameters."""
        return sum(block.size for block in self.blocks)

    def start(self) -> Array:
        """Starting vector, in units."""
        return self.vector_of({b.name: b.start for b in self.blocks})

    def vector_of(self, arrays: Arrays) -> Array:
        """Gather the blocks' arrays, in raw units, into a vector, in units."""
        return np.concatenate([(arrays[block.name] / block.unit)[block.free] for block in self.blocks])

    def arrays(self, vector: Array) -> Arrays:
        """Lay a vector, in units, out as the blocks' arrays, in raw units; complex ones stay complex."""
        out, at = dict(self.constants), 0
        for block in self.blocks:
            full = np.zeros(block.start.shape, vector.dtype)
            full[block.free] = vector[at : at + block.size]
            at += block.size
            if block.symmetric:
                flipped = np.swapaxes(full, -1, -2)
                full = full + np.triu(flipped, 1)
            out[block.name] = full * block.unit
        return out

    def named(self, vector: Array) -> dict[str, tuple[tuple[str, ...], Array]]:
        """Return the blocks of a vector, in raw units, by their names: dimensions and values.

        Matrices of one row, dimensions "one" and "one_", are what variances are searched as; they come back as numbers.
        """
        arrays = self.arrays(vector)
        return {
            block.name: (block.dims[:-2], arrays[block.name][..., 0, 0])
            if "one" in block.dims
            else (block.dims, arrays[block.name])
            for block in self.blocks
        }

    def gradient(self, gradient: Arrays) -> Array:
        """Gather a gradient for the blocks into one for the vector."""
        parts = []
        for block in self.blocks:
            g = gradient[block.name] * block.unit
            if block.symmetric:
                g = np.tril(g) + np.swapaxes(np.triu(g, 1), -1, -2)
            parts.append(g[block.free])
        return np.concatenate(parts)
