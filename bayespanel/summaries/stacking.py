"""Weights of the mixture of models that best predicts what was left out.

Yao, Vehtari, Simpson & Gelman (2018), doi:10.1214/17-BA1091, equation 4. With p_uk the predictive density of unit u by
model k, fitted without the unit::

    w = argmax over the simplex of  sum_u log sum_k w_k p_uk                                                (1)

The problem is concave, and w is its maximum where no model gains on the mixture::

    g_k = mean over u of p_uk / sum_j w_j p_uj <= 1,  for every k                                           (2)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]

LEAST = 1e-300
"""Density, beside that of the unit's best model, below which the search sees no difference."""


def stacking_weights(elpd: Array) -> Array:
    """Return the weights [model] of (1).

    Parameters
    ----------
    elpd : [unit, model]
        Log predictive densities. Whole schools have thousands, beyond what `exp` can hold: only differences within a
        unit count.
    """
    ratio = np.exp(elpd - elpd.max(axis=1, keepdims=True))
    models = elpd.shape[1]

    def height(w: Array) -> tuple[float, Array]:
        mixed = np.maximum(ratio @ w, LEAST)
        return -float(np.log(mixed).mean()), -(ratio / mixed[:, None]).mean(axis=0)

    found = minimize(
        height,
        np.full(models, 1.0 / models),
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * models,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": lambda _: np.ones(models)},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    weights = np.clip(found.x, 0.0, 1.0)
    return np.asarray(weights / weights.sum())
