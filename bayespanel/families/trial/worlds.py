"""Ready worlds of trials: design-matched assumptions, every one of them a parameter or stated here.

None of these numbers is an estimate from the study whose design they match, and none says anything about children.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayespanel.families.shared.ready import ORDINAL_VICTIMISATION, ready, require_shares
from bayespanel.families.shared.world_fields import Array
from bayespanel.families.trial.world import TrialWorld
from bayespanel.language.errors import SpecError, nearest

EFFECTS = {
    "pupils": {"bullying": 0.0, "victimisation": 0.0, "well_being": 0.0, "self_esteem": 0.0},
    "parents": {
        "teacher_effort": 0.4,
        "encouraged_to_talk": 0.3,
        "invited": 0.3,
        "informed": 0.3,
        "cooperation_important": 0.2,
        "contact_important": 0.2,
        "learned_about_bullying": 0.4,
        "parent_competence": 0.0,
    },
    "teachers": {
        "parents_disapprove": 0.3,
        "parents_responsible": 0.3,
        "contact_important": 0.2,
        "teacher_competence": 0.0,
    },
}
"""Informant -> outcome -> assumed effect in total SDs within arms: some for attitudes and efforts, none otherwise."""

POSITIVE = ("well_being", "self_esteem")
"""Outcomes of pupils that correlate negatively with bullying and victimisation."""

SIZES: dict[str, tuple[int, tuple[int, int] | None, tuple[int, int]]] = {
    "pupils": (2510, (2, 7), (18, 25)),
    "parents": (153, None, (2, 10)),
    "teachers": (83, None, (1, 6)),
}
"""Informant -> number, classes per school, informants per class or school: the ranges are assumptions."""

ICC = {"pupils": (0.02, 0.05), "parents": (0.05, 0.0), "teachers": (0.10, 0.0)}
"""Informant -> share of schools and of classes in the variance."""


@ready
def involvement(
    informant: str = "pupils",
    *,
    schools: int = 27,
    effect: float | None = None,
    effects: Mapping[str, float] | None = None,
    school_icc: float | None = None,
    class_icc: float | None = None,
    outcome_corr: float = 0.3,
    baseline: bool = False,
    baseline_corr: float = 0.5,
    baseline_cluster_corr: float = 0.5,
    missing_outcome: float = 0.0,
    missing_baseline: float = 0.0,
    dropout_slope: float = 0.0,
    victimisation_ordinal: bool = False,
) -> TrialWorld:
    """Return a world with the design of the trial of parental involvement: 14 control, 13 intervention schools.

    The world is design-matched: the numbers of schools, pupils (2,510), parents (153) and teachers (83) are the
    study's. All else is assumed, and no coefficient of the study is known here: effects are those in `EFFECTS`, sizes
    of classes and schools those in `SIZES`, ICCs those in `ICC`. Every outcome has mean 0 and, within arms,
    variance 1. Outcomes correlate equally at each level, negatively between problems and well-being of pupils.

    Parameters
    ----------
    informant
        "pupils" (in classes), "parents" or "teachers" (in schools, without a class level).
    schools
        Schools of both arms, of which control has the odd one; informants are as many per school as in the study.
    effect
        One effect on all outcomes in total SDs within arms, instead of those in `EFFECTS`.
    effects
        Outcome -> effect, instead of either.
    school_icc, class_icc
        Shares of the variance; None: those in `ICC`. Parents and teachers have no `class_icc`.
    outcome_corr
        Size of the correlation between each two outcomes, at each level.
    baseline
        Whether each outcome has a pre-test, called after it with `_pre`.
    baseline_corr, baseline_cluster_corr, missing_outcome, missing_baseline, dropout_slope
        As in `TrialWorld`.
    victimisation_ordinal
        Whether pupils report victimisation in five categories, 0 to 4, with cut points `ORDINAL_VICTIMISATION`.

    Returns
    -------
    TrialWorld

    Raises
    ------
    SpecError
        Unknown informants or outcomes, shares that exceed 1, class effects or ordinal victimisation of those who have
        none.

    References
    ----------
    van Niejenhuis, Huitsing & Veenstra (2020), doi:10.1111/sjop.12522.
    """
    if informant not in EFFECTS:
        raise SpecError(
            "An informant is pupils, parents or teachers.",
            f"Given: {informant!r}. {nearest(str(informant), list(EFFECTS))}",
            "Choose one of the three.",
        )
    assumed = EFFECTS[informant]
    if effect is not None:
        assumed = dict.fromkeys(assumed, effect)
    for name in effects or {}:
        if name not in assumed:
            raise SpecError(
                f"'effects' names outcomes of {informant}.",
                f"{name!r} is not one of them. {nearest(name, list(assumed))}",
                "Correct the name.",
            )
    if victimisation_ordinal and informant != "pupils":
        raise SpecError(
            "Victimisation is an outcome of pupils.",
            f"victimisation_ordinal is asked for {informant}.",
            "Leave it out, or choose the informant 'pupils'.",
        )
    pupils, classes_per_school, pupils_per_class = SIZES[informant]
    school, classroom = ICC[informant]
    return _standard(
        {**assumed, **(effects or {})},
        outcome_corr,
        school if school_icc is None else school_icc,
        classroom if class_icc is None else class_icc,
        TrialWorld(
            outcomes=tuple(assumed),
            effect=np.zeros(len(assumed)),
            residual_sd=np.ones(len(assumed)),
            schools_per_arm=_halves(schools),
            classes_per_school=classes_per_school,
            pupils_per_class=pupils_per_class,
            pupils=round(pupils * schools / 27),
            baseline={name: f"{name}_pre" for name in assumed} if baseline else {},
            baseline_corr=baseline_corr,
            baseline_cluster_corr=baseline_cluster_corr,
            missing_outcome=missing_outcome,
            missing_baseline=missing_baseline,
            dropout_slope=dropout_slope,
            ordinal={"victimisation": ORDINAL_VICTIMISATION} if victimisation_ordinal else {},
        ),
    )


@ready
def small_trial(
    effect: float = 0.2,
    *,
    schools: int | tuple[int, ...] = (6, 6),
    classes_per_school: tuple[int, int] = (2, 2),
    pupils_per_class: tuple[int, int] = (12, 18),
    school_icc: float = 0.05,
    class_icc: float = 0.05,
    effect_sd: float = 0.0,
    effect_mean_corr: float = 0.0,
    randomised: str = "school",
    baseline: bool = False,
    baseline_corr: float = 0.5,
    baseline_cluster_corr: float = 0.5,
    missing_outcome: float = 0.0,
    missing_baseline: float = 0.0,
    dropout_slope: float = 0.0,
) -> TrialWorld:
    """Return a small trial with one outcome, `score`, of pupils in classes in schools.

    For studies of coverage: every number is an assumption, and no coefficient of a study is known here. The score has
    mean 0 and, within arms, variance 1.

    Parameters
    ----------
    effect
        Intervention minus control in total SDs within arms.
    schools : [arm]
        Schools in the control and in the intervention arm; one number is that of both, of which control has the odd
        one.
    classes_per_school, pupils_per_class
        Smallest and largest size.
    school_icc, class_icc
        Shares of the variance, in the control arm where effects vary.
    effect_sd, effect_mean_corr
        SD of the effect between schools, where classes or pupils are randomised, and its correlation with the mean of
        the school in the control arm.
    baseline
        Whether there is a pre-test, `score_pre`.
    randomised, baseline_corr, baseline_cluster_corr, missing_outcome, missing_baseline, dropout_slope
        As in `TrialWorld`.

    Returns
    -------
    TrialWorld

    Raises
    ------
    SpecError
        Shares that exceed 1, or what `TrialWorld` refuses.
    """
    if effect_mean_corr and not (effect_sd and school_icc):
        raise SpecError(
            "The correlation of effects with means is one of schools that differ in both.",
            f"effect_mean_corr = {effect_mean_corr:g}, effect_sd = {effect_sd:g}, school_icc = {school_icc:g}.",
            "Give both, or leave it out.",
        )
    made = _standard(
        {"score": effect},
        0.0,
        school_icc,
        class_icc,
        TrialWorld(
            outcomes=("score",),
            effect=np.zeros(1),
            residual_sd=np.ones(1),
            randomised=randomised,
            schools_per_arm=schools if isinstance(schools, Sequence) else _halves(schools),
            classes_per_school=classes_per_school,
            pupils_per_class=pupils_per_class,
            baseline={"score": "score_pre"} if baseline else {},
            baseline_corr=baseline_corr,
            baseline_cluster_corr=baseline_cluster_corr,
            missing_outcome=missing_outcome,
            missing_baseline=missing_baseline,
            dropout_slope=dropout_slope,
        ),
    )
    if not effect_sd:
        return made
    corr = None if not effect_mean_corr else np.array([[1.0, effect_mean_corr], [effect_mean_corr, 1.0]])
    return replace(made, effect_sd=np.array([effect_sd]), school_corr=corr)


def _halves(schools: int) -> tuple[int, int]:
    return (schools + 1) // 2, schools // 2


def _standard(
    effects: Mapping[str, float], outcome_corr: float, school_icc: float, class_icc: float, world: TrialWorld
) -> TrialWorld:
    """Return the world with these effects and, within arms, variance 1 divided over the levels."""
    require_shares(school=school_icc, **{"class": class_icc})
    residual = 1 - school_icc - class_icc
    ones = np.ones(len(world.outcomes))
    corr = _signed_corr(world.outcomes, outcome_corr)
    return replace(
        world,
        effect=np.array([effects[name] for name in world.outcomes]),
        residual_sd=np.sqrt(residual) * ones,
        residual_corr=corr,
        class_sd=np.sqrt(class_icc) * ones if class_icc else None,
        class_corr=corr if class_icc else None,
        school_sd=np.sqrt(school_icc) * ones if school_icc else None,
        school_corr=corr if school_icc else None,
    )


def _signed_corr(outcomes: tuple[str, ...], correlation: float) -> Array:
    """Return equal correlations, negative between the pupils' problems and their well-being."""
    signs = np.array([-1.0 if name in POSITIVE else 1.0 for name in outcomes])
    corr = correlation * np.outer(signs, signs)
    np.fill_diagonal(corr, 1.0)
    return corr
