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
    "class_sd": "standard deviation of the class effects, raw units; of trajectories, log odds of two classes",
    "class_corr": "correlation of the class effects",
    "school_sd": "standard deviation of the school effects, raw units; of trajectories, log odds of two classes",
    "school_corr": "correlation of the school effects",
    "effect": "difference between an arm and the reference arm in an outcome, raw units",
    "effect_standardised": "the same in total standard deviations of the outcome within arms",
    "total_sd": "standard deviation of an outcome within arms, between clusters and within them, raw units",
    "family_effect": "mean standardised effect on the outcomes of a family",
    "family_sd": "standard deviation of standardised effects within a family",
    "baseline_effect": "change of an outcome per unit of its own baseline, raw units",
    "baseline_missing_effect": "difference of pupils whose baseline is missing, raw units",
    "moderation": "change of the effect per unit of a covariate, raw units",
    "residual_sd": "standard deviation of an outcome within clusters, raw units",
    "residual_corr": "correlation of the outcomes within clusters",
    "threshold": "latent score at which a category ends and the next begins, in logits or probits",
    "class_effect": "latent deviation of a class, in logits or probits",
    "school_effect": "latent deviation of a school, in logits or probits",
    "growth": "coefficients of the mean course of a class, raw units; time is 0 at the first wave and 1 at the last",
    "expected": "mean score of a class at each wave, raw units",
    "random_sd": "standard deviation of intercepts and slopes within a class, raw units",
    "random_corr": "correlation of intercepts and slopes within a class",
    "membership_intercept": "log size of a class for pupils with average predictors, less the average over classes",
    "membership_effect": "change of the log odds of a class per unit of a predictor, less the average over classes",
    "programme_effect": "change of the log odds of a class in the intervention arm, less the average over classes",
    "share": "share of pupils in a class",
    "share_population": "the same for the clusters from which those of the study came: their effects averaged over",
    "entropy": "how well pupils are told apart: 1 perfectly, 0 not at all",
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
    "cell": "a wave and a variable, named 'variable@wave'; in a trial an outcome or a baseline",
    "cell_": "the second index of a matrix over cells",
    "covariate": "a known, time-invariant property of a pupil",
    "arm": "an arm of a trial, other than the reference",
    "outcome": "what a trial is to change",
    "moderator": "a covariate by which the effect differs",
    "baseline": "an outcome's score before the trial",
    "baseline_missing": "a baseline that some pupils lack",
    "family": "outcomes whose effects are partially pooled",
    "boundary": "the border between two categories of an ordered outcome",
    "trajectory": "a latent class: pupils whose scores take the same course",
    "coefficient": "a coefficient of the mean course",
    "predictor": "a covariate that predicts membership",
    "random": "what differs between pupils of one class",
    "random_": "the second index of a matrix over these",
    "level": "pupil, class or school",
    "pathway": "a named effect on an edge of the triangle",
}
"""Names of dimensions and what they mean."""


def interval_labels(waves: tuple[str, ...]) -> tuple[str, ...]:
    """Name the intervals between consecutive waves, "1-2", "2-3", ..."""
    return tuple(f"{a}-{b}" for a, b in pairwise(waves))
