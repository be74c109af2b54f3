"""What the model computes with: rows, features, regressors and units, from a specification and its data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.counts import count_features
from bayespanel.families.trajectories.emission import gaussian_features, ordinal_features
from bayespanel.families.trajectories.growth import Growth, growth
from bayespanel.families.trajectories.points import Points, points
from bayespanel.families.trajectories.spec import Trajectories

Array = NDArray[np.float64]
Index = NDArray[np.int64]

LATENT_SD = float(np.pi / np.sqrt(3.0))
"""SD of a latent score within a class, in logits."""

EFFECTS = {"none": 0, "intercept": 1, "slope": 2}
"""What differs between the pupils of a class -> the number of random effects."""

VARIANCE_DIMS = {"equal": (), "by_wave": ("wave",), "by_class": ("trajectory",), "free": ("trajectory", "wave")}
"""What residuals differ by -> dimensions of their standard deviations."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The arrays of a model.

    Attributes
    ----------
    rows
        The data.
    growth
        Coefficients and loadings of the mean course.
    link
        That of the specification.
    categories : tuple of float
        Ordered scores; empty for other outcomes.
    numbers : tuple of float
        Numbers of events that occur, from 1; empty for other outcomes.
    centre, scale
        Mean and SD of all scores; 0 and the latent SD of ordered categories; the logarithm of the mean number of events
        and 1.
    points
        Of random effects that are summed over points; see `components`.
    phi : [row, feature]
    x : [row, 1 + regressor]
        1, predictors in their SDs from their means, and the arm as 0 and 1.
    place : [row, 4]
        See `likelihood.latent_classes`.
    observed : [pattern, wave]
        1 where a pattern of missing waves sees a wave.
    x_mean, x_sd : [regressor]
        Units of the regressors; 0 and 1 for the arm.
    contrasts : [class, free]
        Orthonormal contrasts within each group's classes: logits are these times free values, so that log odds of any
        two classes have the same prior, whichever is called first.
    """

    rows: PanelRows
    growth: Growth
    link: str
    categories: tuple[float, ...]
    numbers: tuple[float, ...]
    points: Points
    centre: float
    scale: float
    phi: Array
    x: Array
    place: Index
    allowed: Index
    observed: Array
    x_mean: Array
    x_sd: Array
    contrasts: Array

    @property
    def classes(self) -> int:
        """Number of classes, of all groups."""
        return len(self.contrasts)

    @property
    def unit(self) -> float:
        """Raw units of growth and random effects in one unit of a vector of parameters; with a link, 1."""
        return self.scale if self.link == "identity" else 1.0

    @property
    def allowed_components(self) -> Index:
        """Whether a component of the mixture occurs in a group, [group, class x point]."""
        return np.repeat(self.allowed, len(self.points.log_share), axis=1)

    @property
    def random_loadings(self) -> Array:
        """Loadings of a random intercept and slope [wave, 2]: 1, and time in units of the whole study."""
        times = self.growth.times
        return np.column_stack([np.ones(len(times)), (times - times[0]) / (times[-1] - times[0])])

    @property
    def clusters(self) -> int:
        """Number of innermost clusters; 1 without any."""
        names = self.rows.class_names if "class" in self.rows.levels else self.rows.school_names
        return max(len(names), 1)

    @cached_property
    def jacobian(self) -> float:
        """Log-density of raw scores minus that of standardised ones."""
        if self.link != "identity":
            return 0.0
        scores = (self.rows.count[:, None] * ~np.isnan(self.rows.values)).sum()
        return -float(scores) * float(np.log(self.scale))

    @property
    def group(self) -> Index:
        """Group of each row."""
        return self.place[:, 2]

    def coordinates(self, spec: Trajectories) -> dict[str, tuple[str, ...]]:
        """Labels of the dimensions."""
        return {
            "trajectory": spec.trajectories,
            "coefficient": self.growth.coefficients,
            "wave": self.rows.waves,
            "predictor": spec.predictors,
            "class": self.rows.class_names,
            "school": self.rows.school_names,
        }


@lru_cache(maxsize=8)
def plan(spec: Trajectories, rows: PanelRows, units: Plan | None = None) -> Plan:
    """Lay out the arrays of a model; `rows` are those of `statistics.data_for`.

    With `units`, scores and predictors are counted in those of another plan, that of a fit.
    """
    course = growth(spec, rows.waves)
    seen = ~np.isnan(rows.values)
    patterns, pattern = np.unique(seen, axis=0, return_inverse=True)
    weight = seen * rows.count[:, None]
    categories: tuple[float, ...] = ()
    numbers: tuple[float, ...] = ()
    if spec.link == "logit":
        categories = spec.categories or tuple(np.unique(rows.values[seen]).tolist())
        codes = np.searchsorted(categories, np.nan_to_num(rows.values, nan=categories[0]))
        phi = ordinal_features(np.where(seen, codes, -1), len(categories))
        centre, scale, pattern = 0.0, LATENT_SD, np.zeros(len(pattern), np.int64)
    elif spec.link == "log":
        numbers = tuple(np.unique(rows.values[seen & (np.nan_to_num(rows.values) > 0)]).tolist())
        phi = count_features(rows.values, numbers)
        centre = _log_mean(rows.values, weight) if units is None else units.centre
        scale, pattern = 1.0, np.zeros(len(pattern), np.int64)
    else:
        centre = float(np.nansum(weight * np.nan_to_num(rows.values)) / weight.sum())
        scale = float(np.sqrt(np.sum(weight * np.nan_to_num(rows.values - centre) ** 2) / weight.sum()))
        if units is not None:
            centre, scale = units.centre, units.scale
        phi = gaussian_features((rows.values - centre) / scale, products=spec.random != "none")
    names = list(rows.covariates)
    raw = rows.x[:, [names.index(name) for name in spec.regressors]]
    x_mean, x_sd = np.zeros(raw.shape[1]), np.ones(raw.shape[1])
    if units is not None:
        x_mean, x_sd = units.x_mean, units.x_sd
    for j, name in enumerate(spec.regressors):
        if name != spec.arm and units is None:
            x_mean[j] = np.average(raw[:, j], weights=rows.count)
            x_sd[j] = np.sqrt(np.average((raw[:, j] - x_mean[j]) ** 2, weights=rows.count))
    group = rows.x[:, names.index(str(spec.arm))] if spec.by_arm else np.zeros(len(rows.count))
    return Plan(
        rows=rows,
        growth=course,
        link=spec.link,
        categories=categories,
        numbers=numbers,
        points=points(0 if spec.link == "identity" else EFFECTS[spec.random]),
        centre=centre,
        scale=scale,
        phi=phi,
        x=np.ascontiguousarray(np.column_stack([np.ones(len(raw)), (raw - x_mean) / x_sd])),
        place=np.column_stack([pattern.ravel(), rows.cluster, group, rows.count]).astype(np.int64),
        allowed=spec.allowed,
        observed=patterns.astype(float),
        x_mean=x_mean,
        x_sd=x_sd,
        contrasts=contrasts([len(names) for names in spec.names]),
    )


def _log_mean(values: Array, weight: Index) -> float:
    """Logarithm of the mean number of events, over all waves at which pupils were seen."""
    return float(np.log(np.sum(weight * np.nan_to_num(values)) / weight.sum()))


def contrasts(sizes: list[int]) -> Array:
    """Return orthonormal contrasts [class, free] within each set of classes, block by block (Helmert's)."""
    out = np.zeros((sum(sizes), sum(size - 1 for size in sizes)))
    row = column = 0
    for size in sizes:
        for j in range(1, size):
            out[row : row + j, column] = 1.0 / np.sqrt(j * (j + 1))
            out[row + j, column] = -j / np.sqrt(j * (j + 1))
            column += 1
        row += size
    return out
