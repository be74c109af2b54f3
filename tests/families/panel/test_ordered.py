"""Ordered scores: their sums, units, moves, refusals, and a fit from end to end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.families.panel.augmented_chain import Chain
from bayespanel.families.panel.augmented_sampling import Augmented, augmented
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.hamiltonian import StepSize
from bayespanel.inference.whiten import Coordinates
from bayespanel.language.errors import BayespanelError, DataError, SpecError

NAMES = ("x", "b", "z")
CUTS = {"x": (1.0, 1.6, 2.4), "b": (0.3,)}


def world(**changes: Any) -> PanelWorld:
    """Three waves of an ordered variable with most pupils at the bottom, of a yes or no, and of a number."""
    fields: dict[str, Any] = {
        "variables": NAMES,
        "months": (0, 6, 12),
        "lag": np.array([[0.3, 0.1, 0.0], [0.2, 0.2, 0.0], [0.0, 0.1, 0.4]]),
        "initial_sd": np.array([1.0, 1.0, 2.0]),
        "innovation_sd": np.array([0.9, 0.9, 1.8]),
        "intercept_sd": np.array([1.0, 0.8, 1.5]),
        "school_sd": np.array([0.3, 0.3, 0.5]),
        "schools": 20,
        "classes_per_school": (1, 1),
        "pupils_per_class": (20, 20),
        "missing_wave": 0.1,
        "ordinal": CUTS,
    }
    return PanelWorld(**(fields | changes))


def spec(**changes: Any) -> bp.RICLPM:
    fields: dict[str, Any] = {"levels": ("pupil", "school"), "innovations": "equal", "ordered": ("x", "b")}
    return bp.RICLPM(NAMES, **(fields | changes))


@cache
def panel() -> bp.Panel:
    return family_of(spec()).truth.observed(spec(), world(), bp.simulate(world(), 3))


@cache
def ready() -> Augmented:
    found = augmented(spec(), data_for(spec(), panel()), panel())
    assert found is not None
    return found


def chain(seed: int = 1) -> Chain:
    one = ready()._begin(np.random.default_rng(seed))
    one.coordinates, one.step_size = Coordinates(one.point, 0.1 * np.eye(len(one.point))), StepSize(0.5, 0.8)
    return one


@cache
def fitted() -> bp.Fit:
    sampling = bp.Sampling(draws=100, tune=100, chains=2)
    return bp.fit(spec(), panel(), seed=1, sampling=sampling, retry=False, progress=False)


def test_sums_are_those_that_moments_pack() -> None:
    moments, pupils = data_for(spec(), panel()), ready().pupils
    value = statistics(spec(), moments).value
    again = value.copy()
    start, end = pupils.kinds[0].cross_x.start, pupils.kinds[-1].sums.stop
    again[start:end] = np.where(np.arange(start, end) < 0, 0, again[start:end])
    pupils.fill(again, np.where(pupils.code >= 0, pupils.code, pupils.numbers))
    assert np.allclose(again, value, rtol=1e-10, atol=1e-8)


def test_units_come_and_go_without_a_trace() -> None:
    one = chain()
    units, rng = ready().units, np.random.default_rng(2)
    inner = one.point + 0.3 * rng.standard_normal(len(one.point))
    assert np.allclose(units.inside(units.outside(inner)), inner, rtol=1e-12)
    assert np.allclose(units.of(one.point), 1.0)


GAPS = [bp.Prior("threshold_gap", *row) for row in (("HalfNormal", 2), ("Exponential", 1.5), ("HalfStudentT", 3, 1))]


@pytest.mark.parametrize("row", GAPS, ids=lambda row: row.distribution)
def test_the_gradient_in_units_is_that_of_differences(row: bp.Prior) -> None:
    one = chain()
    one.rows = {"threshold_gap": row}
    inner = one.point + 0.2 * np.random.default_rng(3).standard_normal(len(one.point))

    def whole(at: np.ndarray) -> tuple[float, np.ndarray]:
        height, slope = one.units.density(one.posterior, at)
        more, along = one.of_gaps(one.units.of(at))
        slope[one.units.at] += along[one.units.ordered]
        return height + more, slope

    step = 1e-6 * np.eye(len(inner))
    differences = [(whole(inner + d)[0] - whole(inner - d)[0]) / 2e-6 for d in step]
    assert np.allclose(whole(inner)[1], differences, rtol=1e-4, atol=1e-3)


def test_scores_in_another_unit_have_the_same_density_but_for_a_constant() -> None:
    one, rng = chain(), np.random.default_rng(4)
    scores, gaps, unit = one.scores, one.gaps, np.array([1.7, 0.6, 1.0])
    found = []
    for _ in range(3):
        inner = one.units.settled(one.point + 0.1 * rng.standard_normal(len(one.point)))
        other = inner.copy()
        other[one.units.at] += np.log(unit[:2])
        heights = []
        for point, by in ((inner, np.ones(3)), (other, unit)):
            one.scores = scores * by[one.pupils.variable]
            one.gaps = [gap * own for gap, own in zip(gaps, by, strict=True)]
            one.fill()
            heights.append(one.units.density(one.posterior, point)[0] + one.of_gaps(one.units.of(point))[0])
        found.append(heights[1] - heights[0])
    assert np.allclose(found, found[0], rtol=1e-9)


def test_scores_keep_their_places_between_thresholds_that_move() -> None:
    one = chain()
    before, scores, ratio = one.thresholds(0), one.scores, np.array([1.3, 0.8])
    place = [np.searchsorted(before, scores[who, cell]) for cell, who in one.pupils.cells if cell % 3 == 0]
    one.gaps[0] = one.gaps[0] * ratio
    moved, counts = one._stretched(0, before, ratio)
    after = one.thresholds(0)
    cells = [(cell, who) for cell, who in one.pupils.cells if cell % 3 == 0]
    for own, (cell, who) in zip(place, cells, strict=True):
        assert (np.searchsorted(after, moved[who, cell]) == own).all()
    inside = np.concatenate(place)
    assert counts.tolist() == [(inside == 1).sum(), (inside == 2).sum()]
    untouched = np.ones(moved.shape, bool)
    untouched[:, [0, 3, 6]] = False
    assert (moved[untouched] == scores[untouched]).all()


def test_latent_scores_lie_in_their_categories() -> None:
    one = chain()
    for _ in range(3):
        one.draw_latent()
        one.move_thresholds(learn=True)
    lower, upper = one.bounds()
    seen = one.pupils.code >= 0
    assert ((one.scores > lower) & (one.scores < upper))[seen].all()
    assert (one.scores[one.pupils.observed & ~seen] == one.pupils.numbers[one.pupils.observed & ~seen]).all()
    assert (one.scores[~one.pupils.observed] == 0).all()


def test_a_fit_has_what_users_look_at(tmp_path: Path) -> None:
    fit = fitted()
    threshold = fit.posterior["threshold"]
    assert threshold["boundary"].values.tolist() == ["x 0|1", "x 1|2", "x 2|3", "b 0|1"]
    assert (threshold.isel(boundary=[0, 3]) == 0).all()
    assert (fit.posterior["initial_sd"].sel(variable=["x", "b"]) == 1).all()
    truth = family_of(spec()).truth.truth(spec(), world())["posterior"]
    for name in ("lag", "intercept_sd", "threshold"):
        error = fit.posterior[name].std(("chain", "draw"))
        away = np.abs(fit.posterior[name].mean(("chain", "draw")) - truth[name].squeeze(drop=True))
        assert (away <= 4 * error + 1e-12).all(), name
    table = bp.checks(fit)
    assert table["check"].str.contains("categories of x").any()
    assert (table.loc[table["check"].str.contains(" of x|of b"), "state"] != "FAILED").all()
    fit.save(tmp_path / "fit.nc")
    again = bp.load(tmp_path / "fit.nc")
    pd.testing.assert_frame_equal(bp.checks(again), table)
    evidence = bp.evidence(again, rope=0.03)
    assert np.isfinite(evidence["mean"]).all()
    assert "threshold" in str(bp.summary(again))


def test_the_same_seed_gives_the_same_draws() -> None:
    sampling = bp.Sampling(draws=4, tune=50, chains=2)
    one, two = (
        bp.fit(spec(), panel(), seed=2, sampling=sampling, retry=False, progress=False, cores=cores) for cores in (1, 2)
    )
    assert (one.posterior["lag"] == two.posterior["lag"]).all()


def test_scores_drawn_anew_are_categories() -> None:
    fit = fitted()
    few = {name: group.isel(draw=slice(3)) for name, group in fit.groups.items()}
    family = family_of(spec())
    found = family.scores_again(spec(), few["posterior"], fit.data, panel(), np.random.default_rng(1))
    assert set(np.unique(found.drawn["x"])) <= {0, 1, 2, 3}
    assert set(np.unique(found.observed["b"])) == {0, 1}
    assert len(np.unique(found.drawn["z"])) > 100


def test_truth_counts_in_the_units_of_the_model() -> None:
    doubled = world(
        initial_sd=np.array([2.0, 1.0, 2.0]),
        ordinal={"x": (2.0, 3.2, 4.8), "b": (0.3,)},
        innovation_sd=np.array([1.8, 0.9, 1.8]),
        intercept_sd=np.array([2.0, 0.8, 1.5]),
        school_sd=np.array([0.6, 0.3, 0.5]),
        lag=np.array([[0.3, 0.2, 0.0], [0.1, 0.2, 0.0], [0.0, 0.1, 0.4]]),
    )
    family = family_of(spec())
    one, two = (family.truth.truth(spec(), each)["posterior"] for each in (world(), doubled))
    for name in one.data_vars:
        assert np.allclose(one[name], two[name], equal_nan=True), name
    assert np.allclose(one["threshold"].values.ravel(), [0.0, 0.6, 1.4, 0.0])
    assert np.allclose(one["mean"].values[0, 0], [-1.0, -0.3, 0.0])


REFUSED = [
    ({"ordered": ("q",)}, "q"),
    ({"ordered": "x"}, "ordered"),
    ({"error": "equal"}, "error"),
    ({"reliability": {"z": 0.8}}, "reliability"),
    ({"groups": "sex"}, "groups"),
    ({"varying": ("x -> z",)}, "varying"),
    ({"initial": "stationary"}, "initial"),
    ({"shrinkage": "common"}, "shrinkage"),
]


@pytest.mark.parametrize(("changes", "word"), REFUSED)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=word) as found:
        spec(**changes)
    assert all((found.value.rule, found.value.given, found.value.action))


def test_data_that_do_not_hold_categories_are_refused() -> None:
    with pytest.raises(DataError, match="reads the pupils"):
        bp.fit(spec(), panel().moments(), seed=1, progress=False)
    with pytest.raises(DataError, match="2 to 12 categories"):
        bp.fit(spec(ordered=("z",)), panel(), seed=1, progress=False)
    flat = replace(panel(), values=np.where(np.arange(3) == 1, 0 * panel().values, panel().values))
    with pytest.raises(DataError, match="has 1: '0'"):
        bp.fit(spec(), flat, seed=1, progress=False)


@pytest.mark.parametrize("verb", [bp.maximum_likelihood, bp.build])
def test_what_needs_a_closed_likelihood_is_refused(verb: Any) -> None:
    with pytest.raises(SpecError, match="ordered"):
        verb(spec(), panel())


VERBS = (bp.predictive_check, bp.influence, bp.sensitivity, bp.log_marginal_likelihood, bp.dynamics)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_a_fit_answers_or_refuses_in_three_parts(verb: Any) -> None:
    said: BayespanelError | None = None
    try:
        verb(fitted())
    except BayespanelError as error:
        said = error
    assert said is None or all((said.rule, said.given, said.action))


def test_chains_in_threads_do_not_mix_what_the_likelihood_reads() -> None:
    """A compiled function holds its inputs while it runs: without a lock two threads would read each other's point."""
    read, rng = ready().read, np.random.default_rng(3)
    points = [ready()._begin(rng).point + 0.1 * rng.normal(size=len(chain().point)) for _ in range(4)]
    alone = [read(point)[0].copy() for point in points]

    def often(number: int) -> bool:
        return all(np.array_equal(read(points[number])[0], alone[number]) for _ in range(300))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(often, range(4)))
