"""Every family has the same rooms: this opens one by its name, when it is needed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.spec import ClusterTrial

Spec = RICLPM | ClusterTrial | Trajectories

FAMILIES: dict[str, type[Spec]] = {"riclpm": RICLPM, "trial": ClusterTrial, "trajectories": Trajectories}
"""Family -> its specification."""


def family_of(spec: Spec) -> str:
    """Return the family of a specification."""
    return next(name for name, kind in FAMILIES.items() if isinstance(spec, kind))


def room(spec: Spec, name: str) -> ModuleType:
    """Return a room of the specification's family: statistics, build, draws, pathways, checks, estimate, ...

    These hold, in every family: `statistics.data_for`, `settled` and `is_hierarchical`; `build.models`, `build`,
    `start`, `rivals`, `elsewhere` and `held`; `draws.posterior`; `pathways.collect`; `checks.checks`; `nulls.nulls` and
    `BEYOND`; `estimate.log_likelihood` and `maximum_likelihood`; `truth.observed`, `settled_for` and `truth`;
    `prior_world.prior_world`, `in_units_of_truth` and `in_order`.
    """
    return import_module(f"bayespanel.families.{family_of(spec)}.{name}")
