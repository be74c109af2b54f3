"""Which of the missing scores are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayespanel.language.values import flag, names_of, settle


@dataclass(frozen=True)
class MissingScores:
    """Which missing scores are assumed to be higher or lower than what the pupils' other scores predict.

    Attributes
    ----------
    variables, waves, groups
        One name or several, whose missing scores are meant; all by default. Groups are those of a model with groups.
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
