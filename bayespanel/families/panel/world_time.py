"""Lags and innovations of the intervals of a world in continuous time, and where it settles; knowing no model.

Van Loan (1978), doi:10.1109/TAC.1978.1101743: with M = [[-D, Q], [0, D']] h, the blocks of exp(M) hold exp(D h)' and
the covariance of what arrives in h.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov

from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError


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


def settled_start(world: Any) -> dict[str, Array]:
    """Return initial_sd and initial_corr of the covariance at which the process of a world settles.

    Raises
    ------
    SpecError
        Lags or innovations differ between intervals; the process never settles; or the world has another start.
    """
    drift, k = world.drift, len(world.variables)
    names = (
        ("lag", "innovation_sd", "innovation_corr") if drift is None else ("drift", "diffusion_sd", "diffusion_corr")
    )
    matrix, sd, corr = (getattr(world, name) for name in names)
    corr = np.eye(k) if corr is None else corr
    others = [name for name in ("lag_2", "first_lag", "moving_average") if getattr(world, name) is not None]
    given = (
        others[0] if others else "accumulating=True" if world.accumulating else f"{names[0]} or {names[1]} by interval"
    )
    if matrix.ndim > 2 or sd.ndim > 1 or corr.ndim > 2 or others or world.accumulating:
        raise SpecError(
            "A world that has settled has lags over one interval and innovations that are equal over intervals.",
            f"stationary=True is given with {given}.",
            "Give one lag and one innovation_sd for all intervals, or initial_sd in place of stationary.",
        )
    arriving = sd[:, None] * corr * sd
    values = np.linalg.eigvals(matrix)
    if not (np.abs(values).max() < 1 if drift is None else values.real.max() < 0):
        raise SpecError(
            "A process settles whose deviations die out.",
            f"Eigenvalues of {names[0]!r} are {', '.join(f'{value:.3g}' for value in values)}.",
            "Give smaller lags (a drift below 0), or initial_sd in place of stationary.",
        )
    if drift is None:
        covariance = solve_discrete_lyapunov(matrix, arriving)
    else:
        covariance = solve_continuous_lyapunov(matrix, -arriving)
    start = np.sqrt(np.diag(covariance))
    unit = np.where(start > 0, start, 1.0)
    found = {"initial_sd": start, "initial_corr": covariance / unit[:, None] / unit * (1 - np.eye(k)) + np.eye(k)}
    for name, value in found.items():
        known = getattr(world, name)
        if known is not None and not np.allclose(known, value):
            raise SpecError(
                "Where a world starts if it has settled follows from its lags and innovations.",
                f"{name!r} is given too, and is another.",
                f"Leave {name} out, or stationary.",
            )
    return found
