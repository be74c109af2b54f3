"""The family of trajectories: latent class growth and growth mixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.trajectories.spec import Trajectories

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    import xarray as xr

    from bayespanel.data import Panel, PanelRows
    from bayespanel.families import family
    from bayespanel.families.trajectories.world import TrajectoryWorld
    from bayespanel.language.prior import Prior


class TrajectoryModels:
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "trajectories"
    specification = Trajectories
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
    dynamics = None

    def reads_sums(self, spec: Trajectories) -> bool:
        return False

    @property
    def world(self) -> type[TrajectoryWorld]:
        from bayespanel.families.trajectories.world import TrajectoryWorld

        return TrajectoryWorld

    @property
    def worlds(self) -> ModuleType:
        from bayespanel.families.trajectories import worlds

        return worlds

    @property
    def world_from(self) -> Callable[..., TrajectoryWorld]:
        from bayespanel.families.trajectories.world import from_tables

        return from_tables

    @property
    def statistics(self) -> family.StatisticsRoom[Trajectories, Panel | PanelRows, PanelRows]:
        from bayespanel.families.trajectories import statistics

        return statistics

    @property
    def build(self) -> family.BuildRoom[Trajectories, Panel | PanelRows, PanelRows]:
        from bayespanel.families.trajectories import build

        return build

    @property
    def draws(self) -> family.DrawsRoom[Trajectories, PanelRows]:
        from bayespanel.families.trajectories import draws

        return draws

    @property
    def pathways(self) -> family.PathwaysRoom[Trajectories]:
        from bayespanel.families.trajectories import pathways

        return pathways

    @property
    def checks(self) -> family.ChecksRoom[Trajectories, PanelRows]:
        from bayespanel.families.trajectories import checks

        return checks

    @property
    def nulls(self) -> family.NullsRoom[Trajectories, PanelRows]:
        from bayespanel.families.trajectories import nulls

        return nulls

    @property
    def estimate(self) -> family.EstimateRoom[Trajectories, Panel | PanelRows]:
        from bayespanel.families.trajectories import estimate

        return estimate

    @property
    def predictive(self) -> family.PredictiveRoom[Trajectories, PanelRows]:
        from bayespanel.families.trajectories import predictive

        return predictive

    @property
    def leave_out(self) -> family.LeaveOutRoom[Trajectories, PanelRows]:
        from bayespanel.families.trajectories import leave_out

        return leave_out

    @property
    def card(self) -> family.CardRoom[Trajectories]:
        from bayespanel.families.trajectories import card

        return card

    @property
    def equations(self) -> family.EquationsRoom[Trajectories]:
        from bayespanel.families.trajectories import equations

        return equations

    @property
    def sentences(self) -> family.SentencesRoom[Trajectories, PanelRows]:
        from bayespanel.families.trajectories import sentences

        return sentences

    @property
    def truth(self) -> family.TruthRoom[Trajectories, TrajectoryWorld]:
        from bayespanel.families.trajectories import truth

        return truth

    @property
    def prior_world(self) -> family.PriorWorldRoom[Trajectories, TrajectoryWorld]:
        from bayespanel.families.trajectories import prior_world

        return prior_world

    @property
    def simulate(self) -> family.SimulateRoom[TrajectoryWorld]:
        from bayespanel.families.trajectories import simulate

        return simulate

    @property
    def settled_for(self) -> Callable[[Trajectories, TrajectoryWorld], Trajectories]:
        from bayespanel.families.trajectories.truth import settled_for

        return settled_for

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
