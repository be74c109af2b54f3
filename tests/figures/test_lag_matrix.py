"""The matrix of lags: a cell per lag, its number, and how sure it is, also in grey."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from bayespanel.figures.certainty import BEYOND, DIRECTED, NEGLIGIBLE, OPEN, certainty
from bayespanel.figures.gallery import plot_lag_matrix
from bayespanel.figures.lag_matrix import COLOURS, HATCH, LARGEST, norm
from bayespanel.language.errors import SpecError
from bayespanel.summaries.summary import summarise
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import TRIANGLES, panel
from tests.summaries.fake import draws, normal

INTERVALS = ("2012-05-2012-10", "2012-10-2013-05", "2013-05-2013-10")


def grey(colour):
    return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))


@pytest.mark.parametrize("n", TRIANGLES)
def test_every_lag_has_its_cell_at_its_source_and_target(n):
    figure = plot_lag_matrix(panel(n))
    names = TRIANGLES[n].variables
    for i, x in enumerate(names):
        for j, y in enumerate(names):
            (cell,) = named(figure, f"{x} -> {y}")
            assert (int(cell.get_x()), int(cell.get_y())) == (i, j)


def test_mean_and_interval_are_printed():
    evidence = panel(2)
    row = evidence.sel(pathway="parental_rejection -> depression")
    # independent draws with SD 0.02: the Monte Carlo error of the mean is 0.0007, of the bounds 0.002
    text = words(plot_lag_matrix(evidence))
    assert f"{float(row['mean']):.3f}" in text
    assert f"[{float(row['lower']):.2f}, {float(row['upper']):.2f}]" in text


def test_hatches_and_weights_say_how_sure_a_lag_is():
    kinds = {"a": (0.2, 0.01), "b": (0.035, 0.01), "c": (0.0, 0.05), "d": (0.0, 0.005)}  # mean and SD
    means, sds = np.array(list(kinds.values())).T
    values = means + sds * normal(4, chains=2, length=1000)
    evidence = summarise(draws(values, pathway=list(kinds), source=["x"] * 4, target=list(kinds)), rope=0.03)
    rows = {name: {v: float(evidence[v].sel(pathway=name)) for v in evidence.data_vars} for name in kinds}
    sure = {name: certainty(row, 0.95) for name, row in rows.items()}
    assert list(sure.values()) == [BEYOND, DIRECTED, OPEN, NEGLIGIBLE]
    figure = plot_lag_matrix(evidence)
    hatches = {name: named(figure, name)[0].get_hatch() for name in kinds}
    assert hatches == {"a": None, "b": None, "c": HATCH[OPEN], "d": HATCH[NEGLIGIBLE]}
    weights = {text.get_text(): text.get_fontweight() for text in figure.axes[0].texts}
    assert weights[f"{rows['a']['mean']:.3f}"] == "bold"
    assert weights[f"{rows['b']['mean']:.3f}"] == "normal"


def test_a_grey_copy_shows_sizes_whatever_their_sign():
    sizes = np.linspace(0, LARGEST, 9)
    plus, minus = ([grey(COLOURS(norm(0.0)(sign * size))) for size in sizes] for sign in (1, -1))
    assert np.all(np.diff(plus) < -0.01)
    np.testing.assert_allclose(plus, minus, atol=0.03)  # less than an eye tells apart


def test_intervals_have_a_panel_each():
    figure = plot_lag_matrix(panel(2, INTERVALS))
    text = words(figure)
    assert [f"waves {interval} from" in text for interval in INTERVALS] == [True] * 3
    assert len(named(figure, f"depression -> depression [{INTERVALS[1]}]")) == 1


@pytest.mark.parametrize("n", TRIANGLES)
@pytest.mark.parametrize("intervals", [("",), INTERVALS])
def test_texts_are_legible(n, intervals):
    assert not legible(plot_lag_matrix(panel(n, intervals)))


def test_missing_carry_over_leaves_its_cells_empty():
    evidence = panel(2)
    figure = plot_lag_matrix(evidence.sel(pathway=evidence["kind"] == "direct"))
    assert not named(figure, "depression -> depression")


def test_evidence_without_lags_is_refused():
    evidence = panel(2)
    with pytest.raises(SpecError, match="holds between"):
        plot_lag_matrix(evidence.sel(pathway=evidence["kind"] == "between"))


def test_the_colours_hold_every_mean():
    assert norm(0.2).vmax == norm(0.4).vmax == LARGEST
    for largest, end in ((0.41, 0.5), (0.5, 0.5), (0.83, 0.9), (1.2, 1.2)):
        assert norm(largest).vmax == pytest.approx(end)
    evidence = panel(2)
    evidence["mean"][0] = 0.63
    assert "0.7" in words(plot_lag_matrix(evidence))
