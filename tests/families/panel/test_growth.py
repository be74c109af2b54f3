"""Random slopes (LCM-SR) and free loadings of random intercepts: what they are, and what they mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.prior_world import prior_world
from bayespanel.families.panel.restrictions import of_pupils
from bayespanel.families.panel.statistics import statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import objective
from tests.families.panel.steepness import gradient_error
from tests.figures.drawn import words
from tests.unsampled import unsampled, weighed

NAMES = ("a", "b")
WAVES = 6
GROWTH = np.array([[1.0, 0.4, 0.2, 0.0], [0.4, 1.0, 0.1, -0.3], [0.2, 0.1, 1.0, 0.5], [0.0, -0.3, 0.5, 1.0]])
LOADING = np.linspace([1.0, 1.0], [1.6, 0.7], WAVES)
BASE = PanelWorld(
    variables=NAMES,
    months=tuple(range(WAVES)),
    lag=np.array([[0.4, 0.1], [0.0, 0.3]]),
    initial_sd=np.array([1.0, 0.8]),
    innovation_sd=np.array([0.8, 0.7]),
    innovation_corr=np.array([[1.0, 0.2], [0.2, 1.0]]),
    intercept_sd=np.array([0.7, 0.6]),
    mean=np.array([0.0, 1.0]) + np.arange(WAVES)[:, None] * np.array([0.2, -0.1]),
    pupils=500,
    schools=10,
)
WORLDS = {
    "slopes": replace(BASE, slope_sd=np.array([0.2, 0.15]), growth_corr=GROWTH),
    "loadings": replace(BASE, intercept_loading=LOADING, intercept_corr=np.array([[1.0, 0.5], [0.5, 1.0]])),
}
SPECS = {
    "slopes": bp.RICLPM(NAMES, innovations="equal", slopes=True, means="linear"),
    "loadings": bp.RICLPM(NAMES, innovations="equal", loadings="free", means="linear"),
}
PLAIN = bp.RICLPM(NAMES, innovations="equal")

both = pytest.mark.parametrize("kind", WORLDS)


def by_hand(world: PanelWorld) -> np.ndarray:
    """Return the covariance [cell, cell] of the scores, from the paths of single shocks and of pupils' lines."""
    t, k = world.waves, len(world.variables)
    steps = [np.diag(world.initial_sd)]
    steps += [np.diag(world.innovation_sd) @ np.linalg.cholesky(world.innovation_corr)] * (t - 1)
    reach = np.zeros((t * k, t * k))  # of the shocks of each wave on the scores of each later one
    for shock in range(t):
        for wave in range(shock, t):
            power = np.linalg.matrix_power(world.lag, wave - shock)
            reach[wave * k : (wave + 1) * k, shock * k : (shock + 1) * k] = power @ steps[shock]
    if world.slope_sd is not None:
        sd, corr = np.concatenate([world.intercept_sd, world.slope_sd]), world.growth_corr
        lines = [np.hstack([np.eye(k), wave * np.eye(k)]) for wave in range(t)]
    else:
        sd, corr = world.intercept_sd, world.intercept_corr
        lines = [np.diag(world.intercept_loading[wave]) for wave in range(t)]
    stable = np.vstack(lines) @ np.diag(sd) @ np.linalg.cholesky(corr)
    return reach @ reach.T + stable @ stable.T


def exact(world: PanelWorld, pupils: int = 100_000) -> bp.Moments:
    """Return moments of pupils whose means and covariance are those of the world, to the last digit."""
    return bp.Panel.from_summary(
        mean=world.mean, cov=by_hand(world), n=pupils, variables=world.variables, waves=range(1, world.waves + 1),
        divisor="n",
    )  # fmt: skip


@both
def test_the_truth_of_a_world_implies_the_moments_of_its_scores(kind: str) -> None:
    world, spec = WORLDS[kind], SPECS[kind]
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    found = implied(spec, {str(name): known[name].values for name in known}, np.arange(world.waves))
    np.testing.assert_allclose(found.pupil, by_hand(world), atol=1e-12)
    np.testing.assert_allclose(found.mean, world.mean, atol=1e-12)
    lasting = by_hand(world) - by_hand(replace(world, intercept_sd=1e-9 * np.ones(2), slope_sd=_tiny(world)))
    shares = np.diag(lasting).reshape(WAVES, 2).mean(axis=0) / np.diag(by_hand(world)).reshape(WAVES, 2).mean(axis=0)
    np.testing.assert_allclose(known["icc"].sel(level="pupil"), shares, atol=1e-9)


def _tiny(world: PanelWorld) -> np.ndarray | None:
    return None if world.slope_sd is None else 1e-9 * np.ones(2)


