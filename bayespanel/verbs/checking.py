"""Whether a fit may be believed: rows about its draws, its data and its fit, and of several imputations together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from bayespanel.families.door import family_of, models
from bayespanel.inference.checks import MAX_DEPTH, OK, Check, attempted, sampling_checks
from bayespanel.inference.imputed import imputation
from bayespanel.inference.overlap import overlap_check
from bayespanel.summaries.missing_information import ENOUGH, FEW
from bayespanel.verbs.fitting import STATISTICS_OF

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

LOOKED_AT = 10
"""Imputations of which data and fit are looked at, evenly spaced: their middle is then known well enough, and a second
or two each are not waited for longer than that."""

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
        model contradicts the data; only then is `passed` false. Of a fit to imputations, rows about the draws say the
        worst of all imputations, each judged alone, since draws of different imputations need not agree; all other rows
        are those of the imputation in the middle, and say so.
    """
    from bayespanel.inference.checks import table as check_table

    if fit.imputations == 1:
        return check_table([*_computation(fit), *_others(fit)])
    known = _known()
    if fit not in known:
        known[fit] = _of_imputations(fit)
    return check_table(known[fit])


@cache
def _known() -> WeakKeyDictionary[Fit, list[Check]]:
    """Return the rows of mixed imputations that this process has computed, as long as their fits are in use."""
    return WeakKeyDictionary()


def _others(fit: Fit) -> list[Check]:
    """Return the rows about data and fit, of a fit to one table."""
    family = family_of(fit.spec)
    rows = [*family.checks.checks(fit.spec, fit.posterior, fit.data)]
    if family.recorded_rows is not None:
        rows += family.recorded_rows(fit.provenance)
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
    draws = [_computation(one) for one in every]
    rows = [_worst([row for one in draws for row in one if row.check == name], draws) for name in _names(draws)]
    chosen = np.unique(np.linspace(0, len(every) - 1, min(LOOKED_AT, len(every))).round().astype(int))
    others = [_others(every[at]) for at in chosen]
    rows += [_middle(name, others, len(every)) for name in _names(others)]
    hint = (
        f"Mixed draws of few imputations know the middle of a posterior better than its tails: bounds of intervals may "
        f"move with a further imputation. {ENOUGH} or more are advised (doi:10.1198/tast.2010.09109); look at "
        "bp.missing_information(fit)."
    )
    return [*rows, Check("number of imputations", len(every), FEW, len(every) >= FEW, hint, grave=False)]


def _names(rows: Sequence[Sequence[Check]]) -> list[str]:
    return list(dict.fromkeys(row.check for one in rows for row in one))


def _worst(found: Sequence[Check], draws: Sequence[Sequence[Check]]) -> Check:
    """Return the worst row of one name about the draws; counts are added up."""
    name = found[0].check
    if name.removesuffix(" (unpooled)") in COUNTED:
        at = max(found, key=lambda row: row.value)
        number = sum(row.value > 0 for row in found)
        return replace(
            at,
            value=sum(row.value for row in found),
            passed=all(row.passed for row in found),
            hint=f"In {number} of {len(draws)} imputations. {at.hint}",
        )

    def badness(row: Check) -> tuple[bool, float]:
        apart = (row.value - row.limit) * (1 if name.split(" (")[0] not in LEAST else -1)
        return (not row.passed, apart if np.isfinite(apart) else -np.inf)

    worst = max(found, key=badness)
    number = 1 + next(i for i, one in enumerate(draws) if any(row is worst for row in one))
    return replace(worst, hint=f"In imputation {number}. {worst.hint}")


LEAST = ("bulk ESS", "tail ESS", "E-BFMI")
"""Checks of the draws that have a least value; the others have a greatest."""


def _middle(name: str, rows: Sequence[Sequence[Check]], number: int) -> Check:
    """Return the row of the imputation in the middle, and say that it is of that one, and how far others lie."""
    found = [row for one in rows for row in one if row.check == name]
    known = [row for row in found if np.isfinite(row.value)]
    if not known:
        return replace(found[0], check=f"{name} (no imputation has it)")
    ordered = sorted(known, key=lambda row: row.value)
    if len({row.value for row in known}) == 1 and len(known) == len(rows):  # the same of all, such as a design
        return known[0]
    middle = ordered[(len(ordered) - 1) // 2]
    other = sum(row.state != OK for row in known)
    said = f"{len(known)}" if len(known) == number else f"{len(known)} of {number}"
    spread = f"From {ordered[0].value:.3g} to {ordered[-1].value:.3g}; not ok in {other} of {len(known)} imputations."
    return replace(middle, check=f"{name} (median of {said} imputations)", hint=f"{spread} {middle.hint}")
