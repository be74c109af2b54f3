"""The path diagram over waves: nodes and arrows of the model, numbers that are found, nothing on anything else."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.bezier import BezierSegment
from matplotlib.patches import FancyArrowPatch

from bayespanel.figures.certainty import certainty, width
from bayespanel.figures.gallery import plot_path_diagram
from bayespanel.figures.path_diagram import CROWD
from bayespanel.language.errors import SpecError
from bayespanel.language.names import interval_labels
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import TRIANGLES, WAVES, panel

INTERVALS = interval_labels(WAVES)


def arrows(figure, evidence):
    names = set(evidence["pathway"].values)
    return [a for a in figure.axes[0].patches if isinstance(a, FancyArrowPatch) and a.get_gid() in names]


@pytest.mark.parametrize("n", TRIANGLES)
def test_each_variable_and_wave_has_a_box_and_a_circle_and_each_variable_an_oval(n):
    figure = plot_path_diagram(panel(n), waves=WAVES)
    assert [len(named(figure, gid)) for gid in ("score", "within", "stable")] == [4 * n, 4 * n, n]


def test_without_intercepts_there_are_no_ovals():
    figure = plot_path_diagram(panel(3), waves=WAVES, intercepts=False)
    assert not named(figure, "stable")
    assert {"parental rejection", "depression", "victimisation"} <= set(words(figure))
    assert not any("random intercepts" in text for text in words(figure))


@pytest.mark.parametrize("n", [2, 3])
def test_averaged_lags_are_drawn_in_every_interval_and_numbered_once(n):
    evidence = panel(n)
    figure = plot_path_diagram(evidence, waves=WAVES)
    assert len(arrows(figure, evidence)) == 3 * n * n
    # correlations of stable parts are numbered too
    assert len(named(figure, "number")) == n * n + n * (n - 1) // 2


def test_lags_by_interval_stand_in_theirs():
    evidence = panel(2, INTERVALS)
    figure = plot_path_diagram(evidence, waves=WAVES)
    assert len(arrows(figure, evidence)) == len(named(figure, "number")) - 1 == 12
    starts = {a.get_gid(): a.get_path().vertices[0, 0] for a in arrows(figure, evidence)}
    where = [starts[f"depression -> parental_rejection [{interval}]"] for interval in INTERVALS]
    assert where == sorted(where)


def test_arrows_are_those_of_the_triangle():
    evidence = panel(3)
    for arrow in arrows(plot_path_diagram(evidence, waves=WAVES), evidence):
        row = evidence.sel(pathway=arrow.get_gid())
        sure = certainty({v: float(row[v]) for v in row.data_vars}, 0.95)
        assert arrow.get_linewidth() == pytest.approx(width(float(row["mean"])))
        assert arrow.get_zorder() == 1 + sure.order / 2
        assert ("Bracket" in type(arrow.get_arrowstyle()).__name__) == (row["mean"] < 0)


def test_of_many_variables_what_lies_inside_the_region_is_left_out_and_counted():
    evidence = panel(7)
    figure = plot_path_diagram(evidence, waves=WAVES)
    lags = evidence.sel(pathway=evidence["kind"] != "between")
    kept = set(lags["pathway"].values[lags["prob_rope"].values < 0.5])
    assert {arrow.get_gid() for arrow in arrows(figure, evidence)} == kept
    assert 7 < len(kept) < 49
    assert any(f"Not drawn: {49 - len(kept)} of 49 lags" in text for text in words(figure))
    assert any("with probability 0.5 or more" in text for text in words(figure))


def test_a_crowd_lowers_the_limit():
    evidence = panel(7, INTERVALS)  # the last interval's lags are all 0.06 larger
    figure = plot_path_diagram(evidence, waves=WAVES)
    found = [a for a in arrows(figure, evidence) if INTERVALS[2] in a.get_gid()]
    assert len(found) - 7 <= CROWD
    assert any("with probability 0.05 or more" in text for text in words(figure))


@pytest.mark.parametrize(
    ("n", "waves", "intercepts"),
    [
        *((n, WAVES, intercepts) for n in TRIANGLES for intercepts in (True, False)),
        *((n, waves, True) for n in TRIANGLES for waves in (("1", "2"), ("spring of 2012", "autumn of 2012", "x"))),
        (2, tuple("12345678"), True),
        (7, INTERVALS, True),
    ],
)
def test_texts_are_legible_and_no_number_stands_on_a_node(n, waves, intercepts):
    by_interval = waves == INTERVALS
    evidence = panel(n, INTERVALS) if by_interval else panel(n)
    figure = plot_path_diagram(evidence, waves=WAVES if by_interval else waves, intercepts=intercepts)
    assert not legible(figure)
    renderer = figure.canvas.get_renderer()
    nodes = [node.get_window_extent(renderer) for gid in ("score", "within") for node in named(figure, gid)]
    for number in named(figure, "number"):
        assert not any(number.get_window_extent(renderer).overlaps(node) for node in nodes)


def test_numbers_stand_on_their_arrows():
    evidence = panel(3, INTERVALS)
    figure = plot_path_diagram(evidence, waves=WAVES)
    drawn = arrows(figure, evidence)
    numbers = named(figure, "number")[3:]  # after the correlations
    assert len(drawn) == len(numbers) == 27
    at = np.linspace(0, 1, 1001)
    for arrow, number in zip(drawn, numbers, strict=True):
        curve = BezierSegment(arrow._path_original.vertices)(at)  # matplotlib tells only the outline, head included
        assert np.hypot(*(curve - number.get_position()).T).min() < 0.01  # inches
        assert float(number.get_text()) == pytest.approx(
            float(evidence["mean"].sel(pathway=arrow.get_gid())), abs=0.006
        )


def test_intervals_that_are_not_those_of_the_waves_are_refused():
    with pytest.raises(SpecError, match="the waves give '1-2', '2-3', '3-4'"):
        plot_path_diagram(panel(2, INTERVALS), waves=("1", "2", "3", "4"))


def test_one_wave_is_no_diagram():
    with pytest.raises(SpecError, match="two or more"):
        plot_path_diagram(panel(2), waves=("1",))


def test_evidence_without_lags_is_refused():
    evidence = panel(2)
    with pytest.raises(SpecError, match="holds between"):
        plot_path_diagram(evidence.sel(pathway=evidence["kind"] == "between"), waves=WAVES)
