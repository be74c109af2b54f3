"""Whether a model of ordered scores predicts categories: shares by wave, changes, pupils at the bottom.

Pupils are drawn anew from the posterior. With s the shares of one kind that are seen, and m and v the means and
variances of the same shares of drawn pupils, p is the share of draws whose D is at least that of the data::

    D(s) = sum (s - m)^2 / v                                                                                  (32)

(Gelman, Meng & Stern 1996, Statistica Sinica 6, 733-807).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Panel
from bayespanel.families.panel.ordered import coded
from bayespanel.families.panel.replicates import replicates
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.checks import FIT, Check

Array = NDArray[np.float64]

REPLICATES = 200
"""Drawn pupils for the pupils of the data: p has an error of .02 where it is .1."""

DOUBTFUL, CONTRADICTED = 0.05, 0.01
"""Values of p below which a row is to be looked at, and below which the data contradict the model."""

ROWS = {
    "shares": (
        "shares of categories of {name} by wave, p",
        "Pupils of the model fill the categories in other shares than those of the data; the farthest is category "
        "{where}, with {seen:.3f} for {drawn:.3f}. Thresholds that are equal over waves may be the reason, or "
        "means='equal' or 'linear': compare with means='free', and with categories joined.",
    ),
    "changes": (
        "changes of {name} from wave to wave, p",
        "Pupils of the model go from category to category in other shares than those of the data; the farthest is "
        "{where}, with {seen:.3f} for {drawn:.3f}. Compare with lags='free', order=2 or slopes=True.",
    ),
    "lowest": (
        "waves of a pupil in the lowest category of {name}, p",
        "More or fewer pupils than the model says stay at the bottom at all waves; the farthest is {where}, with "
        "{seen:.3f} for {drawn:.3f}. Some pupils may never have the experience: compare with a model of latent "
        "classes, bp.Trajectories.",
    ),
}
"""What is compared -> name of the row, and what it means where it fails."""


def recorded(spec: RICLPM, posterior: xr.Dataset, data: Any) -> list[dict[str, Any]]:
    """Return p of each comparison of each ordered variable, and the share that lies farthest off.

    Parameters
    ----------
    spec, posterior
        Of the fit.
    data
        The panel.
    """
    if not spec.ordered or not isinstance(data, Panel):
        return []
    codes, categories = coded(spec, data.values[:, :, [data.variables.index(name) for name in spec.variables]])
    again: dict[tuple[str, str], list[Array]] = {}
    for drawn in replicates(spec, posterior, data, REPLICATES):
        for one in np.where(np.isnan(codes), np.nan, drawn):
            for name, kind, shares, _ in _shares(spec, one, categories, data.waves):
                again.setdefault((name, kind), []).append(shares)
    out = []
    for name, kind, seen, labels in _shares(spec, codes, categories, data.waves):
        found = np.array(again[name, kind])
        mean, variance = found.mean(axis=0), found.var(axis=0)
        usual = variance > 0
        off = np.square(np.where(usual, seen - mean, 0.0)) / np.where(usual, variance, 1.0)
        beyond = np.square(np.where(usual, found - mean, 0.0)) / np.where(usual, variance, 1.0)
        worst = int(np.argmax(off))
        out.append(
            {
                "variable": name,
                "of": kind,
                "p": float((beyond.sum(axis=1) >= off.sum()).mean()),
                "where": labels[worst],
                "seen": float(seen[worst]),
                "drawn": float(mean[worst]),
            }
        )
    return out


def rows(found: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Return the rows of what `recorded` found."""
    for one in found:
        check, hint = ROWS[one["of"]]
        p = float(one["p"])
        yield Check(
            check.format(name=one["variable"]),
            p,
            DOUBTFUL,
            p >= DOUBTFUL,
            hint.format(where=one["where"], seen=one["seen"], drawn=one["drawn"]),
            grave=p < CONTRADICTED,
            about=FIT,
        )


def _shares(
    spec: RICLPM, codes: Array, categories: Sequence[Array], waves: Sequence[str]
) -> Iterator[tuple[str, str, Array, list[str]]]:
    """Return variable, kind, shares and their labels, of codes [pupil, wave, variable] with gaps."""
    for number, name in enumerate(spec.variables):
        if name not in spec.ordered:
            continue
        own, labels = codes[:, :, number], [f"{value:g}" for value in categories[number]]
        seen, size = ~np.isnan(own), len(labels)
        by_wave = [np.bincount(own[seen[:, t], t].astype(int), minlength=size) for t in range(len(waves))]
        shares = np.array(by_wave) / np.maximum(seen.sum(axis=0)[:, None], 1)
        yield name, "shares", shares.ravel(), [f"{label} at wave {wave}" for wave in waves for label in labels]
        both = seen[:, 1:] & seen[:, :-1]
        pairs = own[:, :-1][both].astype(int) * size + own[:, 1:][both].astype(int)
        changes = np.bincount(pairs, minlength=size**2) / max(len(pairs), 1)
        yield name, "changes", changes, [f"from {a} to {b}" for a in labels for b in labels]
        whole = seen.sum(axis=1)
        times = ((own == 0) & seen).sum(axis=1)[whole > 0]
        lowest = np.bincount(times, minlength=len(waves) + 1) / max(len(times), 1)
        yield name, "lowest", lowest, [f"{number} waves" for number in range(len(waves) + 1)]
