"""Errors in three parts: the rule, what was given, and what to do."""

from __future__ import annotations


class BayespanelError(ValueError):
    """An input breaks a stated rule. All errors of bayespanel are of this kind.

    Parameters
    ----------
    rule
        The rule, as a sentence.
    given
        What was found instead, with the names and numbers that the user needs to find it.
    action
        What to do about it.
    """

    def __init__(self, rule: str, given: str, action: str) -> None:
        self.rule = rule
        self.given = given
        self.action = action
        super().__init__(f"{rule} {given} {action}")

    def __reduce__(self) -> tuple[type[BayespanelError], tuple[str, str, str]]:
        return type(self), (self.rule, self.given, self.action)


class DataError(BayespanelError):
    """The data break a rule of the design or of the model."""


class SpecError(BayespanelError):
    """A model specification, a prior, a card or a setting breaks a rule."""


class DecisionError(SpecError):
    """A function of the user's own, which decides, does not: this stops a study, as no replicate is at fault."""


class FitError(BayespanelError):
    """A fit could not be computed, or a saved fit could not be read."""


class DataWarning(UserWarning):
    """Something in the data is probably wrong, but could be right."""


class OutputWarning(UserWarning):
    """A figure, a table or a section could not be made; everything else was."""


def nearest(name: str, known: list[str]) -> str:
    """Say which of the known names are nearest to a wrong one.

    Parameters
    ----------
    name
        The name that was not found.
    known
        The names that exist.

    Returns
    -------
    str
        "Nearest: 'a', 'b'." or, with no near match, "Known: 'a', 'b', ...".
    """
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"Nearest: {', '.join(map(repr, close))}."
    shown = ", ".join(map(repr, known[:12])) + (", ..." if len(known) > 12 else "")
    return f"Known: {shown}."
