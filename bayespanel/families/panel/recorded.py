"""What a fit keeps of the pupils that its data, which are sums, do not tell; and the rows of checks about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from bayespanel.families.panel import left_out, ordered_fit, school_variation, tail_fit
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.checks import FAILURES, Check

ROOMS = {"of_schools": school_variation, "left_out": left_out, "categories": ordered_fit, "tails": tail_fit}
"""Entry of the provenance -> what fills it, and makes rows of it."""


def recorded(spec: RICLPM, posterior: xr.Dataset, data: Any) -> dict[str, list[dict[str, Any]]]:
    """Return entries for the provenance; empty where one cannot be had, as no check may cost a fit its draws."""
    out: dict[str, list[dict[str, Any]]] = {}
    for name, room in ROOMS.items():
        try:
            out[name] = room.recorded(spec, posterior, data)
        except FAILURES:
            out[name] = []
    return out


def rows(provenance: Mapping[str, Any]) -> Iterator[Check]:
    """Return the rows of what was recorded."""
    for name, room in ROOMS.items():
        yield from room.rows(provenance.get(name, []))
