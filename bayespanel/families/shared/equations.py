"""Equations of a model as text, which the report turns into MathML, and words in which several families say the same.

In `𝐲_{it} = 𝛍_t + 𝐰_{it}` letters are symbols; bold ones are vectors and matrices. Words stand in quotes, `_` and `^`
put what follows (a letter, or a group in braces) below and above, `÷{a}{b}` is a fraction, `√{a}` a root, and `~` an
indentation. Letters are those of docs/model.md, docs/trial.md and docs/trajectories.md as far as these reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EFFECT = {"class": ("𝐛", "b", "c", "classes"), "school": ("𝐚", "a", "s", "schools")}
"""Level -> its effect as a vector, as a number, its index, and its plural."""

BREAK = "\u2028"
"""Where a sum may go on in the next line."""

listed = ", ".join


@dataclass(frozen=True)
class Equation:
    """An equation, and words that say what every symbol in it stands for where it comes first.

    Attributes
    ----------
    text
        The equation, in the notation of this module; lines stand one below the other.
    words
        What it says. They hold names of variables as they are.
    column
        Names that the equation lists, one below the other, after its text.
    """

    text: str
    words: str
    column: tuple[str, ...] = ()


def named(left: str, names: Sequence[str], words: str) -> Equation:
    """Write a vector as a column of names."""
    return Equation(f"{left} =", f"{words}: {listed(names)}.", tuple(names))


def summed(left: str, terms: Iterable[str]) -> str:
    """Write a sum, which may be broken before each term."""
    return f"{left} ={BREAK} " + f"{BREAK} + ".join(terms)


def spread(one: bool) -> str:
    """Say what a normal distribution of one quantity, or of several, has besides its mean."""
    return "variance" if one else "covariance matrix"


def separated(matrices: Sequence[str]) -> Iterator[Equation]:
    """Say of what covariance matrices are made."""
    if matrices:
        first, *others = matrices
        words = f"{first} is made of standard deviations 𝛔, on a diagonal (diag), and correlations 𝐑; these have the "
        words += f"priors. So {'is' if len(others) == 1 else 'are'} {' and '.join(others)}." if others else "priors."
        yield Equation(f"{first} = 'diag'(𝛔) 𝐑 'diag'(𝛔)", words)
