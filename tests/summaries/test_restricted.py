"""Densities far from the draws, from the density of the model: known answers, and errors that cover at their rate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespanel.summaries.bridge import log_mass
from bayespanel.summaries.restricted import Known, _by_moves, _by_proposals, _Plane, log_density_at
from bayespanel.summaries.zeros import Zero, zeros
from tests.summaries.targets import SHAPES, Target

FIRST = Zero(np.array([1.0, 0.0, 0.0, 0.0, 0.0]), 0.0)


def test_the_mass_of_a_density_is_found_within_its_error() -> None:
    """Gamma-like hills on the log scale, times 1000; the bridge's normal density is none of them."""
    ratios = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        draws = np.log(rng.gamma(3.0, size=(4, 100, 2)))

        def evaluate(u: np.ndarray) -> np.ndarray:
            return (3.0 * u - np.exp(u)).sum(axis=-1) + np.log(1000.0)

        found = log_mass(draws, evaluate(draws), evaluate, rng)
        ratios.append((found.log - 2 * np.log(2.0) - np.log(1000.0)) / found.error)  # Gamma(3) = 2
    assert np.std(ratios) == pytest.approx(1.0, abs=0.28)  # 60 repetitions: known to 9 %
    assert abs(np.mean(ratios)) < 3 / np.sqrt(60)


@pytest.mark.parametrize("z", [0.0, 3.0, 6.0, 40.0])
def test_a_normal_posterior_is_carried_however_far(z: float) -> None:
    rng = np.random.default_rng(1)
    root = np.tril(rng.normal(size=(6, 6))) + 2 * np.eye(6)
    mean, precision = np.full(6, 0.3), np.linalg.inv(root @ root.T)
    draws = mean + rng.normal(size=(4, 100, 6)) @ root.T

    def evaluate(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        apart = points - mean
        return -0.5 * np.einsum("ni,ij,nj->n", apart, precision, apart), -apart @ precision

    normal = np.array([0.0, 0.4, 1.0, -0.2, 0.0, 3.0])
    sd = float(np.sqrt(normal @ root @ root.T @ normal))
    found = log_density_at(Known(draws, evaluate), Zero(normal, float(normal @ mean) + z * sd))
    assert not found.is_bound
    assert found.error < 0.05
    assert found.value == pytest.approx(stats.norm.logpdf(z) - np.log(sd), abs=3 * found.error)


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("z", [1.0, 6.0])
def test_other_shapes_are_carried_too(shape: str, z: float) -> None:
    target = Target(shape, z)
    found = log_density_at(target.known(target.draws(400, 250, 3)), FIRST)
    assert found.error < 0.15
    assert found.value == pytest.approx(target.truth(), abs=3 * found.error)


def test_a_pathway_in_other_units_has_the_slope_in_its_density() -> None:
    """exp(s) t at 0, given s: its density is that of t at 0, times E[exp(-s) | t = 0]."""
    target = Target("normal", 2.0)
    known = target.known(target.draws(2000, 500, 1))
    plain = log_density_at(known, FIRST)
    scaled = log_density_at(known, FIRST, slope=lambda points: np.full(len(points), 4.0))
    assert scaled.value == pytest.approx(plain.value - np.log(4.0), abs=1e-9)
    varied = log_density_at(known, FIRST, slope=lambda points: np.exp(points[:, 4]))
    expected = 0.125  # the fifth is normal with SD 0.5 whatever t: E[exp(-s)] = exp(0.5^2 / 2)
    assert varied.error > plain.error
    assert varied.value == pytest.approx(plain.value + expected, abs=3 * (varied.error - plain.error) + 0.05)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_proposals_and_moves_find_the_same_mass(shape: str) -> None:
    target = Target(shape, 4.0)
    plane = _Plane.of(target.known(target.draws(400, 250, 3)), FIRST)

    def slope(points: np.ndarray) -> np.ndarray:
        return np.exp(points[:, 4])

    for unit in (None, slope):
        masses = [by(plane, unit, np.random.default_rng(2)) for by in (_by_proposals, _by_moves)]
        assert all(mass is not None and mass.error < 0.1 for mass in masses)
        assert masses[0].log == pytest.approx(masses[1].log, abs=3 * np.hypot(masses[0].error, masses[1].error))


def _tails(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A Cauchy-like density in the last two entries: proposals that are nearly normal miss its tails."""
    far = points[:, 1:] ** 2
    gradient = np.column_stack([-points[:, 0], -2 * points[:, 1:] / (1 + far)])
    return -0.5 * points[:, 0] ** 2 - np.log1p(far).sum(axis=1), gradient


def test_proposals_that_miss_tails_are_not_believed() -> None:
    known = Known(np.random.default_rng(1).normal(size=(4, 250, 3)), _tails)
    plane = _Plane.of(known, Zero(np.array([1.0, 0.0, 0.0]), -5.0))
    assert _by_proposals(plane, None, np.random.default_rng(2)) is None


def test_where_there_is_no_density_there_is_no_estimate() -> None:
    draws = np.random.default_rng(1).normal(size=(4, 250, 2))

    def evaluate(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = points[:, 0] > -4
        return np.where(known, -0.5 * (points**2).sum(axis=1), -np.inf), np.where(known[:, None], -points, 0.0)

    with np.errstate(invalid="ignore"):
        found = log_density_at(Known(draws, evaluate), Zero(np.array([1.0, 0.0]), -5.0))
    assert found.is_bound
    assert np.isnan(found.value)


def test_planes_of_pathways_are_found_and_curved_ones_are_not() -> None:
    points = Target("normal", 2.0).draws(800, 200, 1).reshape(-1, 5)

    def measure(u: np.ndarray) -> np.ndarray:
        return np.column_stack(
            [u[:, 0], np.tanh(u[:, 1] - 0.5), np.exp(u[:, 2]) * u[:, 0], u[:, 0] + u[:, 1] * u[:, 2], 1 + u[:, 3] ** 2]
        )

    straight, moved, scaled, curved, never = zeros(measure, points)
    for found, entry, point in ((straight, 0, 0.0), (moved, 1, 0.5), (scaled, 0, 0.0)):
        assert found is not None
        assert np.flatnonzero(found.normal).tolist() == [entry]
        assert found.point / found.normal[entry] == pytest.approx(point, abs=1e-5)
    assert curved is None
    assert never is None


@pytest.mark.slow
@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("z", [0.0, 1.0, 2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("ess", [200, 1000, 4000])
def test_the_stated_error_covers_the_truth_at_its_rate(shape: str, z: float, ess: int) -> None:
    """200 repetitions, from the draws or from the density as evidence decides; at least 1000 draws."""
    target = Target(shape, z)
    found = [target.factor(ess, max(ess, 1000) // 4, seed) for seed in range(200)]
    value, stated, _ = np.array([one for one in found if np.isfinite(one[0])]).T
    apart = value - target.truth()
    covered = np.mean(np.abs(apart) < 1.96 * stated)
    ratio = apart.std() / np.sqrt((stated**2).mean())
    print(f"{shape} z={z:g} ess={ess}: {len(apart)} of 200, bias {apart.mean():.3f}, SD {apart.std():.3f}, "
          f"SD / error {ratio:.2f}, coverage {covered:.3f}")  # fmt: skip
    assert len(apart) >= 196
    assert 0.91 <= covered <= 1.0  # 0.95 by 200 repetitions: within 0.03 in 95 % of cases
