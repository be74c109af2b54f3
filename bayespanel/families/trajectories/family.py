"""The family of trajectories: latent class growth and growth mixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.shared.rooms import Rooms
from bayespanel.families.trajectories.spec import Trajectories

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    import numpy as np
    import xarray as xr

    from bayespanel.data import Panel, PanelRows
    from bayespanel.families import family
    from bayespanel.families.shared.draft import DraftRoom
    from bayespanel.families.shared.scores_again import Scores
    from bayespanel.families.trajectories import (
        build,
        card,
        checks,
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
    from bayespanel.families.trajectories.world import TrajectoryWorld
    from bayespanel.language.prior import Prior


class TrajectoryModels(Rooms):
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "trajectories"
    specification = Trajectories
    folder = "bayespanel.families.trajectories"
    ready_worlds: tuple[str, ...] = ("persistent_victims",)
    defaults_before: tuple[Prior, ...] = ()

    card_rules = None
    refit = None
    settled = None
    beside = None
    rivals = None
    in_units_of_truth = None
    sampling_sds = None
    equations_of_published = None
    augmented = None
    dynamics = None
    varying_table = None
    category_table = None
    delta_adjustment = None
    recorded = None
    recorded_rows = None
    invariance = None

    if TYPE_CHECKING:
        worlds: ModuleType = worlds
        statistics: family.StatisticsRoom[Trajectories, Panel | PanelRows, PanelRows] = statistics
        build: family.BuildRoom[Trajectories, Panel | PanelRows, PanelRows] = build
        draws: family.DrawsRoom[Trajectories, PanelRows] = draws
        pathways: family.PathwaysRoom[Trajectories] = pathways
        checks: family.ChecksRoom[Trajectories, PanelRows] = checks
        fit_rows: family.FitRowsRoom[Trajectories, PanelRows] = fit_rows
        nulls: family.NullsRoom[Trajectories, PanelRows] = nulls
        estimate: family.EstimateRoom[Trajectories, Panel | PanelRows] = estimate
        predictive: family.PredictiveRoom[Trajectories, PanelRows] = predictive
        leave_out: family.LeaveOutRoom[Trajectories, PanelRows] = leave_out
        card: family.CardRoom[Trajectories] = card
        draft: DraftRoom = draft
        equations: family.EquationsRoom[Trajectories] = equations
        sentences: family.SentencesRoom[Trajectories, PanelRows] = sentences
        truth: family.TruthRoom[Trajectories, TrajectoryWorld] = truth
        prior_world: family.PriorWorldRoom[Trajectories, TrajectoryWorld] = prior_world
        simulate: family.SimulateRoom[TrajectoryWorld] = simulate

    def reads_sums(self, spec: Trajectories) -> bool:
        return False

    @property
    def world(self) -> type[TrajectoryWorld]:
        from bayespanel.families.trajectories.world import TrajectoryWorld

        return TrajectoryWorld

    @property
    def world_from(self) -> Callable[..., TrajectoryWorld]:
        from bayespanel.families.trajectories.world import from_tables

        return from_tables

    @property
    def settled_for(self) -> Callable[[Trajectories, TrajectoryWorld], Trajectories]:
        from bayespanel.families.trajectories.truth import settled_for

        return settled_for

    @property
    def scores_again(self) -> Callable[[Trajectories, xr.Dataset, PanelRows, Any, np.random.Generator], Scores]:
        from bayespanel.families.trajectories.scores_again import scores_again

        return scores_again

    @property
    def held(self) -> Callable[[Trajectories], tuple[str, ...]]:
        from bayespanel.families.trajectories.build import held

        return held

    @property
    def elsewhere(self) -> Callable[[Trajectories, PanelRows], Sequence[dict[str, family.Array]]]:
        from bayespanel.families.trajectories.build import elsewhere

        return elsewhere

    @property
    def in_order(self) -> Callable[[Trajectories, xr.Dataset], xr.Dataset]:
        from bayespanel.families.trajectories.prior_world import in_order

        return in_order


TRAJECTORIES = TrajectoryModels()
