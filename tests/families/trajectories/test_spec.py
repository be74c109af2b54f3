"""A specification says what is wrong with it; data that do not fit are refused in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespanel import DataError, Moments, Panel, Prior, SpecError, Trajectories, build, priors
from bayespanel.catalogue.spec_records import spec_from_dict, spec_to_dict
from bayespanel.data.panel_rows import rows_of
from bayespanel.families.trajectories.growth import growth
from bayespanel.families.trajectories.plan import contrasts, plan
from bayespanel.families.trajectories.statistics import data_for
from tests.families.trajectories.tables import TIMES, small_panel, wide_panel

ARMS = {"control": 2, "intervention": ("persistent", "decreasing", "low")}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"classes": 0}, "from 1 to 10"),
        ({"classes": -1}, "from 1 to 10"),
        ({"classes": 2.5}, "It is 2.5"),
        ({"classes": True}, "It is True"),
        ({"classes": "persistent"}, "classes=3"),
        ({"classes": ("a", "a")}, "Twice: a"),
        ({"classes": {"control": 2}}, "control and intervention"),
        ({"classes": ARMS}, "Classes by arm need the arm"),
        ({"growth": "wavy"}, "constant, linear, quadratic, cubic, free"),
        ({"growth": {"level": [1, 1], "step": [0]}}, "step has 1"),
        ({"growth": 2}, "'growth' is the name of a course"),
        ({"times": (0, "x")}, "'times' is a list of numbers"),
        ({"residual": "by_school"}, "'residual' is one of"),
        ({"random": "all"}, "'random' is one of"),
        ({"link": "probit"}, "'link' is one of identity, logit, log"),
        ({"link": "log", "residual": "by_class"}, "no residual variance"),
        ({"link": "logit", "residual": "by_wave"}, "no residual variance"),
        ({"link": "logit", "zero_inflated": True}, "the link is 'logit'"),
        ({"link": "log", "zero_inflated": 1}, "'zero_inflated' is True or False"),
        ({"categories": (0, 1)}, "'categories' belong to link='logit'"),
        ({"link": "logit", "categories": (1, 0)}, "Put them in order"),
        ({"predictors": "anxiety"}, "predictors=['anxiety']"),
        ({"predictors": ("programme",), "arm": "programme"}, "one role in a model"),
        ({"growth": "cubic", "times": (0, 5, 5, 6)}, "each larger than the one before"),
        ({"predictors": 5}, "Write predictors=[...]"),
        ({"arm": ""}, "name of one covariate"),
        ({"classes": ("pupil", "low")}, "columns of tables"),
        ({"classes": ("low: stable", "low")}, "no colon"),
        ({"levels": ("school",)}, "Levels contain 'pupil'"),
        ({"levels": ("pupil", "scool")}, "Nearest: 'school'"),
        ({"contrast": ("class 1", "class 9")}, "'contrast' names two of the classes"),
        ({"edges": {"anxiety": "child->child"}}, "The model has none"),
        ({"predictors": ("anxiety",), "edges": {"anxiety": "home->child"}}, "joins two of"),
        ({"priors": (Prior("lag", "Normal", (0, 1)),)}, "not one of its parameters"),
        ({"predictors": ("anxiety",), "priors": (Prior("membership_effect", "Normal", (1, 1)),)}, "mu = 0"),
        ({"priors": (Prior("membership_intercept", "StudentT", (3, 0, 1)),)}, "mu = 0"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(options: dict, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        Trajectories("victimisation", **options)
    assert said in str(caught.value)
    assert caught.value.action


def test_a_specification_without_an_outcome_is_refused() -> None:
    with pytest.raises(SpecError, match="one outcome"):
        Trajectories()


def test_a_specification_survives_its_dictionary() -> None:
    import json

    spec = Trajectories(
        "victimisation",
        classes=ARMS,
        arm="programme",
        growth={"level": (1, 1, 1), "step": (0, 1, 1)},
        times=(0, 5, 12),
        predictors=("anxiety",),
        levels=("school", "pupil"),
        edges={"anxiety": "child->child"},
        priors=(Prior("growth_level", "Normal", (0, 1)),),
    )
    assert spec_from_dict(json.loads(json.dumps(spec_to_dict(spec)))) == spec
    assert spec.trajectories == (
        "control: class 1",
        "control: class 2",
        "intervention: persistent",
        "intervention: decreasing",
        "intervention: low",
    )
    assert spec.contrast == ("persistent", "decreasing")
    assert spec.allowed.tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]
    assert spec.levels == ("pupil", "school")


def test_every_parameter_has_a_prior_with_a_reason() -> None:
    spec = Trajectories("y", random="slope", predictors=("a",), arm="b", levels=("pupil", "class", "school"))
    table = priors(spec)
    assert table["parameter"].tolist() == [
        "growth_level", "growth_change", "residual_sd", "random_sd", "random_corr", "membership_intercept",
        "membership_effect", "programme_effect", "class_sd", "school_sd",
    ]  # fmt: skip
    assert (table["reason"] != "").all()
    assert "membership_intercept" not in priors(Trajectories("y", classes=1))["parameter"].tolist()


def test_polynomials_run_over_real_times_and_free_courses_over_waves() -> None:
    waves = ("a", "b", "c", "d")
    quadratic = growth(Trajectories("y", growth="quadratic", times=TIMES), waves)
    time = np.array(TIMES) / 17.0
    np.testing.assert_allclose(quadratic.loadings, np.column_stack([np.ones(4), time, time**2]))
    assert quadratic.is_level.tolist() == [True, False, False]
    free = growth(Trajectories("y", growth="free"), waves)
    assert free.coefficients == waves
    assert free.is_level.all()
    numbered = growth(Trajectories("y"), ("2012", "2013", "2016"))
    np.testing.assert_allclose(numbered.loadings[:, 1], [0, 0.25, 1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"outcome": "bullying"}, "It lacks 'bullying'"),
        ({"predictors": ("warmth",)}, "It lacks 'warmth'"),
        ({"times": (0, 1)}, "the waves are 1, 2, 3, 4"),
        ({"growth": {"level": (1, 1, 1)}}, "It has 3; there are 4 waves"),
        ({"growth": {"a": (1, 1, 1, 1), "b": (2, 2, 2, 2)}}, "can be told apart"),
        ({"growth": {"slope": (0, 1, 2, 3)}}, "A course must be able to stay at the same level"),
        ({"link": "logit", "categories": (0, 1)}, "outside: 2"),
        ({"link": "logit", "categories": (0, 1, 2, 3)}, "Nobody has 3"),
        ({"arm": "anxiety"}, "0 in control and 1 in the intervention arm"),
    ],
)
def test_data_that_do_not_fit_are_refused(options: dict, said: str) -> None:
    panel = small_panel(link="logit")
    with pytest.raises(DataError) as caught:
        data_for(Trajectories(**{"outcome": "victimisation"} | options), panel)
    assert said in str(caught.value)
    assert caught.value.action


def test_a_quadratic_over_two_waves_is_refused() -> None:
    panel = wide_panel(np.random.default_rng(1).normal(size=(30, 2)))
    with pytest.raises(DataError, match="quadratic course needs at least 3 waves"):
        build(Trajectories("y", growth="quadratic"), panel)


def test_more_classes_than_courses_are_refused() -> None:
    panel = wide_panel(np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]))
    with pytest.raises(DataError, match="2 different courses"):
        build(Trajectories("y", classes=3), panel)


def test_a_predictor_without_variance_in_an_arm_is_refused() -> None:
    rng = np.random.default_rng(1)
    arm = np.repeat([0.0, 1.0], 20)
    panel = wide_panel(rng.normal(size=(40, 3)), x=arm * rng.normal(size=40), arm=arm)
    with pytest.raises(DataError, match="'x' is the same for all pupils of the arm 'control'"):
        build(Trajectories("y", classes={"control": 2, "intervention": 2}, arm="arm", predictors=("x",)), panel)


def test_a_missing_predictor_is_refused_with_its_count() -> None:
    x = np.arange(30.0)
    x[:4] = np.nan
    with pytest.raises(DataError, match="'x' is missing for 4 pupils, of 30"):
        wide_panel(np.random.default_rng(1).normal(size=(30, 3)), x=x)


def test_predictors_that_repeat_each_other_are_refused() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 40))
    panel = wide_panel(rng.normal(size=(40, 3)), a=a, b=1000 * b, c=a - 2 * b)
    with pytest.raises(DataError, match="'c' follows from 'a', 'b'"):
        build(Trajectories("y", predictors=("a", "b", "c")), panel)
    rows = rows_of(panel, "y", ("a",), ())
    gap = replace(rows, x=np.where(rows.x == a[3], np.nan, rows.x))
    with pytest.raises(DataError, match="'a' is missing for 1 pupil"):
        build(Trajectories("y", predictors=("a",)), gap)


def test_waves_that_an_arm_never_saw_are_refused() -> None:
    rng = np.random.default_rng(1)
    arm, y = np.repeat([0.0, 1.0], 30), rng.normal(size=(60, 4))
    y[:30, 2:] = np.nan
    by_arm = {"classes": {"control": 2, "intervention": 2}, "arm": "arm"}
    for growth_ in ("free", "quadratic"):
        with pytest.raises(DataError, match="Nobody of the arm 'control' has a score at 3, 4"):
            build(Trajectories("y", growth=growth_, **by_arm), wide_panel(y, arm=arm))
    build(Trajectories("y", growth="linear", **by_arm), wide_panel(y, arm=arm))


def test_more_variances_than_waves_show_are_refused() -> None:
    panel = wide_panel(np.random.default_rng(1).normal(size=(30, 2)))
    with pytest.raises(DataError, match="has 4; 2 waves show 3"):
        build(Trajectories("y", random="slope"), panel)
    build(Trajectories("y", random="intercept"), panel)


def test_many_scores_are_no_categories() -> None:
    with pytest.raises(DataError, match="at most 20"):
        build(Trajectories("y", link="logit"), wide_panel(np.random.default_rng(1).normal(size=(30, 3))))


def test_sums_are_refused_and_unknown_clusters_named() -> None:
    panel = small_panel()
    with pytest.raises(DataError, match="sums do not tell"):
        build(Trajectories("victimisation"), panel.moments())
    assert isinstance(panel.moments(), Moments)
    bare = Panel(panel.values, panel.waves, panel.variables, panel.pupils, panel.covariates, panel.covariate_names)
    with pytest.raises(DataError, match="the level 'school'"):
        build(Trajectories("victimisation", levels=("pupil", "school")), bare)


def test_rows_of_another_model_are_refused() -> None:
    rows = data_for(Trajectories("victimisation"), small_panel())
    with pytest.raises(DataError, match="Reduce the panel anew"):
        data_for(Trajectories("victimisation", predictors=("anxiety",)), rows)


def test_contrasts_give_every_pair_of_classes_the_same_prior() -> None:
    h = contrasts([2, 3])
    covariance = h @ h.T
    for first, last in ((0, 2), (2, 5)):
        for i in range(first, last):
            for j in range(first, i):
                assert covariance[i, i] + covariance[j, j] - 2 * covariance[i, j] == pytest.approx(2.0)
    np.testing.assert_allclose(h.sum(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(covariance[:2, 2:], 0.0)


def test_equal_pupils_are_counted_once() -> None:
    panel = small_panel(link="logit")
    rows = data_for(Trajectories("victimisation", link="logit"), panel)
    assert rows.n_pupils == panel.n_pupils
    assert len(rows.count) < 200
    twice = plan(Trajectories("victimisation", link="logit"), rows)
    assert twice.phi.sum(axis=1).max() == len(panel.waves)
