"""Draws of named pathways: effects with and without pooling, families, moderation, and shares of variance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import FitError, SpecError

Array = NDArray[np.float64]

STANDARDISATION = (
    "Effects are in total standard deviations of the outcome within arms, between clusters and within them, not "
    "adjusted for covariates (What Works Clearinghouse), for each draw. Intraclass correlations are shares of the "
    "variance that covariates leave; the region of practical equivalence does not speak of them."
)
"""The definition that goes with every number on the standardised scale."""

LATENT = (
    "Effects are in total standard deviations of the latent score behind the categories, between clusters and within "
    "them; raw effects are in {unit}. Intraclass correlations are shares of the latent variance that covariates leave; "
    "the region of practical equivalence does not speak of them."
)
"""The same for ordered categories."""


@dataclass(frozen=True)
class Pathway:
    """What a row is: the arm that acts, the outcome (or family) it acts on, and the edge of the triangle.

    `family` is the outcome's family, `pooled` whether the row comes from the model that pools it.
    """

    name: str
    kind: str
    source: str
    target: str
    via: str
    edge: str
    interval: str
    lag: int
    level: str
    family: str
    pooled: bool


Row = tuple[Pathway, Array, Array]


def pathways(spec: ClusterTrial, posterior: xr.Dataset, *, unpooled: xr.Dataset | None = None) -> xr.Dataset:
    """Name the pathways of a trial and collect their draws.

    Parameters
    ----------
    spec
        The model.
    posterior
        Its draws.
    unpooled
        Draws of `spec.unpooled()`, whose effects are shown beside.

    Returns
    -------
    xr.Dataset
        `standardised` and `raw` [chain, draw, pathway], with coordinates of `Pathway` on `pathway`. Kinds, in order:

        - "effect": of each arm against the reference on each outcome, with average covariates;
        - "unpooled": the same where every outcome stands on its own;
        - "family": the mean effect that the outcomes of a family share;
        - "moderation": how much the effect changes per unit of a moderator;
        - "icc": share of the variance at each cluster level; raw is the variance.

    Raises
    ------
    FitError
        When the posterior is about other outcomes.
    """
    found = tuple(map(str, posterior["outcome"].values)) if "outcome" in posterior.coords else ()
    if found != spec.outcomes:
        raise FitError(
            "Posterior and specification name the same outcomes, in the same order.",
            f"The posterior's are {', '.join(found)}; the specification's {', '.join(spec.outcomes)}.",
            "Give the specification with which the model was fitted.",
        )
    rows = list(_effects(spec, posterior, "effect"))
    if unpooled is not None:
        rows += _effects(spec, unpooled, "unpooled")
    rows += _families(spec, posterior)
    rows += _moderation(spec, posterior)
    rows += _icc(spec, posterior)
    return _dataset(spec, rows, posterior)


def collect(spec: ClusterTrial, groups: Mapping[str, xr.Dataset], *, by_interval: bool) -> xr.Dataset:
    """Return the pathways of a fit from its groups of draws.

    Raises
    ------
    SpecError
        Rows by interval: a trial has none.
    """
    if by_interval:
        raise SpecError("Only panel models have pathways by interval.", "This is a trial.", "Leave out by_interval.")
    return pathways(spec, groups["posterior"], unpooled=groups.get("unpooled"))


def _effects(spec: ClusterTrial, posterior: xr.Dataset, kind: str) -> Iterator[Row]:
    family = {outcome: name for name, members in spec.families.items() for outcome in members}
    for arm in _arms(posterior["effect"]):
        for outcome in spec.outcomes:
            at = {"outcome": outcome} | ({"arm": arm} if arm else {})
            pooled = kind == "effect" and outcome in family
            name = f"{arm}: {outcome}" if arm else outcome
            path = Pathway(
                name if kind == "effect" else f"{name} (unpooled)",
                kind,
                arm or "intervention",
                outcome,
                "",
                spec.edges.get(outcome, ""),
                "",
                0,
                "pupil",
                family.get(outcome, ""),
                pooled,
            )
            yield path, posterior["effect_standardised"].sel(at).values, posterior["effect"].sel(at).values


def _families(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    for arm in _arms(posterior["effect"]) if spec.families else ():
        for family, members in spec.families.items():
            draws = posterior["family_effect"].sel({"family": family} | ({"arm": arm} if arm else {})).values
            edges = {spec.edges.get(outcome, "") for outcome in members}
            name = f"{arm}: family {family}" if arm else f"family {family}"
            edge = edges.pop() if len(edges) == 1 else ""
            path = Pathway(name, "family", arm or "intervention", family, "", edge, "", 0, "pupil", family, True)
            yield path, draws, np.full_like(draws, np.nan)  # outcomes of several units have no common one


def _moderation(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    if "moderation" not in posterior:
        return
    for arm in _arms(posterior["effect"]):
        for outcome in spec.outcomes:
            for moderator in map(str, posterior["moderator"].values):
                at = {"outcome": outcome, "moderator": moderator} | ({"arm": arm} if arm else {})
                raw = posterior["moderation"].sel(at).values
                name = f"{outcome} by {moderator}"
                path = Pathway(
                    f"{arm}: {name}" if arm else name,
                    "moderation",
                    arm or "intervention",
                    outcome,
                    moderator,
                    spec.edges.get(outcome, ""),
                    "",
                    0,
                    "pupil",
                    "",
                    False,
                )
                yield path, raw / posterior["total_sd"].sel(outcome=outcome).values, raw


def _icc(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    if "icc" not in posterior:
        return
    for outcome in spec.outcomes:
        for level in spec.cluster_levels:
            sd = posterior[f"{level}_sd"]
            variance = sd.sel({sd.dims[2]: outcome}).values ** 2
            path = Pathway(f"icc: {outcome} ({level})", "icc", level, outcome, "", "", "", 0, level, "", False)
            yield path, posterior["icc"].sel(outcome=outcome, level=level).values, variance


def _arms(effect: xr.DataArray) -> list[str]:
    return [str(arm) for arm in effect["arm"].values] if "arm" in effect.dims else [""]


def _dataset(spec: ClusterTrial, rows: Sequence[Row], posterior: xr.Dataset) -> xr.Dataset:
    columns = zip(*(astuple(path) for path, _, _ in rows), strict=True)
    kinds = {"lag": int, "pooled": bool}
    coords: dict[str, tuple[str, NDArray[np.generic]]] = {
        "pathway" if field.name == "name" else field.name: (
            "pathway",
            np.array(column, dtype=kinds.get(field.name, str)),
        )
        for field, column in zip(fields(Pathway), columns, strict=True)
    }
    unit = {"logit": "log-odds", "probit": "probits"}
    scale = STANDARDISATION if spec.link == "identity" else LATENT.format(unit=unit[spec.link])
    dims = ("chain", "draw", "pathway")
    return xr.Dataset(
        {
            "standardised": (dims, np.stack([scaled for _, scaled, _ in rows], axis=-1)),
            "raw": (dims, np.stack([raw for _, _, raw in rows], axis=-1)),
        },
        coords={**{d: posterior[d] for d in ("chain", "draw") if d in posterior.coords}, **coords},
        attrs={"standardisation": scale},
    )
