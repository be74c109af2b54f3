"""The family of panel models: the RI-CLPM and the CLPM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.prior import Prior

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType

    import xarray as xr

    from bayespanel.data import Moments, Panel
    from bayespanel.families import family
    from bayespanel.families.panel.card import CardTable
    from bayespanel.families.panel.world import PanelWorld


class Panels:
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "riclpm"
    specification = RICLPM
    ready_worlds: tuple[str, ...] = ("triangle_panel", "null_panel", "small_triangle", "two_variables")
    defaults_before: tuple[Prior, ...] = (
        Prior("lag", "Normal", (0, 0.5), scale="total"),
        Prior("covariate_effect", "Normal", (0, 1), scale="total"),
    )

    settled = None
    settled_for = None
    beside = None
    held = None
    elsewhere = None
    in_order = None
    sampling_sds = None
    equations_of_published = None

    def reads_sums(self, spec: RICLPM) -> bool:
        return True

    @property
    def world(self) -> type[PanelWorld]:
        from bayespanel.families.panel.world import PanelWorld

        return PanelWorld

    @property
    def world_from(self) -> Callable[..., PanelWorld]:
        return self.world

    @property
    def worlds(self) -> ModuleType:
        from bayespanel.families.panel import worlds

        return worlds

    @property
    def statistics(self) -> family.StatisticsRoom[RICLPM, Panel | Moments, Moments]:
        from bayespanel.families.panel import statistics

        return statistics

    @property
    def build(self) -> family.BuildRoom[RICLPM, Panel | Moments, Moments]:
        from bayespanel.families.panel import build

        return build

    @property
    def draws(self) -> family.DrawsRoom[RICLPM, Moments]:
        from bayespanel.families.panel import draws

        return draws

    @property
    def pathways(self) -> family.PathwaysRoom[RICLPM]:
        from bayespanel.families.panel import pathways

        return pathways

    @property
    def checks(self) -> family.ChecksRoom[RICLPM, Moments]:
        from bayespanel.families.panel import checks

        return checks

    @property
    def nulls(self) -> family.NullsRoom[RICLPM, Moments]:
        from bayespanel.families.panel import nulls

        return nulls

    @property
    def estimate(self) -> family.EstimateRoom[RICLPM, Panel | Moments]:
        from bayespanel.families.panel import estimate

        return estimate

    @property
    def predictive(self) -> family.PredictiveRoom[RICLPM, Moments]:
        from bayespanel.families.panel import predictive

        return predictive

    @property
    def leave_out(self) -> family.LeaveOutRoom[RICLPM, Moments]:
        from bayespanel.families.panel import leave_out

        return leave_out

    @property
    def card(self) -> family.CardRoom[RICLPM]:
        from bayespanel.families.panel import card

        return card

    @property
    def equations(self) -> family.EquationsRoom[RICLPM]:
        from bayespanel.families.panel import equations

        return equations

    @property
    def sentences(self) -> family.SentencesRoom[RICLPM, Moments]:
        from bayespanel.families.panel import sentences

        return sentences

    @property
    def truth(self) -> family.TruthRoom[RICLPM, PanelWorld]:
        from bayespanel.families.panel import truth

        return truth

    @property
    def prior_world(self) -> family.PriorWorldRoom[RICLPM, PanelWorld]:
        from bayespanel.families.panel import prior_world

        return prior_world

    @property
    def simulate(self) -> family.SimulateRoom[PanelWorld]:
        from bayespanel.families.panel import simulate

        return simulate

    @property
    def refit(self) -> family.RefitRoom[RICLPM, Moments]:
        from bayespanel.families.panel import leave_out

        return leave_out

    @property
    def rivals(self) -> Callable[[RICLPM, Moments], Sequence[dict[str, family.Array]]]:
        from bayespanel.families.panel.build import rivals

        return rivals

    @property
    def card_rules(self) -> Callable[[CardTable, RICLPM, Path], None]:
        from bayespanel.families.panel.card import require

        return require

    @property
    def in_units_of_truth(self) -> Callable[[RICLPM, Moments], Moments]:
        from bayespanel.families.panel.prior_world import in_units_of_truth

        return in_units_of_truth

    @property
    def dynamics(self) -> Callable[..., xr.Dataset]:
        from bayespanel.families.panel.dynamics import dynamics

        return dynamics


PANELS = Panels()
