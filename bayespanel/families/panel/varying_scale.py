"""What varies between schools on the standardised scale: in within-person standard deviations, averaged over waves."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.families.panel.derive import Array, within_sd
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying import moderation_matrix, moderations, positions, school_values


def units_of_lags(posterior: xr.Dataset) -> Array:
    """Return the standardised lag per raw lag [chain, draw, target, source], the mean over intervals."""
    sd = within_sd(posterior)
    return np.asarray((sd[:, :, :-1, None, :] / sd[:, :, 1:, :, None]).mean(axis=2))


LEAD = ("chain", "draw")


def with_spread(spec: RICLPM, posterior: xr.Dataset) -> xr.Dataset:
    """Add to draws the SDs between schools on the standardised scale."""
    if not spec.varying:
        return posterior
    sd = posterior["lag_school_sd"].transpose(*LEAD, "varying").values
    return posterior.assign(lag_school_sd_standardised=((*LEAD, "varying"), sd * _units(spec, posterior)))


def _units(spec: RICLPM, posterior: xr.Dataset) -> Array:
    target, source = positions(spec)
    return np.asarray(units_of_lags(posterior)[..., target, source])


def with_standardised(spec: RICLPM, moments: Moments, posterior: xr.Dataset) -> xr.Dataset:
    """Add to draws what varies on the standardised scale; effects of moderators per SD over schools."""
    if not spec.varying:
        return posterior
    unit, lead = _units(spec, posterior), LEAD
    own = posterior["school_lag"].transpose(*lead, "school", "varying").values * unit[:, :, None]
    found = with_spread(spec, posterior).assign(school_lag_standardised=((*lead, "school", "varying"), own))
    if not moderations(spec):
        return found
    path, at = moderation_matrix(spec)
    spread = np.sqrt((school_values(spec, moments) ** 2).mean(axis=0))[at]
    effect = posterior["lag_moderation"].transpose(*lead, "moderation").values
    return found.assign(lag_moderation_standardised=((*lead, "moderation"), effect * unit[..., path] * spread))
