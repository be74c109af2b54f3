"""`plot_x(bp.x(...))` works for every x, and every other figure takes the value of the verb that it is of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import bayespanel as bp
from bayespanel.design.sample_size import SampleSize
from tests.families.panel.data import panel
from tests.families.trajectories.tables import small_panel
from tests.families.trial.tables import table, trial
from tests.figures.drawn import cut_off, drawn_texts
from tests.figures.fakes import delta_curves, sensitivity
from tests.figures.study_fakes import calibrated, curve, found, power, study
from tests.figures.test_family_tree import tree
from tests.unsampled import unsampled

NAMELESS = {"plot_number_of_classes"}
"""Figures in which no variable is named."""

LABELS = {
    "v0": "Zest", "v1": "Vigour", "calm": "Quiet", "kind": "Friendly", "calm_pre": "Before", "kind_pre": "Earlier",
    "victimisation": "Pesten", "low": "Few", "depression": "Somber", "parental_rejection": "Afwijzing",
}  # fmt: skip

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


FIGURES: dict[str, tuple[Callable[..., Figure], Callable[[], tuple[Any, ...]]]] = {
    "plot_forest(evidence)": (bp.plot_forest, lambda: (bp.evidence(panel_fit()),)),
    "plot_triangle(evidence)": (bp.plot_triangle, lambda: (bp.evidence(panel_fit()),)),
    "plot_lag_matrix(evidence)": (bp.plot_lag_matrix, lambda: (bp.evidence(panel_fit()),)),
    "plot_path_diagram(evidence)": (bp.plot_path_diagram, lambda: (bp.evidence(panel_fit()),)),
    "plot_responses(dynamics)": (bp.plot_responses, lambda: (bp.dynamics(panel_fit()),)),
    "plot_prior_posterior(pathway_draws, prior_pathways)": (
        bp.plot_prior_posterior, lambda: (bp.pathway_draws(panel_fit()), bp.prior_pathways(panel_fit(), draws=200)),
    ),
    "plot_sensitivity(sensitivity)": (bp.plot_sensitivity, lambda: (bp.sensitivity(panel_fit()),)),
    "plot_sensitivity(refits)": (bp.plot_sensitivity, lambda: (sensitivity(3),)),
    "plot_family_tree(family_tree)": (bp.plot_family_tree, lambda: (tree(),)),
    "plot_synthesis(synthesise)": (
        bp.plot_synthesis, lambda: (bp.synthesise({"panel": panel_fit(), "trial": trial_fit()}),),
    ),
    "plot_effects(evidence)": (bp.plot_effects, lambda: (bp.evidence(trial_fit()),)),
    "plot_effects(effects)": (bp.plot_effects, lambda: (bp.effects(bp.evidence(trial_fit())),)),
    "plot_flow(trial)": (bp.plot_flow, lambda: (trial(table()),)),
    "plot_delta_adjustment(delta_adjustment)": (bp.plot_delta_adjustment, lambda: (delta_curves(3),)),
    "plot_chains(fit)": (bp.plot_chains, lambda: (panel_fit(),)),
    "plot_trajectories(fit)": (bp.plot_trajectories, lambda: (classes_fit(),)),
    "plot_trajectories(mean_trajectories)": (bp.plot_trajectories, lambda: (bp.mean_trajectories(classes_fit()),)),
    "plot_number_of_classes(number_of_classes)": (
        bp.plot_number_of_classes,
        lambda: (bp.number_of_classes(CLASSES, small_panel(), seed=1, classes=(1, 2), loo=False, progress=False),),
    ),
    "plot_power(assurance)": (bp.plot_power, lambda: (power({"schools": [20, 40]}),)),
    "plot_power(sample_size)": (bp.plot_power, lambda: (searched(),)),
    "plot_calibration(calibrate)": (bp.plot_calibration, lambda: (calibrated(3),)),
    "plot_specification_curve(specification_curve)": (bp.plot_specification_curve, lambda: (curve(20),)),
    "plot_intervals(load)": (
        partial(bp.plot_intervals, pathway="depression -> victimisation"), lambda: (found(study()),),
    ),
}  # fmt: skip
"""Name and value -> the figure, and what makes the value."""


@cache
def value(name: str) -> tuple[Any, ...]:
    return FIGURES[name][1]()


@cache
def figure_of(name: str) -> Figure:
    return FIGURES[name][0](*value(name))


def names_in(figure: Figure, names: Iterable[str]) -> list[str]:
    """Return the names that stand in a figure, each as often as it does."""
    figure.draw_without_rendering()
    # Longest first; the name of a card is none of a variable.
    one = "|".join(name.replace("_", r"[_\s]") for name in sorted(names, key=len, reverse=True))
    whole = re.compile(rf"(?<![\w-])(?<!-\n)(?:{one})(?!\w)")
    every = (text for text in figure.findobj(Text) if isinstance(text, Text))
    return [re.sub(r"\s", "_", found) for text in every for found in whole.findall(text.get_text())]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_takes_the_value_of_its_verb(name: str) -> None:
    figure: Any = figure_of(name)
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_the_words_and_the_size_that_are_wished(name: str) -> None:
    before = figure_of(name)
    labels = {} if name.split("(")[0] in NAMELESS else {"labels": LABELS}
    after = FIGURES[name][0](*value(name), **labels, figsize=(8.5, 9.0))
    if labels:
        assert names_in(after, LABELS) == []
        written = names_in(after, LABELS.values())
        assert written
        assert sorted(written) == sorted(LABELS[one] for one in names_in(before, LABELS))
    width, height = after.get_size_inches()
    if after.get_layout_engine() is None:  # a drawing keeps its proportions
        own = before.get_size_inches()
        assert width / height == pytest.approx(own[0] / own[1])
        assert max(width / 8.5, height / 9.0) == pytest.approx(1)
    else:
        assert (width, height) == (8.5, 9.0)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_in_the_place_of_axes(name: str) -> None:
    page = Figure(figsize=(15, 7), layout="constrained")
    left, right = page.subplots(1, 2)
    left.set_title("mine, $x^2$")
    assert FIGURES[name][0](*value(name), ax=right) is page
    assert tuple(page.get_size_inches()) == (15, 7)
    assert left.title.get_parse_math()
    beside = [(text, box) for text, box in drawn_texts(page) if text not in left.findobj(Text)]
    assert beside
    for text, box in beside:
        assert not text.get_parse_math()
        assert left.get_window_extent().x1 < box.x0
    assert cut_off(page) == []


@pytest.mark.parametrize("name", sorted(name for name in bp.__all__ if name.startswith("plot_")))
def test_words_and_size_are_options_of_every_figure(name: str) -> None:
    options = inspect.signature(getattr(bp, name)).parameters
    wanted = {"figsize", "ax", *(() if name in NAMELESS else ("labels",))}
    assert wanted == {"labels", "figsize", "ax"} & set(options)
    for option in wanted:
        assert options[option].kind is inspect.Parameter.KEYWORD_ONLY
        assert options[option].default is None


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
