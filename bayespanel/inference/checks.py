"""Checks of a fit as rows: what was looked at, its value, the limit, the verdict, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.inference.convergence import convergence
from bayespanel.language.errors import BayespanelError

MAX_DEPTH = 10
"""Greatest tree depth of the sampler: 2^10 leapfrog steps a draw."""


OK, LOOK, FAILED = "ok", "look", "FAILED"
STATES = (FAILED, LOOK, OK)
"""What a check can say, the gravest first."""

COMPUTATION, DATA, FIT = "computation", "data", "fit"
"""What a check is about: the draws, what is true of data and estimates, or whether the model fits the data."""

FAILURES = (BayespanelError, ArithmeticError, LookupError, ValueError, np.linalg.LinAlgError)
"""What may go wrong in an extra: it costs its own row and nothing else."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    check
        What should be true.
    value, limit
        What was measured, and what it is held against.
    passed
        Whether it is true.
    hint
        What it means if it is not, and what to do.
    grave
        Whether it then is a failure, of the computation or of a model that contradicts the data, and not something to
        look at and to report, such as few clusters.
    about
        `COMPUTATION`, `DATA` or `FIT`.
    """

    check: str
    value: float
    limit: float
    passed: bool
    hint: str
    grave: bool = True
    about: str = DATA

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return OK if self.passed else FAILED if self.grave else LOOK


NARROW = "The posterior is narrow somewhere, most often near an SD of zero."
"""What divergences mean that smaller steps did not end."""


HEAVIEST = 0.5
"""Pareto k of the weights of proposals from which they have no finite variance."""


def sampling_checks(posterior: xr.Dataset, sample_stats: xr.Dataset, max_depth: int) -> list[Check]:
    """Return the rows about the sampler: R-hat, effective sample sizes, and what it said of itself.

    Of NUTS these are divergences, tree depth and E-BFMI, of independence sampling Pareto k of the proposal. Limits are
    those of Vehtari et al. (2021, doi:10.1214/20-BA1221; 2024, arXiv:1507.02646) and Betancourt (2016,
    arXiv:1604.00695).
    """
    return [*agreement(diagnostics(posterior)), *sampler_checks(sample_stats, max_depth)]


def diagnostics(posterior: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return `rhat`, `bulk` and `tail`: R-hat and effective sample sizes of every number of a posterior.

    Entries that never vary, such as the diagonal of a correlation matrix, have none.
    """
    ordered = {str(name): value.transpose(..., "chain", "draw") for name, value in posterior.data_vars.items()}
    entries = [value.values.reshape(-1, *value.shape[-2:]) for value in ordered.values()]
    found = convergence(np.concatenate(entries))
    ends = np.cumsum([len(one) for one in entries])[:-1]
    without = {name: value.isel(chain=0, draw=0, drop=True) for name, value in ordered.items()}
    return {
        short: xr.Dataset(
            {
                name: value.copy(data=part.reshape(value.shape))
                for (name, value), part in zip(without.items(), np.split(found[long], ends), strict=True)
            }
        )
        for short, long in (("rhat", "rhat"), ("bulk", "ess_bulk"), ("tail", "ess_tail"))
    }


LONGER = "Draw longer: more 'tune' and 'draws'."


def agreement(found: dict[str, xr.Dataset]) -> list[Check]:
    """Return the rows of `diagnostics`, each of the number that does worst."""
    rhat, worst_rhat = _extreme(found["rhat"], highest=True)
    bulk, worst_bulk = _extreme(found["bulk"], highest=False)
    tail, worst_tail = _extreme(found["tail"], highest=False)
    rows = [
        Check("R-hat", rhat, 1.01, rhat < 1.01, f"Chains disagree most about {worst_rhat}. {LONGER}"),
        Check("bulk ESS", bulk, 400, bulk > 400, f"The middle of {worst_bulk} is known least. {LONGER}"),
        Check("tail ESS", tail, 400, tail > 400, f"The tails of {worst_tail} are known least. {LONGER}"),
    ]
    return [replace(row, about=COMPUTATION) for row in rows]


def sampler_checks(sample_stats: xr.Dataset, max_depth: int) -> list[Check]:
    """Return the rows of what a sampler said of itself."""
    by = sample_stats.attrs.get("sampler")
    rows = [_proposal(sample_stats)] if by == "independence" else _walk(sample_stats, max_depth)
    rows = rows[:1] if by == "augmentation" else rows  # whose density, and so its energy, changes from draw to draw
    return [replace(row, about=COMPUTATION) for row in rows]


