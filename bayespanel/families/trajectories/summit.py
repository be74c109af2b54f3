"""The last steps to a maximum, and what it is: inside, or where a parameter runs to its limit or to infinity.

A likelihood of classes often rises for ever along some direction: pupils of a class who all chose one category, a class
that empties, thresholds of a category that nobody chose. The curvature along it goes to zero as the gradient does. Such
directions are set apart, the point is judged along all others, and what runs away is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayespanel.families.trajectories.em import FLOOR
from bayespanel.families.trajectories.plan import Array, Plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.unbounded_vector import sizes, unpack
from bayespanel.inference.verdict import Verdict, judge

Objective = Callable[[Array], tuple[float, Array]]
"""The log-likelihood of a vector and its gradient."""

FARTHEST = 100.0
"""Bound of coefficients in units of the plan: a class of pupils who all chose the lowest category has no maximum."""

HELD = 1e-2
"""Curvature of the log-likelihood, in units of the plan, below which the data do not hold a direction: its standard
error would be above 10 SDs of the scores."""

REACHES = (1.0, 3.0, 10.0)
"""Steps along such a direction, in units of the plan, both ways."""

RISES = 1e-2
"""Rise of the log-likelihood along it beyond which the point is no maximum, nor the limit of one."""

NAMED = 0.1
"""Share of such a direction that a parameter has if it is named."""

NEWTON = 20
"""Newton steps at most."""

STEP = 1e-3
"""Of five-point differences of the exact gradient: the error is of the order of step^4 and of rounding, 1e-11."""

SMALL = 1e-3
"""Root of a random effect's variance, in units of the plan, that is none."""


@dataclass(frozen=True, eq=False)
class Summit:
    """A maximum.

    Attributes
    ----------
    log_likelihood
        With every constant.
    vector : [parameter]
    covariance : [parameter, parameter]
        Inverse of the observed information along what the data hold; NaN where there is no maximum.
    loose : [parameter, direction]
        Directions that are set apart: limits and what runs to infinity.
    verdict
        How the point was judged.
    """

    log_likelihood: float
    vector: Array
    covariance: Array
    loose: Array
    verdict: Verdict


def limits(spec: Trajectories, layout: Plan) -> list[tuple[float, float]]:
    """Return the least and greatest value of each parameter."""
    out: list[tuple[float, float]] = []
    for name, size in sizes(spec, layout).items():
        low, high = {"variance": (np.log(FLOOR), 5.0), "gap": (-6.0, 6.0), "cv": (-6.0, 4.0)}.get(
            name, (-FARTHEST, FARTHEST)
        )
        out += [(low, high)] * size
    return out


def summit(spec: Trajectories, layout: Plan, function: Objective, vector: Array) -> Summit:
    """Take Newton steps from near a maximum while they gain, and judge the point where they end."""
    low, high = np.array(limits(spec, layout)).T
    value, gradient = function(vector)
    units = float(layout.rows.n_pupils)
    for step in range(NEWTON + 1):
        information = -_curvature(function, vector)
        at_limit = (vector <= low + 1e-8) & (gradient < 0) | (vector >= high - 1e-8) & (gradient > 0)
        free = np.flatnonzero(~at_limit)
        values, directions = np.linalg.eigh(information[np.ix_(free, free)])
        held = np.zeros((len(vector), int((values > HELD).sum())))
        held[free] = directions[:, values > HELD]
        loose = np.eye(len(vector))[:, at_limit]
        apart = np.zeros((len(vector), int((values <= HELD).sum())))
        apart[free] = directions[:, values <= HELD]
        converged, gain, covariance = judge(held.T @ gradient, held.T @ information @ held, -np.inf, units)
        if step == NEWTON or gain < 1e-12 or not np.isfinite(gain):
            break
        ahead = np.clip(vector + held @ covariance @ (held.T @ gradient), low, high)
        new = function(ahead)
        if not new[0] >= value:
            break
        vector, (value, gradient) = ahead, new
    rises = _rise(function, vector, value, apart, low, high)
    converged = converged and rises < RISES
    loose = np.hstack([loose, apart])
    boundary = _runaways(spec, layout, loose)
    verdict = Verdict(
        converged=converged,
        boundary=boundary,
        improper=_improper(spec, layout, vector),
        gain=max(gain, rises),
        gradient=float(np.abs(held.T @ gradient).max(initial=0.0)) / units,
    )
    spread = held @ covariance @ held.T if converged else np.full((len(vector), len(vector)), np.nan)
    return Summit(float(value), vector, spread, loose, verdict)


def _curvature(function: Objective, vector: Array) -> Array:
    """Second derivatives by five-point differences of the exact gradient."""
    out = np.empty((len(vector), len(vector)))
    for i in range(len(vector)):
        step = np.zeros(len(vector))
        step[i] = STEP
        far, near, back, farthest = (function(vector + s * step)[1] for s in (2, 1, -1, -2))
        out[i] = (8 * (near - back) - (far - farthest)) / (12 * STEP)
    return 0.5 * (out + out.T)


def _rise(function: Objective, vector: Array, value: float, apart: Array, low: Array, high: Array) -> float:
    """How far the log-likelihood rises along directions that the data do not hold."""
    reached = [value]
    for direction in apart.T:
        for reach in REACHES:
            for sign in (1.0, -1.0):
                reached.append(function(np.clip(vector + sign * reach * direction, low, high))[0])
    return float(max(reached)) - value


def _runaways(spec: Trajectories, layout: Plan, loose: Array) -> tuple[str, ...]:
    """Name the parameters that are at a limit or run to infinity."""
    share = (loose**2).sum(axis=1)
    out: list[str] = []
    at = 0
    classes = spec.trajectories
    for name, size in sizes(spec, layout).items():
        here = share[at : at + size] > NAMED
        at += size
        if name == "growth":
            for k in np.flatnonzero(here.reshape(layout.classes, -1).any(axis=1)):
                out.append(f"the course of class '{classes[k]}' runs to where its scores are certain, or is not held")
        elif here.any():
            out.append(
                {
                    "variance": f"a residual variance is at its least, {FLOOR:g} of that of the scores",
                    "root": "a random effect has no variance, or a correlation of one",
                    "gap": "a category between two thresholds is empty",
                    "cv": "rates of pupils do not spread around their course: numbers of events are Poisson",
                    "excess": "the share of zeros beside the distribution runs to its limit",
                    "logit": "the share of a class, or a predictor's effect on it, runs to its limit",
                }[name]
            )
    return tuple(out)


def _improper(spec: Trajectories, layout: Plan, vector: Array) -> tuple[str, ...]:
    """Name what has no proper value: a residual variance at its floor, random effects with a singular covariance."""
    values = unpack(spec, layout, vector)
    out = []
    if values.variance is not None and values.variance.min() < FLOOR * (1 + 1e-6):
        out.append("a residual variance is at its least: a class describes copies of one pupil")
    if values.root is not None and min(abs(float(row[i])) for i, row in enumerate(values.root)) < SMALL:
        out.append("the covariance of the random effects is not positive definite")
    return tuple(out)
