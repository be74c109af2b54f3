"""From pupils to moments, in one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.groups import groups_of
from bayespanel.data.guesses import Guess
from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.moments import Moments
from bayespanel.data.panel_table import PanelTable
from bayespanel.data.school_years import without_gaps
from bayespanel.data.sums import added, centred, cross_products, pooled_scale
from bayespanel.data.trial_table import TrialTable
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError

Codes = NDArray[np.int64]


def summarise(panel: PanelTable, min_block: int = 1) -> Moments:
    """Reduce a panel to the sums that a model needs.

    Moments are meant to be shared in place of pupil data, but a block (the pupils of one class or school with one
    pattern of missing scores) is published with its sums. **The sums of a block of one pupil are the scores of that
    pupil, and in a block of two each pupil can compute the scores of the other.** `min_block` leaves out the pupils
    of smaller blocks; without clusters it applies to the kinds. This protects single pupils only as far as the size
    you choose, and it costs data: pupils with rare patterns of missing scores are left out first, so the rest is not
    a random sample. Fit the full panel if you are allowed to.

    Parameters
    ----------
    panel
        The pupils.
    min_block
        Smallest block that is kept, in pupils (default 1: all).

    Returns
    -------
    Moments
        `notes` counts the pupils who were left out.

    Raises
    ------
    DataError
        `min_block` is below 1 or leaves no pupils; nobody has a score in some cell; or a class is in two schools.
    """
    if min_block < 1:
        raise DataError("A block has at least one pupil.", f"min_block is {min_block}.", "Use 1 to keep all blocks.")
    values = panel.values.reshape(panel.n_pupils, -1)
    observed = ~np.isnan(values)
    known, group = ~np.isnan(panel.covariates), np.zeros(len(values), np.int64) if panel.group is None else panel.group
    kind, _, _ = find_kinds(group, np.hstack([observed, known]))
    cluster = panel.classroom if panel.classroom is not None else panel.school
    scored = observed.any(axis=1)
    block = kind if cluster is None else kind * (cluster.max(initial=0) + 1) + cluster
    keep = scored & _in_large_blocks(block, min_block)
    notes = list(panel.notes)
    if not scored.all():
        notes.append(f"{counted(int((~scored).sum()), 'pupil')} without any observed score left out.")
    small = int((scored & ~keep).sum())
    if small:
        where = "blocks (cluster and missing pattern)" if cluster is not None else "missing patterns"
        notes.append(f"{counted(small, 'pupil')} in {where} of fewer than {min_block} left out, to protect them.")
    if not observed[keep].any(axis=0).all():
        raise DataError(
            "Every variable is observed at every wave.",
            f"With blocks of {min_block} or more pupils, {int(keep.sum())} of {panel.n_pupils} pupils remain "
            "and some cells have no score.",
            "Use a smaller min_block, or leave out a level, wave or variable.",
        )
    return _moments(panel, keep, tuple(notes))


def _moments(panel: PanelTable, keep: NDArray[np.bool_], notes: tuple[str, ...]) -> Moments:
    """Sum over the pupils that are kept."""
    group, labels = groups_of(panel, keep)
    sums = sums_of(
        panel.values.reshape(panel.n_pupils, -1)[keep],
        panel.covariates[keep],
        group,
        clusters_of(panel, keep),
        waves=panel.waves,
        variables=panel.variables,
        covariate_names=panel.covariate_names,
        notes=notes,
        guesses=panel.guesses,
        group_names=labels,
        grouping=panel.grouping if labels else "",
    )
    if panel.courses is None or panel.classroom is None:
        return replace(sums, times=panel.times)
    courses = without_gaps(panel.courses[np.unique(panel.classroom[keep])])
    return replace(sums, times=panel.times, school_years=panel.school_years, courses=courses)


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of the kept pupils: levels, innermost cluster [pupil] or None, names, school of each class."""

    levels: tuple[str, ...]
    cluster: Codes | None
    class_names: tuple[str, ...]
    school_names: tuple[str, ...]
    parent: Codes


