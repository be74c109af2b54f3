"""What arrays and words of a stored value owe each other: totals that add up, products that pupils can have made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.missing_patterns import kind_order
from bayespanel.data.sums import pooled_scale

Broken = Iterator[tuple[str, str]]
Floats = NDArray[np.float64]

ROUNDING = 1e-7
"""Part of a sum of squares by which sums may disagree: where scores are 10,000 SDs from their centre, recentring loses
half of the sixteen digits."""

TOTAL_ROUNDING = 1e-10
"""The same as a part of the total over all kinds: what is left of a kind when a cluster is taken out has the rounding
error of the whole."""


def sizes_of_moments(value: Any) -> dict[str, int]:
    """Return the sizes of the dimensions of `Moments`."""
    p, m = len(value.waves) * len(value.variables), 1 + len(value.covariates)
    sizes = {
        "variable": len(value.variables),
        "wave": len(value.waves),
        "covariate": m - 1,
        "cell": p,
        "cell_": p,
        "x": m,
        "x_": m,
        "school year": _years(value),
    }
    return sizes | _clusters(value) | {"kind": len(value.n), "block": len(value.block_n) if value.levels else 0}


def sizes_of_trial_moments(value: Any) -> dict[str, int]:
    """Return the sizes of the dimensions of `TrialMoments`."""
    sizes = sizes_of_moments(value.sums)
    outer = len(value.sums.school_names) if "school" in value.sums.levels else sizes["cluster"]
    return sizes | {"part": len(value.part_n) if value.sums.levels else 0, "outer cluster": outer}


def sizes_of_counts(value: Any) -> dict[str, int]:
    """Return the sizes of the dimensions of `TrialCounts`."""
    sizes = {"row": len(value.outcome), "outcome": len(value.outcomes), "arm": len(value.arms)}
    sizes |= {"covariate": len(value.covariates), "category": max(map(len, value.categories), default=0)}
    return sizes | _clusters(value)


def sizes_of_rows(value: Any) -> dict[str, int]:
    """Return the sizes of the dimensions of `PanelRows`."""
    sizes = {"row": len(value.count), "wave": len(value.waves), "covariate": len(value.covariates)}
    return sizes | _clusters(value)


def sizes_of_tables(value: Any) -> dict[str, int]:
    """Return the sizes of the dimensions of `Panel` and `Trial`."""
    names = {"wave": "waves", "variable": "variables", "cell": "cells", "arm": "arms", "covariate": "covariate_names"}
    names |= {"pupil": "pupils", "class": "class_names", "school": "school_names", "group": "group_names"}
    sizes = {dim: len(getattr(value, name)) for dim, name in names.items() if hasattr(value, name)}
    return sizes | {"school year": _years(value)}


def _years(value: Any) -> int:
    courses: Any = getattr(value, "courses", None)
    return int(courses.shape[1]) if courses is not None and courses.ndim == 2 else 0


def outcomes_are_named(value: Any) -> Broken:
    """Baselines and categories are of outcomes."""
    yield from _are_outcomes(value, chain(value.baseline, value.categories))


def _clusters(value: Any) -> dict[str, int]:
    """Return the numbers of classes and schools, of innermost clusters, and of classes that lie in schools."""
    classes, schools = len(value.class_names), len(value.school_names)
    inner = classes if "class" in value.levels else schools
    return {"class": classes, "school": schools, "cluster": inner, "child_class": classes if schools else 0}


def levels_have_names(value: Any) -> Broken:
    """Levels go from the inside, and the clusters of each have names; those of no other level have."""
    levels = tuple(level for level in ("class", "school") if level in value.levels)
    if value.levels != levels:
        yield "Levels go from the inside: class, then school.", f"They are {', '.join(value.levels)}."
    for level, names in (("class", value.class_names), ("school", value.school_names)):
        if (level in levels) != bool(names):
            given = f"There are {len(names)} names for '{level}'; the levels are {', '.join(levels) or 'none'}."
            yield "Clusters of the data's levels have names, and no others.", given


def patterns_of(value: Any) -> NDArray[np.bool_]:
    """Return what the pupils of each kind of `Moments` have: cells, and covariates where some are missing."""
    known = value.covariate_observed
    return np.asarray(value.observed if known is None else np.hstack([value.observed, known]))


def kinds_differ(value: Any) -> Broken:
    """A group and a pattern of missing cells make one kind, and groups are numbered without a gap."""
    table = np.column_stack([value.group, patterns_of(value)])
    if len(np.unique(table, axis=0)) < len(table) or not len(table):
        yield (
            "Pupils of one group with the same cells are one kind, and there is one at least.",
            f"There are {len(table)} kinds, {len(np.unique(table, axis=0))} of them different.",
        )
    if len(np.unique(value.group)) < value.group.max(initial=-1) + 1:
        yield "Groups are numbered 0, 1, ... without a gap.", f"They are {np.unique(value.group).tolist()}."


def kinds_add_up(value: Any) -> Broken:
    """Cross-products of a kind are such as its pupils can have made, and 0 where a cell is missing."""
    yield from _missing_are_zero(value.observed, value.sxy, value.syy, "sxy", "syy")
    if value.covariate_observed is not None:
        known = np.hstack([np.ones((len(value.n), 1), bool), value.covariate_observed])
        yield from _missing_are_zero(known, np.swapaxes(value.sxy, 1, 2), value.sxx, "sxy", "sxx")
    yield from _products("n", value.n, "sxx", value.sxx, "sxy", value.sxy, "syy", value.syy, _within(value))


def blocks_add_up(value: Any) -> Broken:
    """Blocks of a kind are sorted by cluster and add up to the kind; no cluster is empty."""
    if not value.levels:
        return
    order = np.column_stack([value.block_kind, value.block_cluster])
    if not np.array_equal(np.unique(order, axis=0), order):
        yield "Blocks are sorted by kind and cluster, each once.", "'block_kind' and 'block_cluster' are not."
    for name, below, size in _positions(value):
        empty = size - len(np.unique(below))
        if empty:
            yield f"Every {name} has pupils.", f"{empty} of {size} have none."
    root = np.sqrt(np.einsum("rii->i", value.syy) * value.n.sum())
    for name, kinds, blocks, unit in (
        ("block_n", value.n, value.block_n, 1.0),
        ("block_sx", value.sxx[:, 0], value.block_sx, np.sqrt(np.einsum("rii->i", value.sxx) * value.n.sum())),
        ("block_sy", value.sxy[:, 0], value.block_sy, root),
    ):
        yield from _add_up(name, "n" if name == "block_n" else "the sums of each kind", kinds, blocks, value, unit)
    if not np.array_equal(value.block_sx[:, 0], value.block_n):
        yield "The first entry of x is 1.", "The first column of 'block_sx' is not 'block_n'."
    yield from _missing_are_zero(value.observed[value.block_kind], value.block_sy[:, None], None, "block_sy", "")


def _positions(value: Any) -> Iterator[tuple[str, NDArray[np.int64], int]]:
    sizes = _clusters(value)
    yield value.levels[0], value.block_cluster, sizes["cluster"]
    if len(value.levels) == 2:
        yield "school", value.parent, sizes["school"]


def _add_up(name: str, whole: str, kinds: Any, blocks: Any, value: Any, unit: Any) -> Broken:
    total = np.zeros(np.shape(kinds))
    np.add.at(total, value.block_kind, blocks)
    if np.any(np.abs(total - kinds) > ROUNDING * unit):
        yield f"Blocks add up to {whole}.", f"{name!r} does not."


def _missing_are_zero(observed: Any, sxy: Any, syy: Any, name: str, other: str) -> Broken:
    if np.any(sxy[~np.broadcast_to(observed[:, None], sxy.shape)]):
        yield "Sums are 0 where a cell is missing.", f"{name!r} is not."
    if syy is not None and np.any(syy[~(observed[:, :, None] & observed[:, None, :])]):
        yield "Sums are 0 where a cell is missing.", f"{other!r} is not."


def _within(value: Any) -> Floats | None:
    """Return what the sums of blocks take of each kind's cross-products, [kind, x and cell, x and cell]."""
    if not value.levels or not len(value.block_n):
        return None
    sums = np.hstack([value.block_sx, value.block_sy])
    out = np.zeros((len(value.n), sums.shape[1], sums.shape[1]))
    start = np.searchsorted(value.block_kind, np.arange(len(value.n) + 1))  # sorted, or blocks_add_up says so
    for r in range(len(value.n)):
        rows = sums[start[r] : start[r + 1]]
        out[r] = rows.T @ (rows / value.block_n[start[r] : start[r + 1], None])
    return out


