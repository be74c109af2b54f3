"""Draws of named pathways: who belongs to which class, what a programme changes, and how large the classes are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import xarray as xr

from bayespanel.families.shared.pathways import (
    Array,
    Pathway,
    Row,
    collected,
    refuse_intervals,
    require_same_names,
)
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.spec import Trajectories

PREDICTORS = (
    "Predictors: log odds ratio of the first class against the second per standard deviation of the predictor, with "
    "the other predictors held; raw, per unit. "
)
PROGRAMME = (
    "A programme: log odds ratio of belonging to a class, in all pupils, had all been in the intervention arm against "
    "had all been in control; raw, the difference in shares. "
)
BY_ARM = (
    "Classes of the two arms were sought apart. A programme: log odds ratio of belonging to classes that bear one "
    "name, whose courses differ, the pupils of one arm against those of the other, not adjusted for predictors, and "
    "for the clusters from which those of the study came; raw, the difference in shares. "
)
SHARES = (
    "Shares are of the pupils of the study; the region of practical equivalence does not speak of them. Classes are "
    "descriptions of courses, not kinds of children."
)
"""Together the definition that goes with every number on the standardised scale."""

NUMBERED = re.compile(r"class \d+")
"""Names that are numbers: the same number in two arms does not mean the same class."""


@dataclass(frozen=True)
class ClassPathway(Pathway):
    """A pathway about a class of trajectories, with the class or classes that it is held against."""

    against: str = ""


def pathways(spec: Trajectories, posterior: xr.Dataset) -> xr.Dataset:
    """Name the pathways of trajectories and collect their draws.

    Parameters
    ----------
    spec
        The model.
    posterior
        Its draws.

    Returns
    -------
    xr.Dataset
        `standardised` and `raw` [chain, draw, pathway], with coordinates of `Pathway` on `pathway`. Kinds, in order:

        - "odds": log odds ratio of the contrast, per predictor;
        - "odds_other": of every other pair of classes;
        - "programme": what the programme changes in the size of each class;
        - "share": sizes of the classes.

    Raises
    ------
    FitError
        When the posterior is about other classes.
    """
    require_same_names(posterior, "trajectory", spec.trajectories, "classes")
    rows = list(_shares(spec, posterior))
    if spec.contrast:
        rows = [*_odds(spec, posterior), *_programme(spec, posterior), *rows]
    programme = "" if not spec.arm else BY_ARM if spec.by_arm else PROGRAMME
    return collected(ClassPathway, rows, posterior, PREDICTORS + programme + SHARES)


def collect(spec: Trajectories, groups: Mapping[str, xr.Dataset], *, by_interval: bool) -> xr.Dataset:
    """Return the pathways of a fit from its groups of draws.

    Raises
    ------
    SpecError
        Rows by interval: a course has none.
    """
    refuse_intervals(by_interval, "a model of trajectories")
    return pathways(spec, groups["posterior"])


def pairs(spec: Trajectories) -> list[tuple[str, str]]:
    """Return every pair of classes of the same pupils, the contrast first."""
    first = (spec.trajectory(spec.contrast[0]), spec.trajectory(spec.contrast[1]))
    labels = np.array(spec.trajectories)
    every = [pair for own in spec.allowed for pair in combinations(labels[own == 1].tolist(), 2)]
    return [first, *(pair for pair in every if set(pair) != set(first))]


def _against(a: str, b: str) -> str:
    """Name a pair of classes; the arm of both stands once."""
    arm, sign, name = a.rpartition(": ")
    return f"{name} vs {b.removeprefix(arm + sign)} ({arm})" if sign else f"{a} vs {b}"


def _odds(spec: Trajectories, posterior: xr.Dataset) -> Iterator[Row]:
    for i, (a, b) in enumerate(pairs(spec) if spec.predictors else ()):
        for name in spec.predictors:
            effect = posterior["membership_effect"].sel(predictor=name)
            raw = (effect.sel(trajectory=a) - effect.sel(trajectory=b)).values
            kind, edge = "odds_other" if i else "odds", spec.edges.get(name, "")
            path = ClassPathway(f"{name}: {_against(a, b)}", kind, name, a, edge=edge, against=b)
            yield path, raw * float(posterior["predictor_sd"].sel(predictor=name)), raw


def _programme(spec: Trajectories, posterior: xr.Dataset) -> Iterator[Row]:
    if spec.arm is None:
        return
    share = posterior["share"]
    for name in dict.fromkeys(spec.names[-1]):
        if spec.by_arm:
            # Numbers are no names, and a class that everybody of an arm belongs to has no odds.
            alone = any(len(names) == 1 for names in spec.names)
            if name not in spec.names[0] or alone or NUMBERED.fullmatch(name):
                continue
            known = posterior.get("share_population", share)
            control, treated = (known.sel(trajectory=f"{arm}: {name}").values for arm in ARMS)
        else:
            control, treated = (share.sel(trajectory=name, arm=arm).values for arm in ARMS)
        edge = spec.edges.get(spec.arm, "")
        others = "all other classes"
        path = ClassPathway(f"{spec.arm}: {name}", "programme", spec.arm, name, edge=edge, against=others)
        yield path, _logit(treated) - _logit(control), treated - control


def _shares(spec: Trajectories, posterior: xr.Dataset) -> Iterator[Row]:
    share = posterior["share"]
    for arm in ARMS if "arm" in share.dims else ("",):
        for label in spec.trajectories:
            at = {"trajectory": label} | ({"arm": arm} if arm else {})
            draws = share.sel(at).values
            name = f"share: {label}" + (f" ({arm})" if arm else "")
            yield ClassPathway(name, "share", arm, label), draws, draws


def _logit(share: Array) -> Array:
    return np.asarray(np.log(share) - np.log1p(-share))
