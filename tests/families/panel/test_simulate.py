"""Simulated pupils have the moments, sizes and gaps that their world prescribes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.data import Panel
from bayespanel.families.panel.simulate import PanelWorld, null_panel, simulate, small_triangle, triangle_panel
from bayespanel.language.errors import SpecError

# Sample moments must lie within this many of their standard errors; seeds are fixed, and each test compares a few
# dozen numbers at most, for which 4.5 is exceeded by chance less often than once in a thousand seeds.
ERRORS = 4.5


def world(**changes: object) -> PanelWorld:
    """Return a bivariate world with every part in it, or with the parts given instead."""
    fields: dict[str, object] = {
        "variables": ("home", "peers"),
        "months": (0, 6, 12),
        "lag": np.array([[0.3, 0.2], [-0.1, 0.4]]),
        "initial_sd": np.array([1.0, 2.0]),
        "innovation_sd": np.array([0.8, 1.5]),
    }
    return PanelWorld(**(fields | changes))  # type: ignore[arg-type]


def scores(of: PanelWorld, seed: int = 1) -> np.ndarray:
    """Return the scores [pupil, wave, variable] of a world where nobody leaves."""
    return simulate(of, seed)[list(of.variables)].to_numpy().reshape(-1, of.waves, len(of.variables))


def assert_covariance(sample: np.ndarray, truth: np.ndarray) -> None:
    """Compare a sample covariance [row, column] with the truth, given its sampling error under normality."""
    error = np.sqrt((np.outer(np.diag(truth), np.diag(truth)) + truth**2) / len(sample))
    assert np.all(np.abs(np.cov(sample.T) - truth) < ERRORS * error)


def test_a_stable_part_and_a_stationary_process_have_their_closed_form_covariance() -> None:
    person, within, carry_over = 1.5, 0.7, 0.4
    of = PanelWorld(
        variables=("score",),
        months=tuple(range(5)),
        lag=np.array([[carry_over]]),
        initial_sd=np.array([within**0.5]),
        innovation_sd=np.array([(within * (1 - carry_over**2)) ** 0.5]),
        intercept_sd=np.array([person**0.5]),
        schools=400,
    )
    gap = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    assert_covariance(scores(of)[..., 0], person + within * carry_over**gap)


def test_each_interval_has_its_own_lags_and_innovations() -> None:
    lag = np.array([[[0.3, 0.2], [-0.1, 0.4]], [[0.5, -0.3], [0.0, 0.1]]])
    sd = np.array([[0.8, 1.5], [1.2, 0.5]])
    corr = np.array([[[1, 0.3], [0.3, 1]], [[1, -0.6], [-0.6, 1]]])
    of = world(lag=lag, innovation_sd=sd, innovation_corr=corr, schools=400)
    y = scores(of)
    for step in range(2):
        before, after = y[:, step], y[:, step + 1]
        slope = np.linalg.lstsq(before, after, rcond=None)[0].T
        inverse = np.linalg.inv(before.T @ before)
        error = np.sqrt(np.outer(sd[step] ** 2, np.diag(inverse)))
        assert np.all(np.abs(slope - lag[step]) < ERRORS * error)
        assert_covariance(after - before @ lag[step].T, corr[step] * np.outer(sd[step], sd[step]))


def test_stable_parts_and_first_scores_correlate_as_given() -> None:
    of = world(
        lag=np.zeros((2, 2)),
        initial_corr=np.array([[1, 0.5], [0.5, 1]]),
        intercept_sd=np.array([0.7, 1.1]),
        intercept_corr=np.array([[1, -0.8], [-0.8, 1]]),
        schools=400,
    )
    y = scores(of)
    stable = np.array([[0.49, -0.8 * 0.77], [-0.8 * 0.77, 1.21]])
    assert_covariance(y[:, 0], stable + np.array([[1, 1], [1, 4]]))
    # Without lags only the stable parts connect two waves.
    sample = np.cov(y[:, 0].T, y[:, 2].T)[:2, 2:]
    variance = np.outer(y[:, 0].var(axis=0), y[:, 2].var(axis=0)) + stable**2
    assert np.all(np.abs(sample - stable) < ERRORS * np.sqrt(variance / len(y)))


def test_classes_and_schools_have_their_share_of_the_variance() -> None:
    schools, classes, size = 600, 3, 10
    of = world(
        class_sd=np.array([0.6, 0.0]),
        school_sd=np.array([0.5, 0.9]),
        school_corr=np.array([[1, 0.4], [0.4, 1]]),
        schools=schools,
        classes_per_school=(classes, classes),
        pupils_per_class=(size, size),
    )
    y = scores(of)[:, 0].reshape(schools, classes, size, 2)
    class_means, school_means = y.mean(axis=2), y.mean(axis=(1, 2))
    pupil = np.array([1.0, 4.0])
    classroom = np.array([0.36, 0.0])
    # Variances of means in a balanced nested design.
    between_classes = classroom + pupil / size
    between_schools = np.array([[0.25, 0.18], [0.18, 0.81]]) + np.diag(between_classes / classes)
    within_schools = (class_means - school_means[:, None]).reshape(-1, 2)
    sample = (within_schools**2).sum(axis=0) / (schools * (classes - 1))
    error = between_classes * math.sqrt(2 / (schools * (classes - 1)))
    assert np.all(np.abs(sample - between_classes) < ERRORS * error)
    assert_covariance(school_means, between_schools)


def test_cluster_effects_by_wave_follow_their_covariance_over_waves() -> None:
    corr = np.full((6, 6), 0.3) + 0.7 * np.eye(6)
    sd = np.array([[0.5, 0.6], [0.7, 0.8], [0.9, 1.0]])
    of = world(
        lag=np.zeros((2, 2)),
        school_sd=sd,
        school_corr=corr,
        schools=2000,
        classes_per_school=(1, 1),
        pupils_per_class=(10, 10),
    )
    means = scores(of).reshape(2000, 10, 6).mean(axis=1)
    noise = np.diag(np.array([1, 4, 0.64, 2.25, 0.64, 2.25]) / 10)
    assert_covariance(means, corr * np.outer(sd.ravel(), sd.ravel()) + noise)


def test_means_are_added_to_their_wave_and_variable() -> None:
    mean = np.array([[10.0, 20.0], [30.0, 40.0], [50.0, 60.0]])
    assert np.allclose(scores(world(mean=mean)) - scores(world()), mean)


@pytest.mark.parametrize("of", [triangle_panel(), small_triangle(), null_panel(class_icc=0.05)])
def test_ready_worlds_have_variance_one_at_every_wave(of: PanelWorld) -> None:
    # Innovations chosen in closed form must keep the covariance within pupils: iterate it, written out in sums.
    within = of.initial_corr * np.outer(of.initial_sd, of.initial_sd)
    start = within.copy()
    for _ in range(of.waves - 1):
        within = np.einsum("ij,jk,lk->il", of.lag, within, of.lag)
        within = within + of.innovation_corr * np.outer(of.innovation_sd, of.innovation_sd)
    assert np.allclose(within, start)
    parts = [of.initial_sd, of.intercept_sd, of.class_sd, of.school_sd]
    assert np.allclose(sum(sd**2 for sd in parts if sd is not None), 1)


def test_the_triangle_panel_has_the_design_of_the_study() -> None:
    of = triangle_panel()
    frame = simulate(of, 2012)
    panel = Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=of.variables, classroom="class", school="school"
    )
    assert (panel.n_pupils, len(panel.school_names), panel.waves) == (9779, 99, ("1", "2", "3", "4", "5"))
    assert of.months == (0, 5, 12, 17, 24)
    assert frame.groupby("class")["pupil"].nunique().between(18, 25).all()
    assert frame.groupby("school")["pupil"].nunique().std() > 20
    # The oldest of four cohorts leaves after wave 1, the next after wave 3.
    share = frame.groupby("wave").size() / 9779
    assert np.allclose(share, [1, 0.75, 0.75, 0.5, 0.5], atol=0.02)
    lag = pd.DataFrame(of.lag, index=of.variables, columns=of.variables)
    assert lag.loc["victimisation", ["anxiety", "externalising"]].eq(0).all()
    assert np.diag(lag).min() >= 0.15
    assert np.diag(lag).max() <= 0.35
    corr = np.abs(of.intercept_corr[np.triu_indices(7, 1)])
    assert 0.2 <= corr.min() <= corr.max() <= 0.5
    assert (of.intercept_corr[0, 1:] < 0).all()


def test_a_null_panel_has_no_spillover_but_correlated_stable_parts() -> None:
    of = null_panel(variables=("a", "b", "c"), waves=4)
    assert np.array_equal(of.lag, 0.3 * np.eye(3))
    y = scores(of, 3)
    averages = np.corrcoef(y.mean(axis=1).T)
    assert averages[np.triu_indices(3, 1)].min() > 0.4


def test_the_same_seed_gives_the_same_pupils() -> None:
    of = small_triangle()
    pd.testing.assert_frame_equal(simulate(of, 7), simulate(of, 7))
    assert not simulate(of, 7).equals(simulate(of, 8))


def test_missing_waves_leave_the_other_scores_as_they_were() -> None:
    complete, gaps = simulate(small_triangle(missing_wave=0), 7), simulate(small_triangle(missing_wave=0.3), 7)
    seen = gaps["rejection"].notna()
    pd.testing.assert_frame_equal(complete[seen], gaps[seen])


def test_waves_are_missed_at_the_given_rate_and_nobody_misses_all() -> None:
    rate, waves = 0.3, 4
    frame = simulate(small_triangle(pupils=6000, schools=200, missing_wave=rate), 5)
    missed = frame["depression"].isna()
    assert len(frame) == 6000 * waves
    assert missed.groupby(frame["pupil"]).sum().max() < waves
    # Those who would miss all waves keep one.
    expected = rate - rate**waves / waves
    assert abs(missed.mean() - expected) < ERRORS * math.sqrt(rate * (1 - rate) / len(frame))
    assert frame.isna().groupby(missed).sum().to_numpy()[0].sum() == 0


def test_dropout_is_for_good_and_depends_on_the_last_score_seen() -> None:
    of = world(months=(0, 1, 2, 3), schools=400, dropout=0.2, missing_wave=0.1)
    counts = simulate(of, 1).groupby("pupil")["wave"].agg(["count", "max"])
    assert (counts["count"] == counts["max"]).all()
    complete = world(months=(0, 1), schools=400)
    selective = world(months=(0, 1), schools=400, dropout=0.2, dropout_variable="peers", dropout_slope=1.0)
    first = scores(complete)[:, 0, 1]
    stayed = simulate(selective, 1).groupby("pupil")["wave"].max().to_numpy() == 2
    z = (first - first.mean()) / first.std()
    expected = 1 / (1 + np.exp(-(math.log(0.25) + z)))
    for low, high in ((-9, -1), (-1, 0), (0, 1), (1, 9)):
        group = (z > low) & (z <= high)
        error = math.sqrt(0.25 / group.sum())
        assert abs((~stayed[group]).mean() - expected[group].mean()) < ERRORS * error


def test_cut_points_make_categories_with_normal_probabilities() -> None:
    of = triangle_panel(ordinal=True, missing_wave=0, cohorts=1)
    shares = simulate(of, 1)["victimisation"].value_counts(normalize=True).sort_index()
    assert shares.index.tolist() == [0, 1, 2, 3, 4]
    # 9,779 pupils in 99 schools, of whom scores correlate: an effective size of about 3,000.
    assert np.allclose(shares, [0.60, 0.28, 0.06, 0.03, 0.03], atol=ERRORS * 0.5 / math.sqrt(3000))


def test_noise_and_skew_have_their_closed_form() -> None:
    plain = {"lag": np.zeros((2, 2)), "innovation_sd": np.array([1.0, 1.5]), "schools": 400}
    noisy = scores(world(**plain, measurement_error_sd=np.array([0.5, 0.0])))
    assert_covariance(noisy[:, 1], np.diag([1.25, 2.25]))
    skewed = scores(world(**plain, skew={"home": 0.5}, mean=np.array([3.0, 0.0])))[:, 0, 0]
    # A shifted lognormal: mean (e^(k^2/2) - 1) / k, variance e^(k^2) (e^(k^2) - 1) / k^2.
    k = 0.5
    variance = math.exp(k**2) * math.expm1(k**2) / k**2
    assert abs(skewed.mean() - 3 - math.expm1(k**2 / 2) / k) < ERRORS * math.sqrt(variance / len(skewed))
    assert np.allclose(np.log1p(k * (skewed - 3)) / k, scores(world(**plain))[:, 0, 0])


@given(
    pupils=st.integers(200, 2000),
    seed=st.integers(0, 1000),
    sizes=st.tuples(st.integers(5, 15), st.integers(16, 30)),
)
@settings(max_examples=25, deadline=None)
def test_exactly_the_pupils_asked_for_sit_in_classes_of_the_sizes_asked_for(
    pupils: int, seed: int, sizes: tuple[int, int]
) -> None:
    of = world(pupils=pupils, schools=12, classes_per_school=(1, 11), pupils_per_class=sizes)
    frame = simulate(of, seed)
    assert frame["pupil"].nunique() == pupils
    assert frame.groupby("class")["pupil"].nunique().between(*sizes).all()
    assert frame.groupby("class")["school"].nunique().eq(1).all()
    assert frame.groupby("school")["class"].nunique().between(1, 11).all()


def test_what_a_world_holds_cannot_be_changed() -> None:
    lag = np.eye(2) / 2
    of = world(lag=lag)
    lag[0, 1] = 9
    assert of.lag[0, 1] == 0
    with pytest.raises(ValueError, match="read-only"):
        of.lag[0, 1] = 9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lag": np.zeros((3, 3))}, r"'lag' has the shape \[target, source\] = \(2, 2\) or"),
        ({"lag": np.full((2, 2), np.nan)}, "'lag' holds finite numbers"),
        ({"initial_sd": np.array([1.0, -1.0])}, "'initial_sd' holds -1"),
        ({"initial_corr": np.array([[1, 1.2], [1.2, 1]])}, "smallest eigenvalue of 'initial_corr' is -0.2"),
        ({"intercept_corr": np.array([[1, 0.2], [0.1, 1]])}, "symmetric"),
        ({"class_sd": np.ones((3, 2)), "class_corr": np.eye(2)}, r"'class_corr' has the shape \[cell, cell\]"),
        ({"variables": ("home", "home")}, "each once. Twice: home"),
        ({"variables": ("home", "class")}, "Rename"),
        ({"months": (0, 5, 5)}, "increasing months"),
        ({"pupils": 10}, "hold 1080 to 3000 pupils, not 10"),
        ({"pupils": 27, "schools": 1, "classes_per_school": (1, 3)}, "no number of classes of 18 to 25"),
        ({"pupils_per_class": (20, 10)}, "smallest and a largest"),
        ({"schools": 0}, "at least one school"),
        ({"cohorts": 3}, r"\(0, 1, 1, 2, 2\), or cohorts=1"),
        ({"school_years": (0, 1)}, "one year per wave"),
        ({"missing_wave": 1.5}, "'missing_wave' is a probability"),
        ({"dropout_slope": 1.0}, "all three"),
        ({"ordinal": {"pears": (0, 1)}}, "Nearest: 'peers'"),
        ({"ordinal": {"peers": (1, 0)}}, "Put them in order"),
        ({"skew": {"peers": 0.0}}, "positive"),
        ({"skew": {"peers": 1.0}, "ordinal": {"peers": (0.0,)}}, "move its cut points"),
    ],
)
def test_an_impossible_world_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        world(**changes)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(SpecError, match="whole number"):
        simulate(world(), seed)  # type: ignore[arg-type]


def test_shares_and_lags_of_ready_worlds_leave_room_for_innovations() -> None:
    with pytest.raises(SpecError, match="leave some within pupils"):
        triangle_panel(person_share=0.95)
    with pytest.raises(SpecError, match="Lags leave something"):
        null_panel(carry_over=1.0)
