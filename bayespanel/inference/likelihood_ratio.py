"""Likelihood-ratio tests of a model against one that holds it, as rows of checks: one rule for all families.

With LR twice the difference of the two maxima of the log-likelihood, df the parameters that are freed, and N pupils::

    p     = P(chi-square(df) >= LR)                                                                          (1)
    RMSEA = sqrt(max(0, LR - df) / (df N))                                                                   (2)

(2) is that of the difference, not a difference of RMSEAs (Savalei, Brace & Fouladi 2024, doi:10.1037/met0000537). Where
what is freed are v variances, zero in the model, LR is a mixture of chi-squares with 0 to v degrees of freedom (Self &
Liang 1987, doi:10.1080/01621459.1987.10478472), with binomial weights if the variances are estimated independently::

    p     = sum_j C(v, j) 2^-v P(chi-square(j) >= LR)                                                        (3)

The size of a misfit has a row of its own, because with many pupils every p is small. A misfit that does not matter, an
RMSEA of at most e, has RMSEAs in samples that exceed the limit with probability a (MacCallum, Browne & Sugawara 1996,
doi:10.1037/1082-989X.1.2.130)::

    limit = sqrt((q - df) / (df N)),  q the 1 - a quantile of the noncentral chi-square(df, e^2 df N)        (4)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import binom, chdtrc, chndtrix

from bayespanel.inference.checks import FIT, Check

UNLIKELY = 0.01
"""p below which a row says "look": one of a hundred models that are right has it by chance."""

SELDOM = 0.003
"""The same of rows that search for what no option of the fitted model speaks of, so that more rows raise few alarms."""

CONTRADICTED = 0.001
"""p below which data contradict a model, if the difference is of a size that matters."""

MATTERS = 0.02
"""RMSEA from which a misfit matters to lags: those of an RI-CLPM were then off by .05 or more in models with growth or
with effects over two waves (docs/calibration.md). Conventional limits are about predicted correlations, not lags."""


@dataclass(frozen=True)
class LikelihoodRatio:
    """A likelihood-ratio test.

    Attributes
    ----------
    statistic
        LR, at least 0.
    df
        Parameters that are freed.
    pupils
        Number of pupils, N.
    variances
        How many of the freed parameters are variances that the model holds at zero: all of them, or none.
    """

    statistic: float
    df: int
    pupils: int
    variances: int = 0

    @property
    def p(self) -> float:
        """Probability of a statistic as large by chance, (1) or (3)."""
        if not self.variances:
            return float(chdtrc(self.df, self.statistic)) if self.df > 0 else float("nan")
        j = np.arange(self.variances + 1)
        beyond = np.where(j > 0, chdtrc(np.maximum(j, 1), self.statistic), self.statistic <= 0.0)
        return min(1.0, float((0.5**self.variances * binom(self.variances, j)) @ beyond))

    @property
    def rmsea(self) -> float:
        """Misfit per freed parameter and pupil, (2)."""
        return float(np.sqrt(max(0.0, self.statistic - self.df) / (self.df * self.pupils)))

    def __str__(self) -> str:
        of = f"a mixture up to {self.df}" if self.variances else str(self.df)
        return f"chi-square {self.statistic:.1f} on {of} degrees of freedom, RMSEA {self.rmsea:.3f}"


def row(check: str, test: LikelihoodRatio, hint: str, *, matters: bool | None = None, limit: float = UNLIKELY) -> Check:
    """Return a test as a row: FAILED if p < .001 and the misfit is of a size that matters, "look" if p < .01.

    With thousands of pupils any departure has a small p, and with few a large one may have none: hence both.

    Parameters
    ----------
    check
        What should be true.
    test
        The test of it.
    hint
        What to do if it is not.
    matters
        Whether the misfit is of a size that matters; None: by its RMSEA.
    limit
        p below which the row says "look".
    """
    large = test.rmsea >= MATTERS if matters is None else matters
    return Check(check, test.p, limit, test.p >= limit, hint, grave=test.p < CONTRADICTED and large, about=FIT)


def size_row(check: str, test: LikelihoodRatio, hint: str) -> Check:
    """Return the size of a misfit as a row: its RMSEA beside what one that does not matter seldom exceeds, (4)."""
    of = test.df * test.pupils
    beyond = float(chndtrix(1 - UNLIKELY, test.df, MATTERS**2 * of))
    limit = float(np.sqrt(max(0.0, beyond - test.df) / of))
    return Check(check, test.rmsea, limit, test.rmsea <= limit, hint, grave=test.p < CONTRADICTED, about=FIT)
