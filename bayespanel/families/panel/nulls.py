"""Prior densities at 0 of lags and of correlations between persons; products have those of their legs."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.families.panel import predictors
from bayespanel.families.panel.component import growth_units
from bayespanel.families.panel.components import effects, further
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.measurement import of_constructs
from bayespanel.families.panel.places import further_sd
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.stationary_prior import shares
from bayespanel.families.panel.statistics import covariate_sd
from bayespanel.language.prior import Prior
from bayespanel.summaries.nulls import (
    Nulls,
    correlation_at_zero,
    difference_at_zero,
    difference_of_correlations_at_zero,
    location_at_zero,
)

BEYOND = True
"""Whether a pathway is a smooth function of the parameters, so that the model's density says more than its draws."""


def nulls(spec: RICLPM, data: Moments, pathways: xr.Dataset) -> Nulls:
    """Return what Bayes factors of the pathways need.

    A lag has its prior in within-person standard deviations of the first wave, unless its row says otherwise. In
    continuous time that is the drift behind a cross-lag, and carry-over, which is never 0, has none. Cross-lags
    that are shrunk have none either: the density of their priors at 0 is infinite, and so would be every ratio to
    it. An effect of a covariate on what lasts has its own, in raw units. A correlation of stable parts has the one
    that LKJ gives it; of effects by wave the stable part is an average over waves and has no prior of its own. An
    indirect pathway has its two lags' factors; a total has none. A difference between groups has the prior of a
    difference of two such parameters; of a stationary process, whose prior is cut off, lags have that of
    `stationary_prior`, differences none.
    """
    seen = of_constructs(spec, data)
    unit = dict(zip(seen.variables, seen.scale.tolist(), strict=True))
    kind, source, target, via = (pathways[name].values for name in ("kind", "source", "target", "via"))
    interval, level = pathways["interval"].values, pathways["level"].values
    group = pathways["group"].values if "group" in pathways.coords else np.full(len(kind), "")
    lags = {(source[i], target[i], interval[i], group[i]): int(i) for i in np.flatnonzero(kind == "direct")}
    row, stable = process(spec).row, {part.level: part.name for part in effects(spec) if part.stable}
    scale, log_prior, legs = [], [], []
    settled = process(spec).stationary
    left = shares(spec, data) if settled else None
    for i in range(pathways.sizes["pathway"]):
        on, value = "", np.nan
        factors: tuple[int, ...] = ()
        if (kind[i] == "direct" and spec.shrinkage == "none") or (
            kind[i] == "carry_over" and not process(spec).continuous
        ):
            on, value = _of_lag(spec.prior(row), unit[target[i]] / unit[source[i]])
            if left is not None:  # the prior is cut off where the process would not settle
                at = spec.variables.index(target[i]), spec.variables.index(source[i])
                value += float(left.at_zero[at]) - left.whole
        elif kind[i] == "delayed":
            on, value = _of_lag(spec.prior("lag_2"), unit[target[i]] / unit[source[i]])
        elif kind[i] == "short_run":
            on, value = _of_lag(spec.prior("moving_average"), unit[target[i]] / unit[source[i]])
        elif kind[i] in ("predictor", "growth_predictor"):
            on, value = "raw", _of_predictor(spec, data, str(kind[i]), str(source[i]), unit[target[i]])
        elif kind[i] == "distal":
            name = str(pathways["pathway"].values[i])
            on, value = "raw", _of_outcome(spec, data, name, str(target[i]), unit[source[i]])
        elif kind[i] == "between" and level[i] in stable:
            corr = spec.prior(f"{stable[level[i]]}_corr")
            on, value = "standardised", correlation_at_zero(corr, len(spec.variables))
        elif kind[i] == "indirect":
            factors = _legs(lags, source[i], via[i], target[i], interval[i], data.waves, group[i])
        elif kind[i] == "path_moderation":
            prior = spec.prior("lag_moderation")
            if prior.scale == "standardised":
                on, value = "initial", location_at_zero(prior)
        elif kind[i] == "contrast" and not settled:
            short = str(pathways["pathway"].values[i]).startswith("short run")
            prior = spec.prior("moving_average" if short else row if pathways["lag"].values[i] == 1 else "lag_2")
            on, _ = _of_lag(prior, 1.0)
            value = difference_at_zero(prior, 1.0 if on == "initial" else unit[target[i]] / unit[source[i]])
        elif kind[i] == "contrast_between" and "pupil" in stable:
            corr = spec.prior(f"{stable['pupil']}_corr")
            on, value = "standardised", difference_of_correlations_at_zero(corr, len(spec.variables))
        scale.append(on)
        log_prior.append(value)
        legs.append(factors)
    return Nulls(tuple(scale), np.array(log_prior), tuple(legs))


def _of_predictor(spec: RICLPM, data: Moments, kind: str, covariate: str, unit: float) -> float:
    """Return the density at zero of the prior of an effect on what lasts."""
    row = spec.prior("covariate_effect")
    each = predictors.units(spec, wave_times(data)).ravel()
    unit = unit * float(each[-1 if kind == "growth_predictor" else 0])
    if row.scale == "standardised":
        unit /= float(covariate_sd(spec, data)[spec.covariates.index(covariate)])
    return location_at_zero(row, unit)


def _of_outcome(spec: RICLPM, data: Moments, name: str, outcome: str, unit: float) -> float:
    """Return the density at zero of the prior of an effect on an outcome after the last wave."""
    row = spec.prior("distal_deviation_effect" if name.startswith("deviation") else "distal_effect")
    if name.startswith("growth"):
        unit *= float(growth_units(wave_times(data))[1])
    sd = dict(zip(further(spec), further_sd(spec, data), strict=True))
    return location_at_zero(row, sd[outcome] / unit)


def _of_lag(row: Prior, unit: float) -> tuple[str, float]:
    """Return the scale on which the prior of a lag counts, and its density at zero there."""
    if row.scale == "standardised":
        return "initial", location_at_zero(row)
    return "raw", location_at_zero(row, unit)


def _legs(
    lags: dict[tuple[str, str, str, str], int],
    source: str,
    via: str,
    target: str,
    span: str,
    waves: tuple[str, ...],
    group: str,
) -> tuple[int, ...]:
    """Rows of the two lags of an indirect pathway: of one interval each, or of none where lags are averaged."""
    first = second = ""
    if span:
        start = next(t for t in range(len(waves) - 2) if f"{waves[t]}-{waves[t + 2]}" == span)
        first, second = (f"{waves[t]}-{waves[t + 1]}" for t in (start, start + 1))
    found = (lags.get((source, via, first, group)), lags.get((via, target, second, group)))
    return tuple(row for row in found if row is not None) if None not in found else ()
