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

from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kind_of, kinds_with

COORDINATES = ("kind", "source", "target", "via", "edge", "interval", "lag", "level", "study", "standardisation")
"""What pathways of every family have."""

ALL = "all studies"


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
        `pooled_upper` and `prob_pooled`.
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
    values = draws["standardised"].transpose("chain", "draw", "pathway").values
    flat = values.reshape(-1, values.shape[2])
    rows: list[dict[str, object]] = []
    for edge in dict.fromkeys(edges[counts].tolist()):
        here = counts & (edges == edge)
        beyond = (flat[:, here] < low) | (flat[:, here] > high)
        one = len(set(kinds[here])) == 1 and kind_of(kinds[here][0]).on_edge == "pooled"
        pooled = flat[:, here].mean(axis=1) if one else np.full(len(flat), np.nan)
        rows.append(
            {
                "edge": edge,
                "study": study,
                "pathways": int(here.sum()),
                "names": "; ".join(evidence["pathway"].values[here].astype(str)),
                "prob_any": float(beyond.any(axis=1).mean()),
                "prob_all": float(beyond.all(axis=1).mean()),
                "pooled": float(pooled.mean()),
                "pooled_lower": float(np.quantile(pooled, (1 - prob) / 2)),
                "pooled_upper": float(np.quantile(pooled, (1 + prob) / 2)),
                "prob_pooled": float(((pooled < low) | (pooled > high)).mean()) if one else np.nan,
            }
        )
    return rows


def _together(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of all studies, (1); where only one speaks of an edge, its own."""
    rows = []
    for edge, part in frame.groupby("edge", sort=False):
        alone = len(part) == 1
        first = part.iloc[0]
        rows.append(
            {
                "edge": edge,
                "study": ALL,
                "pathways": int(part["pathways"].sum()),
                "names": "; ".join(part["names"]),
                "prob_any": float(1 - np.prod(1 - part["prob_any"].to_numpy())),
                "prob_all": float(np.prod(part["prob_all"].to_numpy())),
                **{
                    name: float(first[name]) if alone else np.nan
                    for name in ("pooled", "pooled_lower", "pooled_upper", "prob_pooled")
                },
            }
        )
    return pd.DataFrame(rows)
