"""The natural parameters of an RI-CLPM for maximum likelihood: lags and covariances.

Covariances within pupils are free symmetric matrices here, not forced to be positive definite: an improper solution is
reported as other programs report it, and said to be improper. Those of classes and schools end at zero.
"""

from __future__ import annotations

import numpy as np

from bayespanel.data import Moments
from bayespanel.families.panel import continuous, further, groups, predictors, stationary
from bayespanel.families.panel.augmented import refuse_augmented
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import (
    carried_means,
    further as further_cells,
    has_loadings,
    joint,
    known_sd,
    mean_dims,
    mean_loading,
    mean_units,
    means_enter,
    starting,
)
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.formed_anew import formed_anew
from bayespanel.families.panel.item_structure import items_of
from bayespanel.families.panel.measurement import constructs, of_constructs
from bayespanel.families.panel.places import further_sd
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying import refuse_varying
from bayespanel.inference.structure import Array, Arrays, Block, Normal, Structure

SHARE = {None: 0.5, "pupil": 0.4, "class": 0.1, "school": 0.1}
"""Level of a covariance -> share of the variance with which the search starts; None: deviations within pupils."""

FIRST_LAG = 0.2
"""Carry-over with which the search starts."""

ANEW = 0.1
"""The same of what is drawn anew at every wave."""


def structure(spec: RICLPM, moments: Moments, lag: Array | None = None) -> Structure:
    """Return the structure of an RI-CLPM, whose lags start at those given [interval, target, source].

    Raises
    ------
    SpecError
        Paths vary between schools: no closed form integrates their effects out.
    """
    refuse_varying(spec, "Maximum likelihood")
    refuse_augmented(spec, "Maximum likelihood")
    if groups.has_groups(spec):
        return groups.grouped(structure(groups.alone(spec), moments, lag), moments.group_names, groups.freed(spec))
    if spec.indicators:
        inner = structure(constructs(spec), of_constructs(spec, moments), lag)
        return items_of(inner, spec, moments)
    times = wave_times(moments)
    waves, k = len(times), len(spec.variables)
    sd = moments.scale
    centre = moments.centre.reshape(waves, k)
    blocks = [
        *_means(spec, centre, sd, times),
        continuous.block(times, sd, lag) if process(spec).continuous else _lags(spec, waves, sd, lag),
        *(_covariance(part, times, sd) for part in spec.components() if part.estimated),
    ]
    after = 1 + [block.name in ("lag", "drift") for block in blocks].index(True)
    blocks[after:after] = _second_lags(spec, waves, sd)
    if has_loadings(spec):
        ones = np.ones((waves - 1, k))
        blocks.append(Block("intercept_loading", ("later_wave", "variable"), ones, ones))
    part = starting(spec)
    if part is not None:
        blocks.append(_first_loading(part, times, sd))
    if spec.covariates:
        blocks.insert(1, predictors.block(spec, times, sd))

    blocks += further.blocks(spec, moments)
    at_waves, more, given = mean_loading(spec, times), further_cells(spec), spec.covariates and not joint(spec)

    def following(a: Arrays) -> Arrays:
        out = stationary.following(a) if process(spec).stationary else {}
        return out | ({"mean": _mean_at_waves(spec, a, at_waves, times)} if means_enter(spec) else {})

    def forward(a: Arrays) -> Normal:
        inner, outer = _clusters(spec, a)
        effect = predictors.at_waves(spec, a, times) if given else None
        rows = _coefficients(_mean_at_waves(spec, a, at_waves, times), centre, effect)
        if more:
            rows = np.concatenate([rows, further.coefficients(spec, a, moments)[None]], axis=1)
        sigma = further.covariance(spec, a, times)[None]
        if not all(stationary.exists(c).all() for name, c in following(a).items() if name.endswith("_cov")):
            sigma = np.full_like(sigma, np.nan)  # no such process exists: the likelihood is zero
        return sigma, rows, inner, outer

    def adjoint(a: Arrays, g: Normal) -> Arrays:
        result = further.adjoint(spec, a, times, g[0][0])
        d_coefficients = g[1][0][: waves * k].reshape(waves, k, -1)
        if more:
            _add(result, further.coefficients_adjoint(spec, a, g[1][0][waves * k :]))
        _add(result, _means_adjoint(spec, a, at_waves, times, d_coefficients[:, :, 0]))
        if given:
            _add(result, predictors.adjoint(spec, a, times, d_coefficients[:, :, 1:]))
        for level, d in zip(spec.cluster_levels, g[2:], strict=False):
            result[f"{level}_cov"] = d
        return result

    known = known_sd(spec, sd)[:, None, None] ** 2
    constants = {part.block: known for part in spec.components() if part.fixed}
    return Structure(tuple(blocks), forward, adjoint, constants, following)


