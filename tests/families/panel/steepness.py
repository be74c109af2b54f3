"""How far a gradient is from the differences of its own function: one check for all tests of structures."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import check_grad


def gradient_error(function: Callable[[np.ndarray], tuple], at: np.ndarray) -> float:
    """Distance of the gradient at `at` from forward differences, as a share of its length."""
    away = check_grad(lambda v: function(v)[0], lambda v: function(v)[1], at, epsilon=1e-6)
    return float(away / np.linalg.norm(function(at)[1]))
