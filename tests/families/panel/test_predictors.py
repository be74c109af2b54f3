"""Covariates that predict what lasts in pupils: the moments, the estimates, the evidence, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.fit_rows import likelihood_ratios
from bayespanel.families.panel.lifting import Own, lifted
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.nulls import nulls
from bayespanel.families.panel.predictors import at_waves, carried, dims, shape, spread
from bayespanel.families.panel.prior_world import in_units_of_truth, prior_world
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.summaries.nulls import location_at_zero
from tests.families.panel.steepness import gradient_error
from tests.figures.drawn import words
from tests.unsampled import unsampled, weighed

NAMES, WAVES = ("a", "b"), 5
EFFECT = np.array([[0.4, -0.3], [0.2, 0.5]])
PLAIN = bp.RICLPM(NAMES, covariates=("z", "girl"), covariate_effects="stable")
BASE = PanelWorld(
    variables=NAMES,
    months=tuple(range(WAVES)),
    lag=np.array([[0.3, 0.1], [0.05, 0.4]]),
    initial_sd=np.array([1.0, 0.8]),
    innovation_sd=np.array([0.8, 0.7]),
    initial_corr=np.array([[1.0, 0.3], [0.3, 1.0]]),
    intercept_sd=np.array([0.7, 0.6]),
    intercept_corr=np.array([[1.0, 0.5], [0.5, 1.0]]),
    mean=np.array([3.0, 2.0]),
    covariates=("z", "girl"),
    covariate_shares={"girl": 0.4},
    covariate_effect=EFFECT,
    pupils=400,
    schools=8,
)
SLOPES = {"slope_sd": np.array([0.2, 0.1]), "growth_corr": np.eye(4), "intercept_corr": None}
GROWING = np.stack([EFFECT, 0.2 * EFFECT[::-1]])
LOADING = np.vstack([np.ones(2), np.linspace([1.1, 0.9], [1.4, 0.7], WAVES - 1)])
FIRST = np.array([[1.2, 0.1], [0.0, 0.9]])
KINDS: dict[str, tuple[bp.RICLPM, PanelWorld]] = {
    "intercepts": (PLAIN, BASE),
    "loadings": (replace(PLAIN, loadings="free"), replace(BASE, intercept_loading=LOADING)),
    "slopes": (replace(PLAIN, slopes=True), replace(BASE, **SLOPES, covariate_effect=GROWING)),
    "unit effects": (
        replace(PLAIN, accumulating=True),
        replace(BASE, accumulating=True, first_loading=FIRST),
    ),
    "lines that accumulate": (
        replace(PLAIN, accumulating=True, slopes=True),
        replace(
            BASE, **SLOPES, accumulating=True, first_loading=np.hstack([FIRST, 0.3 * FIRST]), covariate_effect=GROWING
        ),
    ),
    "loadings that accumulate, innovations once more": (
        replace(PLAIN, accumulating=True, loadings="free", moving_average="cross"),
        replace(BASE, accumulating=True, intercept_loading=LOADING, moving_average=0.5 * FIRST - 0.4),
    ),
    "two waves back": (
        replace(PLAIN, order=2),
        replace(BASE, lag_2=np.array([[0.1, 0.0], [0.05, 0.1]]), first_lag=BASE.lag + 0.1),
    ),
}

every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def pupils(kind: str) -> bp.Moments:
    spec, world = KINDS[kind]
    return data_for(spec, observed(spec, world, bp.simulate(world, seed=2)))


def by_hand(world: PanelWorld) -> np.ndarray:
    """Return what one unit of each covariate does to the scores [wave, variable, covariate], wave by wave."""
    out = []
    for z in range(len(world.covariates)):
        line = world.covariate_effect[..., z]
        level, change = line if line.ndim == 2 else (line, 0 * line)
        scores: list[np.ndarray] = []
        for t in range(WAVES):
            entering = level + t * change
            if world.intercept_loading is not None:
                entering = entering * world.intercept_loading[t]
            if not world.accumulating or (t == 0 and world.first_loading is None):
                scores.append(entering)
            elif t == 0:
                scores.append(world.first_loading @ line.ravel())
            else:
                scores.append(world.lag @ scores[-1] + entering)
        out.append(np.stack(scores))
    return np.stack(out, axis=-1)


@every_kind
def test_the_truth_of_a_world_implies_what_covariates_do_to_scores(kind: str) -> None:
    spec, world = KINDS[kind]
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    found = implied(spec, {str(name): known[name].values for name in known}, np.arange(WAVES))
    np.testing.assert_allclose(found.covariate_effect, by_hand(world), atol=1e-12)
    waves = replace(spec, covariate_effects="by_wave")
    np.testing.assert_allclose(truth(waves, world)["posterior"]["covariate_effect"].squeeze(), by_hand(world))


@every_kind
def test_scores_of_simulated_pupils_follow_covariates_as_much(kind: str) -> None:
    spec, world = KINDS[kind]
    world = replace(world, pupils=20_000, schools=400)
    panel = observed(spec, world, bp.simulate(world, seed=3))
    x = np.column_stack([np.ones(len(panel.covariates)), panel.covariates - panel.covariates.mean(axis=0)])
    y = panel.values.reshape(len(x), -1)
    slopes, rest, _, _ = np.linalg.lstsq(x, y)
    error = np.sqrt(np.linalg.inv(x.T @ x).diagonal()[:, None] * rest / len(x))
    away = (slopes[1:].T - by_hand(world).reshape(-1, 2)) / error[1:].T
    assert np.abs(away).max() < 4  # of 20 numbers
    np.testing.assert_allclose(slopes[0].reshape(WAVES, 2), np.broadcast_to(world.mean, (WAVES, 2)), atol=0.05)


@every_kind
def test_the_likelihood_is_that_of_pupils_one_by_one(kind: str) -> None:
    spec, world = KINDS[kind]
    panel = observed(spec, world, bp.simulate(replace(world, missing_wave=0.2), seed=2))
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    values = {str(name): known[name].values for name in known}
    there = implied(spec, values, np.arange(WAVES))
    x = panel.covariates - panel.covariates.mean(axis=0)
    mean = np.broadcast_to(world.mean, (WAVES, 2)).ravel() + x @ by_hand(world).reshape(-1, 2).T
    total = 0.0
    for y, own in zip(panel.values.reshape(len(x), -1), mean, strict=True):
        seen = ~np.isnan(y)
        total += stats.multivariate_normal.logpdf(y[seen], own[seen], there.pupil[np.ix_(seen, seen)])
    assert bp.log_likelihood(spec, panel, values) == pytest.approx(total, abs=1e-8)


@every_kind
def test_the_structure_has_the_gradient_of_its_likelihood(kind: str) -> None:
    spec, _ = KINDS[kind]
    data = pupils(kind)
    model = structure(spec, data)
    height = objective(model, statistics(spec, data))
    rng = np.random.default_rng(4)
    at = model.start() + 0.05 * rng.normal(size=model.size)
    assert gradient_error(height, at) < 1e-5
    arrays = model.arrays(at)
    load = carried(model, at)
    effect = (load @ arrays["covariate_effect"].reshape(load.shape[1], -1)).reshape(WAVES, 2, 2)
    np.testing.assert_allclose(at_waves(spec, arrays, np.arange(WAVES)), effect, atol=1e-12)


@every_kind
def test_effects_of_every_wave_hold_those_on_what_lasts_as_a_special_case(kind: str) -> None:
    spec, _ = KINDS[kind]
    data = pupils(kind)
    model = structure(spec, data)
    rng = np.random.default_rng(5)
    at = model.start() + 0.05 * rng.normal(size=model.size)
    fitted = Own(model, statistics(spec, data), at, 0.01 * np.eye(model.size), at[None])
    freed = structure(replace(spec, covariate_effects="by_wave"), data)
    start, uncertain = lifted(fitted, at, freed)
    heights = [objective(one, fitted.statistics)(v)[0] for one, v in ((model, at), (freed, start))]
    assert heights[0] == pytest.approx(heights[1], abs=1e-9)
    assert np.linalg.eigvalsh(uncertain)[0] > -1e-10


def test_other_units_of_a_covariate_change_the_effect_and_nothing_else() -> None:
    spec, world = KINDS["intercepts"]
    frame = bp.simulate(world, seed=2)
    found = bp.maximum_likelihood(spec, observed(spec, world, frame))
    other = bp.maximum_likelihood(spec, observed(spec, world, frame.assign(z=10 * frame["z"] + 7)))
    assert found.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)
    units = xr.DataArray([10.0, 1.0], coords={"covariate": ["z", "girl"]})
    xr.testing.assert_allclose(found.estimates["covariate_effect"], other.estimates["covariate_effect"] * units)
    for name in ("covariate_effect_standardised", "predicted_share"):
        xr.testing.assert_allclose(found.standardised[name], other.standardised[name])


def test_one_covariate_alone_has_the_correlation_with_what_lasts() -> None:
    """An effect in SDs of what lasts with what it predicts is a correlation; its square is the share."""
    world = replace(BASE, covariates=("z",), covariate_shares={}, covariate_effect=EFFECT[:, :1])
    spec = replace(PLAIN, covariates=("z",))
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    correlation = EFFECT[:, 0] / np.sqrt(EFFECT[:, 0] ** 2 + BASE.intercept_sd**2)
    np.testing.assert_allclose(known["covariate_effect_standardised"][:, 0], correlation)
    np.testing.assert_allclose(known["predicted_share"], correlation**2)


def test_what_an_omitted_covariate_adds_lasts_in_pupils() -> None:
    spec = replace(PLAIN, covariates=("z",))
    known = truth(spec, BASE)["posterior"].squeeze()
    added = np.outer(EFFECT[:, 1], EFFECT[:, 1]) * 0.4 * 0.6
    whole = np.outer(BASE.intercept_sd, BASE.intercept_sd) * BASE.intercept_corr + added
    np.testing.assert_allclose(known["intercept_sd"], np.sqrt(np.diag(whole)))
    sd = np.sqrt(np.diag(whole))
    np.testing.assert_allclose(known["intercept_corr"], whole / np.outer(sd, sd))
    for model, world in (
        (PLAIN, replace(BASE, covariate_effect=np.stack([EFFECT] * WAVES))),  # no effect on what lasts
        (PLAIN, KINDS["slopes"][1]),
        (PLAIN, KINDS["loadings"][1]),
        (replace(PLAIN, covariates=("other",)), BASE),
    ):
        assert truth(model, world)["posterior"]["covariate_effect"].isnull().all()
    level, slope = truth(KINDS["slopes"][0], BASE)["posterior"]["covariate_effect"].squeeze().values
    np.testing.assert_array_equal(level, EFFECT)
    assert not slope.any()


def rows(spec: bp.RICLPM, world: PanelWorld) -> dict[str, float]:
    """Return p of the tests against neighbours, of a model at its maximum."""
    data = data_for(spec, observed(spec, world, bp.simulate(world, seed=6)))
    model = structure(spec, data)
    from bayespanel.inference.maximum_likelihood import maximise

    top = maximise(model, statistics(spec, data))
    fitted = Own(model, statistics(spec, data), top.vector, top.covariance, top.vector[None])
    return {name: found.test.p for name, found in likelihood_ratios(spec, data, fitted)}


def test_a_check_asks_whether_covariates_act_through_what_lasts_alone() -> None:
    world = replace(BASE, pupils=800)
    fine = rows(PLAIN, world)
    assert fine["effects of covariates"] > 0.01
    assert fine["pupil"] > 0.01
    moving = np.stack([EFFECT * (1 + 0.4 * t) for t in range(WAVES)])
    wrong = rows(PLAIN, replace(world, covariate_effect=moving))
    assert wrong["effects of covariates"] < 1e-6
    assert wrong["pupil"] < 1e-6
    assert "effects of covariates" not in rows(replace(PLAIN, covariate_effects="by_wave"), world)


def fake(kind: str, triangle: bp.Triangle | None = None) -> bp.Fit:
    spec = replace(KINDS[kind][0], triangle=triangle)
    return unsampled(spec, pupils(kind), draws=50)


def test_the_evidence_has_a_row_for_each_variable_and_covariate() -> None:
    triangle = bp.Triangle(parent=["z"], child=["a"], school=["b"])
    fit = fake("intercepts", triangle)
    assert fit.spec.variables == NAMES
    found = weighed(fit)
    here = found.sel(pathway=found["kind"] == "predictor")
    assert list(here["pathway"].values) == [f"stable: {z} -> {v}" for v in NAMES for z in ("z", "girl")]
    assert list(here["edge"].values) == ["parent->child", "", "parent->school", ""]
    phi = spread(fit.spec, fit.data)
    effect = fit.posterior["covariate_effect"].transpose("chain", "draw", "variable", "covariate").values
    sd = fit.posterior["intercept_sd"].transpose("chain", "draw", "variable").values
    whole = np.einsum("abvz,zy,abvy->abv", effect, phi, effect) + sd**2
    scaled = effect * np.sqrt(np.diag(phi)) / np.sqrt(whole)[..., None]
    means = here["mean"].values.reshape(2, 2)
    np.testing.assert_allclose(means, scaled.mean(axis=(0, 1)), rtol=1e-10)
    np.testing.assert_allclose(phi, np.cov(panel_covariates().T, bias=True), rtol=1e-10)


def panel_covariates() -> np.ndarray:
    spec, world = KINDS["intercepts"]
    return observed(spec, world, bp.simulate(world, seed=2)).covariates


def test_predictors_of_slopes_are_a_kind_of_their_own() -> None:
    found = weighed(fake("slopes"))
    for kind, word in (("predictor", "stable"), ("growth_predictor", "growth")):
        here = found.sel(pathway=found["kind"] == kind)
        assert list(here["pathway"].values) == [f"{word}: {z} -> {v}" for v in NAMES for z in ("z", "girl")]
    assert "Covariates that predict stable parts are not drawn" in found.attrs["diagram"]
    assert "not drawn" in " ".join(words(bp.plot_path_diagram(found))).replace("\n", " ")


@pytest.mark.parametrize("kind", ["intercepts", "slopes"])
@pytest.mark.parametrize("scale", ["standardised", "total", "raw"])
def test_bayes_factors_have_the_density_of_the_prior_at_zero(kind: str, scale: Any) -> None:
    fit = fake(kind)
    row = bp.Prior("covariate_effect", "Normal", (0, 0.5), scale=scale)
    spec = replace(fit.spec, priors=(row,))
    found = weighed(fit)
    known = nulls(spec, fit.data, found)
    sd = {"z": 1.0, "girl": panel_covariates()[:, 1].std()}
    unit = dict(zip(NAMES, fit.data.scale, strict=True))
    for i in np.flatnonzero(np.char.endswith(found["kind"].values, "predictor")):
        at = {name: str(found[name].values[i]) for name in ("kind", "source", "target")}
        width = 1.0 if scale == "raw" else unit[at["target"]]
        width /= sd[at["source"]] if scale == "standardised" else 1.0
        width /= WAVES - 1 if at["kind"] == "growth_predictor" and scale != "raw" else 1.0
        assert known.scale[i] == "raw"
        assert known.log_prior[i] == pytest.approx(location_at_zero(replace(row, scale="total"), width), abs=1e-9)


@every_kind
def test_a_world_of_the_prior_has_the_moments_of_its_truth(kind: str) -> None:
    spec, world = KINDS[kind]
    drawn, _ = prior_world(spec, replace(world, covariate_shares={}), np.random.default_rng(8))
    assert drawn.covariate_effect.shape == shape(spec, WAVES)
    known = truth(spec, drawn)["posterior"]
    assert known["covariate_effect"].dims[2:] == dims(spec)
    assert known["covariate_effect"].notnull().all()
    data = in_units_of_truth(spec, data_for(spec, observed(spec, drawn, bp.simulate(drawn, seed=9))))
    np.testing.assert_allclose(np.diag(spread(spec, data)), 1.0, atol=1e-10)  # units of the prior, exactly
    values = {str(name): known[name].isel(chain=0, draw=0).values for name in known}
    assert np.isfinite(bp.log_likelihood(spec, data, values))


def test_the_posterior_is_about_the_maximum_of_the_likelihood() -> None:
    spec, world = KINDS["intercepts"]
    data = observed(spec, world, bp.simulate(replace(world, pupils=2000, schools=40), seed=7))
    found = bp.maximum_likelihood(spec, data)
    fit = bp.fit(spec, data, seed=1, sampling=bp.Sampling(draws=400, tune=400, chains=2), progress=False)
    drawn, errors = fit.posterior["covariate_effect"], found.standard_errors["covariate_effect"]
    away = np.abs((drawn.mean(("chain", "draw")) - found.estimates["covariate_effect"]) / errors)
    assert away.max() < 0.4  # Monte Carlo error of some hundred effective draws, and the priors
    np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.2)
    share = fit.posterior["predicted_share"].mean(("chain", "draw"))
    np.testing.assert_allclose(share, found.standardised["predicted_share"], atol=0.02)
    weighed_rows = bp.evidence(fit, rope=0.1)
    here = weighed_rows.sel(pathway=weighed_rows["kind"] == "predictor")
    assert (here["log_bf10"].fillna(here["log_bf10_above"]) > 3).all()


def test_what_does_not_go_together_is_refused() -> None:
    for options in ({"intercepts": False}, {"covariates": ()}):
        with pytest.raises(bp.SpecError, match="Effects that are stable are those of covariates on random intercepts"):
            replace(PLAIN, **options)
    with pytest.raises(bp.SpecError, match="covariate_effects"):
        bp.RICLPM(NAMES, covariates=("z",), covariate_effects="steady")
    with pytest.raises(bp.SpecError, match="may name its covariates"):
        bp.RICLPM(NAMES, triangle=bp.Triangle(parent=["z"], child=NAMES))
    with pytest.raises(bp.SpecError, match="has one role"):
        bp.RICLPM(NAMES, covariates=("a",))
    for fields in (
        {"covariate_effect": None},
        {"covariates": ()},
        {"intercept_sd": None, "intercept_corr": None},
        {"covariate_shares": {"girl": 1.0}},
        {"covariate_shares": {"boy": 0.5}},
        {"covariates": ("z", "a")},
        {"covariate_effect": EFFECT[:, :1]},
    ):
        with pytest.raises(bp.SpecError):
            replace(BASE, **fields)
