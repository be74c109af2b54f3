"""Checks on draws with known faults."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from bayespanel import RICLPM
from bayespanel.families.panel.checks import checks as family_checks
from bayespanel.inference.checks import COMPUTATION, FIT, Check, attempted, misfit, sampling_checks, table
from bayespanel.language.errors import FitError


def stats(*, divergences: int = 0, depth: int = 3, energy: np.ndarray | None = None) -> xr.Dataset:
    rng = np.random.default_rng(0)
    diverging = np.zeros((4, 500), bool)
    diverging.ravel()[:divergences] = True
    content = {
        "diverging": diverging,
        "depth": np.full((4, 500), depth),
        "energy": rng.normal(size=(4, 500)) if energy is None else energy,
    }
    return xr.Dataset({name: (("chain", "draw"), value) for name, value in content.items()})


def draws(values: np.ndarray) -> xr.Dataset:
    return xr.Dataset(
        {"lag": (("chain", "draw", "source"), values)}, coords={"source": ["x", "y"], "chain": range(len(values))}
    )


def good() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(4, 500, 2))


def row(rows: list[Check], name: str) -> Check:
    return next(r for r in rows if r.check == name)


def test_good_draws_pass_every_check() -> None:
    assert all(r.passed for r in sampling_checks(draws(good()), stats(), 10))


def test_a_chain_that_lies_elsewhere_fails_r_hat_and_is_named() -> None:
    values = good()
    values[0, :, 1] += 3
    found = row(sampling_checks(draws(values), stats(), 10), "R-hat")
    assert not found.passed
    assert "lag[y]" in found.hint


def test_slow_draws_fail_the_effective_sample_size() -> None:
    rng = np.random.default_rng(2)
    values = good()
    for t in range(1, 500):
        values[:, t, 0] = 0.98 * values[:, t - 1, 0] + 0.2 * rng.normal(size=4)
    rows = sampling_checks(draws(values), stats(), 10)
    assert not row(rows, "bulk ESS").passed
    assert "lag[x]" in row(rows, "bulk ESS").hint


def test_a_single_divergence_fails() -> None:
    found = row(sampling_checks(draws(good()), stats(divergences=1), 10), "divergences")
    assert (found.passed, found.value) == (False, 1)


def test_trees_at_their_greatest_depth_fail() -> None:
    assert not row(
        sampling_checks(draws(good()), stats(depth=10), 10), "share of draws at the greatest tree depth"
    ).passed


def test_energies_that_hardly_move_fail() -> None:
    energy = np.random.default_rng(3).normal(size=(4, 500)).cumsum(1)
    assert not row(sampling_checks(draws(good()), stats(energy=energy), 10), "E-BFMI").passed


def test_entries_that_never_vary_are_no_failure() -> None:
    posterior = draws(good())
    posterior["corr"] = (("chain", "draw", "source"), np.ones((4, 500, 2)))
    assert all(r.passed for r in sampling_checks(posterior, stats(), 10))


def test_the_table_keeps_hints_of_failures_only() -> None:
    frame = table([Check("a", 1, 2, True, "do this"), Check("b", 3, 2, False, "do that")])
    assert frame["hint"].tolist() == ["", "do that"]


def test_a_model_that_does_not_fit_is_said_beside_a_computation_that_is_ok() -> None:
    draws_ok = Check("R-hat", 1.0, 1.01, True, "", about=COMPUTATION)
    wrong = Check("absolute fit, p", 0.0, 0.01, False, "Try this.", about=FIT)
    doubt = Check("absolute fit, size", 0.03, 0.02, False, "Try that.", grave=False, about=FIT)
    said = misfit(table([draws_ok, doubt, wrong]))
    assert said.startswith("Every check of the computation is ok, and yet the model does not fit the data")
    assert said.endswith("(absolute fit, p: 0, limit 0.01). Try this.")
    assert "reason to doubt the model" in misfit(table([draws_ok, doubt]))
    assert misfit(table([Check("R-hat", 2.0, 1.01, False, "", about=COMPUTATION), wrong])).startswith("Besides what")
    assert misfit(table([draws_ok, Check("few clusters", 4, 10, False, "Say so.", grave=False)])) == ""


def test_rows_of_fit_that_cannot_be_computed_cost_nothing_else() -> None:
    def fail() -> list[Check]:
        raise FitError("A", "b", "c")

    (row_of_it,) = attempted("absolute fit", fail)
    assert (row_of_it.state, row_of_it.about) == ("look", FIT)
    assert "could not be computed (FitError" in row_of_it.hint
    assert misfit(table([row_of_it])).startswith("How well the model fits is not known. It could not be computed")


def riclpm_posterior(intercept: np.ndarray, radius: np.ndarray) -> xr.Dataset:
    return xr.Dataset(
        {"intercept_sd": (("chain", "draw", "variable"), intercept), "spectral_radius": (("chain", "draw"), radius)},
        coords={"variable": ["x", "y"]},
    )


@pytest.mark.parametrize(("sd", "passed"), [(2.0, True), (0.0, False)])
def test_a_variance_that_piles_up_at_zero_is_seen(sd: float, passed: bool) -> None:
    rng = np.random.default_rng(4)
    intercept = np.abs(np.stack([rng.normal(2.0, 0.3, (4, 500)), rng.normal(sd, 0.3, (4, 500))], axis=-1))
    rows = family_checks(RICLPM(variables=["x", "y"]), riclpm_posterior(intercept, np.full((4, 500), 0.5)))
    found = row(rows, "pupil variance is away from zero")
    assert found.passed is passed
    if not passed:
        assert "of y " in found.hint
        assert found.state == "look"


def test_lags_that_do_not_die_out_are_seen() -> None:
    radius = np.random.default_rng(5).normal(1.0, 0.1, (4, 500))
    rows = family_checks(RICLPM(variables=["x", "y"], intercepts=False), riclpm_posterior(np.ones((4, 500, 2)), radius))
    assert not row(rows, "lags die out").passed
