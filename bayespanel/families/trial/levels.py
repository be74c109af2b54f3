"""The levels of a trial's model: those that its data tell apart, and among them the unit that was randomised.

A model without the unit of randomisation counts pupils as if they had been allocated one by one, and its intervals come
out too narrow. So levels that are left out follow the data: every level that these know. The randomised level carries
the uncertainty of the effect, levels above it are the blocks within which arms are compared, and classes within
randomised schools give large and small schools their weights. A level that the data cannot tell from another one, such
as the class of the only teacher who answered there, is left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import TrialCounts, TrialEstimates, TrialMoments
from bayespanel.data.trial_arms import together
from bayespanel.families.shared.allocation import refuse_levels, require_used
from bayespanel.families.trial.arm_rules import require_arms_fit
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.world import TrialWorld
from bayespanel.language.errors import DataError, SpecError

Codes = NDArray[np.int64]

UNITS = {"pupil": "pupils", "class": "classes", "school": "schools"}
ARGUMENT = {"class": "classroom", "school": "school"}
"""Level -> the argument that names its column where data are read."""

OF_EFFECTS = ("effect", "family_effect", "family_sd")
"""Parameters that published estimates have."""


def settled(spec: ClusterTrial, data: TrialMoments | TrialCounts | TrialEstimates) -> ClusterTrial:
    """Return the specification with its levels, after checking that the unit of randomisation is among them.

    Raises
    ------
    DataError
        The data lack a level of the model, or do not know which unit of randomisation a pupil belongs to.
    SpecError
        The model lacks the level at which the arm was allocated, or names clusters of published estimates.
    """
    if isinstance(data, TrialEstimates):
        return _without_clusters(spec)
    if data.randomised != "pupil" and data.randomised not in data.levels:
        raise DataError(
            f"Where {UNITS[data.randomised]} were randomised, the data contain the {data.randomised} of everybody.",
            f"They know {', '.join(data.levels) or 'no clusters'}.",
            f"Name the column in {ARGUMENT[data.randomised]}=... where the data are read.",
        )
    for level in spec.levels or ():
        if level not in ("pupil", *data.levels):
            raise DataError(
                "The data contain the cluster of everybody at each level of the model.",
                f"The model has the level '{level}'; the data have {', '.join(data.levels) or 'no clusters'}.",
                f"Name the column in {ARGUMENT[level]}=... where the data are read, or take '{level}' out of 'levels', "
                "which follow the data where none are given.",
            )
    if isinstance(data, TrialCounts) and spec.link != "log":
        labels = dict(zip(data.outcomes, data.categories, strict=True))
        if all(len(labels[name]) == 2 for name in spec.outcomes):
            require_used(spec.priors, ["threshold_gap"], "two categories have one threshold")
    same = _same(data)
    chosen = spec if spec.levels is not None else replace(spec, levels=_told_apart(data.levels, same, data.randomised))
    _require(chosen, data.randomised, same, f"{UNITS[data.randomised].capitalize()} were randomised")
    shared = _shared(data)
    if shared is not None:
        _require(chosen, shared, same, f"In the data the arm is the same for everybody in a {shared}")
    require_arms_fit(chosen, data.arms, data.randomised)
    return chosen


def settled_for(spec: ClusterTrial, world: TrialWorld) -> ClusterTrial:
    """Return the specification with the levels that the pupils of a simulated trial will have.

    Raises
    ------
    SpecError
        The model lacks the level at which the arm is allocated.
    """
    known: tuple[str, ...] = ("school",)
    same: dict[str, str] = {}
    if world.classes_per_school is not None:
        known = ("class", "school")
        same |= {"school": "class"} if world.classes_per_school[1] == 1 else {}
    if world.pupils_per_class[1] == 1:
        same[known[0]] = "pupil"
    chosen = spec if spec.levels is not None else replace(spec, levels=_told_apart(known, same, world.randomised))
    _require(chosen, world.randomised, same, f"In this world {UNITS[world.randomised]} are randomised")
    require_arms_fit(chosen, world.arms, world.randomised)
    return chosen


def outer(data: TrialMoments | TrialCounts, level: str) -> tuple[Codes, Codes, int]:
    """Return the cluster and arm of each block (or row of counts) at a level, and how many clusters there are."""
    if isinstance(data, TrialMoments):
        arm, cluster, parent = data.sums.group[data.sums.block_kind], data.sums.block_cluster, data.sums.parent
    else:
        arm, cluster, parent = data.arm, data.cluster, data.parent
    if level == "school" and data.levels == ("class", "school"):
        cluster = parent[cluster]
    return cluster, arm, len(data.class_names if level == "class" else data.school_names)


def _without_clusters(spec: ClusterTrial) -> ClusterTrial:
    """Return the specification for published estimates, of which only outcomes, families, edges and priors matter."""
    clusters = tuple(level for level in spec.levels or () if level != "pupil")
    idle = {
        "levels": f"levels={spec.levels}" if clusters else "",
        "adjustment": f"adjustment='{spec.adjustment}'" if spec.adjustment != "none" else "",
        "covariates": f"covariates={spec.covariates}" if spec.covariates else "",
        "varying_effects": f"varying_effects='{spec.varying_effects}'" if spec.varying_effects != "none" else "",
        "variances": f"variances='{spec.variances}'" if spec.variances != "common" else "",
        "arms_without_classes": f"arms_without_classes={spec.arms_without_classes}"
        if spec.arms_without_classes
        else "",
    }
    if any(idle.values()):
        raise SpecError(
            "Published estimates are effects with their errors: clusters, baselines and covariates are in them.",
            f"The model has {', '.join(filter(None, idle.values()))}.",
            f"Leave {' and '.join(name for name, given in idle.items() if given)} out.",
        )
    alone = replace(spec, levels=("pupil",))
    idle_rows = [row.parameter for row in alone.default_priors() if row.parameter not in OF_EFFECTS]
    require_used(spec.priors, idle_rows, "published estimates are effects alone")
    return alone


def _same(data: TrialMoments | TrialCounts) -> dict[str, str]:
    """Return level -> the level just inside it, where each of its clusters holds one unit of that only."""
    if not data.levels:
        return {}
    if isinstance(data, TrialMoments):
        size = np.bincount(data.sums.block_cluster, weights=data.sums.block_n)
    else:
        row = data.outcome * (data.cluster.max(initial=0) + 1) + data.cluster
        size = np.bincount(row, weights=data.counts.sum(axis=1))
    out = {data.levels[0]: "pupil"} if size.max(initial=0) <= 1 else {}
    parent = data.sums.parent if isinstance(data, TrialMoments) else data.parent
    if data.levels == ("class", "school") and np.bincount(parent).max(initial=0) <= 1:
        out["school"] = "class"
    return out


def _told_apart(known: tuple[str, ...], same: dict[str, str], randomised: str) -> tuple[str, ...]:
    """Return the levels of which none says the same as another; of two alike the one that was randomised stays."""
    kept = list(known)
    if known and same.get(known[0]) == "pupil":
        kept = [] if same.get(known[-1]) == known[0] else kept[1:]
    elif same.get("school") == "class":
        kept.remove("school" if randomised == "class" else "class")
    return ("pupil", *kept)


def _shared(data: TrialMoments | TrialCounts) -> str | None:
    """Return the outermost level whose clusters are wholly in one arm, whatever is said to be randomised."""
    for level in reversed(data.levels):
        cluster, arm, _ = outer(data, level)
        by_class = level == "school" and data.randomised == "class"
        if together(cluster, arm, len(data.class_names) if by_class else data.n_pupils):
            return level
    return None


def _require(spec: ClusterTrial, level: str, same: dict[str, str], found: str) -> None:
    """Refuse a model without a level, or one that says the same."""
    alike = {level}
    for outside, inside in (*same.items(), *reversed(same.items())):
        if alike & {outside, inside}:
            alike |= {outside, inside}
    if not alike & set(spec.levels or ()):
        refuse_levels(spec.levels or (), level, found)
