"""Which of the missing scores are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.values import flag, names_of, settle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class MissingScores:
    """Which missing scores are assumed to be higher or lower than what the pupils' other scores predict.

    Attributes
    ----------
    variables, waves, groups
        One name or several, whose missing scores are meant; all by default. Groups are those of a model with groups;
        of a trial, whose outcomes are its variables, the arms.
    after_last
        Whether only the scores after the last one that a pupil has of a variable are meant: of those who left, but not
        of those who were ill for a day.

    Raises
    ------
    SpecError
        A name is no text, a name is given twice, or `after_last` is not True or False.

    Examples
    --------
    >>> MissingScores(waves=("4", "5"), after_last=True)
    MissingScores(variables=None, waves=('4', '5'), groups=None, after_last=True)
    """

    variables: str | Sequence[str] | None = None
    waves: str | Sequence[str] | None = None
    groups: str | Sequence[str] | None = None
    after_last: bool = False

    def __post_init__(self) -> None:
        """Check every field; one name becomes a tuple of one."""
        for name in ("variables", "waves", "groups"):
            given = getattr(self, name)
            if given is not None:
                settle(self, **{name: names_of(name, (given,) if isinstance(given, str) else given, "name")})
        settle(self, after_last=flag("after_last", self.after_last))


ALL = MissingScores()


def chosen(what: str, names: str | Sequence[str] | None, known: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of the known names [name] are chosen.

    Raises
    ------
    SpecError
        A name is unknown.
    """
    import numpy as np  # naming scores needs no arrays

    if names is None:
        return np.ones(len(known), bool)
    wanted = [names] if isinstance(names, str) else list(map(str, names))
    for name in wanted:
        if name not in known:
            raise SpecError(
                f"Missing scores are chosen by {what} of the fit.",
                f"{name!r} is none of them. {nearest(name, list(known)) if known else 'It has none.'}",
                f"Correct the name, or leave {what} out.",
            )
    return np.isin(known, wanted)
