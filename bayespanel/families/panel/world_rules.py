"""Which fields of a world of panels go together: each pair that does not is refused with its reason."""

from __future__ import annotations

from typing import Any

from bayespanel.language.errors import SpecError
from bayespanel.language.values import said


def require_possible(world: Any) -> None:
    """Refuse fields that do not go together, whose shapes are settled.

    Raises
    ------
    SpecError
        The rule, the fields, and what to give.
    """
    _require_one_time(world)
    _require_growth(world)
    _require_second_order(world)
    _require_years(world)
    _require_one_process(world)
    _require_tails(world)


def _require_one_time(world: Any) -> None:
    discrete = [
        name
        for name in ("lag", "innovation_sd", "innovation_corr", "lag_2", "first_lag", "first_loading", "moving_average")
        if getattr(world, name) is not None
    ]
    continuous = [name for name in ("drift", "diffusion_sd", "diffusion_corr") if getattr(world, name) is not None]
    if world.drift is not None and (discrete or world.accumulating):
        raise SpecError(
            "Time is discrete, with lags and innovations, or continuous, with drift and diffusion.",
            f"{(*discrete, 'accumulating')[0]!r} is given beside 'drift'.",
            "Keep what belongs to one of them.",
        )
    if world.drift is None and continuous:
        raise SpecError(
            "Diffusion belongs to a drift.", f"{continuous[0]!r} is given without 'drift'.", "Give 'drift' too."
        )


def _require_growth(world: Any) -> None:
    if world.intercept_loading is not None and (
        world.intercept_sd is None or world.slope_sd is not None or not (world.intercept_loading[0] == 1).all()
    ):
        raise SpecError(
            "Loadings are those of stable parts without slopes, and those of the first wave are 1.",
            f"'intercept_loading' begins with {world.intercept_loading[0].tolist()}"
            f"{'' if world.slope_sd is None else ', and slopes are given'}"
            f"{', without intercept_sd' if world.intercept_sd is None else ''}.",
            "Divide the loadings by those of the first wave; give intercept_sd, and leave slope_sd out.",
        )
    begun = (world.first_loading is not None) != (world.intercept_loading is not None)
    if (world.accumulating and not (begun and world.intercept_sd is not None)) or (
        world.first_loading is not None and not world.accumulating
    ):
        raise SpecError(
            "What accumulates are stable parts, and it is said what they do at first, or by which loadings they enter.",
            f"accumulating={world.accumulating}, first_loading is {said(world.first_loading)}, intercept_sd is "
            f"{said(world.intercept_sd)}, intercept_loading is {said(world.intercept_loading)}.",
            "Give accumulating=True, intercept_sd, and first_loading or intercept_loading; or neither of the first and "
            "the third.",
        )
    if world.slope_sd is None and world.growth_corr is not None:
        raise SpecError(
            "Correlations belong to standard deviations.",
            "'growth_corr' is given without 'slope_sd'.",
            "Give 'slope_sd' too, or 'intercept_corr' in place of 'growth_corr'.",
        )
    if world.slope_sd is not None and (world.intercept_sd is None or world.intercept_corr is not None):
        raise SpecError(
            "Where pupils have slopes, 'growth_corr' holds the correlations of intercepts and slopes.",
            "'intercept_corr' is given beside 'slope_sd'."
            if world.intercept_sd is not None
            else "'slope_sd' is given without 'intercept_sd'.",
            "Give intercept_sd, slope_sd and growth_corr.",
        )


def _require_second_order(world: Any) -> None:
    if (world.first_lag is not None or world.accumulating) and (world.lag_2 is None) != world.accumulating:
        raise SpecError(
            "Lags over two waves go with lags of the first interval, and not with what accumulates.",
            f"lag_2 is {said(world.lag_2)}, first_lag is {said(world.first_lag)}, accumulating={world.accumulating}.",
            "Give lag_2 too, or leave the others out.",
        )
    if world.moving_average is not None and world.lag_2 is not None:
        raise SpecError(
            "What is left of two waves before is lags over two waves, or innovations that act once more.",
            "'lag_2' and 'moving_average' are given.",
            "Leave one of them out.",
        )


def _require_years(world: Any) -> None:
    by_wave = world.class_sd is not None and world.class_sd.ndim == 2
    if world.re_formed_classes and (world.school_years is None or by_wave):
        raise SpecError(
            "Classes that are formed anew every school year have one effect per variable in their year.",
            "class_sd has one for each wave." if by_wave else "re_formed_classes is True, and school_years is None.",
            "Give class_sd for each variable." if by_wave else "Give school_years, such as (0, 0, 1, 1, 2).",
        )


def _require_one_process(world: Any) -> None:
    """Lags differ between schools in one process over one wave, and stable parts are around it."""
    others = {"drift": world.drift is not None, "lag_2": world.lag_2 is not None, "accumulating": world.accumulating}
    other = next((name for name, given in others.items() if given), "")
    if world.lag_school_sd is not None and (other or (world.lag_school_sd < 0).any()):
        raise SpecError(
            "Lags that differ between schools are lags over one wave, with standard deviations of 0 or more.",
            f"{other!r} is given beside 'lag_school_sd'." if other else f"It is {said(world.lag_school_sd.tolist())}.",
            "Keep one of them." if other else "Give standard deviations.",
        )


def _require_tails(world: Any) -> None:
    """Student-t tails have a variance, and nothing else is drawn for a pupil beside them."""
    if world.tail_df is None:
        return
    others = {
        "measurement_error_sd": world.measurement_error_sd is not None,
        "indicators": world.indicators,
        "distal": world.distal,
        "groups": world.groups,
    }
    other = next((name for name, given in others.items() if given), "")
    if other or not 2 < world.tail_df < float("inf"):
        raise SpecError(
            "Degrees of freedom of tails are above 2, and tails are those of scores without errors or items, in one "
            "group.",
            f"{other!r} is given beside 'tail_df'." if other else f"tail_df = {world.tail_df:g}.",
            f"Leave {other} out, or tail_df." if other else "Give for example tail_df=5, or None for normal tails.",
        )
