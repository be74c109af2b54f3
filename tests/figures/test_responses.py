"""Responses over waves: a panel per pair, what is sure filled, a variable's own course on its own scale."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.dynamics import dynamics
from bayespanel.families.panel.spec import RICLPM
from bayespanel.figures.gallery import plot_responses
from bayespanel.language.errors import SpecError
from tests.families.panel.posteriors import random_posterior
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import TRIANGLES, responses


def panels(figure):
    return [axes for axes in figure.axes if axes.axison]


def line(axes):
    (found,) = (one for one in axes.lines if one.get_gid() == "mean")
    return found


@pytest.mark.parametrize("n", [2, 3])
def test_all_impulses_make_a_grid_of_sources_by_targets(n):
    found = responses(n)
    figure = plot_responses(found)
    names = TRIANGLES[n].variables
    assert len(panels(figure)) == n * n
    for i, x in enumerate(names):
        for j, y in enumerate(names):
            drawn = line(panels(figure)[n * i + j]).get_ydata()
            np.testing.assert_array_equal(drawn, found["response"].sel(statistic="mean", source=x, target=y))


def test_one_impulse_starts_with_its_own_course():
    figure = plot_responses(responses(7), source="victimisation")
    titles = [axes.get_title().replace("\n", " ") for axes in panels(figure)]
    others = [name.replace("_", " ") for name in TRIANGLES[7].variables if name != "victimisation"]
    assert titles == ["victimisation", *others]
    assert line(panels(figure)[0]).get_ydata()[0] == 1
    assert all(line(axes).get_ydata()[0] == 0 for axes in panels(figure)[1:])
    assert "Response to an impulse in victimisation of" in words(figure)


def test_points_are_filled_where_the_interval_excludes_zero():
    found = responses(3)["response"]
    figure = plot_responses(responses(3))
    lower, upper = (found.sel(statistic=name) for name in ("lower", "upper"))
    clear = int(((lower > 0) | (upper < 0)).sum())
    assert sum(len(points.get_xdata()) for points in named(figure, "clear")) == clear
    assert sum(len(points.get_xdata()) for points in named(figure, "open")) == int(lower.size) - clear


def test_bands_are_the_intervals():
    found = responses(2)["response"].sel(source="depression", target="parental_rejection")
    (band,) = (one for one in panels(plot_responses(responses(2)))[2].collections if one.get_gid() == "band")
    heights = band.get_paths()[0].vertices[:, 1]
    for name in ("lower", "upper"):
        assert set(found.sel(statistic=name).values) <= set(heights)


def test_all_but_own_courses_share_a_scale():
    limits = [axes.get_ylim() for axes in panels(plot_responses(responses(3)))]
    own, others = set(limits[::4]), {limit for i, limit in enumerate(limits) if i % 4}
    assert len(own) == len(others) == 1
    assert own.pop()[1] > 1 > others.pop()[1]


def test_many_waves_have_no_points():
    figure = plot_responses(responses(2, waves=20), source="depression")
    assert not named(figure, "clear")
    assert not any("excludes 0" in text for text in words(figure))
    assert not legible(figure)


def test_the_unit_and_the_probability_are_stated():
    figure = plot_responses(responses(2, prob=0.9))
    assert any("averaged over waves" in text for text in words(figure))
    assert "90 % interval" in words(figure)


@pytest.mark.parametrize("n", TRIANGLES)
def test_texts_are_legible(n):
    assert not legible(plot_responses(responses(n), source=TRIANGLES[n].variables[0]))
    if n < 7:
        assert not legible(plot_responses(responses(n)))


def test_what_dynamics_returns_is_drawn():
    spec = RICLPM(["a", "b"])
    posterior = derive(spec, random_posterior(spec, 4, seed=1, chains=2, draws=20))
    found = dynamics(spec, posterior, waves=4, prob=0.9)
    assert len(panels(plot_responses(found))) == 4


def test_too_many_impulses_are_refused_with_a_proposal():
    with pytest.raises(SpecError, match=r"There are 7: .*source='parental_warmth'"):
        plot_responses(responses(7))


def test_an_unknown_impulse_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match=r"'depresion' is not in it. Nearest: 'depression'"):
        plot_responses(responses(2), source="depresion")


def test_what_holds_no_responses_is_refused():
    with pytest.raises(SpecError, match="Dataset of nothing"):
        plot_responses(responses(2).drop_vars("response"))


def test_the_group_of_pupils_is_named():
    figure = plot_responses(responses(2).assign_attrs(group="girl"))
    assert "girl: response of" in figure.get_suptitle()
