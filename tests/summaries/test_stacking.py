"""Stacking weights against the slow way, and against the condition that only the maximum fulfils."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.summaries.stacking import stacking_weights


def climbed(elpd: np.ndarray, steps: int = 20_000) -> np.ndarray:
    """Return the weights by expectation and maximisation, which never falls and takes its time."""
    density = np.exp(elpd - elpd.max(axis=1, keepdims=True))
    w = np.full(elpd.shape[1], 1 / elpd.shape[1])
    for _ in range(steps):
        share = density * w
        w = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
    return w


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("units", "models", "spread"), [(50, 2, 0.3), (200, 4, 1.0), (80, 8, 3.0), (20, 3, 30.0)])
def test_weights_are_the_maximum(units: int, models: int, spread: float, seed: int) -> None:
    rng = np.random.default_rng([seed, units])
    elpd = rng.normal(-3000, 200, (units, 1)) + rng.normal(0, spread, (units, models))
    w = stacking_weights(elpd)
    assert w.sum() == pytest.approx(1)
    assert (w >= 0).all()
    density = np.exp(elpd - elpd.max(axis=1, keepdims=True))
    gains = (density / (density @ w)[:, None]).mean(axis=0)  # (2): how much at most can be gained, per unit
    assert gains.max() < 1 + 1e-5
    np.testing.assert_allclose(w, climbed(elpd), atol=2e-3)  # the slow way is not there yet where models are alike


def test_two_models_that_each_predict_their_own_half_get_half_each() -> None:
    elpd = np.where(np.arange(40)[:, None] % 2 == np.arange(2), -1.0, -9.0)
    np.testing.assert_allclose(stacking_weights(elpd), [0.5, 0.5], atol=1e-6)


def test_a_closed_form_of_two_models_and_two_kinds_of_units() -> None:
    """A share s of units has density ratio r in favour of the first, the others 1/r: w = (s r - (1 - s)) / (r - 1)."""
    r, s = 4.0, 0.6
    elpd = np.zeros((100, 2))
    elpd[:60, 0] = elpd[60:, 1] = np.log(r)
    np.testing.assert_allclose(stacking_weights(elpd)[0], (s * r - (1 - s)) / (r - 1), atol=1e-5)


def test_a_model_that_is_worse_everywhere_has_no_weight_and_a_single_one_has_all() -> None:
    elpd = np.random.default_rng(1).normal(-5, 1, (30, 1)) - np.array([0.0, 0.5])
    np.testing.assert_allclose(stacking_weights(elpd), [1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(stacking_weights(elpd[:, :1]), [1.0])
