"""Calibration: every quantity has a line, the worst have panels, and the verdict stands in words."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.figures.gallery import plot_calibration
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.study_fakes import calibrated


@pytest.fixture(scope="module")
def wrong():
    return calibrated(3, wrong=2)


def text(figure):
    return " ".join(words(figure))


def lines(axes):
    return [line for line in axes.lines if line.get_gid() in ("inside", "outside")]


def test_all_lines_are_in_the_first_panel_and_the_worst_in_their_own(wrong):
    figure = plot_calibration(wrong, most=4)
    assert [len(lines(axes)) for axes in figure.axes] == [wrong.sizes["pathway"], 1, 1, 1, 1]
    assert figure.axes[0].get_title() == "all 10 pathways and parameters"
    order = wrong["pathway"].values[np.argsort(wrong["p_value"].values, kind="stable")]
    heads = [" ".join(axes.get_title().split("\n")[:-1]) for axes in figure.axes[1:]]
    assert heads == [name.replace("_", " ") for name in order[:4]]


def test_a_line_is_what_was_computed(wrong):
    worst = wrong.isel(pathway=int(np.argmin(wrong["p_value"].values)))
    (line,) = lines(plot_calibration(wrong).axes[1])
    assert list(line.get_ydata()) == [0, *worst["ecdf_difference"].values, 0]


def test_lines_that_leave_the_band_are_marked_and_counted(wrong):
    figure = plot_calibration(wrong, most=0)
    outside = int((~wrong["inside"]).sum())
    assert outside >= 2
    assert len(named(figure, "outside")) == outside
    assert f"outside ({outside})" in words(figure)
    assert all(line.get_linestyle() == "--" for line in named(figure, "outside"))


def test_the_verdict_and_the_fits_are_said(wrong):
    said = text(plot_calibration(wrong))
    assert said.count("Not passed: some quantity strays further than chance allows (smallest p < .001 of 10") == 1
    assert "Of 300 fits 2 failed (without ranks) and 3 did not converge (they count as they are)." in said
    assert "World spillover, card spillover-depression." in said
    fine = text(plot_calibration(calibrated(3, spoilt=False)))
    assert "Passed: no quantity strays further than chance allows" in fine
    assert "All 300 fits converged." in fine


def test_one_quantity_has_one_panel(wrong):
    figure = plot_calibration(wrong.isel(pathway=[2]))
    assert len(figure.axes) == 1
    assert "parental rejection -> victimisation" in words(figure)


@pytest.mark.parametrize(("variables", "most"), [(2, 0), (3, 5), (7, 12)])
def test_texts_are_legible(variables, most):
    assert not legible(plot_calibration(calibrated(variables, wrong=1), most=most))


def test_nothing_to_draw_is_refused(wrong):
    with pytest.raises(SpecError, match="There are 0"):
        plot_calibration(wrong.isel(pathway=[]))
    with pytest.raises(SpecError, match="most is -1"):
        plot_calibration(wrong, most=-1)
