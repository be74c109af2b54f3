"""Whether a level of the data that the model leaves out, classes or schools, has effects on its scores.

The model is one with effects of that level whose covariance is zero. Its maximum of the likelihood is held against that
of the model with a free covariance, in which the level is integrated out exactly. As variances lie on the boundary, the
chi-square with all freed parameters as degrees of freedom is conservative: p is too large (Self & Liang 1987,
doi:10.1080/01621459.1987.10478472).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import Panel
from bayespanel.families.panel.components import component
from bayespanel.families.panel.lifting import lifted
from bayespanel.families.panel.neighbours import own
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.ascent import ascend
from bayespanel.inference.checks import Check
from bayespanel.inference.likelihood_ratio import LikelihoodRatio, row
from bayespanel.language.names import LEVELS

CHECK = "no effects of the {level} level that is left out, p"

FEWEST = 5
"""Clusters from which on they are asked about."""

SHARE = 0.02
"""Share of a variable's variance from which effects of a level matter to intervals and lags."""


def recorded(spec: RICLPM, posterior: xr.Dataset, data: Any) -> list[dict[str, Any]]:
    """Return the test, and the largest share of a variance, of every level that data have and the model has not.

    Parameters are those of `school_variation.recorded`: sums without a level do not tell its clusters.
    """
    if not isinstance(data, Panel) or spec.varying or spec.augmented:
        return []
    known = {"class": data.classroom, "school": data.school}
    seen = {level: len(np.unique(codes)) for level, codes in known.items() if codes is not None}
    out = []
    for level in LEVELS:
        if level in spec.levels or seen.get(level, 0) < FEWEST:
            continue
        wider = replace(spec, levels=tuple(one for one in LEVELS if one == level or one in spec.levels), priors=())
        fitted = own(spec, posterior, data_for(spec, data))
        with_level = data_for(wider, data)
        model, read = structure(wider, with_level), statistics(wider, with_level)
        base = ascend(fitted.structure, fitted.statistics, fitted.start, fitted.covariance)
        start, uncertain = lifted(fitted, base.vector, model)
        top = ascend(model, read, start, uncertain, beyond=False)
        if not (base.converged and top.converged):
            continue
        part = component(wider, level)
        share = np.diag(model.arrays(top.vector)[part.block].reshape(-1, *[part.size(1, len(spec.variables))] * 2)[0])
        share = share / with_level.scale**2
        worst = int(np.argmax(share))
        out.append(
            {
                "level": level,
                "levels": list(wider.levels),
                "statistic": max(0.0, 2.0 * (top.log_likelihood - base.log_likelihood)),
                "df": model.size - fitted.structure.size,
                "pupils": with_level.n_pupils,
                "variable": spec.variables[worst],
                "share": float(share[worst]),
            }
        )
    return out


def rows(found: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Return the rows of what `recorded` found."""
    for one in found:
        test = LikelihoodRatio(float(one["statistic"]), int(one["df"]), int(one["pupils"]))
        where = ", ".join(f'"{level}"' for level in one["levels"])
        yield row(
            CHECK.format(level=one["level"]),
            test,
            f"The data have {one['level']} effects, with {100 * float(one['share']):.1f} % of the variance of "
            f"'{one['variable']}' ({test}), and the model leaves them to its pupils: intervals are too narrow, and "
            f"what a {one['level']} shares at some waves is taken for lags. Fit with levels=({where}).",
            matters=float(one["share"]) >= SHARE,
        )
