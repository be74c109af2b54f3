"""Log-densities of priors and likelihood at every draw: what power-scaling scales."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.graphs import data_of, graph_of, pointed, stable
from bayespanel.inference.program import program_of
from bayespanel.language.names import row_of

Array = NDArray[np.float64]


def log_densities(model: pm.Model, free: Mapping[str, Array], rows: Collection[str]) -> tuple[xr.Dataset, xr.DataArray]:
    """Return the log-density of each prior, and that of everything below the priors, at each draw.

    Potentials whose names start with "log_prior" belong to no row and are not below the priors: they count to neither.

    Parameters
    ----------
    model
        The model.
    free : of [chain, draw, ...]
        Draws of its free variables.
    rows
        Names of the table of priors. What has no row, such as standardised effects of clusters, is no prior that
        anybody chose: its density counts to neither, and scaling leaves it alone.

    Returns
    -------
    (xr.Dataset, xr.DataArray)
        [chain, draw]: a variable for each row that the model uses, and the log-likelihood. Densities are those of the
        free variables (partial correlations for correlations, signed scales for standard deviations that may be 0).
    """
    names: dict[str, list[Any]] = {}
    for rv in model.free_RVs:
        row = row_of(rv.name, rows)
        if row is not None:
            names.setdefault(row, []).append(rv)
    priors = [sum(term.sum() for term in model.logp(vars=rvs, jacobian=False, sum=False)) for rvs in names.values()]
    below = [*model.observed_RVs, *(term for term in model.potentials if not term.name.startswith("log_prior"))]
    likelihood = sum(term.sum() for term in model.logp(vars=below, jacobian=False, sum=False))
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    columns = [_unbounded(model, rv, free[rv.name]) for rv in model.free_RVs]
    graph = graph_of(*pointed(stable([*priors, likelihood]), values, [column.shape[2:] for column in columns]))
    points = np.concatenate([column.reshape(*column.shape[:2], -1) for column in columns], axis=-1)
    table = program_of(graph, data_of(model, graph))(points)
    dims = ("chain", "draw")
    return (
        xr.Dataset({row: (dims, table[..., i]) for i, row in enumerate(names)}),
        xr.DataArray(table[..., -1], dims=dims, name="log_likelihood"),
    )


def _unbounded(model: pm.Model, rv: object, value: Array) -> Array:
    """Return draws as the model's value variable holds them."""
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return np.asarray(value, float)
    return np.asarray(np.log(value) if transform.name == "log" else np.log(value) - np.log1p(-value))
