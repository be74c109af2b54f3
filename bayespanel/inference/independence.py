"""Independence sampling: where a posterior is nearly normal, draws need no walk.

Proposals are drawn in whitened coordinates z, in which the posterior p has its mode at 0, with the curvature of a
standard normal, and they are given its mean and some of its skewness (see `inference.skewed`).

A chain goes through its proposals one after the other, each independent of where the chain is, and moves from z to z'
with probability min(1, w' / w), where the weight w = p / q is the density of the posterior over that of the proposal
(Tierney, 1994, doi:10.1214/aos/1176325750). Its law is the posterior, however poor the proposal. What a poor one costs
is read from the weights. With s the share of a proposal in their sum, and r the probability that the next is refused::

    efficiency = (sum w)^2 / (n sum w^2)                                                                     (1)
    draws that are worth one independent draw, if every m-th is kept = sum s (1 + r^m) / (1 - r^m)           (2)

A proposal with lighter tails than the posterior would miss what it never proposes. Pareto k, the shape of the tail of
the weights, shows that: below 0.5 their variance is finite (Vehtari, Simpson, Gelman, Yao & Gabry, 2024,
arXiv:1507.02646).

The sign of a signed scale means nothing (see `inference.unbounded`): weights are 0 where it is not that of the mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bayespanel.inference.checks import HEAVIEST
from bayespanel.inference.evaluations import evaluated
from bayespanel.inference.posterior import Array, Posterior
from bayespanel.inference.record import cores_of
from bayespanel.inference.settings import Settings
from bayespanel.inference.skewed import Skewed, around
from bayespanel.inference.tails import FEWEST, pareto_k
from bayespanel.inference.unbounded import mirrors
from bayespanel.inference.whiten import Coordinates, Whitened, whitened
from bayespanel.language.errors import FitError

WORTH = 1.25
"""Draws that may be worth one independent draw, by (2): 4,000 are then worth 3,200."""

MOST = 8
"""Proposals for one draw at most. NUTS takes 7 to 12 gradients for one, and its warm-up besides."""

PILOT = 100
"""Proposals of each chain after which it is seen whether more are worth their time. They are used."""

PATIENCE = 1.3
"""How much worse than `WORTH` they may be, for they are few."""

SETTLING = 50
"""First proposals of each chain, which are not kept: it begins at a proposal, and forgets that."""


@dataclass(frozen=True)
class Proposal:
    """How the proposal was judged, and which sampler the draws are of.

    Attributes
    ----------
    sampler
        "independence" or "nuts"; "augmentation" where the likelihood has no closed form, which is never a choice.
    because
        Why it is NUTS, where it could have been either; else empty.
    pareto_k
        Shape of the tail of the weights; NaN where there was no proposal.
    efficiency
        By (1), from 0 to 1.
    every
        Proposals, or sweeps of an augmentation, for each draw that is kept.
    proposals
        How many were evaluated, of all chains.
    """

    sampler: Literal["nuts", "independence", "augmentation"]
    because: str = ""
    pareto_k: float = float("nan")
    efficiency: float = float("nan")
    every: int = 1
    proposals: int = 0

    def record(self) -> dict[str, str | int | float | None]:
        """Return the fields by name, None for numbers that are not finite, for the record of a fit."""
        return {
            name: value if isinstance(value, str) or np.isfinite(value) else None for name, value in vars(self).items()
        }


@dataclass(frozen=True, eq=False)
class Independent:
    """Draws by independence sampling.

    Attributes
    ----------
    z : [chain, draw, coordinate]
        In whitened coordinates.
    sample_stats
        Of each draw `logp`, `acceptance_rate`, `n_steps` (proposals for it) and `diverging`, which none can be. What
        the proposal was is an attribute each.
    """

    z: Array
    sample_stats: xr.Dataset


def independent(
    posterior: Posterior, coordinates: Coordinates, settings: Settings, *, anyway: bool
) -> tuple[Independent | None, Proposal]:
    """Draw by independence sampling, if the proposal is good enough.

    Parameters
    ----------
    posterior, coordinates
        The density, and coordinates in which it is nearly standard normal.
    settings
        How many draws of how many chains. Each chain has proposals of its own, which follow from the seed and the
        number of the chain alone.
    anyway
        Whether to draw although the proposal is not good enough. Its Pareto k is then for `checks` to fail.

    Returns
    -------
    Independent or None
        The draws; None where the proposal is not good enough.
    Proposal
        How it was judged.

    Raises
    ------
    FitError
        It is to draw anyway, and hardly any proposal has a density.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _independent(posterior, coordinates, settings, anyway=anyway)


