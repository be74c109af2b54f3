"""Figures hold what the evidence says: an arrow per direct effect, a row per pathway, and nothing outside the page."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, FancyArrowPatch

from bayespanel.figures.certainty import BEYOND, DIRECTED, NEGLIGIBLE, OPEN, certainty, width
from bayespanel.figures.gallery import plot_forest, plot_triangle
from bayespanel.figures.triangle import RADIUS, angles
from bayespanel.language.errors import SpecError
from bayespanel.language.triangle import Triangle
from bayespanel.summaries.summary import summarise
from tests.summaries.fake import draws, normal

TRIANGLES = {
    2: Triangle(parent=["rejection"], child=["depression"]),
    3: Triangle(parent=["rejection"], child=["depression"], school=["victimisation"]),
    7: Triangle(
        parent=["rejection", "autonomy_support"],
        child=["depression", "self-esteem", "sleep quality"],
        school=["victimisation", "teacher support"],
    ),
}


def evidence(triangle, *, edges=True, intervals=("",)):
    """Carry-over and direct effects with means that differ, negative ones among them."""
    names = triangle.variables
    pairs = [(x, y, i) for i in intervals for x, y in itertools.product(names, names)]
    means = np.linspace(-0.2, 0.2, len(pairs))
    values = draws(
        means + normal(len(pairs), sd=0.03, chains=2, length=200),
        pathway=[f"{x} -> {y}{f' [{i}]' if i else ''}" for x, y, i in pairs],
        kind=["carry_over" if x == y else "direct" for x, y, _ in pairs],
        source=[x for x, _, _ in pairs],
        target=[y for _, y, _ in pairs],
        interval=[i for _, _, i in pairs],
        edge=[triangle.edge(x, y) if edges else "" for x, y, _ in pairs],
    )
    return summarise(values, rope=0.05)


def arrows(figure):
    return {p.get_gid(): p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)}


def written(figure):
    return [t.get_text().replace("\n", " ") for t in figure.axes[0].texts]


def extents(figure, artists):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return [artist.get_window_extent(canvas.get_renderer()) for artist in artists]


@pytest.mark.parametrize("n", TRIANGLES)
def test_a_triangle_has_an_arrow_per_direct_effect_and_a_node_per_variable(n):
    figure = plot_triangle(evidence(TRIANGLES[n]))
    names = TRIANGLES[n].variables
    assert set(arrows(figure)) == {f"{x} -> {y}" for x, y in itertools.permutations(names, 2)}
    assert sum(isinstance(p, Circle) for p in figure.axes[0].patches) == n
    assert {name.replace("_", " ") for name in names} <= set(written(figure))
    assert {"PARENT", "CHILD"} <= set(written(figure))
    assert ("SCHOOL" in written(figure)) == (n > 2)


@pytest.mark.parametrize("n", TRIANGLES)
@pytest.mark.parametrize("edges", [True, False])
def test_nothing_in_a_triangle_overlaps_or_is_cut_off(n, edges):
    figure = plot_triangle(evidence(TRIANGLES[n], edges=edges))
    page = figure.bbox
    outside = [t for t in figure.axes[0].texts if not t.get_text().replace(".", "").replace("-", "").isdigit()]
    boxes = extents(figure, [*outside, *figure.texts, *figure.legends])
    boxes += extents(figure, [p for p in figure.axes[0].patches if isinstance(p, Circle)])
    for box in boxes:
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1
        assert page.y0 <= box.y0
        assert box.y1 <= page.y1
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_numbers_of_three_variables_do_not_overlap():
    figure = plot_triangle(evidence(TRIANGLES[3]))
    boxes = extents(figure, figure.axes[0].texts)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_without_edges_there_are_no_vertices():
    assert "CHILD" not in written(plot_triangle(evidence(TRIANGLES[3], edges=False)))


def test_size_sign_and_certainty_are_drawn():
    ev = evidence(TRIANGLES[7])
    drawn = arrows(plot_triangle(ev))
    for name, arrow in drawn.items():
        row = ev.sel(pathway=name)
        assert arrow.get_linewidth() == pytest.approx(width(float(row["mean"])))
        assert ("Bracket" in type(arrow.get_arrowstyle()).__name__) == (row["mean"] < 0)
        assert arrow.get_zorder() == certainty({v: float(row[v]) for v in row.data_vars}, 0.95).order
    assert {a.get_zorder() for a in drawn.values()} >= {BEYOND.order, OPEN.order}


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"prob_above_rope": 0.96, "prob_direction": 1.0}, BEYOND),
        ({"prob_below_rope": 0.96, "prob_direction": 1.0}, BEYOND),
        ({"prob_rope": 0.96, "prob_direction": 0.99}, NEGLIGIBLE),
        ({"prob_rope": 0.5, "prob_above_rope": 0.5, "prob_direction": 0.98}, DIRECTED),
        ({"prob_rope": 0.5, "prob_above_rope": 0.5, "prob_direction": 0.97}, OPEN),
    ],
)
def test_certainty_follows_from_the_probabilities(shares, expected):
    names = ("prob_rope", "prob_above_rope", "prob_below_rope", "prob_direction")
    assert certainty({name: shares.get(name, 0.0) for name in names}, 0.95) is expected


def test_classes_of_certainty_differ_in_grey_or_in_dashes():
    looks = {(c.colour, c.style) for c in (BEYOND, DIRECTED, OPEN, NEGLIGIBLE)}
    assert len(looks) == 4
    assert len({c.colour for c in (BEYOND, DIRECTED)}) == 2


@given(counts=st.tuples(*[st.integers(0, 5)] * 3).filter(lambda c: 2 <= sum(c) <= 7))
def test_nodes_stand_apart_however_they_are_shared_out(counts):
    vertex = {
        f"{side}{i}": side for side, n in zip(("parent", "child", "school"), counts, strict=True) for i in range(n)
    }
    places = np.radians(list(angles(vertex).values()))
    for a, b in itertools.combinations(places, 2):
        assert np.hypot(np.cos(a) - np.cos(b), np.sin(a) - np.sin(b)) > 4 * RADIUS


def test_one_variable_per_vertex_makes_an_equilateral_triangle():
    out = angles({"p": "parent", "c": "child", "s": "school"})
    assert (out["c"], out["p"], out["s"]) == (90, 210, 330)


def test_an_interval_is_chosen_when_there_are_several():
    ev = evidence(TRIANGLES[3], intervals=("1-2", "2-3"))
    with pytest.raises(SpecError, match="'1-2', '2-3'"):
        plot_triangle(ev)
    with pytest.raises(SpecError, match="'3-4'"):
        plot_triangle(ev, interval="3-4")
    figure = plot_triangle(ev, interval="2-3")
    assert len(arrows(figure)) == 6
    assert all(name.endswith("[2-3]") for name in arrows(figure))
    assert "waves 2-3" in figure.texts[0].get_text()


def test_evidence_without_direct_effects_has_no_triangle():
    ev = summarise(draws(normal(1), kind=["between"]), rope=0.05)
    with pytest.raises(SpecError, match="holds between"):
        plot_triangle(ev)


def test_a_forest_of_log_odds_says_so():
    odds = summarise(draws(normal(1), kind=["odds"]), rope=0.18)
    assert plot_forest(odds).axes[0].get_xlabel().startswith("Log odds ratio: mean and 95 % interval")
    assert plot_forest(evidence(TRIANGLES[3])).axes[0].get_xlabel().startswith("Standardised effect")


def test_a_forest_has_a_row_per_pathway_and_a_band():
    ev = evidence(TRIANGLES[3])
    figure = plot_forest(ev)
    axes = figure.axes[0]
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert len(labels) == 9 + 2
    assert labels[0] == "Carry-over"
    assert set(labels) >= set(ev["pathway"].values)
    assert sum(line.get_gid() == "interval" for line in axes.lines) == 9
    (band,) = [p for p in axes.patches if p.get_gid() == "rope"]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-0.05, 0.05))
    assert [a for a in axes.child_axes if "P(dir.)" in a.get_yticklabels()[0].get_text()]


def test_a_forest_of_the_largest_counts_the_others():
    figure = plot_forest(evidence(TRIANGLES[7]), kinds=["direct"], top=5)
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels[0] == "Direct effects (5 largest of 42)"
    assert len(labels) == 6


@pytest.mark.parametrize("n", TRIANGLES)
def test_nothing_in_a_forest_is_cut_off(n):
    figure = plot_forest(evidence(TRIANGLES[n]), top=8)
    axes = figure.axes[0]
    (margin,) = axes.child_axes
    texts = [*axes.get_yticklabels(), *margin.get_yticklabels(), axes.xaxis.label]
    for box in extents(figure, texts):
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0


def test_figures_leave_no_global_state():
    import matplotlib.pyplot as plt

    plot_forest(evidence(TRIANGLES[2]))
    plot_triangle(evidence(TRIANGLES[2]))
    assert plt.get_fignums() == []


def test_figures_are_saved(tmp_path):
    for name, figure in (("t", plot_triangle(evidence(TRIANGLES[3]))), ("f", plot_forest(evidence(TRIANGLES[3])))):
        figure.savefig(tmp_path / f"{name}.png", dpi=50)
        figure.savefig(tmp_path / f"{name}.svg")
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
