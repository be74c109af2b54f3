"""A fit repeated from its own record, and whether the numbers are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.catalogue.spec_records import OF_THEN
from bayespanel.inference.settings import Sampling
from bayespanel.language.errors import FitError
from bayespanel.verbs.fitting import sampling_of

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

Array = NDArray[np.float64]

SETTINGS = ("seed", *(field.name for field in fields(Sampling) if field.name != "sampler"))
"""What a fit is repeated with; the number of cores changes no draw. Where no sampler is recorded, it was NUTS."""

FALSE_ALARM = 0.001
"""Greatest probability that two sound fits of one posterior are said to differ: rare, for a rerun is one of many."""

ROUNDING = 1e-9
"""Relative difference that does not count, of numbers without Monte Carlo error, such as a correlation that is 1."""


@dataclass(frozen=True, eq=False)
class Rerun:
    """A fit and its repetition, with a comparison of their numbers.

    Attributes
    ----------
    fit
        The new fit.
    table : pandas.DataFrame
        One row for the mean and one for the SD of every number in the posterior: `quantity`, `saved`, `again`,
        `difference`, `error` (the Monte Carlo standard error of the difference between two independent fits), and
        `errors` (the difference divided by this error).
    identical
        Whether all draws are the same to the last bit.
    agrees
        Whether every difference is within `limit`.
    limit
        The largest difference that is still accepted, in errors. If both fits have the same posterior, some difference
        exceeds it with a probability of at most `FALSE_ALARM`: it is a normal quantile with a Bonferroni correction for
        the number of rows.
    versions : pandas.DataFrame
        One row for everything that was recorded and is different now: `what`, `saved`, `again`. Empty if nothing
        differs.
    priors_restored
        Whether this version of bayespanel has other default priors than the saved fit. The priors of the saved fit were
        then used again.
    """

    fit: Fit
    table: pd.DataFrame
    identical: bool
    agrees: bool
    limit: float
    versions: pd.DataFrame
    priors_restored: bool

    @property
    def verdict(self) -> str:
        """The result of the comparison in one sentence."""
        if self.identical:
            return "The same: every draw is identical to the last bit."
        worst = float(self.table["errors"].abs().max())
        found = f"the largest of {len(self.table)} differences is {worst:.2g} Monte Carlo errors"
        if self.agrees:
            return f"The same within Monte Carlo error, though not to the last bit: {found} (limit {self.limit:.2g})."
        return f"NOT the same: {found} (limit {self.limit:.2g})."


def rerun(fit: Fit, *, cores: int | None = None, progress: bool = True) -> Rerun:
    """Repeat a fit from its own data, specification, priors, settings and seed, and compare the draws.

    Parameters
    ----------
    fit
        The fit, as sampled or as loaded. A fit of an early version, whose record is incomplete, is repeated as far as
        the record allows.
    cores, progress
        Number of chains at the same time, and whether to show a progress bar, as in `fit`.

    Returns
    -------
    Rerun
        `identical`, `agrees` and `verdict` give the result.

    Raises
    ------
    FitError
        The data are not those that were fitted, or the settings are not recorded. This is found before any sampling.
    """
    from bayespanel.verbs import analysis
    from bayespanel.verbs.imputed import fit_imputed

    record = fit.provenance
    _require_settings(record)
    _require_data(fit)
    how: dict[str, Any] = {
        "seed": record["seed"], "sampling": sampling_of(record), "retry": record.get("retry", False), "cores": cores,
        "progress": progress,
    }  # fmt: skip
    again = analysis.fit(fit.spec, fit.data, **how) if fit.imputations == 1 else fit_imputed(fit.spec, fit.data, **how)
    again = replace(again, provenance={**again.provenance, **{k: record[k] for k in ("card", "rope") if k in record}})
    table = comparison(fit.groups, again.groups)
    limit = NormalDist().inv_cdf(1 - FALSE_ALARM / (2 * max(len(table), 1)))
    identical = _identical(fit.groups, again.groups)
    return Rerun(
        fit=again,
        table=table,
        identical=identical,
        agrees=identical or bool((table["errors"].abs() <= limit).all()),
        limit=limit,
        versions=_differing(record, again.provenance),
        priors_restored=any(row.source == OF_THEN for row in fit.spec.priors),
    )


def comparison(saved: Mapping[str, xr.Dataset], again: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Compare means and SDs of every entry of the draws; see `Rerun.table`.

    Parameters
    ----------
    saved, again
        Groups of two fits; those of named draws are compared.

    Raises
    ------
    FitError
        They do not hold the same quantities.
    """
    from bayespanel.summaries.montecarlo import mcse

    rows = []
    for group in _drawn(saved):
        names, first = _entries(saved[group])
        others, second = _entries(again[group]) if group in again else ([], first)
        if names != others:
            raise FitError(
                "A fit and its repetition hold the same quantities.",
                f"Only one of them has {sorted(set(names) ^ set(others))[:3]}.",
                "Compare them with the version of bayespanel that made the fit.",
            )
        for statistic in ("mean", "sd"):
            old, new = (_summary(draws, statistic) for draws in (first, second))
            error = np.hypot(*(np.nan_to_num(mcse(draws, statistic)) for draws in (first, second)))
            suffix = "" if group == "posterior" else f" ({group})"
            quantities = [f"{statistic} of {name}{suffix}" for name in names]
            frame = {"quantity": quantities, "saved": old, "again": new, "difference": new - old, "error": error}
            rows.append(pd.DataFrame(frame))
    table = pd.concat(rows, ignore_index=True)
    apart = ~np.isclose(table["saved"], table["again"], rtol=ROUNDING, atol=ROUNDING, equal_nan=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = table["difference"].to_numpy() / table["error"].to_numpy()
    measured = np.where(apart | (table["error"] > 0), errors, 0.0)
    return table.assign(errors=np.nan_to_num(measured, nan=np.inf, posinf=np.inf, neginf=-np.inf))


def _summary(draws: Array, statistic: str) -> Array:
    """Mean or SD over chains and draws of [entry, chain, draw]."""
    return np.asarray(draws.mean((1, 2)) if statistic == "mean" else draws.std((1, 2), ddof=1))


def _drawn(groups: Mapping[str, xr.Dataset]) -> list[str]:
    """Return the names of the groups of named draws."""
    from bayespanel.verbs.fitting import STATISTICS_OF

    return [name for name in STATISTICS_OF if name in groups]


def _entries(draws: xr.Dataset) -> tuple[list[str], Array]:
    """Return the names of all entries of all variables, and their draws, [entry, chain, draw]."""
    names, columns = [], []
    for variable, values in sorted(draws.data_vars.items(), key=lambda item: str(item[0])):
        dims = [str(dim) for dim in values.dims if dim not in ("chain", "draw")]
        flat = values.transpose("chain", "draw", *dims).values.astype(float)
        for index in np.ndindex(*flat.shape[2:]):
            if any(d.endswith("_") and index[i] >= index[i - 1] for i, d in enumerate(dims)):
                continue  # a symmetric matrix is seen below its diagonal
            names.append(str(variable) + _labels(values, dims, index))
            columns.append(flat[(slice(None), slice(None), *index)])
    return names, np.stack(columns)


def _labels(values: xr.DataArray, dims: list[str], index: tuple[int, ...]) -> str:
    labels = [str(values[dim].values[at]) for dim, at in zip(dims, index, strict=True)]
    return f"[{', '.join(labels)}]" if labels else ""


def _identical(saved: Mapping[str, xr.Dataset], again: Mapping[str, xr.Dataset]) -> bool:
    from bayespanel.inference.fit import FREE

    groups = [*_drawn(saved), *([FREE] if FREE in saved else [])]
    return all(_same_bits(saved[name], again[name]) for name in groups)


def _same_bits(one: xr.Dataset, other: xr.Dataset) -> bool:
    return set(one.data_vars) == set(other.data_vars) and all(
        np.array_equal(one[name].values, other[name].values, equal_nan=True) for name in one.data_vars
    )


def _require_settings(record: Mapping[str, Any]) -> None:
    absent = [name for name in SETTINGS if name not in record]
    if absent:
        raise FitError(
            f"A fit is repeated with its own {', '.join(SETTINGS)}.",
            f"Its record lacks {', '.join(absent)}.",
            "Fit anew: bp.fit(fit.spec, fit.data, seed=...).",
        )


def _require_data(fit: Fit) -> None:
    recorded, found = fit.provenance.get("data"), fit.data.fingerprint()
    if recorded is not None and recorded != found:
        raise FitError(
            "A fit is repeated on the data that were fitted.",
            f"Their fingerprint was {recorded[:12]}; that of the data in the file is {found[:12]}.",
            "The file was changed, or is damaged: take the original, or fit anew.",
        )


def _differing(saved: Mapping[str, Any], again: Mapping[str, Any]) -> pd.DataFrame:
    """Return what was recorded and is another now; what was not recorded cannot be compared."""

    def rows() -> Iterator[tuple[str, str, str]]:
        for part in ("versions", "machine"):
            before, now = saved.get(part, {}), again.get(part, {})
            yield from ((name, before[name], now[name]) for name in now if name in before and before[name] != now[name])

    return pd.DataFrame(list(rows()), columns=["what", "saved", "again"])
