"""Models of scale scores, the means of items, beside those of the items: what errors of the items do to pathways."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.data.moments import mixed
from bayespanel.families.panel.components import coordinates
from bayespanel.families.panel.measurement import constructs, measured
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.standardised import standardised
from bayespanel.families.panel.statistics import regressed_lags, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.checks import FIT, Check
from bayespanel.inference.maximum_likelihood import maximise
from bayespanel.inference.structure import Array, Structure

AGREES = "items and scale scores agree, largest difference of lags"

DIFFERENCE = 0.05
"""Difference of a standardised lag beyond which the row says "look": more than a small cross-lagged effect."""


def scale_scores(spec: RICLPM, moments: Moments) -> Moments:
    """Return the data of scale scores: means of items that a pupil has at a wave, each counted from its own mean."""
    plan = measured(spec, moments.waves)
    t, j, k = plan.waves, len(plan.items), plan.variables
    belongs = (plan.owner[:, None] == np.arange(k)).astype(float)  # [item, variable]
    seen = moments.observed.reshape(-1, t, j)
    number = seen.astype(float) @ belongs  # [kind, wave, variable]
    share = seen[..., None] * belongs / np.maximum(number, 1.0)[:, :, None, :]  # [kind, wave, item, variable]
    turn = np.einsum("rtjk,ts->rtksj", share, np.eye(t)).reshape(len(seen), t * k, t * j)
    centre = (moments.centre.reshape(t, j) @ belongs / belongs.sum(axis=0)).ravel()
    return mixed(moments, spec.variables, centre, turn, (number > 0).reshape(len(seen), -1))


def agreement(spec: RICLPM, data: Moments, model: Structure, vector: Array) -> Check:
    """Return the row that holds the lags of items, at a maximum of the likelihood, against those of scale scores."""
    scores, plain = scale_scores(spec, data), constructs(spec)
    other = structure(plain, scores)
    top = maximise(other, statistics(plain, scores), [structure(plain, scores, regressed_lags(plain, scores)).start()])
    mine = _lags(spec, data, model, vector)
    theirs = _lags(plain, scores, other, top.vector)
    away = (mine - theirs).where(mine["target"] != mine["source"], drop=False)
    if not top.converged or not bool(away.notnull().any()):
        away = away.fillna(0.0)
    worst = np.unravel_index(int(np.nanargmax(np.abs(away.values))), away.shape)
    where = {dim: away[dim].values[i] for dim, i in zip(away.dims, worst, strict=True)}
    largest = float(np.abs(away.sel(where)))
    return Check(
        AGREES,
        largest,
        DIFFERENCE,
        largest <= DIFFERENCE,
        f"By maximum likelihood {where['source']} -> {where['target']} is {float(mine.sel(where)):.2f} of the "
        f"variables behind the items, and {float(theirs.sel(where)):.2f} of their means. Errors of single items are "
        "part of scale scores: they shrink lags, and what they take from one pathway others take up. Report which of "
        "them the study is about, and how reliable the items are.",
        grave=False,
        about=FIT,
    )


def _lags(spec: RICLPM, data: Moments, model: Structure, vector: Array) -> xr.DataArray:
    """Return standardised lags [(group,) target, source], averaged over intervals."""
    labels = {name: list(values) for name, values in coordinates(spec, data).items()}
    found = standardised(spec, model, labels, data)(vector[None])["lag_standardised"].isel(draw=0)
    return found.mean("interval")
