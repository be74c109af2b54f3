"""Which panel models can be written for other programs."""

from __future__ import annotations

from bayespanel.families.panel.augmented import refuse_augmented
from bayespanel.families.panel.components import accumulates, joint, mean_dims, reaching
from bayespanel.families.panel.groups import has_groups
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying import refuse_varying
from bayespanel.language.errors import SpecError


def require_written(spec: RICLPM, program: str) -> None:
    """Refuse what a text without data cannot say, and means on a line that no slopes carry.

    Raises
    ------
    SpecError
        Paths vary between schools; the model has groups and clusters; time is continuous; items measure variables;
        covariates are modelled; innovations act once more; the process has settled; what is stable accumulates, and
        outcomes are regressed on deviations; the model has reliabilities, shares of a variance that only data have; or
        linear means without slopes, or with clusters, whose level takes the means.
    """
    refuse_varying(spec, f"The text for {program}")
    refuse_augmented(spec, f"The text for {program}")
    if has_groups(spec) and spec.cluster_levels:
        raise SpecError(
            f"Groups of pupils are written for {program} without classes and schools, whose effects they share here.",
            f"The model has the groups of {spec.groups!r} and the level {spec.cluster_levels[-1]}.",
            "Write it with levels=('pupil',), or without groups: a text with both gives each group its own schools.",
        )
    if process(spec).continuous:
        raise SpecError(
            f"Models whose lags go from wave to wave are written for {program}.",
            "In this one lags follow from a drift in continuous time.",
            "Write the model with time='discrete' and lags='free'; the drift is fitted here alone.",
        )
    if spec.indicators and (spec.cluster_levels or (has_groups(spec) and program != "lavaan")):
        raise SpecError(
            "Variables that items measure are written without classes and schools, and with groups for lavaan alone.",
            f"In this model items measure {', '.join(spec.indicators)}, and the text is for {program}, with the levels "
            f"{', '.join(spec.levels)} and {f'groups by {spec.groups!r}' if has_groups(spec) else 'no groups'}.",
            'Write it with levels=("pupil",), and without groups; or write it without indicators, and add the '
            "measurement to the text: a factor for each wave.",
        )
    if joint(spec):
        raise SpecError(
            f"Covariates are written for {program} as known.",
            f"In this model {', '.join(joint(spec))} may be missing, and have a distribution.",
            'Write the model with missing_covariates="refused", and their variances and means into the text.',
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
    if accumulates(spec) and reaching(spec):
        raise SpecError(
            f"Outcomes of deviations are written for {program} where lags are about deviations.",
            f"Stable parts accumulate, and {', '.join(reaching(spec))} is regressed on deviations of the last wave.",
            'Write the model with distal={"grade": "stable"}, or without accumulating.',
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


def kind_of(spec: RICLPM) -> str:
    """Return what the model is called in the title of a text."""
    if accumulates(spec):
        return "Autoregressive latent trajectory model" if spec.slopes else "Dynamic panel model"
    return f"{'Random-intercept cross-lagged' if spec.intercepts else 'Cross-lagged'} panel model"
