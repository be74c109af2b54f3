"""Balanced trials of schools in two arms whose posterior of the effect is a sum over a grid, with no sampler.

Given the residual SD s and the school SD t the model is a regression with known variances, so that mean and slope of
the baseline integrate out in closed form and the likelihood of the effect e alone is normal::

    L(e) = sum_(s, t) p(s) p(t) p(y | s, t) Normal(e; d(s, t), v(s, t))

with p(y | s, t) under a flat effect. Any prior of the effect multiplies L on a grid of effects. Written without the
library's likelihood, model or data layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bayespanel.language.prior import Prior

Array = NDArray[np.float64]

BASELINE = {"school": 0.8, "pupil": 0.6}
"""Correlations of a baseline with the outcome between schools, and within them."""

RESIDUALS = 13
"""Points of the grid of residual SDs, four standard errors to both sides."""

STEP = 0.05
"""Of the grid of school SDs, in SDs of the outcome. The integrand is even in the school SD, so that a sum is exact to
rounding unless it is narrower than a step."""


@dataclass(frozen=True)
class Trials:
    """Scores of many trials: y and x [trial, school, pupil], x of the baseline or None; arm [school] of 0 and 1."""

    y: Array
    x: Array | None
    arm: NDArray[np.int64]


def trials(
    number: int, schools: int, pupils: int, icc: float, effect: float, *, baseline: bool, rng: np.random.Generator
) -> Trials:
    """Draw trials with so many schools in each arm; the outcome has a total SD of 1 within arms."""
    arm = np.repeat([0, 1], schools)
    shape = (number, 2 * schools, pupils)
    normal = rng.normal
    at_school, at_pupil = normal(size=(2, *shape[:2], 1)), normal(size=(2, *shape))
    for part, r in ((at_school, BASELINE["school"]), (at_pupil, BASELINE["pupil"])):
        part[1] = r * part[0] + np.sqrt(1 - r**2) * part[1]
    x, y = np.sqrt(icc) * at_school + np.sqrt(1 - icc) * at_pupil
    return Trials(y + effect * arm[None, :, None], x if baseline else None, arm)


@dataclass(frozen=True)
class Likelihood:
    """Of the effect: value [trial, grid] over `effect` [trial, grid]; the model's unit [trial], the SD within arms.

    `variance` [trial, grid] is the same sum with each term times v(s, t), the sampling variance of the estimate.
    """

    effect: Array
    value: Array
    variance: Array
    unit: Array


def likelihood(data: Trials, school_sd: Prior, *, points: int = 241, reach: float = 9.0) -> Likelihood:
    """Return the likelihood of the effect, all else integrated over the default priors and that of the school SD."""
    number, schools, pupils = data.y.shape
    n, z = schools * pupils, data.arm.astype(float)
    y_bar = data.y.mean(2)
    within = data.y - y_bar[..., None]
    by_arm = np.stack([y_bar[:, data.arm == g].mean(1) for g in (0, 1)], 1)[:, data.arm]
    unit = np.sqrt(((data.y - by_arm[..., None]) ** 2).sum((1, 2)) / n)
    columns, prior_precision = [np.ones((number, schools)), np.broadcast_to(z, (number, schools))], [1 / 25, 0.0]
    cross = np.zeros((number, 3))  # within schools: yy, xy, xx
    cross[:, 0] = (within**2).sum((1, 2))
    if data.x is not None:
        x = data.x - data.x.mean((1, 2), keepdims=True)
        x_bar = x.mean(2)
        x_within = x - x_bar[..., None]
        cross[:, 1], cross[:, 2] = (within * x_within).sum((1, 2)), (x_within**2).sum((1, 2))
        columns.append(x_bar)
        x_arm = np.stack([x_bar[:, data.arm == g].mean(1) for g in (0, 1)], 1)[:, data.arm]
        prior_precision.append(((x - x_arm[..., None]) ** 2).sum((1, 2)) / n)  # one SD of y per SD of x
    design = np.stack(columns, 2)  # [trial, school, column]
    k = design.shape[2]
    centre = y_bar.mean(1)
    deviation = y_bar - centre[:, None]
    xx = np.einsum("rjk,rjl->rkl", design, design)
    xy, yy = np.einsum("rjk,rj->rk", design, deviation), (deviation**2).sum(1)

    free = n - schools
    rough = cross[:, 0] - (cross[:, 1] ** 2 / np.where(cross[:, 2] > 0, cross[:, 2], 1) if k == 3 else 0)
    s = np.sqrt(rough / free)[:, None] * np.exp(np.linspace(-4, 4, RESIDUALS) / np.sqrt(2 * free))
    t = np.arange(0, _reach(school_sd) + STEP, STEP)  # in units
    s, t = s[:, :, None], unit[:, None, None] * t
    between = t**2 + s**2 / pupils
    precision = xx[:, None, None] / between[..., None, None]
    score = xy[:, None, None] / between[..., None]
    square = yy[:, None, None] / between + cross[:, 0, None, None] / s**2
    if k == 3:
        precision[..., 2, 2] += cross[:, 2, None, None] / s**2
        score[..., 2] += cross[:, 1, None, None] / s**2
    for i, p in enumerate(prior_precision):
        precision[..., i, i] += (p / unit**2)[:, None, None]
    inverse = np.linalg.inv(precision)
    estimate = np.einsum("...kl,...l->...k", inverse, score)
    log_weight = (
        -0.5 * (square - np.einsum("...k,...k->...", score, estimate))
        + 0.5 * np.log(np.linalg.det(inverse))
        - 0.5 * schools * np.log(between)
        - free * np.log(s)
        + np.log(s)  # the grid is even in log s
        + stats.halfnorm.logpdf(s / unit[:, None, None])
        + log_density(school_sd, t / unit[:, None, None])
    )
    log_weight[..., 0] += np.log(0.5)  # the end of an even integrand
    weight = np.exp(log_weight - log_weight.max((1, 2), keepdims=True))
    weight = (weight / weight.sum((1, 2), keepdims=True)).reshape(number, -1)
    d, v = estimate[..., 1].reshape(number, -1), inverse[..., 1, 1].reshape(number, -1)
    middle = (weight * d).sum(1)
    spread = np.sqrt((weight * (v + (d - middle[:, None]) ** 2)).sum(1))
    effect = middle[:, None] + spread[:, None] * np.linspace(-reach, reach, points)
    value, variance = np.empty_like(effect), np.empty_like(effect)
    for r in range(number):
        keep = weight[r] > 1e-9 * weight[r].max()
        deviate = (effect[r] - d[r, keep, None]) ** 2 / v[r, keep, None]
        normal = np.exp(-0.5 * deviate)
        value[r] = (weight[r, keep] / np.sqrt(2 * np.pi * v[r, keep])) @ normal
        variance[r] = (weight[r, keep] * np.sqrt(v[r, keep] / (2 * np.pi))) @ normal
    return Likelihood(effect, value, variance, unit)


@dataclass(frozen=True)
class Posterior:
    """Of the effect [trial]: mean, sd, 95 % interval, and the log Bayes factor against 0.

    `sampling_sd` is the root of the posterior mean of the sampling variance of the estimate.
    """

    mean: Array
    sd: Array
    sampling_sd: Array
    lower: Array
    upper: Array
    log_bf10: Array


def posterior(given: Likelihood, prior: Prior | None) -> Posterior:
    """Return the posterior under a prior of the effect, in units; None is a flat one, without a Bayes factor."""
    e, unit = given.effect, given.unit[:, None]
    density = np.ones_like(e) if prior is None else np.exp(log_density(prior, e / unit)) / unit
    product = density * given.value
    step = e[:, 1:2] - e[:, :1]
    total = product.sum(1, keepdims=True) * step
    p = product / total * step
    mean = (p * e).sum(1)
    sd = np.sqrt((p * (e - mean[:, None]) ** 2).sum(1))
    sampling_sd = np.sqrt((density * given.variance).sum(1) / product.sum(1))
    cumulative = np.cumsum(p, 1) - 0.5 * p
    lower, upper = (np.array([np.interp(q, c, x) for c, x in zip(cumulative, e, strict=True)]) for q in (0.025, 0.975))
    if prior is None:
        return Posterior(mean, sd, sampling_sd, lower, upper, np.full(len(mean), np.nan))
    # log L(0) rather than L(0): far from the data the likelihood falls by many powers of ten.
    with np.errstate(divide="ignore"):
        at_zero = np.array([np.interp(0.0, x, np.log(y)) for x, y in zip(e, given.value, strict=True)])
    return Posterior(mean, sd, sampling_sd, lower, upper, np.log(total[:, 0]) - at_zero)


def log_density(row: Prior, value: Array) -> Array:
    """Log-density of a standardised row."""
    *freedom, width = row.arguments
    found = {
        "Normal": lambda: stats.norm.logpdf(value, freedom[-1], width),
        "StudentT": lambda: stats.t.logpdf(value, freedom[0], freedom[-1], width),
        "HalfNormal": lambda: stats.halfnorm.logpdf(value, scale=width),
        "HalfStudentT": lambda: np.log(2) + stats.t.logpdf(value, freedom[0], scale=width),
        "Exponential": lambda: stats.expon.logpdf(value, scale=width),
    }[row.distribution]()
    return np.asarray(found)


def _reach(school_sd: Prior) -> float:
    """School SD beyond which the prior leaves nothing that counts."""
    width = school_sd.arguments[-1]
    return {"HalfNormal": 5 * width, "Exponential": 12 * width}.get(school_sd.distribution, 12 * width)
