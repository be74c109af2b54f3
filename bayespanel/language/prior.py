"""A prior is a row: parameter, distribution, arguments, scale, reason, source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.values import choice, is_number, name_of, numbers_of, said, settle

if TYPE_CHECKING:
    import pandas as pd

SYMMETRIC = {"HalfNormal": "Normal", "HalfStudentT": "StudentT", "Exponential": "Laplace"}
"""Distribution of a signed scale whose absolute value has the distribution of the key."""

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Normal": ("mu", "sigma"),
    "StudentT": ("nu", "mu", "sigma"),
    "HalfNormal": ("sigma",),
    "HalfStudentT": ("nu", "sigma"),
    "Exponential": ("scale",),
    "LKJ": ("eta",),
}
"""Distributions and their arguments; an Exponential is given by its mean, so that its argument has the units of the
parameter."""

SCALES = ("standardised", "total", "raw")
"""What the arguments of a row count in; see `Prior`."""

LOCATION = ("Normal", "StudentT")
SCALE = ("HalfNormal", "HalfStudentT", "Exponential")
CORRELATION = ("LKJ",)


@dataclass(frozen=True)
class Prior:
    """The prior of one parameter: a row of the table of priors.

    Parameters
    ----------
    parameter
        Name of the parameter in the posterior, such as "lag".
    distribution
        Name of the distribution, which decides its arguments:

        - of parameters that may be negative: "Normal" (mu, sigma) or "StudentT" (nu, mu, sigma);
        - of standard deviations: "HalfNormal" (sigma), "HalfStudentT" (nu, sigma) or "Exponential" (scale), which is
          given by its mean, so that its argument has the units of the parameter;
        - of correlation matrices: "LKJ" (eta).
    *values
        The arguments in this order, as numbers or as one list. `scale`, `reason` and `source` may follow.
    arguments
        The arguments as one list, in place of `values`; files use this name.
    scale
        The unit of the arguments:

        - "standardised" (default): standard deviations. For a lag these are the within-person SDs at the first wave,
          which are parameters of the model: SDs of the target per SD of the source, so that the prior means the same in
          both directions. For everything else they are the SDs of the observed variables: a mean is counted from the
          overall mean of its variable, and the effect of a covariate per SD of the covariate.
        - "total": as "standardised", but a lag is counted in SDs of the observed variables, and the effect of a
          covariate per unit of the covariate as given. The defaults were on this scale until November 2026.
        - "raw": the units of the data.

        If `scale` is a number, it is the argument of an Exponential, which PyMC also calls `scale`.
    reason
        Why this prior was chosen.
    source
        Where it comes from: "default", "card", "call", or a DOI.
    **named
        The arguments by their names, in place of `values` and in any order: `mu=0, sigma=0.3`.

    Raises
    ------
    SpecError
        The distribution or the scale is not known, or the arguments are not those of the distribution.

    Examples
    --------
    Three ways to write the same row:

    >>> bp.Prior("lag", "Normal", mu=0, sigma=0.3, reason="lags above 0.6 are very rare")
    >>> bp.Prior("lag", "Normal", 0, 0.3, reason="lags above 0.6 are very rare")
    >>> bp.Prior("lag", "Normal", (0, 0.3), reason="lags above 0.6 are very rare")
    """

    parameter: str
    distribution: str
    arguments: tuple[float, ...]
    scale: str = "standardised"
    reason: str = ""
    source: str = "call"

    def __init__(
        self,
        parameter: str,
        distribution: str,
        *values: float | str | Sequence[float],
        arguments: Sequence[float] | None = None,
        scale: str | float = "standardised",
        reason: str = "",
        source: str = "call",
        **named: float,
    ) -> None:
        row = name_of("parameter", parameter, "parameter of the model")
        if not isinstance(distribution, str) or distribution not in ARGUMENTS:
            near = nearest(distribution, list(ARGUMENTS)) if isinstance(distribution, str) else ""
            raise SpecError(
                "A prior uses one of the known distributions.",
                f"The row for '{row}' says {said(distribution)}. {near}".strip(),
                "Correct the distribution's name.",
            )
        numbers = tuple(takewhile(lambda value: not isinstance(value, str), values))
        labels: dict[str, Any] = {"scale": scale, "reason": reason, "source": source}
        labels |= dict(zip(labels, values[len(numbers) :], strict=False))
        if is_number(labels["scale"]):
            named, labels["scale"] = {**named, "scale": labels["scale"]}, "standardised"
        if bool(numbers) + bool(named) + (arguments is not None) > 1 or len(values) > len(numbers) + len(labels):
            raise SpecError(
                "The arguments of a prior are given once: in order, or by name.",
                f"The row for '{row}' has more: {said((*values, *named))}.",
                'Write for example Prior("lag", "Normal", 0, 0.3), or Prior("lag", "Normal", mu=0, sigma=0.3).',
            )
        one_list = len(numbers) == 1 and not is_number(numbers[0])
        in_order: object = numbers[0] if one_list else numbers if arguments is None else arguments
        found = numbers_of("arguments", _ordered(row, distribution, named) if named else in_order, "(0, 0.3)")
        _check_arguments(row, distribution, found)
        for name in ("reason", "source"):
            if not isinstance(labels[name], str):
                raise SpecError(f"'{name}' is a text.", f"It is {said(labels[name])}.", "Put it in quotes.")
        labels["scale"] = choice("scale", labels["scale"], SCALES)
        settle(self, parameter=row, distribution=str(distribution), arguments=found, **labels)


def _ordered(row: str, distribution: str, named: Mapping[str, float]) -> list[float]:
    """Return arguments given by name in the order of the distribution."""
    names = ARGUMENTS[distribution]
    unknown = [name for name in named if name not in names]
    lacking = [name for name in names if name not in named]
    if unknown or lacking:
        near = nearest(unknown[0], [*names, "scale", "reason", "source"]) if unknown else ""
        raise SpecError(
            f"{distribution} takes the argument(s) {', '.join(names)}.",
            f"The row for '{row}' names {unknown[0]!r}. {near}"
            if unknown
            else f"The row for '{row}' lacks {lacking[0]}.",
            "Correct the name." if unknown else "Give it too.",
        )
    return [named[name] for name in names]


def _check_arguments(row: str, distribution: str, arguments: Sequence[float]) -> None:
    names = ARGUMENTS[distribution]
    if len(arguments) != len(names):
        raise SpecError(
            f"{distribution} takes {len(names)} argument(s): {', '.join(names)}.",
            f"The row for '{row}' has {len(arguments)}: {said(list(arguments))}.",
            "Give exactly these, in this order.",
        )
    for name, value in zip(names, arguments, strict=True):
        if name != "mu" and value <= 0:
            raise SpecError(
                f"The argument {name} of {distribution} is positive and finite.",
                f"The row for '{row}' has {name} = {value:g}.",
                "Give a positive number.",
            )


def merge(defaults: Iterable[Prior], overrides: Iterable[Prior]) -> tuple[Prior, ...]:
    """Replace default rows by the rows given.

    Raises
    ------
    SpecError
        A row names a parameter that the model does not have, a parameter has two rows, or a row has a distribution of
        the wrong kind, such as a normal distribution for a standard deviation.
    """
    table = {row.parameter: row for row in defaults}
    seen: set[str] = set()
    for row in overrides:
        if row.parameter not in table:
            raise SpecError(
                "A prior names a parameter of the model.",
                f"{row.parameter!r} is not one of its parameters: {', '.join(table)}.",
                "Correct the row's parameter, or leave the row out.",
            )
        if row.parameter in seen:
            raise SpecError("A parameter has one prior.", f"'{row.parameter}' has two rows.", "Keep one of them.")
        seen.add(row.parameter)
        default = table[row.parameter]
        kinds = next(kind for kind in (LOCATION, SCALE, CORRELATION) if default.distribution in kind)
        if row.distribution not in kinds:
            raise SpecError(
                f"The prior of '{row.parameter}' is one of {', '.join(kinds)}.",
                f"The row says {row.distribution}.",
                "Choose one of these distributions.",
            )
        table[row.parameter] = row
    return tuple(table.values())


def records(rows: Iterable[Prior]) -> list[dict[str, str]]:
    """Return the rows as dictionaries of texts, arguments written out: the columns of `table`."""
    return [
        {
            "parameter": row.parameter,
            "distribution": row.distribution,
            "arguments": ", ".join(
                f"{name}={value:g}" for name, value in zip(ARGUMENTS[row.distribution], row.arguments, strict=True)
            ),
            "scale": row.scale,
            "reason": row.reason,
            "source": row.source,
        }
        for row in rows
    ]


def to_json(rows: Iterable[Prior]) -> list[dict[str, Any]]:
    """Return the rows as dictionaries for JSON, from which `Prior(**row)` makes them again."""
    return [{**asdict(row), "arguments": list(row.arguments)} for row in rows]


def table(rows: Iterable[Prior]) -> pd.DataFrame:
    """Return the rows as a data frame, arguments written out."""
    import pandas as pd  # a specification needs no data frames

    return pd.DataFrame(records(rows))
