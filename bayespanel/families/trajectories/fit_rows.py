"""Rows of checks about the fit of trajectories: courses and spread of classes, pupils within one, and no classes."""

from __future__ import annotations

from typing import Any

import xarray as xr

from bayespanel.families.trajectories.against_continuum import CLEAR, problem
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.inference.checks import FIT, Check, attempted, unknown
from bayespanel.inference.likelihood_ratio import UNLIKELY

COURSES = "absolute fit, p of the courses of classes"
SPREAD = "absolute fit, p of the spread around courses"
CONTINUUM = "BIC of one continuum of courses less that of the classes"
WITHIN = "courses that differ within a class (z of a score test)"

DIFFER = 2.33
"""Upper 1 % of a standard normal: of the score test for courses that differ within a class."""


def fit_rows(spec: Trajectories, posterior: xr.Dataset, _data: object) -> list[Check]:
    """Return the rows of what was found when the model was fitted, and is kept with its draws; none where nothing was.

    Sizes of classes are free: at the maximum they are the mean of what pupils say, and nothing is left to compare.
    """
    rows = []
    if "shape_failed" in posterior.attrs:
        rows.append(unknown(COURSES, str(posterior.attrs["shape_failed"])))
    rows += attempted(COURSES, lambda: _courses(spec, posterior))
    rows += attempted(SPREAD, lambda: _spread(spec, posterior))
    rows += attempted(CONTINUUM, lambda: _continuum(posterior))
    return rows + attempted(WITHIN, lambda: _within(spec, posterior))


def _courses(spec: Trajectories, posterior: xr.Dataset) -> list[Check]:
    """Whether mean courses have the shape of the model; no row where each wave has a mean of its own."""
    if "course_p" not in posterior.attrs:
        return []
    size = float(posterior.attrs["course_size"])
    side = "above" if size > 0 else "below"
    richer = {"constant": "growth='linear'", "linear": "growth='quadratic' or 'free'"}
    tried = richer.get(spec.growth, "growth='free'") if isinstance(spec.growth, str) else "growth='free'"
    return [
        _row(
            COURSES,
            "course",
            posterior.attrs,
            f"The mean of {posterior.attrs['course_where']} lies {side} its course, by some {abs(size):.2f} SDs of all "
            "scores",
            f"Try {tried}.",
        )
    ]


def _spread(spec: Trajectories, posterior: xr.Dataset) -> list[Check]:
    """Whether scores spread around courses as the model says; no row where each class and wave has its own variance."""
    if "spread_p" not in posterior.attrs:
        return []
    much = "more" if float(posterior.attrs["spread_size"]) > 0 else "less"
    richer = {"equal": "residual='by_wave' or 'by_class'"}.get(spec.residual, "residual='free'")
    return [
        _row(
            SPREAD,
            "spread",
            posterior.attrs,
            f"Scores of {posterior.attrs['spread_where']} spread {much} around their course than the model says",
            f"Try {richer}; one more class may describe the same.",
        )
    ]


def _row(check: str, name: str, attrs: dict[Any, Any], what: str, tried: str) -> Check:
    """Return a score test as a row; it is never a failure, since the step that tells its size is a rough one."""
    p = float(attrs[f"{name}_p"])
    test = f"chi-square {float(attrs[f'{name}_square']):.1f} on {int(attrs[f'{name}_df'])} degrees of freedom"
    hint = f"{what} ({test}). {tried}"
    return Check(check, p, UNLIKELY, p >= UNLIKELY, hint, grave=False, about=FIT)


def _continuum(posterior: xr.Dataset) -> list[Check]:
    """Whether classes describe the scores better than one continuum of courses; no row where that was not compared."""
    difference = posterior.attrs.get("continuum_difference")
    if difference is None:
        return []
    hint = problem(float(difference), str(posterior.attrs["continuum_random"]))
    return [
        Check(
            CONTINUUM,
            -float(difference),
            CLEAR,
            not hint,
            f"{hint} Report them as a description, not as kinds of pupils; bp.continuum weighs the two by simulation.",
            grave=False,
        )
    ]


def _within(spec: Trajectories, posterior: xr.Dataset) -> list[Check]:
    """Whether pupils of one class share one course, on which odds ratios rest; no row where that was not tested."""
    z = posterior.attrs.get("within_z")
    if z is None:
        return []
    what, sd = posterior.attrs["within_what"], float(posterior.attrs["within_sd"])
    unit = {"identity": "raw units", "logit": "logits", "log": "logarithms of the rate"}[spec.link]
    more = f"Compare with random={'slope' if what == 'slope' else 'intercept'!r}."
    return [
        Check(
            WITHIN,
            float(z),
            DIFFER,
            float(z) <= DIFFER,
            f"Pupils of one class differ in {what}, with an SD of at least about {sd:.2g} {unit}. Odds ratios and "
            f"sizes take them for alike: they may be off, and their intervals miss too often. {more}",
            grave=False,
        )
    ]
