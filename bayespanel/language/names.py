"""The names of dimensions and parameters, each with its meaning."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

LEVELS = ("pupil", "class", "school")
"""Levels of the design, from the inside outwards."""

PARAMETERS: dict[str, str] = {
    "mean": "expected score at each wave for a pupil with average covariates, raw units",
    "covariate_effect": "change of the expected score, or of what lasts in a pupil, per unit of a covariate, raw units",
    "covariate_effect_standardised": "effect of a covariate in SDs of what lasts in pupils per SD of the covariate",
    "covariate_mean": "mean of a covariate that is modelled beside the scores, raw units",
    "covariate_sd": "standard deviation of a covariate that is modelled beside the scores, raw units",
    "covariate_corr": "correlations of covariates that are modelled beside the scores",
    "distal_mean": "expected value of an outcome after the last wave, for a pupil with average covariates, raw units",
    "distal_effect": "effect of what lasts in a pupil on an outcome after the last wave, raw units",
    "distal_deviation_effect": "effect of deviations at the last wave on an outcome after it, raw units",
    "distal_sd": "standard deviation of what is left of an outcome after the last wave, raw units",
    "distal_effect_standardised": "effect on an outcome in its total SDs per SD of what lasts in pupils",
    "distal_deviation_effect_standardised": "effect on an outcome in its total SDs per within-person SD",
    "predicted_share": "share of the variance of what lasts in pupils that covariates predict, beside clusters",
    "cross_lag_sd": "standard deviation that cross-lags share, and that draws them towards 0, in units of its prior",
    "cross_lag_local": "how far the horseshoe lets one cross-lag go, beside their common standard deviation",
    "lag": "within-person effect of the source at one wave on the target at the next, raw units",
    "lag_2": "within-person effect of the source at one wave on the target two waves later, beside lags, raw units",
    "first_lag": "lag from the first wave to the second, where lags reach two waves back, raw units",
    "drift": "change per unit of time that a deviation brings about in its variable and in others, raw units",
    "diffusion_sd": "standard deviation of what arrives within a person in a unit of time, raw units",
    "diffusion_corr": "correlations of what arrives at the same time",
    "lag_2_standardised": "lag over two waves in within-person standard deviations implied by the model",
    "initial_sd": "within-person standard deviation at the first wave, raw units",
    "initial_corr": "within-person correlations of the variables at the first wave",
    "innovation_sd": "standard deviation of the innovations, which the previous wave does not predict, raw units",
    "innovation_corr": "correlations of the innovations of one wave",
    "intercept_sd": "standard deviation of the pupils' stable parts (random intercepts), raw units",
    "intercept_corr": "correlations of the pupils' stable parts",
    "first_mean": "mean at the first wave, where later means follow from what enters every wave, raw units",
    "moving_average": "what an innovation in the source does once more to the target, a wave later, raw units",
    "moving_average_standardised": "moving average in within-person standard deviations implied by the model",
    "intercept_loading": "loading of the pupils' stable parts on a wave; on the first wave it is 1",
    "first_loading": "effect on the first wave of what lasts in pupils and accumulates from the second on",
    "growth_sd": "standard deviation of the pupils' own intercepts and linear slopes, raw units, of slopes per wave",
    "growth_corr": "correlations of the pupils' own intercepts and slopes",
    "item_loading": "change of an item's expected score per unit of the variable that it measures, raw units",
    "item_intercept": "expected score of an item where the variable that it measures is at zero, raw units",
    "item_sd": "standard deviation of what is an item's own at a wave (its residual), raw units",
    "item_effect_sd": "standard deviation of what an item has of its own that lasts, beside its variable's, raw units",
    "error_sd": "standard deviation of the errors of single occasions (measurement error), raw units",
    "error_corr": "correlations between the variables of the errors of single occasions",
    "class_sd": "standard deviation of the class effects, raw units; for trajectories in log odds of two classes",
    "class_corr": "correlations of the class effects",
    "school_sd": "standard deviation of the school effects, raw units; for trajectories in log odds of two classes",
    "school_corr": "correlations of the school effects",
    "effect": "difference in an outcome between an arm and the reference arm, raw units",
    "effect_standardised": "effect of an arm in total standard deviations of the outcome within arms",
    "total_sd": "total standard deviation of an outcome within arms (between and within clusters), raw units",
    "effect_sd": "standard deviation of the effect of an arm between schools (the outermost clusters), raw units",
    "effect_new": "effect of an arm in a school that was not in the trial, raw units",
    "level_variance": "variance of an outcome at a level of clusters, averaged over the pupils of the arms, raw units",
    "family_effect": "mean of the standardised effects on the outcomes of a family",
    "family_sd": "standard deviation of the standardised effects within a family",
    "baseline_effect": "change of an outcome per unit of its own baseline, raw units",
    "baseline_missing_effect": "difference in an outcome between pupils with and without a missing baseline, raw units",
    "moderation": "change of the effect of an arm per unit of a covariate, raw units",
    "residual_sd": "standard deviation of an outcome within clusters, raw units",
    "residual_corr": "correlations of the outcomes within clusters",
    "threshold": "latent score at which a category ends and the next begins, in logits or probits",
    "tail_df": "degrees of freedom of the Student-t tails of pupils",
    "class_effect": "deviation of a class on the latent scale, in logits, probits or logarithms",
    "school_effect": "deviation of a school on the latent scale, in logits, probits or logarithms",
    "log_mean": "logarithm of the expected number of events in the reference arm, of average pupils and clusters",
    "rate_cv": "coefficient of variation of the pupils' rates of events within clusters; its square is the dispersion",
    "zero_inflation": "log odds of the share of pupils who have no events whatever the others have",
    "excess_zeros": "share of pupils who have no events whatever the others have",
    "growth": "coefficients of the mean course of a latent class, raw units; time runs from 0 (first wave) to 1 (last)",
    "expected": "mean score of a latent class at each wave, raw units",
    "random_sd": "standard deviations of the pupils' intercepts and slopes within a latent class, raw units",
    "random_corr": "correlation of the pupils' intercepts and slopes within a latent class",
    "membership_intercept": "log size of a latent class for pupils with average predictors, minus the mean log size",
    "membership_effect": "change of the log size of a latent class per unit of a predictor, minus the average change",
    "programme_effect": "change of the log size of a latent class in the intervention arm, minus the average change",
    "share": "share of the pupils of the study who belong to a latent class",
    "share_population": "share of a latent class averaged over the population of clusters, not only those seen",
    "entropy": "how clearly pupils can be assigned to the latent classes: 1 is perfectly, 0 is not at all",
    "lag_school_sd": "standard deviation between schools of a lag that varies between them, raw units",
    "school_lag": "lag of a school, raw units",
    "lag_moderation": "change of a lag that varies between schools per unit of a property of the school",
    "lag_school_sd_standardised": "the same standard deviation in within-person standard deviations",
    "school_lag_standardised": "lag of a school in within-person standard deviations, averaged over waves",
    "lag_moderation_standardised": "change of a standardised lag per standard deviation over schools of a property",
    "lag_standardised": "lag in within-person standard deviations implied by the model at the two waves",
    "spectral_radius": "largest absolute eigenvalue of the lag matrix; if it is below 1, deviations die out",
    "reliability": "share of a variable's variance within and between pupils and clusters that is no error, over waves",
    "icc": "share of a variable's variance that lies at a level, averaged over the waves",
}
"""Names in the posterior and what they mean."""

STANDARDISED = (
    "lag_standardised",
    "lag_2_standardised",
    "lag_school_sd_standardised",
    "school_lag_standardised",
    "lag_moderation_standardised",
    "moving_average_standardised",
    "effect_standardised",
    "covariate_effect_standardised",
    "distal_effect_standardised",
    "distal_deviation_effect_standardised",
    "predicted_share",
    "family_effect",
    "family_sd",
    "reliability",
    "icc",
)
"""Those without a unit that are no correlations."""

DIMENSIONS: dict[str, str] = {
    "wave": "measurement occasion",
    "variable": "what was measured",
    "variable_": "the second index of a matrix over variables",
    "target": "the variable that is affected",
    "source": "the variable that affects",
    "cross_lag": "a lag between two variables, named 'source -> target'",
    "interval": "the time from one wave to the next, named 'first-second'",
    "span": "the time from one wave to the one after the next, named 'first-third'",
    "cell": "a variable at a wave, named 'variable@wave'; in a trial an outcome or a baseline",
    "cell_": "the second index of a matrix over cells",
    "group": "a group of pupils, such as girls or boys, between which parameters differ",
    "indicator": "an item: a column of the data that measures a variable",
    "item_level": "a level at which items have effects of their own",
    "loading_of": "an item, or 'item@wave' where it has a loading of its own at a wave",
    "intercept_of": "an item, or 'item@wave' where it has an intercept of its own at a wave",
    "later_wave": "a measurement occasion after the first",
    "growth_factor": "intercept or slope of a straight line over waves, counted from 0 at the first",
    "factor": "the intercept or the slope of a variable, named 'intercept of variable'",
    "factor_": "the second index of a matrix over intercepts and slopes",
    "effect": "what lasts in a pupil: a variable, or 'intercept of variable' and 'slope of variable'",
    "covariate": "a known property of a pupil that does not change over time",
    "covariate_": "the second index of a matrix over covariates",
    "distal": "an outcome that was measured once, after the last wave",
    "distal_both": "an outcome after the last wave that is regressed on deviations too",
    "arm": "an arm of a trial other than the reference arm",
    "every_arm": "an arm of a trial, the reference arm among them",
    "term": "what a school has in a trial: the mean of a cell, or the effect of an arm on an outcome",
    "term_": "the second index of a matrix over terms",
    "outcome": "a variable that a trial wants to change",
    "moderator": "a covariate with which the effect of an arm may change",
    "baseline": "the score of an outcome before the trial",
    "baseline_missing": "a baseline that is missing for some pupils",
    "family": "a group of outcomes whose effects are partially pooled",
    "boundary": "the border between two categories of an ordered outcome",
    "trajectory": "a latent class: pupils whose scores take the same course",
    "coefficient": "a coefficient of the mean course of a latent class",
    "predictor": "a covariate that predicts to which latent class a pupil belongs",
    "random": "what differs between the pupils of one latent class: intercept, or intercept and slope",
    "random_": "the second index of a matrix over intercept and slope",
    "varying": "a path that varies between schools, named 'source -> target'",
    "moderation": "a property of schools and the path that it predicts, named 'property: source -> target'",
    "school": "a school of the data",
    "level": "pupil, class or school",
    "pathway": "a named effect on an edge of the triangle",
}
"""Names of dimensions and what they mean."""


def interval_labels(waves: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the intervals between consecutive waves, "1-2", "2-3", ..."""
    return tuple(f"{a}-{b}" for a, b in pairwise(waves))


def span_labels(waves: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the spans over two intervals, "1-3", "2-4", ..."""
    return tuple(f"{a}-{b}" for a, b in zip(waves, waves[2:], strict=False))


SUFFIXES = {"_scale": "_sd", "_partial": "_corr", "_standard": "", "_free": "", "_first": "", "_gap": "", "_alone": ""}
"""End of a free variable's name -> end of the name of the row of the table of priors that it stands for."""


def row_of(variable: str, rows: Collection[str]) -> str | None:
    """Return the row of the table of priors that speaks of a free variable; None of an effect of one cluster."""
    names = [variable, *(variable.removesuffix(end) + new for end, new in SUFFIXES.items() if variable.endswith(end))]
    return next((name for name in names if name in rows), None)
