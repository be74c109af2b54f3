"""Moments from a published table of means and covariances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.columns import require_names
from bayespanel.data.moments import Moments
from bayespanel.data.named_numbers import Numbers, by_cell
from bayespanel.data.sums import pooled_scale
from bayespanel.data.wave_readings import certain_order, readings_of
from bayespanel.data.wave_times import Times, times_of
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError
from bayespanel.language.values import is_number

UNIT = 0.005
"""How near to 1 all variances are of a table that may hold correlations: tables are printed with two digits."""


def from_published(
    *,
    mean: Numbers,
    cov: Numbers,
    n: int,
    variables: Sequence[str],
    waves: Sequence[object],
    times: Times = None,
    divisor: Literal["n-1", "n"] = "n-1",
) -> Moments:
    """Build moments from means and covariances; the arguments are those of `Panel.from_summary`."""
    names = require_names(variables, "variables")
    labels = tuple(label_of(wave) for wave in waves)
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise DataError(
            "A panel has at least two waves, each named once.",
            f"You gave {listed(labels)}.",
            "Name the waves in order.",
        )
    order = certain_order(readings_of(labels))
    if order is not None and order != labels:
        raise DataError(
            "The waves are given in the order of time.",
            f"You gave {listed(labels)}; their order is {listed(order)}.",
            "Give them, and the means and covariances, from the first to the last; or give other names.",
        )
    if divisor not in ("n-1", "n"):
        raise DataError(
            "'divisor' says what the sums of squares were divided by.", f"You gave {divisor!r}.", "Use 'n-1' or 'n'."
        )
    if not is_number(n) or not 2 <= n < np.inf or int(n) != n:
        raise DataError(
            "'n' is the number of pupils behind the table, at least 2.",
            f"You gave {n!r}.",
            "Give the number of complete pupils.",
        )
    p = len(labels) * len(names)
    centre = by_cell(mean, "mean", names, labels)
    if centre.shape not in ((p,), (len(labels), len(names))) or not np.isfinite(centre).all():
        raise DataError(
            f"'mean' has one finite value per wave and variable: {p}, or {len(labels)} by {len(names)}.",
            f"You gave shape {centre.shape}{'' if np.isfinite(centre).all() else ' with missing or infinite values'}.",
            "Order it by wave: all variables of the first wave, then all of the second.",
        )
    covariance = _require_covariance(by_cell(cov, "cov", names, labels), p)
    n = int(n)
    if n <= p:
        raise DataError(
            f"A positive definite table of {p} scores comes from more than {p} pupils.",
            f"n is {n}.",
            "Check n, or leave out waves or variables.",
        )
    syy = covariance[None] * (n - 1 if divisor == "n-1" else n)
    number, observed = np.array([n], np.int64), np.ones((1, p), bool)
    none = np.zeros(0, np.int64)
    notes = [f"Built from a table of means and covariances of {counted(n, 'pupil')} (divisor {divisor})."]
    if np.allclose(np.diag(covariance), 1, rtol=0, atol=UNIT):
        notes.append("Every variance in the table is 1: if these are correlations, no estimate is in raw units.")
    return Moments(
        waves=labels,
        variables=names,
        covariates=(),
        levels=(),
        centre=centre.ravel().copy(),
        covariate_centre=np.zeros(0),
        scale=pooled_scale(number, observed, syy, len(names)),
        group=np.zeros(1, np.int64),
        observed=observed,
        n=number,
        sxx=np.full((1, 1, 1), float(n)),
        sxy=np.zeros((1, 1, p)),
        syy=syy,
        block_kind=none,
        block_cluster=none,
        block_n=none,
        block_sx=np.zeros((0, 1)),
        block_sy=np.zeros((0, p)),
        parent=none,
        class_names=(),
        school_names=(),
        notes=tuple(notes),
        times=times_of(times, labels),
    )


def _require_covariance(table: NDArray[np.float64], p: int) -> NDArray[np.float64]:
    """Return the table, if it is a covariance matrix of p cells."""
    if table.shape != (p, p):
        raise DataError(
            f"'cov' has one row and column per wave and variable: {p} by {p}.",
            f"You gave shape {table.shape}.",
            "Order it by wave: all variables of the first wave, then all of the second.",
        )
    upper = table[np.triu_indices(p, 1)]
    if p > 1 and (np.isnan(upper).all() or not np.any(upper)) and np.any(table[np.tril_indices(p, -1)]):
        raise DataError(
            "A covariance table is symmetric.",
            "You gave its lower triangle only.",
            "Fill the other half: cov = np.tril(cov) + np.tril(cov, -1).T.",
        )
    if not np.isfinite(table).all():
        raise DataError(
            "Every covariance is finite.",
            f"{counted(int((~np.isfinite(table)).sum()), 'entry', 'entries')} of 'cov' are missing or infinite.",
            "Fill them in, or leave out the wave or variable.",
        )
    difference = float(np.abs(table - table.T).max())
    if difference > 1e-8 * float(np.abs(table).max()):
        raise DataError(
            "A covariance table is symmetric.",
            f"Two entries that should agree differ by {difference:g}.",
            "Look for a typing error; compare cov with cov.T.",
        )
    smallest = float(np.linalg.eigvalsh(table).min())
    # Rounding in the eigenvalues of a singular table is of this order.
    if smallest <= 1e-12 * float(np.abs(table).max()):
        raise DataError(
            "A covariance table is positive definite.",
            f"Its smallest eigenvalue is {smallest:g}.",
            "Look for a typing error or too few printed digits; pairwise deletion also makes such tables.",
        )
    return (table + table.T) / 2
