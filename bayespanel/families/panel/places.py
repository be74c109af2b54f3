"""Where a model's covariates and further cells stand among the regressors of moments, and their means and SDs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.families.panel.components import further, joint
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import DataError

BINARY = 1e-9
"""Share of a variance by which rounding may move it away from that of a column of zeros and ones."""


def regressors(spec: RICLPM, moments: Moments) -> list[int]:
    """Return where the regressors of the model stand in the moments: the intercept, then its covariates."""
    given = () if joint(spec) else spec.covariates
    return [0, *(1 + moments.covariates.index(name) for name in given)]


def further_at(spec: RICLPM, moments: Moments) -> list[int]:
    """Return where the further cells of the model stand in the moments, among the regressors."""
    return [1 + moments.covariates.index(name) for name in further(spec)]


def further_centre(spec: RICLPM, moments: Moments) -> NDArray[np.float64]:
    """Return the mean [further], raw units, from which the data count the further cells."""
    return np.asarray(moments.covariate_centre[[at - 1 for at in further_at(spec, moments)]])


def further_sd(spec: RICLPM, moments: Moments) -> NDArray[np.float64]:
    """Return the SD [further] of the further cells over pupils."""
    at = further_at(spec, moments)
    number = moments.covariate_n[[one - 1 for one in at]]
    return np.asarray(np.sqrt(moments.sxx.sum(axis=0)[at, at] / number))


def require_continuous(spec: RICLPM, moments: Moments, panel: Panel | None) -> None:
    """Refuse outcomes after the last wave that have two values; of moments, those that are 0 or 1.

    Raises
    ------
    DataError
        There is one.
    """
    for name in spec.distal:
        at = moments.covariates.index(name)
        share, variance = moments.covariate_centre[at], further_sd(spec, moments)[further(spec).index(name)] ** 2
        two = abs(variance - share * (1 - share)) < BINARY * variance  # the variance of a share
        if panel is not None:
            values = panel.covariates[:, panel.covariate_names.index(name)]
            two = len(np.unique(values[~np.isnan(values)])) == 2
        if two:
            raise DataError(
                "Outcomes after the last wave are continuous.",
                f"{name!r} has two values.",
                "Choose a continuous outcome: models of yes and no are not there yet.",
            )


def require_known(spec: RICLPM, moments: Moments) -> None:
    """Refuse covariates that some pupils lack, unless they are modelled.

    Raises
    ------
    DataError
        There is one.
    """
    known = moments.covariate_observed
    if known is None or joint(spec):
        return
    for name in spec.covariates:
        lacking = int(moments.n @ ~known[:, moments.covariates.index(name)])
        if lacking:
            raise DataError(
                "A covariate is known for every pupil, unless the model has a distribution for it.",
                f"{name!r} is missing for {lacking} of {moments.n_pupils} pupils.",
                "Add missing_covariates='modelled', drop these pupils, or leave the covariate out.",
            )
