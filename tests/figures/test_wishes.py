"""Words for names, sizes and axes of one's own; that every figure takes them is tested with the plots of verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure

import bayespanel as bp
from bayespanel.figures import wishes
from tests.figures.drawn import cut_off
from tests.figures.fakes import panel
from tests.figures.study_fakes import power


def test_a_figure_is_drawn_into_axes_of_ones_own() -> None:
    own = Figure(figsize=(10, 4), layout="constrained")
    first, second = own.subplots(1, 2)
    first.set_title("$x^2$")
    figure = bp.plot_forest(panel(3), ax=second, labels={"depression": "Somber"})
    assert figure is own
    assert tuple(own.get_size_inches()) == (10, 4)
    assert any("Somber" in label.get_text() for label in second.get_yticklabels())
    assert not first.lines
    assert first.title.get_parse_math()
    assert not second.get_yticklabels()[0].get_parse_math()


def test_a_key_is_no_wider_than_its_figure() -> None:
    figure = bp.plot_power(power({"schools": [20, 40]}), figsize=(5, 5))
    figure.draw_without_rendering()
    (key,) = figure.legends
    assert key.get_window_extent().width <= figure.bbox.width


@pytest.mark.parametrize("proportions", [(12, 4), (5, 12)])
@pytest.mark.parametrize("layout", ["constrained", None])
def test_a_drawing_keeps_its_proportions_and_its_letters_fit(proportions: tuple[float, float], layout: Any) -> None:
    own = Figure(figsize=proportions, layout=layout)
    _, second = own.subplots(1, 2)
    bp.plot_triangle(panel(3), ax=second)
    own.draw_without_rendering()
    (drawing,) = own.subfigs[0].subfigs
    assert drawing.bbox.width / drawing.bbox.height == pytest.approx(7.8 / 7.4, rel=0.02)  # the layout adds its margins
    share = drawing.bbox.width / own.dpi / 7.8
    assert [text.get_fontsize() for text in drawing.texts] == pytest.approx([9 * share], rel=0.02)
    assert cut_off(own) == []


def test_a_place_within_a_place_is_one() -> None:
    own = Figure(figsize=(16, 8), layout="constrained")
    left, _ = own.subfigures(1, 2)
    above, below = left.subplots(2, 1)
    assert bp.plot_forest(panel(3), ax=above) is own
    assert bp.plot_power(power({"schools": [20, 40]}), ax=below) is own
    assert cut_off(own) == []


def test_data_that_cannot_be_drawn_leave_axes_where_they_are() -> None:
    own = Figure(layout="constrained")
    axes = own.add_subplot()
    with pytest.raises(bp.SpecError, match=r"Give bp\.delta_adjustment"):
        bp.plot_delta_adjustment(panel(3), ax=axes)
    assert own.axes == [axes]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Figure().add_subplot(), "The layout of yours is not"),
        (lambda: Figure(layout="tight").add_subplot(), "The layout of yours is not"),
        (lambda: Figure(layout="constrained").add_axes((0, 0, 1, 1)), "Your axes stand where you put them"),
        (lambda: "left", "You gave ax='left'"),
    ],
)
def test_axes_that_have_no_place_are_refused(made: Callable[[], Any], said: str) -> None:
    with pytest.raises(bp.SpecError, match=said):
        bp.plot_power(power({"schools": [20, 40]}), ax=made())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": {"depresion": "Somber"}}, "None of 'depresion' does"),
        ({"labels": {}}, "You gave none"),
        ({"labels": {"depression": ""}}, "'depression': ''"),
        ({"labels": {"depression": 3}}, "'depression': 3"),
        ({"labels": {"depression": "one", "victimisation": "one"}}, "'one' for two names"),
        ({"labels": {"depression": "victimisation"}}, "the name of something else"),
        ({"figsize": (0, 3)}, r"You gave \(0, 3\)"),
        ({"figsize": 3}, "You gave 3"),
        ({"ax": "left"}, "You gave ax='left'"),
        ({"ax": Figure().add_subplot(), "figsize": (3, 3)}, "You gave ax and figsize"),
    ],
)
def test_what_cannot_be_wished_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(bp.SpecError, match=said):
        bp.plot_forest(panel(3), **options)


def test_only_whole_names_are_replaced() -> None:
    written = wishes.wording({"a": "Alpha", "a b": "Both"}, ["a -> b"])
    assert written("a -> banana (a_1, a b, [a])") == "Alpha -> banana (a_1, Both, [Alpha])"
