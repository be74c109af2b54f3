"""From a `pm.Model` to draws: compile, find the mode, whiten, sample."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.checks import MAX_DEPTH
from bayespanel.inference.compiled import Compiled
from bayespanel.inference.nuts import sample
from bayespanel.inference.posterior import Posterior, compile_posterior
from bayespanel.inference.record import cores_of
from bayespanel.inference.settings import Settings
from bayespanel.inference.whiten import Coordinates, whitened, whitening

STATISTICS = ("diverging", "depth", "energy", "n_steps", "step_size", "mean_tree_accept", "logp")
"""What is kept of the sampler's statistics; the rest speaks of whitened coordinates, which nobody sees."""


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
    held: Sequence[str] = (),
    progress: Callable[[list[Any]], None] | None = None,
    elsewhere: Sequence[Mapping[str, NDArray[np.float64]]] = (),
    rivals: Sequence[Mapping[str, NDArray[np.float64]]] = (),
    compiled: Compiled | None = None,
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
    held
        Variables that stay at their start while the mode is sought; see `whitening`.
    progress
        Called now and then with the progress of each chain (`finished_draws`, `total_draws`, `divergences`).
    elsewhere
        Other points like `start`: a chain begins near one of them or near the mode, at random.
    rivals
        Other points like `start` from which the mode is sought.
    compiled
        Models compiled before, one of which may serve; None compiles.

    Raises
    ------
    FitError
        When the density is zero at the starting point.
    """
    began = time.perf_counter()
    posterior = compile_posterior(model, start) if compiled is None else compiled.posterior(model, start)
    ready = time.perf_counter()
    others = [posterior.with_data(model, point).start for point in rivals]
    coordinates = whitening(posterior, held, others)
    found = time.perf_counter()
    tree = sample(
        whitened(posterior, coordinates),
        len(posterior.start),
        chains=settings.chains,
        tune=settings.tune,
        draws=settings.draws,
        seed=settings.seed,
        cores=cores_of(settings.cores, settings.chains),
        target_accept=settings.target_accept,
        maxdepth=MAX_DEPTH,
        origins=_origins(posterior, model, coordinates, elsewhere) if elsewhere else None,
        progress=progress,
    )
    done = time.perf_counter()
    return Draws(
        free=posterior.constrain(coordinates.points(tree["posterior"].to_dataset()["z"].values)),
        sample_stats=tree["sample_stats"].to_dataset()[list(STATISTICS)],
        seconds={"compile": ready - began, "mode": found - ready, "sample": done - found},
    )


def _origins(
    posterior: Posterior,
    model: pm.Model,
    coordinates: Coordinates,
    elsewhere: Sequence[Mapping[str, NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """Return the points near which chains begin, [origin, coordinate]: the mode, which is 0, and the others."""
    points = [posterior.with_data(model, point).start for point in elsewhere]
    there = [np.linalg.solve(coordinates.factor, point - coordinates.centre) for point in points]
    return np.stack([np.zeros(len(posterior.start)), *there])
