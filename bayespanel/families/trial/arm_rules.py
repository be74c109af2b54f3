"""What a model asks of the arms: that schools hold several where effects vary, and that named arms exist."""

from __future__ import annotations

from collections.abc import Sequence

from bayespanel.families.trial.spec import ClusterTrial, varying_level
from bayespanel.language.errors import SpecError, nearest

UNITS = {"pupil": "pupils", "class": "classes", "school": "schools"}

LEVELS = ("pupil", "class", "school")


def require_arms_fit(spec: ClusterTrial, arms: Sequence[str], randomised: str) -> None:
    """Check what a specification with its levels says of arms.

    Parameters
    ----------
    spec
        The model.
    arms
        Those of the data or of a world.
    randomised
        The unit of randomisation.

    Raises
    ------
    SpecError
        Effects that vary between clusters of one arm each; arms without classes that the trial does not have, that are
        all arms, or without a class level, or where classes were not allocated as a whole or with their school.
    """
    if spec.varying_effects != "none":
        level = varying_level(spec) if spec.cluster_levels else "pupil"
        if LEVELS.index(level) <= LEVELS.index(randomised):
            raise SpecError(
                "Effects vary between clusters that hold several arms: those within which classes or pupils were "
                "randomised.",
                f"Of the levels {', '.join(spec.levels or ())} the outermost is '{level}', and {UNITS[randomised]} "
                "were randomised.",
                "Leave 'varying_effects' out; with whole schools in one arm, how schools differ is in their own "
                "variance: variances='by_arm' lets it differ between arms.",
            )
    if not spec.arms_without_classes:
        return
    for arm in spec.arms_without_classes:
        if arm not in arms:
            raise SpecError(
                "'arms_without_classes' names arms of the trial.",
                f"{arm!r} is none of them. {nearest(arm, list(arms))}",
                "Correct the name.",
            )
    if "class" not in spec.cluster_levels or len(spec.arms_without_classes) == len(arms):
        raise SpecError(
            "Arms without classes belong to a model with classes in other arms.",
            f"Without classes: {', '.join(spec.arms_without_classes)}; the arms are {', '.join(arms)}, and the levels "
            f"{', '.join(spec.levels or ())}.",
            "Leave 'arms_without_classes' out, and 'class' out of 'levels' if no arm has classes.",
        )
    if spec.variances == "by_arm" and len(arms) - len(spec.arms_without_classes) > 1:
        raise SpecError(
            "Beside arms without classes, variances by arm are for one arm with classes.",
            f"Of the arms {', '.join(arms)} these have none: {', '.join(spec.arms_without_classes)}.",
            "Use variances='common', or leave an arm out of the data.",
        )