@pytest.mark.parametrize("slopes", [False, True])
def test_what_accumulates_is_carried_on_by_the_lags(slopes: bool) -> None:
    """Scores wave by wave, the effects of a pupil among them, as a state that moves; and the estimates of its lags."""
    world = replace(
        WORLDS["slopes"] if slopes else replace(BASE, intercept_corr=np.array([[1.0, 0.5], [0.5, 1.0]])),
        accumulating=True,
        mean=None,
        first_loading=np.array([[1.5, 0.2, 0.3, 0.0], [0.1, 1.3, 0.0, -0.2]])[:, : 4 if slopes else 2],
    )
    sd = np.concatenate([world.intercept_sd, world.slope_sd]) if slopes else world.intercept_sd
    effects = np.outer(sd, sd) * (world.growth_corr if slopes else world.intercept_corr)
    e = len(sd)
    state = np.zeros((2 + e, 2 + e))
    state[2:, 2:] = effects
    first = np.block([[np.zeros((2, 2)), world.first_loading], [np.zeros((e, 2)), np.eye(e)]])
    spread = np.zeros_like(state)
    spread[:2, :2] = np.diag(world.initial_sd**2)
    now = first @ state @ first.T + spread
    spread[:2, :2] = np.outer(world.innovation_sd, world.innovation_sd) * world.innovation_corr
    cov = np.zeros((2 * WAVES, 2 * WAVES))
    for t in range(WAVES):
        cov[2 * t : 2 * t + 2, 2 * t : 2 * t + 2] = now[:2, :2]
        later = now
        for s in range(t + 1, WAVES):
            later = _onward(world, s, e) @ later
            cov[2 * s : 2 * s + 2, 2 * t : 2 * t + 2] = later[:2, :2]
            cov[2 * t : 2 * t + 2, 2 * s : 2 * s + 2] = later[:2, :2].T
        now = _onward(world, t + 1, e) @ now @ _onward(world, t + 1, e).T + spread
    spec = bp.RICLPM(NAMES, innovations="equal", accumulating=True, slopes=slopes)
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    found = implied(spec, {str(name): known[name].values for name in known}, np.arange(WAVES))
    np.testing.assert_allclose(found.pupil, cov, atol=1e-12)
    many = replace(world, pupils=20_000, schools=400)
    scores = observed(spec, many, bp.simulate(many, seed=5)).values.reshape(20_000, -1)
    error = np.sqrt((cov**2 + np.outer(np.diag(cov), np.diag(cov))) / 20_000)
    assert np.abs((np.cov(scores.T) - cov) / error).max() < 4.5
    data = bp.Panel.from_summary(
        mean=np.zeros((WAVES, 2)), cov=cov, n=100_000, variables=NAMES, waves=range(1, WAVES + 1), divisor="n"
    )
    estimated = bp.maximum_likelihood(spec, data)
    assert estimated.converged
    np.testing.assert_allclose(estimated.estimates["lag"], BASE.lag, atol=2e-3)
    if slopes:  # without, and with a first wave that is about settled, it is nearly an RI-CLPM
        plain = bp.maximum_likelihood(PLAIN, data)
        assert np.abs(plain.estimates["lag"] - BASE.lag).max() > 0.04


def test_means_of_what_enters_every_wave_are_carried_on_by_the_lags() -> None:
    begun, level, change = np.array([2.0, -1.0]), np.array([1.0, 0.5]), np.array([0.2, -0.1])
    mean = [begun]
    for t in range(1, WAVES):
        mean.append(BASE.lag @ mean[-1] + level + t * change)
    first = np.array([[1.5, 0.2, 0.3, 0.0], [0.1, 1.3, 0.0, -0.2]])
    world = replace(
        WORLDS["slopes"], accumulating=True, first_loading=first, mean=np.stack(mean), pupils=4000, schools=80
    )
    spec = bp.ALT(NAMES, innovations="equal")
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    np.testing.assert_allclose(known["first_mean"], begun)
    np.testing.assert_allclose(known["mean"], [level, change])
    values = {str(name): known[name].values for name in known}
    np.testing.assert_allclose(implied(spec, values, np.arange(WAVES)).mean, mean)
    data = observed(spec, world, bp.simulate(world, seed=4)).moments()
    model = structure(spec, data)
    at = model.start() + 0.02 * np.random.default_rng(3).normal(size=model.size)
    assert gradient_error(objective(model, statistics(spec, data)), at) < 1e-5
    found = bp.maximum_likelihood(spec, data)
    away = (found.estimates["mean"] - [level, change]) / found.standard_errors["mean"]
    assert np.abs(away).max() < 4
    away = (found.estimates["first_mean"] - begun) / found.standard_errors["first_mean"]
    assert np.abs(away).max() < 4
    crooked = replace(world, mean=np.stack([*mean[:-1], mean[-1] + 1.0]))
    assert truth(spec, crooked)["posterior"]["mean"].isnull().all()
    drawn, _ = prior_world(spec, world, np.random.default_rng(1))
    assert truth(spec, drawn)["posterior"]["mean"].notnull().all()


