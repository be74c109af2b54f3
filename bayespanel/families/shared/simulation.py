"""What the simulators of all families draw: streams of random numbers, normal scores, categories, who drops out.

numpy alone: nothing here knows the code of a model, so that neither can hide the other's error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bayespanel.families.shared.world_fields import Array, is_whole
from bayespanel.language.errors import SpecError


def streams(seed: Any, number: int) -> list[np.random.Generator]:
    """Return separate streams of random numbers: what is drawn from one does not move the others.

    Raises
    ------
    SpecError
        The seed is not a whole number, 0 or more.
    """
    if not is_whole(seed) or seed < 0:
        raise SpecError("A seed is a whole number, 0 or more.", f"It is {seed!r}.", "Give such a number.")
    return [np.random.default_rng(child) for child in np.random.SeedSequence(int(seed)).spawn(number)]


def standard_normal(rng: np.random.Generator, shape: tuple[int, ...], corr: Array | None) -> Array:
    """Draw standard normal vectors [..., score] with these correlations; None: uncorrelated."""
    scores = rng.standard_normal(shape)
    return scores if corr is None or not corr.size else scores @ np.linalg.cholesky(corr).T


def categories(scores: Array, cuts: Sequence[float]) -> Array:
    """Return the number of cut points that each score reaches: 0, 1, ..."""
    return np.asarray(np.searchsorted(np.asarray(cuts), scores, side="right").astype(float))


def chance_of_missing(rate: float, slope: float, score: Array) -> Array:
    """Return the probability [pupil] of missing what comes next, given the last score that was seen.

    Its log-odds change by `slope` per standard deviation of the score; `rate` is the probability at the mean.
    """
    spread = float(np.std(score)) if score.size else 0.0
    z = (score - score.mean()) / spread if spread > 0 else np.zeros(score.shape)
    log_odds = np.log(rate / (1 - rate)) + slope * z
    # Halved, because tanh does not overflow where exp does.
    return np.asarray(0.5 + 0.5 * np.tanh(log_odds / 2))
