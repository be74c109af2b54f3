"""A figure at a journal's width is exactly so wide, can be read, and loses nothing; or it is refused and stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

from bayespanel.figures.gallery import plot_forest, plot_lag_matrix, plot_path_diagram, plot_responses, plot_triangle
from bayespanel.figures.journal import SMALLEST, journal_size
from bayespanel.language.errors import SpecError
from tests.figures.fakes import panel, responses

DRAWN: dict[str, Callable[[], Figure]] = {
    "forest": lambda: plot_forest(panel(3)),
    "triangle": lambda: plot_triangle(panel(3)),
    "path diagram": lambda: plot_path_diagram(panel(3), waves=("1", "2", "3", "4")),
    "lag matrix": lambda: plot_lag_matrix(panel(3)),
    "responses": lambda: plot_responses(responses(3)),
}


def letters(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def short() -> Figure:
    """A forest whose names are short enough for one column."""
    evidence = panel(2)
    return plot_forest(evidence.assign_coords(pathway=[f"x{i} -> y" for i in range(evidence.sizes["pathway"])]))


@pytest.mark.parametrize("name", DRAWN)
def test_two_columns_are_180_mm_and_hold_every_figure(name: str) -> None:
    figure = journal_size(DRAWN[name](), columns=2)
    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    assert min(text.get_fontsize() for text in letters(figure)) >= SMALLEST
    drawn = [axes.get_tightbbox() for axes in figure.axes]
    assert all(box.x0 > -1 and box.x1 < figure.get_figwidth() * figure.dpi + 1 for box in drawn if box)


def test_one_column_is_85_mm() -> None:
    figure = journal_size(short(), columns=1)
    assert figure.get_figwidth() * 25.4 == pytest.approx(85)
    assert min(text.get_fontsize() for text in letters(figure)) == pytest.approx(SMALLEST)


def test_a_drawing_is_made_smaller_as_a_whole() -> None:
    before, after = DRAWN["triangle"](), journal_size(DRAWN["triangle"](), columns=2)
    share = 180 / 25.4 / before.get_figwidth()
    np.testing.assert_allclose(after.get_size_inches(), share * before.get_size_inches())
    for one, two in zip(before.findobj(FancyArrowPatch), after.findobj(FancyArrowPatch), strict=True):
        assert two.get_linewidth() == pytest.approx(share * one.get_linewidth())
        assert two.get_mutation_scale() == pytest.approx(share * one.get_mutation_scale())
    assert [text.get_text() for text in letters(after)] == [text.get_text() for text in letters(before)]


@pytest.mark.parametrize("name", ["triangle", "path diagram", "forest"])
def test_what_could_not_be_read_is_refused_and_stays_as_it_was(name: str) -> None:
    figure = DRAWN[name]()
    figure.draw_without_rendering()
    size, fonts = figure.get_size_inches().copy(), sorted({text.get_fontsize() for text in letters(figure)})
    with pytest.raises(SpecError, match="columns=2"):
        journal_size(figure, columns=1)
    np.testing.assert_allclose(figure.get_size_inches(), size)
    figure.draw_without_rendering()
    np.testing.assert_allclose(sorted({round(text.get_fontsize(), 9) for text in letters(figure)}), fonts)


@pytest.mark.parametrize("columns", [0, 3, True, "2"])
def test_pages_have_one_or_two_columns(columns: object) -> None:
    with pytest.raises(SpecError, match="1 or 2 columns"):
        journal_size(DRAWN["forest"](), columns=columns)  # type: ignore[arg-type]  # that is the mistake
