"""Crossing: who shares classes and schools with whom in which school year, as the tables that `crossed` reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Index = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Crossing:
    """Clusters that last a school year each, or that units leave for others.

    Attributes
    ----------
    cell_year : int64 [cell]
        School year of each cell.
    inner, outer : int64 [course, year]
        Cluster of each course in each year, -1 where it has none and no observed cell; `outer` is None with one level.
    """

    cell_year: Index
    inner: Index
    outer: Index | None = None

    def components(self) -> Index:
        """Return the component [course] of each course: courses that share a cluster, directly or through others."""
        courses = len(self.inner)
        rows, columns, below = [], [], courses
        for codes in (self.inner, self.outer):
            if codes is not None:
                course, year = np.nonzero(codes >= 0)
                rows.append(course)
                columns.append(below + codes[course, year])
                below += int(codes.max(initial=-1)) + 1
        at = np.concatenate(rows), np.concatenate(columns)
        graph = coo_array((np.ones(len(at[0])), at), shape=(below, below))
        return np.unique(connected_components(graph, directed=False)[1][:courses], return_inverse=True)[1]

    def tables(self, basis: Array, inner: Array, outer: Array) -> tuple[Array, list[Index], int, int]:
        """Return the basis by school year, the tables, and the numbers of components and of places.

        Parameters
        ----------
        basis : [cell, basis]
            Of the effects of all levels, without a look at school years.
        inner, outer : [basis, effect]
            Loadings in that basis: each row names one effect.
        """
        parts = [np.where(self.cell_year[:, None] == year, basis, 0.0) for year in range(self.inner.shape[1])]
        used = [np.flatnonzero(part.any(axis=0)) for part in parts]
        year = np.repeat(np.arange(len(parts)), [len(at) for at in used])
        row = np.concatenate(used)
        component = self.components()
        number = int(component.max(initial=-1)) + 1
        effects, sizes, first = [], [], np.zeros(number, np.int64)
        for codes, loading in ((self.inner, inner), (self.outer, outer)):
            if codes is None:
                effects.append(np.zeros((len(component), len(row)), np.int64))
                sizes.append(np.zeros(number, np.int64))
                continue
            place, size = _places(codes, component, number)
            k = loading.shape[1]
            effects.append(first[component][:, None] + place[:, year] * k + _named(loading)[row])
            sizes.append(size)
            first = first + size * k
        order = np.argsort(component, kind="stable")
        start = np.searchsorted(component[order], np.arange(number + 1))
        by_year = np.concatenate([part[:, at] for part, at in zip(parts, used, strict=True)], axis=1)
        pairs = np.stack([np.broadcast_to(component[:, None], effects[0].shape), *effects], axis=-1)
        felt, place = np.unique(pairs.reshape(-1, 3), axis=0, return_inverse=True)
        begin = np.searchsorted(felt[:, 0], np.arange(number + 1))
        place = place.reshape(effects[0].shape) - begin[component][:, None]
        return by_year, [start, order, *sizes, begin, felt[:, 1], felt[:, 2], place.ravel()], number, len(felt)


def _places(codes: Index, component: Index, components: int) -> tuple[Index, Index]:
    """Return where each cluster stands among those of its component [course, year], and how many there are [component].

    Where a course has no cluster, it stands at the first: nothing is observed there.
    """
    course, year = np.nonzero(codes >= 0)
    clusters = int(codes.max(initial=-1)) + 1
    home = np.zeros(clusters, np.int64)
    home[codes[course, year]] = component[course]
    order = np.argsort(home, kind="stable")
    size = np.bincount(home, minlength=components)
    rank = np.empty(clusters, np.int64)
    rank[order] = np.arange(clusters) - np.repeat(np.cumsum(size) - size, size)
    return np.where(codes >= 0, rank[codes], 0), size


def _named(loading: Array) -> Index:
    """Return which effect each row of a loading [basis, effect] names."""
    effect = np.abs(loading).argmax(axis=1)
    if not np.allclose(loading, np.eye(loading.shape[1])[effect], atol=1e-9):
        raise ValueError("Effects of clusters that units cross act on one coordinate of the basis each.")
    return effect
