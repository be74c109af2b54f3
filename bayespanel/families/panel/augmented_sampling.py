"""Sampling a model with unseen scores or weights: data augmentation in place of the sampler of closed likelihoods."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

from bayespanel.data import Moments
from bayespanel.families.panel.augmented_chain import Chain, first_scores
from bayespanel.families.panel.augmented_sums import Pupils, pupils_of
from bayespanel.families.panel.build import model_of, start
from bayespanel.families.panel.ordered import scores_of
from bayespanel.families.panel.ordered_units import Units
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.tails import FIRST, Tails
from bayespanel.inference.compiled import remembered
from bayespanel.inference.hamiltonian import Step, StepSize
from bayespanel.inference.independence import Proposal
from bayespanel.inference.posterior import Posterior
from bayespanel.inference.record import cores_of
from bayespanel.inference.sampling import Draws
from bayespanel.inference.settings import Settings
from bayespanel.inference.whiten import Coordinates, whitening
from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]

SWEEPS = 2
"""Sweeps for each draw of a model with ordered scores that is kept: next ones hardly differ."""

ANEW = (0.0, 0.05, 0.15, 0.35, 0.6)
"""Shares of the warm-up after which the mode is sought anew, as the scores have moved."""

TOTAL = 2**0.5
"""Standard deviation of the scores behind categories to begin with: as much between pupils as within."""

EVERY = 0.2
"""Seconds between two reports of progress."""


@dataclass(frozen=True, eq=False)
class Augmented:
    """A model with ordered scores or Student-t tails, ready to be sampled; it can be sampled more than once.

    Attributes
    ----------
    spec
        The model.
    pupils
        The data.
    posterior
        The compiled density of the parameters given the scores behind the categories, and weights.
    read
        What the likelihood reads at a point.
    units
        How its parameters count in the units of ordered variables.
    model
        The PyMC model of the scores behind the categories, with tails that are normal.
    seconds : dict
        Time taken by compiling.
    """

    spec: RICLPM
    pupils: Pupils
    posterior: Posterior
    read: Any
    units: Units
    model: Any
    seconds: dict[str, float]

    @property
    def sweeps(self) -> int:
        """Sweeps for each draw that is kept."""
        return SWEEPS if self.spec.ordered else 1

    def draw(self, settings: Settings, progress: Callable[[list[Any]], None] | None = None, *, every: int = 1) -> Draws:
        """Sample; see `bayespanel.inference.sampling.Prepared.draw`."""
        began = time.perf_counter()
        how = settings.sampling
        if how.sampler == "independence":
            given = f"ordered={self.spec.ordered!r}" if self.spec.ordered else f"tails={self.spec.tails!r}"
            raise SpecError(
                "Independence sampling needs a likelihood in closed form.",
                f"{given} is given; what is unseen in pupils is drawn by augmentation.",
                "Leave sampler out.",
            )
        seeds = np.random.SeedSequence(settings.seed).spawn(how.chains)
        states = [SimpleNamespace(finished_draws=0, total_draws=how.tune + how.draws, divergences=0) for _ in seeds]
        cores = cores_of(settings.cores, how.chains)
        stop = SimpleNamespace(asked=False)
        # Chains are the threads: matrices are small, and more threads would wait for each other.
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(cores) as pool:
            running = [
                pool.submit(self._chain, seed, settings, every, state, stop)
                for seed, state in zip(seeds, states, strict=True)
            ]
            try:
                while not all(one.done() for one in running):
                    time.sleep(0.02 if progress is None else EVERY)
                    if progress is not None:
                        progress(states)
                found = [one.result() for one in running]
            except BaseException:
                stop.asked = True  # the chains would go on, and hold the program
                raise
        points, beside, stats = (np.stack(part) for part in zip(*found, strict=True))
        free = self.posterior.constrain(points)
        free["initial_sd"][..., self.units.ordered] = 1.0  # but for the last bits it was
        seconds = {**self.seconds, "mode": 0.0, "sample": time.perf_counter() - began}
        said = Proposal("augmentation", every=self.sweeps * every)
        stats_of = _statistics(stats).assign_attrs(sampler=said.sampler)
        return Draws(free, stats_of, seconds, self._named(beside), said)

    def _chain(
        self, seed: np.random.SeedSequence, settings: Settings, every: int, state: Any, stop: Any
    ) -> tuple[Array, Array, Array]:
        """Run one chain; return parameters [draw, dimension], what stands beside them, and what was said of draws."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # far off a density is not finite
            return self._run(seed, settings, every, state, stop)

    def _run(
        self, seed: np.random.SeedSequence, settings: Settings, every: int, state: Any, stop: Any
    ) -> tuple[Array, Array, Array]:
        how, chain = settings.sampling, self._begin(np.random.default_rng(seed))
        anew = {int(share * how.tune) for share in ANEW}
        for sweep in range(how.tune):
            if stop.asked:
                break
            if sweep in anew:
                self._whiten(chain, settings.target_accept)
            chain.move_parameters(learn=True)
            chain.move_thresholds(learn=True)
            chain.draw_latent()
            state.finished_draws = sweep
        chain.step_size.settle()
        points, beside, stats = [], [], []
        for draw in range(how.draws):
            steps = []
            for _ in range(0 if stop.asked else self.sweeps * every):
                chain.draw_latent()
                chain.move_thresholds(learn=False)
                steps.append(chain.move_parameters(learn=False))
            points.append(chain.point)
            beside.append(chain.beside())
            stats.append(_said(steps, chain.step_size.size))
            state.divergences += int(stats[-1][0])
            state.finished_draws = how.tune + draw + 1
        return np.array(points), np.array(beside), np.array(stats)

    def _begin(self, rng: np.random.Generator) -> Chain:
        means, sds, gaps = _marginals(self.pupils)
        value = self.posterior.data["value"].copy()
        density = replace(self.posterior, data={**self.posterior.data, "value": value})
        chain = Chain(
            pupils=self.pupils,
            posterior=density,
            read=self.read,
            rows={row.parameter: self.spec.prior(row.parameter) for row in self.spec.default_priors()},
            units=self.units,
            rng=rng,
            scores=first_scores(self.pupils, gaps, means, sds, rng),
            weights=np.ones(len(self.pupils.x)),
            tails=Tails(self.spec, self._without_data()) if self.spec.tails == "student" else None,
            df=FIRST,
            gaps=gaps,
            point=density.start,
            walks=[0.05] * len(gaps),
        )
        chain.fill()
        return chain

    def _without_data(self) -> Posterior:
        """Return the density of the parameters without data: that of their priors."""
        value = self.posterior.data["value"].copy()
        value[: self.pupils.end] = 0.0
        return replace(self.posterior, data={**self.posterior.data, "value": value})

    def _whiten(self, chain: Chain, target: float) -> None:
        """Seek the mode given the scores as they are, and begin near it."""
        found = whitening(replace(chain.posterior, start=chain.point))
        centre = self.units.settled(self.units.inside(found.centre))
        chain.coordinates = Coordinates(centre, self.units.turned(found.factor, centre))
        chain.settle(self.units.inside(found.points(0.5 * chain.rng.standard_normal(len(centre)))))
        chain.step_size = StepSize(0.7, target)

    def _named(self, beside: Array) -> xr.Dataset:
        """Return thresholds [chain, draw, boundary], or degrees of freedom [chain, draw], by their names."""
        if self.spec.tails == "student":
            coords = {"chain": np.arange(beside.shape[0]), "draw": np.arange(beside.shape[1])}
            return xr.Dataset({"tail_df": (("chain", "draw"), beside[..., 0])}, coords)
        return self._thresholds(beside)

    def _thresholds(self, gaps: Array) -> xr.Dataset:
        labels, parts, at = [], [], 0
        for name, categories in zip(self.spec.variables, self.pupils.categories, strict=True):
            if not len(categories):
                continue
            number = len(categories) - 2
            parts += [np.zeros((*gaps.shape[:2], 1)), np.cumsum(gaps[..., at : at + number], axis=-1)]
            at += number
            labels += [f"{name} {a:g}|{b:g}" for a, b in pairwise(categories)]
        dims = ("chain", "draw", "boundary")
        coords = {"chain": np.arange(gaps.shape[0]), "draw": np.arange(gaps.shape[1]), "boundary": labels}
        return xr.Dataset({"threshold": (dims, np.concatenate(parts, axis=-1))}, coords)


