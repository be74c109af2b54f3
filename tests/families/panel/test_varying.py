"""Paths that vary between schools: density, gradient, names, evidence, the test beside other fits, and refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.build import build
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.recorded import recorded as every_room
from bayespanel.families.panel.school_variation import CHECK, recorded, rows, score_test
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.statistics import data_for
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.varying import school_values
from bayespanel.families.panel.world import PanelWorld
from bayespanel.language.errors import DataError, SpecError
from bayespanel.likelihood import kernels
from bayespanel.likelihood.dense import log_likelihood
from tests.families.panel.test_build import free_values, log_density, prior_density

LAG = np.array([[0.3, 0.0], [0.1, 0.3]])


def world(**changes: Any) -> PanelWorld:
    fields: dict[str, Any] = {
        "variables": ("x", "y"),
        "months": (0, 1, 2, 3),
        "lag": LAG,
        "initial_sd": np.ones(2),
        "innovation_sd": np.full(2, 0.9),
        "intercept_sd": np.full(2, 0.8),
        "school_sd": np.array([0.3, 0.3]),
        "schools": 6,
        "classes_per_school": (1, 2),
        "pupils_per_class": (6, 9),
        "missing_wave": 0.1,
    }
    return PanelWorld(**(fields | changes))


def spec(*varying: str, **options: Any) -> bp.RICLPM:
    fields: dict[str, Any] = {"levels": ("pupil", "school"), "innovations": "equal", "varying": varying}
    return bp.RICLPM(("x", "y"), **(fields | options))


def panel(own: PanelWorld, seed: int = 1, **roles: Any) -> bp.Panel:
    frame = simulate(own, seed)
    frame = frame.assign(fees=frame["school"] % 3, age=frame["pupil"] % 5)
    read: dict[str, Any] = {"variables": ["x", "y"], "school": "school", "covariates": ["fees", "age"]}
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", **(read | roles))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lags": "free"},
        {"slopes": True},
        {"error": "equal"},
        {"covariates": ("age",)},
        {"covariates": ("age",), "covariate_effects": "stable"},
        {"levels": ("pupil", "class", "school")},
        {"moderators": {"x -> y": ("fees",)}},
    ],
    ids=str,
)
def test_the_density_is_that_of_one_dense_normal_times_the_priors(options: dict[str, Any]) -> None:
    model = spec("x -> y", "y -> y", **options)
    people = panel(world(), **({"classroom": "class"} if "class" in model.levels else {}))
    moments = data_for(model, people)
    graph = build(model, people)
    values = free_values(graph, seed=3)
    named = posterior(model, moments, {name: value[None, None] for name, value in values.items()})
    parameters = {str(name): value.values[0, 0] for name, value in named.data_vars.items()}
    known = {name: value for name, value in parameters.items() if "school_lag" not in name and "lag_school" not in name}
    known = {name: value for name, value in known.items() if not name.startswith(("lag_moderation", "lag_school"))}
    plain = replace(model, varying=(), moderators={}, priors=())
    sigmas = []
    for school in range(6):
        lag = np.array(parameters["lag"])
        for i, (target, source) in enumerate([(1, 0), (1, 1)]):
            mean = lag[..., target, source].mean()
            lag[..., target, source] += parameters["school_lag"][school, i] - mean
        point = implied(plain, known | {"lag": lag}, np.arange(4.0))
        sigmas.append(point.scores)
    y = people.values.reshape(people.n_pupils, -1)
    x = np.column_stack([np.ones(len(y)), people.covariates - moments.covariate_centre])
    rows_of_mean = np.column_stack([point.mean.ravel(), np.zeros((8, 2))])
    if model.covariates:
        rows_of_mean[:, 2] = point.covariate_effect.ravel()
    effects = []
    if "class" in model.levels:
        effects.append((people.classroom, np.kron(np.ones((4, 1)), np.eye(2)), point.clusters["class"]))
    effects.append((people.school, np.kron(np.ones((4, 1)), np.eye(2)), point.clusters["school"]))
    likelihood = log_likelihood(
        y, x, np.array(sigmas), np.tile(rows_of_mean, (6, 1, 1)), group=people.school, effects=tuple(effects)
    )
    expected = likelihood + priors_of(model, moments, values)
    assert log_density(graph, values) == pytest.approx(expected, rel=1e-9)


def priors_of(model: bp.RICLPM, moments: bp.Moments, values: dict[str, np.ndarray]) -> float:
    """The priors of the table; of what varies, and of covariates, written out here."""
    within, plain = values["initial_sd"], {name: value for name, value in values.items() if name != "covariate_effect"}
    total = prior_density(model, moments, plain)
    ratio = np.array([within[1] / within[0], 1.0])  # of x -> y, and of y -> y
    total += stats.norm.logpdf(values["lag_school_scale"], 0, 0.15 * ratio).sum()
    total += stats.norm.logpdf(values["lag_school_standard"]).sum()
    if "lag_moderation" in values:
        fees = np.array([1, 2, 0, 1, 2, 0]).std()
        total += stats.norm.logpdf(values["lag_moderation"], 0, 0.2 * ratio[0] / fees).sum()
    if "covariate_effect" in values:
        age = np.sqrt(moments.sxx[:, 2, 2].sum() / moments.n_pupils)
        total += stats.norm.logpdf(values["covariate_effect"], 0, moments.scale[:, None] / age).sum()
    return float(total)


def test_the_operation_of_many_groups_is_that_of_each() -> None:
    rng = np.random.default_rng(0)
    lag, initial = 0.3 * rng.normal(size=(4, 1, 2, 2)), np.eye(2)
    innovation, intercept = 0.8 * np.eye(2)[None], 0.5 * np.eye(2)
    whole = kernels.autoregressions(lag, initial, innovation, intercept, 5)
    each = [kernels.autoregression(one, initial, innovation, intercept, 5) for one in lag]
    np.testing.assert_allclose(whole, each)
    slope = rng.normal(size=whole.shape)
    slope = slope + np.swapaxes(slope, 1, 2)
    ours = kernels.autoregressions_adjoint(lag, initial, innovation, intercept, whole, slope)
    theirs = [
        kernels.autoregression_adjoint(one, initial, innovation, intercept, *pair)
        for one, *pair in zip(lag, whole, slope, strict=True)
    ]
    np.testing.assert_allclose(ours[0], [own[0] for own in theirs])
    for i in (1, 2, 3):
        np.testing.assert_allclose(ours[i], sum(own[i] for own in theirs))


def test_a_kernel_refuses_parameters_of_other_shapes_than_the_data_ask_for() -> None:
    from bayespanel.families.panel.statistics import statistics

    model = spec("x -> y")
    packed = statistics(model, data_for(model, panel(world())))
    one = np.eye(8)[None]
    with pytest.raises(ValueError, match="shapes"):
        kernels.nested_normal(one, np.zeros((1, 8, 1)), np.eye(2), np.zeros((0, 0)), packed.index, packed.value)


def test_fit_evidence_table_and_checks_of_a_small_panel() -> None:
    own = world(schools=12, lag_school_sd=np.array([[0, 0], [0.1, 0]]))
    model = spec("x -> y", moderators={"x -> y": ("fees",)})
    found = bp.fit(model, panel(own), seed=1, sampling=bp.Sampling(chains=2, tune=150, draws=100), progress=False)
    with pytest.raises(SpecError, match="between 0 and 1"):
        bp.varying_paths(found, rope=0.03, prob=95)
    paths = bp.varying_paths(found, rope=0.03)
    assert list(paths["path"]) == ["x -> y"]
    assert paths[["below", "inside", "above"]].sum(axis=1).to_numpy() == pytest.approx([1.0])
    assert (paths["new_lower"] < paths["mean"]).all()
    schools = bp.varying_paths(found, of="schools")
    assert len(schools) == 12
    assert (schools["lower"] < schools["upper"]).all()
    told = bp.evidence(found, rope=0.03)
    row = told.sel(pathway="fees on x -> y")
    assert np.isfinite(row["log_bf10"])
    draws = found.posterior
    spread = np.sqrt((school_values(model, found.data) ** 2).mean())
    raw = draws["lag_moderation"].values[..., 0]
    assert float(row["mean_raw"] if "mean_raw" in row else raw.mean()) == pytest.approx(raw.mean(), rel=1e-6)
    scaled = draws["lag_moderation_standardised"].values[..., 0]
    lags = draws["lag_standardised"].mean("interval").values[..., 1, 0] / draws["lag"].values[..., 1, 0]
    np.testing.assert_allclose(scaled, raw * spread * lags, rtol=1e-9)
    table = bp.checks(found)
    assert CHECK not in set(table["check"])
    for needs in (lambda: bp.maximum_likelihood(model, panel(own)), lambda: bp.predictive_check(found)):
        with pytest.raises(SpecError, match="the same in all schools"):
            needs()


def test_the_table_needs_a_path_that_varies_and_a_region() -> None:
    other = bp.fit(
        spec(), panel(world()), seed=1, sampling=bp.Sampling(chains=2, tune=50, draws=50), progress=False, retry=False
    )
    with pytest.raises(SpecError, match="varying"):
        bp.varying_paths(other, rope=0.03)
    assert CHECK in set(bp.checks(other)["check"])


def at_truth(own: PanelWorld, seed: int) -> tuple[bp.RICLPM, xr.Dataset, bp.Panel]:
    model = spec()
    people = observed(model, own, simulate(own, seed))
    return model, truth(model, own)["posterior"], people


def test_the_test_of_variation_sees_it_and_raises_few_alarms_without() -> None:
    big = {"schools": 30, "pupils_per_class": (40, 50), "classes_per_school": (1, 1)}
    seen, alarms, sds = 0, 0, []
    for seed in range(10):
        varied = world(lag_school_sd=np.array([[0, 0], [0.15, 0]]), **big)
        model, point, people = at_truth(varied, seed)
        found = {row["path"]: row for row in recorded(model, point, people)}
        seen += found["x -> y"]["p"] < 0.01
        sds.append(found["x -> y"]["sd"])
        model, point, people = at_truth(world(**big), seed)
        (row,) = rows(recorded(model, point, people))
        alarms += not row.passed
    assert seen >= 9
    assert alarms <= 1
    assert np.mean(sds) == pytest.approx(0.15, abs=0.03)


def test_p_of_equal_information_is_that_of_a_chi_square() -> None:
    from scipy.stats import chi2

    slope = np.random.default_rng(1).normal(size=20) * 2.0
    p, sd = score_test(slope, np.full(20, 4.0))
    assert p == pytest.approx(chi2.sf((slope**2).sum() / 4.0, 19))
    assert sd == pytest.approx(np.sqrt(max((slope**2).sum() - 76.0, 0.0) / 320.0))
    assert score_test(np.zeros(3), np.zeros(3)) == (1.0, 0.0)
    assert score_test(np.array([5.0, 0.0, 0.0]), np.array([2.0, 0.0, 0.0])) == (1.0, 0.0)  # one school has all


def test_where_the_question_does_not_arise_nothing_is_recorded() -> None:
    model, point, people = at_truth(world(), 1)
    assert recorded(model, point, people.moments()) == []
    assert recorded(replace(model, levels=("pupil",)), point, people) == []
    nothing: dict[str, list[object]] = {name: [] for name in ("of_schools", "left_out", "categories", "tails")}
    assert every_room(model, point.drop_vars("lag"), people) == nothing
    assert list(rows([])) == []


def test_worlds_draw_lags_of_each_school() -> None:
    own = world(schools=200, pupils_per_class=(40, 40), missing_wave=0.0, lag_school_sd=np.full((2, 2), 0.1),
                intercept_sd=None, school_sd=None, classes_per_school=(1, 1))  # fmt: skip
    frame = simulate(own, 1)
    wide = frame.pivot(index=["school", "pupil"], columns="wave")
    before = np.concatenate([wide[[("x", t), ("y", t)]].to_numpy() for t in (1, 2, 3)])
    after = np.concatenate([wide[[("x", t), ("y", t)]].to_numpy() for t in (2, 3, 4)])
    school = np.tile(wide.index.get_level_values("school"), 3)
    found = np.array([np.linalg.lstsq(before[school == s], after[school == s])[0].T for s in range(1, 201)])
    error = 0.9**2 / (120 * 0.95)  # variance of a regression of 120 pairs
    np.testing.assert_allclose(found.mean(axis=0), LAG, atol=0.03)
    np.testing.assert_allclose(found.var(axis=0), np.full((2, 2), 0.01 + error), rtol=0.35)
    true = truth(spec("x -> y"), own)["posterior"]
    assert float(true["lag_school_sd"].squeeze()) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"levels": ("pupil",)}, "levels"),
        ({"order": 2}, "order"),
        ({"time": "continuous"}, "time"),
        ({"accumulating": True}, "accumulating"),
        ({"groups": "sex"}, "groups"),
        ({"varying": ("x -> z",)}, "x -> z"),
        ({"varying": ("x -> y", "x -> y")}, "twice"),
        ({"varying": "x -> y"}, "list of paths"),
        ({"moderators": {"y -> x": ("fees",)}}, "varying"),
        ({"moderators": ("fees",)}, "table"),
    ],
)
def test_models_that_cannot_vary_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        spec(**({"varying": ("x -> y",)} | changes)) if "varying" in changes else spec("x -> y", **changes)


def test_data_that_do_not_tell_schools_apart_are_refused() -> None:
    model = spec("x -> y")
    people = panel(world())
    with pytest.raises(DataError, match="sums for each school"):
        data_for(model, people.moments())
    with pytest.raises(DataError, match="no schools"):
        data_for(model, panel(world(), school=None))
    with pytest.raises(DataError, match="5 schools or more"):
        data_for(model, panel(world(schools=4)))
    grouped = panel(world()).by_school()
    assert data_for(model, grouped.moments()).fingerprint() == data_for(model, people).fingerprint()


@pytest.mark.parametrize(
    ("name", "told"), [("age", "differs between pupils"), ("height", "lack"), ("one", "same in all")]
)
def test_what_predicts_a_path_is_a_property_of_schools(name: str, told: str) -> None:
    frame = simulate(world(), 1).assign(age=lambda table: table["pupil"] % 5, one=1.0)
    beside = ["age"]
    model = spec("x -> y", moderators={"x -> y": (name,)})
    people = bp.Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=["x", "y"], school="school", covariates=beside
    )
    if name == "one":
        people = replace(people, covariates=np.ones((people.n_pupils, 1)), covariate_names=("one",))
    with pytest.raises(DataError, match=told):
        data_for(model, people)


def test_pathways_of_a_posterior_without_schools_are_the_mean_paths() -> None:
    model, point, _ = at_truth(world(), 1)
    plain = pathways(model, point)
    varied = pathways(spec("x -> y"), truth(spec("x -> y"), world())["posterior"])
    pd.testing.assert_index_equal(varied.indexes["pathway"], plain.indexes["pathway"])
    np.testing.assert_allclose(varied["standardised"], plain["standardised"])