def _independent(
    posterior: Posterior, coordinates: Coordinates, settings: Settings, *, anyway: bool
) -> tuple[Independent | None, Proposal]:
    how = settings.sampling
    law = _law(posterior, coordinates, cores_of(settings.cores, how.chains))
    streams = [np.random.default_rng([settings.seed, chain]) for chain in range(how.chains)]
    none = np.empty((how.chains, 0))
    made = _Proposals(np.empty((how.chains, 0, len(law.near.mean))), none, none).and_more(law, streams, PILOT)
    proposal = _judged(made.weights)
    if not anyway and not _every(made.weights, PATIENCE * WORTH):
        return None, proposal
    every = 1
    while True:
        made = made.and_more(law, streams, max(SETTLING + every * how.draws, -(-FEWEST // how.chains)))
        proposal = _judged(made.weights)
        if proposal.because and not anyway:
            return None, proposal
        if proposal.every <= every:
            break
        every = proposal.every
    proposal = replace(proposal, sampler="independence", because="", every=every)
    return _kept(made, settings.seed, how.draws, proposal), proposal


@dataclass(frozen=True, eq=False)
class _Law:
    """The posterior in whitened coordinates, and proposals near it.

    The signed scales are `offset + slope z`, turned so that they are positive at the mode.
    """

    density: Whitened
    near: Skewed
    slope: Array
    offset: Array
    threads: int

    def log_density(self, z: Array) -> Array:
        """Return the log-density [...] of the posterior; -inf where a signed scale has the other sign."""
        flat = z.reshape(-1, z.shape[-1])
        out = np.full(len(flat), -np.inf)
        inside = np.isfinite(flat).all(axis=1) & (self.offset + flat @ self.slope.T > 0).all(axis=1)
        out[inside], _ = evaluated(self.density.address, self.density.user, flat[inside], threads=self.threads)
        return out.reshape(z.shape[:-1])


def _law(posterior: Posterior, coordinates: Coordinates, threads: int) -> _Law:
    density, size = whitened(posterior, coordinates), len(coordinates.centre)
    near = Skewed.of(*evaluated(density.address, density.user, around(size), threads=threads, gradients=True))
    witnesses = coordinates.points(near.mean + np.stack([np.zeros(size), *0.5 * np.eye(size)[:2]]))
    scales = [entry for entry, _ in mirrors(posterior, witnesses)]
    side = np.where(coordinates.centre[scales] < 0, -1.0, 1.0)
    slope, offset = side[:, None] * coordinates.factor[scales], side * coordinates.centre[scales]
    return _Law(density, near, slope, offset, threads)


@dataclass(frozen=True, eq=False)
class _Proposals:
    """Proposals `z` [chain, proposal, coordinate], their log-densities and their log-weights [chain, proposal]."""

    z: Array
    logp: Array
    weights: Array

    def and_more(self, law: _Law, streams: Sequence[np.random.Generator], length: int) -> _Proposals:
        """Return these and further ones, up to `length` for each chain."""
        _, number, size = self.z.shape
        u = np.stack([stream.normal(size=(max(0, length - number), size)) for stream in streams])
        with np.errstate(over="ignore", invalid="ignore"):  # what runs away has no density
            z, proposed = law.near.proposed(u)
            logp = law.log_density(z)
            weights = np.where(np.isfinite(logp), logp - proposed, -np.inf)
        both = zip((self.z, self.logp, self.weights), (z, logp, weights), strict=True)
        return _Proposals(*(np.concatenate(pair, axis=1) for pair in both))


def _judged(log_weights: Array) -> Proposal:
    """Return how many proposals a draw takes, and why NUTS is to be used; `because` is empty where it is not."""
    k, efficiency, every = pareto_k(log_weights), _efficiency(log_weights), _every(log_weights, WORTH)
    because = ""
    if not every:
        because = f"too few of its proposals are accepted (efficiency {efficiency:.2g})"
    elif not k < HEAVIEST:
        because = f"Pareto k of its weights is {k:.2f}, not below {HEAVIEST:g}"
    return Proposal("nuts", because, k, efficiency, every or MOST, log_weights.size)


def _efficiency(log_weights: Array) -> float:
    weights = np.exp(log_weights - log_weights.max()) if np.isfinite(log_weights).any() else np.zeros(1)
    return float(weights.sum() ** 2 / (weights.size * np.square(weights).sum())) if weights.any() else 0.0


def _every(log_weights: Array, worth: float) -> int:
    """Return of how many proposals one draw has to be kept, so that (2) is not above `worth`; 0 for more than MOST."""
    flat = np.sort(log_weights[np.isfinite(log_weights)])
    if not len(flat):
        return 0
    weights = np.exp(flat - flat[-1])
    below = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
    # Of all proposals, those below are accepted at the rate w' / w, those from here on always.
    with np.errstate(divide="ignore", invalid="ignore"):
        accepted = (np.where(below > 0, below / weights, 0.0) + np.arange(len(flat), 0, -1)) / log_weights.size
    share, refused = weights / weights.sum(), np.clip(1.0 - accepted, 0.0, 1.0 - 1e-12)
    for m in range(1, MOST + 1):
        if float(share @ ((1.0 + refused**m) / (1.0 - refused**m))) <= worth:
            return m
    return 0


def _kept(made: _Proposals, seed: int, draws: int, proposal: Proposal) -> Independent:
    """Let the chains go through their proposals, and keep the last draws."""
    weights, every, rows = made.weights, proposal.every, np.arange(len(made.weights))[:, None]
    length = every * draws
    at = np.stack([_path(own, seed, chain)[-length - 1 :] for chain, own in enumerate(weights)])
    kept = at[:, every::every]
    if not np.isfinite(weights[rows, kept]).all():
        raise FitError(
            "Independence sampling is for a posterior that is nearly normal at its mode.",
            "Hardly any of its proposals has a density.",
            "Choose sampler='nuts', or 'auto'.",
        )
    before, proposed = weights[rows, at[:, :-1]], weights[:, -length:]
    rate = np.exp(np.minimum(0.0, np.where(np.isfinite(before), proposed - before, 0.0)))
    shape = kept.shape
    content = {
        "diverging": np.zeros(shape, bool),
        "n_steps": np.full(shape, every),
        "acceptance_rate": rate.reshape(*shape, every).mean(axis=2),
        "logp": made.logp[rows, kept],
    }
    stats = xr.Dataset(
        {name: (("chain", "draw"), values) for name, values in content.items()},
        coords={"chain": np.arange(shape[0]), "draw": np.arange(draws)},
        attrs={name: getattr(proposal, name) for name in ("sampler", "pareto_k", "efficiency", "every", "proposals")},
    )
    return Independent(made.z[rows, kept], stats)


def _path(log_weights: Array, seed: int, chain: int) -> NDArray[np.int64]:
    """Return at which of its proposals a chain is, after each of them."""
    bar = np.log(np.random.default_rng([seed, chain, 1]).random(len(log_weights))).tolist()
    weights, at, out = log_weights.tolist(), 0, [0]
    for i in range(1, len(weights)):
        if weights[i] > weights[at] + bar[i]:
            at = i
        out.append(at)
    return np.array(out)
