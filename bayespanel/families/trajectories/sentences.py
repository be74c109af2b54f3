"""What a methods section says of trajectories."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bayespanel.data import PanelRows
from bayespanel.families.shared.sentences import UNITS, Cite, counted, joined, of_patterns, scale_of, scores_of
from bayespanel.families.trajectories.spec import Trajectories

SCORES = "scores"

PARAMETERS = {
    "class_sd": "standard deviations of membership between classes",
    "school_sd": "standard deviations of membership between schools",
}
"""Rows of the table of priors that speak of something else than in other families."""


def sample(spec: Trajectories, data: PanelRows) -> Iterator[str]:
    """Say what was analysed."""
    yield from scores_of(spec, data)


def missing(spec: Trajectories, data: PanelRows) -> tuple[float, float | None] | None:
    """Return the shares of scores that are missing, and of pupils who have all of them."""
    return of_patterns(~np.isnan(data.values), data.count)


def model(spec: Trajectories, data: PanelRows, cite: Cite) -> Iterator[str]:
    """Say what the model is."""
    kind = "latent class growth" if spec.random == "none" else "growth mixture"
    of = {
        "identity": "normal scores",
        "logit": "ordered categories, with cumulative logits",
        "log": "numbers of events, negative binomial",
    }[spec.link] + (", with a share of zeros beside those of this distribution" if spec.zero_inflated else "")
    course = spec.growth if isinstance(spec.growth, str) else joined([f"'{name}'" for name in spec.growth])
    number = counted(len(spec.trajectories), "latent class", "latent classes")
    courses = f"{course} courses for each arm" if spec.by_arm else f"{course} courses"
    yield f"A {kind} model{cite('nagin1999')} described {spec.outcome} ({of}) by {number}, with {courses}:"
    yield f"{joined(spec.trajectories)}."
    if spec.random != "none":
        summed = "" if spec.link == "identity" else ", whose distribution was summed over points"
        what = "level" if spec.random == "intercept" else "level and slope"
        yield f"Within classes, pupils differed in {what}{summed}."
    if not spec.divides:
        return
    if spec.regressors:
        yield f"Membership was predicted by {joined(spec.regressors)} in the same step{cite('vermunt2010')}, whose"
        yield "uncertainty is in every number."
    if spec.cluster_levels:
        yield f"Its log odds varied between {joined([UNITS[level] for level in spec.cluster_levels])}."
    yield f"Membership was summed out of the likelihood; draws were brought to one labelling{cite('stephens2000')}."


def unit(spec: Trajectories, data: PanelRows) -> str:
    """Say what priors count in."""
    courses = "Courses count in standard deviations of the outcome"
    if spec.link == "logit":
        courses = "Courses and thresholds count in standard deviations of the latent score within a class, 1.81 logits"
    if spec.link == "log":
        courses = "Courses count in logarithms of the rate, levels from the mean number of events"
    membership = "; membership counts in log odds of any two classes" if max(map(len, spec.names)) > 1 else ""
    return courses + membership + (", per standard deviation of a predictor." if spec.predictors else ".")


def scale(data: PanelRows, attrs: Mapping[str, Any], cite: Cite) -> Iterator[str]:
    """Say what the scale of the evidence is."""
    yield from scale_of(attrs)


def region(bound: float, cite: Cite) -> str:
    """Say what the upper bound of a symmetric region of practical equivalence means."""
    return f"On the scale of odds ratios its upper bound is {math.exp(bound):.2f}; it does not speak of shares."
