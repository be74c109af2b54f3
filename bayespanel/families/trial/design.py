"""What a specification makes of the data of a trial: cells, regressors, and the names of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments, TrialMoments
from bayespanel.data.moments import select
from bayespanel.families.trial.loadings import loadings
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import expanded
from bayespanel.inference.packing import packed
from bayespanel.likelihood.packed_sums import Statistics

Array = NDArray[np.float64]

ORDER = (
    "every_arm", "arm", "outcome", "moderator", "cell", "cell_", "term", "term_", "covariate", "baseline",
    "baseline_missing",
)  # fmt: skip
"""The dimensions of parameters, in the order that they have in the model."""

APART = {"school": ("class", "school"), "class": ("class",), "pupil": ()}
"""What was randomised -> the levels whose clusters lie wholly in one arm."""


@dataclass(frozen=True, eq=False)
class Design:
    """The Gaussian model's view of the data.

    Attributes
    ----------
    arms
        All arms, the reference first.
    outcomes, cells
        Outcomes; and what is modelled: outcomes, then baselines in the constrained analysis.
    covariates, moderators
        Columns of x, categories written out ("sex[M]").
    baselines, baselines_missing
        Pairs (outcome, baseline) of the ANCOVA; those whose baseline is missing for some.
    sums
        Moments of the cells.
    scale : [cell]
        SD within arms, raw units.
    regressors
        Positions in the moments' x: the constant, covariates, baselines, missing indicators.
    apart
        Levels whose clusters lie wholly in one arm: the unit that was randomised, and what is inside it.
    """

    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    cells: tuple[str, ...]
    covariates: tuple[str, ...]
    moderators: tuple[str, ...]
    baselines: tuple[tuple[str, str], ...]
    baselines_missing: tuple[tuple[str, str], ...]
    sums: Moments
    scale: Array
    regressors: tuple[int, ...]
    apart: tuple[str, ...]

    def coordinates(self) -> dict[str, tuple[str, ...]]:
        """Return the labels of every dimension."""
        return {
            "arm": self.arms[1:],
            "every_arm": self.arms,
            "outcome": self.outcomes,
            "cell": self.cells,
            "cell_": self.cells,
            "term": (terms := terms_of(self.cells, self.arms, self.outcomes)),
            "term_": terms,
            "covariate": self.covariates,
            "moderator": self.moderators,
            "baseline": tuple(pre for _, pre in self.baselines),
            "baseline_missing": tuple(pre for _, pre in self.baselines_missing),
        }

    def statistics(self, spec: ClusterTrial, arms: NDArray[np.int64] | None = None) -> Statistics:
        """Pack the data for the likelihood; `arms` are those of the groups of the sums, by default all."""
        own = loadings(spec, self.arms, len(self.cells), self.apart)
        if arms is not None:
            own = [loading[arms] if loading.ndim == 3 else loading for loading in own]
        return packed(self.sums, spec.cluster_levels, own, self.regressors)


def design(spec: ClusterTrial, moments: TrialMoments, sums: Moments | None = None) -> Design:
    """Return the design of a Gaussian model; `sums` are those of some of the clusters, by default of all."""
    pairs = tuple((post, pre) for post, pre in moments.baseline if post in spec.outcomes)
    constrained = spec.adjustment == "constrained"
    cells = spec.outcomes + (tuple(pre for _, pre in pairs) if constrained else ())
    sums = moments.sums if sums is None else sums
    at = [sums.variables.index(cell) for cell in cells]
    if cells != sums.variables:
        # Covariates keep their centre: parameters mean the same whichever outcomes are chosen.
        sums = select(sums, cells, None, recentre=False)
    scale = moments.sums.scale[at]
    covariates = expanded(spec.covariates, moments.covariates)
    adjusted = pairs if spec.adjustment == "covariate" else ()
    missing = tuple(pair for pair in adjusted if f"{pair[1]} missing" in sums.covariates)
    columns = [*covariates, *(pre for _, pre in adjusted), *(f"{pre} missing" for _, pre in missing)]
    places = _places(sums.covariates, len(moments.covariates), columns, len(covariates))
    return Design(
        arms=moments.arms,
        outcomes=spec.outcomes,
        cells=cells,
        covariates=covariates,
        moderators=expanded(spec.moderators, moments.covariates),
        baselines=adjusted,
        baselines_missing=missing,
        sums=replace(sums, scale=scale),
        scale=scale,
        regressors=(0, *(1 + place for place in places)),
        apart=APART[moments.randomised],
    )


def terms_of(cells: Sequence[str], arms: Sequence[str], outcomes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of what a cluster with varying effects has: its means, then its effects arm by arm."""
    others = arms[1:]
    names = (f"{arm}: {name}" if len(others) > 1 else f"effect: {name}" for arm in others for name in outcomes)
    return (*cells, *names)


def _places(columns: Sequence[str], own: int, wanted: Sequence[str], covariates: int) -> list[int]:
    """Positions of the wanted columns; a baseline may bear the name of a covariate and stands behind them."""
    behind = list(columns[own:])
    return [columns.index(name) if i < covariates else own + behind.index(name) for i, name in enumerate(wanted)]
