"""What the toy predicts beside what was observed: the mean of all scores."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from bayespanel.data import Moments
from tests.families.toy.spec import Toy
from tests.families.toy.statistics import products


def predictive(spec: Toy, posterior: xr.Dataset, data: Moments, seed: int) -> dict[str, pd.DataFrame]:
    """Return "means": the observed and the predicted mean, and their difference in SDs."""
    sums = products(spec, data)
    observed, predicted = sums[0, 2] / sums[0, 0], posterior["mean"] + posterior["effect"] * sums[0, 1] / sums[0, 0]
    low, high = predicted.quantile([0.05, 0.95]).values
    away = (float(predicted.mean()) - observed) / float(posterior["residual_sd"].mean())
    row = {"observed": observed, "predicted": float(predicted.mean()), "lower": low, "upper": high, "difference": away}
    return {"means": pd.DataFrame([{"scores": int(sums[0, 0])} | row])}
