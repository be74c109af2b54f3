"""Fields of a world of panels beside its variables: covariates, and outcomes after the last wave."""

from __future__ import annotations

from typing import Any

from bayespanel.families.shared import world_fields as given
from bayespanel.language.errors import SpecError
from bayespanel.language.values import said, settle

Shapes = dict[str, tuple[int, ...]]


def shapes_beside(world: Any) -> dict[str, Shapes]:
    """Return the shapes that each array of these may have."""
    q, v = len(world.distal), len(world.variables)
    on_lasting: Shapes = {"outcome, variable": (q, v)}
    if world.slope_sd is not None:
        on_lasting = {"outcome, growth factor, variable": (q, 2, v)}
    return {
        "covariate_effect": _shapes_of_effects(world),
        "distal_effect": on_lasting,
        "distal_deviation_effect": {"outcome, variable": (q, v)},
        "distal_mean": {"outcome": (q,)},
        "distal_sd": {"outcome": (q,)},
    }


def _shapes_of_effects(world: Any) -> Shapes:
    m, v = len(world.covariates), len(world.variables)
    lasting: Shapes = {"variable, covariate": (v, m)}
    if world.slope_sd is not None:
        lasting = {"growth factor, variable, covariate": (2, v, m)}
    return lasting | {"wave, variable, covariate": (world.waves, v, m)}


def acts_on_what_lasts(world: Any) -> bool:
    """Return whether effects of covariates have the shape of those on what lasts in pupils."""
    first = next(iter(_shapes_of_effects(world).values()))
    return world.covariate_effect is not None and world.covariate_effect.shape == first


def settle_beside(world: Any) -> None:
    """Check what these fields owe each other.

    Raises
    ------
    SpecError
        They do not go together.
    """
    extra = [name for name in ("distal_effect", "distal_deviation_effect", "distal_mean")
             if getattr(world, name) is not None]  # fmt: skip
    shares = given.table(
        "covariate_shares",
        world.covariate_shares,
        "names of covariates to probabilities",
        world.covariates,
        "covariates",
    )
    for name, share in shares.items():
        if not 0 < given.number(f"covariate_shares of {name}", share) < 1:
            raise SpecError("A share lies between 0 and 1.", f"{name!r} has {share:g}.", "Correct it.")
    settle(world, covariate_shares=shares)
    if bool(world.covariates) != (world.covariate_effect is not None):
        raise SpecError(
            "A world with covariates says what they do.",
            f"covariates = {world.covariates}, covariate_effect is {said(world.covariate_effect)}.",
            "Give both, or neither.",
        )
    if bool(world.distal) != (world.distal_sd is not None) or (world.distal_sd is None and extra):
        raise SpecError(
            "A world with outcomes after the last wave says how far they vary by themselves.",
            f"distal = {world.distal}, distal_sd is {said(world.distal_sd)}; given are {extra}.",
            "Give distal and distal_sd, or none of these.",
        )
    if world.distal_effect is not None and world.intercept_sd is None:
        raise SpecError(
            "Effects on outcomes after the last wave are those of what lasts in pupils.",
            "'distal_effect' is given without 'intercept_sd'.",
            "Give intercept_sd, or leave distal_effect out.",
        )
    if world.predicted and world.intercept_sd is None:
        raise SpecError(
            "Covariates act on what lasts in pupils, or on the scores of each wave.",
            "'covariate_effect' has no dimension of waves, and there is no 'intercept_sd'.",
            "Give intercept_sd, or effects [wave, variable, covariate].",
        )
