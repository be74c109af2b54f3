"""The rule by which a likelihood ratio is ok, to look at, or a failure; and the climb to a near maximum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from bayespanel.inference.ascent import ascend
from bayespanel.inference.likelihood_ratio import LikelihoodRatio, row
from bayespanel.inference.maximum_likelihood import maximise
from bayespanel.inference.structure import Arrays, Block, Normal, Structure
from bayespanel.likelihood.packed_sums import Statistics, pack


def test_a_ratio_of_free_parameters_is_a_chi_square() -> None:
    test = LikelihoodRatio(20.0, 8, 500)
    assert test.p == chi2.sf(20.0, 8)
    assert test.rmsea == pytest.approx(np.sqrt(12 / (8 * 500)))
    assert LikelihoodRatio(3.0, 8, 500).rmsea == 0


@pytest.mark.parametrize("variances", [1, 2, 3])
def test_variances_at_zero_mix_chi_squares_as_independent_ones_do(variances: int) -> None:
    """By definition: each variance adds the square of a normal number where it is positive, and nothing elsewhere."""
    z = np.random.default_rng(variances).normal(size=(400_000, variances))
    drawn = (np.maximum(z, 0) ** 2).sum(axis=1)
    for statistic in (0.0, 1.0, 4.0, 9.0):
        p = LikelihoodRatio(statistic, variances, 100, variances=variances).p
        error = np.sqrt(p * (1 - p) / len(drawn))
        assert (drawn >= statistic).mean() == pytest.approx(p, abs=4 * error + 1e-12)


@pytest.mark.parametrize(
    ("statistic", "pupils", "state"),
    [
        (8.0, 400, "ok"),
        (24.0, 400, "look"),  # p = .002: few pupils, and it may be chance
        (40.0, 400, "FAILED"),  # p = 3e-6, RMSEA .100
        (40.0, 11_000, "look"),  # the same p, and a misfit of .019: it does not matter
        (60.0, 11_000, "FAILED"),
    ],
)
def test_a_row_fails_where_data_contradict_the_model_and_it_matters(statistic: float, pupils: int, state: str) -> None:
    found = row("equal", LikelihoodRatio(statistic, 8, pupils), "free it")
    assert found.state == state
    assert found.limit == 0.01


def test_a_size_of_its_own_takes_the_place_of_rmsea() -> None:
    test = LikelihoodRatio(60.0, 2, 11_000, variances=2)
    assert row("stable", test, "", matters=False).state == "look"
    assert row("stable", test, "", matters=True).state == "FAILED"


def one_covariance(beyond: bool) -> tuple[Structure, Statistics, np.ndarray]:
    """Scores of 300 pupils in two cells; free means, and a covariance that is free or in a cluster level."""
    y = np.random.default_rng(3).normal(size=(300, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    packed = pack(
        observed=np.ones((1, 2), bool), n=np.array([300]), sxx=np.full((1, 1, 1), 300.0), sxy=y.sum(0)[None, None],
        syy=(y.T @ y)[None],
    )  # fmt: skip
    blocks = (
        Block("mean", ("cell",), np.zeros(2), np.ones(2)),
        Block("cov", ("cell", "cell_"), np.eye(2), np.ones((2, 2)), symmetric=True, beyond=beyond),
    )
    none = np.zeros((0, 0))

    def forward(a: Arrays) -> Normal:
        return a["cov"][None], a["mean"][None, :, None], none, none

    def adjoint(_: Arrays, g: Normal) -> Arrays:
        return {"mean": g[1][0][:, 0], "cov": g[0][0]}

    return Structure(blocks, forward, adjoint), packed, y


@pytest.mark.parametrize("beyond", [True, False])
def test_the_climb_ends_at_the_sample_moments(beyond: bool) -> None:
    model, packed, y = one_covariance(beyond)
    found = ascend(model, packed, model.start(), 0.01 * np.eye(5))
    assert found.converged
    exact = maximise(model, packed)
    assert found.log_likelihood == pytest.approx(exact.log_likelihood, abs=1e-3)
    np.testing.assert_allclose(model.arrays(found.vector)["cov"], np.cov(y.T, bias=True), atol=2e-3)


def test_a_start_on_the_boundary_is_drawn_inside() -> None:
    model, packed, _ = one_covariance(beyond=False)
    singular = model.vector_of({"mean": np.zeros(2), "cov": np.ones((2, 2))})
    assert ascend(model, packed, singular, 0.01 * np.eye(5)).converged