def sums_of(
    values: NDArray[np.float64],
    covariates: NDArray[np.float64],
    group: Codes,
    clusters: Clusters,
    *,
    waves: tuple[str, ...],
    variables: tuple[str, ...],
    covariate_names: tuple[str, ...],
    notes: tuple[str, ...],
    guesses: tuple[Guess, ...] = (),
    group_names: tuple[str, ...] = (),
    grouping: str = "",
) -> Moments:
    """Sum over pupils.

    Parameters
    ----------
    values : [pupil, cell]
        NaN where missing; every cell is seen somewhere.
    covariates : [pupil, covariate]
        NaN where missing; every covariate is known somewhere.
    group : [pupil]
    clusters
        Of the same pupils.
    waves, variables, covariate_names, notes, guesses, group_names, grouping
        As in `Moments`.
    """
    known = ~np.isnan(covariates)
    p, whole = values.shape[1], bool(known.all())
    kind, groups, patterns = find_kinds(group, np.hstack([~np.isnan(values), known]))
    patterns, has = patterns[:, :p], patterns[:, p:]
    y, centre = centred(values)
    covariate_centre = covariates.mean(axis=0) if whole else np.nanmean(covariates, axis=0)
    x = np.column_stack([np.ones(len(y)), np.nan_to_num(covariates - covariate_centre)])
    n = np.bincount(kind, minlength=len(patterns)).astype(np.int64)
    sxx, sxy, syy = cross_products(x, y, kind, n)
    cluster = clusters.cluster
    block_kind = block_cluster = block_n = np.zeros(0, np.int64)
    block_sx, block_sy = np.zeros((0, x.shape[1])), np.zeros((0, y.shape[1]))
    if cluster is not None:
        size = int(cluster.max()) + 1
        key, block = np.unique(kind * size + cluster, return_inverse=True)
        block_kind, block_cluster = key // size, key % size
        block_n = np.bincount(block).astype(np.int64)
        block_sx, block_sy = added(x, block, len(key)), added(y, block, len(key))
    return Moments(
        waves=waves,
        variables=variables,
        covariates=covariate_names,
        levels=clusters.levels,
        centre=centre,
        covariate_centre=covariate_centre,
        scale=pooled_scale(n, patterns, syy, len(variables)),
        group=groups,
        observed=patterns,
        n=n,
        sxx=sxx,
        sxy=sxy,
        syy=syy,
        block_kind=block_kind,
        block_cluster=block_cluster,
        block_n=block_n,
        block_sx=block_sx,
        block_sy=block_sy,
        parent=clusters.parent,
        class_names=clusters.class_names,
        school_names=clusters.school_names,
        notes=notes,
        guesses=guesses,
        group_names=group_names,
        grouping=grouping,
        covariate_observed=None if whole else has,
    )


def _in_large_blocks(block: Codes, min_block: int) -> NDArray[np.bool_]:
    """Say which pupils stand in a block of at least `min_block`, [pupil]."""
    if min_block == 1:
        return np.ones(len(block), dtype=bool)
    _, code, size = np.unique(block, return_inverse=True, return_counts=True)
    return np.asarray(size[code] >= min_block)


def clusters_of(table: PanelTable | TrialTable, keep: NDArray[np.bool_]) -> Clusters:
    """Return the clusters of the kept pupils, without unused ones."""
    no_parent = np.zeros(0, np.int64)
    classes, class_names = _without_gaps(table.classroom, table.class_names, keep)
    schools, school_names = _without_gaps(table.school, table.school_names, keep)
    if classes is None and schools is None:
        return Clusters((), None, (), (), no_parent)
    if classes is None:
        return Clusters(("school",), schools, (), school_names, no_parent)
    if schools is None:
        return Clusters(("class",), classes, class_names, (), no_parent)
    parent = np.zeros(len(class_names), np.int64)
    parent[classes] = schools
    astray = int((parent[classes] != schools).sum())
    if astray:
        raise DataError(
            "A class belongs to one school.",
            f"{counted(astray, 'pupil')} of {len(schools)} are in another school than their class.",
            "Give classes of different schools different codes; from_long, from_wide and from_frame do.",
        )
    return Clusters(("class", "school"), classes, class_names, school_names, parent)


def _without_gaps(
    codes: Codes | None, names: tuple[str, ...], keep: NDArray[np.bool_]
) -> tuple[Codes | None, tuple[str, ...]]:
    """Return the codes of the kept pupils without unused clusters, and the names that remain."""
    if codes is None:
        return None, ()
    used, dense = np.unique(codes[keep], return_inverse=True)
    return dense.astype(np.int64), tuple(names[code] for code in used)
