"""Ordered categories: the model of counts is that of pupils, and no larger with more of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy import special

import bayespanel as bp
from bayespanel.families.trial.build import build
from bayespanel.families.trial.counted import counted
from tests.families.trial.tables import ARMS, table, trial
from tests.plain import PLAIN

F = {"logit": special.expit, "probit": special.ndtr}
CUTS = {"calm": [44.0, 50.0, 56.0], "kind": [50.0]}
Point = dict[str, np.ndarray]


def categories(copies: int = 1) -> pd.DataFrame:
    """Return pupils with four categories of calm and two of kind, each pupil several times."""
    frame = table()
    for name, cuts in CUTS.items():
        seen = frame[name].notna()
        frame[name] = np.where(seen, np.digitize(frame[name], cuts) + 1.0, np.nan)
    frame["age"] = (2 * frame["age"]).round() / 2
    frame["calm_pre"] = (frame["calm_pre"] / 10).round()
    return pd.concat([frame] * copies, ignore_index=True)


def ordinal(frame: pd.DataFrame) -> bp.Trial:
    return trial(frame, baseline={"calm": "calm_pre"})


def spec_of(link: str, **changes: object) -> bp.ClusterTrial:
    fields: dict[str, object] = {
        "outcomes": ("calm", "kind"),
        "levels": ("pupil", "class", "school"),
        "adjustment": "covariate",
        "covariates": ("girl", "age"),
        "moderators": ("girl",),
    }
    return bp.ClusterTrial(link=link, **(fields | changes))  # type: ignore[arg-type]


def some_point(model: pm.Model) -> Point:
    rng = np.random.default_rng(5)
    return {name: value + 0.4 * rng.normal(size=np.shape(value)) for name, value in model.initial_point().items()}


def log_likelihood(model: pm.Model, point: Point) -> float:
    function = model.compile_logp(vars=model.potentials, mode=PLAIN)
    return float(function(point))


def slow(link: str, frame: pd.DataFrame, point: Point) -> float:
    """Log-likelihood pupil by pupil, outcome by outcome."""
    seen = pd.concat([frame.loc[frame[name].notna(), ["girl", "age"]] for name in CUTS])
    average = {"M": (seen["girl"] == "M").mean(), "age": seen["age"].mean()}
    pre = frame["calm_pre"].fillna(frame["calm_pre"].mean())
    centre = pre[frame["calm"].notna()].mean()
    classes, schools = sorted(frame["class"].unique()), sorted(frame["school"].unique())
    gaps = np.exp(point["threshold_gap_log__"])
    thresholds = {
        "calm": point["threshold_first"][0] + np.array([0, gaps[0], gaps[0] + gaps[1]]),
        "kind": point["threshold_first"][1:],
    }
    total = 0.0
    for i, row in frame.iterrows():
        male, age = (row["girl"] == "M") - average["M"], row["age"] - average["age"]
        arm = ARMS.index(row["arm"])
        for o, name in enumerate(CUTS):
            if np.isnan(row[name]):
                continue
            eta = point["covariate_effect"][o] @ [male, age]
            if arm:
                eta += point["effect"][arm - 1, o] + point["moderation"][arm - 1, o, 0] * male
            if name == "calm":
                eta += point["baseline_effect"][0] * (pre[i] - centre)
                eta += point["baseline_missing_effect"][0] * np.isnan(row["calm_pre"])
            eta += point["class_scale"][o] * point["class_standard"][o, classes.index(row["class"])]
            eta += point["school_scale"][o] * point["school_standard"][o, schools.index(row["school"])]
            low, high = np.concatenate([[-np.inf], thresholds[name] - eta, [np.inf]])[int(row[name]) - 1 :][:2]
            # beyond the middle the complements are subtracted: close to 1 the difference would lose its digits
            total += np.log(F[link](-low) - F[link](-high) if low > 0 else F[link](high) - F[link](low))
    return total


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_likelihood_of_counts_is_that_of_pupils(link):
    frame = categories()
    model = build(spec_of(link), ordinal(frame))
    point = some_point(model)
    assert log_likelihood(model, point) == pytest.approx(slow(link, frame, point), abs=1e-8, rel=0)


def test_trials_and_their_counts_make_one_model():
    data, spec = ordinal(categories()), spec_of("logit")
    models = [build(spec, given) for given in (data, data.counts())]
    point = some_point(models[0])
    assert log_likelihood(models[0], point) == log_likelihood(models[1], point)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_every_pupil_twice_doubles_the_likelihood_and_nothing_else(link):
    once, twice = (build(spec_of(link), ordinal(categories(copies))) for copies in (1, 2))
    point = some_point(once)
    assert log_likelihood(twice, point) == pytest.approx(2 * log_likelihood(once, point), rel=1e-12)
    priors = [model.compile_logp(mode=PLAIN, vars=model.free_RVs, jacobian=False)(point) for model in (once, twice)]
    assert priors[0] == pytest.approx(priors[1], rel=1e-12)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_model_does_not_grow_with_pupils(link):
    spec = spec_of(link)
    few, many = (counted(spec, ordinal(categories(copies)).counts()).arrays(link) for copies in (1, 20))
    assert {name: value.shape for name, value in few.items()} == {name: value.shape for name, value in many.items()}


def test_rows_that_the_model_does_not_tell_apart_are_added_up():
    counts = ordinal(categories(20)).counts()
    plain = spec_of("logit", adjustment="none", covariates=(), moderators=())
    rows = counted(plain, counts).rows
    assert len(rows.outcome) == 2 * 12  # outcomes and classes, whose arm is that of their school
    assert rows.counts.sum() == counts.counts.sum()


def test_thresholds_do_not_depend_on_where_the_baseline_has_its_zero():
    frame = categories()
    moved = frame.assign(calm_pre=frame["calm_pre"] + 100)
    models = [build(spec_of("logit"), ordinal(given)) for given in (frame, moved)]
    point = some_point(models[0])
    assert log_likelihood(models[0], point) == pytest.approx(log_likelihood(models[1], point), rel=1e-10)


def test_a_small_posterior_is_that_of_a_model_with_a_row_per_pupil():
    frame = categories(3).query("arm != 'both'").dropna(subset=["calm"]).reset_index(drop=True)
    flat = [
        bp.Prior("effect", "Normal", (0, 1), "raw"),
        bp.Prior("threshold", "Normal", (0, 3), "raw"),
        bp.Prior("threshold_gap", "HalfNormal", (3,), "raw"),
        bp.Prior("school_sd", "HalfNormal", (1,), "raw"),
    ]
    spec = bp.ClusterTrial(outcomes=("calm",), levels=("pupil", "school"), link="logit", priors=tuple(flat))
    data = trial(frame, outcomes=["calm"], baseline={}, covariates=[])
    ours = bp.fit(spec, data, seed=2, sampling=bp.Sampling(draws=1500, chains=2), cores=2, progress=False).posterior
    schools, school = np.unique(frame["school"], return_inverse=True)
    with pm.Model():
        first = pm.Normal("first", 0, 3)
        gap = pm.HalfNormal("gap", 3, shape=2)
        cuts = pm.math.stack([first, first + gap[0], first + gap[0] + gap[1]])
        effect = pm.Normal("effect", 0, 1)
        sd = pm.HalfNormal("sd", 1)
        z = pm.Normal("z", 0, 1, shape=len(schools))
        eta = effect * (frame["arm"] == "parents").to_numpy() + sd * z[school]
        pm.OrderedLogistic("y", eta=eta, cutpoints=cuts, observed=frame["calm"].to_numpy(int) - 1, compute_p=False)
        theirs = pm.sample(
            draws=1500, tune=700, chains=2, cores=2, random_seed=3, nuts_sampler="nutpie", progressbar=False,
            target_accept=0.9, compute_convergence_checks=False,
        ).posterior  # fmt: skip
    pairs = [
        (ours["effect"].sel(outcome="calm"), theirs["effect"]),
        (ours["threshold"].isel(boundary=0), theirs["first"]),
        (ours["threshold"].isel(boundary=2), theirs["first"] + theirs["gap"].sum("gap_dim_0")),
        (ours["school_sd"].sel(outcome="calm"), theirs["sd"]),
    ]
    for mine, other in pairs:
        error = sum(_error(draws.values) ** 2 for draws in (mine, other)) ** 0.5
        assert abs(float(mine.mean()) - float(other.mean())) < 4 * error
        assert float(mine.std()) == pytest.approx(float(other.std()), rel=0.15)


def _error(draws: np.ndarray) -> float:
    """Monte Carlo error of the mean of draws [chain, draw], by means of batches."""
    batches = draws.reshape(-1, 50).mean(axis=1)
    return float(batches.std(ddof=1) / len(batches) ** 0.5)


def test_outcomes_may_be_taken_in_another_order():
    plan = counted(spec_of("logit", outcomes=("kind", "calm")), ordinal(categories()).counts())
    assert [len(labels) for labels in plan.categories] == [2, 4]
    assert plan.first_thresholds() == [0, 1]
    assert plan.thresholds[0] == "kind: 1 | 2"
