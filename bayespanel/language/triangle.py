"""The triangle child - parents - school: its vertices, the variables that sit on them, and the edges between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.plain_names import require_distinct_names
from bayespanel.language.values import names_of, settle

VERTICES = ("parent", "child", "school")
"""Vertices: parents; the child; school, which includes class-mates."""


@dataclass(frozen=True)
class Triangle:
    """The variables on each vertex of the triangle child - parents - school.

    Parameters
    ----------
    parent, child, school
        Names of the variables on each vertex, in the order in which the model has them.

    Raises
    ------
    SpecError
        A vertex is not a list of names, a variable is on two vertices, or no variable is given.

    Examples
    --------
    >>> bp.Triangle(parent=["rejection"], child=["depression"])
    """

    parent: tuple[str, ...] = ()
    child: tuple[str, ...] = ()
    school: tuple[str, ...] = ()

    def __init__(self, parent: Sequence[str] = (), child: Sequence[str] = (), school: Sequence[str] = ()) -> None:
        for vertex, given in zip(VERTICES, (parent, child, school), strict=True):
            settle(self, **{vertex: names_of(vertex, given, "variable")})
        names = self.variables
        if not names:
            raise SpecError(
                "A triangle needs at least one variable.", "None was given.", "Name variables on its vertices."
            )
        require_distinct_names(names, "variable")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SpecError(
                "A variable sits on one vertex of the triangle, once.",
                f"Listed more than once: {', '.join(twice)}.",
                "Keep each on the vertex where it was measured.",
            )

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables: parent, child, school."""
        return self.parent + self.child + self.school

    def vertex(self, variable: str) -> str:
        """Return the vertex of a variable."""
        for vertex in VERTICES:
            if variable in getattr(self, vertex):
                return vertex
        raise SpecError(
            "Every variable of a model with a triangle sits on a vertex.",
            f"{variable!r} is on none of them. {nearest(variable, list(self.variables))}",
            "Add it to parent, child or school.",
        )

    def edge(self, source: str, target: str) -> str:
        """Return the edge from one variable to another, such as "parent->school"."""
        return f"{self.vertex(source)}->{self.vertex(target)}"
