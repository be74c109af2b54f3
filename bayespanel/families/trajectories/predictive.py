"""What the model of trajectories predicts beside what was observed: the mean of all pupils at each wave."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import group_of


def predictive(spec: Trajectories, posterior: xr.Dataset, data: PanelRows, _seed: int) -> dict[str, pd.DataFrame]:
    """Return "means": by wave (and arm, where each has its classes), scores, observed and predicted mean, difference.

    Predicted is the mean over classes by their sizes, for all pupils; observed that of those who were seen. Where who
    is missing hangs on earlier scores the two differ, and should.
    """
    layout = plan(spec, data)
    share = posterior["share"]
    if "arm" in share.dims:
        arm = data.x[:, data.covariates.index(str(spec.arm))]
        treated = float(data.count @ arm / data.count.sum())
        share = (1 - treated) * share.sel(arm=ARMS[0]) + treated * share.sel(arm=ARMS[1])
    rows = []
    for g, own in enumerate(layout.allowed):
        labels = [label for label, mine in zip(spec.trajectories, own, strict=True) if mine]
        course = (share.sel(trajectory=labels) * posterior["expected"].sel(trajectory=labels)).sum("trajectory")
        here = group_of(spec, data) == g
        for t, wave in enumerate(data.waves):
            y, n = data.values[here, t], data.count[here]
            seen = ~np.isnan(y)
            if not seen.any():
                continue
            observed = float(np.average(y[seen], weights=n[seen]))
            sd = float(np.sqrt(np.average((y[seen] - observed) ** 2, weights=n[seen])))
            drawn = course.isel(wave=t).values
            low, high = np.quantile(drawn, [0.05, 0.95])
            away = (drawn.mean() - observed) / sd if sd > 0 else np.nan
            arm_name = ARMS[g] if spec.by_arm else ""
            rows.append((arm_name, wave, int(n[seen].sum()), observed, drawn.mean(), low, high, away))
    columns = ["arm", "wave", "scores", "observed", "predicted", "lower", "upper", "difference"]
    frame = pd.DataFrame(rows, columns=columns)
    return {"means": frame if spec.by_arm else frame.drop(columns="arm")}
