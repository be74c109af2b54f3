"""The family of cluster-randomised trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.prior import Prior

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    import xarray as xr

    from bayespanel.families import family
    from bayespanel.families.shared.equations import Equation
    from bayespanel.families.trial.card import CardTable
    from bayespanel.families.trial.statistics import Data, Reduced
    from bayespanel.families.trial.world import TrialWorld


class Trials:
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "trial"
    specification = ClusterTrial
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
    dynamics = None

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
    def worlds(self) -> ModuleType:
        from bayespanel.families.trial import worlds

        return worlds

    @property
    def statistics(self) -> family.StatisticsRoom[ClusterTrial, Data, Reduced]:
        from bayespanel.families.trial import statistics

        return statistics

    @property
    def build(self) -> family.BuildRoom[ClusterTrial, Data, Reduced]:
        from bayespanel.families.trial import build

        return build

    @property
    def draws(self) -> family.DrawsRoom[ClusterTrial, Reduced]:
        from bayespanel.families.trial import draws

        return draws

    @property
    def pathways(self) -> family.PathwaysRoom[ClusterTrial]:
        from bayespanel.families.trial import pathways

        return pathways

    @property
    def checks(self) -> family.ChecksRoom[ClusterTrial, Reduced]:
        from bayespanel.families.trial import checks

        return checks

    @property
    def nulls(self) -> family.NullsRoom[ClusterTrial, Reduced]:
        from bayespanel.families.trial import nulls

        return nulls

    @property
    def estimate(self) -> family.EstimateRoom[ClusterTrial, Data]:
        from bayespanel.families.trial import estimate

        return estimate

    @property
    def predictive(self) -> family.PredictiveRoom[ClusterTrial, Reduced]:
        from bayespanel.families.trial import predictive

        return predictive

    @property
    def leave_out(self) -> family.LeaveOutRoom[ClusterTrial, Reduced]:
        from bayespanel.families.trial import leave_out

        return leave_out

    @property
    def card(self) -> family.CardRoom[ClusterTrial]:
        from bayespanel.families.trial import card

        return card

    @property
    def equations(self) -> family.EquationsRoom[ClusterTrial]:
        from bayespanel.families.trial import equations

        return equations

    @property
    def sentences(self) -> family.SentencesRoom[ClusterTrial, Reduced]:
        from bayespanel.families.trial import sentences

        return sentences

    @property
    def truth(self) -> family.TruthRoom[ClusterTrial, TrialWorld]:
        from bayespanel.families.trial import truth

        return truth

    @property
    def prior_world(self) -> family.PriorWorldRoom[ClusterTrial, TrialWorld]:
        from bayespanel.families.trial import prior_world

        return prior_world

    @property
    def simulate(self) -> family.SimulateRoom[TrialWorld]:
        from bayespanel.families.trial import simulate

        return simulate

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
