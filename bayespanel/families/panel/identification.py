"""Whether the covariance of a pupil's scores tells the parameters of a model apart.

It does where the Jacobian of that covariance in the parameters has full rank at a generic point (Rothenberg, 1971,
doi:10.2307/1913267): a point without special structure, here one drawn at random with a fixed seed. Derivatives are by
complex steps, exact to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel import further as cells, pupil
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import effect_coordinates, has_loadings, starting
from bayespanel.families.panel.continuous import median_gap
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Arrays
from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]

SEED = 20261128
STEP = 1e-30
SMALLEST = 1e-8
"""Singular value, as a share of the largest, at which a change of the parameters changes no covariance."""


def require_identified(spec: RICLPM, times: Array) -> None:
    """Refuse parts of a model, beside those of an RI-CLPM, that so few waves cannot tell from the others.

    Raises
    ------
    SpecError
        There are such parts.
    """
    unusual = pupil.added(spec) or process(spec).wide or process(spec).continuous
    confused = unidentified(spec, times) if unusual else ()
    if confused:
        raise SpecError(
            "The covariances of the scores tell the parameters of the model apart.",
            f"Those of {len(times)} waves and {len(spec.variables)} variable(s) do not tell "
            f"{', '.join(confused)} apart.",
            "Add waves, hold more equal (lags='equal', innovations='equal'), or leave out what the model adds: "
            f"{', '.join(_options(spec))}.",
        )


def _options(spec: RICLPM) -> Iterator[str]:
    """Return the options of the specification that add something to an RI-CLPM."""
    if spec.distal:
        yield "distal"
    if process(spec).second:
        yield "order"
    if process(spec).averages:
        yield "moving_average"
    for part in pupil.added(spec):
        if part.anew:
            yield "error (known reliabilities take its place)"
        elif part.loads:
            yield from [*(["loadings"] if part.later else []), *(["accumulating"] if part.carried else [])]
        elif part.over == "growth":
            yield "slopes"


def unidentified(spec: RICLPM, times: Array) -> tuple[str, ...]:
    """Return the names of lags and (co)variances that the covariance of a pupil's scores cannot tell apart."""
    point = generic(spec, times)
    names, columns = [], []
    known = {part.block for part in spec.components() if part.fixed}
    for name, at in _entries({name: value for name, value in point.items() if name not in known}):
        moved = {key: value.astype(complex) for key, value in point.items()}
        moved[name][at] += STEP * 1j
        if name.endswith("_cov") and at[-1] != at[-2]:
            moved[name][(*at[:-2], at[-1], at[-2])] += STEP * 1j
        names.append(name)
        columns.append(np.imag(cells.covariance(spec, moved, times)).ravel() / STEP)
    _, values, directions = np.linalg.svd(np.stack(columns, axis=1), full_matrices=True)
    values = np.concatenate([values, np.zeros(len(directions) - len(values))])
    loose = np.abs(directions[values < SMALLEST * values[0]]).max(axis=0, initial=0.0) > 1e-6
    return tuple(dict.fromkeys(name for name, here in zip(names, loose, strict=True) if here))


def generic(spec: RICLPM, times: Array) -> Arrays:
    """Return values of lags and covariances within pupils without special structure, by block of the estimates."""
    rng = np.random.default_rng(SEED)
    waves, k, lags = len(times), len(spec.variables), process(spec)
    if lags.continuous:
        out = {"drift": (rng.uniform(-0.2, 0.2, (k, k)) - np.diag(rng.uniform(0.5, 1.0, k))) / median_gap(times)}
    else:
        out = {"lag": rng.uniform(0.1, 0.5, (lags.number(waves), k, k))}
    if lags.second:
        out["lag_2"] = rng.uniform(0.1, 0.3, (lags.second_number(waves), k, k))
    if lags.averages:
        out["moving_average"] = rng.uniform(0.1, 0.3, (k,) * len(lags.average_dims))
    if lags.apart:
        out["first_lag"] = rng.uniform(0.1, 0.5, (k, k))
    if has_loadings(spec):
        out["intercept_loading"] = rng.uniform(0.7, 1.4, (waves - 1, k))
    part = starting(spec)
    if part is not None:
        shape = (k, len(effect_coordinates(spec)))[: len(part.start_dims)]
        out["first_loading"] = rng.uniform(0.5, 1.5, shape)
    out |= cells.generic(spec, waves, k, rng)
    for part in spec.components():
        if part.name not in spec.cluster_levels and not part.follows:
            out[part.block] = _values(part, part.number(waves), part.size(waves, k), rng)
    return out


def _values(part: Component, number: int, size: int, rng: np.random.Generator) -> Array:
    if not part.correlated:
        return np.asarray(rng.uniform(0.5, 1.5, (size, 1, 1)))
    root = np.eye(size) + 0.3 * rng.normal(size=(number, size, size))
    covariance = root @ np.swapaxes(root, -1, -2)
    return np.asarray(covariance if part.name in ("innovation", "diffusion") else covariance[0])


def _entries(point: Arrays) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Return where each free parameter stands: of a symmetric matrix, in the lower triangle."""
    for name, value in point.items():
        for at in np.ndindex(value.shape):
            if not (name.endswith("_cov") and at[-1] > at[-2]):
                yield name, at
