"""What only a mixture can have wrong: labels, several maxima, classes that empty, names that do not fit."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.inference.checks import Check

AGREE = 1.05
"""R-hat of class sizes and courses above which chains describe different classes, not merely too few draws."""

LEAST = 0.01
"""Share of pupils below which a class is too small to describe."""

RELABELLED = 0.01
"""Share of draws that may have had other labels."""

COURSES = {"decreasing": -1.0, "increasing": 1.0}
"""Names of classes that say which way they go."""

SURE = 0.95
"""Probability with which a class has to go the way that its name says."""


def checks(spec: Trajectories, posterior: xr.Dataset, data: PanelRows) -> list[Check]:
    """Return the rows for a fit."""
    rows = []
    if len(spec.trajectories) > len(spec.names):
        rows += [_maxima(posterior), _chains(posterior), _labels(posterior), _smallest(posterior, data)]
    return rows + _names(spec, posterior) + _floor(posterior, data)


def _maxima(posterior: xr.Dataset) -> Check:
    """Whether the best maximum of the likelihood was reached from several starts."""
    reached = np.atleast_1d(posterior.attrs["reached"])
    return Check(
        "starts that reached the best maximum",
        float(reached[0]),
        2,
        bool(reached[0] >= 2),
        f"One of {int(reached.sum())} starts found the best of {len(reached)} maxima: there may be a better one, and "
        "the data hardly hold so many classes. Ask for fewer, or a simpler course.",
    )


def _chains(posterior: xr.Dataset) -> Check:
    """Whether all chains describe the same classes."""
    arviz_stats: Any = import_module("arviz_stats")
    found = arviz_stats.rhat(posterior[["share", "expected"]])
    worst = max(float(values.max()) for values in found.data_vars.values())
    maxima = np.atleast_1d(posterior.attrs["maxima"])
    near = int((maxima > maxima[0] - 10).sum())
    return Check(
        "chains describe the same classes (R-hat of sizes and courses)",
        worst,
        AGREE,
        worst < AGREE,
        f"Chains divide the pupils in different ways; the likelihood has {near} maxima of nearly the same height. No "
        "average of them means anything: ask for fewer classes, give 'residual' or 'random' fewer freedoms, or state "
        "priors that choose.",
    )


def _labels(posterior: xr.Dataset) -> Check:
    changed = float(posterior.attrs["relabelled"])
    return Check(
        "share of draws whose labels had to change",
        changed,
        RELABELLED,
        changed <= RELABELLED,
        "Classes changed places within chains: they overlap so much that the data do not tell them apart. Ask for "
        "fewer classes.",
    )


def _smallest(posterior: xr.Dataset, data: PanelRows) -> Check:
    """Whether a class empties."""
    share = posterior["share"].mean(("chain", "draw"))
    share = share.mean("arm") if "arm" in share.dims else share
    at = int(np.argmin(share.values))
    value, name = float(share[at]), str(share["trajectory"].values[at])
    return Check(
        "smallest class, share of pupils",
        value,
        LEAST,
        value >= LEAST,
        f"'{name}' holds about {value * data.n_pupils:.0f} pupils: it empties. Ask for fewer classes.",
    )


def _names(spec: Trajectories, posterior: xr.Dataset) -> list[Check]:
    """Whether classes go the way that their names say."""
    rows = []
    for label in spec.trajectories:
        sign = COURSES.get(label.split(": ")[-1])
        if sign is None:
            continue
        course = posterior["expected"].sel(trajectory=label)
        probability = float((sign * (course.isel(wave=-1) - course.isel(wave=0)) > 0).mean())
        others = "Names go from the highest average to the lowest: look at the courses, and name the classes anew."
        rows.append(
            Check(f"probability that '{label}' is what it says", probability, SURE, probability >= SURE, others)
        )
    return rows


def _floor(posterior: xr.Dataset, data: PanelRows) -> list[Check]:
    """Whether a class describes copies of one pupil: its residual variance vanishes."""
    if "residual_sd" not in posterior or posterior["residual_sd"].ndim == 2:
        return []
    least = float(posterior["residual_sd"].mean(("chain", "draw")).min()) / float(np.nanstd(data.values))
    return [
        Check(
            "smallest residual SD, in SDs of the scores",
            least,
            0.05,
            least >= 0.05,
            "A class or wave has hardly any residual variance: the likelihood of such a class is unbounded. Use "
            "residual='equal', or link='logit' for scores that are categories.",
        )
    ]