def saturated(spec: RICLPM, moments: Moments, *, diagonal: bool = False) -> Structure:
    """Return the structure with free means and a free covariance of all cells at every level.

    Parameters
    ----------
    spec, moments
        The model whose levels and covariates are taken over.
    diagonal
        Keep all covariances, and the effects of covariates, at zero: the baseline of comparative fit indices.

    Raises
    ------
    SpecError
        Paths vary between schools.
    """
    refuse_varying(spec, "Maximum likelihood")
    refuse_augmented(spec, "Maximum likelihood")
    if groups.has_groups(spec):  # everything of pupils differs between groups, nothing of classes and schools
        one = saturated(groups.alone(spec), moments, diagonal=diagonal)
        return groups.grouped(one, moments.group_names, ("coefficients", "pupil"))
    cells = moments.n_cells
    sd = np.concatenate([np.tile(moments.scale, len(moments.waves)), further_sd(spec, moments)])
    p = len(sd)
    regressors = 1 + (0 if joint(spec) else len(spec.covariates))
    m = 1 if diagonal else regressors
    names = ["pupil_cov", *(f"{level}_cov" for level in spec.cluster_levels)]
    starts = [1.0 - 0.1 * len(spec.cluster_levels), *[0.1] * len(spec.cluster_levels)]
    blocks = [Block("coefficients", ("cell", "regressor"), np.zeros((p, m)), np.tile(sd[:, None], (1, m)))]
    for name, share in zip(names, starts, strict=True):
        anew = formed_anew(moments, name.removesuffix("_cov"))
        own = sd if name == "pupil_cov" else sd[: len(moments.variables) if anew else cells]
        if diagonal:  # a matrix of one row per cell, so that none becomes negative
            variance = (own**2)[:, None, None]
            blocks.append(Block(name, ("cell", "one", "one_"), share * variance, variance, symmetric=True))
        else:
            start, dims = share * np.diag(own**2), ("variable", "variable_") if anew else ("cell", "cell_")
            blocks.append(Block(name, dims, start, np.outer(own, own), symmetric=True))

    def forward(a: Arrays) -> Normal:
        b = np.zeros((1, p, regressors), a["coefficients"].dtype)
        b[0, :, :m] = a["coefficients"]
        covariances = [np.diag(a[name].ravel()) if diagonal else a[name] for name in names]
        none = np.zeros((0, 0))
        covariances += [none] * (3 - len(covariances))
        return covariances[0][None], b, covariances[1], covariances[2]

    def adjoint(_: Arrays, g: Normal) -> Arrays:
        out = {"coefficients": g[1][0][:, :m]}
        for name, d in zip(names, (g[0][0], g[2], g[3]), strict=False):
            out[name] = np.diag(d)[:, None, None] if diagonal else d
        return out

    return Structure(tuple(blocks), forward, adjoint)


def _lags(spec: RICLPM, waves: int, sd: Array, lag: Array | None) -> Block:
    """Return the block of the lags, which start at those given, or at small ones."""
    number, k = process(spec).number(waves), len(sd)
    start = np.tile(FIRST_LAG * np.eye(k), (number, 1, 1)) if lag is None else process(spec).pooled(lag)
    unit = np.tile(sd[:, None] / sd[None, :], (number, 1, 1))
    return Block("lag", ("interval", "target", "source"), start, unit)


def _covariance(part: Component, times: Array, sd: Array) -> Block:
    """Return the block of a component: within pupils a free symmetric matrix, of clusters one that ends at zero."""
    waves = len(times)
    wide = np.resize(sd, part.size(waves, len(sd))) * part.factor(times, len(sd))
    start, unit = (ANEW if part.anew else SHARE[part.level]) * np.diag(wide**2), np.outer(wide, wide)
    dims: tuple[str, ...] = part.side
    if part.name in ("innovation", "diffusion"):  # one for each interval, or one for all
        copies = (part.number(waves), 1, 1)
        dims, start, unit = ("interval", *part.side), np.tile(start, copies), np.tile(unit, copies)
    if not part.correlated:  # a matrix of one row per variable, or per cell
        dims, start, unit = (part.side[0], "one", "one_"), np.diag(start)[:, None, None], np.diag(unit)[:, None, None]
    return Block(part.block, dims, start, unit, symmetric=True, beyond=part.level in (None, "pupil"))


