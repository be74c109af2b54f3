"""Standardised lags, shares of variance and stability follow from the parameters, draw by draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import FitError
from tests.families.panel.posteriors import posterior, random_posterior

SPECS = [
    RICLPM(variables=["a", "b"]),
    RICLPM(variables=["a", "b", "c"], lags="free", innovations="equal", levels=("pupil", "class", "school")),
    RICLPM(variables=["a"], lags="free", levels=("pupil", "school"), cluster_effects="by_wave"),
    RICLPM(variables=["a", "b"], intercepts=False, levels=("pupil", "school"), cluster_effects="by_wave"),
]


def autoregression(phi=0.5, initial=2.0, innovation=1.0, waves=4, **others):
    values = {
        "mean": np.zeros((1, 1, waves, 1)),
        "lag": np.full((1, 1, 1, 1), phi),
        "initial_sd": np.full((1, 1, 1), initial),
        "innovation_sd": np.full((1, 1, 1), innovation),
        **{name: np.full((1, 1, 1), value) for name, value in others.items()},
    }
    return posterior(["a"], waves, values)


def test_the_standardised_carry_over_of_a_stationary_autoregression_is_the_raw_one():
    phi, innovation = 0.6, 1.5
    stationary = innovation / np.sqrt(1 - phi**2)
    out = derive(RICLPM(variables=["a"], intercepts=False), autoregression(phi, stationary, innovation))
    np.testing.assert_allclose(out["lag_standardised"].values.ravel(), phi, rtol=1e-12)


def test_equal_lags_differ_over_intervals_once_standardised():
    # V = 4, then 0.25 V + 1 at each wave: 2, 1.5, 1.375
    out = derive(RICLPM(variables=["a"], intercepts=False), autoregression(0.5, 2.0, 1.0))
    v = np.array([4, 2, 1.5, 1.375])
    np.testing.assert_allclose(out["lag_standardised"].values.ravel(), 0.5 * np.sqrt(v[:-1] / v[1:]), rtol=1e-12)
    assert list(out["interval"].values) == ["1-2", "2-3", "3-4"]


def test_shares_of_variance_divide_means_over_waves():
    spec = RICLPM(variables=["a"], levels=("pupil", "school"))
    out = derive(spec, autoregression(0.5, 2.0, 1.0, intercept_sd=1.0, school_sd=0.5))
    within = (4 + 2 + 1.5 + 1.375) / 4
    total = within + 1 + 0.25
    np.testing.assert_allclose(out["icc"].sel(level="pupil").values.ravel(), 1 / total, rtol=1e-12)
    np.testing.assert_allclose(out["icc"].sel(level="school").values.ravel(), 0.25 / total, rtol=1e-12)


def test_shares_of_effects_by_wave_average_their_variances():
    spec = RICLPM(variables=["a"], levels=("pupil", "school"), cluster_effects="by_wave", intercepts=False)
    draws = autoregression(0.5, 2.0, 1.0)
    sd = np.array([0.5, 1.0, 1.5, 2.0]).reshape(1, 1, 4, 1)
    draws["school_sd"] = (("chain", "draw", "wave", "variable"), sd)
    out = derive(spec, draws)
    school = (0.25 + 1 + 2.25 + 4) / 4
    np.testing.assert_allclose(out["icc"].values.ravel(), school / (school + (4 + 2 + 1.5 + 1.375) / 4), rtol=1e-12)
    assert list(out["level"].values) == ["school"]


def test_a_model_without_random_effects_has_no_shares():
    assert "icc" not in derive(RICLPM(variables=["a"], intercepts=False), autoregression())


def test_the_spectral_radius_of_a_rotation_is_its_length():
    values = {
        "mean": np.zeros((1, 1, 3, 2)),
        "lag": 0.7 * np.array([[0.0, -1.0], [1.0, 0.0]])[None, None],
        "initial_sd": np.ones((1, 1, 2)),
        "initial_corr": np.eye(2)[None, None],
        "innovation_sd": np.ones((1, 1, 2)),
        "innovation_corr": np.eye(2)[None, None],
    }
    out = derive(RICLPM(variables=["a", "b"], intercepts=False), posterior(["a", "b"], 3, values))
    assert out["spectral_radius"].dims == ("chain", "draw")
    np.testing.assert_allclose(out["spectral_radius"].values, 0.7, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), spec=st.sampled_from(SPECS))
def test_lags_in_other_units_are_the_same_lags_once_standardised(seed, spec):
    draws = random_posterior(spec, 4, seed)
    units = np.random.default_rng(seed).uniform(0.1, 10, len(spec.variables))
    scaled = draws.copy()
    scaled["lag"] = draws["lag"] * units[:, None] / units
    for name in [name for name in draws if str(name).endswith("_sd")]:
        scaled[name] = draws[name] * units
    one, other = derive(spec, draws), derive(spec, scaled)
    for name in ("lag_standardised", "icc", "spectral_radius"):
        # 1e-7: eigenvalues of non-normal matrices amplify rounding
        np.testing.assert_allclose(other[name].values, one[name].values, rtol=1e-7)


@pytest.mark.parametrize("spec", SPECS)
def test_draws_do_not_mix(spec):
    draws = random_posterior(spec, 4, 1)
    whole = derive(spec, draws)
    alone = derive(spec, draws.isel(chain=[1], draw=[2]))
    for name in ("lag_standardised", "icc", "spectral_radius"):
        np.testing.assert_allclose(alone[name].values[0, 0], whole[name].values[1, 2], rtol=1e-12)
    assert whole["lag_standardised"].dims == ("chain", "draw", "interval", "target", "source")


def test_a_missing_parameter_is_named():
    with pytest.raises(FitError, match="'innovation_sd' is not among"):
        derive(RICLPM(variables=["a"]), autoregression().drop_vars("innovation_sd"))


def test_variables_in_another_order_are_refused():
    draws = random_posterior(RICLPM(variables=["b", "a"]), 3, 1)
    with pytest.raises(FitError, match="in the same order"):
        derive(RICLPM(variables=["a", "b"]), draws)
