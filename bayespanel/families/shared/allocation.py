"""What data show of how arms were allocated, and what is refused where a specification leaves it out.

Whoever shares a class or school that was allocated as a whole shares its effect, and a model without that level counts
pupils as if they had been allocated one by one: intervals come out too narrow, and no check of the sampler can see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bayespanel.language.errors import SpecError
from bayespanel.language.names import LEVELS
from bayespanel.language.prior import Prior


def refuse_levels(levels: Sequence[str], needed: str, found: str) -> None:
    """Say that the unit of randomisation is no level of the model.

    Parameters
    ----------
    levels
        Those of the model.
    needed
        The one that it lacks.
    found
        How it is known.

    Raises
    ------
    SpecError
        Always.
    """
    written = ", ".join(f'"{level}"' for level in LEVELS if level in (*levels, needed))
    raise SpecError(
        "The unit of randomisation is a level of the model: without it pupils count as if they had been allocated one "
        "by one, and intervals come out too narrow.",
        f"{found}; the levels are {', '.join(levels)}.",
        f"Write levels=({written}).",
    )


def require_used(rows: Iterable[Prior], idle: Collection[str], why: str) -> None:
    """Refuse priors that would have no effect.

    Raises
    ------
    SpecError
        A row of a parameter among `idle`.
    """
    unused = [row.parameter for row in rows if row.parameter in idle]
    if unused:
        raise SpecError("A prior that is given has an effect.", f"There is a row for '{unused[0]}': {why}.", "Drop it.")
