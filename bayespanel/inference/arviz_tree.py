"""Draws as ArviZ reads them, whose tables stack all variables of a group along one dimension.

Three things go wrong unless draws are prepared for it (ArviZ 1.3 and xarray 2026.9, November 2026). xarray stacks along
a dimension that it calls "variable", so no dimension of draws may have this name. Summaries are joined by coordinates
that every part has, so no coordinate may be a property of a dimension, such as the time of a wave. And ArviZ labels the
entries of each variable in the order of its own dimensions, while xarray stacks all variables in the order in which
dimensions first appear in the group: where the two differ, labels stand beside the numbers of other entries, without an
error.
"""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

RENAMED = {"variable": "measure", "variable_": "measure_"}
"""Dimension of draws -> its name for ArviZ."""


def arviz_tree(groups: Mapping[str, xr.Dataset]) -> xr.DataTree:
    """Return groups of draws as a tree that ArviZ's functions take and label as they should."""
    return xr.DataTree.from_dict({name: stackable(group) for name, group in groups.items()})


def stackable(group: xr.Dataset) -> xr.Dataset:
    """Return a group whose variables all have their dimensions in the order in which these first appear."""
    bare = group.drop_vars([name for name in group.coords if name not in group.dims])
    named = bare.rename({old: new for old, new in RENAMED.items() if old in bare.dims})
    order = dict.fromkeys(dim for array in named.data_vars.values() for dim in array.dims)
    return named.transpose(*order)
