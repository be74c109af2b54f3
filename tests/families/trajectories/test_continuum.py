"""One continuum of courses beside classes: its likelihood, what is compared, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import multivariate_normal

import bayespanel as bp
from bayespanel.families.trajectories import maxima as searching
from bayespanel.families.trajectories.against_continuum import CLEAR, beside, problem, sentence
from bayespanel.families.trajectories.bootstrap import drawn
from bayespanel.families.trajectories.continuum import continuum
from bayespanel.families.trajectories.fit_rows import fit_rows
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.points import points
from bayespanel.families.trajectories.scores_alone import near, scores_alone
from bayespanel.families.trajectories.statistics import data_for, rows_for
from bayespanel.families.trajectories.unbounded_vector import Values, objective
from bayespanel.inference.checks import LOOK, OK
from tests.families.trajectories.continuum_worlds import one_continuum, three_classes
from tests.families.trajectories.tables import small_panel, wide_panel
from tests.families.trajectories.test_fit import fake

TIMES = (0.0, 1.0, 2.0, 3.0, 4.0)


@pytest.fixture(autouse=True)
def _few_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches are tested in test_em.py and test_summit.py; here they begin at few points, which takes less time."""
    for name, value in (("STARTS", 6), ("FINISHED", 2), ("OWN", 4), ("FOLLOWED", 1)):
        monkeypatch.setattr(searching, name, value)


def with_gaps(scores: np.ndarray, seed: int = 0) -> np.ndarray:
    """A tenth of the scores missing, never all of a pupil's."""
    gone = np.random.default_rng(seed).random(scores.shape) < 0.1
    gone[:, 0] = False
    return np.where(gone, np.nan, scores)


def logit_spec(classes: int = 2, **more: object) -> bp.Trajectories:
    return bp.Trajectories("y", classes=classes, times=TIMES, link="logit", **more)  # type: ignore[arg-type]


def test_points_integrate_ordered_scores_as_adaptive_quadrature_does() -> None:
    panel = wide_panel(with_gaps(one_continuum(1, 60, ordered=True)))
    alone, rows = scores_alone(logit_spec(growth="constant"), data_for(logit_spec(growth="constant"), panel))
    one = replace(alone.with_classes(1), random="intercept")
    level, sd, gaps = -1.5, 1.8, np.array([1.1, 0.9, 1.2])
    cut = np.concatenate([[-np.inf, 0.0], np.cumsum(gaps), [np.inf]])

    def density(u: float, y: np.ndarray) -> float:
        c = y[~np.isnan(y)].astype(int)
        p = expit(level + sd * u - cut[c]) - expit(level + sd * u - cut[c + 1])
        return float(p.prod() * np.exp(-0.5 * u * u) / np.sqrt(2 * np.pi))

    exact = sum(
        n * np.log(quad(density, -9, 9, args=(y,), epsabs=0, epsrel=1e-9, limit=200)[0])
        for y, n in zip(rows.values, rows.count, strict=True)
    )
    found, _ = objective(one, plan(one, rows))(np.concatenate([[level, sd], np.log(gaps)]))
    assert found == pytest.approx(exact, abs=1e-4)  # the error of the points; criteria differ by units


def test_points_are_a_standard_normal() -> None:
    for finer in (1, 2):
        at = points(2, finer)
        share = np.exp(at.log_share)
        assert share.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(share @ at.z, 0.0, atol=1e-12)
        np.testing.assert_allclose((at.z.T * share) @ at.z, np.eye(2), atol=1e-5)  # what lies beyond 6 SDs


