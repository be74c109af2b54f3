"""The score test for courses that differ within a class, against numerical integration and differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.trajectories import maxima as searching
from bayespanel.families.trajectories.components import without_clusters
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.unbounded_vector import objective, unpack, weights
from bayespanel.families.trajectories.within import _direction, own_scores, within
from tests.families.trajectories.continuum_worlds import three_classes
from tests.families.trajectories.tables import wide_panel

TIMES = (0.0, 1.0, 2.0, 3.0, 4.0)
OMEGA = 1e-5
"""Variance of the added effect: its derivative at 0 has an error of the same order."""


@pytest.fixture(autouse=True)
def _few_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches are tested in test_em.py and test_summit.py; here they begin at few points, which takes less time."""
    for name, value in (("STARTS", 6), ("FINISHED", 2), ("OWN", 4), ("FOLLOWED", 1)):
        monkeypatch.setattr(searching, name, value)


def world(link: str, pupils: int = 300, **options: object) -> tuple[bp.Trajectories, bp.Panel]:
    """Ordered scores serve as numbers of events too: that a model fits is not what these tests ask."""
    scores, x = three_classes(1, pupils, ordered=link != "identity", effect=0.5)
    scores[np.random.default_rng(2).random(scores.shape) < 0.1] = np.nan
    scores[:, 0] = np.nan_to_num(scores[:, 0])
    spec = bp.Trajectories("y", classes=2, times=TIMES, predictors=("x",), link=link, **options)  # type: ignore[arg-type]
    return spec, wide_panel(scores, x=x)


LINKED = [
    ("logit", {}), ("log", {}), ("log", {"zero_inflated": True}), ("logit", {"random": "intercept"}),
    ("log", {"random": "intercept", "zero_inflated": True}),
]  # fmt: skip


@pytest.mark.parametrize("random", ["none", "intercept"])
def test_the_derivative_is_that_of_the_model_with_a_random_effect(random: str) -> None:
    """For Gaussian scores, whose likelihood with it is there already: [[a], [b, c]] adds the slope's variance c^2."""
    spec, panel = world("identity", random=random)
    rows = data_for(spec, panel)
    layout, more = plan(spec, rows), plan(replace(spec, random="slope"), rows)
    values = unpack(spec, layout, maxima(spec, rows).summit.vector)
    first = values.root[0][0] if values.root else 0.0
    level = [[np.sqrt(OMEGA)], [0.0, 0.0]]
    root, z = ([[first], [0.0, np.sqrt(OMEGA)]], layout.random_loadings[:, 1]) if random == "intercept" else (
        level, np.ones(5))  # fmt: skip
    w = weights(np, replace(spec, random="slope"), more, replace(values, root=root))
    without = weights(np, spec, layout, values)
    pattern = layout.place[:, 0]
    joint = np.einsum("if,ikf->ik", more.phi, w[pattern])
    before = np.einsum("if,ikf->ik", layout.phi, without[pattern])
    np.testing.assert_allclose(_direction(layout, values, z), (joint - before) / OMEGA, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(("link", "options"), LINKED)
def test_the_derivative_of_scores_with_a_link_is_that_of_an_integral(link: str, options: dict[str, object]) -> None:
    spec, panel = world(link, **options)
    rows = data_for(spec, panel)
    layout = plan(spec, rows)
    values = unpack(spec, layout, maxima(spec, rows).summit.vector)
    z = np.linspace(-1.0, 1.0, 5)
    nodes, weight = np.polynomial.hermite_e.hermegauss(9)
    constant = layout.growth.loadings  # a shift along z, for growth that spans a line
    shift = np.linalg.lstsq(constant, z, rcond=None)[0]
    np.testing.assert_allclose(constant @ shift, z, atol=1e-12)

    def density(u: float) -> np.ndarray:
        w = weights(np, spec, layout, replace(values, growth=values.growth + u * shift))
        return layout.phi @ w[0].T

    base = density(0.0)
    apart = sum(
        p * np.exp(density(np.sqrt(OMEGA) * u) - base) for u, p in zip(nodes, weight / weight.sum(), strict=True)
    )
    np.testing.assert_allclose(_direction(layout, values, z), np.log(apart) / OMEGA, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(("link", "options"), [("identity", {}), *LINKED])
def test_scores_of_the_parameters_add_up_to_the_gradient(link: str, options: dict[str, object]) -> None:
    spec, panel = world(link, **options)
    rows = data_for(spec, panel)
    layout = plan(spec, rows)
    vector = maxima(spec, rows).summit.vector + 0.1  # away from the maximum, where all would be 0
    values = unpack(spec, layout, vector)
    post = without_clusters(layout, weights(np, spec, layout, values), values.logit)
    found = layout.rows.count @ own_scores(spec, layout, vector, values, post)
    np.testing.assert_allclose(found, objective(spec, layout)(vector)[1], rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("ordered", [False, True])
def test_the_test_does_not_depend_on_units_or_on_how_rows_are_counted(ordered: bool) -> None:
    spec, panel = world("logit" if ordered else "identity")
    rows = data_for(spec, panel)
    found = within(spec, rows)
    other = replace(rows, values=10.0 * rows.values + (0.0 if ordered else 3.0), x=7.0 * rows.x - 1.0)
    again = within(spec, other)
    assert found is not None
    assert again is not None
    assert again.z == pytest.approx(found.z, abs=1e-3)  # maxima are found to that
    assert again.sd == pytest.approx(found.sd * (1.0 if ordered else 10.0), abs=1e-2)


def test_courses_that_differ_within_classes_have_a_large_z() -> None:
    alike, differing = (within(spec, data_for(spec, panel)) for spec, panel in (three(0.0), three(0.5)))
    assert alike is not None
    assert differing is not None
    assert alike.z < 2.33
    assert differing.z > 4.0
    assert differing.what == "level"


def three(sd: float) -> tuple[bp.Trajectories, bp.Panel]:
    scores, _ = three_classes(3, 500, ordered=False, within=sd)
    return bp.Trajectories("y", classes=3, times=TIMES), wide_panel(scores)


def test_what_a_model_lets_vary_is_not_tested() -> None:
    spec, panel = three(0.5)
    slopes = replace(spec, random="slope")
    assert within(slopes, data_for(slopes, panel)) is None
    intercepts = replace(spec, random="intercept")
    left = within(intercepts, data_for(intercepts, panel))
    assert left is not None
    assert left.what == "slope"
    assert left.z < 2.33


def test_ordered_courses_that_differ_within_classes_are_seen_and_then_modelled() -> None:
    scores, _ = three_classes(4, 700, ordered=True, within=1.5)
    spec = bp.Trajectories("y", classes=3, times=TIMES, link="logit")
    alike = within(spec, data_for(spec, wide_panel(scores)))
    wider = replace(spec, random="intercept")
    left = within(wider, data_for(wider, wide_panel(scores)))
    assert alike is not None
    assert left is not None
    assert alike.z > 2.33
    assert (left.what, left.z < 2.33) == ("slope", True)
