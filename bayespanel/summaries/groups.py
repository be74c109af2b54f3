"""Evidence of one group of pupils, out of that of a model with groups."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.language.errors import SpecError, nearest
from bayespanel.summaries.kinds import kinds_with


def groups_in(evidence: xr.Dataset) -> tuple[str, ...]:
    """Return the groups whose pathways evidence holds; none of a model without groups."""
    if "group" not in evidence.coords or evidence["group"].dims != ("pathway",):
        return ()
    single = ~np.isin(evidence["kind"].values, kinds_with(lambda kind: kind.difference))
    return tuple(dict.fromkeys(str(label) for label in evidence["group"].values[single] if str(label)))


def of_one_group(evidence: xr.Dataset, group: str | None, what: str) -> xr.Dataset:
    """Return the pathways of one group, and those that groups share; evidence of a model without groups as it is.

    Parameters
    ----------
    evidence
        From `bp.evidence`.
    group
        The group; None where there is but one, or none.
    what
        What is drawn of it, for the error.

    Raises
    ------
    SpecError
        There are several groups and none, or an unknown one, was chosen.
    """
    present = groups_in(evidence)
    if not present and group is None:
        return evidence
    if group is None and len(present) == 1:
        group = present[0]
    if group not in present:
        near = f" {nearest(group, list(present))}" if isinstance(group, str) and present else ""
        raise SpecError(
            f"{what} draws the pathways of one group of pupils.",
            f"The evidence has {', '.join(map(repr, present)) or 'no groups'}; chosen was {group!r}.{near}",
            f"Write for example group={present[0]!r}." if present else "Leave group out.",
        )
    shared = evidence["group"].values == ""
    found = evidence.isel(pathway=np.flatnonzero((evidence["group"].values == group) | shared))
    return found.assign_attrs(group=group)