def test_gaussian_scores_have_the_density_of_the_implied_normal() -> None:
    scores = one_continuum(3, 150, ordered=False)
    spec = bp.Trajectories("y", classes=2, times=TIMES)
    alone, rows = scores_alone(spec, data_for(spec, wide_panel(scores)))
    found, layout = continuum(alone, rows), plan(alone, rows)
    assert (found.random, found.n_parameters) == ("slope", 2 + 1 + 3)
    root = np.array([[found.values.root[0][0], 0.0], found.values.root[1]])
    z = layout.random_loadings
    mean = layout.centre + layout.scale * (found.values.growth @ layout.growth.loadings.T)[0]
    covariance = layout.scale**2 * (z @ root @ root.T @ z.T + np.diag(found.values.variance[0]))
    exact = multivariate_normal(mean, covariance).logpdf(scores).sum()
    assert found.log_likelihood == pytest.approx(exact, abs=1e-6)
    assert found.bic == pytest.approx(np.log(150) * 6 - 2 * exact, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "waves", "random"),
    [
        ({}, 5, "slope"),
        ({"growth": "constant"}, 5, "intercept"),
        ({"link": "logit"}, 2, "intercept"),
        ({}, 2, "intercept"),
        ({"residual": "by_wave"}, 2, "intercept"),
        ({"residual": "by_class"}, 3, "slope"),
    ],
)
def test_what_varies_is_what_the_waves_hold(options: dict, waves: int, random: str) -> None:
    ordered = options.get("link") == "logit"
    panel = wide_panel(one_continuum(4, 120, ordered=ordered)[:, :waves])
    spec = bp.Trajectories("y", classes=2, times=TIMES[:waves], **options)
    alone, rows = scores_alone(spec, data_for(spec, panel))
    assert continuum(alone, rows).random == random


def test_scores_alone_are_the_same_with_and_without_predictors_and_clusters() -> None:
    panel = small_panel(link="logit")
    known = {"classes": 2, "times": (0.0, 5.0, 12.0, 17.0), "link": "logit"}
    full = bp.Trajectories(
        "victimisation", predictors=("anxiety",), arm="programme", levels=("pupil", "school"), **known
    )
    plain = bp.Trajectories("victimisation", **known)
    single = bp.Trajectories("victimisation", predictors=("anxiety",), arm="programme", **known)
    alone, rows = scores_alone(full, data_for(full, panel))
    assert rows.n_pupils == data_for(full, panel).n_pupils
    assert len(rows.count) < len(data_for(full, panel).count)
    best = maxima(alone, rows).log_likelihoods[0]
    assert near(single, rows_for(single, panel))[0] == pytest.approx(best, abs=1e-4)
    first, second = (beside(one, rows_for(one, panel)) for one in (plain, single))
    assert first is not None
    assert second is not None
    assert first[0] == pytest.approx(second[0], abs=1e-3)


def test_arms_with_their_own_classes_are_not_compared() -> None:
    spec = bp.Trajectories("victimisation", classes={"control": 2, "intervention": 2}, arm="programme")
    assert beside(spec, rows_for(spec, small_panel())) is None


def test_numbers_of_classes_of_one_continuum_say_so_above_the_table() -> None:
    spec = bp.Trajectories("y", times=TIMES)
    table = bp.number_of_classes(spec, wide_panel(one_continuum(5, 300, ordered=False)), seed=1, loo=False,
                                 classes=(1, 2, 3))  # fmt: skip
    assert table["bic"].is_monotonic_decreasing  # BIC alone would go on to more classes
    assert (table["continuum_difference"] > CLEAR).all()
    assert table["problem"].iloc[0] == ""
    assert table["problem"].iloc[1:].str.startswith("One continuum of courses (no classes, random intercept").all()
    shown = repr(table[["classes", "bic_difference"]].round(1))
    assert shown.startswith("NO CLASSES NEEDED: one continuum of courses")
    assert shown.endswith(repr(pd.DataFrame(table[["classes", "bic_difference"]].round(1))))
    assert table._repr_html_().startswith("<p>NO CLASSES NEEDED")
    figure = bp.plot_number_of_classes(table)
    assert "NO CLASSES NEEDED" in figure.get_supxlabel()


