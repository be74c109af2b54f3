"""Effects on ordered outcomes and counts as probabilities: how many more pupils of an arm reach a category.

Every pupil of the trial is taken to be in the reference arm, and then in another one, with all else as it is; effects
of clusters are the fitted ones. The probabilities are averaged over the pupils.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import TrialCounts
from bayespanel.data.count_bins import count_bins
from bayespanel.families.shared.category_rows import category_rows
from bayespanel.families.trial.counted import Counted, counted
from bayespanel.families.trial.predictive import DRAWS, below_thresholds, expected_numbers, latent_scores
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import Reduced

Array = NDArray[np.float64]


def probabilities(spec: ClusterTrial, posterior: xr.Dataset, data: Reduced, tails: tuple[float, float]) -> pd.DataFrame:
    """Return a row for each effect and each category but the lowest; no row for outcomes that are numbers.

    Parameters
    ----------
    spec, posterior, data
        Of the fit.
    tails
        Between which the intervals lie.
    """
    if not isinstance(data, TrialCounts):
        return category_rows((), tails)
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // DRAWS)
    flat = posterior.isel(draw=slice(None, None, every)).stack(sample=("chain", "draw")).transpose("sample", ...)
    plan = counted(spec, data)
    first, *others = [_everybody_in(spec, plan, flat, g) for g in range(len(plan.arms))]
    out = []
    for g, arm in enumerate(plan.arms[1:]):
        for outcome, reached in first.items():
            for category, before in reached.items():
                name = f"{arm}: {outcome}" if len(plan.arms) > 2 else outcome
                out.append((name, arm, outcome, category, before, others[g][outcome][category]))
    return category_rows(out, tails)


def _everybody_in(spec: ClusterTrial, plan: Counted, flat: xr.Dataset, arm: int) -> dict[str, dict[str, Array]]:
    """Return outcome -> category -> the probability [sample] of it or a higher one, were all pupils in one arm."""
    moved = replace(plan, rows=replace(plan.rows, arm=np.full_like(plan.rows.arm, arm)))
    eta = latent_scores(spec, moved, flat)
    return {
        outcome: dict(_reached(spec, plan, flat, o, eta[:, plan.rows.outcome == o]))
        for o, outcome in enumerate(plan.outcomes)
    }


def _reached(spec: ClusterTrial, plan: Counted, flat: xr.Dataset, o: int, eta: Array) -> Iterator[tuple[str, Array]]:
    pupils = plan.rows.counts[plan.rows.outcome == o].sum(axis=1)
    labels = plan.categories[o]
    if plan.events:
        starts, _ = count_bins(len(labels) - 1)
        below = expected_numbers(flat, o, eta, pupils, starts[-1]).cumsum(axis=1) / pupils.sum()
        yield from ((str(start), 1 - below[:, start - 1]) for start in starts[1:])
        return
    share = pupils / pupils.sum()
    below = below_thresholds(spec, plan, flat, o, eta)
    yield from ((label, 1 - below[:, :, k] @ share) for k, label in enumerate(labels[1:]))
