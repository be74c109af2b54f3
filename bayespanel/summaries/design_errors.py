"""What a design of this precision would show, should the effect be of a stated size: power, type-S and type-M error.

An estimate normal around the true effect D with standard error s is "significant" beyond z s. With k = |D| / s::

    power  = Phi(k - z) + Phi(-k - z)                                                                (1)
    type S = Phi(-k - z) / power                           a significant estimate has the wrong sign (2)
    type M = E[|estimate| given significance] / |D|        and exaggerates by this factor            (3)

References
----------
Gelman & Carlin (2014), doi:10.1177/1745691614551642; Lu, Qiu & Deng (2019), doi:10.1111/bmsp.12132, for closed forms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]


def design_errors(true_effect: float, standard_error: ArrayLike, alpha: float = 0.05) -> tuple[Array, Array, Array]:
    """Return power, type-S and type-M error, equations (1) to (3).

    Parameters
    ----------
    true_effect
        Not 0, in the units of the standard error.
    standard_error : [...]
        Positive; NaN gives NaN.
    alpha
        Two-sided level of significance.

    Returns
    -------
    power, type_s : probabilities [...]
    type_m : factor [...], 1 or more

    Raises
    ------
    SpecError
        A true effect of 0, or one that is not finite.
    """
    if not (np.isfinite(true_effect) and true_effect != 0):
        raise SpecError(
            "Errors of sign and size need a true effect that is not 0.",
            f"The true effect is {true_effect!r}.",
            "Give the smallest effect that you would not want to miss, such as 0.2.",
        )
    error = np.asarray(standard_error, float)
    k, z = abs(true_effect) / error, norm.isf(alpha / 2)
    right, wrong = norm.cdf(k - z), norm.cdf(-k - z)
    power = right + wrong  # (1)
    # The mean of |estimate| / s over both tails of a normal around k.
    tails = norm.pdf(z - k) + k * right + norm.pdf(z + k) - k * wrong
    return power, wrong / power, tails / (k * power)  # (2), (3)
