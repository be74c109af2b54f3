"""Pupils of several realities, written out in numpy without a look at the package: some fit the model, some do not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayespanel import Panel

LAG = np.array([[0.3, 0.0], [0.1, 0.3]])
"""[target, source]: x moves y, and y does not move x."""

TOGETHER = np.array([[1.0, 0.3], [0.3, 1.0]])


def scores(
    rng: np.random.Generator,
    pupils: int,
    waves: int,
    *,
    apart: float = 0.0,
    slope_sd: float = 0.0,
    second: float = 0.0,
    error_sd: float = 0.0,
    alternate: float = 0.0,
    drift: float = 0.0,
) -> np.ndarray:
    """Scores [pupil, wave, variable]: a stable part of variance 1, and a process that starts with variance 1.

    Parameters
    ----------
    apart
        How far lags of the first and of the last interval lie from their middle.
    slope_sd
        Of growth per wave, different for each pupil.
    second
        Carry-over over two waves.
    error_sd
        Of measurement error in each score.
    alternate
        How far lags lie above their middle in every second interval, and below it in the others.
    drift
        How much more the stable part weighs at the last wave than at the first, as a share of its weight there.
    """
    root = np.linalg.cholesky(TOGETHER).T
    stable = rng.normal(size=(pupils, 1, 2)) @ np.linalg.cholesky(np.array([[1.0, 0.4], [0.4, 1.0]])).T
    process = [rng.normal(size=(pupils, 2)) @ root]
    for t in range(1, waves):
        place = 2 * (t - 1) / (waves - 2) - 1
        new = (
            process[-1] @ (LAG + apart * place + alternate * (-1) ** t).T
            + np.sqrt(0.85) * rng.normal(size=(pupils, 2)) @ root
        )
        process.append(new + (second * process[-2] if t > 1 else 0.0))
    growth = slope_sd * rng.normal(size=(pupils, 1, 2)) @ root * np.arange(waves)[None, :, None]
    noise = error_sd * rng.normal(size=(pupils, waves, 2))
    weight = 1.0 + drift * np.arange(waves)[None, :, None] / (waves - 1)
    return stable * weight + np.stack(process, axis=1) + growth + noise


def panel(
    seed: int,
    pupils: int,
    waves: int,
    *,
    schools: int = 0,
    school_sd: float = 0.3,
    shock_sd: float = 0.0,
    missed: float = 0.05,
    apart: float = 0.0,
    slope_sd: float = 0.0,
    second: float = 0.0,
    error_sd: float = 0.0,
    alternate: float = 0.0,
    drift: float = 0.0,
) -> Panel:
    """Pupils as a panel, in schools with a stable effect and, perhaps, shocks of single waves; some waves missed."""
    rng = np.random.default_rng([2026, seed])
    wrong = {"apart": apart, "slope_sd": slope_sd, "second": second, "error_sd": error_sd}
    y = scores(rng, pupils, waves, **wrong, alternate=alternate, drift=drift)
    frame = pd.DataFrame({"pupil": np.repeat(np.arange(pupils), waves), "wave": np.tile(np.arange(waves), pupils)})
    if schools:
        school = np.arange(pupils) % schools
        y += (
            school_sd * rng.normal(size=(schools, 1, 2))[school]
            + shock_sd * rng.normal(size=(schools, waves, 2))[school]
        )
        frame["school"] = np.repeat([f"s{s}" for s in school], waves)
    gone = rng.random((pupils, waves)) < missed
    gone[:, 0] = False
    y[gone] = np.nan
    frame["age"] = np.repeat(rng.normal(10, 1, pupils), waves)
    frame["x"], frame["y"] = y[:, :, 0].ravel(), y[:, :, 1].ravel()
    return Panel.from_long(
        frame,
        pupil="pupil",
        wave="wave",
        variables=["x", "y"],
        school="school" if schools else None,
        covariates=["age"],
    )


def covariance(
    waves: int, *, slope_sd: float = 0.0, second: float = 0.0, error_sd: float = 0.0, apart: float = 0.0
) -> np.ndarray:
    """Covariance [cell, cell] of the scores of `scores`, cells by wave and then variable, in closed form."""
    k, p = 2, 2 * waves
    before = np.eye(p)
    for t in range(1, waves):
        here, last = slice(t * k, (t + 1) * k), slice((t - 1) * k, t * k)
        before[here, last] -= LAG + apart * (2 * (t - 1) / (waves - 2) - 1)
        if t > 1:
            before[here, (t - 2) * k : (t - 1) * k] -= second * np.eye(k)
    shocks = np.kron(np.diag([1.0] + [0.85] * (waves - 1)), TOGETHER)
    process = np.linalg.inv(before) @ shocks @ np.linalg.inv(before).T
    time = np.arange(waves)
    growth = slope_sd**2 * np.kron(np.outer(time, time), TOGETHER)
    stable = np.kron(np.ones((waves, waves)), np.array([[1.0, 0.4], [0.4, 1.0]]))
    return process + growth + stable + error_sd**2 * np.eye(p)


def exact(sigma: np.ndarray, waves: int, pupils: int = 2000) -> Panel:
    """Pupils whose sample means are 0 and whose sample covariance is the one given, to the last digit."""
    z = np.random.default_rng(0).normal(size=(pupils, len(sigma)))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / pupils)).T @ np.linalg.cholesky(sigma).T
    frame = pd.DataFrame({"pupil": np.repeat(np.arange(pupils), waves), "wave": np.tile(np.arange(waves), pupils)})
    frame["x"], frame["y"] = z[:, 0::2].ravel(), z[:, 1::2].ravel()
    return Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y"])
