"""What several studies say of each edge of the triangle, side by side and together.

Within a study the pathways of an edge share their draws, so that the probabilities of "any" and "all" are those of the
joint posterior. Between studies, whose pupils differ, they multiply::

    P(any) = 1 - prod_study (1 - P(any | study)),   P(all) = prod_study P(all | study)                     (1)

The pooled pathway of an edge is, for each draw, the mean of the pathways on it, where they are of one kind. It is
formed within a study, and never across units: a within-person lag, a total-SD effect and a log odds ratio have no mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.convergence import convergence
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.summaries.montecarlo import mcse, mcse_probability

COORDINATES = ("kind", "source", "target", "via", "edge", "interval", "lag", "level", "study", "standardisation")
"""What pathways of every family have."""

ALL = "all studies"

POOLED = tuple(
    f"{error}{name}" for name in ("pooled", "pooled_lower", "pooled_upper", "prob_pooled") for error in ("", "mcse_")
)
"""What is said of the mean of pathways, each with its Monte Carlo error."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Synthesis:
    """The evidence of several studies on the edges of the triangle.

    Attributes
    ----------
    evidence
        The pathways of all studies, along `pathway`, with the additional coordinates `study` and `standardisation`.
    edges : DataFrame
        One row per edge and study, and one per edge for all studies together: the number of `pathways` and their
        `names`; `prob_any` and `prob_all`, the probabilities that any and that all of them lie beyond the region of
        practical equivalence, in either direction; and, for the mean of the pathways, `pooled`, `pooled_lower`,
        `pooled_upper` and `prob_pooled`. `mcse_...` is the Monte Carlo standard error of each.
    """

    evidence: xr.Dataset
    edges: pd.DataFrame


def synthesise(studies: Mapping[str, tuple[xr.Dataset, xr.Dataset]]) -> Synthesis:
    """Join the evidence of studies.

    Parameters
    ----------
    studies
        Name -> evidence and draws of its pathways, in the same order.

    Raises
    ------
    SpecError
        No study has a pathway on an edge, or the intervals of the studies have different probabilities.
    """
    parts = [_labelled(name, evidence) for name, (evidence, _) in studies.items()]
    probabilities = {float(part.attrs["prob"]) for part in parts}
    if len(probabilities) > 1:
        raise SpecError(
            "Studies that stand side by side have intervals of the same probability.",
            f"Given: {', '.join(f'{p:g}' for p in sorted(probabilities))}.",
            "Compute their evidence with the same prob.",
        )
    common = [name for name in parts[0].data_vars if all(name in part for part in parts)]
    joined = xr.concat([part[common] for part in parts], dim="pathway", join="override", combine_attrs="drop")
    joined.attrs = {"prob": probabilities.pop(), "studies": list(studies)}
    rows = []
    for name, (evidence, draws) in studies.items():
        rows += _edges(name, evidence, draws)
    if not rows:
        raise SpecError(
            "A synthesis is about edges of the triangle.",
            "No pathway of these studies lies on one.",
            "Give a Triangle to the panel's model, and edges={...} to those of trials and trajectories.",
        )
    frame = pd.DataFrame(rows)
    return Synthesis(joined, pd.concat([frame, _together(frame)], ignore_index=True))


def _labelled(name: str, evidence: xr.Dataset) -> xr.Dataset:
    n = evidence.sizes["pathway"]
    words = str(evidence.attrs.get("standardisation", ""))
    coords = {"study": ("pathway", [name] * n), "standardisation": ("pathway", [words] * n)}
    full = evidence.assign_coords(coords)
    return full.drop_vars([str(c) for c in full.coords if c not in (*COORDINATES, "pathway")])


def _edges(study: str, evidence: xr.Dataset, draws: xr.Dataset) -> list[dict[str, object]]:
    low, high = evidence.attrs["rope"]
    prob = float(evidence.attrs["prob"])
    kinds, edges = evidence["kind"].values, evidence["edge"].values
    counts = np.isin(kinds, kinds_with(lambda kind: kind.on_edge in ("counted", "pooled"))) & (edges != "")
    values = draws["standardised"].transpose("pathway", "chain", "draw").values
    rows: list[dict[str, object]] = []
    for edge in dict.fromkeys(edges[counts].tolist()):
        here = counts & (edges == edge)
        own = values[here]
        beyond = (own < low) | (own > high)
        row: dict[str, object] = {
            "edge": edge,
            "study": study,
            "pathways": int(here.sum()),
            "names": "; ".join(evidence["pathway"].values[here].astype(str)),
            **_share("prob_any", beyond.any(axis=0), own),
            **_share("prob_all", beyond.all(axis=0), own),
        }
        one = len(set(kinds[here])) == 1 and kind_of(kinds[here][0]).on_edge == "pooled"
        rows.append(row | (_pooled(own.mean(axis=0), (low, high), prob) if one else dict.fromkeys(POOLED, np.nan)))
    return rows


def _share(name: str, event: NDArray[np.bool_], values: Array) -> dict[str, float]:
    """Return the share of draws [chain, draw] of an event about pathways [pathway, chain, draw], and its error."""
    settled = convergence(values)
    smallest = np.fmin(settled["ess_bulk"], settled["ess_tail"]).min(keepdims=True)
    error = mcse_probability(event[None], smallest, values[None])
    return {name: float(event.mean()), f"mcse_{name}": float(error[0])}


def _pooled(values: Array, region: tuple[float, float], prob: float) -> dict[str, float]:
    """Return mean, interval and probability of pooled draws [chain, draw], with their errors."""
    low, high = region
    ends = {"pooled_lower": (1 - prob) / 2, "pooled_upper": (1 + prob) / 2}
    return {
        "pooled": float(values.mean()),
        "mcse_pooled": float(mcse(values[None], "mean")[0]),
        **{name: float(np.quantile(values, share)) for name, share in ends.items()},
        **{f"mcse_{name}": float(mcse(values[None], "quantile", share)[0]) for name, share in ends.items()},
        **_share("prob_pooled", (values < low) | (values > high), values[None]),
    }


def _together(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of all studies, (1); where only one speaks of an edge, its own."""
    rows = []
    for edge, part in frame.groupby("edge", sort=False):
        first = part.iloc[0]
        own = {name: float(first[name]) if len(part) == 1 else np.nan for name in POOLED}
        rows.append(
            {
                "edge": edge,
                "study": ALL,
                "pathways": int(part["pathways"].sum()),
                "names": "; ".join(part["names"]),
                **_product("prob_any", part, opposite=True),
                **_product("prob_all", part, opposite=False),
                **own,
            }
        )
    return pd.DataFrame(rows)


def _product(name: str, part: pd.DataFrame, *, opposite: bool) -> dict[str, float]:
    """Return the product (1) of probabilities of studies, and its error from theirs, which are independent."""
    shares, errors = part[name].to_numpy(float), part[f"mcse_{name}"].to_numpy(float)
    factors = 1 - shares if opposite else shares
    others = np.array([np.prod(np.delete(factors, i)) for i in range(len(factors))])
    product = float(np.prod(factors))
    return {name: 1 - product if opposite else product, f"mcse_{name}": float(np.hypot.reduce(others * errors))}
