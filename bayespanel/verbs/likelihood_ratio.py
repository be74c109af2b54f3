"""The likelihood-ratio test of two maxima of the likelihood, of which one model holds the other."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from bayespanel.inference.likelihood_ratio import LikelihoodRatio
from bayespanel.inference.maximum_likelihood import Estimates
from bayespanel.inference.verdict import GAIN
from bayespanel.language.errors import SpecError

ALIKE = 1e-9
"""Relative difference of means and standard deviations that rounding leaves in sums of the same scores."""

HELD = {"intercept": "growth", "drift": "lag", "diffusion": "innovation"}
"""Parameters that a larger model holds under another name: growth has intercepts, free lags those of a drift."""


def likelihood_ratio(free: Estimates, equal: Estimates) -> LikelihoodRatio:
    """Return the likelihood-ratio test of a model against one that holds it.

    Two models of groups are such a pair where one frees blocks that the other holds equal; so are free and equal lags.

    Parameters
    ----------
    free
        What `bp.maximum_likelihood` returned of the model that has more parameters.
    equal
        The same of the model that holds some of them equal, on the same data.

    Returns
    -------
    LikelihoodRatio
        `statistic`, twice the difference of the log-likelihoods; `df`, the number of parameters that are freed; `p`,
        the probability of a statistic as large by chance; and `rmsea`, the size of the difference.

    Raises
    ------
    SpecError
        One of the two is no maximum, they are of different pupils or scores, the second has parameters of a kind that
        the first lacks, or the first has no more parameters than the second or fits worse.

    References
    ----------
    Savalei, Brace & Fouladi (2024), doi:10.1037/met0000537, on the RMSEA of a difference.
    """
    for name, given in (("free", free), ("equal", equal)):
        _require_maximum(name, given)
    if free.n_pupils != equal.n_pupils:
        raise SpecError(
            "A likelihood-ratio test compares two models of the same data.",
            f"They are of {free.n_pupils} and {equal.n_pupils} pupils.",
            "Fit both to the same panel.",
        )
    _require_same_scores(free, equal)
    _require_nested(free, equal)
    df = free.n_parameters - equal.n_parameters
    statistic = 2.0 * (free.log_likelihood - equal.log_likelihood)
    if df <= 0 or statistic < -GAIN:
        raise SpecError(
            "The model that is freed holds the other: it has more parameters and fits as well at least.",
            f"The first has {free.n_parameters} parameters and the log-likelihood {free.log_likelihood:.4f}, "
            f"the second {equal.n_parameters} and {equal.log_likelihood:.4f}.",
            "Give the freer model first; models that do not hold each other are compared by their AIC.",
        )
    return LikelihoodRatio(float(np.maximum(statistic, 0.0)), df, free.n_pupils)


def _require_same_scores(free: Estimates, equal: Estimates) -> None:
    for name in free.scores.keys() & equal.scores.keys():
        one, other = (np.array(of.scores[name]) for of in (free, equal))
        if len(one) != len(other) or not np.allclose(one, other, rtol=ALIKE, atol=ALIKE * abs(one[-1])):
            raise SpecError(
                "A likelihood-ratio test compares two models of the same data.",
                f"{name!r} has other means or another standard deviation in the data of the second: "
                f"{other[-1]:.6g} in place of {one[-1]:.6g}.",
                "Fit both to the same panel, and not to two imputations or samples.",
            )


def _require_nested(free: Estimates, equal: Estimates) -> None:
    """Refuse a second model that has a kind of parameters of its own: the first cannot hold it."""

    def kinds(of: Estimates) -> set[str]:
        names = (re.sub(r"_(cov|sd|corr|variance)$", "", str(name)) for name in of.estimates.data_vars)
        return {HELD.get(name, name) for name in names}

    alone = sorted(kinds(equal) - kinds(free))
    if alone:
        raise SpecError(
            "The model that is freed holds the other: it has all of its parameters.",
            f"The second alone has {', '.join(alone)}.",
            "Models that do not hold each other are compared by their AIC, or by bp.compare.",
        )


def _require_maximum(name: str, given: Any) -> None:
    if not isinstance(given, Estimates):
        raise SpecError(
            "A likelihood-ratio test compares two maxima of the likelihood.",
            f"'{name}' is a {type(given).__name__}.",
            "Give what bp.maximum_likelihood returned.",
        )
    if not given.converged:
        raise SpecError(
            "A likelihood-ratio test compares two maxima of the likelihood.",
            f"'{name}' is none: {given.verdict.sentences[0]}",
            "Simplify the model, or compare fits by bp.compare.",
        )
