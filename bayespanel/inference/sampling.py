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

from bayespanel.inference.compiled import remembered
from bayespanel.inference.explicit import scales_of
from bayespanel.inference.independence import Independent, Proposal, independent
from bayespanel.inference.nuts import sample
from bayespanel.inference.posterior import Posterior
from bayespanel.inference.settings import Settings
from bayespanel.inference.whiten import Coordinates, whitened, whitening
from bayespanel.language.errors import SpecError

STATISTICS = ("diverging", "depth", "energy", "n_steps", "step_size", "mean_tree_accept", "logp")
"""What is kept of the sampler's statistics; the rest speaks of whitened coordinates, which nobody sees."""


SEVERAL = "the posterior may have several maxima"
EXPLICIT = "effects are sampled beside their own standard deviation, and have no maximum together"
"""Why a model has no law of proposals."""


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
    beside
        Draws of parameters that are no variables of the model, by their names in the posterior; None where all are.
    proposal
        How independence sampling was judged; None where NUTS was asked for.
    """

    free: dict[str, NDArray[np.float64]]
    sample_stats: xr.Dataset
    seconds: dict[str, float]
    beside: xr.Dataset | None = None
    proposal: Proposal | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model that is compiled, with coordinates in which it is easy to sample; it can be sampled more than once.

    Attributes
    ----------
    posterior
        The compiled density.
    coordinates
        Those in which the sampler walks.
    origins : [origin, coordinate]
        Points near which chains begin; None for the mode alone.
    model
        The model.
    seconds : dict
        Time taken by compiling and finding the mode.
    obstacle
        Why independence sampling is out of the question; empty where it is not.
    """

    posterior: Posterior
    coordinates: Coordinates
    origins: NDArray[np.float64] | None
    model: pm.Model
    seconds: dict[str, float]
    obstacle: str = ""

    def draw(self, settings: Settings, progress: Callable[[list[Any]], None] | None = None, *, every: int = 1) -> Draws:
        """Sample.

        Parameters
        ----------
        settings
            How.
        progress
            Called now and then with the progress of each chain (`finished_draws`, `total_draws`, `divergences`).
        every
            Chains of NUTS are so many times as long, and of so many draws one is kept.

        Raises
        ------
        SpecError
            Independence sampling is asked for, and out of the question.
        FitError
            When the density is zero at the starting point.
        """
        began = time.perf_counter()
        proposal = None
        if settings.sampling.sampler != "nuts":
            found, proposal = self._independent(settings)
            if found is not None:
                return Draws(
                    free=self.posterior.constrain(self.coordinates.points(found.z)),
                    sample_stats=found.sample_stats,
                    seconds={**self.seconds, "sample": time.perf_counter() - began},
                    proposal=proposal,
                )
        density = whitened(self.posterior, self.coordinates)
        size = len(self.posterior.start)
        tree = sample(density, size, settings, every=every, progress=progress, origins=self.origins)
        done = time.perf_counter()
        z = tree["posterior"].to_dataset()["z"].values[:, every - 1 :: every]
        return Draws(
            free=self.posterior.constrain(self.coordinates.points(z)),
            sample_stats=_kept(tree["sample_stats"].to_dataset()[list(STATISTICS)], every),
            seconds={**self.seconds, "sample": done - began},
            proposal=proposal,
        )

    def _independent(self, settings: Settings) -> tuple[Independent | None, Proposal]:
        anyway = settings.sampling.sampler == "independence"
        if not self.obstacle:
            return independent(self.posterior, self.coordinates, settings, anyway=anyway)
        if anyway:
            raise SpecError(
                "Independence sampling proposes points around the one maximum of a posterior.",
                f"Of this model, {self.obstacle}.",
                "Choose sampler='nuts', or 'auto'.",
            )
        return None, Proposal("nuts", self.obstacle)


def _kept(stats: xr.Dataset, every: int) -> xr.Dataset:
    """Return the statistics of the draws that are kept; a divergence on the way to one, and the deepest tree, count."""
    if every == 1:
        return stats
    kept = stats.isel(draw=slice(every - 1, None, every))
    draws = np.arange(kept.sizes["draw"])
    blocks = stats.coarsen(draw=every)
    whole = {"diverging": blocks.max()["diverging"], "depth": blocks.max()["depth"], "n_steps": blocks.sum()["n_steps"]}
    return kept.assign_coords(draw=draws).assign(
        {name: (kept[name].dims, np.asarray(value.transpose(*kept[name].dims))) for name, value in whole.items()}
    )


def prepare(
    model: pm.Model,
    start: Mapping[str, NDArray[np.float64]] | None = None,
    held: Sequence[str] = (),
    elsewhere: Sequence[Mapping[str, NDArray[np.float64]]] = (),
    rivals: Sequence[Mapping[str, NDArray[np.float64]]] = (),
) -> Prepared:
    """Compile a model, unless this process has compiled it before, and find its mode.

    Parameters
    ----------
    model
        Any model whose log-density numba can compile and whose variables are free, positive or in (0, 1).
    start
        Starting values of variables without a transform, where the model's initial point will not do.
    held
        Variables that stay at their start while the mode is sought; see `whitening`.
    elsewhere
        Other points like `start`: a chain begins near one of them or near the mode, at random.
    rivals
        Other points like `start` from which the mode is sought.
    """
    began = time.perf_counter()
    posterior = remembered().posterior(model, start)
    ready = time.perf_counter()
    others = [posterior.moved(point) for point in rivals]
    scales = scales_of(model, posterior, held)
    coordinates = whitening(posterior, held, others, scales=scales)
    straight = set(np.flatnonzero(posterior.entries(held))) <= set(scales)
    found = time.perf_counter()
    return Prepared(
        posterior,
        coordinates,
        origins=_origins(posterior, coordinates, elsewhere) if elsewhere else None,
        model=model,
        seconds={"compile": ready - began, "mode": found - ready},
        obstacle=SEVERAL if elsewhere else "" if straight else EXPLICIT,
    )


def _origins(
    posterior: Posterior,
    coordinates: Coordinates,
    elsewhere: Sequence[Mapping[str, NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """Return the points near which chains begin, [origin, coordinate]: the mode, which is 0, and the others."""
    points = [posterior.moved(point) for point in elsewhere]
    there = [np.linalg.solve(coordinates.factor, point - coordinates.centre) for point in points]
    return np.stack([np.zeros(len(posterior.start)), *there])
