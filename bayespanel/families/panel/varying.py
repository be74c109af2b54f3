"""Paths that vary between schools: which ones, of which schools, and what of a school predicts them.

With A the mean lags, xi_s a standard normal of school s for each such path, and z_s what is known of the school,
counted from its mean over schools::

    A_s[target, source] = A[target, source] + sd[path] xi_s[path] + sum_z moderation[path, z] z_s               (19)

Each school is a group of the likelihood with a covariance of its own; effects of classes and schools on scores are
integrated out as always. Source: the random-slope model of multilevel time series, McNeish & Hamaker (2020),
doi:10.1037/met0000250, here between schools.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.named import Content
from bayespanel.language.errors import DataError, SpecError, nearest

Array = NDArray[np.float64]

FEWEST = 5
"""Schools from which on paths are said to vary between them: with fewer, their SD is that of its prior."""

FLAT = 1e-9
"""Share of a moderator's variance within schools below which it is a property of the school."""


def positions(spec: RICLPM) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions [varying] of targets and of sources of the paths that vary."""
    ends = [path.split(" -> ") for path in spec.varying]
    at = [[spec.variables.index(name) for name in side] for side in zip(*ends, strict=True)]
    source, target = np.array(at, np.int64).reshape(2, -1)
    return target, source


def moderations(spec: RICLPM) -> tuple[tuple[str, str], ...]:
    """Return each path and what predicts it: (path, moderator)."""
    return tuple((path, name) for path in spec.varying for name in spec.moderators.get(path, ()))


def labels(spec: RICLPM) -> tuple[str, ...]:
    """Return the names of the effects of moderators on paths."""
    return tuple(f"{name}: {path}" for path, name in moderations(spec))


def names(spec: RICLPM) -> tuple[str, ...]:
    """Return the moderators, each once."""
    return tuple(dict.fromkeys(name for _, name in moderations(spec)))


def by_school(spec: RICLPM, data: Panel | Moments) -> Panel | Moments:
    """Return the data with schools as groups, as a model whose paths vary between schools needs them.

    Raises
    ------
    DataError
        The data have no schools, are sums over all schools, or have too few of them.
    """
    if not spec.varying:
        return data
    if isinstance(data, Panel):
        if data.school is None:
            raise DataError(
                "Paths vary between schools that the data contain.",
                "The panel has no schools.",
                "Name the column in school=... where the table is read, or leave varying out.",
            )
        data = data.by_school()
    elif data.group_names != data.school_names or "school" not in data.levels:
        raise DataError(
            "Paths that vary between schools need sums for each school.",
            "The moments are sums over all schools.",
            "Give the Panel itself, or the moments of panel.by_school().",
        )
    if len(data.group_names) < FEWEST:
        raise DataError(
            f"Paths vary between {FEWEST} schools or more.",
            f"The data have {len(data.group_names)}.",
            "Leave varying out.",
        )
    return data


def school_values(spec: RICLPM, moments: Moments) -> Array:
    """Return moderators [school, moderator], counted from their mean over schools.

    Raises
    ------
    DataError
        One is no covariate of the data, is missing, varies within schools, or is the same in all.
    """
    out = np.zeros((len(moments.group_names), len(names(spec))))
    for i, name in enumerate(names(spec)):
        if name not in moments.covariates:
            raise DataError(
                "What predicts a path is a covariate of the data that is the same for all pupils of a school.",
                f"The data lack {name!r}. {nearest(name, list(moments.covariates))}",
                "Name it in covariates=[...] where the data are read.",
            )
        at = 1 + moments.covariates.index(name)
        total = np.zeros((len(out), 3))
        np.add.at(total, moments.group, np.stack([moments.n, moments.sxx[:, 0, at], moments.sxx[:, at, at]], axis=1))
        mean = total[:, 1] / total[:, 0]
        within = float((total[:, 2] - total[:, 0] * mean**2).sum())
        whole = float((total[:, 0] * mean**2).sum()) + within
        if within > FLAT * whole:
            raise DataError(
                "What predicts how a path varies between schools is the same for all pupils of a school.",
                f"{name!r} differs between pupils of one school.",
                "Give its mean over each school, or leave it out of moderators.",
            )
        if np.ptp(mean) <= FLAT * np.abs(mean).max(initial=1.0):
            raise DataError(
                "What predicts how a path varies differs between schools.",
                f"{name!r} is the same in all.",
                "Leave it out of moderators.",
            )
        out[:, i] = mean - mean.mean()
    return out


def coordinates(spec: RICLPM, moments: Moments) -> dict[str, tuple[str, ...]]:
    """Return the coordinates that paths which vary add to a model."""
    if not spec.varying:
        return {}
    found = {"varying": spec.varying, "school": moments.group_names}
    return found | ({"moderation": labels(spec)} if moderations(spec) else {})


def moderation_matrix(spec: RICLPM) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the path, and the moderator, of each effect of a moderator [moderation]."""
    pairs = moderations(spec)
    return (
        np.array([spec.varying.index(path) for path, _ in pairs], np.int64),
        np.array([names(spec).index(name) for _, name in pairs], np.int64),
    )


def refuse_varying(spec: RICLPM, what: str) -> None:
    """Refuse what needs a likelihood in which all effects are integrated out.

    Raises
    ------
    SpecError
        Paths vary between schools.
    """
    if spec.varying:
        raise SpecError(
            f"{what} needs a model whose paths are the same in all schools.",
            f"varying={spec.varying!r} is given; its effects are sampled, as no closed form integrates them out.",
            "Leave varying out here. bp.fit takes such models, and bp.varying_paths(fit) shows what varies.",
        )


def held(spec: RICLPM) -> tuple[str, ...]:
    """Return the variables that stay at their start while the mode is sought: SDs of effects that are explicit."""
    return ("lag_school_scale",) if spec.varying else ()


def content(spec: RICLPM, moments: Moments, free: Mapping[str, Any]) -> Content:
    """Return what varies of the draws by its names: SDs between schools, lags of each school, and moderation."""
    if not spec.varying:
        return {}
    target, source = positions(spec)
    scale = free["lag_school_scale"]
    mean = free["lag"][..., target, source]
    if mean.ndim == 4:  # free over intervals: their mean
        mean = mean.mean(axis=2)
    away = scale[..., None, :] * free["lag_school_standard"]
    out: Content = {"lag_school_sd": (("varying",), np.abs(scale))}
    if moderations(spec):
        out["lag_moderation"] = (("moderation",), free["lag_moderation"])
        away = away + moderated(spec, free["lag_moderation"], school_values(spec, moments))
    out["school_lag"] = (("school", "varying"), mean[..., None, :] + away)
    return out


def moderated(spec: RICLPM, effect: Array, values: Array) -> Array:
    """Return what moderators [school, moderator] do to paths [..., school, varying]."""
    path, at = moderation_matrix(spec)
    out = np.zeros((*effect.shape[:-1], len(values), len(spec.varying)))
    for i in range(len(path)):
        out[..., path[i]] += effect[..., i, None] * values[:, at[i]]
    return out
