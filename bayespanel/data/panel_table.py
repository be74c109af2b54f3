"""PanelTable: what a panel holds of its pupils, without the doors by which they come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.brief import brief
from bayespanel.data.guesses import Guess
from bayespanel.data.rules import validate
from bayespanel.data.school_years import without_gaps
from bayespanel.language.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class PanelTable(Shown):
    """The fields of `Panel`, which says what they are."""

    values: NDArray[np.float64]
    waves: tuple[str, ...]
    variables: tuple[str, ...]
    pupils: NDArray[np.object_]
    covariates: NDArray[np.float64]
    covariate_names: tuple[str, ...] = ()
    classroom: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    school: NDArray[np.int64] | None = None
    school_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    times: NDArray[np.float64] | None = None
    group: NDArray[np.int64] | None = None
    group_names: tuple[str, ...] = ()
    grouping: str = ""
    school_years: NDArray[np.int64] | None = None
    courses: NDArray[np.int64] | None = None

    def brief(self) -> Iterator[str]:
        """Say what it is in a few lines."""
        return brief(self)

    def __post_init__(self) -> None:
        validate(self)

    @property
    def n_pupils(self) -> int:
        """Number of pupils."""
        return len(self.pupils)

    def by_school(self) -> Self:
        """Return the panel with its schools as groups, for sums that tell schools apart."""
        return replace(self, group=self.school, group_names=self.school_names, grouping="school")

    def of_pupils(self, keep: NDArray[np.bool_]) -> Self:
        """Return the panel of some of the pupils [pupil]; classes, schools and groups without pupils are removed."""
        parts: dict[str, Any] = {}
        for codes, names in (("classroom", "class_names"), ("school", "school_names"), ("group", "group_names")):
            found = getattr(self, codes)
            if found is not None:
                known, parts[codes] = np.unique(found[keep], return_inverse=True)
                parts[names] = tuple(getattr(self, names)[code] for code in known)
                if codes == "classroom" and self.courses is not None:
                    parts["courses"] = without_gaps(self.courses[known])
        parts |= {name: getattr(self, name)[keep] for name in ("values", "pupils", "covariates")}
        return replace(self, **parts)
