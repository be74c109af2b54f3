"""Tables of paths that vary between schools: how much, and what a further school may be like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from bayespanel.families.panel.spec import RICLPM

Tails = tuple[float, float]


def schools(posterior: xr.Dataset, tails: Tails) -> pd.DataFrame:
    """Return the standardised path of each school, with its interval between two tails."""
    own = posterior["school_lag_standardised"].transpose("school", "varying", "chain", "draw")
    flat = own.values.reshape(*own.shape[:2], -1)
    low, high = np.quantile(flat, tails, axis=-1)
    places = {
        "school": np.repeat(own["school"].values, own.sizes["varying"]),
        "path": np.tile(own["varying"].values, own.sizes["school"]),
    }
    return pd.DataFrame(places | {"mean": flat.mean(axis=-1).ravel(), "lower": low.ravel(), "upper": high.ravel()})


def paths(spec: RICLPM, posterior: xr.Dataset, region: Tails, tails: Tails) -> pd.DataFrame:
    """Return mean and SD of each path that varies, and what further schools with average properties are like."""
    lags = posterior["lag_standardised"].mean("interval").transpose("chain", "draw", "target", "source")
    spread = posterior["lag_school_sd_standardised"].transpose("chain", "draw", "varying")
    rng = np.random.default_rng(0)
    rows = []
    for path in spec.varying:
        source, target = path.split(" -> ")
        mean, sd = lags.sel(target=target, source=source).values.ravel(), spread.sel(varying=path).values.ravel()
        new = mean + sd * rng.standard_normal(mean.shape)
        tiny = np.maximum(sd, 1e-12)
        row = {"path": path, "mean": mean.mean(), "sd": sd.mean()}
        row |= dict(zip(("sd_lower", "sd_upper"), np.quantile(sd, tails), strict=True))
        row |= dict(zip(("new_lower", "new_upper"), np.quantile(new, tails), strict=True))
        below, above = norm.cdf((region[0] - mean) / tiny).mean(), norm.sf((region[1] - mean) / tiny).mean()
        rows.append(row | {"below": below, "inside": 1.0 - below - above, "above": above})
    columns = ["path", "mean", "sd", "sd_lower", "sd_upper", "new_lower", "new_upper", "below", "inside", "above"]
    return pd.DataFrame(rows)[columns]
