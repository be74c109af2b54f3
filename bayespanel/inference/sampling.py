"""From a `pm.Model` to draws: compile, find the mode, whiten, sample."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from numpy.typing import NDArray

from bayespanel.errors import SpecError
from bayespanel.inference.checks import MAX_DEPTH
from bayespanel.inference.nuts import sample
from bayespanel.inference.posterior import compile_posterior
from bayespanel.inference.whiten import whitened, whitening

STATISTICS = ("diverging", "depth", "energy", "n_steps", "step_size", "mean_tree_accept", "logp")
"""What is kept of the sampler's statistics; the rest speaks of whitened coordinates, which nobody sees."""


@dataclass(frozen=True)
class Settings:
    """How to sample.

    Parameters
    ----------
    seed
        Non-negative integer; the same seed gives the same draws.
    chains, tune, draws
        Number of chains, and of warm-up and kept draws in each.
    cores
        Chains that run at once; None for all processors.
    target_accept
        Acceptance rate that the step size aims at; higher is slower and safer.
    """

    seed: int
    chains: int = 4
    tune: int = 500
    draws: int = 1000
    cores: int | None = None
    target_accept: float = 0.8

    def __post_init__(self) -> None:
        """Check every field."""
        least = {"seed": 0, "chains": 1, "tune": 50, "draws": 4} | ({"cores": 1} if self.cores is not None else {})
        for name, minimum in least.items():
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < minimum:
                raise SpecError(
                    f"'{name}' is a whole number of at least {minimum}.", f"It is {value!r}.", "Give such a number."
                )
        if not 0.5 <= self.target_accept < 1:
            raise SpecError(
                "'target_accept' is a rate of at least 0.5 and below 1.",
                f"It is {self.target_accept!r}.",
                "0.8 is usual, 0.95 is careful.",
            )


@dataclass(frozen=True, eq=False)
class Draws:
    """What sampling gave.

    Attributes
    ----------
    free : dict of [chain, draw, ...]
        Values of the model's free variables.
    sample_stats
        What the sampler said of each draw.
    seconds : dict
        Time taken by compiling, finding the mode, and sampling.
    """

    free: dict[str, NDArray[np.float64]]
    sample_stats: xr.Dataset
    seconds: dict[str, float]


def draw(
    model: pm.Model,
    settings: Settings,
    start: Mapping[str, NDArray[np.float64]] | None = None,
    progress: Callable[[list[Any]], None] | None = None,
) -> Draws:
    """Sample a model.

    Parameters
    ----------
    model
        Any model whose log-density numba can compile and whose variables are free, positive or in (0, 1).
    settings
        How.
    start
        Starting values of variables without a transform, where the model's initial point will not do.
    progress
        Called now and then with the progress of each chain (`finished_draws`, `total_draws`, `divergences`).

    Raises
    ------
    FitError
        When the density is zero at the starting point.
    """
    began = time.perf_counter()
    posterior = compile_posterior(model, start)
    compiled = time.perf_counter()
    coordinates = whitening(posterior)
    ready = time.perf_counter()
    tree = sample(
        whitened(posterior, coordinates),
        len(posterior.start),
        chains=settings.chains,
        tune=settings.tune,
        draws=settings.draws,
        seed=settings.seed,
        cores=settings.cores or min(settings.chains, os.cpu_count() or 1),
        target_accept=settings.target_accept,
        maxdepth=MAX_DEPTH,
        progress=progress,
    )
    done = time.perf_counter()
    return Draws(
        free=posterior.constrain(coordinates.points(tree["posterior"].to_dataset()["z"].values)),
        sample_stats=tree["sample_stats"].to_dataset()[list(STATISTICS)],
        seconds={"compile": compiled - began, "mode": ready - compiled, "sample": done - ready},
    )
