"""Statements of an Mplus input for groups of pupils: what they share in MODEL, what differs in a MODEL of each group.

By default Mplus holds loadings and intercepts equal over groups, and nothing else (User's Guide, 8th edition, 2017,
chapter 14). So what is shared gets a label in MODEL, loadings apart, and what differs is mentioned for each group.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence


class InGroups:
    """Writes what is free in the statements of one group as that of several.

    Parameters
    ----------
    names
        Of the groups, as GROUPING has them; empty without groups.
    free
        The parameters that differ between groups, covariances by the first part of their names.

    Attributes
    ----------
    each
        Group -> the statements of its own MODEL.
    """

    def __init__(self, names: Sequence[str], free: Collection[str]) -> None:
        self.each: dict[str, list[str]] = {name: [] for name in names}
        self._free, self._shared = free, 0

    def __call__(self, parameter: str, statements: Sequence[str]) -> list[str]:
        """Return the statements of MODEL that belong to a parameter, and keep those of each group."""
        if not self.each:
            return list(statements)
        return [self._overall(parameter in self._free, statement) for statement in statements]

    def _overall(self, free: bool, statement: str) -> str:
        words, label = re.fullmatch(r"(.*?)(?: \((\w+)\))?;", statement).groups()  # type: ignore[union-attr]  # ours
        by = " BY " in words
        if not free or (by and words.count("@") == words.count(" ") - 1) or words.endswith("@0]"):
            if label or "@" in words:
                return statement
            self._shared += 1
            return f"{words} (s{self._shared});"
        for number, own in enumerate(self.each.values(), 1):
            alone = " ".join(word for word in words.split(" ") if "@" not in word)
            own.append(f"{alone} ({label}g{number});" if label else f"{alone};")
        return f"{words};"
