"""The family of panel models: the RI-CLPM and the CLPM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.rooms import Rooms
from bayespanel.language.prior import Prior

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    import numpy as np
    import pandas as pd
    import xarray as xr

    from bayespanel.data import Moments, Panel
    from bayespanel.families import family
    from bayespanel.families.panel import (
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
        varying_table,
        worlds,
    )
    from bayespanel.families.panel.card import CardTable
    from bayespanel.families.panel.world import PanelWorld
    from bayespanel.families.shared.draft import DraftRoom
    from bayespanel.families.shared.further_rooms import CategoryRoom, ShiftRoom, VaryingRoom
    from bayespanel.families.shared.scores_again import Scores
    from bayespanel.inference.checks import Check


class Panels(Rooms):
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "riclpm"
    specification = RICLPM
    folder = "bayespanel.families.panel"
    ready_worlds: tuple[str, ...] = ("triangle_panel", "null_panel", "small_triangle", "two_variables")
    defaults_before: tuple[Prior, ...] = (
        Prior("lag", "Normal", (0, 0.5), scale="total"),
        Prior("covariate_effect", "Normal", (0, 1), scale="total"),
    )

    settled = None
    settled_for = None
    beside = None
    elsewhere = None
    in_order = None
    sampling_sds = None
    equations_of_published = None

    if TYPE_CHECKING:
        worlds: ModuleType = worlds
        statistics: family.StatisticsRoom[RICLPM, Panel | Moments, Moments] = statistics
        build: family.BuildRoom[RICLPM, Panel | Moments, Moments] = build
        draws: family.DrawsRoom[RICLPM, Moments] = draws
        pathways: family.PathwaysRoom[RICLPM] = pathways
        checks: family.ChecksRoom[RICLPM, Moments] = checks
        fit_rows: family.FitRowsRoom[RICLPM, Moments] = fit_rows
        nulls: family.NullsRoom[RICLPM, Moments] = nulls
        estimate: family.EstimateRoom[RICLPM, Panel | Moments] = estimate
        predictive: family.PredictiveRoom[RICLPM, Moments] = predictive
        leave_out: family.LeaveOutRoom[RICLPM, Moments] = leave_out
        card: family.CardRoom[RICLPM] = card
        draft: DraftRoom = draft
        equations: family.EquationsRoom[RICLPM] = equations
        sentences: family.SentencesRoom[RICLPM, Moments] = sentences
        truth: family.TruthRoom[RICLPM, PanelWorld] = truth
        prior_world: family.PriorWorldRoom[RICLPM, PanelWorld] = prior_world
        simulate: family.SimulateRoom[PanelWorld] = simulate
        varying_table: VaryingRoom[RICLPM] = varying_table
        category_table: CategoryRoom[RICLPM, Moments] = category_table
        delta_adjustment: ShiftRoom[RICLPM, Moments] = delta_adjustment

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
    def scores_again(self) -> Callable[[RICLPM, xr.Dataset, Moments, Any, np.random.Generator], Scores]:
        from bayespanel.families.panel.scores_again import scores_again

        return scores_again

    @property
    def augmented(self) -> Callable[[RICLPM, Moments, Any], Any | None]:
        from bayespanel.families.panel.augmented_sampling import augmented

        return augmented

    @property
    def held(self) -> Callable[[RICLPM], tuple[str, ...]]:
        from bayespanel.families.panel.build import held

        return held

    @property
    def recorded(self) -> Callable[[RICLPM, xr.Dataset, Any], dict[str, list[dict[str, Any]]]]:
        from bayespanel.families.panel.recorded import recorded

        return recorded

    @property
    def recorded_rows(self) -> Callable[[Mapping[str, Any]], Iterable[Check]]:
        from bayespanel.families.panel.recorded import rows

        return rows

    @property
    def dynamics(self) -> Callable[..., xr.Dataset]:
        from bayespanel.families.panel.dynamics import dynamics

        return dynamics

    @property
    def invariance(self) -> Callable[..., dict[str, pd.DataFrame]]:
        from bayespanel.families.panel.invariance import invariance

        return invariance


PANELS = Panels()
