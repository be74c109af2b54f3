"""The synthesis: every edge has what the studies say of it, on a study's own scale, or is dashed."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from bayespanel.figures.gallery import plot_synthesis
from bayespanel.figures.synthesis import EDGES, PALE, PLOT
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import TRIANGLES, panel, synthesis


def alone(n):
    evidence = panel(n)
    return evidence.assign_coords(study=("pathway", ["panel"] * evidence.sizes["pathway"]))


def arrow(figure, source, target):
    (found,) = (p for p in named(figure, f"{source}->{target}") if isinstance(p, FancyArrowPatch))
    return found


def test_edges_without_evidence_are_dashed_and_grey():
    figure = plot_synthesis(alone(2))  # parent and child alone
    for source, target in EDGES:
        one, seen = arrow(figure, source, target), "school" not in (source, target)
        assert (to_hex(one.get_edgecolor()) == PALE) != seen
        assert (one.get_linestyle() in ("-", "solid")) == seen
    assert words(figure).count("no evidence") == 4


@pytest.mark.parametrize("n", TRIANGLES)
def test_every_edge_has_its_panel(n):
    text = words(plot_synthesis(synthesis(n)))
    ends = {"child": "child", "parent": "parents", "school": "school"}
    for letter, (source, target) in zip("abcdef", EDGES, strict=True):
        assert f"{letter}  {ends[source]} -> {ends[target]}" in text


def test_the_largest_of_each_study_are_drawn_and_the_others_counted():
    evidence = synthesis(7)
    figure = plot_synthesis(evidence, top=3)
    here = evidence.sel(pathway=(evidence["edge"] == "child->parent") & (evidence["kind"] == "direct"))
    order = here["pathway"].values[np.argsort(-np.abs(here["mean"].values))]
    assert [len(named(figure, name)) for name in order] == [1, 1, 1, 0, 0, 0, 0, 0]
    assert "and 5 smaller" in words(figure)


def test_a_study_has_one_scale_and_its_intervals_stay_on_it():
    evidence = synthesis(3)
    figure = plot_synthesis(evidence)
    areas = [area.get_extents() for area in named(figure, "area")]
    renderer_pad = 2  # pixels: caps of lines
    for line in named(figure, "interval"):
        low, high = line.get_transform().transform(line.get_xydata())[:, 0]
        middle = line.get_transform().transform(line.get_xydata())[0, 1]
        (area,) = (a for a in areas if a.y0 <= middle <= a.y1 and a.x0 - renderer_pad <= low <= a.x1)
        assert high <= area.x1 + renderer_pad
    assert "persistent victims: ends at 1.2" in words(figure)


def test_estimates_stand_at_their_values():
    evidence = synthesis(3)
    figure = plot_synthesis(evidence)
    ends = [named(figure, name)[0].get_xdata()[0] for name in ("parents feel informed", "invited to meetings")]
    means = [float(evidence["mean"].sel(pathway=name)) for name in ("parents feel informed", "invited to meetings")]
    assert "parental involvement trial: ends at 0.6" in words(figure)
    assert ends[0] - ends[1] == pytest.approx((means[0] - means[1]) * PLOT / 2 / 0.6)


def test_carry_over_and_associations_are_no_edges():
    figure = plot_synthesis(alone(3))
    assert not named(figure, "depression -> depression")
    assert not any("~" in text for text in words(figure))


def test_kinds_are_chosen():
    figure = plot_synthesis(alone(3), kinds=("carry_over",))
    assert named(figure, "depression -> depression")
    assert any("within child" in text for text in words(figure))


@pytest.mark.parametrize("n", TRIANGLES)
def test_texts_are_legible(n):
    assert not legible(plot_synthesis(synthesis(n)))
    assert not legible(plot_synthesis(alone(n)))


def test_evidence_without_study_or_edges_is_refused():
    with pytest.raises(SpecError, match="Missing: study"):
        plot_synthesis(panel(2))
    with pytest.raises(SpecError, match="none of the kind odds"):
        plot_synthesis(alone(2), kinds=("odds",))


def test_too_many_studies_are_refused():
    evidence = alone(7)
    names = [f"study {i % 7}" for i in range(evidence.sizes["pathway"])]
    with pytest.raises(SpecError, match="There are 7"):
        plot_synthesis(evidence.assign_coords(study=("pathway", names)))
