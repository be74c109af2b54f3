"""Which panel models can be written for other programs."""

from __future__ import annotations

from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError


def require_written(spec: RICLPM, program: str) -> None:
    """Refuse variances that follow from reliabilities: they are shares of a variance that only data have.

    Raises
    ------
    SpecError
        The model has reliabilities.
    """
    if any(part.fixed for part in spec.components()):
        raise SpecError(
            "A fixed variance of errors is written where the variance of the scores is known.",
            f"The model has known reliabilities, and the text for {program} is written without data.",
            'Write the model with error="equal", and fix the variances of its errors in the text.',
        )