def augmented(spec: RICLPM, moments: Moments, data: object) -> Augmented | None:
    """Compile a model with ordered scores or Student-t tails; None for any other.

    Parameters
    ----------
    spec, moments
        The model, and its data as `data_for` returns them.
    data
        The panel from which they were made.

    Raises
    ------
    DataError
        The data do not hold pupils, or an ordered variable has other than 2 to 12 categories.
    """
    if not spec.augmented:
        return None
    scores = scores_of(spec, moments, data)
    began = time.perf_counter()
    model = model_of(spec, moments)
    posterior = remembered().posterior(model, start(spec, moments))
    read = remembered().reader(model)
    seconds = {"compile": time.perf_counter() - began}
    units = Units(spec, posterior, model.named_vars_to_dims)
    return Augmented(spec, pupils_of(spec, moments, scores), posterior, read, units, model, seconds)


def _marginals(pupils: Pupils) -> tuple[Array, Array, list[Array]]:
    """Return means and SDs [cell] of scores and the gaps of each variable to begin with, from shares of categories."""
    means, sds = np.zeros(pupils.code.shape[1]), np.ones(pupils.code.shape[1])
    gaps = []
    for variable, categories in enumerate(pupils.categories):
        own = [(cell, pupils.code[who, cell]) for cell, who in pupils.cells if pupils.variable[cell] == variable]
        if not own:
            gaps.append(np.zeros(0))
            continue
        counts = np.bincount(np.concatenate([code for _, code in own]), minlength=len(categories))
        edges = ndtri(np.cumsum(counts)[:-1] / counts.sum()) * TOTAL
        gaps.append(np.diff(edges))
        for cell, code in own:
            zero = ((code == 0).sum() + 0.5) / (len(code) + 1)
            means[cell], sds[cell] = -TOTAL * ndtri(zero), TOTAL
    return means, sds, gaps


def _said(steps: Sequence[Step], size: float) -> Array:
    """Return what is kept of the steps to one draw, in the order of `STATISTICS`."""
    if not steps:
        return np.zeros(7)
    leapfrogs = sum(step.leapfrogs for step in steps)
    diverging = any(step.diverging for step in steps)
    accept = np.mean([step.accept for step in steps])
    depth = np.ceil(np.log2(max(step.leapfrogs for step in steps) + 1))
    return np.array([diverging, depth, steps[-1].energy, leapfrogs, size, accept, steps[-1].logp])


def _statistics(stats: Array) -> xr.Dataset:
    from bayespanel.inference.sampling import STATISTICS

    kinds = {"diverging": bool, "depth": np.int64, "n_steps": np.int64}
    dims = ("chain", "draw")
    content = {name: (dims, stats[..., i].astype(kinds.get(name, float))) for i, name in enumerate(STATISTICS)}
    return xr.Dataset(content, {"chain": np.arange(stats.shape[0]), "draw": np.arange(stats.shape[1])})
