"""Pathways of groups of pupils side by side, and what differs between them.

A row that differs between groups stands once for each, with the group in its name and in the coordinate `group`; a row
that they share stands once. For every pair of groups there are contrasts of lags and of associations between pupils::

    contrast = pathway of the later group - pathway of the earlier group                                        (18)

in the order of the data, draw by draw: on the standardised scale, each pathway in the standard deviations of its group.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.families.panel.components import accumulates
from bayespanel.families.panel.groups import LAGS, WITHIN, freed, moves
from bayespanel.families.panel.spec import RICLPM

CONTRASTS = {
    **dict.fromkeys(("carry_over", "direct", "delayed", "short_run"), "contrast"),
    "between": "contrast_between",
}
"""Kind of pathway -> kind of its differences between groups."""

STABLE = frozenset(("intercept", "growth", "intercept_loading", "first_loading"))

FIELDS = ("kind", "source", "target", "via", "edge", "interval", "lag", "level")
VALUES = ("standardised", "raw", "initial")


def side_by_side(spec: RICLPM, found: Mapping[str, xr.Dataset], posterior: xr.Dataset) -> xr.Dataset:
    """Return the pathways of all groups, and their contrasts, from those of each group.

    Parameters
    ----------
    spec
        The model with its groups.
    found
        Group -> its pathways, as of a model of one group.
    posterior
        Of all groups.
    """
    first, labels = next(iter(found.values())), list(found)
    rows: list[tuple[dict[str, Any], xr.Dataset]] = []
    contrasts: list[tuple[dict[str, Any], xr.Dataset]] = []
    common = _common_units(spec, found, posterior)
    for i, name in enumerate(map(str, first["pathway"].values)):
        row = {field: first[field].values[i] for field in FIELDS}
        kind, level = str(row["kind"]), str(row["level"])
        own = {label: one.isel(pathway=i, drop=True) for label, one in common.items()}
        if not _differs(spec, kind, level):
            rows.append(({**row, "pathway": name, "group": ""}, own[labels[0]]))
            continue
        rows += [({**row, "pathway": f"{name} [{label}]", "group": label}, own[label]) for label in labels]
        if kind in CONTRASTS and _contrasted(spec, kind):
            for before, after in combinations(labels, 2):
                pair = f"{after} - {before}"
                made = {**row, "kind": CONTRASTS[kind], "pathway": f"{name} [{pair}]", "group": pair}
                contrasts.append((made, own[after][list(VALUES)] - own[before][list(VALUES)]))
    return _collected([*rows, *contrasts], first)


def _differs(spec: RICLPM, kind: str, level: str) -> bool:
    """Return whether a pathway of a kind and level differs between groups."""
    if kind in ("predictor", "growth_predictor"):
        return True  # in standard deviations of the covariate in the group
    if kind != "between":
        return bool(freed(spec) & WITHIN)
    carried = accumulates(spec) and bool(freed(spec) & LAGS)
    return level == "pupil" and (bool(freed(spec) & STABLE) or carried)


def _contrasted(spec: RICLPM, kind: str) -> bool:
    """Return whether its difference is one of parameters: of lags that only SDs make differ there is no contrast."""
    return kind == "between" or bool(freed(spec) & LAGS)


def _common_units(spec: RICLPM, found: Mapping[str, xr.Dataset], posterior: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return pathways whose `initial` is where priors count: lags that groups share count in geometric means of SDs."""
    if freed(spec) & LAGS or not moves(spec, "initial"):
        return dict(found)
    sd = posterior["initial_sd"]
    middle = xr.DataArray(
        np.exp(np.log(sd.values).mean(sd.dims.index("group"))), dims=[d for d in sd.dims if d != "group"]
    )
    middle = middle.assign_coords(variable=sd["variable"].values)
    out = {}
    for label, one in found.items():
        own = sd.sel(group=label)
        ends = []
        for end in ("target", "source"):
            at = xr.DataArray([str(x) for x in one[end].values], dims="pathway")
            ends.append((own.sel(variable=at) / middle.sel(variable=at)).transpose("chain", "draw", "pathway").values)
        out[label] = one.assign(initial=(one["initial"].dims, one["initial"].values * ends[0] / ends[1]))
    return out


def _collected(rows: list[tuple[dict[str, Any], xr.Dataset]], first: xr.Dataset) -> xr.Dataset:
    coords: dict[str, Any] = {}
    for field in ("pathway", *FIELDS, "group"):
        known = first[field].dtype if field in FIELDS else np.dtype(str)
        values = [row[field] for row, _ in rows]
        coords[field] = ("pathway", np.array(values, dtype=int if known.kind == "i" else str))
    dims = first["raw"].dims
    content = {
        name: (dims, np.stack([one[name].transpose("chain", "draw").values for _, one in rows], axis=2))
        if rows
        else (dims, first[name].values)
        for name in VALUES
    }
    kept = {dim: first[dim] for dim in ("chain", "draw") if dim in first.coords}
    return xr.Dataset(content, coords={**kept, **coords}, attrs=first.attrs)
