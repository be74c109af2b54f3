"""How chains are sampled, and where a study runs: the records that every verb takes in place of their arguments."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from bayespanel.files.paths import path_of
from bayespanel.language.errors import SpecError
from bayespanel.language.values import LARGEST_SEED, choice, is_number, whole

SAMPLERS = ("nuts", "auto", "independence")
"""What draws from a posterior."""

PLAIN = 0.8
"""Target acceptance for a model of which nothing is known; families ask for more."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the posterior of a model is sampled.

    Parameters
    ----------
    draws
        Number of draws that are kept from each chain, 4 or more.
    tune
        Number of warm-up draws in each chain, 50 or more. They are not kept.
    chains
        Number of chains, 2 or more: one chain cannot show whether chains agree.
    target_accept
        Acceptance rate for which the sampler chooses its step size, from 0.5 to below 1. A higher rate is slower and
        safer. By default it is 0.9, or 0.98 for models in which effects of several informants are pooled: their
        posteriors become narrow where a standard deviation is small.
    sampler
        "auto" (default) proposes independent points near the mode where that is good enough, which takes milliseconds
        where the posterior is nearly normal there, and else walks by NUTS; `fit.provenance["proposals"]` says which,
        and why. "nuts" always walks. "independence" never does: if that is not good enough, the check of its Pareto k
        fails. Warm-up and target acceptance are those of NUTS.

    Raises
    ------
    SpecError
        A field breaks one of these rules.
    """

    draws: int = 1000
    tune: int = 500
    chains: int = 4
    target_accept: float | None = None
    sampler: Literal["nuts", "auto", "independence"] = "auto"

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("draws", 4), ("tune", 50), ("chains", 2)):
            object.__setattr__(self, name, whole(name, getattr(self, name), least, action=f"Give {least} or more."))
        object.__setattr__(self, "sampler", choice("sampler", self.sampler, SAMPLERS))
        rate = self.target_accept
        if rate is None:
            return
        if not is_number(rate) or not 0.5 <= rate < 1:
            raise SpecError(
                "'target_accept' is a rate of at least 0.5 and below 1.",
                f"It is {rate!r}.",
                "Leave it out, or give for example 0.95, which is careful.",
            )
        object.__setattr__(self, "target_accept", float(rate))


@dataclass(frozen=True, kw_only=True)
class Running:
    """Where a study runs, and where its results are kept. None of this changes a number.

    Parameters
    ----------
    store
        Store on disk, such as "study.zarr", into which the study is written, and from which it is continued if it was
        interrupted. By default nothing is kept.
    workers
        Number of worker processes on this machine. The default is one per processor; 0 computes in this process.
    scheduler
        Address of a dask scheduler, such as "tcp://127.0.0.1:8786", whose workers are then used in place of those of
        this machine.
    progress
        Whether to show a progress bar on standard error.

    Raises
    ------
    SpecError
        A field breaks one of these rules, or both `workers` and `scheduler` are given.
    """

    store: str | os.PathLike[str] | None = None
    workers: int | None = None
    scheduler: str | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        """Check every field."""
        if self.store is not None:
            path_of(self.store, "A store", error=SpecError)
        if self.workers is not None:
            object.__setattr__(self, "workers", whole("workers", self.workers))
        if self.scheduler is not None and (not isinstance(self.scheduler, str) or not self.scheduler.strip()):
            raise SpecError(
                "'scheduler' is the address of a dask scheduler.",
                f"It is {self.scheduler!r}.",
                "Give for example scheduler='tcp://127.0.0.1:8786', or leave it out.",
            )
        if self.scheduler is not None and self.workers is not None:
            raise SpecError(
                "A study runs on the workers of a scheduler, or on workers of this machine.",
                f"You gave the scheduler {self.scheduler!r} and {self.workers} workers.",
                "Give one of 'scheduler' and 'workers'.",
            )
        if not isinstance(self.progress, bool):
            raise SpecError(
                "'progress' is True or False.", f"It is {self.progress!r}.", "Write progress=True or progress=False."
            )


@dataclass(frozen=True)
class Settings:
    """How one model is sampled: `Sampling`, with the seed and the processors of this run.

    Parameters
    ----------
    sampling
        How chains are sampled.
    seed
        Whole number, 0 or more; the same seed gives the same draws.
    cores
        Chains that run at once; None for all processors.
    """

    sampling: Sampling
    seed: int
    cores: int | None = None

    def __post_init__(self) -> None:
        """Check every field."""
        require_record("sampling", self.sampling, Sampling)
        object.__setattr__(self, "seed", whole("seed", self.seed, most=LARGEST_SEED, action="Give 0 or more."))
        if self.cores is not None:
            object.__setattr__(self, "cores", whole("cores", self.cores, 1, action="Give 1 or more, or leave it out."))

    @property
    def target_accept(self) -> float:
        """Acceptance rate that the step size aims at."""
        rate = self.sampling.target_accept
        return PLAIN if rate is None else rate


def require_record(name: str, given: object, kind: type[Sampling] | type[Running]) -> None:
    """Refuse what is not the record that an argument takes.

    Raises
    ------
    SpecError
        It is something else.
    """
    if not isinstance(given, kind):
        example = {"sampling": "draws=2000", "running": "workers=2"}[name]
        raise SpecError(
            f"'{name}' is a bp.{kind.__name__}.",
            f"It is {given!r}.",
            f"Write for example {name}=bp.{kind.__name__}({example}).",
        )
