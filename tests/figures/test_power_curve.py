"""Power: a line per pathway with its band, panels for the rest of the grid, and no failed fit unsaid."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.figures.gallery import plot_power
from bayespanel.figures.power_curve import MOST, TOLD_APART
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.study_fakes import pathways, power

SCHOOLS = {"schools": [20, 40, 60, 80, 100]}

CELLS = SCHOOLS | {"pupils": [10, 20, 25, 30], "waves": [3, 5]}
"""40 conditions."""


def text(figure):
    return " ".join(words(figure))


def test_each_pathway_of_one_step_has_a_line_with_the_shares_of_the_table():
    table = power(SCHOOLS)
    figure = plot_power(table)
    lines = named(figure, "line")
    assert len(lines) == 9  # the sum is not drawn
    assert len(named(figure, "band")) == 9
    drawn = {tuple(line.get_ydata()) for line in lines}
    kept = table["assurance"].sel(decision="excludes 0").isel(pathway=slice(0, 9)).transpose("pathway", "condition")
    assert drawn == {tuple(row) for row in kept.values}
    assert all(list(line.get_xdata()) == SCHOOLS["schools"] for line in lines)


def test_direct_effects_come_first_the_largest_truth_on_top():
    (legend,) = plot_power(power(SCHOOLS)).legends
    labels = [entry.get_text() for entry in legend.get_texts()]
    assert labels[0] == "parental rejection -> depression (truth 0.12)"
    assert labels[1] == "victimisation -> parental rejection (truth -0.08)"
    assert labels[-1] == "depression -> depression (truth 0.25)"


def test_what_is_not_drawn_is_named():
    figure = plot_power(power(SCHOOLS, variables=7))
    assert len(named(figure, "line")) == MOST
    assert "Not drawn (39):" in text(figure)
    assert "own bullying -> own bullying" in text(figure)


def test_the_field_with_most_values_is_the_axis_and_the_others_make_panels():
    figure = plot_power(power(CELLS), pathways="depression -> victimisation")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [f"pupils {pupils}, waves {waves}" for pupils in CELLS["pupils"] for waves in CELLS["waves"]]
    assert "schools" in words(figure)
    other = plot_power(power(CELLS), pathways="depression -> victimisation", x="pupils")
    assert sum(bool(axes.get_title()) for axes in other.axes) == 10


def test_every_decision_has_a_panel_and_one_can_be_chosen():
    table = power(SCHOOLS, ["excludes 0", "rope > 0.95"])
    assert [axes.get_title() for axes in plot_power(table).axes] == ["excludes 0", "rope > 0.95"]
    one = plot_power(table, decision="rope  >  0.95")
    assert len(one.axes) == 1
    assert "Power (rope > 0.95)" in words(one)
    assert "ROPE -0.03 to 0.03" in text(one)


def test_conditions_are_in_the_order_of_the_axis():
    figure = plot_power(power({"schools": [80, 20, 40]}), pathways="depression -> victimisation")
    (line,) = named(figure, "line")
    assert list(line.get_xdata()) == [20, 40, 80]


def test_one_condition_is_drawn_as_dots_with_intervals():
    table = power()
    figure = plot_power(table)
    assert len(named(figure, "dot")) == len(named(figure, "interval")) == 9
    first = table.sel(pathway="parental_rejection -> depression", decision="excludes 0").isel(condition=0)
    assert named(figure, "dot")[0].get_xdata()[0] == float(first["assurance"])
    assert tuple(named(figure, "interval")[0].get_xdata()) == (float(first["lower"]), float(first["upper"]))


def test_conditions_without_a_number_have_a_panel_each():
    figure = plot_power(power({"lags": ["equal", "free"]}))
    assert [axes.get_title() for axes in figure.axes] == ["lags equal", "lags free"]
    assert len(named(figure, "dot")) == 18


def test_conditions_that_numbers_do_not_tell_apart_have_a_panel_each():
    table = power({"schools": [20, 40], "lags": ["equal", "free"]}).drop_vars("lags")  # as a field that is a table
    assert len(plot_power(table).axes) == 4


def test_the_goal_is_drawn():
    (line,) = named(plot_power(power(SCHOOLS), goal=0.9), "goal")
    assert line.get_ydata()[0] == 0.9


def test_failed_and_unconverged_fits_are_counted():
    said = text(plot_power(power(SCHOOLS)))
    assert "Of 1,000 fits 2 failed (they reach no decision; at most 2 in a condition)" in said
    assert "3 did not converge (they count as they are; at most 3 in a condition)" in said
    assert "All 1,000 fits converged." in text(plot_power(power(SCHOOLS, spoilt=False)))


def test_a_decision_without_anything_to_decide_on_is_said():
    said = text(plot_power(power(SCHOOLS, ["excludes 0", "bf10 > 10"])))
    assert "Nothing to decide on: bf10 > 10." in said


def test_world_card_replicates_and_truth_are_said():
    said = text(plot_power(power(SCHOOLS)))
    for part in ("200 per condition", "World spillover, card spillover-depression.", "Truth fixed."):
        assert part in said
    drawn = plot_power(power(SCHOOLS, drawn=("lag",)))
    assert "Assurance (excludes 0)" in words(drawn)
    assert "Truth drawn from design priors." in text(drawn)
    assert "(mean truth 0.12)" in text(drawn)


@pytest.mark.parametrize("variables", [2, 7])
@pytest.mark.parametrize("grid", [{}, {"lags": ["equal", "free"]}, SCHOOLS, CELLS], ids=["one", "names", "line", "40"])
def test_texts_are_legible(variables, grid):
    assert not legible(plot_power(power(grid, ["excludes 0", "rope > 0.95"], variables)))


def test_wrong_names_are_refused_with_the_nearest():
    table = power(SCHOOLS)
    with pytest.raises(SpecError, match=r"'depresion -> victimisation' is not in it. Nearest: 'depression -> vict"):
        plot_power(table, pathways="depresion -> victimisation")
    with pytest.raises(SpecError, match=r"'exclude 0' is not in it. Nearest: 'excludes 0'"):
        plot_power(table, decision="exclude 0")
    with pytest.raises(SpecError, match=r"'school' is not in it. Nearest: 'schools'"):
        plot_power(table, x="school")


def test_nothing_to_draw_too_many_lines_and_odd_goals_are_refused():
    table = power(SCHOOLS, variables=7)
    with pytest.raises(SpecError, match="None has a share"):
        plot_power(table.assign(assurance=table["assurance"] * np.nan))
    with pytest.raises(SpecError, match=f"There are {TOLD_APART + 1}"):
        plot_power(table, pathways=list(pathways(7))[: TOLD_APART + 1])
    with pytest.raises(SpecError, match="It is 80"):
        plot_power(table, goal=80)
