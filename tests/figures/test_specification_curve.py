"""The specification curve: an interval and a mark per choice for every model, failed and doubtful ones included."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from bayespanel.figures.canvas import BAD, GOOD, PALE
from bayespanel.figures.gallery import plot_specification_curve
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.study_fakes import curve


def labels(figure):
    return [label.get_text() for label in figure.axes[1].get_yticklabels()]


def test_every_specification_has_its_interval_in_order_of_size():
    given = curve(100)
    figure = plot_specification_curve(given.isel(specification=np.random.default_rng(1).permutation(100)))
    drawn = [tuple(line.get_ydata()) for line in named(figure, "interval")]
    fine = given.isel(specification=slice(0, 98))
    assert drawn == list(zip(fine["lower"].values, fine["upper"].values, strict=True))


def test_every_specification_has_a_mark_per_choice():
    given = curve(100)
    figure = plot_specification_curve(given)
    marks = {(int(line.get_xdata()[0]), int(line.get_ydata()[0])) for line in named(figure, "used")}
    assert len(marks) == 100 * len(given.attrs["choices"])
    rows = labels(figure)
    for x, option in enumerate(given["levels"].values):
        assert (x, rows.index(str(option))) in marks


def test_options_stand_below_their_choice():
    rows = labels(plot_specification_curve(curve(144)))
    assert rows[:7] == ["data", "all pupils", "complete", "levels", "pupil", "pupil, class", "pupil, class, school"]
    bold = plot_specification_curve(curve(144)).axes[1].get_yticklabels()
    assert [label.get_text() for label in bold if label.get_fontweight() == "bold"] == list(curve(144).attrs["choices"])


def test_failed_fits_are_crosses_and_doubtful_ones_hollow():
    figure = plot_specification_curve(curve(50, failed=2, unconverged=3))
    assert len(named(figure, "failed")) == 2
    hollow = named(figure, "unconverged")
    assert len(hollow) == 3
    assert all(line.get_markerfacecolor() == "white" for line in hollow)
    assert "failed (2)" in words(figure)
    assert "Of 50 fits 2 failed (crosses) and 3 did not converge (hollow)." in " ".join(words(figure))


def test_colour_and_sign_say_on_which_side_of_zero_an_interval_lies():
    given = curve(3, failed=0, unconverged=0)
    given["mean"][:], given["lower"][:], given["upper"][:] = [-0.1, 0, 0.1], [-0.2, -0.1, 0.05], [-0.05, 0.1, 0.2]
    figure = plot_specification_curve(given)
    looks = [(to_hex(line.get_color()), line.get_marker()) for line in named(figure, "estimate")]
    assert looks == [(BAD, "v"), (PALE, "o"), (GOOD, "^")]
    assert {"interval above 0 (1)", "interval below 0 (1)", "interval around 0 (1)"} <= set(words(figure))


def test_the_region_of_practical_equivalence_is_shaded():
    (band,) = named(plot_specification_curve(curve(10)), "rope")
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((-0.03, 0.03))


def test_a_multiverse_is_drawn_with_the_name_of_a_pathway():
    given = curve(20)
    lacking = given.assign(mean=given["mean"].where(given["levels"] != "pupil"))
    result = xr.concat([given, lacking], xr.DataArray(["a -> b", "b -> a"], dims="pathway", name="pathway"),
                       data_vars=["mean", "lower", "upper", "prob_direction"], combine_attrs="override")  # fmt: skip
    figure = plot_specification_curve(result, pathway="a -> b")
    assert len(named(figure, "interval")) == 18
    assert "a -> b standardised, mean and 95 % interval" in words(figure)
    with pytest.raises(SpecError, match="There are 2"):
        plot_specification_curve(result)
    with pytest.raises(SpecError, match=r"'a -> c' is not in it. Nearest"):
        plot_specification_curve(result, pathway="a -> c")


def test_models_without_the_pathway_and_impossible_ones_are_counted():
    given = curve(20, failed=0)
    given["mean"][:4] = np.nan
    given.attrs["impossible"] = ["pupil, free: rule", "class, free: rule"]
    said = " ".join(words(plot_specification_curve(given)))
    assert "4 further models lack the pathway." in said
    assert "2 combinations of choices cannot be fitted." in said


@pytest.mark.parametrize("number", [1, 5, 40, 144])
def test_texts_are_legible(number):
    assert not legible(plot_specification_curve(curve(number, failed=0)))


def test_curves_that_lack_something_are_refused():
    given = curve(10)
    with pytest.raises(SpecError, match="It lacks 'status', 'lags'"):
        plot_specification_curve(given.drop_vars(["status", "lags"]))
    with pytest.raises(SpecError, match="No specification has one"):
        plot_specification_curve(given.assign(mean=given["mean"] * np.nan))
    with pytest.raises(SpecError, match="'other' is not in it"):
        plot_specification_curve(given, pathway="other")
