"""What a page is given beside a fit belongs to this fit: made of its data, and under the page's region."""

from __future__ import annotations

import numpy as np

from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import first_of
from bayespanel.language.errors import SpecError
from bayespanel.page.request import Asked

MADE_BY = {
    "refits": "bp.refits(fit, rope=...)",
    "comparison": "bp.compare({name: fit, ...})",
    "tree": "bp.family_tree({name: fit, ...}, rope=...)",
}
"""What makes each of the tables that a page can be given."""


def require_own(fit: Fit, asked: Asked, region: tuple[float, float]) -> None:
    """Refuse tables of other data than those of a fit, refits of another model, and those under another region.

    Raises
    ------
    SpecError
        A table is not this fit's, or does not say whose it is.
    """
    # Models are compared on one table: of a fit that mixes imputations, on the first.
    known = {fit.data.fingerprint(), first_of(fit).data.fingerprint()}
    for name, call in MADE_BY.items():
        table = getattr(asked, name)
        if table is None:
            continue
        action = f"Give the result of {call}, with this fit, as it was computed."
        given = np.atleast_1d(table.attrs.get("data", []))
        if known.isdisjoint(given):
            whose = (
                "is of other data" if len(given) else "does not say of which data it is; some steps of pandas drop it"
            )
            raise SpecError("What a report shows beside a fit is of the same data.", f"'{name}' {whose}.", action)
    refits = asked.refits
    if refits is None:
        return
    if refits.attrs.get("spec") != repr(fit.spec):
        raise SpecError(
            "Refits on a report are those of its fit.",
            "'refits' are of another model of these data.",
            "Give bp.refits(fit, rope=...) of this fit.",
        )
    theirs = tuple(refits.attrs.get("rope", ()))
    if theirs != region:
        raise SpecError(
            "All numbers of a report are about one region of practical equivalence.",
            f"That of the report is {_said(region)}, that of 'refits' {_said(theirs)}.",
            "Give bp.refits(fit, rope=...) and the report the same region.",
        )


def _said(region: tuple[float, ...]) -> str:
    return " to ".join(f"{bound:g}" for bound in region) or "not said"
