"""Classes that are formed anew every school year, as a model sees them: from the data, without an option of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel.components import component
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.packing import crossing
from bayespanel.language.errors import DataError, SpecError

MOST_EFFECTS = 600
"""Effects of classes and schools in one component: the cost grows with their third power."""

Member = tuple[NDArray[np.int64], NDArray[np.bool_]]
"""Cluster of each block [block], and the cells [cell] on which it acts; -1 where a block has none of these cells."""


def formed_anew(moments: Moments, level: str | None) -> bool:
    """Return whether the clusters of a level are classes that last one school year."""
    return level == "class" and moments.courses is not None


def members(moments: Moments, level: str) -> list[Member]:
    """Return the clusters of one level that act on the blocks: one for all cells, or one for each school year."""
    everywhere = np.ones(moments.n_cells, bool)
    if level == moments.levels[0] and moments.courses is not None and moments.school_years is not None:
        years = np.repeat(moments.school_years, len(moments.variables))
        of_blocks = moments.courses[moments.block_cluster]
        return [(of_blocks[:, year], years == year) for year in range(of_blocks.shape[1])]
    if level == moments.levels[0]:
        return [(moments.block_cluster, everywhere)]
    return [(moments.parent[moments.block_cluster], everywhere)]


def require_years(spec: RICLPM, moments: Moments) -> None:
    """Refuse what classes of one school year cannot have, and schools that pupils tie together beyond what is feasible.

    Raises
    ------
    SpecError
        Effects of classes by wave.
    DataError
        A component has too many effects.
    """
    if "class" not in spec.cluster_levels or moments.courses is None:
        return
    if component(spec, "class").over == "wave":
        raise SpecError(
            "A class that is formed anew every school year has one effect per variable in its year.",
            "The model's class effects are by wave, and the data have school years.",
            "Leave cluster_effects out for 'class'; schools may have effects by wave.",
        )
    both = "school" in spec.cluster_levels
    k, waves = len(spec.variables), len(moments.waves)
    together = crossing(moments, schools=both).components()
    of_school = (component(spec, "school").copies(waves) if both else 0) * k
    for one in range(int(together.max(initial=-1)) + 1):
        here = together == one
        classes = len(np.unique(moments.courses[here][moments.courses[here] >= 0]))
        schools = len(np.unique(moments.parent[here])) if both else 0
        effects = classes * k + schools * of_school
        if effects > MOST_EFFECTS:
            raise DataError(
                f"Classes and schools that pupils tie together, directly or not, have at most {MOST_EFFECTS} effects.",
                f"{classes} classes{f' and {schools} schools' if both else ''} hang together: {effects} effects.",
                "Pupils who change school tie schools together: leave them out with movers='drop'. Or leave out the "
                "class level.",
            )
