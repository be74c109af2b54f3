"""Groups of pupils: a loop around the model of one group.

Whatever the model of one group computes is computed for each group from its parameters, and what comes out stands side
by side along the dimension `group`. What differs between groups has that dimension in the posterior; what they share
has not. For maximum likelihood a parameter that differs is a block for each group, named `lag[girl]`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel.blocks import freed_of, parameters_of
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.named import Content
from bayespanel.inference.structure import Arrays, Normal, Structure
from bayespanel.language.errors import SpecError, nearest

Array = NDArray[np.float64]

LAGS = frozenset(("lag", "lag_2", "first_lag", "moving_average", "drift"))
WITHIN = LAGS | {"initial", "innovation", "diffusion"}
"""Parameters on which lags in standard deviations within persons depend."""

OF_ITEMS = frozenset(("item_intercept", "item_loading", "item"))
"""Parameters of items, not of the variables that they measure."""


def has_groups(spec: RICLPM) -> bool:
    """Return whether the model has groups of pupils."""
    return bool(spec.groups)


def freed(spec: RICLPM) -> frozenset[str]:
    """Return the parameters that differ between groups, covariances by the first part of their names."""
    if not has_groups(spec):
        return frozenset()
    return freed_of(spec.free, parameters_of(spec.default_priors()))


def alone(spec: RICLPM) -> RICLPM:
    """Return the model of one group."""
    return replace(spec, groups="", free="all") if has_groups(spec) else spec


def labels_of(spec: RICLPM, moments: Moments) -> tuple[str, ...]:
    """Return the names of the groups, of a model without groups one that is empty."""
    return moments.group_names if has_groups(spec) else ("",)


def moves(spec: RICLPM, name: str) -> bool:
    """Return whether something in the posterior differs between groups, by its name there."""
    free = freed(spec)
    if name in ("lag_standardised", "lag_2_standardised", "moving_average_standardised"):
        return bool(free & WITHIN)
    if name == "spectral_radius":
        return bool(free & LAGS)
    if name in ("covariate_effect_standardised", "predicted_share"):
        return has_groups(spec)  # covariates differ between groups, if nothing else
    if name in ("icc", "reliability"):
        return bool(free - {"mean", "covariate_effect", *OF_ITEMS})
    base = name.removesuffix("_sd").removesuffix("_corr").removesuffix("_cov").removesuffix("_variance")
    if process(spec).stationary and base in ("innovation", "diffusion"):  # they follow
        return bool(free & (LAGS | {"initial"}))
    if process(spec).continuous and base in ("lag", "innovation"):  # of intervals, which follow from the drift
        return "drift" in free or (base == "innovation" and "diffusion" in free)
    return base in free


def lead(spec: RICLPM, name: str) -> tuple[str, ...]:
    """Return ("group",) for what differs between groups; else nothing."""
    return ("group",) if moves(spec, name) else ()


def select(dataset: xr.Dataset, label: str) -> xr.Dataset:
    """Return what holds of one group, as of a model of one group."""
    if "group" not in dataset.dims:
        return dataset.drop_vars("group", errors="ignore")
    return dataset.sel(group=label, drop=True)


def each(spec: RICLPM, posterior: xr.Dataset) -> Iterator[tuple[str, RICLPM, xr.Dataset]]:
    """Return name, model of one group, and posterior of every group; of a model without groups, itself."""
    if not has_groups(spec):
        yield "", spec, posterior
        return
    one = alone(spec)
    for label in group_names(posterior):
        yield label, one, select(posterior, label)


def group_names(posterior: xr.Dataset) -> tuple[str, ...]:
    """Return the names of the groups of a posterior."""
    return tuple(map(str, posterior["group"].values))


def require_group(spec: RICLPM, posterior: xr.Dataset, group: str | None) -> str:
    """Return the group that was chosen.

    Raises
    ------
    SpecError
        None was, or one that the model does not have.
    """
    known = group_names(posterior) if has_groups(spec) else ()
    if group not in known or group is None:
        near = f" {nearest(group, list(known))}" if isinstance(group, str) and known else ""
        raise SpecError(
            "What lags do over waves is that of one group of pupils.",
            f"The model has {', '.join(map(repr, known)) or 'no groups'}; chosen was {group!r}.{near}",
            f"Write for example group={known[0]!r}." if known else "Leave group out.",
        )
    return group


def beside(spec: RICLPM, found: Sequence[xr.Dataset], labels: Sequence[str], front: Sequence[str]) -> xr.Dataset:
    """Put what was computed for each group side by side: `group` stands behind the dimensions `front`.

    What does not differ between groups is taken from the first.
    """
    out = {}
    for name in map(str, found[0].data_vars):
        if not moves(spec, name):
            out[name] = found[0][name]
            continue
        side = xr.concat([one[name] for one in found], xr.Variable("group", list(labels)))
        out[name] = side.transpose(*front, "group", ...)
    return xr.Dataset(out).assign_coords(group=list(labels))


def tagged(name: str, label: str) -> str:
    """Return the name of a group's block."""
    return f"{name}[{label}]"


