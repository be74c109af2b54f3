"""Sensitivity to priors: every change is drawn, and changed conclusions are marked and never left out."""

from __future__ import annotations

import pandas as pd
import pytest

from bayespanel.figures.canvas import MARKERS
from bayespanel.figures.gallery import plot_sensitivity
from bayespanel.figures.sensitivity import claims
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import CHANGES, TRIANGLES, sensitivity


def rows(**pathways):
    """Rows from pathway=[(mean, lower, upper, prob_rope), ...]: as fitted, then each change."""
    out = pd.DataFrame(
        [
            (name, "direct", "as fitted" if i == 0 else f"change {i}", *numbers[:3], 0.9, numbers[3])
            for name, changes in pathways.items()
            for i, numbers in enumerate(changes)
        ],
        columns=["pathway", "kind", "change", "mean", "lower", "upper", "prob_direction", "prob_rope"],
    )
    out.attrs = {"rope": (-0.03, 0.03), "prob": 0.95}
    return out


def labels(figure):
    (margin,) = figure.axes[0].child_axes
    return [t.get_text() for t in figure.axes[0].get_yticklabels()], [t.get_text() for t in margin.get_yticklabels()]


def test_each_pathway_has_an_interval_per_prior():
    table = sensitivity(3)
    figure = plot_sensitivity(table)
    drawn = sorted(tuple(line.get_xdata()) for line in named(figure, "interval"))
    assert drawn == sorted(zip(table["lower"], table["upper"], strict=True))
    assert {"priors as fitted", *CHANGES} <= set(words(figure))


def test_kinds_have_headings_and_the_largest_come_first():
    left, _ = labels(plot_sensitivity(sensitivity(3)))
    left = [label.replace("\n", " ") for label in left]
    assert left[:2] == ["Carry-over", "victimisation -> victimisation"]
    assert left[4:6] == ["Direct effects", "parental rejection -> depression"]


def test_the_mean_and_the_largest_shift_are_printed():
    _, right = labels(plot_sensitivity(rows(a=[(0.1, 0.05, 0.15, 0), (0.12, 0.05, 0.2, 0), (0.05, 0.01, 0.1, 0)])))
    assert right[1].split() == ["0.10", "-0.05"]


@pytest.mark.parametrize(
    ("change", "marked"),
    [
        ((0.1, 0.01, 0.2, 0.0), False),
        ((0.1, -0.01, 0.2, 0.0), True),
        ((-0.1, -0.2, -0.01, 0.0), True),
        ((0.1, 0.01, 0.2, 0.96), True),
    ],
)
def test_another_conclusion_is_marked_and_explained(change, marked):
    figure = plot_sensitivity(rows(a=[(0.1, 0.05, 0.15, 0.0), change]))
    assert labels(figure)[1][1].endswith("*") == marked
    assert any("another conclusion" in text for text in words(figure)) == marked


def test_conclusions_are_of_direction_and_relevance():
    table = rows(a=[(0.1, 0.05, 0.15, 0.0), (-0.1, -0.2, -0.05, 0.0), (0.0, -0.1, 0.1, 0.97)])
    up, down, inside = (True, False, False), (False, True, False), (False, False, True)
    assert [claims(row, 0.95) for _, row in table.iterrows()] == [up, down, inside]


@pytest.mark.parametrize(("lower", "error", "marked"), [(-0.001, 0.002, False), (-0.05, 0.002, True)])
def test_what_chance_alone_can_turn_is_no_other_conclusion(lower: float, error: float, marked: bool) -> None:
    """The same priors again: a bound on the other side of 0 by less than its Monte Carlo error."""
    table = rows(a=[(0.1, 0.0015, 0.15, 0.0), (0.1, lower, 0.15, 0.0)])
    attrs = table.attrs
    table = table.assign(mcse_lower=[error / 4 if marked else error, error], mcse_upper=error, mcse_prob_rope=0.001)
    table.attrs = attrs
    assert labels(plot_sensitivity(table))[1][1].endswith("*") == marked


def test_the_largest_are_drawn_and_those_that_change_always():
    firm = {f"p{i}": [(0.1 * i, 0.05, 1.0, 0.0)] * 2 for i in range(1, 6)}
    table = rows(**firm, small=[(0.01, 0.005, 0.02, 0.0), (0.0, -0.01, 0.01, 0.0)])
    left, _ = labels(plot_sensitivity(table, top=2))
    assert left == ["Direct effects (3 of 6)", "p5", "p4", "small"]


def test_filled_signs_have_an_interval_without_zero():
    figure = plot_sensitivity(rows(a=[(0.1, 0.05, 0.15, 0.0), (0.1, -0.01, 0.2, 0.0)]))
    faces = [line.get_markerfacecolor() for line in figure.axes[0].lines if line.get_marker() in ("o", MARKERS[0])]
    assert faces[0] != "white"
    assert faces[1] == "white"


@pytest.mark.parametrize("n", TRIANGLES)
def test_texts_are_legible(n):
    assert not legible(plot_sensitivity(sensitivity(n), top=3))


def test_one_change_is_legible_too():
    assert not legible(plot_sensitivity(sensitivity(2, CHANGES[:1])))


def test_tables_that_lack_something_are_refused():
    table = sensitivity(2)
    bare = table.drop(columns="prob_rope")
    bare.attrs = {"prob": 0.95}
    with pytest.raises(SpecError, match="It lacks 'prob_rope', 'rope'"):
        plot_sensitivity(bare)
    with pytest.raises(SpecError, match="'depression -> depression' has none"):
        plot_sensitivity(table[(table["change"] != "as fitted") | (table["pathway"] != "depression -> depression")])
    with pytest.raises(SpecError, match="The table is empty"):
        plot_sensitivity(table.iloc[:0])


def test_changes_without_a_name_or_a_sign_of_their_own_are_refused():
    one = (0.1, 0.0, 0.2, 0.0)
    with pytest.raises(SpecError, match=f"There are {len(MARKERS) + 1}"):
        plot_sensitivity(rows(a=[one] * (len(MARKERS) + 2)))
    twice = rows(a=[one, one])
    twice["change"] = "as fitted"
    with pytest.raises(SpecError, match="'a' has several of 'as fitted'"):
        plot_sensitivity(twice)