def _products(
    name: str, n: Any, xx: str, sxx: Any, xy: str, sxy: Any, yy: str, syy: Any, between: Floats | None = None
) -> Broken:
    """Cross-products are symmetric and positive semidefinite, also without what is between blocks."""
    for label, array in ((xx, sxx), (yy, syy)):
        diagonal = np.sqrt(np.abs(np.einsum("rii->ri", array)))
        if np.any(np.abs(array - np.swapaxes(array, 1, 2)) > ROUNDING * diagonal[:, :, None] * diagonal[:, None, :]):
            yield "Cross-products are symmetric.", f"{label!r} is not."
    if not np.allclose(sxx[:, 0, 0], n, rtol=1e-9, atol=0):
        yield "The first entry of x is 1.", f"The first entries of {xx!r} are not {name!r}."
        return
    joint = np.concatenate(
        [np.concatenate([sxx, sxy], axis=2), np.concatenate([np.swapaxes(sxy, 1, 2), syy], axis=2)], axis=1
    )
    own = np.einsum("rii->ri", joint)
    total = np.abs(own).sum(axis=0)
    root = np.sqrt(np.where(total > 0, total, 1.0))
    rest = (joint if between is None else joint - between) / (root[:, None] * root[None, :])
    allowed = ROUNDING * np.abs(own) / root**2 + TOTAL_ROUNDING
    if not _is_positive(rest + allowed[:, :, None] * np.eye(len(root))):
        where = f"{xx!r}, {xy!r} and {yy!r} are not" + (
            " beside the sums of their blocks." if between is not None else "."
        )
        yield "Cross-products are such as scores of pupils make: positive semidefinite.", where


