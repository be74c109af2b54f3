"""A search finds the smallest design, says what is sure, and is seldom wrong about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

import bayespanel as bp
from bayespanel.design import engine
from bayespanel.design.sample_size import SampleSize, bisected
from bayespanel.language.errors import SpecError
from tests.design.mock import HERE, mock
from tests.design.studies import SPEC


def trials(rates, seed):
    """Trials of candidates with known rates; more trials contain the earlier ones."""
    drawn = np.random.default_rng(seed).random((len(rates), 1000)) < np.asarray(rates)[:, None]
    return lambda which, number: (int(drawn[which, :number].sum()), number)


RATES = norm.cdf(np.sqrt(np.arange(10, 101)) * 0.3 - 1.96)  # power of a growing sample: .8 at 88


def test_it_finds_the_first_that_reaches_the_goal() -> None:
    right = int(np.argmax(RATES >= 0.8))
    found = [bisected(trials(RATES, seed), len(RATES), 0.8, 1000, 0.05) for seed in range(30)]
    assert abs(np.median([end.smallest for end in found]) - right) <= 6
    assert max(len(end.asked) for end in found) <= 2 + np.ceil(np.log2(len(RATES)))


def test_what_it_is_sure_of_is_wrong_less_often_than_said() -> None:
    wrong = 0
    for seed in range(300):
        end = bisected(trials(RATES, seed), len(RATES), 0.8, 400, 0.05)
        wrong += (end.below is not None and RATES[end.below] >= 0.8) or (
            end.above is not None and RATES[end.above] < 0.8
        )
    assert wrong <= 15  # 5 % of 300; the bound is far from sharp


def test_easy_questions_cost_one_batch() -> None:
    asked = []

    def ask(which, number):
        asked.append((which, number))
        return (number if which > 4 else 0), number

    end = bisected(ask, 10, 0.8, 1000, 0.05)
    assert (end.smallest, end.below, end.above) == (5, 4, 5)
    assert {number for _, number in asked} == {50}


def test_too_few_even_at_the_most_is_said() -> None:
    end = bisected(trials([0.1] * 20, 1), 20, 0.8, 200, 0.05)
    assert (end.smallest, end.below, end.asked) == (None, 19, frozenset({19}))


def test_enough_even_at_the_least_is_found() -> None:
    end = bisected(trials([0.99] * 20, 1), 20, 0.8, 200, 0.05)
    assert (end.smallest, end.above) == (0, 0)


def test_a_search_among_worlds(tmp_path, monkeypatch) -> None:
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: run(*given, **named, task=mock))

    def search():
        sought = bp.Search("pupils", (100, 400), pathway="x -> y", step=50, replicates=300)
        return bp.sample_size(
            SPEC, bp.world("mulder-2023", {"waves": 3}), sought, rope=0.03,
            sampling=bp.Sampling(draws=100, tune=50), running=replace(HERE, store=tmp_path / "s.zarr"),
        )  # fmt: skip

    found = search()
    # A true effect of 0.2 with the standard error 0.1 sqrt(100 / n) has power .8 at n = 100 (2.8016 / 2)^2 = 196.2.
    assert found.below is not None
    assert found.above is not None
    assert found.below < 196.2 <= found.above
    assert found.smallest in (150, 200, 250)
    assert "needs about" in str(found)
    assert list(found.table["pupils"].values) == sorted(found.table["pupils"].values)
    assert str(search()) == str(found)  # from the store: nothing is run again


@pytest.mark.parametrize(("below", "word"), [(40, "surely"), (20, "perhaps"), (None, "perhaps")])
def test_a_search_that_found_none_says_how_sure_it_is(below, word) -> None:
    table = xr.Dataset(coords={"schools": ("condition", [20, 40])})
    said = str(SampleSize("schools", "score", "excludes 0", 0.8, None, below, None, 0.05, table))
    assert said.endswith(f"needs more schools than the 40 that were asked about at most: {word}.")


def test_an_unknown_pathway_is_said_before_anything_runs() -> None:
    with pytest.raises(SpecError, match=r"'x -> z' is not known\. Nearest: 'x -> "):
        bp.sample_size(
            SPEC, bp.world("mulder-2023", {"waves": 3}), bp.Search("pupils", (100, 110), pathway="x -> z"), rope=0.03
        )


@pytest.mark.parametrize("between", [(10, 10), (20, 10), (10, 20.5), (10,), 10, "10:20", (True, 10)])
def test_a_range_that_is_none_is_refused(between) -> None:
    with pytest.raises(SpecError, match="smallest and a larger value"):
        bp.Search("pupils", between, pathway="x -> y")


def test_the_largest_value_is_always_asked_about() -> None:
    assert bp.Search("pupils", (10, 25), pathway="x -> y", step=10).values == [10, 20, 25]


@pytest.mark.parametrize(
    "change",
    [{"goal": 1.0}, {"goal": True}, {"error": 0.0}, {"step": 0}, {"replicates": 0.5}, {"decision": "excludes one"}],
)
def test_a_search_that_makes_no_sense_is_refused(change) -> None:
    with pytest.raises(SpecError):
        bp.Search("pupils", (10, 20), **{"pathway": "x -> y", **change})


def test_what_is_no_search_is_refused_before_anything_runs() -> None:
    with pytest.raises(SpecError, match=r"'search' is a bp\.Search"):
        bp.sample_size(SPEC, bp.world("mulder-2023", {"waves": 3}), "pupils", rope=0.03)  # type: ignore[arg-type]
