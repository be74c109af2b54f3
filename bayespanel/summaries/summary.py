"""From draws of pathways to their size, direction and practical relevance, each with its Monte Carlo error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.convergence import convergence, varies
from bayespanel.language.errors import FitError, SpecError
from bayespanel.language.plain_names import require_distinct_pathways
from bayespanel.summaries.design_errors import design_errors
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.montecarlo import hdi, mcse, mcse_hdi, mcse_probability
from bayespanel.summaries.precision import SAID

Array = NDArray[np.float64]

Rope = float | tuple[float, float]
"""A region of practical equivalence: a half-width around 0, or its two bounds."""

INTERVALS = ("equal_tailed", "hdi")


def summarise(
    draws: xr.Dataset,
    *,
    rope: Rope,
    prob: float = 0.95,
    interval: Literal["equal_tailed", "hdi"] = "equal_tailed",
    at_least: float | None = None,
    true_effect: float | None = None,
    sampling_sd: Array | None = None,
) -> xr.Dataset:
    """Summarise the draws of pathways.

    Parameters
    ----------
    draws
        `standardised` and, optionally, `raw` [chain, draw, pathway]. The coordinates and attributes are kept.
    rope
        Region of practical equivalence on the standardised scale, bounds included: (lower, upper), or a half-width
        around 0. There is no default, because the region is a judgement: 0.03, 0.07 and 0.12 have been published as
        small, medium and large cross-lagged effects (Orth et al., 2024), and 0.1 SD is usual for trials.
    prob
        Probability of the intervals.
    interval
        "equal_tailed": from the (1 - prob) / 2 to the (1 + prob) / 2 quantile. "hdi": the shortest interval with the
        probability `prob`.
    at_least
        An effect, not 0. The result then has the probability that the effect is at least as large, P(effect >=
        at_least), or <= if it is negative.
    true_effect
        An effect, not 0. The result then has the errors of this design if the true effect had this size.
    sampling_sd : [pathway]
        Standardised SD of the estimate in this design, which these errors need. It is not `sd`, which the prior makes
        smaller.

    Returns
    -------
    xr.Dataset
        Over `pathway`, on the standardised scale unless said otherwise:

        - `mean`, `median`, `sd`, `lower`, `upper`;
        - `prob_direction`, the larger of P(effect > 0) and P(effect < 0);
        - `prob_rope`, `prob_above_rope`, `prob_below_rope`, the shares inside, above and below the region;
        - `mcse_<name>`, the Monte Carlo standard error of each of these. For shares see `mcse_probability`: if all
          draws agree, it is an upper bound and not 0;
        - `prob_at_least`, if `at_least` is given; `sampling_sd`, `power`, `type_s` and `type_m` (see `design_errors`),
          if `true_effect` is given; they are NaN if the sampling SD is not known, as for pooled effects;
        - `ess_bulk`, `ess_tail` and `rhat` of the pathway itself;
        - `raw_mean`, `raw_sd`, `raw_lower`, `raw_upper`, in raw units; NaN if these have no meaning.

        Shares (such as the kind "icc") and SDs are not effects: their probabilities are NaN. If all draws are equal,
        every Monte Carlo error, effective sample size and R-hat is NaN. The attributes hold `rope` (two bounds),
        `prob`, `interval`, the attributes of `draws`, and, if given, `at_least`, `true_effect` and `design`, a sentence
        that says to what the errors of the design belong.

    Raises
    ------
    SpecError
        The region, the probability or the kind of interval is not possible, or two pathways have the same name.
    FitError
        Draws are not finite, or there are fewer than 4 in a chain.

    References
    ----------
    Makowski, Ben-Shachar, Chen & Lüdecke (2019), doi:10.3389/fpsyg.2019.02767, on the probability of direction;
    Kruschke (2018), doi:10.1177/2515245918771304, on the region; Orth et al. (2024), doi:10.1037/met0000499;
    Vehtari et al. (2021), doi:10.1214/20-BA1221, on the errors.
    """
    low, high = rope_bounds(rope)
    _check_interval(prob, interval)
    require_distinct_pathways(map(str, draws["pathway"].values))
    values = _values(draws)
    out = {
        "mean": values.mean(axis=(1, 2)),
        "mcse_mean": mcse(values, "mean"),
        "median": np.median(values, axis=(1, 2)),
        "mcse_median": mcse(values, "median"),
        "sd": np.where(varies(values), values.std(axis=(1, 2), ddof=1), 0.0),
        "mcse_sd": mcse(values, "sd"),
    }
    out["lower"], out["upper"] = _bounds(values, prob, interval)
    out["mcse_lower"], out["mcse_upper"] = _bounds_error(values, prob, interval)
    settled = convergence(values)
    smallest = np.fmin(settled["ess_bulk"], settled["ess_tail"])
    positive, negative = values > 0, values < 0
    upwards = positive.mean(axis=(1, 2)) >= negative.mean(axis=(1, 2))
    events = {
        "prob_direction": np.where(upwards[:, None, None], positive, negative),
        "prob_rope": (values >= low) & (values <= high),
        "prob_above_rope": values > high,
        "prob_below_rope": values < low,
    }
    if at_least is not None:
        _check_at_least(at_least)
        events["prob_at_least"] = values >= at_least if at_least > 0 else values <= at_least
    for name, event in events.items():
        out[name] = event.mean(axis=(1, 2))
        out[f"mcse_{name}"] = mcse_probability(event, smallest, values)
    out |= settled
    if true_effect is not None:
        out["sampling_sd"] = np.full(len(values), np.nan) if sampling_sd is None else sampling_sd
        out["power"], out["type_s"], out["type_m"] = design_errors(true_effect, out["sampling_sd"])
    if "kind" in draws.coords:
        shares = np.isin(draws["kind"].values, kinds_with(lambda kind: not kind.effect))
        for name in [*events, *(f"mcse_{event}" for event in events), "power", "type_s", "type_m"]:
            if name in out:
                out[name] = np.where(shares, np.nan, out[name])
        of_units = np.isin(draws["kind"].values, kinds_with(lambda kind: kind.per_unit))
        for name in set(out) & {*SIZED, *(f"mcse_{event}" for event in SIZED)}:
            out[name] = np.where(of_units, np.nan, out[name])
    if "raw" in draws:
        raw = np.ascontiguousarray(draws["raw"].transpose("pathway", "chain", "draw").values, float)
        out |= {"raw_mean": raw.mean(axis=(1, 2)), "raw_sd": raw.std(axis=(1, 2), ddof=1)}
        out["raw_lower"], out["raw_upper"] = _bounds(raw, prob, interval)
    coords = {name: coord for name, coord in draws.coords.items() if coord.dims == ("pathway",)}
    attrs = {**draws.attrs, "rope": [low, high], "prob": prob, "interval": interval}
    asked = {"at_least": at_least, "true_effect": true_effect}
    attrs |= {name: value for name, value in asked.items() if value is not None}
    attrs |= {} if true_effect is None else {"design": SAID}
    return xr.Dataset({name: ("pathway", value) for name, value in out.items()}, coords=coords, attrs=attrs)


SIZED = ("prob_rope", "prob_above_rope", "prob_below_rope", "prob_at_least", "power", "type_s", "type_m")
"""What compares an effect with a stated size: of an effect per unit of something it would be about the unit."""

WIDEST = 1.0
"""Standardised effect (or log odds ratio) that nobody calls negligible."""


def rope_bounds(rope: Rope | Sequence[float]) -> tuple[float, float]:
    """Return the bounds of a region of practical equivalence.

    Raises
    ------
    SpecError
        When it is neither a positive number nor two finite bounds, the lower first; or lies on one side of 0, which
        would call no effect at all an effect; or reaches beyond 1 or -1, where no standardised effect (and no log odds
        ratio) is negligible.
    """
    try:
        low, high = (-float(rope), float(rope)) if isinstance(rope, (int, float)) else map(float, rope)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SpecError(
            "A region of practical equivalence is a positive half-width, or a lower bound and a larger upper bound.",
            f"You gave {rope!r}.",
            "Write for example rope=0.03, which means (-0.03, 0.03), or rope=(-0.03, 0.05).",
        )
    if low > 0 or high < 0:
        raise SpecError(
            "A region of practical equivalence holds 0: it is what is as good as no effect.",
            f"You gave {rope!r}.",
            "Write for example rope=0.03; for how probable an effect of some size is, at_least=0.1.",
        )
    if max(abs(low), abs(high)) > WIDEST:
        raise SpecError(
            f"A region of practical equivalence lies between -{WIDEST:g} and {WIDEST:g}: effects are standardised, or "
            "log odds ratios.",
            f"You gave {rope!r}.",
            "State what is negligible in standard deviations, such as rope=0.03, not in raw units or percent.",
        )
    return low, high


def _check_at_least(at_least: float) -> None:
    if not (math.isfinite(at_least) and at_least != 0):
        raise SpecError(
            "'at_least' is an effect, above or below 0.",
            f"You gave {at_least!r}.",
            "Write for example at_least=0.2; for an effect of 0, look at prob_direction.",
        )


def _check_interval(prob: float, interval: str) -> None:
    if not 0 < prob < 1:
        raise SpecError(
            "The probability of an interval lies between 0 and 1.",
            f"You gave {prob!r}.",
            "Write prob=0.95 for a 95 % interval.",
        )
    if interval not in INTERVALS:
        raise SpecError(
            f"An interval is one of {', '.join(INTERVALS)}.", f"You gave {interval!r}.", "Choose one of these."
        )


def _values(draws: xr.Dataset) -> Array:
    """Standardised draws [pathway, chain, draw], checked."""
    values = np.ascontiguousarray(draws["standardised"].transpose("pathway", "chain", "draw").values, float)
    if values.shape[2] < 4:
        raise FitError(
            "A summary needs at least 4 draws in each chain.",
            f"There are {values.shape[2]}.",
            "Sample longer: some hundreds of effective draws are a beginning.",
        )
    bad = draws["pathway"].values[~np.isfinite(values).all(axis=(1, 2))]
    if bad.size:
        shown = ", ".join(map(repr, bad[:3].tolist())) + (", ..." if bad.size > 3 else "")
        raise FitError(
            "Draws of a pathway are finite numbers.",
            f"Those of {bad.size} pathway(s) are not: {shown}.",
            "Look at checks(fit): the sampler diverged, or a standard deviation is 0.",
        )
    return values


def _bounds(values: Array, prob: float, interval: str) -> tuple[Array, Array]:
    if interval == "hdi":
        return hdi(values, prob)
    lower, upper = np.quantile(values.reshape(len(values), -1), [(1 - prob) / 2, (1 + prob) / 2], axis=1)
    return lower, upper


def _bounds_error(values: Array, prob: float, interval: str) -> tuple[Array, Array]:
    if interval == "hdi":
        return mcse_hdi(values, prob)
    return mcse(values, "quantile", (1 - prob) / 2), mcse(values, "quantile", (1 + prob) / 2)