def _second_lags(spec: RICLPM, waves: int, sd: Array) -> list[Block]:
    """Return the blocks of what reaches over two intervals, at first 0, and of lags of the first interval alone."""
    lags, k = process(spec), len(sd)
    if lags.averages:
        dims, ratio = lags.average_dims, sd[:, None] / sd
        unit = ratio if len(dims) == 2 else np.ones(k)
        return [Block("moving_average", dims, np.zeros(unit.shape), unit)]
    if not lags.second:
        return []
    shape, unit = (lags.second_number(waves), k, k), sd[:, None] / sd[None, :]
    out = [Block("lag_2", ("span", "target", "source"), np.zeros(shape), np.broadcast_to(unit, shape).copy())]
    return out + ([Block("first_lag", ("target", "source"), 0.2 * np.eye(k), unit)] if lags.apart else [])


def _first_loading(part: Component, times: Array, sd: Array) -> Block:
    """Return the block of the effects on the first wave of what lasts in pupils: at first 1, of intercepts alone."""
    k, size = len(sd), part.size(len(times), len(sd))
    if part.start == "own":
        return Block("first_loading", part.start_dims, np.ones(k), np.ones(k))
    unit = sd[:, None] / (np.resize(sd, size) * part.factor(times, k))
    return Block("first_loading", part.start_dims, np.eye(k, size), unit)


def _means(spec: RICLPM, centre: Array, sd: Array, times: Array) -> list[Block]:
    dims, load, wanted = mean_dims(spec), mean_loading(spec, times), centre
    if means_enter(spec):  # what lags, at the start, do not carry on
        load, wanted = load[1:], centre[1:] - FIRST_LAG * centre[:-1]
    start = np.linalg.lstsq(load, wanted)[0]
    unit = mean_units(spec, times)[:, None] * sd
    if len(dims) == 1:
        return [Block("mean", dims, start[0], unit[0])]
    first = [Block("first_mean", ("variable",), centre[0], sd)] if means_enter(spec) else []
    return [Block("mean", dims, start, unit), *first]


def _mean_at_waves(spec: RICLPM, a: Arrays, at_waves: Array, times: Array) -> Array:
    """Return the means of scores [wave, variable]."""
    if means_enter(spec):
        return np.asarray(carried_means(a["lag"], a["mean"], a["first_mean"], times))
    return np.asarray(at_waves @ a["mean"].reshape(at_waves.shape[1], -1))


def _means_adjoint(spec: RICLPM, a: Arrays, at_waves: Array, times: Array, gradient: Array) -> Arrays:
    """Return the gradient for the blocks from that for the means of scores [wave, variable]."""
    if not means_enter(spec):
        return {"mean": (at_waves.T @ gradient).reshape(a["mean"].shape)}
    lag, means, each = a["lag"], _mean_at_waves(spec, a, at_waves, times), gradient.copy()
    d_lag = np.zeros(lag.shape, np.result_type(lag, gradient))
    for t in range(len(times) - 1, 0, -1):
        at = min(t - 1, len(lag) - 1)
        d_lag[at] += np.outer(each[t], means[t - 1])
        each[t - 1] += lag[at].T @ each[t]
    return {"lag": d_lag, "mean": at_waves[1:].T @ each[1:], "first_mean": each[0]}


def _coefficients(mean: Array, centre: Array, effect: Array | None) -> Array:
    columns = [(mean - centre)[:, :, None]]
    if effect is not None:
        columns.append(effect)
    return np.concatenate(columns, axis=2).reshape(1, centre.size, -1)


def _add(out: Arrays, more: Arrays) -> None:
    for name, value in more.items():
        out[name] = out[name] + value if name in out else value


def _clusters(spec: RICLPM, a: Arrays) -> tuple[Array, Array]:
    found = [a[f"{level}_cov"] for level in spec.cluster_levels]
    found += [np.zeros((0, 0))] * (2 - len(found))
    return found[0], found[1]
