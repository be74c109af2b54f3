"""The components of a model by name and by level, and the dimensions that follow from its specification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.names import interval_labels


def component(spec: RICLPM, name: str) -> Component:
    """Return the covariance of a name."""
    return next(row for row in spec.components() if row.name == name)


def effects(spec: RICLPM) -> tuple[Component, ...]:
    """Return those of effects that last: of pupils (random intercepts), classes and schools."""
    return tuple(row for row in spec.components() if row.level is not None)


def clusters(spec: RICLPM) -> tuple[Component, ...]:
    """Return those of classes and schools, innermost first."""
    return tuple(row for row in spec.components() if row.level in spec.cluster_levels)


def known_sd(spec: RICLPM, scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the SD [variable] of errors that follows from reliabilities; 0 for a variable that has none.

    Parameters
    ----------
    scale : [variable]
        Standard deviations of the observed scores.
    """
    return np.asarray(scale * np.sqrt([1.0 - spec.reliability.get(name, 1.0) for name in spec.variables]))


def mean_dims(spec: RICLPM) -> tuple[str, ...]:
    """Return the dimensions of the means: one for each wave and variable, or for each variable."""
    return ("wave", "variable") if spec.means == "free" else ("variable",)


def coordinates(spec: RICLPM, moments: Moments) -> dict[str, tuple[str, ...]]:
    """Return the coordinates of a model's dimensions."""
    cells = tuple(f"{variable}@{wave}" for wave in moments.waves for variable in spec.variables)
    out = {
        "wave": moments.waves,
        "variable": spec.variables,
        "variable_": spec.variables,
        "target": spec.variables,
        "source": spec.variables,
        "interval": interval_labels(moments.waves),
    }
    if spec.covariates:
        out["covariate"] = spec.covariates
    if any(part.over == "wave" for part in spec.components()):
        out |= {"cell": cells, "cell_": cells}
    return out
