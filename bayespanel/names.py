"""Dimensions and parameters: each name once, with its meaning."""

from __future__ import annotations

from itertools import pairwise

LEVELS = ("pupil", "class", "school")
"""Levels of the design, from the inside outwards."""

PARAMETERS: dict[str, str] = {
    "mean": "expected score at each wave, for a pupil with average covariates, raw units",
    "covariate_effect": "change of the expected score per unit of a covariate, raw units",
    "lag": "within-person effect of the source at one wave on the target at the next, raw units",
    "initial_sd": "within-person standard deviation at the first wave, raw units",
    "initial_corr": "within-person correlation of the variables at the first wave",
    "innovation_sd": "standard deviation of what the previous wave does not predict, raw units",
    "innovation_corr": "correlation of the innovations of one wave",
    "intercept_sd": "standard deviation of the pupils' stable parts (random intercepts), raw units",
    "intercept_corr": "correlation of the pupils' stable parts",
    "class_sd": "standard deviation of the class effects, raw units",
    "class_corr": "correlation of the class effects",
    "school_sd": "standard deviation of the school effects, raw units",
    "school_corr": "correlation of the school effects",
    "lag_standardised": "lag in within-person standard deviations implied by the model at the two waves",
    "spectral_radius": "largest absolute eigenvalue of the lag matrix; below 1, deviations die out",
    "icc": "share of a variable's variance that lies at a level, averaged over waves",
}
"""Names in the posterior and what they mean."""

DIMENSIONS: dict[str, str] = {
    "wave": "measurement occasion",
    "variable": "what was measured",
    "variable_": "the second index of a matrix over variables",
    "target": "the variable that is affected",
    "source": "the variable that affects",
    "interval": "from one wave to the next, named 'first-second'",
    "cell": "a wave and a variable, named 'variable@wave'",
    "cell_": "the second index of a matrix over cells",
    "covariate": "a known, time-invariant property of a pupil",
    "level": "pupil, class or school",
    "pathway": "a named effect on an edge of the triangle",
}
"""Names of dimensions and what they mean."""


def interval_labels(waves: tuple[str, ...]) -> tuple[str, ...]:
    """Name the intervals between consecutive waves, "1-2", "2-3", ..."""
    return tuple(f"{a}-{b}" for a, b in pairwise(waves))
