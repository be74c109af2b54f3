"""The region of practical equivalence of a call, or of the card of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespanel.language.errors import SpecError

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

Rope = float | tuple[float, float]


def stated(fit: Fit, rope: Rope | None) -> Rope:
    """Return the region that a call gives, or the fit's card.

    Raises
    ------
    SpecError
        There is none.
    """
    found: Rope | None = fit.provenance.get("rope") if rope is None else rope
    if found is None:
        raise SpecError(
            "Evidence is weighed against a stated region of practical equivalence (ROPE).",
            "Neither the call nor the fit's card states one.",
            "Give for example rope=0.03: 0.03, 0.07 and 0.12 are small, medium and large cross-lagged effects "
            "(Orth et al., 2024); rope=0.1 is usual for trials, 0.18 (an odds ratio of 1.2) for log odds.",
        )
    return found