def test_noise_around_one_course_is_one_class() -> None:
    scores = 2 + np.random.default_rng(3).normal(size=(250, len(TIMES)))
    table = bp.number_of_classes(
        bp.Trajectories("y", times=TIMES), wide_panel(scores), seed=1, loo=False, classes=(1, 2)
    )
    assert table["continuum_difference"].iloc[0] < -CLEAR
    assert table.attrs["sentence"].startswith("ONE CLASS IS ENOUGH")


@pytest.mark.parametrize("ordered", [False, True])
def test_three_classes_are_not_called_a_continuum(ordered: bool) -> None:
    scores, x = three_classes(6, 500, ordered=ordered, effect=0.5)
    spec = bp.Trajectories("y", times=TIMES, link="logit" if ordered else "identity", predictors=("x",))
    table = bp.number_of_classes(spec, wide_panel(scores, x=x), seed=1, loo=False, classes=(3,))
    assert float(table["continuum_difference"].iloc[0]) < -CLEAR
    assert "continuum" not in table["problem"].iloc[0]
    assert table.attrs["sentence"].startswith("3 classes describe the scores better than one continuum")


def test_sentences_follow_the_difference() -> None:
    assert problem(-CLEAR - 0.1, "slope") == ""
    assert "only 2.0 higher: these classes may be" in problem(-2.0, "slope")
    assert "only 2.0 lower: these classes may be" in problem(2.0, "intercept")
    assert "12.0 lower: these classes are pieces of it" in problem(12.0, "intercept")
    spec = bp.Trajectories("y")
    assert sentence(spec, {2: 30.0, 3: -20.0}, "slope").startswith("3 classes describe")
    assert sentence(spec, {2: 30.0, 3: 2.0}, "slope").startswith("CLASSES OR A CONTINUUM is open")
    assert "of the best, 3" in sentence(spec, {2: 30.0, 3: 20.0}, "slope")
    assert sentence(spec, {1: -15.0, 2: -7.0}, "slope").startswith("ONE CLASS IS ENOUGH")
    assert sentence(spec, {1: -15.0, 2: -14.0}, "slope").startswith("ONE CLASS may be enough")
    assert sentence(spec, {1: 15.0, 2: 14.0}, "slope").startswith("NO CLASSES NEEDED")
    assert sentence(spec, {1: -15.0, 2: -30.0}, "slope").startswith("2 classes describe")
    ends = {"none": "random='intercept' as well", "intercept": "random='slope' as well", "slope": "kinds of pupils."}
    for random, end in ends.items():
        assert end in sentence(bp.Trajectories("y", random=random), {2: 30.0}, "slope")[-90:]
    assert ends["none"] in sentence(logit_spec(), {2: 30.0}, "slope")[-90:]


@pytest.mark.parametrize(
    ("attrs", "state", "said"),
    [
        ({"continuum_difference": 40.0, "continuum_random": "slope"}, LOOK, "a BIC 40.0 lower"),
        ({"continuum_difference": 1.0, "continuum_random": "intercept"}, LOOK, "only 1.0 lower"),
        ({"continuum_difference": -40.0, "continuum_random": "slope"}, OK, ""),
        ({"within_z": 4.0, "within_sd": 0.26, "within_what": "level"}, LOOK, "differ in level, with an SD of at least"),
        ({"within_z": 1.0, "within_sd": 0.1, "within_what": "slope"}, OK, ""),
    ],
)
def test_a_fit_says_what_to_look_at_and_does_not_fail(attrs: dict, state: str, said: str) -> None:
    spec = bp.Trajectories("victimisation", classes=("decreasing", "low"), times=(0, 5, 12, 17))
    rows = data_for(spec, small_panel())
    without, table = (fit_rows(spec, fake(spec, **more), rows) for more in ({}, attrs))
    (row,) = [row for row in table if row.check not in {one.check for one in without}]
    assert row.state == state
    assert said in row.hint


