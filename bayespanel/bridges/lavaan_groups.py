"""Formulas of lavaan's language for groups of pupils: `c(...)` before each free term."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bayespanel.bridges.columns import distinct


class InGroups:
    """Writes what is free in a formula of one group as that of several.

    Parameters
    ----------
    number
        How many groups there are; below 2, formulas stay as they are.
    free
        The parameters that differ between groups, covariances by the first part of their names.
    """

    def __init__(self, number: int, free: Collection[str]) -> None:
        self._number, self._free = number, free
        self._labels: dict[tuple[str, str, str], str] = {}

    def __call__(self, parameter: str, lines: Sequence[str]) -> list[str]:
        """Return formulas whose free terms belong to a parameter; comments stay as they are.

        A term with a label gets one for each group, `c(lag.x.y.g1, lag.x.y.g2)`, or the same for all; one without stays
        free in each group, or gets a label that all share.
        """
        if self._number < 2:
            return list(lines)
        return [line if line.startswith("#") else self._line(parameter, line) for line in lines]

    def _line(self, parameter: str, line: str) -> str:
        left, operator, right = re.fullmatch(r"(\S+) (=~|~~|~) (.*)", line).groups()  # type: ignore[union-attr]  # ours
        return f"{left} {operator} " + " + ".join(self._term(parameter, left, term) for term in right.split(" + "))

    def _term(self, parameter: str, left: str, term: str) -> str:
        before, _, name = term.rpartition("*")
        if re.fullmatch(r"-?\d+", before):
            return term
        free = parameter in self._free
        if free and not before:
            return term
        if not before:
            key = (parameter, left, name)
            if key not in self._labels:
                self._labels[key] = distinct({name: f"{parameter}.{left}.{name}"}, self._labels.values())[name]
            before = self._labels[key]
        every = [f"{before}.g{g + 1}" if free else before for g in range(self._number)]
        return f"c({', '.join(every)})*{name}"
