"""Checks of trajectories alone: labels, several maxima, classes that empty, names that do not fit."""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import group_of
from bayespanel.inference.checks import Check

AGREE = 1.05
"""R-hat of class sizes and courses above which chains describe different classes, not merely too few draws."""

RIVAL = 5.0
"""Difference of log-likelihoods within which another maximum has a part in the posterior that matters."""

EMPTIED = 0.5
"""Share of random starts that may lose a class."""

LEAST = 0.01
"""Share of pupils below which a class is too small to describe."""

RELABELLED = 0.01
"""Share of draws that may have had other labels."""

COURSES = {"decreasing": -1.0, "increasing": 1.0}
"""Names of classes that say which way they go."""

HEIGHTS = ("none", "never", "lowest", "low", "medium", "middle", "moderate", "high", "highest", "always")
"""Names of classes that say how high they are, the lowest first."""

CLOSE = 0.1
"""Error of the log-likelihood that moves no posterior by what a reader would see."""

SURE = 0.95
"""Probability with which a class has to go the way that its name says."""


def checks(spec: Trajectories, posterior: xr.Dataset, data: PanelRows) -> list[Check]:
    """Return the rows for a fit."""
    rows = []
    if len(spec.trajectories) > len(spec.names):
        rows += [_maxima(posterior), _rivals(posterior), _chains(posterior), _labels(posterior)]
        rows += [_emptied(posterior), _smallest(spec, posterior, data)]
    return rows + _names(spec, posterior) + _floor(posterior, data) + _points(posterior)


def _maxima(posterior: xr.Dataset) -> Check:
    """Whether the best maximum of the likelihood was reached from several starts."""
    reached = np.atleast_1d(posterior.attrs["reached"])
    return Check(
        "starts that reached the best maximum",
        float(reached[0]),
        2,
        bool(reached[0] >= 2),
        f"{int(reached[0])} of {int(reached.sum())} random starts found the best of {len(reached)} maxima (0: it was "
        "found by splitting a class of the model with one less). There may be a better one, and the data hardly hold "
        "so many classes. Ask for fewer, or a simpler course.",
    )


def _rivals(posterior: xr.Dataset) -> Check:
    """Whether the likelihood has other maxima that no chain may leave out."""
    maxima = np.atleast_1d(posterior.attrs["maxima"])
    rivals = int((maxima[1:] > maxima[0] - RIVAL).sum())
    return Check(
        f"other maxima within {RIVAL:g} of the best log-likelihood",
        float(rivals),
        0,
        rivals == 0,
        "The pupils divide into classes in more than one way that fits about as well, and chains may have seen one of "
        "them only. Ask for fewer classes, give 'residual' or 'random' fewer freedoms, or state priors that choose.",
    )


def _chains(posterior: xr.Dataset) -> Check:
    """Whether all chains describe the same classes."""
    arviz_stats: Any = import_module("arviz_stats")
    found = arviz_stats.rhat(posterior[["share", "expected"]])
    worst = max(float(values.max()) for values in found.data_vars.values())
    return Check(
        "chains describe the same classes (R-hat of sizes and courses)",
        worst,
        AGREE,
        worst < AGREE,
        "Chains divide the pupils in different ways. No average of them means anything: ask for fewer classes, give "
        "'residual' or 'random' fewer freedoms, or state priors that choose.",
    )


def _emptied(posterior: xr.Dataset) -> Check:
    """Whether random starts keep all their classes."""
    emptied, starts = float(posterior.attrs["emptied"]), float(posterior.attrs.get("starts", 60))
    share = emptied / starts
    return Check(
        "share of random starts that lost a class",
        share,
        EMPTIED,
        share <= EMPTIED,
        f"{emptied:.0f} of {starts:.0f} starts lost a class on the way: the data hardly hold so many. Ask for fewer.",
        grave=False,
    )


def _labels(posterior: xr.Dataset) -> Check:
    changed = float(posterior.attrs["relabelled"])
    return Check(
        "share of draws whose labels had to change",
        changed,
        RELABELLED,
        changed <= RELABELLED,
        "Classes changed places, within chains or between them: they overlap so much that the data do not tell them "
        "apart. Ask for fewer classes.",
    )


def _smallest(spec: Trajectories, posterior: xr.Dataset, data: PanelRows) -> Check:
    """Whether a class empties."""
    share = posterior["share"].mean(("chain", "draw"))
    share = share.mean("arm") if "arm" in share.dims else share
    at = int(np.argmin(share.values))
    value, name = float(share[at]), str(share["trajectory"].values[at])
    pupils = int(data.count[group_of(spec, data) == int(np.argmax(spec.allowed[:, at]))].sum())
    return Check(
        "smallest class, share of pupils",
        value,
        LEAST,
        value >= LEAST,
        f"'{name}' holds about {value * pupils:.0f} pupils: it empties. Ask for fewer classes.",
        grave=False,
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
    return rows + _heights(spec, posterior)


def _heights(spec: Trajectories, posterior: xr.Dataset) -> list[Check]:
    """Whether classes whose names say how high they are lie in that order."""
    average = posterior["expected"].mean("wave")
    of_arm: dict[str, list[str]] = {}
    for label in spec.trajectories:
        if label.split(": ")[-1] in HEIGHTS:
            of_arm.setdefault(label.rpartition(": ")[0], []).append(label)
    rows = []
    for labels in of_arm.values():
        ordered = sorted(labels, key=lambda label: HEIGHTS.index(label.split(": ")[-1]))
        for low, high in pairwise(ordered):
            probability = float((average.sel(trajectory=low) < average.sel(trajectory=high)).mean())
            rows.append(
                Check(
                    f"probability that '{low}' lies below '{high}'",
                    probability,
                    SURE,
                    probability >= SURE,
                    "Names go from the highest average to the lowest: give them in that order.",
                )
            )
    return rows


def _floor(posterior: xr.Dataset, data: PanelRows) -> list[Check]:
    """Whether a class describes copies of one pupil: its residual variance vanishes."""
    if "residual_sd" not in posterior or posterior["residual_sd"].ndim == 2:
        return []
    weight = ~np.isnan(data.values) * data.count[:, None]
    mean = float(np.sum(weight * np.nan_to_num(data.values)) / weight.sum())
    sd = float(np.sqrt(np.sum(weight * np.nan_to_num(data.values - mean) ** 2) / weight.sum()))
    least = float(posterior["residual_sd"].mean("draw").min()) / sd
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


def _points(posterior: xr.Dataset) -> list[Check]:
    """Whether the points over which random effects are summed are close enough; no row where there are none."""
    error = posterior.attrs.get("points_error")
    if error is None:
        return []
    return [
        Check(
            "error of sums over points of random effects, log-likelihood",
            float(error),
            CLOSE,
            bool(float(error) <= CLOSE),
            "The scores of a pupil say more exactly where the pupil is than the points are close. Use random='none' "
            "and more classes; or, of large numbers of events, their logarithms with link='identity'.",
        )
    ]
