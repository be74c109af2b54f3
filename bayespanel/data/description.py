"""Description: what the data look like, as tables and as text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.guesses import said_of
from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.wording import counted

if TYPE_CHECKING:
    from bayespanel.data.moments import Moments
    from bayespanel.data.panel import Panel

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
        A row per wave and variable: observed (pupils), missing (share), mean, sd (divisor n - 1), min, max, all in raw
        units; min and max are NaN for moments.
    patterns : DataFrame
        A row per missing pattern, the most frequent first: pattern ("xx x." has the waves as words, the variables as
        letters, "." for missing), pupils, share.
    clusters : DataFrame
        A row per level: level, number, and the min, median and max of pupils per cluster.
    covariates : DataFrame
        A row per covariate: mean, sd (divisor n - 1), min, max.
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
        parts = [self.title, "Scores\n" + text_of(self.scores.dropna(axis=1, how="all"))]
        hidden = len(self.patterns) - SHOWN
        more = f"\n  and {counted(hidden, 'rarer pattern')}" if hidden > 0 else ""
        parts.append("Missing patterns (one word per wave, one letter per variable, . = missing)\n")
        parts[-1] += text_of(self.patterns.head(SHOWN)) + more
        if len(self.clusters):
            parts.append("Pupils per cluster\n" + text_of(self.clusters))
        if len(self.covariates):
            parts.append("Covariates\n" + text_of(self.covariates.dropna(axis=1, how="all")))
        if self.notes:
            parts.append("Notes\n" + "\n".join(f"  - {note}" for note in self.notes))
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


def describe_panel(panel: Panel) -> Description:
    """Describe a panel."""
    values = panel.values.reshape(panel.n_pupils, -1)
    observed = ~np.isnan(values)
    count = observed.sum(axis=0)
    mean = np.nansum(values, axis=0) / np.maximum(count, 1)
    squares = np.nansum((values - mean) ** 2, axis=0)
    kind, _, patterns = find_kinds(np.zeros(len(values), np.int64), observed)
    sizes = {"class": panel.classroom, "school": panel.school}
    return Description(
        title=_title("Panel", panel.n_pupils, panel.waves, panel.variables),
        scores=_scores(
            panel.waves, panel.variables, panel.n_pupils, count, mean, squares,
            np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0),
        ),
        patterns=_patterns(patterns, np.bincount(kind), len(panel.variables)),
        clusters=_clusters({level: np.bincount(codes) for level, codes in sizes.items() if codes is not None}),
        covariates=_covariates(
            panel.covariate_names,
            panel.n_pupils,
            panel.covariates.mean(axis=0),
            ((panel.covariates - panel.covariates.mean(axis=0)) ** 2).sum(axis=0),
            panel.covariates.min(axis=0),
            panel.covariates.max(axis=0),
        ),
        notes=said_of(panel),
    )  # fmt: skip


def describe_moments(moments: Moments) -> Description:
    """Describe moments; the smallest and largest scores are not known from sums."""
    count = moments.n @ moments.observed.astype(np.int64)
    squares = np.diagonal(moments.syy, axis1=1, axis2=2).sum(axis=0)
    unknown = np.full(moments.n_cells, np.nan)
    sizes: dict[str, NDArray[np.int64]] = {}
    if moments.levels:
        inner = np.bincount(moments.block_cluster, weights=moments.block_n).astype(np.int64)
        sizes[moments.levels[0]] = inner
        if moments.levels == ("class", "school"):
            sizes["school"] = np.bincount(moments.parent, weights=inner).astype(np.int64)
    within = np.diagonal(moments.sxx, axis1=1, axis2=2).sum(axis=0)[1:]
    nothing = np.full(len(moments.covariates), np.nan)
    return Description(
        title=_title("Moments", moments.n_pupils, moments.waves, moments.variables),
        scores=_scores(
            moments.waves, moments.variables, moments.n_pupils, count, moments.centre, squares, unknown, unknown
        ),
        patterns=_patterns(moments.observed, moments.n, len(moments.variables)),
        clusters=_clusters(sizes),
        covariates=_covariates(
            moments.covariates, moments.n_pupils, moments.covariate_centre, within, nothing, nothing
        ),
        notes=said_of(moments),
    )


def _title(what: str, pupils: int, waves: tuple[str, ...], variables: tuple[str, ...]) -> str:
    return (
        f"{what} of {counted(pupils, 'pupil')}, {counted(len(waves), 'wave')} ({', '.join(waves)}), "
        f"{counted(len(variables), 'variable')} ({', '.join(variables)})"
    )


def _scores(
    waves: tuple[str, ...],
    variables: tuple[str, ...],
    pupils: int,
    count: NDArray[np.int64],
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> pd.DataFrame:
    table = pd.DataFrame({"wave": np.repeat(waves, len(variables)), "variable": list(variables) * len(waves)})
    table["observed"] = count
    table["missing"] = 1 - count / pupils
    table["mean"] = mean
    table["sd"] = _sd(squares, count)
    table["min"] = low
    table["max"] = high
    return table


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


def _covariates(
    names: tuple[str, ...],
    pupils: int,
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> pd.DataFrame:
    sd = _sd(squares, np.full(len(names), pupils))
    return pd.DataFrame({"covariate": list(names), "mean": mean, "sd": sd, "min": low, "max": high})


def _sd(squares: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the standard deviation with divisor n - 1, NaN for fewer than two values."""
    variance: NDArray[np.float64] = np.divide(squares, count - 1, out=np.full(len(count), np.nan), where=count > 1)
    return np.asarray(np.sqrt(variance))


def text_of(table: pd.DataFrame) -> str:
    """Return the table as text, indented by two."""
    shares = dict.fromkeys(("missing", "share"), "{:.1%}".format)
    lines = table.to_string(index=False, formatters=shares, float_format="{:.4g}".format, na_rep="-").splitlines()
    return "\n".join(f"  {line}" for line in lines)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of plain Python values."""
    rows = table.astype(object).to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
