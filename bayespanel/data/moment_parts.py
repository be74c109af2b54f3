"""What becomes of kinds, blocks and clusters where moments, of `bayespanel.data.moments`, are those of other cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.school_years import of_waves
from bayespanel.data.sums import added, pooled_scale
from bayespanel.data.wording import counted


def merged(
    moments: Any,
    observed: NDArray[np.bool_],
    sxy: NDArray[np.float64],
    syy: NDArray[np.float64],
    block_sy: NDArray[np.float64],
    variables: int,
    waves: NDArray[np.int64],
    *,
    recentre: bool,
) -> dict[str, Any]:
    """Return the fields of moments of other cells, of which sums of each kind and block are given.

    Kinds and blocks that no longer differ are added up; pupils who have none of these cells are left out, with a note.

    Parameters
    ----------
    moments
        The moments of all cells.
    observed : [kind, cell]
        Which of the other cells pupils of a kind have.
    sxy, syy, block_sy
        Sums of these cells, by kind and by block of `moments`.
    variables
        Number of variables.
    waves : [wave]
        Which waves are kept.
    recentre
        Whether covariates count from the means of the pupils who are left.
    """
    scored = observed.any(axis=1)
    notes = moments.notes
    lost = int(moments.n[~scored].sum())
    if lost:
        notes = (*notes, f"{counted(lost, 'pupil')} without a score in the selected cells left out.")

    # Kinds that no longer differ are added up.
    cells = observed.shape[1]
    to = np.full(len(scored), -1, np.int64)
    known = np.ones((len(scored), len(moments.covariates)), bool)
    known = known if moments.covariate_observed is None else moments.covariate_observed
    to[scored], group, patterns = find_kinds(moments.group[scored], np.hstack([observed, known])[scored])
    patterns, has = patterns[:, :cells], patterns[:, cells:]
    kinds = len(group)
    n = added(moments.n[scored], to[scored], kinds)
    sxx = added(moments.sxx[scored], to[scored], kinds)
    sxy = added(sxy[scored], to[scored], kinds)
    syy = added(syy[scored], to[scored], kinds)

    # So are blocks.
    here = scored[moments.block_kind]
    used, cluster = np.unique(moments.block_cluster[here], return_inverse=True)
    size = max(len(used), 1)
    key, block = np.unique(to[moments.block_kind[here]] * size + cluster, return_inverse=True)
    block_sx = added(moments.block_sx[here], block, len(key))

    # x has a leading 1, so shifting the covariates to their new mean is a linear map of x.
    shift = sxx[:, 0, 1:].sum(axis=0) / np.maximum(n @ has, 1) * recentre
    turn = np.tile(np.eye(moments.n_regressors), (kinds, 1, 1))
    turn[:, 1:, 0] = -shift * has  # what is missing stays 0
    class_names, school_names, parent = _clusters(moments, used)
    return {
        "covariate_centre": moments.covariate_centre + shift,
        "scale": pooled_scale(n, patterns, syy, variables),
        **_groups(moments, group),
        "observed": patterns,
        "n": n,
        "sxx": turn @ sxx @ np.swapaxes(turn, 1, 2),
        "sxy": turn @ sxy,
        "syy": syy,
        "block_kind": key // size,
        "block_cluster": key % size,
        "block_n": added(moments.block_n[here], block, len(key)),
        "block_sx": np.einsum("bx,byx->by", block_sx, turn[key // size]),
        "block_sy": added(block_sy[here], block, len(key)),
        "parent": parent,
        "class_names": class_names,
        "school_names": school_names,
        "notes": notes,
        "covariate_observed": None if moments.covariate_observed is None else has,
        **_courses(moments, used, waves),
    }


def _groups(moments: Any, group: NDArray[np.int64]) -> dict[str, Any]:
    """Return the groups [kind] that still have pupils, and their names."""
    if not moments.group_names:
        return {"group": group}
    used, dense = np.unique(group, return_inverse=True)
    names = tuple(moments.group_names[g] for g in used)
    return {"group": dense.ravel().astype(np.int64), "group_names": names}


def _courses(moments: Any, used: NDArray[np.int64], waves: NDArray[np.int64]) -> dict[str, Any]:
    """Return the school years [wave] and courses that remain, where classes are formed anew."""
    if moments.school_years is None or moments.courses is None:
        return {}
    courses, years = of_waves(moments.courses[used], moments.school_years, waves)
    return {"courses": courses, "school_years": years}


def _clusters(moments: Any, used: NDArray[np.int64]) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64]]:
    """Return the names of the classes and schools that still have pupils, and the school of each class."""
    if moments.levels == ("class", "school"):
        schools, parent = np.unique(moments.parent[used], return_inverse=True)
        classes = tuple(moments.class_names[c] for c in used)
        return classes, tuple(moments.school_names[s] for s in schools), parent.astype(np.int64)
    classes = tuple(moments.class_names[c] for c in used) if moments.levels == ("class",) else ()
    names = tuple(moments.school_names[c] for c in used) if moments.levels == ("school",) else ()
    return classes, names, moments.parent