def _is_positive(matrices: Floats) -> bool:
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        return False
    return True


def moments_are_centred(value: Any) -> Broken:
    """The means of cells were subtracted, the scale is that of the sums, and there is one group."""
    rule = "Moments are sums around the means of their cells."
    squares = np.einsum("rii->i", value.syy)
    if np.any(np.abs(value.sxy[:, 0].sum(axis=0)) > ROUNDING * np.sqrt(squares * value.n.sum())):
        yield rule, "Those of 'sxy' are not 0."
    if not np.allclose(value.scale, pooled_scale(value.n, value.observed, value.syy, len(value.variables)), rtol=1e-6):
        yield rule, "'scale' is not the standard deviation that 'syy' gives."
    if value.group.any() and not value.group_names:
        yield "A panel has one group, or names of them.", f"'group' runs to {value.group.max()}."


def kinds_are_in_order(value: Any) -> Broken:
    """Kinds are in the order of `kind_order`, as they are when they are found."""
    sums = getattr(value, "sums", value)
    if not np.array_equal(kind_order(sums.group, patterns_of(sums)), np.arange(len(sums.n))):
        yield "Kinds go by group and then from the complete pattern to fewer cells.", "'group' and 'observed' do not."


def rows_are_in_order(value: Any) -> Broken:
    """Rows are in the order in which they are found."""
    table = _table_of_counts(value) if hasattr(value, "counts") else _table_of_rows(value)
    if not np.array_equal(np.unique(table, axis=0), table):
        yield "Rows are sorted.", "They are not."


def arms_and_cells_fit(value: Any) -> Broken:
    """Groups are arms, variables are outcomes and baselines, and covariates come first."""
    sums = value.sums
    if sums.group.max() + 1 != len(value.arms) or len(value.arms) < 2:
        yield (
            "The groups of a trial are its arms.",
            f"There are {len(value.arms)} arms; 'group' runs to {sums.group.max()}.",
        )
    pres = tuple(pre for _, pre in value.baseline)
    if len(sums.waves) != 1 or sums.variables != value.outcomes + pres:
        yield (
            "The variables of a trial's sums are its outcomes and baselines, at one wave.",
            f"They are {', '.join(sums.variables)}, at {len(sums.waves)}.",
        )
    expected = (*value.covariates, *pres)
    gaps = tuple(f"{pre} missing" for pre in pres)
    if sums.covariates[: len(expected)] != expected or not set(sums.covariates[len(expected) :]) <= set(gaps):
        yield (
            "The regressors of a trial are its covariates, its baselines, and which of these are missing.",
            f"They are {', '.join(sums.covariates)}.",
        )
    yield from _are_outcomes(value, chain(value.baseline, value.categories))


def _are_outcomes(value: Any, pairs: Any) -> Broken:
    for name, _ in pairs:
        if name not in value.outcomes:
            yield "Baselines and categories belong to outcomes of the trial.", f"{name!r} is none of them."


