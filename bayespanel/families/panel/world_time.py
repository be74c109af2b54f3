"""Lags and innovations of the intervals of a world in continuous time, by textbook matrices and knowing no model.

Van Loan (1978), doi:10.1109/TAC.1978.1101743: with M = [[-D, Q], [0, D']] h, the blocks of exp(M) hold exp(D h)' and
the covariance of what arrives in h.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.linalg import expm

from bayespanel.families.shared.world_fields import Array


def of_intervals(drift: Array, diffusion: Array, times: tuple[float, ...]) -> tuple[Array, Array]:
    """Return lags and covariances of innovations [interval, ., .].

    Parameters
    ----------
    drift : [target, source]
    diffusion : [variable, variable] or [interval, variable, variable]
    times
        Of the waves.
    """
    k, lags, innovations = len(drift), [], []
    for step, (before, after) in enumerate(pairwise(times)):
        q = diffusion[step] if diffusion.ndim == 3 else diffusion
        whole = expm(np.block([[-drift, q], [np.zeros((k, k)), drift.T]]) * (after - before))
        lags.append(whole[k:, k:].T)
        arrived = whole[k:, k:].T @ whole[:k, k:]
        innovations.append((arrived + arrived.T) / 2)
    return np.array(lags), np.array(innovations)
