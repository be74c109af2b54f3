"""Pupils with two scores whose stable shares are chosen, simulated wave by wave: written without the package."""

from __future__ import annotations

import numpy as np
import pandas as pd

START = np.array([[1.0, 0.3], [0.3, 1.0]])
"""Correlations within persons at the first wave, and of stable parts."""


def pupils(
    seed: int, *, number: int, waves: int, stable: tuple[float, float], lag: tuple[tuple[float, float], ...]
) -> pd.DataFrame:
    """Return scores x and y of pupils, a row per pupil and wave.

    Parameters
    ----------
    stable
        Share of each score's variance of 1 that lies between pupils.
    lag : [target, source]
        In within-person SDs, which stay the same over the waves where the lags allow it.
    """
    rng = np.random.default_rng(seed)
    share, a = np.array(stable), np.array(lag)
    noise = START - a @ START @ a.T
    if np.linalg.eigvalsh(noise).min() <= 0:  # lags so large that variances grow
        noise = np.array([[0.3, 0.1], [0.1, 0.3]])
    person = rng.multivariate_normal([0, 0], START, number) * np.sqrt(share)
    within = rng.multivariate_normal([0, 0], START, number)
    tables = []
    for wave in range(1, waves + 1):
        scores = person + within * np.sqrt(1 - share)
        tables.append(pd.DataFrame({"pupil": np.arange(number), "wave": wave, "x": scores[:, 0], "y": scores[:, 1]}))
        within = within @ a.T + rng.multivariate_normal([0, 0], noise, number)
    return pd.concat(tables, ignore_index=True)