def test_unit_effects_that_have_settled_are_random_intercepts() -> None:
    """With L = (I - A)^-1 what has added up stays as it is: the same moments as those of an RI-CLPM."""
    settled = np.linalg.inv(np.eye(2) - BASE.lag)
    common = {
        "mean": np.zeros((WAVES, 2)),
        "lag": BASE.lag,
        "initial_cov": np.eye(2),
        "innovation_cov": 0.5 * np.eye(2),
    }
    units = np.array([[0.3, 0.1], [0.1, 0.2]])
    one = implied(bp.DPM(NAMES), common | {"intercept_cov": units, "first_loading": settled}, np.arange(WAVES))
    other = implied(bp.RICLPM(NAMES), common | {"intercept_cov": settled @ units @ settled.T}, np.arange(WAVES))
    np.testing.assert_allclose(one.pupil, other.pupil, atol=1e-12)


def _onward(world: PanelWorld, wave: int, effects: int) -> np.ndarray:
    """Return the matrix that takes the scores and effects of a wave to those of the next, number `wave`."""
    entering = np.hstack([np.eye(2), wave * np.eye(2)])[:, :effects]
    return np.block([[world.lag, entering], [np.zeros((effects, 2)), np.eye(effects)]])


@both
def test_simulated_pupils_have_that_covariance(kind: str) -> None:
    world = replace(WORLDS[kind], pupils=20_000, schools=400)
    scores = observed(SPECS[kind], world, bp.simulate(world, seed=3)).values.reshape(20_000, -1)
    want = by_hand(world)
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / 20_000)
    assert np.abs((np.cov(scores.T) - want) / error).max() < 4.5


@both
def test_lags_are_found_where_the_plain_model_is_wrong(kind: str) -> None:
    data = exact(WORLDS[kind])
    found = bp.maximum_likelihood(SPECS[kind], data)
    assert found.converged
    assert found.proper
    np.testing.assert_allclose(found.estimates["lag"], BASE.lag, atol=1e-3)
    np.testing.assert_allclose(found.estimates["mean"], [[0.0, 1.0], [0.2, -0.1]], atol=1e-4)
    plain = bp.maximum_likelihood(PLAIN, data)
    assert np.abs(plain.estimates["lag"] - BASE.lag).max() > 0.04


@both
def test_with_many_pupils_the_posterior_is_about_the_maximum_of_the_likelihood_and_the_truth(kind: str) -> None:
    data, spec = exact(WORLDS[kind], 20_000), SPECS[kind]
    found = bp.maximum_likelihood(spec, data)
    fit = bp.fit(spec, data, seed=1, sampling=bp.Sampling(draws=400, tune=400, chains=2), progress=False)
    for name in ("lag", "mean", *(["intercept_loading"] if kind == "loadings" else [])):
        drawn, errors = fit.posterior[name], found.standard_errors[name]
        assert np.abs((drawn.mean(("chain", "draw")) - found.estimates[name]) / errors).max() < 0.5
        np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.25)
    known = truth(spec, WORLDS[kind])["posterior"].isel(chain=0, draw=0)
    for name in ("lag", "icc", "growth_sd" if kind == "slopes" else "intercept_sd"):
        draws = fit.posterior[name]
        away = (draws.mean(("chain", "draw")) - known[name]) / draws.std(("chain", "draw"))
        assert np.abs(away).max() < 0.7, name
    evidence = bp.evidence(fit, rope=0.05)
    assert "between: a ~ b (pupil)" in evidence["pathway"].values


def test_a_pathway_between_pupils_is_about_their_average_level() -> None:
    world, spec = WORLDS["slopes"], SPECS["slopes"]
    found = pathways(spec, truth(spec, world)["posterior"], kinds=("between",))
    load = np.hstack([np.eye(2), (WAVES - 1) / 2 * np.eye(2)])
    sd = np.concatenate([world.intercept_sd, world.slope_sd])
    level = load @ (np.outer(sd, sd) * GROWTH) @ load.T
    np.testing.assert_allclose(found["standardised"].squeeze(), level[0, 1] / np.sqrt(level[0, 0] * level[1, 1]))


