"""The toy family: the smallest that does all that a family has to, in a folder of its own.

It is written as CONTRIBUTING says under "A new family", and `test_toy.py` puts it through every verb. What it lacks is
None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.families.shared.rooms import Rooms
from bayespanel.language.prior import Prior
from tests.families.toy.spec import Toy
from tests.families.toy.world import ToyWorld

if TYPE_CHECKING:
    from types import ModuleType

    from bayespanel.data import Moments, Panel
    from bayespanel.families import family
    from tests.families.toy import (
        build,
        card,
        checks,
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


class Toys(Rooms):
    """See `bayespanel.families.family.Family` for what each ability is."""

    name = "toy"
    specification = Toy
    folder = "tests.families.toy"
    world = ToyWorld
    world_from = ToyWorld
    ready_worlds: tuple[str, ...] = ("tiny_toy",)
    defaults_before: tuple[Prior, ...] = ()

    card_rules = None
    draft = None
    refit = None
    settled = None
    settled_for = None
    beside = None
    held = None
    rivals = None
    elsewhere = None
    in_units_of_truth = None
    in_order = None
    sampling_sds = None
    equations_of_published = None
    dynamics = None
    varying_table = None
    category_table = None
    delta_adjustment = None
    scores_again = None
    augmented = None
    recorded = None
    recorded_rows = None
    invariance = None

    if TYPE_CHECKING:
        worlds: ModuleType = worlds
        statistics: family.StatisticsRoom[Toy, Panel | Moments, Moments] = statistics
        build: family.BuildRoom[Toy, Panel | Moments, Moments] = build
        draws: family.DrawsRoom[Toy, Moments] = draws
        pathways: family.PathwaysRoom[Toy] = pathways
        checks: family.ChecksRoom[Toy, Moments] = checks
        fit_rows: family.FitRowsRoom[Toy, Moments] = fit_rows
        nulls: family.NullsRoom[Toy, Moments] = nulls
        estimate: family.EstimateRoom[Toy, Panel | Moments] = estimate
        predictive: family.PredictiveRoom[Toy, Moments] = predictive
        leave_out: family.LeaveOutRoom[Toy, Moments] = leave_out
        card: family.CardRoom[Toy] = card
        equations: family.EquationsRoom[Toy] = equations
        sentences: family.SentencesRoom[Toy, Moments] = sentences
        truth: family.TruthRoom[Toy, ToyWorld] = truth
        prior_world: family.PriorWorldRoom[Toy, ToyWorld] = prior_world
        simulate: family.SimulateRoom[ToyWorld] = simulate

    def reads_sums(self, spec: Toy) -> bool:
        return True


TOYS = Toys()
