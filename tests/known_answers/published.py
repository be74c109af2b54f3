"""Read the known answers: what each model is, and its published estimates as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

import bayespanel as bp
from bayespanel.data import Moments

HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Published:
    """A published maximum likelihood fit.

    Attributes
    ----------
    name, data
        Name of the model, and of its file of moments.
    fit
        Its row of riclpm_fit.csv.
    table
        Its rows of riclpm_estimates.csv, one for each free parameter.
    """

    name: str
    data: str
    fit: pd.Series[Any]
    table: pd.DataFrame

    @property
    def spec(self) -> bp.RICLPM:
        """The specification."""
        row = self.fit
        return bp.RICLPM(
            variables=moments(self.data).variables,
            levels=tuple(row["levels"].split()),
            lags=row["lags"],
            innovations=row["innovations"],
            means=row["means"],
            intercepts=bool(row["intercepts"]),
            cluster_effects=row["cluster_effects"],
        )

    def arrays(self, column: str) -> dict[str, xr.DataArray]:
        """Return "est" or "se" by parameter, covariances as full symmetric matrices, cells in wave-major order."""
        order = moments(self.data)
        cells = [f"{variable}@{wave}" for wave in order.waves for variable in order.variables]
        labels: dict[str, list[str]] = {"variable": list(order.variables), "wave": list(order.waves), "cell": cells}
        labels |= {"target": labels["variable"], "source": labels["variable"], "variable_": labels["variable"]}
        labels |= {"cell_": cells, "interval": [f"{a}-{b}" for a, b in zip(order.waves, order.waves[1:], strict=False)]}
        out = {}
        for name, rows in self.table.groupby("parameter"):
            dims = [dim for dim in DIMS if rows[dim].notna().any()]
            series = rows.set_index(dims)[column]
            side = next((dim for dim in dims if f"{dim}_" in dims), None)
            if side is not None:
                flipped = rows.rename(columns={side: f"{side}_", f"{side}_": side}).set_index(dims)[column]
                series = pd.concat([series, flipped[~flipped.index.isin(series.index)]])
            array = series.to_xarray()
            out[str(name)] = array.sel({dim: labels[dim] for dim in dims})
        return out


DIMS = ("interval", "wave", "target", "source", "variable", "variable_", "cell", "cell_")
"""Columns of labels, in the order of dimensions."""


@cache
def moments(name: str) -> Moments:
    """Return the moments of a data set."""
    return Moments.load(HERE / f"{name}.nc")


@cache
def table(name: str) -> pd.DataFrame:
    """Return a table of this folder, its labels as text."""
    labels = dict.fromkeys((*DIMS, "recipe"), str)
    return pd.read_csv(HERE / f"{name}.csv", dtype=labels, keep_default_na=False, na_values=[""])


def names(kind: str = "riclpm") -> list[str]:
    """Return the names of the published models of a kind: "riclpm" or "saturated"."""
    fits = table("riclpm_fit")
    return list(fits["model"][fits["kind"] == kind])


@cache
def published(name: str) -> Published:
    """Return a published fit by its name."""
    fits, estimates = table("riclpm_fit"), table("riclpm_estimates")
    fit = fits.set_index("model").loc[name]
    return Published(name, fit["data"], fit, estimates[estimates["model"] == name])
