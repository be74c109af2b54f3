"""The calibrator passes what is right, and sees what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.command.study_results import _calibration_text
from bayespanel.design import engine
from bayespanel.design.calibration import calibration, calibration_study
from bayespanel.design.kept_numbers import FAILED, RANKED, RUN, STATISTICS, ranks
from bayespanel.language.errors import FitError, SpecError
from tests.design import studies
from tests.design.mock import gathered, mock, overconfident, shifted, some_fail


def ran(task, replicates: int = 200):
    of = studies.calibration(replicates)
    return calibration(gathered(of, task), of)


def test_exact_posteriors_pass() -> None:
    found = ran(mock)
    assert found.attrs["passed"]
    assert found.attrs["finished"] == 200
    assert np.all(np.abs(found["coverage_90"] - 0.9) < 4 * found["mcse_coverage_90"])


@pytest.mark.parametrize("task", [overconfident, shifted])
def test_a_wrong_twin_fails_visibly(task) -> None:
    found = ran(task)
    assert not found.attrs["passed"]
    assert float((~found["inside"]).mean()) > 0.9  # nearly every quantity leaves its band
    difference = found["ecdf_difference"]
    # A posterior that is too high has truths of low rank: the lines lie above; those of one too narrow cross zero.
    share_above = float((difference > 0).mean())
    assert share_above > 0.95 if task is shifted else 0.3 < share_above < 0.7


def test_bands_hold_95_of_100_uniform_lines() -> None:
    from bayespanel.design.calibration import _band, _null

    at = np.arange(5, 100, 5)
    threshold, _ = _null(200, at)
    lower, upper = _band(200, at / 100, threshold)
    rng = np.random.default_rng(5)
    drawn = rng.integers(0, RANKED + 1, size=(4000, 200))
    counts = np.stack([(drawn < limit).sum(axis=1) for limit in at], axis=1)
    held = np.mean(np.all((counts >= lower) & (counts <= upper), axis=1))
    assert 0.94 < held < 0.97  # 95 % or a little more, as counts are whole; Monte Carlo error 0.003


def test_p_values_of_exact_posteriors_are_uniform() -> None:
    values = np.concatenate([ran(mock, 40 + i)["p_value"].values for i in range(8)])
    assert 0.35 < values.mean() < 0.65  # 300 of them; their mean has an error of 0.02 if they were independent


def test_the_rank_counts_draws_below_the_truth() -> None:
    draws = np.arange(1000.0).reshape(1, 2, 500)
    assert ranks(draws, np.array([-1.0])) == 0
    assert ranks(draws, np.array([2000.0])) == RANKED
    assert ranks(draws, np.array([500.5])) == 50  # the 50th of the 99 draws stands in the middle
    assert np.isnan(ranks(draws, np.array([np.nan])))
    assert np.isnan(ranks(np.ones((1, 2, 500)), np.array([1.0])))  # what does not vary has no rank


def test_failures_are_counted() -> None:
    found = ran(some_fail, 100)
    assert (found.attrs["finished"], found.attrs["failed"], found.attrs["unconverged"]) == (100, 20, 20)
    assert found.sizes["replicate"] == 80


def test_nothing_to_rank_is_an_error() -> None:
    def fails(_study, names, _condition, _number):
        return engine.failed((len(names), len(_study.statistics)), "never")

    with pytest.raises(FitError, match="No replicate has been fitted"):
        ran(fails, 20)


def test_a_grid_is_refused() -> None:
    with pytest.raises(SpecError, match=r"on one design.*3 conditions"):
        calibration_study(studies.SPEC, bp.world("mulder-2023", {"pupils": 100}), replicates=20, seed=1)


@pytest.mark.slow
def test_a_model_without_the_intercepts_of_the_truths_fails() -> None:
    """The wrong twin with real fits: a cross-lagged model where pupils have stable parts."""
    wrong = bp.RICLPM(variables=("x", "y"), intercepts=False)
    world = bp.world("mulder-2023", {"waves": 4, "pupils": 300})
    found = bp.calibrate(
        wrong, world, replicates=60, seed=1, drawn_from=studies.SPEC, running=bp.Running(progress=False)
    )
    assert not found.attrs["passed"]
    assert found["p_value"].sel(pathway="x -> x") < 0.01
    right = bp.calibrate(studies.SPEC, world, replicates=60, seed=1, running=bp.Running(progress=False))
    assert right.attrs["passed"]


def ranked(quantities: int, rank: float, replicates: int = 200, lost: int = 0) -> xr.Dataset:
    """A calibration of so many quantities, all of one rank, where some replicates failed."""
    of = studies.calibration(replicates)
    statistics = np.full((1, replicates, quantities, len(STATISTICS)), np.nan)
    statistics[0, lost:, :, STATISTICS.index("rank")] = np.random.default_rng(1).integers(
        0, RANKED + 1, (replicates - lost, quantities)
    )
    statistics[0, lost:, 0, STATISTICS.index("rank")] = rank
    run = np.full((1, replicates, len(RUN)), np.nan)
    run[..., RUN.index("status")] = np.where(np.arange(replicates) < lost, FAILED, 1.0)
    labels = {"pathway": [str(i) for i in range(quantities)], "statistic": list(STATISTICS), "measure": list(RUN)}
    content = {
        "statistics": (("condition", "replicate", "pathway", "statistic"), statistics),
        "run": (("condition", "replicate", "measure"), run),
    }
    return calibration(xr.Dataset(content, coords={**labels, "replicate": np.arange(replicates)}), of)


@pytest.mark.parametrize("quantities", [10, 1200])
def test_one_wrong_quantity_is_seen_among_any_number(quantities: int) -> None:
    found = ranked(quantities, rank=0)
    assert found.attrs["smallest_p_value"] * quantities < 1e-9
    assert not found.attrs["uniform"]
    assert not found.attrs["passed"]


def test_what_is_left_of_many_failures_is_no_pass() -> None:
    found = ranked(5, rank=50, replicates=100, lost=95)
    assert found.attrs["uniform"]
    assert not found.attrs["passed"]
    assert "NO VERDICT" in _calibration_text(found)
