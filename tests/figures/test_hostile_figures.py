"""Every figure draws names that are out to break it, letter by letter."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import matplotlib as mpl
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

import bayespanel as bp
from bayespanel.families.trajectories.simulate import simulate
from bayespanel.figures.plain_text import cut
from bayespanel.language.names import interval_labels
from bayespanel.page.figure_files import drawn, inlined
from tests.families.trajectories.tables import small_world
from tests.figures.drawn import cut_off, words
from tests.figures.fakes import (
    WAVES,
    delta_curves,
    fit,
    panel,
    panel_draws,
    prior_draws,
    responses,
    sensitivity,
    synthesis,
    trial,
)
from tests.figures.study_fakes import calibrated, curve, found, power, study
from tests.figures.test_effects import fake_trial
from tests.figures.test_family_tree import tree
from tests.hostile import NAMES, renamed
from tests.unsampled import unsampled

Names = tuple[str, str, str]

TRIPLES: list[Names] = [(NAMES[k], NAMES[(k + 1) % len(NAMES)], NAMES[(k + 2) % len(NAMES)]) for k in range(0, 15, 3)]
"""Names of three variables; each of `NAMES` stands in one or two."""


def options(names: Names) -> Figure:
    given = curve(30)
    given.attrs["pathway"] = f"{names[2]} -> {names[0]}"
    chosen = [names[0] if value == "complete" else names[1] for value in given["data"].values]
    return bp.plot_specification_curve(given.assign_coords(data=("specification", chosen)))


def chains(names: Names) -> Figure:
    made = fit(length=120)
    labels = {name: list(names[:2]) for name in ("target", "source", "variable", "variable_")}
    groups = {**made.groups, "posterior": made.posterior.assign_coords(labels)}
    return bp.plot_chains(replace(made, groups=groups))


FIGURES: dict[str, Callable[[Names], Figure]] = {
    "plot_forest": lambda names: bp.plot_forest(renamed(panel(3), *names)),
    "plot_triangle": lambda names: bp.plot_triangle(renamed(panel(3), *names)),
    "plot_lag_matrix": lambda names: bp.plot_lag_matrix(renamed(panel(3), *names)),
    "plot_path_diagram": lambda names: bp.plot_path_diagram(
        renamed(panel(3, interval_labels(WAVES)), *names), waves=WAVES
    ),
    "plot_responses": lambda names: bp.plot_responses(renamed(responses(3), *names), source=names[0]),
    "plot_prior_posterior": lambda names: bp.plot_prior_posterior(
        renamed(panel_draws(3), *names), renamed(prior_draws(3), *names)
    ),
    "plot_sensitivity": lambda names: bp.plot_sensitivity(renamed(sensitivity(3), *names), top=6),
    "plot_family_tree": lambda names: bp.plot_family_tree(
        renamed(tree(3), *names).assign_coords(model=[names[0], names[1], "c"])
    ),
    "plot_synthesis": lambda names: bp.plot_synthesis(renamed(synthesis(3), *names)),
    "plot_effects": lambda names: bp.plot_effects(
        fake_trial((names[0], "y2", "y3"), {names[1]: ("y2", "y3")}, arms=(names[2], "b"))
    ),
    "plot_flow": lambda names: bp.plot_flow(trial((names[0], names[1]), (names[2], "y"))),
    "plot_chains": chains,
    "plot_delta_adjustment": lambda names: bp.plot_delta_adjustment(renamed(delta_curves(3), *names)),
    "plot_power": lambda names: bp.plot_power(renamed(power({"schools": [20, 40]}), *names)),
    "plot_calibration": lambda names: bp.plot_calibration(renamed(calibrated(3, wrong=1), *names), most=3),
    "plot_specification_curve": options,
    "plot_intervals": lambda names: bp.plot_intervals(
        renamed(found(study()), *names), pathway=f"{names[1]} -> {names[2]}"
    ),
}
"""Figures of evidence -> drawing them with three names."""

OF_FITS = {"plot_trajectories", "plot_number_of_classes"}


def require_plain(figure: Figure) -> None:
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    assert texts
    assert not [text.get_text() for text in texts if text.get_parse_math() or text.get_usetex()]


@pytest.mark.parametrize("names", TRIPLES, ids=range(len(TRIPLES)))
@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_with_such_names_is_drawn(figure: str, names: Names) -> None:
    made = FIGURES[figure](names)
    require_plain(made)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of letters that the font lacks
        assert drawn(made, "png", 40).startswith(b"\x89PNG")
        # Names are wrapped and cut, but their beginning is there.
        shown = "".join(words(made)).replace(" ", "").replace("\n", "")
    seen = [name.replace("_", " ").replace(" ", "")[:6] for name in names]
    assert any(start in shown for start in seen)


@given(st.text(st.sampled_from("abW日 "), min_size=1, max_size=90), st.integers(12, 60))
def test_a_label_that_is_cut_keeps_its_ends_and_its_arrow(name: str, room: int) -> None:
    short = cut(f"{name} -> {name}", room)
    assert short == f"{name} -> {name}" or "…" in short
    assert len(short) <= max(room, 2 * 4 + 4)
    assert short.count(" -> ") == 1
    assert short.split(" -> ")[0][0] == name[0]
    assert short[-1] == name[-1]
    assert cut(short, room) == short or room < 14


@pytest.mark.parametrize("name", [NAMES[-1], "how often did you feel that " * 4 + "nobody"])
def test_long_names_stay_on_the_page_of_a_forest(name: str) -> None:
    assert not cut_off(FIGURES["plot_forest"]((name, "b" * 100, "c")))
    assert not cut_off(FIGURES["plot_effects"]((name, "b" * 100, "c")))


def test_every_figure_is_among_these() -> None:
    assert set(FIGURES) | OF_FITS == {name for name in bp.__all__ if name.startswith("plot_")}


def test_a_user_s_own_settings_do_not_turn_names_into_mathematics() -> None:
    with mpl.rc_context({"text.usetex": True, "text.parse_math": True}):
        figure = FIGURES["plot_forest"](TRIPLES[0])
        require_plain(figure)
        assert inlined(figure).startswith("data:image/")


@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_trajectories_with_such_names_are_drawn() -> None:
    outcome, predictor, high = NAMES[0], NAMES[1], NAMES[4]
    frame = simulate(small_world(control=False), 1).rename(columns={"victimisation": outcome, "anxiety": predictor})
    data = bp.Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=[outcome], school="school", covariates=[predictor]
    )
    spec = bp.Trajectories(outcome, classes=(high, NAMES[2]), predictors=(predictor,), levels=("pupil",))
    figure = bp.plot_trajectories(unsampled(spec, data, draws=60))
    require_plain(figure)
    assert drawn(figure, "png", 50)
    said = " ".join(words(figure))
    assert high in said
    assert NAMES[2] in said
    require_plain(bp.plot_number_of_classes(pd.DataFrame({"classes": [1, 2], "bic_difference": [2.0, 0.0]})))
