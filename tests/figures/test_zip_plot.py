"""The zip plot: every replicate has an interval, and coverage counts all of them."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.figures.gallery import plot_intervals
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.study_fakes import found, study

PATHWAY = "depression -> victimisation"


@pytest.fixture(scope="module")
def store():
    return found(study({"schools": [20, 40]}))


def rows(store, condition=0):
    one = store["statistics"].isel(condition=condition).sel(pathway=PATHWAY)
    return {name: one.sel(statistic=name).values for name in ("truth", "mean", "lower", "upper", "sd")}


def test_every_replicate_has_an_interval_and_those_that_miss_are_marked(store):
    figure = plot_intervals(store, condition="schools=40", pathway=PATHWAY, most=1000)
    value = rows(store, 1)
    missed = (value["lower"] > value["truth"]) | (value["upper"] < value["truth"])
    assert len(named(figure, "misses")) == missed.sum() > 0
    assert len(named(figure, "covers")) == (~missed).sum()


def test_the_farthest_from_the_truth_are_on_top(store):
    figure = plot_intervals(store, condition="schools=40", pathway=PATHWAY, most=1000)
    lines = sorted(named(figure, "covers") + named(figure, "misses"), key=lambda line: line.get_ydata()[0])
    away = [abs(np.mean(line.get_xdata()) - rows(store, 1)["truth"][0]) for line in lines]
    assert np.all(np.diff(away) > -1e-12)  # all have one SD; rounding


def test_of_many_every_so_many_is_drawn_but_coverage_counts_all(store):
    figure = plot_intervals(store, condition="schools=40", pathway=PATHWAY, most=50)
    assert len(named(figure, "covers") + named(figure, "misses")) == 50
    assert "of 200 intervals hold the truth" in " ".join(words(figure))
    assert "Drawn: 50, evenly over the ranks." in " ".join(words(figure))


def test_coverage_has_its_monte_carlo_interval_and_a_verdict():
    narrow = found(study(replicates=100), spoilt=False)
    for name, sign in (("lower", -1), ("upper", 1)):
        mean = narrow["statistics"].sel(statistic="mean", drop=True)
        narrow["statistics"].loc[{"statistic": name}] = mean + sign * 0.02
    assert "where 95 % should: too few." in " ".join(words(plot_intervals(narrow, pathway=PATHWAY)))
    wide = narrow.copy(deep=True)
    for name, sign in (("lower", -1), ("upper", 1)):
        wide["statistics"].loc[{"statistic": name}] = narrow["statistics"].sel(statistic="mean", drop=True) + sign
    said = " ".join(words(plot_intervals(wide, pathway=PATHWAY, prob=0.5)))
    assert "100.0 % of 100 intervals hold the truth (95 % Monte Carlo interval 96.3 to 100.0)" in said
    assert "where 50 % should: too many." in said


def test_failed_and_unconverged_fits_are_counted(store):
    said = " ".join(words(plot_intervals(store, condition="schools=20", pathway=PATHWAY)))
    assert "of 198 intervals" in said
    assert "Of 200 fits 2 failed (without interval) and 3 did not converge (they count as they are)." in said
    assert "Condition: schools=20." in said


def test_where_truth_differs_distances_from_it_are_drawn(store):
    other = store.copy(deep=True)
    shift = np.random.default_rng(1).normal(size=200)[:, None]
    for name in ("truth", "mean", "lower", "upper"):
        other["statistics"].loc[{"statistic": name, "condition": "schools=40"}] += shift
    figure = plot_intervals(other, condition="schools=40", pathway=PATHWAY, most=1000)
    same = plot_intervals(store, condition="schools=40", pathway=PATHWAY, most=1000)
    assert named(figure, "truth")[0].get_xdata()[0] == 0
    assert len(named(figure, "misses")) == len(named(same, "misses"))
    assert f"{PATHWAY} (standardised, less its truth)" in words(figure)


@pytest.mark.parametrize("replicates", [3, 60, 200])
@pytest.mark.parametrize("variables", [3, 7])
def test_texts_are_legible(replicates, variables):
    pathway = PATHWAY if variables == 3 else "externalising_problems -> depressive_symptoms"
    assert not legible(plot_intervals(found(study(replicates=replicates), variables, spoilt=False), pathway=pathway))


def test_wrong_names_are_refused_with_the_nearest(store):
    with pytest.raises(SpecError, match="The store has 2"):
        plot_intervals(store, pathway=PATHWAY)
    with pytest.raises(SpecError, match=r"'schools=30' is not in it. Nearest: 'schools="):
        plot_intervals(store, condition="schools=30", pathway=PATHWAY)
    with pytest.raises(SpecError, match=r"'depression -> victim' is not in it. Nearest: 'depression -> victimisation'"):
        plot_intervals(store, condition="schools=20", pathway="depression -> victim")


def test_without_a_truth_there_is_nothing_to_draw(store):
    none = store.copy(deep=True)
    none["statistics"].loc[{"statistic": "truth"}] = np.nan
    with pytest.raises(SpecError, match="No replicate of 'schools=20' has both"):
        plot_intervals(none, condition="schools=20", pathway=PATHWAY)
    with pytest.raises(SpecError, match="most is 0"):
        plot_intervals(store, condition="schools=20", pathway=PATHWAY, most=0)


def test_the_share_that_should_hold_the_truth_is_that_of_the_study() -> None:
    halves = found(study(replicates=100, prob=0.5), spoilt=False)
    assert halves.attrs["prob"] == 0.5
    assert "where 50 % should" in " ".join(words(plot_intervals(halves, pathway=PATHWAY)))
    with pytest.raises(SpecError, match="that the study states"):
        plot_intervals(halves.drop_attrs(), pathway=PATHWAY)
