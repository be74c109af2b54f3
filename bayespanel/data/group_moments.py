"""Moments of one group of pupils alone, and of all groups together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.moments import Moments
from bayespanel.data.school_years import without_gaps
from bayespanel.data.sums import added

OF_KINDS, OF_BLOCKS = ("observed", "n", "sxx", "sxy", "syy"), ("block_n", "block_sx", "block_sy")


def of_group(moments: Moments, label: str) -> Moments:
    """Return the moments of one group alone, as moments without groups.

    Scores and covariates count from where those of all pupils do, and `scale` is that of all, so that parameters and
    priors mean the same in each group.
    """
    kinds = np.flatnonzero(moments.group == moments.group_names.index(label))
    here = np.isin(moments.block_kind, kinds)
    changes: dict[str, Any] = {"group": np.zeros(len(kinds), np.int64), "group_names": (), "grouping": ""}
    changes |= {name: getattr(moments, name)[kinds] for name in OF_KINDS}
    if moments.covariate_observed is not None:
        changes["covariate_observed"] = moments.covariate_observed[kinds]
    changes |= {name: getattr(moments, name)[here] for name in OF_BLOCKS}
    if moments.levels:
        changes["block_kind"] = np.searchsorted(kinds, moments.block_kind[here]).astype(np.int64)
        used, changes["block_cluster"] = np.unique(moments.block_cluster[here], return_inverse=True)
        inner = "class_names" if moments.levels[0] == "class" else "school_names"
        if moments.courses is not None:
            changes["courses"] = without_gaps(moments.courses[used])
        changes[inner] = tuple(getattr(moments, inner)[c] for c in used)
        if len(moments.levels) == 2:
            schools, changes["parent"] = np.unique(moments.parent[used], return_inverse=True)
            changes["school_names"] = tuple(moments.school_names[s] for s in schools)
    return replace(moments, **changes)


def without_groups(moments: Moments) -> Moments:
    """Return the moments of all pupils together, kinds and blocks that differ in the group alone added up."""
    if not moments.group_names:
        return moments
    known, p = moments.covariate_observed, moments.observed.shape[1]
    seen = moments.observed if known is None else np.hstack([moments.observed, known])
    merged, group, patterns = find_kinds(np.zeros_like(moments.group), seen)
    observed = patterns[:, :p]
    kinds = len(group)
    size = int(moments.block_cluster.max(initial=0)) + 1
    key, block = np.unique(merged[moments.block_kind] * size + moments.block_cluster, return_inverse=True)
    block = block.ravel()
    changes: dict[str, Any] = {"group": group, "group_names": (), "grouping": "", "observed": observed}
    if known is not None:
        changes["covariate_observed"] = patterns[:, p:]
    changes |= {name: added(getattr(moments, name), merged, kinds) for name in OF_KINDS if name != "observed"}
    changes |= {name: added(getattr(moments, name), block, len(key)) for name in OF_BLOCKS}
    return replace(moments, **changes, block_kind=key // size, block_cluster=key % size)
