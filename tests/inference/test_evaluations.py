"""A native log-density at many points is what it is at each of them."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bayespanel.inference import whiten
from bayespanel.inference.evaluations import evaluated
from bayespanel.inference.posterior import Posterior, compile_posterior


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    """A density of three numbers, which has none where the first is above 2."""
    with pm.Model() as model:
        x = pm.Flat("x", shape=3)
        pm.Potential("density", pm.math.switch(x[0] < 2, -0.5 * (x**2).sum() + x[0] * x[1] / 3, -np.inf))
    return compile_posterior(model)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_many_points_are_each_of_them(posterior: Posterior, threads: int) -> None:
    points = np.random.default_rng(1).normal(size=(5, 3))
    points[2, 0] = 2.5
    values, gradients = evaluated(posterior.address, posterior.user, points, threads=threads, gradients=True)
    alone = evaluated(posterior.address, posterior.user, points, threads=threads)
    for i, point in enumerate(points):
        value, gradient = posterior(point)
        assert values[i] == alone[0][i] == value
        if i != 2:
            np.testing.assert_array_equal(gradients[i], gradient)
    assert values[2] == -np.inf
    assert alone[1].size == 0


def test_no_points_are_no_values(posterior: Posterior) -> None:
    assert evaluated(posterior.address, posterior.user, np.empty((0, 3)), threads=2)[0].size == 0


def test_linear_algebra_gets_its_threads_back(posterior: Posterior, monkeypatch: pytest.MonkeyPatch) -> None:
    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    within = []
    curvature = whiten._curvature
    monkeypatch.setattr(whiten, "_curvature", lambda *given: (within.append(threads()), curvature(*given))[1])
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        whiten.whitening(posterior)
        assert threads() == before
    assert set(within[0]) == {1}
