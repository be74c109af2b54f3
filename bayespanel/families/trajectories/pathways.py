"""Draws of named pathways: who belongs to which class, what a programme changes, and how large the classes are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import combinations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.language.errors import FitError, SpecError

Array = NDArray[np.float64]

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
class Pathway:
    """What a row is: the predictor (or the programme), the class it speaks of, and the edge of the triangle."""

    name: str
    kind: str
    source: str
    target: str
    via: str
    edge: str
    interval: str
    lag: int
    level: str
    against: str


Row = tuple[Pathway, Array, Array]


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
    found = tuple(map(str, posterior["trajectory"].values)) if "trajectory" in posterior.coords else ()
    if found != spec.trajectories:
        raise FitError(
            "Posterior and specification name the same classes, in the same order.",
            f"The posterior's are {', '.join(found)}; the specification's {', '.join(spec.trajectories)}.",
            "Give the specification with which the model was fitted.",
        )
    rows = list(_shares(spec, posterior))
    if spec.contrast:
        rows = [*_odds(spec, posterior), *_programme(spec, posterior), *rows]
    return _dataset(spec, rows, posterior)


def collect(spec: Trajectories, groups: Mapping[str, xr.Dataset], *, by_interval: bool) -> xr.Dataset:
    """Return the pathways of a fit from its groups of draws.

    Raises
    ------
    SpecError
        Rows by interval: a course has none.
    """
    if by_interval:
        raise SpecError(
            "Only cross-lagged panel models have pathways by interval.",
            "This is a model of trajectories.",
            "Leave out by_interval.",
        )
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
            path = Pathway(
                f"{name}: {_against(a, b)}",
                "odds_other" if i else "odds",
                name,
                a,
                "",
                spec.edges.get(name, ""),
                "",
                0,
                "pupil",
                b,
            )
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
        path = Pathway(
            f"{spec.arm}: {name}", "programme", spec.arm, name, "", edge, "", 0, "pupil", "all other classes"
        )
        yield path, _logit(treated) - _logit(control), treated - control


def _shares(spec: Trajectories, posterior: xr.Dataset) -> Iterator[Row]:
    share = posterior["share"]
    for arm in ARMS if "arm" in share.dims else ("",):
        for label in spec.trajectories:
            at = {"trajectory": label} | ({"arm": arm} if arm else {})
            draws = share.sel(at).values
            name = f"share: {label}" + (f" ({arm})" if arm else "")
            yield Pathway(name, "share", arm, label, "", "", "", 0, "pupil", ""), draws, draws


def _logit(share: Array) -> Array:
    return np.asarray(np.log(share) - np.log1p(-share))


def _dataset(spec: Trajectories, rows: Sequence[Row], posterior: xr.Dataset) -> xr.Dataset:
    columns = zip(*(astuple(path) for path, _, _ in rows), strict=True)
    coords: dict[str, tuple[str, NDArray[np.generic]]] = {
        "pathway" if field.name == "name" else field.name: (
            "pathway",
            np.array(column, dtype=int if field.name == "lag" else str),
        )
        for field, column in zip(fields(Pathway), columns, strict=True)
    }
    dims = ("chain", "draw", "pathway")
    return xr.Dataset(
        {
            "standardised": (dims, np.stack([scaled for _, scaled, _ in rows], axis=-1)),
            "raw": (dims, np.stack([raw for _, _, raw in rows], axis=-1)),
        },
        coords={**{d: posterior[d] for d in ("chain", "draw") if d in posterior.coords}, **coords},
        attrs={"standardisation": PREDICTORS + ("" if not spec.arm else BY_ARM if spec.by_arm else PROGRAMME) + SHARES},
    )