def test_a_fit_keeps_both_answers_with_its_draws() -> None:
    spec = bp.Trajectories("y", classes=2, times=TIMES)
    fit = bp.fit(
        spec,
        wide_panel(one_continuum(7, 200, ordered=False)),
        seed=1,
        sampling=bp.Sampling(draws=100, tune=100),
        progress=False,
    )
    table = bp.checks(fit).set_index("check")
    assert table.loc["BIC of one continuum of courses less that of the classes", "state"] == LOOK
    assert table.loc["courses that differ within a class (z of a score test)", "state"] == LOOK


def test_drawn_scores_have_the_moments_of_their_model_and_the_gaps_of_the_data() -> None:
    scores = with_gaps(np.repeat(one_continuum(8, 50, ordered=False), 400, axis=0))
    spec = bp.Trajectories("y", classes=2, times=TIMES)
    alone, rows = scores_alone(spec, data_for(spec, wide_panel(scores)))
    layout = plan(alone, rows)
    values = Values(np.array([[0.3, -0.5]]), np.full((1, 5), 0.4), [[0.8], [-0.3, 0.6]], None, np.zeros((1, 1)))
    found = drawn(layout, values, np.random.default_rng(1))
    assert found.n_pupils == rows.n_pupils
    for sample, given in ((found, rows),):
        seen = [np.bincount((~np.isnan(one.values)) @ 2 ** np.arange(5), weights=one.count) for one in (sample, given)]
        np.testing.assert_array_equal(*seen)
    full = ~np.isnan(found.values).any(axis=1)
    y = (np.repeat(found.values[full], found.count[full], axis=0) - layout.centre) / layout.scale
    root, z = np.array([[0.8, 0.0], [-0.3, 0.6]]), layout.random_loadings
    covariance = z @ root @ root.T @ z.T + 0.4 * np.eye(5)
    # Some 12,000 pupils: standard errors are below 0.011 for means and 0.017 for covariances.
    np.testing.assert_allclose(y.mean(axis=0), [0.3 - 0.5 * t for t in z[:, 1]], atol=0.05)
    np.testing.assert_allclose(np.cov(y.T), covariance, atol=0.07)


def test_samples_weigh_classes_and_continuum_and_repeat_by_seed() -> None:
    spec = bp.Trajectories("y", classes=2, times=TIMES)
    panel = wide_panel(one_continuum(9, 120, ordered=False))
    first, again = (bp.continuum(spec, panel, seed=3, samples=19, progress=False) for _ in range(2))
    assert first.samples.equals(again.samples)
    assert first.verdict == "continuum"
    assert first.p_classes == pytest.approx(1 / 20)
    assert first.mcse_classes == pytest.approx(np.sqrt(0.05 * 0.95 / 19))
    below = first.samples.query("drawn_from == 'continuum'")["difference"] >= first.difference
    assert first.p_continuum == pytest.approx((1 + below.sum()) / 20)
    assert "Verdict: one continuum; 2 classes would hardly" in str(first)


def test_what_cannot_be_weighed_is_refused() -> None:
    panel = wide_panel(one_continuum(10, 60, ordered=False))
    for wrong in (18, 2.5, True, 10_001):
        with pytest.raises(bp.SpecError, match="'samples' is a whole number"):
            bp.continuum(bp.Trajectories("y", classes=2), panel, seed=1, samples=wrong)  # type: ignore[arg-type]
    with pytest.raises(bp.SpecError, match="'seed' is a whole number"):
        bp.continuum(bp.Trajectories("y", classes=2), panel, seed=-1)
    with pytest.raises(bp.SpecError, match="two classes or more"):
        bp.continuum(bp.Trajectories("y", classes=1), panel, seed=1)
    with pytest.raises(bp.SpecError, match="Compare within each arm"):
        bp.continuum(bp.Trajectories("y", classes={"control": 1, "intervention": 2}, arm="programme"), panel, seed=1)
