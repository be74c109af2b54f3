"""Description: what the data look like, as tables and as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.wording import counted
from bayespanel.language.shown import columns, filled, grid

SHOWN = 8
"""Missing patterns that are printed; there may be thousands."""

MARKS = np.array([".", "x"])
"""Missing and observed, in a printed pattern."""


@dataclass(frozen=True, eq=False)
class Description:
    """Tables that describe a panel or its moments.

    Attributes
    ----------
    title : str
        Size of the data in one line.
    scores : DataFrame
        One row per wave and variable: observed (number of pupils), missing (share), mean, sd (divisor n - 1), min and
        max, in raw units. For moments min and max are NaN.
    patterns : DataFrame
        One row per missing pattern, the most frequent first: pattern, pupils and share. In a pattern such as "xx x."
        each word is a wave and each letter a variable; "." is a missing score.
    clusters : DataFrame
        One row per level: level, number, and the min, median and max of pupils per cluster.
    covariates : DataFrame
        One row per covariate: mean, sd (divisor n - 1), min and max.
    notes : tuple of str
        What was done to the data.
    """

    title: str
    scores: pd.DataFrame
    patterns: pd.DataFrame
    clusters: pd.DataFrame
    covariates: pd.DataFrame
    notes: tuple[str, ...]

    def __str__(self) -> str:
        parts = [filled(self.title), "Scores\n" + text_of(self.scores.dropna(axis=1, how="all"))]
        hidden = len(self.patterns) - SHOWN
        more = f"\n  and {counted(hidden, 'rarer pattern')}" if hidden > 0 else ""
        parts.append("Missing patterns (one word per wave, one letter per variable, . = missing)\n")
        parts[-1] += text_of(self.patterns.head(SHOWN)) + more
        if len(self.clusters):
            parts.append("Pupils per cluster\n" + text_of(self.clusters))
        if len(self.covariates):
            parts.append("Covariates\n" + text_of(self.covariates.dropna(axis=1, how="all")))
        if self.notes:
            parts.append("Notes\n" + noted(self.notes))
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the tables as lists of rows that json.dumps takes; NaN becomes None."""
        return {
            "title": self.title,
            "scores": records(self.scores),
            "patterns": records(self.patterns),
            "clusters": records(self.clusters),
            "covariates": records(self.covariates),
            "notes": list(self.notes),
        }


type Floats = NDArray[np.float64]


def describe(
    title: str,
    axes: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    scores: tuple[NDArray[np.int64], Floats, Floats],
    patterns: tuple[NDArray[np.bool_], NDArray[np.int64]],
    sizes: dict[str, NDArray[np.int64]],
    covariates: tuple[tuple[str, ...], Floats, Floats],
    notes: tuple[str, ...],
    limits: tuple[Floats, Floats] | None = None,
    covariate_limits: tuple[Floats, Floats] | None = None,
    covariate_n: NDArray[np.int64] | None = None,
) -> Description:
    """Describe pupils by their sums.

    Parameters
    ----------
    title
        What it is, and of how many pupils.
    axes
        Waves and variables.
    scores
        Number observed, mean and sum of squares around it, each [cell].
    patterns
        Patterns [pattern, cell] of observed cells, and their numbers of pupils.
    sizes
        Level -> pupils of each cluster.
    covariates
        Names, means, and sums of squares around these.
    notes
        What was done to the data.
    limits, covariate_limits
        Smallest and largest score [cell] and covariate, where pupils are known.
    covariate_n
        Number of pupils who have each covariate; None for all.
    """
    waves, variables = axes
    (count, mean, squares), (observed, n), pupils = scores, patterns, int(patterns[1].sum())
    table = pd.DataFrame({"wave": np.repeat(waves, len(variables)), "variable": list(variables) * len(waves)})
    table = table.assign(observed=count, missing=1 - count / pupils, mean=mean, sd=_sd(squares, count))
    names, means, around = covariates
    sds = _sd(around, np.full(len(names), pupils) if covariate_n is None else covariate_n)
    return Description(
        title=f"{title}, {counted(len(waves), 'wave')} ({', '.join(waves)}), "
        f"{counted(len(variables), 'variable')} ({', '.join(variables)})",
        scores=_limited(table, limits),
        patterns=_patterns(observed, n, len(variables)),
        clusters=_clusters(sizes),
        covariates=_limited(pd.DataFrame({"covariate": list(names), "mean": means, "sd": sds}), covariate_limits),
        notes=notes,
    )


def _limited(table: pd.DataFrame, limits: tuple[Floats, Floats] | None) -> pd.DataFrame:
    """Add the smallest and largest values; NaN where they are not known from sums."""
    low, high = limits or (np.nan, np.nan)
    return table.assign(min=low, max=high)


def _patterns(observed: NDArray[np.bool_], n: NDArray[np.int64], variables: int) -> pd.DataFrame:
    marks = MARKS[observed.astype(np.int64)].reshape(len(observed), -1, variables)
    words = [" ".join("".join(wave) for wave in row) for row in marks]
    table = pd.DataFrame({"pattern": words, "pupils": n, "share": n / n.sum()})
    return table.sort_values("pupils", ascending=False, kind="stable", ignore_index=True)


def _clusters(sizes: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
    rows = [
        {"level": level, "number": len(n), "min": int(n.min()), "median": float(np.median(n)), "max": int(n.max())}
        for level, n in sizes.items()
    ]
    return pd.DataFrame(rows, columns=["level", "number", "min", "median", "max"])


def _sd(squares: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the standard deviation with divisor n - 1, NaN for fewer than two values."""
    variance: NDArray[np.float64] = np.divide(squares, count - 1, out=np.full(len(count), np.nan), where=count > 1)
    return np.asarray(np.sqrt(variance))


def text_of(table: pd.DataFrame) -> str:
    """Return the table as text, indented by two, no wider than the screen."""
    shares = dict.fromkeys(("missing", "share"), "{:.1%}".format)

    def written(part: pd.DataFrame, *, header: bool) -> list[str]:
        return part.to_string(
            index=False, header=header, formatters={name: how for name, how in shares.items() if name in part},
            float_format="{:.4g}".format, na_rep="-",
        ).splitlines()  # fmt: skip

    lines = [f"  {line}" for line in written(table, header=True)]
    if max(map(len, lines)) <= columns():
        return "\n".join(lines)
    cells = [[str(name), *map(str.strip, written(table[[name]], header=False))] for name in table]
    return grid(cells, [pd.api.types.is_numeric_dtype(table[name]) for name in table])


def noted(notes: tuple[str, ...]) -> str:
    """Return notes as a list."""
    return "\n".join(filled(note, "  - ", "    ") for note in notes)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of plain Python values."""
    rows = table.astype(object).to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