def untagged(name: str) -> tuple[str, str]:
    """Return the name of a block without its group, and the group, which may be empty."""
    base, _, rest = name.partition("[")
    return base, rest.removesuffix("]")


def of_group(arrays: Mapping[str, Any], label: str, labels: Collection[str]) -> dict[str, Any]:
    """Return the arrays of one group by their names in the model of one group."""
    out = {}
    for name, value in arrays.items():
        base, own = untagged(name)
        if own not in labels:
            out[name] = value
        elif own == label:
            out[base] = value
    return out


def grouped(
    one: Structure,
    labels: Sequence[str],
    free: Collection[str],
    starts: Mapping[str, Mapping[str, Array]] | None = None,
) -> Structure:
    """Return the structure of several groups from that of one.

    Parameters
    ----------
    one
        The structure of one group.
    labels
        Names of the groups, in the order of the data.
    free
        Parameters that differ between groups, covariances by the first part of their names.
    starts
        Group -> block -> where its search starts, if elsewhere than that of the one.
    """
    blocks = []
    for block in one.blocks:
        base = block.name.removesuffix("_cov").removesuffix("_variance")
        if not {base, block.name} & set(free):
            blocks.append(block)
            continue
        for label in labels:
            start = (starts or {}).get(label, {}).get(block.name, block.start)
            blocks.append(replace(block, name=tagged(block.name, label), start=start))

    def forward(a: Arrays) -> Normal:
        found = [one.forward(of_group(a, label, labels)) for label in labels]
        sigma, coefficients = (np.concatenate([normal[i] for normal in found]) for i in (0, 1))
        return sigma, coefficients, found[0][2], found[0][3]

    def adjoint(a: Arrays, g: Normal) -> Arrays:
        out: Arrays = {}
        for i, label in enumerate(labels):
            last = g[2:] if i == 0 else tuple(np.zeros_like(d) for d in g[2:])  # shared: once
            part = one.adjoint(of_group(a, label, labels), (g[0][i : i + 1], g[1][i : i + 1], last[0], last[1]))
            for name, value in part.items():
                own = tagged(name, label) if tagged(name, label) in a else name
                out[own] = out[own] + value if own in out else value
        return out

    def following(a: Arrays) -> Arrays:
        found = {label: one.following(of_group(a, label, labels)) for label in labels}
        return {tagged(name, label): value for label, own in found.items() for name, value in own.items()}

    return Structure(tuple(blocks), forward, adjoint, one.constants, following)


def merged(content: Content, labels: Sequence[str]) -> Content:
    """Return the blocks of all groups as arrays with the dimension `group` in front."""
    out: Content = {}
    for name, (dims, value) in content.items():
        base, own = untagged(name)
        if own not in labels:
            out[name] = (dims, value)
        elif base not in out:
            out[base] = (("group", *dims), np.stack([content[tagged(base, label)][1] for label in labels]))
    return out
