"""How far a posterior overlaps with its prior: closed forms, names, and the row of checks of each family."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import bayespanel as bp
from bayespanel.inference.overlap import KEPT, LIMIT, overlap, overlap_check, overlaps

ROW = "data say more than the prior, overlap"


@pytest.mark.parametrize(("shift", "sd"), [(0.0, 1.0), (0.0, 0.7071), (0.0, 0.3), (0.5, 1.0), (1.0, 0.5)])
def test_an_overlap_is_that_of_two_normal_densities(shift: float, sd: float) -> None:
    grid = np.linspace(-8, 8, 200_001)
    want = np.minimum(stats.norm.pdf(grid), stats.norm.pdf(grid, shift, sd)).sum() * (grid[1] - grid[0])
    rng = np.random.default_rng(3)
    found = overlap(rng.normal(size=4000), rng.normal(shift, sd, 4000))
    assert found == pytest.approx(want, abs=0.05)  # tenths of the prior are coarse, and draws are few
    if sd == 0.7071:
        assert want == pytest.approx(LIMIT, abs=0.005)


def test_the_unit_of_a_parameter_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    prior, posterior = rng.normal(size=2000), rng.normal(0.3, 0.8, 2000)
    assert overlap(np.exp(3 * prior), np.exp(3 * posterior)) == overlap(prior, posterior)


def test_entries_are_named_and_effects_of_single_schools_left_out() -> None:
    rng = np.random.default_rng(5)
    prior = {"lag": rng.normal(size=(1, 1000, 2, 2)), "school_scale": rng.normal(size=(1, 1000, 1)),
             "school_partial": rng.beta(2, 2, (1, 1000, 1)), "school_z": rng.normal(size=(1, 1000, 3))}  # fmt: skip
    free = {name: value.reshape(2, 500, *value.shape[2:]).copy() for name, value in prior.items()}
    free["lag"][..., 0, :] *= 0.05
    free["lag"][..., 1, 0] *= 0.05
    free["school_scale"] = 1.0 + 0.1 * rng.normal(size=(2, 500, 1))
    free["school_scale"][0] *= -1  # the other sign is the same SD
    posterior = xr.Dataset(
        {"lag": (("chain", "draw", "target", "source"), free["lag"]),
         "school_sd": (("chain", "draw", "variable"), np.abs(free["school_scale"]))},
        coords={"target": ["x", "y"], "source": ["x", "y"], "variable": ["x"]},
    )  # fmt: skip
    found = overlaps(prior, free, posterior, ["lag", "school_sd", "school_corr"])
    assert list(found) == ["lag[y, y]", "school_corr"]
    assert min(found.values()) > 0.95
    row = overlap_check(found)
    assert (row.state, "lag[y, y] (" in row.hint) == ("look", True)
    assert overlap_check({}).value == KEPT
    assert overlap_check({}).state == "ok"


SHORT = bp.Sampling(draws=250, tune=300, chains=2)


def test_a_prior_that_says_all_is_found_in_a_panel_and_no_other() -> None:
    rng = np.random.default_rng(6)
    flat = (rng.normal(size=(400, 1, 2)) + rng.normal(size=(400, 4, 2))).reshape(400, -1)
    moments = bp.Panel.from_summary(
        mean=flat.mean(axis=0).reshape(4, 2), cov=np.cov(flat.T), n=400, variables=["x", "y"], waves="1234"
    )
    sharp = bp.RICLPM(["x", "y"], priors=[bp.Prior("lag", "Normal", (0, 0.01))])
    table = bp.checks(bp.fit(sharp, moments, seed=1, sampling=SHORT, progress=False)).set_index("check")
    assert table.loc[ROW, "state"] == "look"
    assert "lag[" in table.loc[ROW, "hint"]
    usual = bp.fit(bp.RICLPM(["x", "y"]), moments, seed=1, sampling=SHORT, progress=False)
    assert bp.checks(usual).set_index("check").loc[ROW, "state"] == "ok"
    assert not any(name.startswith("lag") for name, value in usual.provenance["overlap"].items() if value > LIMIT)


def test_published_effects_with_a_sharp_prior_are_nearly_the_prior() -> None:
    data = bp.Trial.from_estimates(effect=[0.3], standard_error=[0.5], outcome=["calm"])
    states = {}
    for spread in (0.05, 5.0):
        prior = bp.Prior("effect", "Normal", (0, spread))
        spec = bp.ClusterTrial(outcomes=("calm",), levels=("pupil",), priors=(prior,))
        table = bp.checks(bp.fit(spec, data, seed=2, sampling=SHORT, progress=False)).set_index("check")
        states[spread] = table.loc[ROW, "state"]
    assert states == {0.05: "look", 5.0: "ok"}
