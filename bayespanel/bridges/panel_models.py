"""Which panel models can be written for other programs."""

from __future__ import annotations

from bayespanel.families.panel.components import accumulates, joint, mean_dims
from bayespanel.families.panel.groups import has_groups
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError


def require_written(spec: RICLPM, program: str) -> None:
    """Refuse what a text without data cannot say, and means on a line that no slopes carry.

    Raises
    ------
    SpecError
        The model has groups; time is continuous; items measure variables; covariates are modelled; lags reach two waves
        back, or innovations act once more; the process has settled; what is stable accumulates; the model has
        reliabilities, shares of a variance that only data have; or linear means without slopes, or with clusters, whose
        level takes the means.
    """
    if has_groups(spec):
        raise SpecError(
            f"Models of one group of pupils are written for {program}.",
            f"This one has groups, by the column {spec.groups!r}.",
            "Write the model without groups, and add the grouping variable and the equalities to the text.",
        )
    if process(spec).continuous:
        raise SpecError(
            f"Models whose lags go from wave to wave are written for {program}.",
            "In this one lags follow from a drift in continuous time.",
            "Write the model with time='discrete' and lags='free'; the drift is fitted here alone.",
        )
    if spec.indicators:
        raise SpecError(
            f"Models of observed variables are written for {program}.",
            f"In this one {', '.join(spec.indicators)} is measured by items.",
            "Write the model without indicators, and add the measurement to the text: a factor for each wave.",
        )
    if joint(spec):
        raise SpecError(
            f"Covariates are written for {program} as known.",
            f"In this model {', '.join(joint(spec))} may be missing, and have a distribution.",
            'Write the model with missing_covariates="refused", and their variances and means into the text.',
        )
    if process(spec).second:
        raise SpecError(
            f"Models whose lags reach one wave back are written for {program}.",
            "In this one they reach two waves back.",
            "Write the model of first order, and add regressions on the wave before the last to the text.",
        )
    if process(spec).stationary:
        raise SpecError(
            f"Models whose first wave has a covariance of its own are written for {program}.",
            "In this one it is that at which the process settles.",
            "Write the model with initial='free', and constrain its variances in the text.",
        )
    if process(spec).averages:
        raise SpecError(
            f"Models whose innovations act in their own wave alone are written for {program}.",
            "In this one they act once more a wave later.",
            "Write the model with moving_average='none', and give each innovation a factor in the text.",
        )
    if accumulates(spec):
        raise SpecError(
            f"Models whose lags are about deviations are written for {program}.",
            "In this one stable parts accumulate, and lags are those of scores.",
            "Write the text by hand: unit effects load 1 on waves 2 and later, and covary with the first wave.",
        )
    if "growth_factor" in mean_dims(spec) and (not spec.slopes or spec.cluster_levels):
        raise SpecError(
            f"Linear means are written for {program} as those of random intercepts and slopes of pupils.",
            "The model has no slopes." if not spec.slopes else f"The means lie at the level {spec.cluster_levels[-1]}.",
            'Write the model with means="free", and constrain the means in the text.',
        )
    if any(part.fixed for part in spec.components()):
        raise SpecError(
            "A fixed variance of errors is written where the variance of the scores is known.",
            f"The model has known reliabilities, and the text for {program} is written without data.",
            'Write the model with error="equal", and fix the variances of its errors in the text.',
        )