def _proposal(sample_stats: xr.Dataset) -> Check:
    """Return the row of independence sampling."""
    k = float(sample_stats.attrs.get("pareto_k", np.nan))
    hint = "The posterior reaches farther than what was proposed: draws may miss part of it. Choose sampler='nuts'."
    return Check("Pareto k of the proposal", k, HEAVIEST, k < HEAVIEST, hint)


def _walk(sample_stats: xr.Dataset, max_depth: int) -> list[Check]:
    """Return the rows of NUTS alone, divergences first."""
    divergences = int(sample_stats["diverging"].sum())
    deep = float((sample_stats["depth"] >= max_depth).mean())
    energy = sample_stats["energy"].values
    bfmi = float((np.square(np.diff(energy, axis=1)).mean(1) / energy.var(axis=1)).min())
    return [
        Check("divergences", divergences, 0, divergences == 0, f"{NARROW} Raise target_accept, to 0.995 say."),
        Check("share of draws at the greatest tree depth", deep, 0.01, deep <= 0.01, LONGER),
        Check("E-BFMI", bfmi, 0.3, bfmi > 0.3, "Energies are explored slowly: heavy tails. Look at the priors."),
    ]


def _extreme(diagnostics: xr.Dataset, *, highest: bool) -> tuple[float, str]:
    """Find the worst value over all entries of all variables, and its name."""
    best, where = np.nan, "nothing"
    for name, values in diagnostics.data_vars.items():
        flat = values.values.ravel()
        if not np.isfinite(flat).any():
            continue
        at = int(np.nanargmax(flat) if highest else np.nanargmin(flat))
        if np.isnan(best) or (flat[at] > best) == highest:
            best = float(flat[at])
            index = np.unravel_index(at, values.shape)
            labels = [str(values[dim].values[i]) for dim, i in zip(values.dims, index, strict=True)]
            where = f"{name}[{', '.join(labels)}]" if labels else str(name)
    return best, where


def table(rows: Iterable[Check]) -> pd.DataFrame:
    """Return the rows as a data frame: check, value, limit, state, passed (not FAILED), hint unless it is ok, about."""
    found = list(rows)
    frame = pd.DataFrame([asdict(row) for row in found]).drop(columns="grave")
    frame.insert(3, "state", [row.state for row in found])
    frame["passed"] = frame["state"] != FAILED
    frame["hint"] = frame["hint"].where(frame["state"] != OK, "")
    return frame


def unknown(check: str, error: Exception | str) -> Check:
    """Return the row of a fit check that could not be computed: to be looked at, and no failure."""
    why = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    hint = f"It could not be computed ({why}). Look at bp.predictive_check(fit) instead."
    return Check(check, float("nan"), float("nan"), False, hint, grave=False, about=FIT)


def attempted(check: str, make: Callable[[], list[Check]]) -> list[Check]:
    """Return rows about fit, or one row of that name which says why there are none: an extra costs nothing else."""
    try:
        return [replace(row, about=FIT) for row in make()]
    except FAILURES as error:
        return [unknown(check, error)]


def misfit(found: pd.DataFrame) -> str:
    """Say that a model does not fit, beside what the computation says, and what to try; "" where its rows are ok.

    Parameters
    ----------
    found
        A table of `table`.
    """
    if "about" not in found:
        return ""
    rows = found[(found["about"] == FIT) & (found["state"] != OK)]
    if rows.empty:
        return ""
    sound = found.loc[found["about"] == COMPUTATION, "state"].eq(OK).all()
    draws = "Every check of the computation is ok, and yet" if sound else "Besides what the computation failed in,"
    worst = rows.iloc[[STATES.index(state) for state in rows["state"]].index(min(map(STATES.index, rows["state"])))]
    if np.isnan(worst["value"]):
        return f"How well the model fits is not known. {worst['hint']}"
    says = "the model does not fit the data" if worst["state"] == FAILED else "the data give reason to doubt the model"
    return f"{draws} {says} ({worst['check']}: {worst['value']:.2g}, limit {worst['limit']:.2g}). {worst['hint']}"
