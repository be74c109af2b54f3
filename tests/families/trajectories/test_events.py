"""Courses of numbers of events: from a fit to its words, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.trajectories.checks import checks as own_checks
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.page.methods import methods
from tests.families.trajectories.tables import TIMES, small_panel, wide_panel
from tests.families.trajectories.test_fit import NAMES, fake

EVENTS = bp.Trajectories(
    "victimisation",
    classes=NAMES,
    times=TIMES,
    link="log",
    random="intercept",
    zero_inflated=True,
    predictors=("anxiety",),
)


def test_numbers_of_events_go_from_a_fit_to_its_words(tmp_path: Path) -> None:
    panel = small_panel(3, link="log", control=False, pupil_sd=0.3)
    fit = bp.fit(EVENTS, panel, seed=1, sampling=bp.Sampling(draws=250, tune=250), progress=False)
    found = fit.posterior
    assert {"rate_cv", "zero_inflation", "excess_zeros", "random_sd"} <= set(found.data_vars)
    assert "residual_sd" not in found
    seen = np.nanmean(panel.values[:, :, 0], axis=0)
    mean = (found["share"] * found["expected"]).sum("trajectory").mean(("chain", "draw"))
    np.testing.assert_allclose(mean, seen, atol=0.25)  # three standard errors
    rows = bp.checks(fit).set_index("check")
    assert rows.loc["error of sums over points of random effects, log-likelihood", "state"] == "ok"
    assert (bp.predictive_check(fit)["means"]["difference"].abs() < 0.15).all()
    fit.save(tmp_path / "fit.nc")
    again = bp.load(tmp_path / "fit.nc")
    assert again.spec == EVENTS
    assert bp.membership(again, panel)["probability"].between(0.5, 1.0).all()
    words = str(methods(again, bp.checks(again), bp.evidence(again, rope=0.18)))
    assert "numbers of events, negative binomial, with a share of zeros beside those of this distribution" in words
    assert "whose distribution was summed over points" in words


def test_points_that_are_too_far_apart_are_said_to_be_so() -> None:
    spec = replace(EVENTS, predictors=(), zero_inflated=False)
    table = {
        row.check: row
        for row in own_checks(spec, fake(spec, points_error=0.4), data_for(spec, small_panel(link="log")))
    }
    row = table["error of sums over points of random effects, log-likelihood"]
    assert not row.passed
    assert "link='identity'" in row.hint


def test_what_is_no_count_of_events_is_refused() -> None:
    spec = bp.Trajectories("y", classes=2, link="log")
    for scores, said in (([[0.5, 1], [1, 2]], "holds 0.5"), ([[-1, 1], [1, 2]], "holds -1"),
                         ([[0, 500], [1, 2]], "holds 500")):  # fmt: skip
        with pytest.raises(bp.DataError, match=said):
            bp.fit(spec, wide_panel(np.array(scores, float)), seed=1)
