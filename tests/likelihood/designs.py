"""Small random designs, and their statistics by plain loops over units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.likelihood.crossing import Crossing
from bayespanel.likelihood.packed_sums import Statistics, pack

Array = NDArray[Any]


def covariance_matrix(rng: np.random.Generator, size: int) -> Array:
    a = rng.normal(size=(size, size + 2))
    return a @ a.T / (size + 2) + 0.2 * np.eye(size)


def _apart(groups: int, loading: Array) -> Array:
    """Loadings [group, cell, effect] on effects of which each group has its own."""
    out = np.zeros((groups, len(loading), groups, loading.shape[1]))
    for g in range(groups):
        out[g, :, g] = loading
    return out.reshape(groups, len(loading), -1)


@dataclass(frozen=True)
class Design:
    y: Array
    x: Array
    group: Array
    inner: Array | None
    outer: Array | None
    inner_loading: Array
    outer_loading: Array
    parameters: tuple[Array, Array, Array, Array]

    @property
    def effects(self) -> tuple[tuple[Array, Array, Array], ...]:
        levels = [
            (self.inner, self.inner_loading, self.parameters[2]),
            (self.outer, self.outer_loading, self.parameters[3]),
        ]
        return tuple((c, loading, psi) for c, loading, psi in levels if c is not None)


def design(
    seed: int, *, units: int, waves: int, variables: int, groups: int, regressors: int, levels: str, missing: float
) -> Design:
    """Draw a design; `levels` says which there are, with loadings stable, by_wave, mixed or free, or of each group.

    Of those of each group "slopes" adds a slope per later group to a common effect, "apart" has effects of each group
    alone, and "partly" none in the first group.
    """
    rng = np.random.default_rng(seed)
    p = waves * variables
    y = rng.normal(size=(units, p))
    y[rng.random((units, p)) < missing] = np.nan
    for i in range(units):  # every unit has a cell
        if np.isnan(y[i]).all():
            y[i, rng.integers(p)] = rng.normal()
    x = np.column_stack([np.ones(units), rng.normal(size=(units, regressors - 1))])
    group = rng.integers(0, groups, units)
    group[:groups] = np.arange(groups)
    stable, by_wave = np.kron(np.ones((waves, 1)), np.eye(variables)), np.eye(p)
    loadings = {
        "none": (np.zeros((p, 0)), np.zeros((p, 0))),
        "inner": (stable, np.zeros((p, 0))),
        "inner_by_wave": (by_wave, np.zeros((p, 0))),
        "both": (stable, stable),
        "both_by_wave": (by_wave, by_wave),
        "mixed": (stable, by_wave),
        "free": (rng.normal(size=(p, 1)), rng.normal(size=(p, 2))),
        "inner_by_group": (rng.normal(size=(groups, p, 2)), np.zeros((p, 0))),
        "by_group": (rng.normal(size=(groups, p, 2)), rng.normal(size=(groups, p, 3))),
        "slopes": (by_wave, np.dstack([np.repeat(by_wave[None], groups, axis=0), _apart(groups, by_wave)[..., p:]])),
        "apart": (_apart(groups, stable), by_wave),
        "partly": (by_wave * (np.arange(groups) > 0)[:, None, None], by_wave),
    }[levels]
    inner = outer = None
    if levels != "none":
        clusters = int(rng.integers(1, units + 1))
        raw = rng.integers(0, clusters, units)
        inner = np.unique(raw, return_inverse=True)[1]
        if loadings[1].shape[-1]:
            parents = rng.integers(0, max(1, clusters // 2), inner.max() + 1)
            outer = np.unique(parents, return_inverse=True)[1][inner]
    parameters = (
        np.array([covariance_matrix(rng, p) for _ in range(groups)]),
        rng.normal(size=(groups, p, regressors)),
        covariance_matrix(rng, loadings[0].shape[-1]),
        covariance_matrix(rng, loadings[1].shape[-1]),
    )
    return Design(y, x, group, inner, outer, *loadings, parameters)


def statistics(d: Design, **more: Any) -> Statistics:
    """Statistics of a design, one unit and one block at a time."""
    observed = np.isfinite(d.y)
    zeroed = np.where(observed, d.y, 0.0)
    keys = [(int(g), *map(bool, row)) for g, row in zip(d.group, observed, strict=True)]
    kinds = sorted(set(keys))
    kind = np.array([kinds.index(key) for key in keys])
    m, p = d.x.shape[1], d.y.shape[1]
    sums = {
        "n": np.zeros(len(kinds), np.int64),
        "sxx": np.zeros((len(kinds), m, m)),
        "sxy": np.zeros((len(kinds), m, p)),
        "syy": np.zeros((len(kinds), p, p)),
    }
    for r, x, y in zip(kind, d.x, zeroed, strict=True):
        sums["n"][r] += 1
        sums["sxx"][r] += np.outer(x, x)
        sums["sxy"][r] += np.outer(x, y)
        sums["syy"][r] += np.outer(y, y)
    blocks: dict[str, Any] = {}
    if d.inner is not None:
        pairs = sorted({(int(r), int(c)) for r, c in zip(kind, d.inner, strict=True)})
        members = [(kind == r) & (d.inner == c) for r, c in pairs]
        blocks = {
            "block_kind": np.array([r for r, _ in pairs]),
            "block_cluster": np.array([c for _, c in pairs]),
            "block_sx": np.array([d.x[w].sum(0) for w in members]),
            "block_sy": np.array([zeroed[w].sum(0) for w in members]),
            "inner_loading": d.inner_loading,
        }
        if d.outer is not None:
            parent = np.zeros(d.inner.max() + 1, np.int64)
            parent[d.inner] = d.outer
            blocks |= {"parent": parent, "outer_loading": d.outer_loading}
    blocks |= more
    return pack(
        observed=np.array([key[1:] for key in kinds]),
        group=np.array([key[0] for key in kinds]),
        **sums,
        **blocks,
    )


@dataclass(frozen=True)
class CrossedDesign:
    """Units whose inner cluster changes from year to year, in outer clusters."""

    plain: Design
    cell_year: Array
    inner: Array
    outer: Array | None

    @property
    def effects(self) -> tuple[tuple[Array, Array, Array], ...]:
        """Levels for the dense twin: one for the classes of each year, all with one covariance, and the schools."""
        sizes = self.plain.parameters[2:]
        out = []
        for year in range(self.inner.shape[1]):
            mask = (self.cell_year == year)[:, None]
            out.append((self.inner[:, year], self.plain.inner_loading * mask, sizes[0]))
        if self.outer is not None:
            out.append((self.outer, self.plain.outer_loading, sizes[1]))
        return tuple(out)


def crossed_design(seed: int, *, units: int, years: int, levels: str, missing: float, variables: int) -> CrossedDesign:
    """Draw a design of which every unit has a class in every year; a year has one wave or two."""
    rng = np.random.default_rng(seed)
    per_year = rng.integers(1, 3, years)
    waves = int(per_year.sum())
    d = design(
        seed, units=units, waves=waves, variables=variables, groups=2, regressors=2, levels=levels, missing=missing
    )
    school = None if d.outer is None else rng.integers(0, 3, units)
    classes = rng.integers(0, 3, (units, years))
    pair = classes + 3 * (0 if school is None else school[:, None]) + 100 * np.arange(years)
    inner = np.unique(pair, return_inverse=True)[1].reshape(units, years)
    outer = None if school is None else np.unique(school, return_inverse=True)[1]
    course = np.unique(inner, axis=0, return_inverse=True)[1].ravel()
    return CrossedDesign(
        replace(d, inner=course, outer=None), np.repeat(np.repeat(np.arange(years), per_year), variables), inner, outer
    )


def crossed_statistics(d: CrossedDesign) -> Statistics:
    """Statistics of a crossed design."""
    course = d.plain.inner
    assert course is not None
    first = np.unique(course, return_index=True)[1]
    outer = None if d.outer is None else np.broadcast_to(d.outer[first, None], d.inner[first].shape)
    return statistics(
        d.plain, crossing=Crossing(d.cell_year, d.inner[first], outer), outer_loading=d.plain.outer_loading
    )
