"""Whether a model with Student-t tails predicts tails: the kurtosis of scores around the means of their waves.

Pupils are drawn anew from the posterior; p is twice the smaller share of draws whose kurtosis is at least, or at most,
that of the data (Gelman, Meng & Stern 1996, Statistica Sinica 6, 733-807).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Panel
from bayespanel.families.panel.ordered_fit import CONTRADICTED, DOUBTFUL, REPLICATES
from bayespanel.families.panel.replicates import replicates
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.checks import FIT, Check

HINT = (
    "Scores of pupils of the model have a kurtosis of about {drawn:.2f} around their means, those of the data "
    "{seen:.2f}. Where scores are skewed or stop at a floor, tails are not the reason: compare with ordered categories."
)


def recorded(spec: RICLPM, posterior: xr.Dataset, data: Any) -> list[dict[str, Any]]:
    """Return kurtosis of the data and of drawn pupils, and p, of each variable of a model with Student-t tails.

    Parameters
    ----------
    spec, posterior
        Of the fit.
    data
        The panel.
    """
    if spec.tails == "normal" or not isinstance(data, Panel):
        return []
    scores = data.values[:, :, [data.variables.index(name) for name in spec.variables]]
    seen, missing = kurtosis(scores), np.isnan(scores)
    found = np.array(
        [
            kurtosis(np.where(missing, np.nan, one))
            for drawn in replicates(spec, posterior, data, REPLICATES)
            for one in drawn
        ]
    )
    above, below = (found >= seen).mean(axis=0), (found <= seen).mean(axis=0)
    p, middle = np.minimum(2 * np.minimum(above, below), 1.0), np.median(found, axis=0)
    each = zip(spec.variables, p.tolist(), seen.tolist(), middle.tolist(), strict=True)
    return [{"variable": name, "p": own, "seen": one, "drawn": other} for name, own, one, other in each]


def kurtosis(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the kurtosis [variable] of scores [pupil, wave, variable] around the means of waves; of a normal, 3."""
    away = scores - np.nanmean(scores, axis=0)
    return np.asarray(np.nanmean(away**4, axis=(0, 1)) / np.square(np.nanmean(away**2, axis=(0, 1))))


def rows(found: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Return the rows of what `recorded` found."""
    for one in found:
        p = float(one["p"])
        hint = HINT.format(seen=one["seen"], drawn=one["drawn"])
        yield Check(
            f"tails of {one['variable']}, p", p, DOUBTFUL, p >= DOUBTFUL, hint, grave=p < CONTRADICTED, about=FIT
        )
