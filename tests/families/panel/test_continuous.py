"""Panel models in continuous time: worlds, estimates, pathways of any interval, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm, solve_continuous_lyapunov

import bayespanel as bp
from bayespanel.families.panel.checks import checks
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.nulls import nulls
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.language.errors import BayespanelError, DataError, SpecError
from tests.families.panel.steepness import gradient_error
from tests.unsampled import unsampled, weighed

NAMES = ("a", "b")
MONTHS = (0.0, 3.0, 12.0, 15.0, 24.0)
DRIFT = np.array([[-0.15, 0.02], [0.06, -0.20]])
DIFFUSION = np.array([[0.16, 0.03], [0.03, 0.12]])
SETTLED = solve_continuous_lyapunov(DRIFT, -DIFFUSION)


def parts(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sd = np.sqrt(np.diag(covariance))
    return sd, covariance / np.outer(sd, sd)


def world(**changes: Any) -> bp.PanelWorld:
    """Return a world whose process has settled before the first wave."""
    (initial_sd, initial_corr), (diffusion_sd, diffusion_corr) = parts(SETTLED), parts(DIFFUSION)
    fields = {
        "variables": NAMES, "months": MONTHS, "drift": DRIFT, "diffusion_sd": diffusion_sd,
        "diffusion_corr": diffusion_corr, "initial_sd": initial_sd, "initial_corr": initial_corr,
        "intercept_sd": np.array([0.5, 0.6]), "intercept_corr": np.array([[1.0, 0.4], [0.4, 1.0]]),
        "pupils": 500, "schools": 10,
    }  # fmt: skip
    return bp.PanelWorld(**(fields | changes))


def by_hand(of: bp.PanelWorld) -> np.ndarray:
    """Return the covariance [cell, cell] of the scores of a settled process: of two waves, exp(D gap) times its own."""
    t, k = len(MONTHS), 2
    out = np.zeros((t, k, t, k))
    for i in range(t):
        for j in range(i + 1):
            out[i, :, j] = expm(DRIFT * (MONTHS[i] - MONTHS[j])) @ SETTLED
            out[j, :, i] = out[i, :, j].T
    sd, corr = of.intercept_sd, of.intercept_corr
    lines = np.kron(np.ones((t, 1)), np.eye(k))
    if of.slope_sd is None:
        stable = np.outer(sd, sd) * corr
    else:
        sd, corr = np.concatenate([of.intercept_sd, of.slope_sd]), of.growth_corr
        lines, stable = np.hstack([lines, np.kron(np.array(MONTHS)[:, None], np.eye(k))]), np.outer(sd, sd) * corr
    return out.reshape(t * k, t * k) + lines @ stable @ lines.T


def exact(of: bp.PanelWorld, pupils: int = 100_000) -> bp.Moments:
    """Return moments of pupils whose covariance is that of the world, to the last digit."""
    return bp.Panel.from_summary(
        mean=np.zeros(10), cov=by_hand(of), n=pupils, variables=NAMES, waves=range(1, 6), times=MONTHS, divisor="n"
    )


SPEC = bp.RICLPM(NAMES, time="continuous", innovations="equal")
LINES = {"slope_sd": np.array([0.02, 0.03]), "growth_corr": np.eye(4), "intercept_corr": None}


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("innovations", ["equal", "free"])
def test_the_truth_of_a_world_implies_the_moments_of_its_pupils(lines: bool, innovations: str) -> None:
    made = world(**(LINES if lines else {}))
    spec = replace(SPEC, slopes=lines, innovations=innovations)
    known = truth(spec, made)["posterior"].isel(chain=0, draw=0)
    found = implied(spec, {str(name): known[name].values for name in known}, MONTHS)
    np.testing.assert_allclose(found.pupil, by_hand(made), atol=1e-12)
    many = replace(made, pupils=20_000, schools=400)
    panel = observed(spec, many, bp.simulate(many, seed=5))
    np.testing.assert_array_equal(panel.times, MONTHS)
    cov = by_hand(made)
    error = np.sqrt((cov**2 + np.outer(np.diag(cov), np.diag(cov))) / 20_000)
    assert np.abs((np.cov(panel.values.reshape(20_000, -1).T) - cov) / error).max() < 4.5


@pytest.mark.parametrize("lines", [False, True])
def test_exact_moments_give_the_drift_back(lines: bool) -> None:
    made = world(**(LINES if lines else {}))
    found = bp.maximum_likelihood(replace(SPEC, slopes=lines), exact(made))
    assert found.converged
    assert found.chi_square == pytest.approx(0, abs=1e-4)
    np.testing.assert_allclose(found.estimates["drift"], DRIFT, atol=1e-6)
    np.testing.assert_allclose(found.estimates["diffusion_cov"], DIFFUSION, atol=1e-6)
    if not lines:
        plain = bp.maximum_likelihood(bp.RICLPM(NAMES), exact(made))
        assert plain.chi_square > 1000  # one lag for gaps of 3 and of 9 months
        free = bp.maximum_likelihood(bp.RICLPM(NAMES, lags="free"), exact(made))
        assert free.chi_square == pytest.approx(0, abs=1e-3)
        np.testing.assert_allclose(free.estimates["lag"][1], expm(DRIFT * 9), atol=1e-3)


def test_a_discrete_model_of_such_a_world_has_the_lags_of_its_gaps() -> None:
    known = truth(bp.RICLPM(NAMES, lags="free"), world())["posterior"].isel(chain=0, draw=0)
    np.testing.assert_allclose(known["lag"], [expm(DRIFT * gap) for gap in np.diff(MONTHS)], atol=1e-12)
    one = truth(bp.RICLPM(NAMES), world())["posterior"]
    assert np.isnan(one["lag"]).all()  # there is no lag of all intervals


@pytest.mark.parametrize("per", [None, 0.5, 6.0, 40.0])
def test_pathways_are_those_of_the_interval_asked_for(per: float | None) -> None:
    spec, posterior = replace(SPEC, per=per), truth(SPEC, world())["posterior"]
    found = _pathways(spec, posterior)
    length = 6.0 if per is None else per
    lag, sd = expm(DRIFT * length), np.sqrt(np.diag(SETTLED))
    assert found["a -> b"] == pytest.approx((lag[1, 0], lag[1, 0] * sd[0] / sd[1]), rel=1e-9)
    assert found["b -> b"] == pytest.approx((lag[1, 1], lag[1, 1]), rel=1e-9)
    twice = expm(DRIFT * 2 * length)
    assert found["total: a -> b (2 intervals)"] == pytest.approx((twice[1, 0], twice[1, 0] * sd[0] / sd[1]), rel=1e-9)


def _pathways(spec: bp.RICLPM, posterior: Any, **options: Any) -> dict[str, tuple[float, float]]:
    from bayespanel.families.panel.pathways import pathways

    found = pathways(spec, posterior, **options).isel(chain=0, draw=0)
    values = zip(found["raw"].values, found["standardised"].values, strict=True)
    return {str(name): pair for name, pair in zip(found["pathway"].values, values, strict=True)}


def test_rows_by_interval_are_those_of_the_gaps() -> None:
    found = _pathways(SPEC, truth(SPEC, world())["posterior"], by_interval=True)
    for before, after, gap in ((1, 2, 3.0), (2, 3, 9.0), (4, 5, 9.0)):
        assert found[f"a -> b [{before}-{after}]"][0] == pytest.approx(expm(DRIFT * gap)[1, 0], rel=1e-9)


def test_a_diffusion_that_changes_moves_the_spread_of_the_waves_between() -> None:
    """Waves of the interval asked for lie between those seen; the diffusion of their time carries their spread on."""
    made = world(diffusion_sd=np.array([1.0, 1.5, 0.5, 2.0])[:, None] * parts(DIFFUSION)[0])
    spec = replace(SPEC, innovations="free", per=8.0)
    found = _pathways(spec, truth(spec, made)["posterior"])
    spread, ratios = SETTLED, []
    for begin in (0.0, 8.0, 16.0):
        before = spread
        for moment in np.arange(begin, begin + 8.0, 0.5):  # half-months, none of which crosses a wave
            q = DIFFUSION * [1.0, 1.5, 0.5, 2.0][np.searchsorted(MONTHS, moment, side="right") - 1] ** 2
            step = expm(DRIFT * 0.5)
            settled = solve_continuous_lyapunov(DRIFT, -q)
            spread = step @ (spread - settled) @ step.T + settled
        ratios.append(np.sqrt(before[0, 0] / spread[1, 1]))
    assert found["a -> b"][1] == pytest.approx(expm(DRIFT * 8)[1, 0] * np.mean(ratios), rel=1e-9)


def test_responses_are_curves_over_the_interval() -> None:
    fit = unsampled(SPEC, exact(world()), draws=20)
    found = bp.dynamics(fit, per=1.0, waves=24)
    assert found.attrs["per"] == 1.0
    assert found.sizes["step"] == 25
    evidence = bp.pathway_draws(fit, per=12.0).sel(pathway="a -> b")["raw"].mean().item()
    drift = fit.posterior["drift"].values.reshape(-1, 2, 2)
    assert evidence == pytest.approx(np.mean([expm(12 * d)[1, 0] for d in drift]), rel=1e-9)
    other = bp.dynamics(fit, per=12.0, waves=2)
    for name in ("response", "spectral_radius"):  # 12 steps of a month are one of a year
        one, two = found[name], other[name]
        if name == "response":
            one, two = one.sel(step=12), two.sel(step=1)
            np.testing.assert_allclose(one.sel(statistic="mean"), two.sel(statistic="mean"), rtol=1e-9)
    np.testing.assert_allclose(
        found["half_life"].sel(statistic="median"), 12 * other["half_life"].sel(statistic="median"), rtol=1e-9
    )
    assert bp.plot_responses(found)


def test_a_bayes_factor_weighs_the_drift() -> None:
    fit = unsampled(SPEC, exact(world()), draws=20)
    draws = bp.pathway_draws(fit)
    own = fit.posterior["drift"].sel(target="b", source="a") * 6.0
    own = own * fit.posterior["initial_sd"].sel(variable="a") / fit.posterior["initial_sd"].sel(variable="b")
    np.testing.assert_allclose(draws["initial"].sel(pathway="a -> b"), own, rtol=1e-12)
    found = nulls(SPEC, fit.data, draws)
    at = {str(name): i for i, name in enumerate(draws["pathway"].values)}
    assert found.scale[at["a -> b"]] == "initial"
    assert found.log_prior[at["a -> b"]] == pytest.approx(-0.5 * np.log(2 * np.pi * 0.49))
    assert found.scale[at["a -> a"]] == ""  # of a deviation something is always left


def test_what_has_no_meaning_is_refused() -> None:
    for options in (
        {"lags": "free"}, {"order": 2}, {"accumulating": True}, {"per": 0}, {"per": -3.0}, {"per": "6"},
        {"per": 10**5000}, {"per": 1e308},
        {"per": float("nan")}, {"per": float("inf")}, {"per": True}, {"per": [6]}, {"time": "both"},
    ):  # fmt: skip
        with pytest.raises(SpecError) as error:
            bp.RICLPM(NAMES, **({"time": "continuous"} | options))
        assert all(str(part).strip() for part in (error.value.rule, error.value.given, error.value.action))
    with pytest.raises(SpecError, match="model in continuous time"):
        bp.RICLPM(NAMES, per=6)
    with pytest.raises(DataError, match="needs the times of the waves"):
        bp.maximum_likelihood(SPEC, replace(exact(world()), times=None))
    fit = unsampled(bp.RICLPM(NAMES), exact(world()), draws=20)
    for verb in (bp.evidence, bp.pathway_draws, bp.dynamics):
        with pytest.raises(BayespanelError):
            verb(fit, per=6.0)
    for program in (bp.to_lavaan, bp.to_mplus):
        with pytest.raises(SpecError, match="continuous"):
            program(SPEC)


def test_equal_lags_over_unequal_gaps_are_pointed_out() -> None:
    def state(spec: bp.RICLPM, data: bp.Moments) -> list[bool]:
        posterior = unsampled(spec, data, draws=20).posterior
        return [row.passed for row in checks(spec, posterior, data) if row.check == "gaps between waves are equal"]

    data = exact(world())
    assert state(bp.RICLPM(NAMES), data) == [False]
    assert state(bp.RICLPM(NAMES), replace(data, times=np.arange(5.0))) == [True]
    assert state(bp.RICLPM(NAMES), replace(data, times=None)) == []
    assert state(bp.RICLPM(NAMES, lags="free"), data) == state(SPEC, data) == []


def test_evidence_says_of_which_interval_it_speaks() -> None:
    found = weighed(unsampled(replace(SPEC, per=6.0), exact(world()), draws=20))
    assert "between waves 6 apart" in found.attrs["averaging"]


def test_groups_have_drifts_of_their_own() -> None:
    """Pathways of each group are those of a model of that group alone; contrasts are what differs."""
    other = DRIFT + np.array([[0.0, 0.03], [-0.04, 0.05]])
    both = replace(world(), groups={"boy": 0.5, "girl": 0.5}, by_group={"girl": {"drift": other}})
    spec = replace(SPEC, per=6.0, groups="group", free=("lag",))
    known = truth(spec, both)["posterior"]
    assert known["drift"].dims == ("chain", "draw", "group", "target", "source")
    assert "group" in known["lag"].dims
    assert "group" not in known["diffusion_sd"].dims
    found = bp_pathways(spec, known)
    for label, drift in (("boy", DRIFT), ("girl", other)):
        alone = truth(replace(SPEC, per=6.0), replace(world(), drift=drift))["posterior"]
        for name, pair in _pathways(replace(SPEC, per=6.0), alone).items():
            if not name.startswith("between"):
                assert found[f"{name} [{label}]"] == pytest.approx(pair, rel=1e-9)
    difference = found["a -> b [girl - boy]"]
    assert difference[0] == pytest.approx(found["a -> b [girl]"][0] - found["a -> b [boy]"][0], rel=1e-9)


def bp_pathways(spec: bp.RICLPM, posterior: Any) -> dict[str, tuple[float, float]]:
    """Return raw and standardised values of the pathways of all groups, by name."""
    from bayespanel.families.door import pathways_of

    found = pathways_of(spec, {"posterior": posterior}).isel(chain=0, draw=0)
    values = zip(found["raw"].values, found["standardised"].values, strict=True)
    return {str(name): pair for name, pair in zip(found["pathway"].values, values, strict=True)}


def test_groups_by_maximum_likelihood_add_up() -> None:
    many = replace(world(pupils=1000), groups={"boy": 0.5, "girl": 0.5})
    spec = replace(SPEC, groups="group")
    panel = observed(spec, many, bp.simulate(many, seed=2))
    whole = bp.maximum_likelihood(spec, panel)
    parts = [
        bp.maximum_likelihood(SPEC, replace(panel.of_pupils(panel.group == g), group=None, group_names=(), grouping=""))
        for g in range(2)
    ]
    assert whole.log_likelihood == pytest.approx(sum(part.log_likelihood for part in parts), abs=1e-5)
    np.testing.assert_allclose(
        whole.estimates["drift"].sel(group="girl"), parts[panel.group_names.index("girl")].estimates["drift"], atol=1e-4
    )


@pytest.mark.parametrize("slopes", [False, True])
@pytest.mark.parametrize(
    "beside",
    [
        {"distal": {"grade": "both"}},
        {"covariates": ("age",), "covariate_effects": "stable", "missing_covariates": "modelled"},
        {"covariates": ("age",), "missing_covariates": "modelled"},
        {"covariates": ("age",), "covariate_effects": "stable", "distal": {"grade": "stable"}},
    ],
    ids=lambda beside: ", ".join(beside),
)
def test_what_stands_beside_scores_goes_with_it(beside: dict[str, Any], slopes: bool) -> None:
    """The likelihood of the blocks is that of the implied moments, and has their gradient."""
    made = world(pupils=400)
    frame, rng = bp.simulate(made, seed=7), np.random.default_rng(8)
    for name in ("age", "grade"):
        own = rng.normal(size=frame["pupil"].nunique())
        own[::7] = np.nan
        frame[name] = own[frame["pupil"] - 1]
    incomplete = [name for name in ("age", "grade") if name == "grade" or "missing_covariates" in beside]
    frame["age"] = frame["age"] if "age" in incomplete else frame["age"].fillna(0.0)
    panel = bp.Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=NAMES, times=MONTHS, covariates=["age", "grade"],
        incomplete=incomplete,
    )  # fmt: skip
    spec = replace(SPEC, slopes=slopes, **beside)
    data = data_for(spec, panel)
    model = structure(spec, data)
    height = objective(model, statistics(spec, data))
    at = model.start() + 0.02 * np.random.default_rng(9).normal(size=model.size)
    assert height(at)[0] == pytest.approx(bp.log_likelihood(spec, panel, model.arrays(at)), rel=1e-10)
    assert gradient_error(height, at) < 2e-5
