"""Pathways of any family: what a row is, and the draws of all rows as one dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.language.errors import FitError, SpecError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pathway:
    """What a row is.

    Attributes
    ----------
    name, kind
        Its name, and the name of its kind in the table of kinds.
    source, target
        What acts, and on what.
    via
        What stands between them, or changes the effect; empty where nothing does.
    edge
        The edge of the triangle; empty where none is named.
    interval
        The interval between waves; empty where a pathway is of all.
    lag
        Number of intervals that it spans.
    level
        The level at which it acts, "within" for deviations within pupils.
    """

    name: str
    kind: str
    source: str
    target: str
    via: str = ""
    edge: str = ""
    interval: str = ""
    lag: int = 0
    level: str = "pupil"


Row = tuple[Pathway, Array, Array]
"""A pathway, and its draws [chain, draw] on the standardised and on the raw scale."""

TYPES: dict[str, type] = {"str": str, "int": int, "bool": bool}


def collected(record: type[Pathway], rows: Sequence[Row], posterior: xr.Dataset, standardisation: str) -> xr.Dataset:
    """Return `standardised` and `raw` [chain, draw, pathway], with a coordinate on `pathway` for each field of a row.

    Parameters
    ----------
    record
        Class of the pathways of the family.
    rows
        Its pathways in order.
    posterior
        The draws from which they come.
    standardisation
        What the standardised scale is; it goes with every number on it.
    """
    columns = zip(*(astuple(path) for path, _, _ in rows), strict=True) if rows else [()] * len(fields(record))
    coords: dict[str, tuple[str, NDArray[np.generic]]] = {}
    for field, column in zip(fields(record), columns, strict=True):
        name = "pathway" if field.name == "name" else field.name
        coords[name] = ("pathway", np.array(column, dtype=TYPES[str(field.type)]))
    dims = ("chain", "draw", "pathway")
    shape = (posterior.sizes["chain"], posterior.sizes["draw"], len(rows))
    standardised, raw = np.empty(shape), np.empty(shape)
    for i, (_, scaled, unscaled) in enumerate(rows):
        standardised[..., i], raw[..., i] = scaled, unscaled
    return xr.Dataset(
        {"standardised": (dims, standardised), "raw": (dims, raw)},
        coords={**{d: posterior[d] for d in ("chain", "draw") if d in posterior.coords}, **coords},
        attrs={"standardisation": standardisation},
    )


def require_same_names(posterior: xr.Dataset, dimension: str, names: tuple[str, ...], what: str) -> None:
    """Check that a posterior is about what a specification names, in its order.

    Raises
    ------
    FitError
        It is about others.
    """
    found = tuple(map(str, posterior[dimension].values)) if dimension in posterior.coords else ()
    if found != names:
        raise FitError(
            f"Posterior and specification name the same {what}, in the same order.",
            f"The posterior's are {', '.join(found)}; the specification's {', '.join(names)}.",
            "Give the specification with which the model was fitted.",
        )


def refuse_intervals(by_interval: bool, model: str) -> None:
    """Refuse rows by interval for a model that has none.

    Raises
    ------
    SpecError
        They were asked for.
    """
    if by_interval:
        raise SpecError(
            "Only cross-lagged panel models have pathways by interval.", f"This is {model}.", "Leave out by_interval."
        )
