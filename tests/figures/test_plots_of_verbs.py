"""`plot_x(bp.x(...))` works for every x, and every other figure takes the value of the verb that it is of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from matplotlib.figure import Figure

import bayespanel as bp
from bayespanel.design.sample_size import SampleSize
from tests.families.panel.data import panel
from tests.families.trajectories.tables import small_panel
from tests.families.trial.tables import table, trial
from tests.figures.fakes import sensitivity
from tests.figures.study_fakes import calibrated, curve, found, power, study
from tests.figures.test_family_tree import tree
from tests.unsampled import unsampled

CLASSES = bp.Trajectories("victimisation", classes=("high", "low"), predictors=("anxiety",))


@cache
def panel_fit() -> bp.Fit:
    return unsampled(bp.RICLPM(triangle=bp.Triangle(child=["v0"], school=["v1"])), panel())


@cache
def trial_fit() -> bp.Fit:
    edges = {"calm": "school->child"}
    return unsampled(bp.ClusterTrial(outcomes=("calm", "kind"), edges=edges), trial(table(), covariates=[]))


@cache
def classes_fit() -> bp.Fit:
    return unsampled(CLASSES, small_panel())


def searched() -> SampleSize:
    return SampleSize("schools", "a -> b", "excludes 0", 0.8, 40, 20, 60, 0.05, power({"schools": [20, 40, 60]}))


FIGURES: dict[str, Callable[[], Figure]] = {
    "plot_forest(evidence)": lambda: bp.plot_forest(bp.evidence(panel_fit())),
    "plot_triangle(evidence)": lambda: bp.plot_triangle(bp.evidence(panel_fit())),
    "plot_lag_matrix(evidence)": lambda: bp.plot_lag_matrix(bp.evidence(panel_fit())),
    "plot_path_diagram(evidence)": lambda: bp.plot_path_diagram(bp.evidence(panel_fit())),
    "plot_responses(dynamics)": lambda: bp.plot_responses(bp.dynamics(panel_fit())),
    "plot_prior_posterior(pathway_draws, prior_pathways)": lambda: bp.plot_prior_posterior(
        bp.pathway_draws(panel_fit()), bp.prior_pathways(panel_fit(), draws=200)
    ),
    "plot_sensitivity(sensitivity)": lambda: bp.plot_sensitivity(bp.sensitivity(panel_fit())),
    "plot_sensitivity(refits)": lambda: bp.plot_sensitivity(sensitivity(3)),
    "plot_family_tree(family_tree)": lambda: bp.plot_family_tree(tree()),
    "plot_synthesis(synthesise)": lambda: bp.plot_synthesis(
        bp.synthesise({"panel": panel_fit(), "trial": trial_fit()})
    ),
    "plot_effects(evidence)": lambda: bp.plot_effects(bp.evidence(trial_fit())),
    "plot_effects(effects)": lambda: bp.plot_effects(bp.effects(bp.evidence(trial_fit()))),
    "plot_flow(trial)": lambda: bp.plot_flow(trial(table())),
    "plot_chains(fit)": lambda: bp.plot_chains(panel_fit()),
    "plot_trajectories(fit)": lambda: bp.plot_trajectories(classes_fit()),
    "plot_trajectories(mean_trajectories)": lambda: bp.plot_trajectories(bp.mean_trajectories(classes_fit())),
    "plot_number_of_classes(number_of_classes)": lambda: bp.plot_number_of_classes(
        bp.number_of_classes(CLASSES, small_panel(), seed=1, classes=(1, 2), loo=False, progress=False)
    ),
    "plot_power(assurance)": lambda: bp.plot_power(power({"schools": [20, 40]})),
    "plot_power(sample_size)": lambda: bp.plot_power(searched()),
    "plot_calibration(calibrate)": lambda: bp.plot_calibration(calibrated(3)),
    "plot_specification_curve(specification_curve)": lambda: bp.plot_specification_curve(curve(20)),
    "plot_intervals(load)": lambda: bp.plot_intervals(found(study()), pathway="depression -> victimisation"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_takes_the_value_of_its_verb(name: str) -> None:
    figure: Any = FIGURES[name]()
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()


def test_every_figure_is_among_these_and_every_verb_with_the_name_of_a_figure() -> None:
    plots = {name for name in bp.__all__ if name.startswith("plot_")}
    calls = {name.split("(")[0]: set() for name in FIGURES}
    for name in FIGURES:
        calls[name.split("(")[0]].add(name.split("(")[1].rstrip(")"))
    assert plots == set(calls)
    for plot in plots:
        own = plot.removeprefix("plot_")
        assert own not in bp.__all__ or own in calls[plot]


def test_a_diagram_shows_the_waves_and_parts_of_its_model() -> None:
    single = unsampled(bp.RICLPM(variables=("v0", "v1"), intercepts=False), panel())
    for fit, ovals in ((panel_fit(), 2), (single, 0)):
        figure = bp.plot_path_diagram(bp.evidence(fit))
        gids = [artist.get_gid() for artist in figure.findobj()]
        assert gids.count("stable") == ovals
        assert gids.count("score") == 2 * len(fit.data.waves)