@pytest.mark.parametrize(
    ("options", "waves", "confused"),
    [
        ({"slopes": True}, 3, True),
        ({"slopes": True}, 4, False),
        ({"slopes": True, "lags": "free"}, 4, False),
        ({"loadings": "free", "lags": "free"}, 3, True),
        ({"loadings": "free"}, 4, False),
        ({"slopes": True, "error": "equal"}, 5, False),
    ],
)
def test_waves_that_cannot_tell_growth_apart_are_refused(options: dict[str, Any], waves: int, confused: bool) -> None:
    spec = bp.RICLPM(NAMES, **options)
    assert bool(unidentified(spec, np.arange(waves))) == confused
    world = replace(BASE, months=tuple(range(waves)), mean=None, pupils=60, schools=1)
    data = observed(spec, world, bp.simulate(world, seed=1))
    if confused:
        with pytest.raises(bp.SpecError, match=r"do not tell .* apart"):
            bp.fit(spec, data, seed=1)
    else:
        bp.build(spec, data)


def test_what_does_not_go_together_is_refused() -> None:
    for options in ({"slopes": True}, {"loadings": "free"}):
        with pytest.raises(bp.SpecError, match="random intercepts"):
            bp.RICLPM(NAMES, intercepts=False, **options)
    with pytest.raises(bp.SpecError, match="a straight line, or has loadings"):
        bp.RICLPM(NAMES, slopes=True, loadings="free")


def test_worlds_of_one_kind_have_no_truth_in_models_of_another() -> None:
    for kind, spec in (("slopes", PLAIN), ("loadings", PLAIN), ("loadings", SPECS["slopes"])):
        known = truth(spec, WORLDS[kind])["posterior"]
        part = "growth_sd" if spec.slopes else "intercept_sd"
        assert known[part].isnull().all(), kind
        assert known["icc"].isnull().all(), kind
        assert known["lag"].notnull().all(), kind
    world = replace(BASE, class_sd=np.array([0.3, 0.2]))
    known = truth(SPECS["slopes"], world)["posterior"]["growth_sd"].squeeze()
    np.testing.assert_allclose(known, [np.sqrt(BASE.intercept_sd**2 + [0.09, 0.04]), [0, 0]])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (bp.LCMSR(NAMES), "Stable parts change over waves"),
        (bp.RICLPM(NAMES, loadings="free"), "Stable parts change over waves"),
        (bp.DPM(NAMES), "lags carry them on"),
        (bp.ALT(NAMES), "lags carry them on"),
        (PLAIN, ""),
        (bp.CLPM(NAMES), ""),
    ],
)
def test_a_diagram_says_what_it_does_not_show_of_stable_parts(spec: bp.RICLPM, said: str) -> None:
    evidence = weighed(unsampled(spec, exact(WORLDS["slopes"], 500)))
    assert said in evidence.attrs["diagram"]
    assert bool(said) == bool(evidence.attrs["diagram"])
    assert said in " ".join(words(bp.plot_path_diagram(evidence))).replace("\n", " ")


def test_each_option_of_the_course_is_tried_where_the_model_lacks_it_and_waves_tell() -> None:
    def tried(spec: bp.RICLPM, waves: int = 5) -> set[str]:
        return {name for name, _ in of_pupils(spec, np.arange(float(waves)))} & {"slopes", "loadings", "order"}

    assert tried(PLAIN) == {"slopes", "loadings", "order"}
    assert tried(SPECS["slopes"]) == {"order"}
    assert tried(bp.RICLPM(NAMES, order=2, loadings="free")) == tried(bp.DPM(NAMES)) == set()
    assert tried(bp.CLPM(NAMES)) == {"order"}
    assert tried(bp.RICLPM(NAMES, time="continuous", innovations="equal")) == {"slopes", "loadings"}
    assert tried(bp.RICLPM(NAMES, lags="free"), 3) == set()


def test_lavaan_and_mplus_get_slopes_and_loadings() -> None:
    columns = {name: [f"{name}{t}" for t in range(WAVES)] for name in NAMES}
    text = bp.to_lavaan(SPECS["slopes"], columns=columns)
    assert "S_a =~ 0*a0 + 1*a1 + 2*a2 + 3*a3 + 4*a4 + 5*a5" in text
    assert {"RI_a ~ 1", "S_b ~ 1", "a3 ~ 0*1", "RI_b ~~ S_a", "S_a ~~ S_b"} <= set(text.splitlines())
    text = bp.to_mplus(SPECS["slopes"], columns=columns)
    assert "S_a BY a0@0 a1@1 a2@2 a3@3 a4@4 a5@5;" in text
    assert {"[RI_a];", "[S_b];", "[a3@0];"} <= {line.strip() for line in text.splitlines()}
    free = replace(SPECS["loadings"], means="free")
    assert "RI_b =~ 1*b0 + b1 + b2 + b3 + b4 + b5" in bp.to_lavaan(free, columns=columns)
    assert "RI_b BY b0@1 b1 b2 b3 b4 b5;" in bp.to_mplus(free, columns=columns)
    for write in (bp.to_lavaan, bp.to_mplus):
        with pytest.raises(bp.SpecError, match="Linear means"):
            write(SPECS["loadings"], columns=columns)
