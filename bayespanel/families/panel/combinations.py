"""Which options of a panel model go together: each pair that does not is refused with its reason."""

from __future__ import annotations

from typing import Any

from bayespanel.language.errors import SpecError


def require_possible(spec: Any) -> None:
    """Refuse options that do not go together, whose values are settled.

    Raises
    ------
    SpecError
        The rule, the two options, and what to leave out.
    """
    _require_stable_parts(spec)
    _require_one_drift(spec)
    _require_one_memory(spec)
    _require_settled(spec)
    _require_cross_lags(spec)
    _require_same_cells(spec)
    _require_errors(spec)
    _require_schools(spec)
    _require_numbers(spec)
    _require_one_scale(spec)


def _require_stable_parts(spec: Any) -> None:
    if spec.covariate_effects == "stable" and not (spec.intercepts and spec.covariates):
        raise SpecError(
            "Effects that are stable are those of covariates on random intercepts.",
            f"covariate_effects='stable' goes with {'no covariates' if spec.intercepts else 'intercepts=False'}.",
            "Name covariates, or leave covariate_effects out." if spec.intercepts else "Leave one of the two out.",
        )
    loaded = spec.loadings != "one"
    for option, given in (("slopes", spec.slopes), ("loadings", loaded), ("accumulating", spec.accumulating)):
        if given and not spec.intercepts:
            raise SpecError(
                "Slopes, loadings and what accumulates are those of pupils who have random intercepts.",
                f"{option}={getattr(spec, option)!r} is given with intercepts=False.",
                f"Leave {option} out, or intercepts.",
            )
    if spec.accumulating and spec.order == 2:
        raise SpecError(
            "Where stable parts accumulate, lags reach one wave back.",
            "order=2 is given with accumulating=True.",
            "Leave one of them out.",
        )
    if loaded and spec.slopes:
        raise SpecError(
            "What lasts in pupils follows a straight line, or has loadings.",
            f"slopes=True and loadings={spec.loadings!r} are both given.",
            "Choose one of them.",
        )
    if spec.loadings == "first" and not spec.accumulating:
        raise SpecError(
            "A loading of the first wave alone is that of stable parts that accumulate from the second wave on.",
            "loadings='first' is given with accumulating=False.",
            "Add accumulating=True, or take loadings='free', which has the first one fixed at 1.",
        )


def _require_one_drift(spec: Any) -> None:
    others = {
        "lags": spec.lags != "equal",
        "order": spec.order == 2,
        "moving_average": spec.moving_average != "none",
        "accumulating": spec.accumulating,
    }
    other = next((option for option, given in others.items() if given), "")
    if spec.time == "continuous" and other:
        raise SpecError(
            "In continuous time one drift acts on deviations from what is stable.",
            f"{other}={getattr(spec, other)!r} is given with time='continuous'.",
            f"Leave {other} out, or time.",
        )


def _require_one_memory(spec: Any) -> None:
    if spec.moving_average != "none" and spec.order == 2:
        raise SpecError(
            "What is left of two waves before is lags over two waves, or innovations that act once more.",
            f"order=2 is given with moving_average={spec.moving_average!r}.",
            "Leave one of them out.",
        )


def _require_settled(spec: Any) -> None:
    if spec.initial == "free":
        return
    others = {
        "lags": spec.lags != "equal",
        "innovations": spec.innovations != "equal",
        "order": spec.order == 2,
        "moving_average": spec.moving_average != "none",
        "accumulating": spec.accumulating,
    }
    other = next((option for option, given in others.items() if given), "")
    if other:
        equal = other in ("lags", "innovations")
        raise SpecError(
            "A process that has settled has lags over one interval and innovations that are equal at all waves.",
            f"initial='stationary' is given with {other}={getattr(spec, other)!r}.",
            f"{f'Give {other}={chr(39)}equal{chr(39)}' if equal else f'Leave {other} out'}, or leave initial out.",
        )


def _require_cross_lags(spec: Any) -> None:
    others = {"time": spec.time != "discrete", "order": spec.order == 2, "groups": spec.groups, "varying": spec.varying}
    others |= {"initial": spec.initial != "free"}
    other = next((option for option, given in others.items() if given), "")
    if spec.shrinkage == "none" or not (other or len(spec.variables) == 1):
        return
    given = f"{other}={getattr(spec, other)!r}" if other else "one variable, which has none,"
    raise SpecError(
        "Shrinkage is that of the lags between variables, from wave to wave, the same in all groups and schools.",
        f"shrinkage={spec.shrinkage!r} is given with {given}.",
        f"Leave shrinkage out, or {other or 'name two variables or more'}.",
    )


