"""Marginal likelihoods against a closed form, and against integrals by other means; and averages over models."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

import bayespanel as bp
from bayespanel.inference.fit import FREE
from bayespanel.verbs.family_tree import _averaged
from bayespanel.verbs.model_density import ModelDensity
from tests.families.panel.realities import panel
from tests.figures.drawn import words

NAMES = ("a", "b")
SHORT = bp.Sampling(draws=500, tune=500, chains=2)


@pytest.mark.parametrize("outcomes", [1, 2])
def test_of_published_effects_it_is_that_of_the_closed_form(outcomes: int) -> None:
    effect, error = np.array([0.3, -0.1])[:outcomes], np.array([0.2, 0.1])[:outcomes]
    names = ("calm", "kind")[:outcomes]
    data = bp.Trial.from_estimates(effect=effect, standard_error=error, outcome=names)
    prior = bp.Prior("effect", "Normal", (0, 0.5))
    spec = bp.ClusterTrial(outcomes=names, levels=("pupil",), priors=(prior,))
    found = bp.log_marginal_likelihood(bp.fit(spec, data, seed=4, sampling=SHORT, progress=False))
    want = stats.norm.logpdf(effect, 0, np.hypot(error, 0.5)).sum()
    np.testing.assert_allclose(found["log_marginal_likelihood"], want, atol=0.05)
    assert found["pareto_k"].sel(estimator="importance") < 0.5
    assert "note" not in found.attrs


def scores(pupils: int = 60, waves: int = 4) -> bp.Moments:
    rng = np.random.default_rng(8)
    stable = rng.normal(size=(pupils, 1, 2))
    values = stable + rng.normal(size=(pupils, waves, 2))
    values[:, 1:] += 0.3 * values[:, :-1]
    flat = values.reshape(pupils, -1)
    return bp.Panel.from_summary(
        mean=flat.mean(axis=0).reshape(waves, 2), cov=np.cov(flat.T), n=pupils, variables=NAMES, waves=range(waves)
    )


@cache
def fitted(name: str, sampling: bp.Sampling = SHORT) -> bp.Fit:
    specs = {"RI-CLPM": bp.RICLPM(NAMES), "CLPM": bp.CLPM(NAMES), "one": bp.RICLPM(["a"])}
    return bp.fit(specs[name], scores(), seed=1, sampling=sampling, progress=False)


@pytest.mark.parametrize("name", ["RI-CLPM", "CLPM"])
def test_two_estimators_agree(name: str) -> None:
    # With a thousand draws the error of importance sampling is itself uncertain: .08 to .4 by the seed, for 60 pupils.
    found = bp.log_marginal_likelihood(fitted(name, bp.Sampling()), seed=3)
    apart = float(found["log_marginal_likelihood"].diff("estimator").squeeze())
    assert abs(apart) < 4 * np.hypot(*found["mcse"].values)
    assert (found["mcse"] < 0.1).all()
    assert found["pareto_k"].sel(estimator="importance") < 0.7


def test_mirror_images_of_signed_scales_are_counted() -> None:
    """The integral over all signs, from a mixture of two normal densities on the scale of the sampler."""
    one = fitted("one")
    model = ModelDensity(one.spec, one.data, one.groups[FREE], 1000)
    assert len(model.coordinates.mirrors) == 1
    entry = model.coordinates.mirrors[0][0]
    flat = model.points.reshape(-1, model.points.shape[2]).copy()
    flat[:, entry] = np.abs(flat[:, entry])
    normal = stats.multivariate_normal(flat.mean(axis=0), 1.3 * np.cov(flat.T))
    rng = np.random.default_rng(5)
    points = normal.rvs(6000, random_state=rng)
    points[:, entry] *= rng.choice([-1.0, 1.0], 6000)
    mirrored = points.copy()
    mirrored[:, entry] *= -1
    proposed = np.logaddexp(normal.logpdf(points), normal.logpdf(mirrored)) - np.log(2)
    values = np.array([model.posterior(point)[0] for point in points])
    want = logsumexp(values - proposed) - np.log(6000)
    found = bp.log_marginal_likelihood(one)
    np.testing.assert_allclose(found["log_marginal_likelihood"], want, atol=0.1)


def test_models_are_averaged_by_their_probabilities() -> None:
    fits = {name: fitted(name) for name in ("CLPM", "RI-CLPM")}
    tree = bp.family_tree(fits, rope=0.05, progress=False)
    assert float(tree["probability"].sum()) == pytest.approx(1)
    logs = tree["log_marginal_likelihood"].values
    assert float(np.log(tree["probability"][1] / tree["probability"][0])) == pytest.approx(logs[1] - logs[0])
    assert float(tree["log_bf"].min()) == 0
    share = tree["probability"].values
    lag = tree.sel(pathway="a -> b")
    assert float(lag["averaged_mean"]) == pytest.approx(float(lag["mean"] @ tree["probability"]))
    assert float(lag["included"]) == pytest.approx(1)
    between = tree.sel(pathway="between: a ~ b (pupil)")
    assert np.isnan(between["mean"].sel(model="CLPM"))
    assert float(between["included"]) == pytest.approx(share[1])
    assert float(between["averaged_mean"]) == pytest.approx(float(between["mean"].sel(model="RI-CLPM")))
    assert tree["kind"].dims == ("pathway",)
    assert list(tree["pathway"].values[tree["kind"].values == "between"]) == ["between: a ~ b (pupil)"]
    assert bp.plot_family_tree(tree).axes
    alone = bp.evidence(fits["CLPM"], rope=0.05)
    np.testing.assert_allclose(tree["mean"].sel(model="CLPM", pathway=alone["pathway"]), alone["mean"])


@cache
def pupils(schools: int = 0) -> bp.Panel:
    return panel(3, 120, 4, schools=schools)


@cache
def beside(schools: int = 0) -> dict[str, bp.Fit]:
    models = {"CLPM": bp.CLPM(("x", "y")), "RI-CLPM": bp.RICLPM(("x", "y"))}
    if schools:
        models["RI-CLPM"] = bp.RICLPM(("x", "y"), levels=("pupil", "school"))
    return {name: bp.fit(one, pupils(schools), seed=1, sampling=SHORT, progress=False) for name, one in models.items()}


@pytest.mark.parametrize(("schools", "unit"), [(0, "pupil"), (10, "school")])
def test_stacking_weights_are_those_of_what_is_left_out(schools: int, unit: str) -> None:
    fits = beside(schools)
    tree = bp.family_tree(fits, pupils(schools), rope=0.05)
    assert tree.attrs["left_out"] == unit
    assert float(tree["stacking_weight"].sum()) == pytest.approx(1)
    table = bp.compare(fits, pupils(schools), by=unit, refit=0)
    for name in fits:
        assert float(tree["stacking_weight"].sel(model=name)) == pytest.approx(table["weight"][name])
        assert float(tree["elpd"].sel(model=name)) == pytest.approx(table["elpd"][name])
    best = str(tree["model"].values[int(np.argmax(tree["elpd"].values))])
    assert float(tree["elpd_diff"].sel(model=best)) == 0
    figure = bp.plot_family_tree(tree)
    said = " ".join(words(figure))
    assert "stacking weight" in said
    assert f"left-out {unit}s" in said


def test_sums_over_pupils_give_no_stacking_weights_and_say_why() -> None:
    fits = {name: fitted(name) for name in ("CLPM", "RI-CLPM")}
    tree = bp.family_tree(fits, rope=0.05)
    assert tree["stacking_weight"].isnull().all()
    assert tree.attrs["left_out"] == ""
    assert any("No stacking weights" in note and "Give the Panel" in note for note in tree.attrs["notes"])
    assert "stacking weight" not in " ".join(words(bp.plot_family_tree(tree)))
    with pytest.raises(bp.DataError, match="Give the Panel that was fitted"):
        bp.family_tree(fits, rope=0.05, by="pupil")
    with pytest.raises(bp.SpecError, match="one of school, pupil"):
        bp.family_tree(beside(), pupils(), rope=0.05, by="class")


def test_the_state_of_a_model_is_the_worst_of_its_checks() -> None:
    """Few draws fail the checks of the sampler."""
    few = bp.Sampling(draws=150, tune=200, chains=2)
    fits = {name: bp.fit(spec, scores(), seed=1, sampling=few, retry=False, progress=False)
            for name, spec in {"CLPM": bp.CLPM(NAMES), "RI-CLPM": bp.RICLPM(NAMES)}.items()}  # fmt: skip
    found = bp.family_tree(fits, rope=0.05)
    order = {"FAILED": 2, "look": 1, "ok": 0}
    for name, fit in fits.items():
        worst = max(bp.checks(fit)["state"], key=order.__getitem__)
        assert found["state"].sel(model=name) == worst == "FAILED"


def test_a_mixture_is_that_of_its_parts() -> None:
    rng = np.random.default_rng(2)
    one, two = rng.normal(0, 1, 40_000), rng.normal(3, 0.5, 20_000)
    found = _averaged([one, None, two], np.array([0.2, 0.5, 0.3]), (-0.1, 0.1), 0.9)
    assert found["included"] == pytest.approx(0.5)
    assert found["averaged_mean"] == pytest.approx(0.6 * 3, abs=0.02)
    grid = np.linspace(-5, 6, 20_001)
    below = 0.4 * stats.norm.cdf(grid) + 0.6 * stats.norm.cdf(grid, 3, 0.5)
    for name, q in (("averaged_lower", 0.05), ("averaged_upper", 0.95)):
        assert found[name] == pytest.approx(grid[np.searchsorted(below, q)], abs=0.05)
    assert found["averaged_prob_direction"] == pytest.approx(0.4 * 0.5 + 0.6, abs=0.01)


def test_what_cannot_be_weighed_is_refused() -> None:
    fits = {"RI-CLPM": fitted("RI-CLPM")}
    with pytest.raises(bp.SpecError, match="two models or more"):
        bp.family_tree(fits, rope=0.05)
    with pytest.raises(bp.SpecError, match="models"):
        bp.family_tree([fitted("CLPM")], rope=0.05)
    with pytest.raises(bp.SpecError, match="not fitted yet need data"):
        bp.family_tree(fits | {"CLPM": bp.CLPM(NAMES)}, rope=0.05)
    with pytest.raises(bp.FitError, match="fitted to different data"):
        bp.family_tree(fits | {"one": fitted("one")}, rope=0.05)
    with pytest.raises(bp.FitError, match="8 draws per parameter"):
        bp.log_marginal_likelihood(fitted("RI-CLPM"), draws=40)
