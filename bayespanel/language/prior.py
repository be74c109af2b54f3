"""A prior is a row: parameter, distribution, arguments, scale, reason, source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bayespanel.language.errors import SpecError, nearest

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
        Name of the distribution, one of `bayespanel.language.prior.ARGUMENTS`, such as "Normal".
    arguments
        The arguments of the distribution, in the order of `ARGUMENTS`.
    scale
        The unit of the arguments:

        - "standardised" (default): standard deviations. For a lag these are the within-person SDs at the first wave,
          which are parameters of the model: SDs of the target per SD of the source, so that the prior means the same in
          both directions. For everything else they are the SDs of the observed variables: a mean is counted from the
          overall mean of its variable, and the effect of a covariate per SD of the covariate.
        - "total": as "standardised", but a lag is counted in SDs of the observed variables, and the effect of a
          covariate per unit of the covariate as given. The defaults were on this scale until November 2026.
        - "raw": the units of the data.
    reason
        Why this prior was chosen.
    source
        Where it comes from: "default", "card", "call", or a DOI.

    Raises
    ------
    SpecError
        The distribution is not known, has other arguments, or an argument is not possible; or the scale is not known.

    Examples
    --------
    >>> bp.Prior("lag", "Normal", (0, 0.3), reason="lags above 0.6 are very rare")
    """

    parameter: str
    distribution: str
    arguments: tuple[float, ...]
    scale: str = "standardised"
    reason: str = ""
    source: str = "call"

    def __post_init__(self) -> None:
        """Check the row on its own."""
        object.__setattr__(self, "arguments", tuple(float(a) for a in self.arguments))
        if self.distribution not in ARGUMENTS:
            raise SpecError(
                "A prior uses one of the known distributions.",
                f"The row for '{self.parameter}' says {self.distribution!r}. "
                + nearest(self.distribution, list(ARGUMENTS)),
                "Correct the distribution's name.",
            )
        names = ARGUMENTS[self.distribution]
        if len(self.arguments) != len(names):
            raise SpecError(
                f"{self.distribution} takes {len(names)} argument(s): {', '.join(names)}.",
                f"The row for '{self.parameter}' has {len(self.arguments)}: {list(self.arguments)}.",
                "Give exactly these, in this order.",
            )
        for name, value in zip(names, self.arguments, strict=True):
            if name == "mu" and not abs(value) < float("inf"):
                raise SpecError(
                    f"The argument mu of {self.distribution} is a number.",
                    f"The row for '{self.parameter}' has mu = {value:g}.",
                    "Give a finite number.",
                )
            if name != "mu" and not 0 < value < float("inf"):
                raise SpecError(
                    f"The argument {name} of {self.distribution} is positive and finite.",
                    f"The row for '{self.parameter}' has {name} = {value:g}.",
                    "Give a positive number.",
                )
        if self.scale not in SCALES:
            raise SpecError(
                "A prior is on the 'standardised', the 'total' or the 'raw' scale.",
                f"The row for '{self.parameter}' says {self.scale!r}.",
                "Choose one of the three.",
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
                f"{row.parameter!r} is none of its parameters: {', '.join(table)}.",
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
