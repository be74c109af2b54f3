"""From a specification and checked data to named draws: what a fit and every replicate of a study have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import xarray as xr

from bayespanel.families.rooms import Spec, room

if TYPE_CHECKING:
    from bayespanel.inference.compiled import Compiled
    from bayespanel.inference.settings import Settings

STATISTICS_OF = {"posterior": "sample_stats", "unpooled": "unpooled_sample_stats"}
"""Group of draws -> the group of what the sampler said of each."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """What sampling a specification gave.

    Attributes
    ----------
    groups
        Draws by their names in the posterior, and what the sampler said of each: the groups of a fit.
    seconds
        Time taken by compiling, finding the mode, and sampling.
    """

    groups: dict[str, xr.Dataset]
    seconds: dict[str, float]


def careful(spec: Spec) -> float:
    """Return the target acceptance that a specification asks for: higher where effects narrow towards small SDs."""
    return 0.98 if room(spec, "statistics").is_hierarchical(spec) else 0.8


def sampled(
    spec: Spec,
    reduced: Any,
    settings: Settings,
    *,
    only: Sequence[str] | None = None,
    compiled: Compiled | None = None,
    stage: Callable[[str], None] | None = None,
    progress: Callable[[list[Any]], None] | None = None,
) -> Sampled:
    """Sample every model that a fit of the specification consists of.

    Parameters
    ----------
    spec
        The specification.
    reduced
        Data as the family's `statistics.data_for` returns them.
    settings
        How to sample.
    only
        Groups of draws to sample; None for all.
    compiled
        Models compiled before, one of which may serve; None compiles.
    stage, progress
        Called with the name of each stage, and with the progress of the chains.
    """
    from bayespanel.inference.fit import FREE, free_group
    from bayespanel.inference.nuts import import_nutpie

    say = stage or (lambda _: None)
    say("loading libraries")
    import_nutpie()
    from bayespanel.inference.sampling import draw

    family = room(spec, "build")
    groups: dict[str, xr.Dataset] = {}
    seconds = {"compile": 0.0, "mode": 0.0, "sample": 0.0}
    wanted = {name: model for name, model in family.models(spec).items() if only is None or name in only}
    for group, variant in wanted.items():
        say("finding where to start")
        start, elsewhere, rivals = (
            getattr(family, name)(variant, reduced) for name in ("start", "elsewhere", "rivals")
        )
        say("compiling (the first fit on a machine takes about a minute)")
        model = family.build(variant, reduced)
        found = draw(model, settings, start, family.held(variant), progress, elsewhere, rivals, compiled)
        say("naming the draws")
        groups[group] = room(variant, "draws").posterior(variant, reduced, found.free)
        groups[STATISTICS_OF[group]] = found.sample_stats
        if group == "posterior":
            groups[FREE] = free_group(found.free)
        seconds = {name: seconds[name] + found.seconds[name] for name in seconds}
    return Sampled(groups, seconds)