def parts_add_up(value: Any) -> Broken:
    """Parts are one for each kind in an outermost cluster, and add up to the kinds."""
    sums = value.sums
    if not sums.levels:
        return
    pairs = np.column_stack([value.part_cluster, value.part_kind])
    if not np.array_equal(np.unique(pairs, axis=0), pairs):
        yield "Parts are sorted by cluster and kind, each once.", "'part_cluster' and 'part_kind' are not."
    x, y = (np.sqrt(np.abs(np.einsum("rii->ri", array))) for array in (sums.sxx, sums.syy))
    for name, whole, parts, unit in (
        ("part_n", sums.n, value.part_n, sums.n), ("part_sxx", sums.sxx, value.part_sxx, x[:, :, None] * x[:, None]),
        ("part_sxy", sums.sxy, value.part_sxy, x[:, :, None] * y[:, None]),
        ("part_syy", sums.syy, value.part_syy, y[:, :, None] * y[:, None]),
    ):  # fmt: skip
        total = np.zeros(whole.shape)
        np.add.at(total, value.part_kind, parts)
        size = np.abs(whole) + unit  # products that cancel have the rounding error of what they are made of
        np.add.at(size, value.part_kind, np.abs(parts))
        if np.any(np.abs(total - whole) > ROUNDING * (size + TOTAL_ROUNDING * size.max(initial=0))):
            yield "Parts add up to their kinds.", f"{name!r} does not."
    outer = sums.parent[sums.block_cluster] if len(sums.levels) == 2 else sums.block_cluster
    size = len(sums.n)
    here = np.bincount(
        outer * size + sums.block_kind, sums.block_n, sizes_of_trial_moments(value)["outer cluster"] * size
    )
    found = np.bincount(value.part_cluster * size + value.part_kind, value.part_n, len(here))
    if not np.array_equal(here, found):
        yield "Parts count the pupils of their blocks.", "'part_n' does not."
    yield from _products(
        "part_n", value.part_n, "part_sxx", value.part_sxx, "part_sxy", value.part_sxy, "part_syy", value.part_syy
    )


def rows_name_clusters(value: Any) -> Broken:
    """The cluster of a row is one of the innermost level; without levels it is the one number that says so."""
    number = _clusters(value)["cluster"]
    none = -1 if value.cluster.min(initial=0) < 0 else 0
    low, high = (0, number - 1) if value.levels else (none, none)
    found = value.cluster
    if len(found) and (found.min() < low or found.max() > high):
        yield f"'cluster' lies between {low} and {high}.", f"It runs from {found.min()} to {found.max()}."


def counts_add_up(value: Any) -> Broken:
    """Rows count pupils, within the categories of their outcome, and differ."""
    sizes = np.array([len(labels) for labels in value.categories])
    if len(sizes) != len(value.outcomes) or sizes.min(initial=2) < 2:
        yield "Every outcome has two or more categories.", f"They have {sizes.tolist()}."
        return
    if any(len(set(labels)) < len(labels) for labels in value.categories):
        yield "Categories of an outcome have names of their own.", "Some do not."
    beyond = np.arange(value.counts.shape[1]) >= sizes[value.outcome][:, None]
    if value.counts[beyond].any():
        yield "Counts are of categories that the outcome has.", "'counts' has some beyond the last."
    per_row = value.counts.sum(axis=1)
    if (per_row < 1).any() or not len(per_row):
        yield "A row counts one pupil or more.", f"{int((per_row < 1).sum())} of {len(per_row)} rows of 'counts' are 0."
    most = np.bincount(value.outcome, per_row).max(initial=0)
    if most > value.n_pupils:
        yield "An outcome is counted once for a pupil.", f"There are {value.n_pupils} pupils and {most:g} counts."
    key = _table_of_counts(value)
    if len(np.unique(key, axis=0)) < len(key):
        yield "Rows differ.", "Some are there twice."
    with_baseline = [outcome in dict(value.baseline) for outcome in value.outcomes]
    bare = ~np.array(with_baseline)[value.outcome]
    if value.pre[bare].any() or value.pre_missing[bare].any():
        yield "An outcome without a baseline has none in its rows.", "'pre' or 'pre_missing' says otherwise."
    yield from _are_outcomes(value, value.baseline)


def rows_have_scores(value: Any) -> Broken:
    """Rows have a score. Two may be alike where a model reads less of a pupil than the rows hold: counts add up."""
    if not len(value.count) or np.isnan(value.values).all(axis=1).any():
        yield "Every row has a score, and there is one at least.", "Some have none."


def _table_of_counts(value: Any) -> Floats:
    """Return what tells rows of counts apart, in the order of `trial_counts`."""
    return np.column_stack([value.outcome, value.arm, value.cluster, value.pre_missing, value.pre, value.x])


def _table_of_rows(value: Any) -> Floats:
    """Return what tells rows of a panel apart, in the order of `rows_and_pupils`; infinite where missing."""
    scores, x = (np.nan_to_num(array, nan=np.inf) for array in (value.values, value.x))
    return np.column_stack([scores, x, value.cluster])


def clusters_are_enough(value: Any) -> Broken:
    """A number of clusters is 0 where it is not known, else 4 or more, as degrees of freedom are two fewer."""
    if ((value.clusters > 0) & (value.clusters < 4)).any():
        yield "Randomised clusters are at least 4, or 0 where their number is not known.", f"{value.clusters.tolist()}."
