"""The truth of a simulated panel: closed forms, large samples, and the names that a fit gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespanel import RICLPM
from bayespanel.catalogue.cards import card
from bayespanel.families.panel.build import build
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.pathways import collect
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.worlds import small_triangle, triangle_panel, two_variables
from bayespanel.inference.prior import prior_free

ALL_LEVELS = ("pupil", "class", "school")
LAG = np.array([[0.4, 0.2], [-0.1, 0.3]])


def corr(r: float) -> np.ndarray:
    return np.array([[1.0, r], [r, 1.0]])


def unequal(**changes: object) -> PanelWorld:
    """Two variables whose variances differ, and change over the waves."""
    content: dict[str, object] = {
        "variables": ("a", "b"),
        "months": (0, 6, 12),
        "lag": LAG,
        "initial_sd": (1.0, 3.0),
        "initial_corr": corr(0.3),
        "innovation_sd": (0.8, 2.0),
        "innovation_corr": corr(0.1),
        "intercept_sd": (0.7, 1.5),
        "intercept_corr": corr(0.5),
        "class_sd": (0.3, 0.4),
        "class_corr": corr(0.2),
        "school_sd": (0.2, 0.5),
        "school_corr": corr(-0.4),
        "mean": (2.0, -1.0),
        "schools": 400,
    }
    return PanelWorld(**(content | changes))  # type: ignore[arg-type]


def only(values: object) -> np.ndarray:
    return np.asarray(values)[0, 0]


def test_standardised_lags_are_those_of_the_implied_variances():
    found = truth(RICLPM(("a", "b"), levels=ALL_LEVELS), unequal())["posterior"]
    initial = np.array([[1.0, 0.9], [0.9, 9.0]])  # written out: SDs 1 and 3, correlation .3
    innovation = np.array([[0.64, 0.16], [0.16, 4.0]])
    second = LAG @ initial @ LAG.T + innovation
    third = LAG @ second @ LAG.T + innovation
    for i, (before, after) in enumerate([(initial, second), (second, third)]):
        for target in range(2):
            for source in range(2):
                expected = LAG[target, source] * np.sqrt(before[source, source] / after[target, target])
                assert only(found["lag_standardised"])[i, target, source] == pytest.approx(expected, rel=1e-12)
    within = (initial.diagonal() + second.diagonal() + third.diagonal()) / 3
    parts = np.array([[0.49, 2.25], [0.09, 0.16], [0.04, 0.25]])  # pupil, class, school
    np.testing.assert_allclose(only(found["icc"]), parts / (within + parts.sum(axis=0)), rtol=1e-12)
    assert only(found["spectral_radius"]) == pytest.approx(np.abs(np.linalg.eigvals(LAG)).max(), rel=1e-12)


def test_the_truth_is_that_of_many_simulated_pupils():
    world = unequal(class_sd=None, class_corr=None, school_sd=None, school_corr=None, intercept_sd=None,
                    intercept_corr=None, schools=3000)  # fmt: skip
    frame = simulate(world, 1)
    wide = frame.pivot(index="pupil", columns="wave", values=["a", "b"])
    assert len(wide) > 180_000
    found = truth(RICLPM(("a", "b")), world)["posterior"]
    for wave in (1, 2):
        now = np.column_stack([wide[name][wave] for name in "ab"])
        then = np.column_stack([wide[name][wave + 1] for name in "ab"])
        slopes = np.linalg.lstsq(now - now.mean(0), then - then.mean(0), rcond=None)[0].T
        # Slopes of 180,000 pupils have a standard error of at most 2 / sqrt(180,000) / 0.95: five of them.
        np.testing.assert_allclose(slopes, only(found["lag"]), atol=5 * 2.1 / np.sqrt(180_000))
        scaled = slopes * now.std(0) / then.std(0)[:, None]
        np.testing.assert_allclose(scaled, only(found["lag_standardised"])[wave - 1], atol=5 * 1.1 / np.sqrt(180_000))
        np.testing.assert_allclose(now.mean(0), only(found["mean"])[wave - 1], atol=5 * 3 / np.sqrt(180_000))


def between(frame, level: str) -> np.ndarray:
    """Covariance of the stable parts at a level and above: scores of two waves of two pupils who share the level."""
    wide = frame.pivot(index="pupil", columns="wave", values=["a", "b"])
    units = frame.groupby("pupil")[level].first().to_numpy()
    first = np.column_stack([wide[name][1] for name in "ab"])
    third = np.column_stack([wide[name][3] for name in "ab"])
    first, third = first - first.mean(0), third - third.mean(0)
    total, pairs = np.zeros((2, 2)), 0
    for rows in np.split(np.argsort(units, kind="stable"), np.cumsum(np.unique(units, return_counts=True)[1])[:-1]):
        total += np.outer(first[rows].sum(0), third[rows].sum(0)) - first[rows].T @ third[rows]
        pairs += len(rows) * (len(rows) - 1)
    return 0.5 * (total + total.T) / pairs


def covariance(found, name: str) -> np.ndarray:
    sd = only(found[f"{name}_sd"])
    return sd[:, None] * only(found[f"{name}_corr"]) * sd


def test_levels_that_a_model_leaves_out_count_to_the_one_inside():
    world = unequal()
    full = truth(RICLPM(("a", "b"), levels=ALL_LEVELS), world)["posterior"]
    parts = {name: covariance(full, name) for name in ("intercept", "class", "school")}
    np.testing.assert_allclose(parts["school"], [[0.04, -0.04], [-0.04, 0.25]], atol=1e-12)
    without = truth(RICLPM(("a", "b")), world)["posterior"]
    np.testing.assert_allclose(covariance(without, "intercept"), sum(parts.values()), rtol=1e-12)
    assert list(without["icc"]["level"].values) == ["pupil"]
    np.testing.assert_allclose(only(without["icc"])[0], only(full["icc"]).sum(axis=0), rtol=1e-12)
    schools = truth(RICLPM(("a", "b"), levels=("pupil", "school")), world)["posterior"]
    np.testing.assert_allclose(covariance(schools, "intercept"), parts["intercept"] + parts["class"], rtol=1e-12)
    np.testing.assert_allclose(covariance(schools, "school"), parts["school"], rtol=1e-12)
    classes = truth(RICLPM(("a", "b"), levels=("pupil", "class")), world)["posterior"]
    np.testing.assert_allclose(covariance(classes, "class"), parts["class"] + parts["school"], rtol=1e-12)
    # So it is in simulated pupils: two of one class share class and school.
    found = between(simulate(unequal(schools=1500), 2), "class")
    # 4,500 classes of about 21 and 1,500 schools: five times the SE of a covariance of means, SDs .45 and .75.
    np.testing.assert_allclose(found, parts["class"] + parts["school"], atol=5 * 0.6 / np.sqrt(1500))


def test_effects_by_wave_and_stable_ones_have_no_truth_in_common():
    stable = unequal()
    by_wave = unequal(school_sd=np.full((3, 2), 0.5), school_corr=None)
    spec = RICLPM(("a", "b"), levels=("pupil", "school"), cluster_effects="by_wave")
    found = truth(spec, by_wave)["posterior"]
    np.testing.assert_array_equal(only(found["school_sd"]), np.full((3, 2), 0.5))
    assert found["school_corr"].sizes["cell"] == 6
    assert truth(spec, stable)["posterior"]["school_sd"].isnull().all()
    for levels in (("pupil", "school"), ("pupil",)):
        found = truth(RICLPM(("a", "b"), levels=levels), by_wave)["posterior"]
        assert found["school_sd" if "school" in levels else "intercept_sd"].isnull().all()
        assert found["icc"].isnull().all()
        assert found["lag_standardised"].notnull().all()  # the process within pupils is as it was


def test_variables_have_their_own_truth_in_any_order():
    world = small_triangle()
    forward = truth(RICLPM(world.variables, levels=ALL_LEVELS), world)["posterior"]
    backward = truth(RICLPM(world.variables[::-1], levels=ALL_LEVELS), world)["posterior"]
    assert list(backward["target"].values) == list(world.variables[::-1])
    for name in forward.data_vars:
        np.testing.assert_allclose(backward[name].reindex_like(forward[name]), forward[name], rtol=1e-12)


def test_a_model_of_some_variables_has_no_true_lag():
    world = triangle_panel(schools=10)
    found = truth(RICLPM(("rejection", "victimisation")), world)["posterior"]
    for name in ("lag", "lag_standardised", "spectral_radius", "initial_sd", "innovation_corr"):
        assert found[name].isnull().all()
    assert only(found["intercept_sd"].sel(variable="rejection")) > 0


def test_names_that_the_world_does_not_know_have_no_truth():
    found = truth(RICLPM(("a", "c")), unequal())["posterior"]
    for name in found.data_vars:
        assert found[name].isnull().all(), name


def test_one_lag_where_the_lags_differ_over_intervals_has_no_truth():
    world = replace(unequal(), lag=np.stack([LAG, 0.5 * LAG]))
    equal = truth(RICLPM(("a", "b")), world)["posterior"]
    assert equal["lag"].isnull().all()
    assert equal["lag_standardised"].isnull().all()
    assert equal["intercept_sd"].notnull().all()
    free = truth(RICLPM(("a", "b"), lags="free"), world)["posterior"]
    np.testing.assert_array_equal(only(free["lag"]), world.lag)
    assert free["spectral_radius"].sizes["interval"] == 2


def test_innovations_and_means_can_be_equal_or_free():
    world = replace(
        unequal(), innovation_sd=np.array([[0.8, 2.0], [0.9, 2.0]]), mean=np.array([[0, 0], [0, 0], [1, 0]])
    )
    equal = truth(RICLPM(("a", "b"), innovations="equal", means="equal"), world)["posterior"]
    assert equal["innovation_sd"].isnull().all()
    assert equal["mean"].isnull().all()
    assert equal["lag_standardised"].isnull().all()
    free = truth(RICLPM(("a", "b")), world)["posterior"]
    np.testing.assert_array_equal(only(free["innovation_sd"]), world.innovation_sd)
    np.testing.assert_array_equal(only(free["mean"]), world.mean)


def test_a_model_without_random_intercepts_is_held_against_the_process_within_pupils():
    found = truth(RICLPM(("x", "y"), intercepts=False), two_variables())["posterior"]
    np.testing.assert_array_equal(only(found["lag"]), [[0.2, 0.15], [0.1, 0.3]])
    # Mulder's world is stationary with within-person variances of 1: raw lags are standardised ones.
    np.testing.assert_allclose(only(found["lag_standardised"])[0], only(found["lag"]), rtol=1e-12)
    assert "intercept_sd" not in found
    assert "icc" not in found


def test_categories_skew_and_error_leave_the_truth_of_the_scores_behind_them():
    plain = triangle_panel(schools=10)
    seen = triangle_panel(schools=10, ordinal=True, skew=0.4, reliability=0.8)
    spec = RICLPM(plain.variables, levels=ALL_LEVELS)
    for name, value in truth(spec, plain)["posterior"].items():
        np.testing.assert_array_equal(value, truth(spec, seen)["posterior"][name])


def test_a_world_in_continuous_time_has_a_lag_for_each_interval():
    world = triangle_panel(schools=10, continuous=True, variables=("rejection", "victimisation"))
    found = truth(RICLPM(world.variables, lags="free"), world)["posterior"]
    lag = only(found["lag"])
    # Months 0, 5, 12, 17, 24: gaps of 5 and 7 by turns, whose lags are powers of one matrix.
    np.testing.assert_allclose(lag[0], lag[2], rtol=1e-10)
    np.testing.assert_allclose(lag[0] @ lag[1], lag[1] @ lag[0], rtol=1e-10)
    np.testing.assert_allclose(
        np.linalg.matrix_power(lag[0], 7), np.linalg.matrix_power(lag[1], 5), rtol=1e-8, atol=1e-12
    )
    assert truth(RICLPM(world.variables), world)["posterior"]["lag"].isnull().all()


@pytest.mark.parametrize(
    "spec",
    [
        RICLPM(("rejection", "victimisation"), levels=ALL_LEVELS),
        RICLPM(("rejection", "victimisation"), lags="free", innovations="equal"),
        RICLPM(("rejection", "victimisation"), intercepts=False),
        RICLPM(("rejection",), levels=("pupil", "school"), cluster_effects="by_wave"),
    ],
    ids=["three levels", "free lags", "CLPM", "one variable by wave"],
)
def test_the_truth_has_the_pathways_of_a_fit_in_their_order(spec):
    world = triangle_panel(schools=4, variables=("rejection", "victimisation"), cohorts=1, pupils=300)
    reduced = observed(spec, world, simulate(world, 3)).moments()
    drawn = posterior(spec, reduced, prior_free(build(spec, reduced), draws=2, seed=1))
    known = truth(spec, world)["posterior"]
    assert set(known.data_vars) == set(drawn.data_vars)
    for name in drawn.data_vars:
        assert known[name].dims == drawn[name].dims
        assert known[name].shape[2:] == drawn[name].shape[2:]
    for by_interval in (False, True):
        fitted, true = (collect(spec, {"posterior": group}, by_interval=by_interval) for group in (drawn, known))
        assert list(true["pathway"].values) == list(fitted["pathway"].values)


def test_the_truth_of_the_card_has_the_pathways_of_its_fit():
    spec, world = card("spillover").spec, triangle_panel(schools=6, pupils=600)
    reduced = observed(spec, world, simulate(world, 4)).moments()
    drawn = posterior(spec, reduced, prior_free(build(spec, reduced), draws=2, seed=1))
    fitted, true = (
        collect(spec, {"posterior": group}, by_interval=False) for group in (drawn, truth(spec, world)["posterior"])
    )
    assert list(true["pathway"].values) == list(fitted["pathway"].values)
    assert true["standardised"].notnull().all()
