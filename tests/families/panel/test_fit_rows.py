"""Rows of fit: the tests are those of maximum likelihood, the rows say what to free, and no trouble costs a fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.data import Moments
from bayespanel.families.panel import fit_rows as rows
from bayespanel.families.panel.lifting import Own, lifted
from bayespanel.families.panel.mending import advice, steps
from bayespanel.families.panel.neighbours import neighbours
from bayespanel.families.panel.restrictions import RESTRICTIONS
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.ascent import ascend
from bayespanel.inference.checks import Check
from bayespanel.inference.likelihood_ratio import LikelihoodRatio
from bayespanel.inference.maximum_likelihood import maximise, objective
from tests.families.panel import data, realities
from tests.known_answers.published import moments as published_moments, table

NAMES = ("x", "y")
CLOSE = 0.005
"""Of two likelihood ratios: each maximum is found to a thousandth."""


def fitted(spec: bp.RICLPM, moments: Moments) -> Own:
    """The model with a start of its own in place of a posterior: where the climb begins changes no test."""
    model = structure(spec, moments)
    start = model.start()
    return Own(model, statistics(spec, moments), start, 0.01 * np.eye(len(start)), start[None])


def ratios(spec: bp.RICLPM, moments: Moments) -> dict[str, LikelihoodRatio]:
    found = rows.likelihood_ratios(spec, moments, fitted(spec, moments))
    return {name: one.test for name, one in found}


def draws(spec: bp.RICLPM, moments: Moments, *, pull: float = 1.0) -> xr.Dataset:
    """A fake posterior: estimates with a little noise; lags times `pull`, as a strong prior would have it."""
    found = bp.maximum_likelihood(spec, moments).estimates
    rng = np.random.default_rng(5)
    content: dict[str, Any] = {}
    for name, array in found.data_vars.items():
        value = array.values
        if str(name).endswith("_cov"):
            part = str(name).removesuffix("_cov")
            sd = np.sqrt(np.einsum("...ii->...i", value))
            corr = 0.98 * value / (sd[..., :, None] * sd[..., None, :]) + 0.02 * np.eye(value.shape[-1])
            many = sd * np.exp(0.02 * rng.normal(size=(2, 50, *sd.shape)))
            content[f"{part}_sd"] = (("chain", "draw", *array.dims[:-1]), many)
            content[f"{part}_corr"] = (("chain", "draw", *array.dims), np.broadcast_to(corr, (2, 50, *corr.shape)))
        else:
            noise = 0.02 * rng.normal(size=(2, 50, *value.shape))
            content[str(name)] = (("chain", "draw", *array.dims), value * (pull if name == "lag" else 1.0) + noise)
    return xr.Dataset(content, coords={"wave": list(moments.waves)})


def named(found: list[Check]) -> dict[str, Check]:
    return {one.check: one for one in found}


def test_absolute_fit_is_the_chi_square_of_maximum_likelihood() -> None:
    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.panel(1, 300, 4, missed=0.15))
    ml = bp.maximum_likelihood(spec, moments)
    found = ratios(spec, moments)["pupil"]
    assert found.statistic == pytest.approx(ml.chi_square, abs=CLOSE)
    assert found.df == ml.df
    assert found.p == pytest.approx(ml.p_value, rel=0.01)
    assert found.rmsea == pytest.approx(ml.rmsea, abs=1e-4)


@pytest.mark.parametrize(
    ("held", "freed", "name"),
    [
        ({}, {"lags": "free"}, "lags"),
        ({"innovations": "equal"}, {"innovations": "free"}, "innovations"),
        ({"means": "equal"}, {"means": "free"}, "means"),
        ({"intercepts": False}, {"intercepts": True}, "intercepts"),
    ],
)
@pytest.mark.parametrize("levels", [("pupil",), ("pupil", "school")])
def test_each_option_is_tested_as_by_fitting_both_models(
    held: dict[str, Any], freed: dict[str, Any], name: str, levels: tuple[str, ...]
) -> None:
    spec = bp.RICLPM(variables=NAMES, levels=levels, covariates=("age",), **held)
    moments = data_for(spec, realities.panel(2, 300, 3, schools=15, missed=0.0))
    both = [bp.maximum_likelihood(one, moments) for one in (spec, replace(spec, **freed))]
    assert all(one.converged for one in both)
    found = ratios(spec, moments)[name]
    assert found.statistic == pytest.approx(2 * (both[1].log_likelihood - both[0].log_likelihood), abs=CLOSE)
    assert found.df == both[1].n_parameters - both[0].n_parameters


UP_AND_DOWN = np.array([0.0, 2.4, 0.0, 0.8, 0.0])[None, :, None]
"""Drift by which what lasts weighs 1, 1.6, 1, 1.6 and 1: on a straight line slopes would do as well."""


@pytest.mark.parametrize(
    ("wrong", "freed", "name"),
    [
        ({"drift": UP_AND_DOWN}, {"loadings": "free"}, "loadings"),
        ({"second": 0.2}, {"order": 2}, "order"),
        ({"slope_sd": 0.15}, {"slopes": True}, "slopes"),
    ],
)
def test_a_plain_model_is_told_which_option_of_the_course_would_mend_it(
    wrong: dict[str, Any], freed: dict[str, Any], name: str
) -> None:
    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.panel(4, 1500, 5, missed=0.0, **wrong))
    found = named(rows.fit_rows(spec, draws(spec, moments), moments))
    row = found[RESTRICTIONS[name].check]
    assert row.state == "FAILED"
    assert str(RESTRICTIONS[name]) in row.hint
    assert f"Try {RESTRICTIONS[name]}, which takes" in found[rows.ABSOLUTE].hint
    assert "chance may explain" in found[rows.ABSOLUTE].hint
    if name != "slopes":  # which has a test of fewer parameters
        both = [bp.maximum_likelihood(one, moments) for one in (spec, replace(spec, **freed))]
        test = ratios(spec, moments)[name]
        assert test.statistic == pytest.approx(2 * (both[1].log_likelihood - both[0].log_likelihood), abs=CLOSE)
        assert test.df == both[1].n_parameters - both[0].n_parameters


@pytest.mark.parametrize("levels", [("pupil",), ("pupil", "school")])
@pytest.mark.parametrize("freed", [{"loadings": "free"}, {"order": 2}, {"slopes": True}, {"slopes": True, "order": 2}])
def test_the_start_of_a_neighbour_is_the_model_itself(freed: dict[str, Any], levels: tuple[str, ...]) -> None:
    spec = bp.RICLPM(variables=NAMES, levels=levels, covariates=("age",))
    moments = data_for(spec, realities.panel(5, 200, 5, schools=10))
    own, wide = fitted(spec, moments), structure(replace(spec, **freed), moments)
    start, uncertain = lifted(own, own.start, wide)
    here, there = (objective(one, own.statistics)(at)[0] for one, at in ((own.structure, own.start), (wide, start)))
    small = 2.0 if "slopes" in freed else 1e-8  # slopes begin with a variance of their own
    assert there == pytest.approx(here, abs=small)
    assert (np.linalg.eigvalsh(uncertain) > 0).all()


def test_shocks_of_a_level_are_effects_by_wave_with_variances_added_on_the_diagonal() -> None:
    """(15): the same log-likelihood as `by_wave` with that covariance, and a gradient that is its own difference."""
    spec = bp.RICLPM(variables=("v0", "v1"), levels=("pupil", "class", "school"))
    moments = data_for(spec, data.panel(3, pupils=240))
    own = fitted(spec, moments)
    for level in ("class", "school"):
        one = next(n for n in neighbours(spec, moments, own, own.start) if n.name == level)
        arrays = one.structure.arrays(one.start)
        shocks = arrays[f"{level}_wave_cov"].ravel()
        wide = np.kron(np.ones((4, 4)), arrays[f"{level}_cov"]) + np.diag(np.tile(shocks, 4))
        by_wave = replace(spec, cluster_effects={level: "by_wave"})
        given = {name: value for name, value in arrays.items() if name != f"{level}_wave_cov"}
        exact = bp.log_likelihood(by_wave, moments, given | {f"{level}_cov": wide})
        height = objective(one.structure, one.statistics)
        value, gradient = height(one.start)
        assert value == pytest.approx(exact, abs=1e-8)
        for i in range(len(one.start) - 6, len(one.start)):
            step = np.zeros(len(one.start))
            step[i] = 1e-5
            difference = (height(one.start + step)[0] - height(one.start - step)[0]) / 2e-5
            assert gradient[i] == pytest.approx(difference, rel=1e-5, abs=1e-4)


def test_school_shocks_are_tested_as_by_the_long_search() -> None:
    spec = bp.RICLPM(variables=NAMES, levels=("pupil", "school"))
    moments = data_for(spec, realities.panel(4, 400, 4, schools=20, shock_sd=0.3))
    own = fitted(spec, moments)
    one = next(n for n in neighbours(spec, moments, own, own.start) if n.name == "school")
    low = maximise(own.structure, own.statistics).log_likelihood
    high = maximise(one.structure, one.statistics).log_likelihood
    found = ratios(spec, moments)["school"]
    assert found.statistic == pytest.approx(2 * (high - low), abs=CLOSE)
    assert (found.df, found.variances) == (2, 2)


def test_star_contradicts_equal_lags() -> None:
    """Known answers: chi-square 603.9 on 17 and 285.9 on 9 on one level; p = 0."""
    card = bp.card("star")
    moments = bp.Moments.load(card.path.with_suffix(".nc"))
    spec = replace(card.spec, levels=("pupil",), cluster_effects="stable")
    found = ratios(spec, data_for(spec, moments))
    assert found["pupil"].statistic == pytest.approx(603.9, abs=0.05)
    assert found["lags"].statistic == pytest.approx(603.9 - 285.9, abs=0.1)
    assert found["lags"].p < 1e-60
    assert rows.row("lags", found["lags"], "").state == "FAILED"


@pytest.mark.parametrize(
    ("held", "fit", "name", "freed"),
    [
        ({}, "mulder_riclpm_equal_lags", "lags", "mulder_riclpm_free"),
        ({"innovations": "equal"}, "mulder_riclpm_equal_lags_innov", "innovations", "mulder_riclpm_equal_lags"),
        ({"lags": "free", "means": "equal"}, "mulder_riclpm_equal_means", "means", "mulder_riclpm_free"),
        ({"intercepts": False}, "mulder_clpm_equal_lags", "intercepts", "mulder_riclpm_equal_lags"),
        ({"intercepts": False, "lags": "free"}, "mulder_clpm_free", "intercepts", "mulder_riclpm_free"),
    ],
)
def test_rows_are_differences_of_the_chi_squares_of_lavaan(
    held: dict[str, Any], fit: str, name: str, freed: str
) -> None:
    """Frozen answers of another program (tests/known_answers/README.md); it stops within .001 of its maxima."""
    theirs = table("riclpm_fit").set_index("model").loc
    pupils = published_moments("mulder")
    found = ratios(bp.RICLPM(variables=("x", "y"), **held), pupils)
    assert found["pupil"].statistic == pytest.approx(theirs[fit, "chi_square"], abs=CLOSE)
    assert found["pupil"].df == theirs[fit, "df"]
    assert found[name].statistic == pytest.approx(theirs[fit, "chi_square"] - theirs[freed, "chi_square"], abs=CLOSE)
    assert found[name].df == theirs[fit, "df"] - theirs[freed, "df"]
    assert rows.row("", found[name], "").state == ("ok" if name == "innovations" else "FAILED")


def test_what_mends_star_is_freed_step_by_step() -> None:
    """Known answers on one level: 603.9 on 17, and 285.9 on 9 once lags differ; free loadings take far more off it."""
    card = bp.card("star")
    spec = replace(card.spec, levels=("pupil",), cluster_effects="stable")
    moments = data_for(spec, bp.Moments.load(card.path.with_suffix(".nc")))
    own = fitted(spec, moments)
    whole = dict(rows.likelihood_ratios(spec, moments, own))["pupil"]
    here = replace(own, start=whole.base.vector, log_likelihood=whole.base.log_likelihood)
    path = steps(spec, moments, here, whole.test, {})
    assert [str(step.restriction) for step in path] == ["loadings='free'", "order=2"]
    freed = bp.maximum_likelihood(path[0].restriction.freed(spec), moments)
    assert path[0].left.statistic == pytest.approx(freed.chi_square, abs=0.05)
    assert (path[0].gain.df, path[-1].left.df) == (6, 3)
    assert path[0].left.rmsea < 0.02
    assert [str(one) for one in path[0].rivals] == ["order=2"]
    told = advice(path, whole.test)
    assert "Try loadings='free', which takes 562.3 off it (order=2 nearly as much" in told
    lags = ratios(spec, moments)["lags"]
    assert whole.test.statistic - lags.statistic == pytest.approx(285.9, abs=0.05)


def test_growth_is_a_pattern_over_waves_and_its_gradient_is_its_own_difference() -> None:
    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.panel(3, 300, 4))
    own = fitted(spec, moments)
    one = next(n for n in neighbours(spec, moments, own, own.start) if n.name == "growth")
    arrays = one.structure.arrays(one.start) | {"growth": np.array([[0.2, 0.1], [0.3, -0.05]])}
    time = np.array([-1.0, -1 / 3, 1 / 3, 1.0])
    added = one.structure.forward(arrays)[0][0] - own.structure.forward(arrays)[0][0]
    for v, (slope, level) in enumerate(arrays["growth"]):
        expected = slope * np.outer(time, time) + level * np.add.outer(time, time)
        np.testing.assert_allclose(added[v::2, v::2], expected, atol=1e-12)
    np.testing.assert_allclose(added[0::2, 1::2], 0.0, atol=1e-12)
    height, at = objective(one.structure, one.statistics), one.start.copy()
    at[-4:] = 0.01
    gradient = height(at)[1]
    for i in range(len(at) - 4, len(at)):
        step = np.zeros(len(at))
        step[i] = 1e-5
        assert gradient[i] == pytest.approx((height(at + step)[0] - height(at - step)[0]) / 2e-5, rel=1e-5, abs=1e-4)


def test_rows_name_the_option_and_how_lags_differ() -> None:
    spec = bp.RICLPM(variables=NAMES, levels=("pupil", "school"))
    moments = data_for(spec, realities.panel(1, 1500, 4, schools=30, apart=0.25, shock_sd=0.4))
    found = named(rows.fit_rows(spec, draws(spec, moments), moments))
    assert list(found) == [
        *(rows.ABSOLUTE, rows.SIZE, rows.PREDICTIVE, RESTRICTIONS["lags"].check, RESTRICTIONS["error"].check),
        *(RESTRICTIONS["loadings"].check, RESTRICTIONS["order"].check),
        *(rows.GROWING, RESTRICTIONS["school"].check),
    ]
    assert found[RESTRICTIONS["lags"].check].state == "FAILED"
    assert "lags='free'" in found[RESTRICTIONS["lags"].check].hint
    assert "over the intervals" in found[RESTRICTIONS["lags"].check].hint
    assert found[RESTRICTIONS["school"].check].state == "FAILED"
    assert "cluster_effects='by_wave'" in found[RESTRICTIONS["school"].check].hint
    assert "Try lags='free', which takes" in found[rows.ABSOLUTE].hint
    assert "speak for cluster_effects='by_wave'" in found[rows.ABSOLUTE].hint


def test_a_model_that_is_right_has_rows_that_are_ok() -> None:
    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.panel(7, 600, 4))
    assert {one.state for one in rows.fit_rows(spec, draws(spec, moments), moments)} == {"ok"}


def test_a_prior_that_pulls_lags_away_is_seen_by_the_posterior_predictive_row_alone() -> None:
    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.panel(7, 1500, 4))
    found = named(rows.fit_rows(spec, draws(spec, moments, pull=0.1), moments))
    assert found[rows.ABSOLUTE].state == "ok"
    assert found[rows.PREDICTIVE].state == "look"
    assert "bp.sensitivity" in found[rows.PREDICTIVE].hint


def in_the_population(waves: int, **reality: float) -> tuple[float, np.ndarray]:
    """RMSEA of equal lags without sampling error, and the lags [target, source] that are then found."""
    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.exact(realities.covariance(waves, **reality), waves))
    own = fitted(spec, moments)
    low = ascend(own.structure, own.statistics, own.start, own.covariance)
    one = next(neighbours(spec, moments, own, low.vector))
    top = ascend(one.structure, one.statistics, one.start, one.covariance)
    assert low.converged
    assert top.converged
    df = one.structure.size - own.structure.size
    misfit = max(0.0, 2 * (top.log_likelihood - low.log_likelihood))
    return float(np.sqrt(misfit / (df * moments.n_pupils))), own.structure.arrays(low.vector)["lag"][0]


def test_the_simulator_has_the_covariance_that_it_should() -> None:
    """400,000 pupils: entries of up to 4 have errors of at most 4 * sqrt(2 / 400,000) = .009."""
    kinds = {"apart": 0.2, "slope_sd": 0.3, "second": 0.2, "error_sd": 0.5}
    y = realities.scores(np.random.default_rng(1), 400_000, 4, **kinds).reshape(400_000, 8)
    np.testing.assert_allclose(np.cov(y.T), realities.covariance(4, **kinds), atol=0.045)


@pytest.mark.parametrize(
    ("waves", "reality", "rmsea", "error"),
    [
        (3, {"slope_sd": 0.15}, 0.0147, 0.045),
        (4, {"slope_sd": 0.15}, 0.0213, 0.056),
        (5, {"slope_sd": 0.15}, 0.0293, 0.068),
        (3, {"second": 0.2}, 0.0230, 0.251),
        (4, {"second": 0.2}, 0.0460, 0.207),
        (3, {"error_sd": 1.0}, 0.0049, 0.181),
        (4, {"error_sd": 1.0}, 0.0063, 0.177),
        (6, {"error_sd": 1.0}, 0.0069, 0.170),
    ],
)
def test_no_rmsea_promises_that_lags_are_right(
    waves: int, reality: dict[str, float], rmsea: float, error: float
) -> None:
    """Below .05, "close", lags are off by up to .25; measurement error halves carry-over where nothing is seen."""
    size, lag = in_the_population(waves, **reality)
    assert size == pytest.approx(rmsea, abs=3e-4)
    assert np.abs(lag - realities.LAG).max() == pytest.approx(error, abs=3e-3)


def test_options_that_a_model_does_not_hold_equal_have_no_row() -> None:
    spec = bp.RICLPM(variables=("v0", "v1"), levels=("pupil", "school"), lags="free", cluster_effects="by_wave")
    moments = data_for(spec, data.panel(2, pupils=200))
    assert set(ratios(spec, moments)) == {"pupil", "error", "loadings", "order", "growth"}
    clpm = bp.RICLPM(variables=("v0", "v1"), intercepts=False)
    two = data_for(clpm, data.panel(2, pupils=200, waves=2))
    assert set(ratios(clpm, two)) == set()  # one interval, and as many parameters as means and covariances


def test_one_variable_has_rows_too() -> None:
    spec = bp.RICLPM(variables=("x",), levels=("pupil", "school"))
    moments = data_for(spec, realities.panel(2, 400, 5, schools=20))
    assert set(ratios(spec, moments)) == {"pupil", "lags", "error", "loadings", "order", "growth", "school"}


@pytest.mark.parametrize("error", [bp.FitError("A", "b", "c"), np.linalg.LinAlgError("no"), ValueError("no")])
def test_what_cannot_be_computed_is_said_and_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    spec = bp.RICLPM(variables=NAMES)
    moments = data_for(spec, realities.panel(7, 300, 3))
    posterior = draws(spec, moments)
    monkeypatch.setattr(rows, "srmr", fail)
    found = named(rows.fit_rows(spec, posterior, moments))
    assert found[rows.PREDICTIVE].state == "look"
    assert found[rows.ABSOLUTE].state == "ok"
    monkeypatch.setattr(rows, "ascend", fail)
    (only,) = rows.fit_rows(spec, posterior, moments)
    assert (only.check, only.state) == (rows.ABSOLUTE, "look")
    assert "could not be computed" in only.hint
