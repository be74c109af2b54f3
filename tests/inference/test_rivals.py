"""The mode is the highest that any of several starts leads to."""

from __future__ import annotations

import numpy as np
import pymc as pm

from bayespanel.inference.posterior import compile_posterior
from bayespanel.inference.whiten import whitening


def test_a_rival_start_finds_the_higher_of_two_hills() -> None:
    with pm.Model() as model:
        x = pm.Flat("x", shape=1)
        low, high = -0.5 * (x[0] + 5) ** 2, 3.0 - 0.5 * (x[0] - 5) ** 2
        pm.Potential("two_hills", pm.math.logaddexp(low, high))
    posterior = compile_posterior(model, {"x": np.array([-4.0])})
    # The centre is rounded to about a hundredth of an SD of 1.
    np.testing.assert_allclose(whitening(posterior).centre, -5.0, atol=0.02)
    np.testing.assert_allclose(whitening(posterior, rivals=[np.array([4.0])]).centre, 5.0, atol=0.02)
    worse = compile_posterior(model, {"x": np.array([4.0])})
    np.testing.assert_allclose(whitening(worse, rivals=[np.array([-4.0])]).centre, 5.0, atol=0.02)
