"""Arrows of a figure can be pointed at: outlines lie on them, and the words are those of the evidence."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.patches import FancyArrowPatch

import bayespanel as bp
from bayespanel.language.errors import OutputWarning
from bayespanel.language.names import interval_labels
from bayespanel.page.arrows import spots, words_of
from bayespanel.page.document import FigurePart, Page, Section, render, write
from bayespanel.page.undrawn import picture
from tests.figures.fakes import WAVES, panel
from tests.hostile import NAMES, renamed
from tests.page.test_browser import CHROMIUM, browser  # noqa: F401 (a fixture)

SIZE = (700, 600)

FIGURES = {
    "triangle": (bp.plot_triangle, panel(3)),
    "path diagram": (partial(bp.plot_path_diagram, waves=WAVES), panel(3)),
    "path diagram by interval": (partial(bp.plot_path_diagram, waves=WAVES), panel(3, interval_labels(WAVES))),
    "path diagram of seven": (partial(bp.plot_path_diagram, waves=WAVES), panel(7)),
}


def numbers(outline: str) -> np.ndarray:
    """Points of an outline [point, 2]."""
    return np.array([float(x) for x in re.findall(r"-?\d+\.\d+", outline)]).reshape(-1, 2)


def triangle(evidence: xr.Dataset) -> Page:
    """A page with a triangle."""
    words = partial(words_of, evidence)
    made = picture(partial(bp.plot_triangle, evidence), "A triangle", "The triangle", "triangle", words)
    assert isinstance(made, FigurePart)
    return Page("A page", "", (Section("one", "One", (made,)),), "2026-11-30", "0.1.0")


@pytest.mark.parametrize("name", FIGURES)
def test_every_arrow_of_a_pathway_has_its_outline_within_the_picture(name: str) -> None:
    plot, evidence = FIGURES[name]
    figure = plot(evidence)
    figure.draw_without_rendering()
    words = words_of(evidence)
    found = spots(figure, words, *SIZE)
    drawn = [arrow.get_gid() for arrow in figure.findobj(FancyArrowPatch) if arrow.get_gid() in words]
    assert [spot.words for spot in found] == [words[gid] for gid in dict.fromkeys(drawn)]
    assert sum(spot.outline.count("M") for spot in found) >= len(drawn)
    for spot in found:
        points = numbers(spot.outline)
        assert (points > -1).all()
        assert (points < np.array(SIZE) + 1).all()


def test_an_outline_lies_on_its_arrow() -> None:
    evidence = panel(3)
    figure = bp.plot_triangle(evidence)
    figure.draw_without_rendering()
    words = words_of(evidence)
    outlines = {spot.words: spot.outline for spot in spots(figure, words, *SIZE)}
    for arrow in figure.findobj(FancyArrowPatch):
        if arrow.get_gid() in words:
            ends = arrow.get_transform().transform(arrow.get_path().vertices)
            share = ends / [figure.bbox.width, figure.bbox.height]
            expected = np.column_stack([share[:, 0], 1 - share[:, 1]]) * SIZE
            near = np.abs(numbers(outlines[words[arrow.get_gid()]])[:, None] - expected[None, :1]).max(axis=2).min()
            assert near < 0.1


def test_words_are_those_of_the_table() -> None:
    evidence = panel(3)
    row = bp.table(evidence).set_index("pathway").loc["depression -> victimisation"]
    words = words_of(evidence)["depression -> victimisation"]
    assert words.startswith(f"depression -> victimisation: {row['mean']:.3f}"[:-1])
    assert "95 % interval" in words
    assert "P(direction)" in words


@pytest.mark.parametrize("first", NAMES[:6])
def test_hostile_names_stay_words(first: str) -> None:
    evidence = renamed(panel(3), first, "b", "c")
    html = render(triangle(evidence))
    assert html.count("<path d=") == 6


def test_words_that_cannot_be_made_do_not_cost_the_figure() -> None:
    def broken() -> dict[str, str]:
        raise ValueError("no words")

    with pytest.warns(OutputWarning, match=r"could not be made: ValueError: no words"):
        made = picture(partial(bp.plot_triangle, panel(3)), "A triangle", "The triangle", "triangle", broken)
    assert isinstance(made, FigurePart)
    assert made.words == {}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the arrows were not pointed at (apt install chromium)")
def test_a_reader_points_at_an_arrow_or_goes_to_it_by_keyboard(browser, tmp_path: Path) -> None:  # noqa: F811 (the fixture)
    evidence = panel(3)
    address = write(triangle(evidence), tmp_path / "report").as_uri()
    words = set(words_of(evidence).values())
    for width in (1280, 390):
        tab = browser.new_context(viewport={"width": width, "height": 900}).new_page()
        tab.goto(address)
        told = tab.locator(".told")
        assert "Point at an arrow" in told.inner_text()
        picture_box, drawing_box = (tab.locator(of).bounding_box() for of in (".picture img", ".spots"))
        assert drawing_box == pytest.approx(picture_box, abs=1)
        tab.locator(".spots path").first.focus()
        assert told.inner_text() in words
        tab.locator(".spots path").nth(1).hover(force=True)
        tab.keyboard.press("Tab")
        assert told.inner_text() in words
        assert tab.evaluate("getComputedStyle(document.activeElement).stroke") != "rgba(0, 0, 0, 0)"
        tab.close()
