"""The family of cluster-randomised trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.shared.rooms import Rooms
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.prior import Prior

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    import numpy as np
    import xarray as xr

    from bayespanel.data import TrialMoments
    from bayespanel.families import family
    from bayespanel.families.shared.draft import DraftRoom
    from bayespanel.families.shared.equations import Equation
    from bayespanel.families.shared.further_rooms import CategoryRoom, ShiftRoom
    from bayespanel.families.shared.scores_again import Scores
    from bayespanel.families.trial import (
        build,
        card,
        category_table,
        checks,
        delta_adjustment,
        draft,
        draws,
        equations,
        estimate,
        fit_rows,
        leave_out,
        nulls,
        pathways,
        predictive,
        prior_world,
        sentences,
        simulate,
        statistics,
        truth,
        worlds,
    )
    from bayespanel.families.trial.card import CardTable
    from bayespanel.families.trial.statistics import Data, Reduced
    from bayespanel.families.trial.world import TrialWorld


class Trials(Rooms):
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "trial"
    specification = ClusterTrial
    folder = "bayespanel.families.trial"
    ready_worlds: tuple[str, ...] = ("involvement", "small_trial")
    defaults_before: tuple[Prior, ...] = (
        Prior("covariate_effect", "Normal", (0, 1), scale="total"),
        Prior("moderation", "Normal", (0, 0.5), scale="total"),
        Prior("effect", "Normal", (0, 0.5)),
        Prior("family_effect", "Normal", (0, 0.5)),
    )

    refit = None
    rivals = None
    elsewhere = None
    in_order = None
    augmented = None
    dynamics = None
    varying_table = None
    recorded = None
    recorded_rows = None
    invariance = None

    if TYPE_CHECKING:
        worlds: ModuleType = worlds
        statistics: family.StatisticsRoom[ClusterTrial, Data, Reduced] = statistics
        build: family.BuildRoom[ClusterTrial, Data, Reduced] = build
        draws: family.DrawsRoom[ClusterTrial, Reduced] = draws
        pathways: family.PathwaysRoom[ClusterTrial] = pathways
        checks: family.ChecksRoom[ClusterTrial, Reduced] = checks
        fit_rows: family.FitRowsRoom[ClusterTrial, Reduced] = fit_rows
        nulls: family.NullsRoom[ClusterTrial, Reduced] = nulls
        estimate: family.EstimateRoom[ClusterTrial, Data] = estimate
        predictive: family.PredictiveRoom[ClusterTrial, Reduced] = predictive
        leave_out: family.LeaveOutRoom[ClusterTrial, Reduced] = leave_out
        card: family.CardRoom[ClusterTrial] = card
        category_table: CategoryRoom[ClusterTrial, Reduced] = category_table
        delta_adjustment: ShiftRoom[ClusterTrial, TrialMoments] = delta_adjustment
        draft: DraftRoom = draft
        equations: family.EquationsRoom[ClusterTrial] = equations
        sentences: family.SentencesRoom[ClusterTrial, Reduced] = sentences
        truth: family.TruthRoom[ClusterTrial, TrialWorld] = truth
        prior_world: family.PriorWorldRoom[ClusterTrial, TrialWorld] = prior_world
        simulate: family.SimulateRoom[TrialWorld] = simulate

    def reads_sums(self, spec: ClusterTrial) -> bool:
        return spec.link == "identity"

    @property
    def world(self) -> type[TrialWorld]:
        from bayespanel.families.trial.world import TrialWorld

        return TrialWorld

    @property
    def world_from(self) -> Callable[..., TrialWorld]:
        return self.world

    @property
    def settled(self) -> Callable[[ClusterTrial, Reduced], ClusterTrial]:
        from bayespanel.families.trial.levels import settled

        return settled

    @property
    def settled_for(self) -> Callable[[ClusterTrial, TrialWorld], ClusterTrial]:
        from bayespanel.families.trial.levels import settled_for

        return settled_for

    @property
    def beside(self) -> Callable[[ClusterTrial], dict[str, ClusterTrial]]:
        from bayespanel.families.trial.pooling import beside

        return beside

    @property
    def scores_again(self) -> Callable[[ClusterTrial, xr.Dataset, Reduced, Any, np.random.Generator], Scores]:
        from bayespanel.families.trial.scores_again import scores_again

        return scores_again

    @property
    def held(self) -> Callable[[ClusterTrial], tuple[str, ...]]:
        from bayespanel.families.trial.build import held

        return held

    @property
    def card_rules(self) -> Callable[[CardTable, ClusterTrial, Path], None]:
        from bayespanel.families.trial.card import require

        return require

    @property
    def in_units_of_truth(self) -> Callable[[ClusterTrial, Reduced], Reduced]:
        from bayespanel.families.trial.prior_world import in_units_of_truth

        return in_units_of_truth

    @property
    def sampling_sds(
        self,
    ) -> Callable[[ClusterTrial, Reduced, Mapping[str, xr.Dataset], xr.Dataset], family.Array | None]:
        from bayespanel.families.trial.least_squares import standard_errors

        return standard_errors

    @property
    def equations_of_published(self) -> Callable[[ClusterTrial], tuple[Equation, ...]]:
        from bayespanel.families.trial.equations import equations_of_published

        return equations_of_published


TRIALS = Trials()
