"""The door to the families: all of them by name, and the one of a specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bayespanel.families.family import Family
from bayespanel.families.panel.family import PANELS
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.trajectories.family import TRAJECTORIES
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.family import TRIALS
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import require_known_kinds

if TYPE_CHECKING:
    import xarray as xr

    from bayespanel.families.panel.world import PanelWorld
    from bayespanel.families.trajectories.world import TrajectoryWorld
    from bayespanel.families.trial.world import TrialWorld

type Simulated = PanelWorld | TrialWorld | TrajectoryWorld
"""A world of any family, with every field settled: what a simulator takes."""

Spec = RICLPM | ClusterTrial | Trajectories
"""A specification of any family."""

AnyFamily = Family[Any, Any, Any, Any]
"""A family whose specification is known only when the program runs."""

FAMILIES: dict[str, AnyFamily] = {family.name: family for family in (PANELS, TRIALS, TRAJECTORIES)}
"""Name -> family."""


def family_of(spec: Spec) -> AnyFamily:
    """Return the family of a specification."""
    return next(family for family in FAMILIES.values() if isinstance(spec, family.specification))


def models(spec: Spec) -> dict[str, Spec]:
    """Return what a fit of the specification samples: name of a group of draws -> its model."""
    beside = family_of(spec).beside
    return {"posterior": spec} | ({} if beside is None else beside(spec))


def pathways_of(spec: Spec, groups: Mapping[str, xr.Dataset], *, by_interval: bool = False) -> xr.Dataset:
    """Return `standardised` and `raw` [chain, draw, pathway] of every pathway, from the groups of draws of a fit.

    Raises
    ------
    SpecError
        Rows by interval of a family that has none.
    FitError
        A pathway is of a kind that is not in the table of kinds.
    """
    found = family_of(spec).pathways.collect(spec, groups, by_interval=by_interval)
    require_known_kinds(found["kind"].values)
    return found


def spaced(spec: Spec, per: float | None) -> Spec:
    """Return a specification whose evidence is about intervals of a length; the same where none is given.

    Raises
    ------
    SpecError
        Its model has no pathways of any length of interval, or the length is no positive number.
    """
    if per is None:
        return spec
    if not isinstance(spec, RICLPM):
        raise SpecError(
            "Evidence about an interval of any length is that of a panel model in continuous time.",
            f"The model is a {type(spec).__name__}.",
            "Leave per out.",
        )
    return replace(spec, per=per)


def reduced(spec: Spec, data: Any) -> tuple[Spec, Any]:
    """Return the specification with what it leaves to the data settled, and the data as its model reads them.

    Raises
    ------
    DataError, SpecError
        The data lack something that the model needs, or the model lacks something that the data have.
    """
    family = family_of(spec)
    read = family.statistics.data_for(spec, data)
    return (spec if family.settled is None else family.settled(spec, read)), read
