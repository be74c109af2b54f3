"""Covariances as factors, and the faces of the boundary on which a maximum can lie.

A covariance matrix C that must not leave the positive semidefinite cone is written with a lower trapezoidal factor::

    C[order, order] = F F',    F [variable, rank], lower trapezoidal                                        (1)

With full rank this is a Cholesky factor, and its entries are free numbers: from them the boundary can be reached, but
not crossed. With less, F describes the face of the cone where C keeps that rank, without a rotation to choose, and the
likelihood is as smooth on it as inside. A point C of the cone is a maximum if, with G the gradient for C (Boyd &
Vandenberghe 2004, doi:10.1017/CBO9780511804441, section 5.9)::

    G C = 0  and  N' G N <= 0,    N the directions without variance                                         (2)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.inference.structure import Array, Structure

Index = NDArray[np.int64]

NONE = 1e-6
"""Variance of a direction, as a share of the data's and of the matrix's own, below which it is none: a maximum inside
is never that near, and on the boundary the climb ends far nearer."""

SINGULAR = 1e-5
"""Variance of a direction, as a share of the data's, below which a matrix is not called positive definite."""

ONE = 1e-4
"""Least eigenvalue of a correlation matrix that is called positive definite: correlations within this of 1 are 1."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """One covariance matrix of a structure.

    Attributes
    ----------
    name
        Such as "school_cov", or "innovation_cov, 2nd interval".
    place : [variable, variable]
        Where each entry stands in the vector of the structure.
    beyond
        Whether the model allows it to leave the cone.
    """

    name: str
    place: Index
    beyond: bool

    def of(self, vector: Array) -> Array:
        """The matrix [variable, variable], in units."""
        return np.asarray(vector[self.place])

    def improper(self, vector: Array) -> bool:
        """Whether it is not positive definite: a variance at zero or below, or a correlation of one or more."""
        here = self.of(vector)
        variance = np.diag(here)
        if np.linalg.eigvalsh(here)[0] < SINGULAR:
            return True
        return bool(np.linalg.eigvalsh(here / np.sqrt(np.outer(variance, variance)))[0] < ONE)


def matrices(structure: Structure) -> tuple[Matrix, ...]:
    """Return the covariance matrices of a structure, in the order of its vector."""
    out, at = [], 0
    for block in structure.blocks:
        if block.symmetric:
            place = np.zeros(block.start.shape, np.int64)
            place[block.free] = np.arange(at, at + block.size)
            place = np.maximum(place, np.swapaxes(place, -1, -2))
            for i, one in enumerate(place.reshape(-1, *place.shape[-2:])):
                name = block.name if place.ndim == 2 or len(place) == 1 else f"{block.name}, {block.dims[0]} {i + 1}"
                out.append(Matrix(name, one, block.beyond))
        at += block.size
    return tuple(out)


@dataclass(frozen=True, eq=False)
class Face:
    """Free coordinates: some matrices as factors (1), all else as in the vector of the structure.

    Attributes
    ----------
    size
        Length of the vector of the structure.
    factored : tuple of (matrix, order, rank)
    """

    size: int
    factored: tuple[tuple[Matrix, Index, int], ...]

    @cached_property
    def kept(self) -> Index:
        """Entries of the vector that are coordinates themselves; they come first."""
        inside = np.ones(self.size, bool)
        for matrix, _, _ in self.factored:
            inside[matrix.place.ravel()] = False
        return np.flatnonzero(inside)

    @cached_property
    def layout(self) -> tuple[tuple[Index, NDArray[np.bool_]], ...]:
        """Place of each factored matrix in the vector, in its order, and which entries of its factor are free."""
        return tuple(
            (m.place[np.ix_(order, order)], np.tri(len(order), rank, dtype=bool)) for m, order, rank in self.factored
        )

    def coordinates(self, vector: Array) -> Array:
        """Return the coordinates of a vector whose factored matrices have at least their rank."""
        parts = [vector[self.kept]]
        for (place, lower), (_, _, rank) in zip(self.layout, self.factored, strict=True):
            own = vector[place]
            factor = np.zeros(lower.shape)
            factor[:rank] = np.linalg.cholesky(own[:rank, :rank])
            factor[rank:] = np.linalg.solve(factor[:rank], own[:rank, rank:]).T
            parts.append(factor[lower])
        return np.concatenate(parts)

    def vector(self, x: Any) -> Any:
        """Return the vector of the structure at coordinates, real or complex."""
        out = np.zeros(self.size, x.dtype)
        out[self.kept] = x[: len(self.kept)]
        for (place, _), factor in zip(self.layout, self._factors(x), strict=True):
            out[place] = factor @ factor.T
        return out

    def pull(self, x: Any, gradient: Any) -> Any:
        """Turn a gradient for the vector of the structure into one for the coordinates."""
        parts = [gradient[self.kept]]
        for (place, lower), factor in zip(self.layout, self._factors(x), strict=True):
            # The gradient of a pair of equal entries is that of both: half of it times two.
            own = gradient[place]
            parts.append((own @ factor + own.diagonal()[:, None] * factor)[lower])
        return np.concatenate(parts)

    def jacobian(self, x: Array) -> Array:
        """Derivative [vector, coordinate] of the vector."""
        out = np.empty((self.size, len(x)))
        for j in range(len(x)):
            moved = x.astype(complex)
            moved[j] += 1e-30j
            out[:, j] = self.vector(moved).imag / 1e-30
        return out

    def _factors(self, x: Any) -> list[Any]:
        out, at = [], len(self.kept)
        for _, lower in self.layout:
            factor = np.zeros(lower.shape, x.dtype)
            size = int(np.count_nonzero(lower))
            factor[lower] = x[at : at + size]
            at += size
            out.append(factor)
        return out


def cone(structure: Structure) -> Face:
    """Return coordinates in which every covariance is a Cholesky factor."""
    return Face(
        structure.size,
        tuple((matrix, np.arange(len(matrix.place)), len(matrix.place)) for matrix in matrices(structure)),
    )


def face_at(structure: Structure, vector: Array, *, beyond: bool) -> Face:
    """Return the face on which a vector lies.

    Parameters
    ----------
    structure, vector
        The model and the point.
    beyond
        Whether matrices that may leave the cone are left free to.
    """
    found = []
    for matrix in matrices(structure):
        if matrix.beyond and beyond:
            continue
        order, rank = _pivots(matrix.of(vector))
        if rank < len(order):
            found.append((matrix, order, rank))
    return Face(structure.size, tuple(found))


def outward(face: Face, vector: Array, gradient: Array) -> float:
    """Return the largest eigenvalue of N' G N in (2): how fast the likelihood rises into the cone; -inf inside it."""
    worst = -np.inf
    for matrix, _, rank in face.factored:
        directions = np.linalg.eigh(matrix.of(vector))[1][:, : len(matrix.place) - rank]
        own = gradient[matrix.place]  # a pair of equal entries shares its gradient
        own = directions.T @ (0.5 * (own + np.diag(own.diagonal()))) @ directions
        worst = max(worst, float(np.linalg.eigvalsh(own)[-1]))
    return worst


def _pivots(matrix: Array) -> tuple[Index, int]:
    """Order of the variables by a pivoted Cholesky decomposition, and the rank that it finds."""
    left, order = matrix.copy(), np.arange(len(matrix))
    for rank in range(len(matrix)):
        variance = np.diag(left)[rank:]
        own = np.maximum(np.diag(matrix)[order[rank:]], 0.0)
        share = np.where(variance > NONE, variance / np.where(own > 0, own, 1.0), 0.0)
        best = rank + int(np.argmax(np.where(share > NONE, variance, 0.0)))
        if share[best - rank] <= NONE:
            return order, rank
        swap = np.arange(len(matrix))
        swap[[rank, best]] = swap[[best, rank]]
        left, order = left[np.ix_(swap, swap)], order[swap]
        column = left[:, rank] / np.sqrt(left[rank, rank])
        left = left - np.outer(column, column)
    return order, len(matrix)
