"""Figures look as they did when someone last looked at them; `redraw.py` says how to renew the pictures."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from bayespanel.figures.gallery import plot_lag_matrix
from tests.figures.drawn import cut_off, overlaps
from tests.figures.fakes import panel
from tests.figures.redraw import DPI, FOLDER, PICTURES, draw

TOLERANCE = 6.0
"""Root mean square of the difference, of 255. Another FreeType moves letters by a fraction of a pixel: 2 or 3."""


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_looks_as_it_did(name, tmp_path):
    draw(name, tmp_path / f"{name}.png")
    difference = compare_images(str(FOLDER / f"{name}.png"), str(tmp_path / f"{name}.png"), TOLERANCE)
    assert difference is None, f"{difference}\nIf the change is meant: python -m tests.figures.redraw {name}"


def test_another_number_is_noticed(tmp_path):
    evidence = panel(3).copy(deep=True)
    evidence["mean"][1:3] = [0.2, -0.2]
    with mpl.rc_context():
        mpl.rcdefaults()
        plot_lag_matrix(evidence).savefig(tmp_path / "other.png", dpi=DPI)
    assert compare_images(str(FOLDER / "lag_matrix.png"), str(tmp_path / "other.png"), TOLERANCE) is not None


def test_every_picture_belongs_to_a_figure():
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)


def test_drawing_leaves_no_global_state():
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    for make in (PICTURES["flow"], PICTURES["path_diagram"], PICTURES["chains"]):
        make()
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_texts_that_are_cut_off_or_overlap_are_found():
    figure = Figure(figsize=(2, 1))
    figure.text(0.9, 0.5, "leaves the page")
    assert cut_off(figure) == ["leaves the page"]
    figure.text(0.1, 0.2, "one")
    figure.text(0.12, 0.22, "another")
    assert overlaps(figure) == [("one", "another")]
    axes = figure.add_axes((0.2, 0.3, 0.5, 0.1))
    axes.set_xlim(0, 1)
    axes.set_xticks(np.arange(-3, 3))  # what lies outside is not drawn, so it cannot be cut off
    assert cut_off(figure) == ["leaves the page"]
