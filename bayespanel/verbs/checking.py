"""Whether a fit may be believed: rows about its draws, its data and its fit, and of several imputations together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.families.door import family_of, models, pathways_of
from bayespanel.inference.checks import (
    FIT,
    MAX_DEPTH,
    OK,
    Check,
    agreement,
    attempted,
    diagnostics,
    sampler_checks,
    sampling_checks,
)
from bayespanel.inference.imputed import imputation, within
from bayespanel.inference.overlap import overlap_check
from bayespanel.summaries.missing_information import ENOUGH, FEW, missing_information
from bayespanel.verbs.fitting import STATISTICS_OF

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

LOOKED_AT = 10
"""Imputations of which data and fit are looked at, evenly spaced: their middle is then known well enough, and a second
or two each are not waited for longer than that."""

HALF = 0.5
"""Fraction of missing information above which imputations disagree more than each of them is uncertain."""

SINGLE = "R-hat of a single imputation"
"""Name of the row of the largest R-hat within an imputation."""

APART = 1.05
"""Limit of that row: chains of one imputation are apart, whatever the chance among hundreds of numbers and fits."""

COUNTED = ("divergences",)
"""Checks of the draws whose values are added up over imputations; of all others the worst counts."""


def checks(fit: Fit) -> pd.DataFrame:
    """Check whether the draws of a fit can be trusted, and whether the model contradicts the data.

    Parameters
    ----------
    fit
        The fit.

    Returns
    -------
    pandas.DataFrame
        One row per check, with the columns `check` (what should be true), `value` and `limit`, `state`, `passed`,
        `hint` (what to do), and `about`: "computation" (the draws), "data", or "fit" (whether the model fits). The
        state "ok" means that the check was passed. "look" marks something that is true of the data and should be
        reported, such as few clusters or a variance near zero. "FAILED" means that the computation failed, or that the
        model contradicts the data; only then is `passed` false. Of a fit to imputations, chains need to agree within
        each imputation alone: R-hat is that within imputations, on average and at worst, and effective sizes are added
        up. Rows about data and fit are those of the imputation in the middle, and say so.
    """
    from bayespanel.inference.checks import table as check_table

    if fit.imputations == 1:
        return check_table([*_computation(fit), *_of_family(fit), *_others(fit)])
    known = _known()
    if fit not in known:
        known[fit] = _of_imputations(fit)
    return check_table(known[fit])


@cache
def _known() -> WeakKeyDictionary[Fit, list[Check]]:
    """Return the rows of mixed imputations that this process has computed, as long as their fits are in use."""
    return WeakKeyDictionary()


def _of_family(fit: Fit) -> list[Check]:
    """Return the rows that a family has of its own, of a fit to one table."""
    return family_of(fit.spec).checks.checks(fit.spec, fit.posterior, fit.data)


def _others(fit: Fit) -> list[Check]:
    """Return the rows about data and fit, of a fit to one table."""
    family = family_of(fit.spec)
    rows = [] if family.recorded_rows is None else [*family.recorded_rows(fit.provenance)]
    known = fit.provenance.get("overlap")  # files of before December 2026 do not tell
    rows += [] if known is None else [overlap_check(known)]
    return rows + attempted("absolute fit", lambda: family.fit_rows.fit_rows(fit.spec, fit.posterior, fit.data))


def _computation(fit: Fit) -> list[Check]:
    rows: list[Check] = []
    for group in models(fit.spec):
        found = sampling_checks(fit.groups[group], fit.groups[STATISTICS_OF[group]], MAX_DEPTH)
        rows += found if group == "posterior" else [replace(row, check=f"{row.check} ({group})") for row in found]
    return rows


def _of_imputations(fit: Fit) -> list[Check]:
    """Return the rows of a fit that mixes imputations."""
    every = [imputation(fit, number) for number in range(1, fit.imputations + 1)]
    rows = [row for group in models(fit.spec) for row in _of_draws(every, group)]
    chosen = np.unique(np.linspace(0, len(every) - 1, min(LOOKED_AT, len(every))).round().astype(int))
    for others in ([_of_family(one) for one in every], [_others(every[at]) for at in chosen]):
        rows += [_middle(name, others, len(every)) for name in _names(others)]
    hint = (
        f"Mixed draws of few imputations know the middle of a posterior better than its tails: bounds of intervals may "
        f"move with a further imputation. {ENOUGH} or more are advised (doi:10.1198/tast.2010.09109); look at "
        "bp.missing_information(fit)."
    )
    rows.append(Check("number of imputations", len(every), FEW, len(every) >= FEW, hint, grave=False))
    return [*rows, _most_missing(fit)]


def _most_missing(fit: Fit) -> Check:
    """Return the row about the pathway of which most is missing."""
    draws = pathways_of(fit.spec, fit.groups)
    fmi = np.nan_to_num(missing_information(within(draws, int(fit.provenance["chains"]))).fmi)
    most = float(fmi.max())
    hint = (
        f"Of {draws['pathway'].values[int(fmi.argmax())]}, imputations disagree more than each of them is uncertain: "
        "its evidence hangs on the model of imputation. Or latent classes changed places between imputations."
    )
    return Check("largest fraction of missing information", most, HALF, most <= HALF, hint, grave=False)


def _of_draws(every: Sequence[Fit], group: str) -> list[Check]:
    """Return the rows about draws of fits to imputations, whose chains need to agree within each of them alone.

    R-hat is the mean over imputations, because the largest of hundreds exceeds 1.01 by chance; and there is a row of
    the largest, with a wider limit. Effective sample sizes are added up.
    """
    found = [diagnostics(one.groups[group]) for one in every]
    joined = {name: xr.concat([one[name] for one in found], "imputation") for name in found[0]}
    pooled = {
        "rhat": joined["rhat"].mean("imputation"),
        "bulk": joined["bulk"].sum("imputation", min_count=1),
        "tail": joined["tail"].sum("imputation", min_count=1),
    }
    rows = agreement(pooled)
    single = agreement({**pooled, "rhat": joined["rhat"].max("imputation")})[0]
    rows.append(replace(single, check=SINGLE, limit=APART, passed=single.value < APART))
    of_sampler = [sampler_checks(one.groups[STATISTICS_OF[group]], MAX_DEPTH) for one in every]
    rows += [
        _worst([row for one in of_sampler for row in one if row.check == name], of_sampler)
        for name in _names(of_sampler)
    ]
    return rows if group == "posterior" else [replace(row, check=f"{row.check} ({group})") for row in rows]


def _names(rows: Sequence[Sequence[Check]]) -> list[str]:
    return list(dict.fromkeys(row.check for one in rows for row in one))


def _worst(found: Sequence[Check], draws: Sequence[Sequence[Check]]) -> Check:
    """Return the worst row of one name about the draws; counts are added up."""
    name = found[0].check
    if name in COUNTED:
        at = max(found, key=lambda row: row.value)
        number = sum(row.value > 0 for row in found)
        return replace(
            at,
            value=sum(row.value for row in found),
            passed=all(row.passed for row in found),
            hint=f"In {number} of {len(draws)} imputations. {at.hint}",
        )

    def badness(row: Check) -> tuple[bool, float]:
        apart = (row.value - row.limit) * (-1 if name in LEAST else 1)
        return (not row.passed, apart if np.isfinite(apart) else -np.inf)

    worst = max(found, key=badness)
    number = 1 + next(i for i, one in enumerate(draws) if any(row is worst for row in one))
    return replace(worst, hint=f"In imputation {number}. {worst.hint}")


LEAST = ("E-BFMI",)
"""Checks of the sampler that have a least value; the others have a greatest."""


def _middle(name: str, rows: Sequence[Sequence[Check]], number: int) -> Check:
    """Return the row of the imputation in the middle, and say that it is of that one, and how far others lie."""
    found = [row for one in rows for row in one if row.check == name]
    known = [row for row in found if np.isfinite(row.value)]
    if not known:
        return replace(found[0], check=f"{name} (no imputation has it)")
    ordered = sorted(known, key=lambda row: row.value)
    same = len({row.value for row in known}) == 1 and len(known) == len(rows)
    if same and found[0].about != FIT:  # such as a design
        return known[0]
    if found[0].grave and found[0].about != FIT:  # what would make a single fit worthless, such as chains apart
        failed = [row for row in found if not row.passed]
        if failed:
            hint = f"In {len(failed)} of {len(found)} imputations. {failed[0].hint}"
            return replace(failed[0], check=f"{name} (an imputation where it fails)", hint=hint)
    middle = ordered[(len(ordered) - 1) // 2]
    other = sum(row.state != OK for row in known)
    said = f"{len(known)}" if len(known) == number else f"{len(known)} of {number}"
    spread = f"From {ordered[0].value:.3g} to {ordered[-1].value:.3g}; not ok in {other} of {len(known)} imputations."
    return replace(middle, check=f"{name} (median of {said} imputations)", hint=f"{spread} {middle.hint}")
