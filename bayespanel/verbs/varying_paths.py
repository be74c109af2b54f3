"""Paths that vary between schools: how much, and what a further school may be like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bayespanel.families.door import family_of
from bayespanel.language.errors import SpecError
from bayespanel.language.values import choice, probability
from bayespanel.verbs.fitting import region_of

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.inference.fit import Fit


def varying_paths(
    fit: Fit,
    *,
    rope: float | tuple[float, float] | None = None,
    prob: float = 0.95,
    of: Literal["paths", "schools"] = "paths",
) -> pd.DataFrame:
    """Return how paths vary between schools, on the standardised scale.

    Parameters
    ----------
    fit
        The fit of a panel model with `varying`.
    rope
        Region of practical equivalence, as of `evidence`; needed for "paths".
    prob
        Probability of the intervals.
    of
        "paths": one row for each path that varies. "schools": one row for each school and path.

    Returns
    -------
    pandas.DataFrame
        Of paths: `mean`; `sd` between schools with `sd_lower` and `sd_upper`; `new_lower` and `new_upper`, an interval
        for the path of a further school with average properties; and `below`, `inside` and `above`, the expected shares
        of all such schools whose path is below, inside and above the region. Of schools: `mean`, `lower`, `upper`.

    Raises
    ------
    SpecError
        No path of the model varies, no region is stated, or `prob` is not between 0 and 1.
    """
    choice("of", of, ("paths", "schools"))
    room = family_of(fit.spec).varying_table
    if room is None or not fit.spec.varying:
        raise SpecError(
            "Paths vary between schools in a panel model with varying=(...).",
            f"The fit is of {type(fit.spec).__name__} without it.",
            'Fit for example RICLPM(..., levels=("pupil", "school"), varying=("x -> y",)).',
        )
    level = probability("prob", prob)
    tails = ((1 - level) / 2, (1 + level) / 2)
    if of == "schools":
        return room.schools(fit.posterior, tails)
    from bayespanel.summaries.summary import rope_bounds

    return room.paths(fit.spec, fit.posterior, rope_bounds(region_of(fit.provenance, rope)), tails)
