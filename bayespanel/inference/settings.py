"""How to sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayespanel.language.errors import SpecError


@dataclass(frozen=True)
class Settings:
    """How to sample.

    Parameters
    ----------
    seed
        Non-negative integer below 2^63; the same seed gives the same draws.
    chains, tune, draws
        Number of chains (at least two, to see whether they agree), and of warm-up and kept draws in each.
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
        least = {"seed": 0, "chains": 2, "tune": 50, "draws": 4} | ({"cores": 1} if self.cores is not None else {})
        for name, minimum in least.items():
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or isinstance(value, bool) or not minimum <= value < 2**63:
                raise SpecError(
                    f"'{name}' is a whole number of at least {minimum} (and below 2^63).",
                    f"It is {value!r}.",
                    "Give such a number." if name != "chains" else "One chain cannot show whether chains agree.",
                )
            object.__setattr__(self, name, int(value))
        if not 0.5 <= self.target_accept < 1:
            raise SpecError(
                "'target_accept' is a rate of at least 0.5 and below 1.",
                f"It is {self.target_accept!r}.",
                "0.8 is usual, 0.95 is careful.",
            )
