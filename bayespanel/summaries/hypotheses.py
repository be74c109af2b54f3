"""Hypotheses about the order and the size of pathways, and their Bayes factors.

A hypothesis is one or more constraints joined by "and". Each sets expressions side by side with `>`, `<` or `=`; an
expression is a pathway, a number, or `|pathway|`. `=` means that the difference lies in the region of practical
equivalence: exact equality has no mass. Against the unconstrained model (Klugkist, Laudy & Hoijtink, 2005,
doi:10.1037/1082-989X.10.4.477), and against the complement::

    BF(H : unconstrained) = posterior mass of H / prior mass of H                                          (1)
    BF(H : complement)    = posterior odds of H / prior odds of H                                          (2)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.convergence import convergence
from bayespanel.language.errors import SpecError, nearest
from bayespanel.summaries.montecarlo import mcse_probability

Array = NDArray[np.float64]

TOO_SMALL = 20
"""Prior draws in a hypothesis below which its prior mass cannot be judged."""

GRAMMAR = (
    'Write names of pathways with > , < or = between spaces, joined by "and": "a -> b > b -> a and a -> b > 0.03".'
)
RULE = "A hypothesis compares pathways or numbers."

_COMPARES = re.compile(r"\s(>|<|=)\s")


@dataclass(frozen=True)
class Term:
    """One side of a comparison: a pathway or a number, perhaps without its sign."""

    pathway: str | None
    number: float
    absolute: bool

    def of(self, draws: xr.Dataset) -> Array:
        """Return its draws [chain, draw], or its number."""
        if self.pathway is None:
            return np.array(self.number)
        values = draws["standardised"].sel(pathway=self.pathway).transpose("chain", "draw").values
        return np.abs(values) if self.absolute else values


@dataclass(frozen=True)
class Constraint:
    """left > right, or left = right."""

    left: Term
    sign: str
    right: Term


def parse(text: str, pathways: list[str]) -> tuple[Constraint, ...]:
    """Read a hypothesis.

    Raises
    ------
    SpecError
        A pathway that is not known, a side that is missing, or constraints that cannot hold together.
    """
    known = {re.sub(r"\s+", " ", name): name for name in pathways}
    # Names may hold words and signs of the grammar: they are set aside before it is read.
    marks = {f"\0{i}\0": name for i, name in enumerate(sorted(known, key=len, reverse=True))}
    plain = re.sub(r"\s+", " ", text.strip())
    for mark, name in marks.items():
        plain = re.sub(rf"(?<![^\s|]){re.escape(name)}(?![^\s|])", mark, plain)
    known |= {mark: known[name] for mark, name in marks.items()}
    out = []
    for clause in re.split(r"\s+and\s+", plain):
        parts = _COMPARES.split(f" {clause.strip()} ")
        if len(parts) < 3:
            said = re.sub("\0(\\d+)\0", lambda found: marks[found.group(0)], clause.strip())
            raise SpecError(RULE, f"{said!r} compares nothing.", GRAMMAR)
        terms = [_term(part, known) for part in parts[::2]]
        for left, sign, right in zip(terms, parts[1::2], terms[1:], strict=False):
            out.append(Constraint(right, ">", left) if sign == "<" else Constraint(left, sign, right))
    _require_consistent(out, text)
    return tuple(out)


def _term(text: str, known: dict[str, str]) -> Term:
    name = re.sub(r"\s+", " ", text.strip())
    absolute = name.startswith("|") and name.endswith("|") and len(name) > 2
    name = name[1:-1].strip() if absolute else name
    if name in known:
        return Term(known[name], 0.0, absolute)
    try:
        return Term(None, abs(float(name)) if absolute else float(name), False)
    except ValueError:
        names = [one for one in known if "\0" not in one]
        said = f"{name!r} is neither. {nearest(name, names)}" if name else "One side of it is empty."
        raise SpecError("A hypothesis names pathways of the evidence, or numbers.", said, GRAMMAR) from None


def _require_consistent(constraints: list[Constraint], text: str) -> None:
    """Refuse cycles of >: a > b and b > a holds nowhere, nor do numbers in the wrong order."""
    above: dict[Term, set[Term]] = {}
    numbers = {term for c in constraints for term in (c.left, c.right) if term.pathway is None}
    for c in constraints:
        if c.sign == ">":
            above.setdefault(c.left, set()).add(c.right)
    for high in numbers:
        above.setdefault(high, set()).update(low for low in numbers if low.number < high.number)

    def reaches(start: Term) -> bool:
        seen, waiting = set(), list(above.get(start, ()))
        while waiting:
            term = waiting.pop()
            if term == start:
                return True
            if term not in seen:
                seen.add(term)
                waiting += above.get(term, ())
        return False

    for term in above:
        if reaches(term):
            named = term.pathway or f"{term.number:g}"
            raise SpecError(
                "The constraints of a hypothesis can hold together.",
                f"By {text!r}, {named!r} would be greater than itself.",
                "Remove one of the constraints.",
            )


def holds(
    constraints: tuple[Constraint, ...], draws: xr.Dataset, rope: tuple[float, float] | None
) -> NDArray[np.bool_]:
    """Whether each draw satisfies all constraints, [chain, draw]."""
    out = np.ones((draws.sizes["chain"], draws.sizes["draw"]), bool)
    for c in constraints:
        difference = c.left.of(draws) - c.right.of(draws)
        if c.sign == ">":
            out &= difference > 0
        else:
            if rope is None:
                raise SpecError(
                    "'=' means a difference within a region of practical equivalence (ROPE).",
                    "Neither the call nor the fit's card states one.",
                    "Give for example rope=0.03.",
                )
            low, high = _alike(rope) if c.left.pathway and c.right.pathway else rope
            sign = 1 if c.left.pathway else -1  # the region is that of the pathway beside a number
            out &= (sign * difference >= low) & (sign * difference <= high)
    return out


def _alike(rope: tuple[float, float]) -> tuple[float, float]:
    """Return within what two pathways are equal, whichever is named first: the nearer bound on both sides."""
    half = min(-rope[0], rope[1])
    if half <= 0:
        raise SpecError(
            "Two pathways are equal whichever is named first: the region has room on both sides of 0.",
            f"It reaches from {rope[0]:g} to {rope[1]:g}.",
            "Give for example rope=0.03, or compare each pathway with a number.",
        )
    return -half, half


def weigh(text: str, posterior: xr.Dataset, prior: xr.Dataset, rope: tuple[float, float] | None = None) -> xr.Dataset:
    """Weigh a hypothesis.

    Parameters
    ----------
    text
        The hypothesis; see the module.
    posterior, prior
        Draws of the same pathways, `standardised` [chain, draw, pathway]; those of the prior independent.
    rope
        What `=` means.

    Returns
    -------
    xr.Dataset
        `posterior_mass`, `prior_mass`, `log_bf_unconstrained` (1) and `log_bf_complement` (2), natural logarithms, each
        with its Monte Carlo error `mcse_<name>`. `is_bound`: all posterior draws, or none, are in the hypothesis, and
        the factors are bounds, computed with half a draw on the side that was never seen.

    Raises
    ------
    SpecError
        Unknown pathways, constraints that contradict each other, or a prior mass too small (or too near to 1) to judge.
    """
    constraints = parse(text, [str(name) for name in posterior["pathway"].values])
    before, after = (holds(constraints, draws, rope) for draws in (prior, posterior))
    inside, total = int(before.sum()), before.size
    if inside in (0, total):
        raise SpecError(
            "Before the data are seen, a hypothesis is possible but not certain.",
            f"{'No' if inside == 0 else 'Every'} one of {total} prior draws is in {text!r}.",
            "State a hypothesis that the model and its priors do not decide, or ask for more prior draws.",
        )
    if min(inside, total - inside) < TOO_SMALL:
        side = "in" if inside < TOO_SMALL else "outside"
        raise SpecError(
            f"The prior mass on both sides of a hypothesis is known from at least {TOO_SMALL} draws.",
            f"{min(inside, total - inside)} of {total} prior draws are {side} {text!r}.",
            "Ask for more prior draws (prior_draws=...), or state a wider hypothesis.",
        )
    names = sorted({t.pathway for c in constraints for t in (c.left, c.right) if t.pathway})
    values = posterior["standardised"].sel(pathway=names).transpose("pathway", "chain", "draw").values
    settled = convergence(np.ascontiguousarray(values))
    ess = float(np.nanmin([settled["ess_bulk"], settled["ess_tail"]]))
    p0, p1 = inside / total, float(after.mean())
    error0 = float(np.sqrt(p0 * (1 - p0) / total))
    error1 = float(mcse_probability(after[None], np.array([ess]), values[None])[0])
    seen = min(max(p1, 0.5 / ess), 1 - 0.5 / ess)
    relative = error0 / p0, error1 / seen
    odds = error0 / (p0 * (1 - p0)), error1 / (seen * (1 - seen))
    out = {
        "posterior_mass": p1,
        "mcse_posterior_mass": error1,
        "prior_mass": p0,
        "mcse_prior_mass": error0,
        "log_bf_unconstrained": np.log(seen / p0),
        "mcse_log_bf_unconstrained": np.hypot(*relative),
        "log_bf_complement": np.log(seen / (1 - seen)) - np.log(p0 / (1 - p0)),
        "mcse_log_bf_complement": np.hypot(*odds),
        "is_bound": p1 in (0.0, 1.0),
    }
    attrs = {"hypothesis": text, "pathways": names, **({"rope": list(rope)} if rope else {})}
    return xr.Dataset({name: ((), value) for name, value in out.items()}, attrs=attrs)
