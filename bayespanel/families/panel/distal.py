"""Outcomes after the last wave, and covariates that are modelled: what a specification may say of them, and priors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayespanel.language.errors import SpecError
from bayespanel.language.prior import Prior
from bayespanel.language.values import choice, names_of, table_of

type Outcomes = Mapping[str, str]
"""Outcome -> what it is regressed on; a list of names stands for "both" of each."""

ON = ("both", "stable")
"""What an outcome is regressed on, the default first: what lasts and deviations, or what lasts alone."""


def distal_of(given: object) -> dict[str, str]:
    """Return outcome -> what it is regressed on, from a list of names or a table."""
    if not isinstance(given, Mapping):
        return dict.fromkeys(names_of("distal", given, "outcome"), ON[0])
    table = table_of("distal", given, '{"grade": "both"}')
    names_of("distal", tuple(table), "outcome")
    return {name: choice(f"distal of {name}", on, ON) for name, on in table.items()}


def require_distal(
    distal: Mapping[str, str], *, intercepts: bool, clusters: Sequence[str], by_wave: Sequence[str]
) -> None:
    """Refuse options that do not go with outcomes after the last wave.

    Parameters
    ----------
    distal
        The outcomes.
    intercepts, clusters, by_wave
        Whether the model has random intercepts, its levels above the pupil, and its covariates that act on waves.

    Raises
    ------
    SpecError
        There is one.
    """
    if not distal:
        return
    named = ", ".join(distal)
    if not intercepts:
        raise SpecError(
            "Outcomes after the last wave are regressed on random intercepts.",
            f"distal names {named}, with intercepts=False.",
            "Leave one of the two out.",
        )
    if clusters:
        raise SpecError(
            "Outcomes after the last wave have no effects of classes and schools.",
            f"distal names {named}, and the model has the level {', '.join(clusters)}.",
            "Take levels=('pupil',), or leave distal out; without its schools an outcome would seem too certain.",
        )
    if by_wave:
        raise SpecError(
            "Covariates reach outcomes after the last wave through what lasts in pupils.",
            f"distal names {named}, and {', '.join(by_wave)} acts on the scores of every wave.",
            'Add covariate_effects="stable", or leave the covariates out.',
        )


def priors_of_distal(distal: Mapping[str, str]) -> list[Prior]:
    """Return their default priors."""
    if not distal:
        return []
    rows = [
        Prior("distal_mean", "Normal", (0, 5), reason="five SDs around the outcome's mean", source="default"),
        Prior(
            "distal_effect", "Normal", (0, 1), reason="one SD of the outcome per SD of the variable", source="default"
        ),
        Prior("distal_sd", "HalfNormal", (1,), reason="at most about the total SD", source="default"),
    ]
    if "both" in distal.values():
        reason = "one SD of the outcome per SD of the variable"
        rows.insert(2, Prior("distal_deviation_effect", "Normal", (0, 1), reason=reason, source="default"))
    return rows


def require_modelled(missing_covariates: str, covariates: Sequence[str]) -> None:
    """Refuse a distribution of covariates where there are none.

    Raises
    ------
    SpecError
        There are none.
    """
    if missing_covariates == "modelled" and not covariates:
        raise SpecError(
            "Covariates that may be missing are those of the model.",
            "missing_covariates='modelled' is given without covariates.",
            "Name covariates, or leave it out.",
        )


def priors_of_modelled(missing_covariates: str, covariates: Sequence[str]) -> list[Prior]:
    """Return the default priors of the distribution of covariates."""
    if missing_covariates != "modelled":
        return []
    rows = [
        Prior("covariate_mean", "Normal", (0, 5), reason="five SDs around the covariate's mean", source="default"),
        Prior("covariate_sd", "HalfNormal", (2,), reason="at most about twice the SD seen", source="default"),
    ]
    if len(covariates) > 1:
        rows.append(Prior("covariate_corr", "LKJ", (1,), reason="none is preferred", source="default"))
    return rows
