"""Scores that a model draws anew, beside those that were seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.data.moments_alike import alike
from bayespanel.language.errors import DataError
from bayespanel.language.values import said

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of each variable, without those that are missing.

    Attributes
    ----------
    observed : of [score]
        Variable -> what was seen, raw units; of ordered categories their number, from 0.
    drawn : of [chain, draw, score]
        Variable -> scores of new pupils in their place, one set for each draw of the posterior.
    waves : of [score]
        Variable -> the wave of each score; empty where there is one wave.
    """

    observed: dict[str, Array]
    drawn: dict[str, Array]
    waves: dict[str, NDArray[Any]] = field(default_factory=dict)

    def groups(self) -> dict[str, xr.Dataset]:
        """Return ArviZ's groups `observed_data` and `posterior_predictive`; each variable has its own dimension."""
        coords = {f"{name}_wave": ((f"{name}_score",), waves) for name, waves in self.waves.items()}
        seen = {name: ((f"{name}_score",), value) for name, value in self.observed.items()}
        drawn = {name: (("chain", "draw", f"{name}_score"), value) for name, value in self.drawn.items()}
        chains, draws = next(iter(self.drawn.values())).shape[:2]
        counted = {"chain": np.arange(chains), "draw": np.arange(draws)}
        return {
            "observed_data": xr.Dataset(seen, coords=coords),
            "posterior_predictive": xr.Dataset(drawn, coords=coords | counted),
        }


def by_variable(
    values: Array, drawn: Array, variables: tuple[str, ...], waves: tuple[str, ...], shape: tuple[int, int]
) -> Scores:
    """Return scores [pupil, wave, variable] and those drawn [draw, pupil, wave, variable], gaps left out."""
    parts: dict[str, tuple[Array, Array, NDArray[Any]]] = {}
    for v, name in enumerate(variables):
        seen = ~np.isnan(values[:, :, v])
        at = np.broadcast_to(np.array(waves), seen.shape)[seen]
        parts[name] = values[:, :, v][seen], drawn[:, :, :, v][:, seen].reshape(*shape, -1), at
    return Scores(
        {name: seen for name, (seen, _, _) in parts.items()},
        {name: new for name, (_, new, _) in parts.items()},
        {name: at for name, (_, _, at) in parts.items()} if len(waves) > 1 else {},
    )


def require_table(given: object, kind: type, reduced: Any, fitted: Any) -> None:
    """Refuse pupils that are not those of the fit.

    Parameters
    ----------
    given
        What should be their table, a `kind`.
    reduced
        Makes of it what the model reads.
    fitted
        The data of the fit.

    Raises
    ------
    DataError
        They are no such table, or others.
    """
    rule = "Scores are drawn anew for the pupils of the fit, whose table the fit, which keeps sums, does not have."
    if not isinstance(given, kind):
        raise DataError(rule, f"You gave {said(given)}.", f"Give the {kind.__name__} that was fitted, beside the fit.")
    read = reduced(given)
    same = alike(read, fitted) if isinstance(fitted, Moments) else read.fingerprint() == fitted.fingerprint()
    if not same:
        raise DataError(
            rule, f"The {kind.__name__} is not the one that was fitted: their sums differ.", "Give the same pupils."
        )


def roots(covariances: Mapping[str, Array]) -> dict[str, Array]:
    """Return a root of each covariance, which may be singular: its product with its own transpose is the covariance."""
    out = {}
    for name, covariance in covariances.items():
        values, vectors = np.linalg.eigh(covariance)
        out[name] = vectors * np.sqrt(np.maximum(values, 0.0))
    return out
