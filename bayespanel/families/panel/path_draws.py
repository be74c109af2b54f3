"""The numbers from which pathways are made: lags of the intervals between waves, or of waves any time apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from bayespanel.families.panel.components import effects
from bayespanel.families.panel.continuous import MOST, looked_at, median_gap, times_of
from bayespanel.families.panel.derive import (
    Array,
    all_lags,
    averages,
    draws_of,
    level_covariance,
    loading_draws,
    second_lags,
)
from bayespanel.families.panel.pathways_beside import rows_beside
from bayespanel.families.panel.process import average_matrix, over_intervals, process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying_scale import units_of_lags
from bayespanel.families.shared.pathways import Row

AVERAGED = (
    "A pathway without an interval is, for each draw, the mean of its standardised value over all intervals (a "
    "product: over all spans of as many consecutive intervals as it has steps); its raw value is the same in each."
)


SPACED = (
    "Time is continuous. Pathways are those between waves {per:g} apart, in the unit of the times of waves: for each "
    "draw the mean of their standardised values over such waves, from the first wave on, at most {most} of them. Their "
    "raw values are the same everywhere. A Bayes factor weighs the drift behind a pathway."
)


@dataclass(frozen=True, eq=False)
class Draws:
    """The numbers from which pathways are made.

    Attributes
    ----------
    standardised, raw : [chain, draw, interval, target, source]
        Lags on both scales, for every interval.
    initial_sd : [chain, draw, variable]
        Within-person standard deviations at the first wave.
    variables, waves
        Their labels.
    horizon
        Waves that a total effect spans.
    by_interval
        Whether rows are per interval, or averaged.
    between : dict of [chain, draw, variable, variable]
        Covariance of the stable parts at each level, raw units.
    second : [chain, draw, interval, target, source], twice
        Lags over two intervals, standardised and raw, that end where the interval ends; None without them.
    average : [chain, draw, interval, target, source], twice
        Moving averages that act in the interval, standardised and raw; None without them.
    beside
        Rows about covariates and later outcomes by kind.
    before
        Label of the wave before `waves`: of second order, the first, from which the first interval starts the process.
    averaging
        What a pathway without an interval is, in words.
    drift : [chain, draw, target, source]
        In continuous time, the drift.
    units : [chain, draw, target, source]
        Standardised lag per raw lag, the mean over intervals, where paths vary between schools.
    usual
        The median gap between waves, in which drifts count.
    per
        In continuous time, how far apart the waves are; None where pathways are between those that were observed.
    """

    standardised: Array
    raw: Array
    initial_sd: Array
    variables: tuple[str, ...]
    waves: tuple[str, ...]
    horizon: int
    by_interval: bool
    between: dict[str, Array]
    second: tuple[Array, Array] | None = None
    average: tuple[Array, Array] | None = None
    beside: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    before: str = ""
    averaging: str = ""
    drift: Array | None = None
    units: Array = field(default_factory=lambda: np.ones((1, 1, 1, 1)))
    usual: float = 1.0
    per: float | None = None


def between_waves(
    spec: RICLPM, posterior: xr.Dataset, waves: tuple[str, ...], start: int, horizon: int, *, by_interval: bool
) -> Draws:
    """Return the numbers of the intervals between the waves."""
    second, raw = second_lags(posterior), all_lags(posterior)
    apart = by_interval or process(spec).by_interval
    return Draws(
        standardised=draws_of(posterior, "lag_standardised")[:, :, start:],
        raw=raw[:, :, start:],
        second=None if second is None else (draws_of(posterior, "lag_2_standardised"), second),
        average=_averages(spec, posterior),
        before=waves[0] if start else "",
        initial_sd=draws_of(posterior, "initial_sd"),
        variables=spec.variables,
        waves=waves[start:],
        horizon=horizon,
        by_interval=apart,
        between=_between_covariance(spec, posterior),
        averaging="" if apart else AVERAGED,
        drift=draws_of(posterior, "drift") if process(spec).continuous else None,
        usual=median_gap(times_of(posterior)),
        beside=rows_beside(spec, posterior),
        units=units_of_lags(posterior) if spec.varying else np.ones((1, 1, 1, 1)),
    )


def spaced(spec: RICLPM, posterior: xr.Dataset, horizon: int) -> Draws:
    """Return the numbers of a process in continuous time, seen at waves so far apart as the specification says."""
    times = times_of(posterior)
    per = median_gap(times) if spec.per is None else spec.per
    drift, initial = draws_of(posterior, "drift"), level_covariance(posterior, "initial")
    lag, _, sd = looked_at(drift, level_covariance(posterior, "diffusion"), initial, times, per, horizon)
    steps = sd.shape[2] - 1
    raw = np.broadcast_to(lag[:, :, None], (*lag.shape[:2], steps, *lag.shape[2:]))
    with np.errstate(divide="ignore", invalid="ignore"):  # a truth may be without variance
        standardised = raw * sd[:, :, :-1, None, :] / sd[:, :, 1:, :, None]
    return Draws(
        standardised=standardised,
        raw=raw,
        initial_sd=draws_of(posterior, "initial_sd"),
        variables=spec.variables,
        waves=tuple(f"{times[0] + per * step:g}" for step in range(steps + 1)),
        horizon=horizon,
        by_interval=False,
        between=_between_covariance(spec, posterior),
        averaging=SPACED.format(per=per, most=MOST + 1),
        drift=drift,
        usual=median_gap(times),
        per=per,
        beside=rows_beside(spec, posterior),
    )


def _averages(spec: RICLPM, posterior: xr.Dataset) -> tuple[Array, Array] | None:
    """Moving averages of every interval [chain, draw, interval, target, source], standardised and raw."""
    raw, own = averages(posterior), process(spec).average == "own"
    if raw is None:
        return None
    scaled = average_matrix(draws_of(posterior, "moving_average_standardised"), raw.shape[-1], own=own)
    return scaled, over_intervals(raw, scaled.shape[2])


def _between_covariance(spec: RICLPM, posterior: xr.Dataset) -> dict[str, Array]:
    """Covariance [chain, draw, variable, variable] of the stable parts at each level that has them."""
    out = {}
    for part in effects(spec):
        covariance = level_covariance(posterior, part.name)
        if not part.stable:  # what changes over waves: the covariance of its averages over them
            load = loading_draws(posterior, part, len(spec.variables)).mean(axis=2)
            covariance = load @ covariance @ np.swapaxes(load, -1, -2)
        out[str(part.level)] = covariance
    return out