def require_shrinking(spec: Any) -> None:
    """Refuse rows of priors that do not go with shrinkage.

    Raises
    ------
    SpecError
        That of the lags is not normal, or counts in other units than that of their common standard deviation.
    """
    if spec.shrinkage == "none":
        return
    lag, sd = spec.prior("lag"), spec.prior("cross_lag_sd")
    if lag.distribution != "Normal" or lag.scale != sd.scale:
        raise SpecError(
            "With shrinkage the prior of the lags is Normal, and cross_lag_sd counts in the same units.",
            f"The rows say {lag.distribution}, {lag.scale}, and of cross_lag_sd {sd.scale}.",
            "Give Prior('lag', 'Normal', (0, 0.5)), and both rows the same scale.",
        )


def _require_same_cells(spec: Any) -> None:
    beside = "distal" if spec.distal else "missing_covariates" if spec.missing_covariates == "modelled" else ""
    if spec.groups and beside:
        raise SpecError(
            "Groups of pupils have scores and known covariates.",
            f"groups={spec.groups!r} is given with {beside}={getattr(spec, beside)!r}.",
            f"Leave one of them out, or fit each group by itself with {beside}.",
        )


def require_one_measure(spec: Any) -> None:
    """Refuse loadings of items that differ between groups which share classes or schools.

    Raises
    ------
    SpecError
        The rule, the options, and what to name instead.
    """
    apart = spec.free == "all" or "measurement" in spec.free
    if spec.groups and spec.indicators and spec.cluster_levels and apart:
        raise SpecError(
            "Groups that share classes and schools share the loadings of items, through which these act.",
            f"groups={spec.groups!r} is given with levels={spec.levels!r}, and free={spec.free!r} has loadings of each "
            "group.",
            'Name what differs without them, free=("mean", "lag", "initial", "innovation", "intercept").',
        )


def _require_errors(spec: Any) -> None:
    if spec.error_correlated and (spec.error == "none" or len(spec.variables) == 1):
        raise SpecError(
            "Errors correlate between two variables or more that have errors.",
            f"error_correlated is True with error={spec.error!r} and {len(spec.variables)} variable(s).",
            'Add error="equal", or leave error_correlated out.',
        )
    if spec.error_correlated and spec.error == "free":
        raise SpecError(
            "Errors that correlate within waves have variances and correlations that are equal over waves.",
            "error_correlated is True with error='free'.",
            'Take error="equal", or leave error_correlated out.',
        )


def _require_schools(spec: Any) -> None:
    if not spec.varying:
        return
    if "school" not in spec.cluster_levels:
        raise SpecError(
            "Paths vary between schools that have effects on the scores, too.",
            f"varying={spec.varying!r} is given with the levels {', '.join(spec.levels)}.",
            'Add "school" to levels, or leave varying out.',
        )
    others = {
        "order": spec.order == 2,
        "time": spec.time == "continuous",
        "moving_average": spec.moving_average != "none",
        "initial": spec.initial != "free",
        "accumulating": spec.accumulating,
        "groups": spec.groups,
        "indicators": spec.indicators,
        "distal": spec.distal,
        "missing_covariates": spec.missing_covariates == "modelled",
    }
    other = next((option for option, given in others.items() if given), "")
    if other:
        raise SpecError(
            "Paths that vary between schools are lags over one wave of deviations, in one group of pupils.",
            f"{other}={getattr(spec, other)!r} is given with varying={spec.varying!r}.",
            f"Leave {other} out, or varying.",
        )


def _of_closed_likelihoods(spec: Any) -> dict[str, Any]:
    """Return the options that do not go with what is drawn beside the parameters, and whether each is given."""
    return {
        "error": spec.error != "none",
        "reliability": spec.reliability,
        "indicators": spec.indicators,
        "groups": spec.groups,
        "varying": spec.varying,
        "distal": spec.distal,
        "missing_covariates": spec.missing_covariates == "modelled",
        "initial": spec.initial != "free",
        "shrinkage": spec.shrinkage != "none",
    }


def _require_numbers(spec: Any) -> None:
    if not spec.ordered:
        return
    other = next((option for option, given in _of_closed_likelihoods(spec).items() if given), "")
    if other:
        raise SpecError(
            "Scores behind ordered categories have no errors or items beside them, one group, and paths that are the "
            "same in all schools.",
            f"{other}={getattr(spec, other)!r} is given with ordered={spec.ordered!r}.",
            f"Leave {other} out, or ordered.",
        )


def _require_one_scale(spec: Any) -> None:
    if spec.tails == "normal":
        return
    others = {"ordered": spec.ordered} | _of_closed_likelihoods(spec)
    other = next((option for option, given in others.items() if given), "")
    if other:
        raise SpecError(
            "Student-t tails are those of scores that are numbers without errors, in one group, with paths that are "
            "the same in all schools.",
            f"{other}={getattr(spec, other)!r} is given with tails='student'.",
            f"Leave {other} out, or tails.",
        )
