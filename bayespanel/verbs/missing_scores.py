"""What pathways would be if missing scores were not missing at random: a curve of each over what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.families.door import family_of, pathways_of
from bayespanel.families.shared.missing_scores import ALL, MissingScores
from bayespanel.language.errors import SpecError
from bayespanel.language.values import choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayespanel.inference.fit import Fit

    Array = NDArray[np.float64]

DELTAS = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Shifts in standard deviations: half a deviation is a large difference between those who stay and those who leave."""

MECHANISMS = ("shift", "selection")
"""What delta may be, the default first."""

LARGEST = 3.0
"""Of a shift: beyond three standard deviations no score is expected."""

FEWEST = 20
"""Draws by which a shift is followed, at least."""

LOST = 0.05
"""Share of draws that may be without a value before a pathway is given none."""


def delta_adjustment(
    fit: Fit,
    *,
    deltas: Sequence[float] = DELTAS,
    scores: MissingScores = ALL,
    draws: int = 100,
    prob: float = 0.95,
    mechanism: str = "shift",
    progress: bool = True,
) -> xr.Dataset:
    """Follow each pathway while missing scores are assumed to be higher or lower than under missing at random.

    A fit takes scores to be missing at random: what a pupil lacks is what the model expects given the scores that the
    pupil has. Nothing in the data can tell whether that is so. Here each missing score is `delta` standard deviations
    higher than that, a pattern-mixture model with a sensitivity parameter, or the more likely to be missing the higher
    it is, a selection model; and the parameters of the same model that
    are nearest to the means and covariances of the pupils are found for each of some draws. Delta 0 is the fit itself.

    Parameters
    ----------
    fit
        The fit of a panel with missing scores, or of a trial with missing outcomes. In a trial the effects move, by
        what the shifts add to the regression on arms, covariates and baselines; their unit, the SD of the fit, stays.
    deltas
        Shifts, in standard deviations of the variable over pupils (the `scale` of its moments), of an outcome within
        arms. Negative ones lower the missing scores.
    scores
        Which missing scores are shifted; all by default.
    draws
        Draws of the posterior by which the shift is followed, spread evenly over the chains. The mean and the bounds of
        all draws are moved by as much as those of these draws move, so that few are enough.
    prob
        Probability of the intervals.
    mechanism
        "shift" (default): delta is what missing scores have more than is expected, in standard deviations. "selection":
        delta is the log odds of being missing for one standard deviation more of the unseen score, whatever is seen; in
        a normal model what is missing then has more by delta times its variance given what is seen. All that a pupil
        lacks moves with the scores that select.
    progress
        Whether to show a progress bar on standard error.

    Returns
    -------
    xarray.Dataset
        `mean`, `lower` and `upper` [pathway, delta], standardised. `tipping_below` and `tipping_above` [pathway] are
        the shifts closest to 0, below and above it, at which the interval begins to contain 0 or ceases to, by linear
        interpolation; NaN where it does neither within the deltas. `shifted` is the share of scores that are shifted,
        `found` the share of draws and deltas whose parameters were found. Pathways between classes or between schools
        are left out: only what pupils lack within them is shifted.

    Raises
    ------
    SpecError
        Missing scores of such a model are not shifted, nothing that was chosen is missing, or a name, a delta or
        the number of draws is wrong.

    References
    ----------
    Little (1994), doi:10.1093/biomet/81.3.471; on selection, Scharfstein, Rotnitzky & Robins (1999),
    doi:10.1080/01621459.1999.10473862.
    """
    room = family_of(fit.spec).delta_adjustment
    if room is None:
        raise SpecError(
            "Missing scores are shifted in the fit of a panel or of a trial.",
            f"This is a fit of {type(fit.spec).__name__}.",
            "Fit one of these, or impute the missing scores under your assumption and fit each data set.",
        )
    if not isinstance(scores, MissingScores):
        raise SpecError(
            "Which missing scores are shifted is said by a record.",
            f"You gave scores={scores!r}.",
            'Write for example scores=bp.MissingScores(waves=["w4"], after_last=True), or leave it out for all.',
        )
    shifts = _checked(deltas, draws, prob, fit)
    room.require_shiftable(fit.spec, fit.data)
    shift = room.shifts(fit.spec, fit.data, scores)
    chains, length = fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]
    some = fit.posterior.isel(draw=np.unique(np.linspace(0, length - 1, -(-draws // chains)).round().astype(int)))
    from bayespanel.inference.progress import counted_bar

    with counted_bar(progress, "following draws", some.sizes["chain"] * some.sizes["draw"]) as said:
        selects = choice("mechanism", mechanism, MECHANISMS) == "selection"
        found = room.adjusted(fit.spec, some, fit.data, shift, shifts, said, selection=selects)
    return _summary(fit, found, shift, prob).assign_attrs(mechanism=mechanism)


def _checked(deltas: Sequence[float], draws: int, prob: float, fit: Fit) -> list[float]:
    """Return the deltas in order, with 0 among them."""
    try:
        values = sorted({0.0, *(float(delta) for delta in deltas)})
    except (TypeError, ValueError):
        values = [np.nan]
    if len(values) < 2 or not np.all(np.abs(values) <= LARGEST):
        raise SpecError(
            f"A shift is a number of standard deviations, at most {LARGEST:g} up or down, and not 0 alone.",
            f"deltas={deltas!r}.",
            "Write for example deltas=(-0.5, -0.25, 0.25, 0.5); 0 is always added.",
        )
    most = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    if isinstance(draws, bool) or not isinstance(draws, int) or not FEWEST <= draws <= most:
        raise SpecError(
            f"A shift is followed by a whole number of draws, from {FEWEST} to all {most} of the fit.",
            f"draws={draws!r}.",
            "Leave draws out, or write for example draws=100.",
        )
    if not 0 < prob < 1:
        raise SpecError("A probability is between 0 and 1.", f"prob={prob!r}.", "Write for example prob=0.95.")
    return values


def _summary(fit: Fit, found: xr.Dataset, shift: Array, prob: float) -> xr.Dataset:
    """Move the mean and the bounds of all draws as those of the draws that were followed move."""
    whole = pathways_of(fit.spec, fit.groups)
    names = [name for name in found["pathway"].values.tolist() if name in set(whole["pathway"].values.tolist())]
    whole, found = whole.sel(pathway=names), found.sel(pathway=names)
    every = whole["standardised"].stack(sample=("chain", "draw")).transpose("pathway", "sample").values
    some = found["standardised"].where(found["nearest"]).transpose("pathway", "delta", "draw").values
    lost = np.isnan(some).mean(axis=2) > LOST
    tails = ((1 - prob) / 2, (1 + prob) / 2)
    none = found["delta"].values.tolist().index(0.0)
    out = {}
    with np.errstate(invalid="ignore"):
        middles = (np.nanmean(every, axis=1), np.nanmean(some, axis=2))
        bounds = (np.nanquantile(every, tails, axis=1), np.nanquantile(some, tails, axis=2))
    for name, at_fit, at_delta in (
        ("mean", *middles),
        ("lower", bounds[0][0], bounds[1][0]),
        ("upper", bounds[0][1], bounds[1][1]),
    ):
        moved = at_fit[:, None] + (at_delta - at_delta[:, [none]])
        out[name] = (("pathway", "delta"), np.where(lost, np.nan, moved))
    result = xr.Dataset(out, coords={**whole["pathway"].coords, "delta": found["delta"].values})
    deltas, bands = found["delta"].values, list(zip(out["lower"][1], out["upper"][1], strict=True))
    for name, side in (("tipping_below", deltas <= 0), ("tipping_above", deltas >= 0)):
        result[name] = ("pathway", np.array([_tipping(low[side], high[side], deltas[side]) for low, high in bands]))
    room = family_of(fit.spec).delta_adjustment
    assert room is not None  # it made what was found
    pupils = room.pupils(fit.data)[:, None]
    return result.assign_attrs(
        prob=prob,
        shifted=float((pupils * (shift > 0)).sum() / (pupils.sum() * shift.shape[1])),
        found=float(found["nearest"].mean()),
        draws=found.sizes["draw"],
    )


def _tipping(lower: Array, upper: Array, deltas: Array) -> float:
    """Return the delta closest to 0 at which an interval begins to contain 0, or ceases to; NaN where there is none.

    Both bounds are linear between the deltas. An interval that jumps from one side of 0 to the other contains it on the
    way.
    """
    order = np.argsort(np.abs(deltas))
    low, high, at = lower[order], upper[order], deltas[order]
    for i in range(len(at) - 1):
        if np.isnan([low[i : i + 2], high[i : i + 2]]).any():
            return np.nan
        above, below = low[i] > 0, high[i] < 0
        crossing = [
            bound[i] / (bound[i] - bound[i + 1])
            for bound, outside in ((low, above), (high, below))
            if (bound[i] > 0) != (bound[i + 1] > 0) and (outside or not (above or below))
        ]
        if crossing:
            return float(at[i] + (at[i + 1] - at[i]) * min(crossing))
    return np.nan


def not_known(adjustment: xr.Dataset, name: str) -> NDArray[np.bool_]:
    """Return for which pathways it is not known whether the interval tips on a side, "tipping_below" or "..._above"."""
    deltas = adjustment["delta"].values
    side = deltas <= 0 if name == "tipping_below" else deltas >= 0
    lost = adjustment["lower"].transpose("pathway", "delta").isnull().values[:, side].any(axis=1)
    return np.asarray(lost & adjustment[name].isnull().values)


def tipping_points(adjustment: xr.Dataset) -> pd.DataFrame:
    """Return for each pathway how far missing scores must lie from missing at random before its interval tips.

    Parameters
    ----------
    adjustment
        From `delta_adjustment`.

    Returns
    -------
    pandas.DataFrame
        One row per pathway: `mean`, `lower` and `upper` as fitted, `excludes_0`, whether the interval as fitted
        excludes 0, and `tipping_below` and `tipping_above`, in standard deviations; NaN where no delta that was tried
        changes that, or where this is not `known`, as too few draws could be followed.

    Raises
    ------
    SpecError
        The Dataset is not one of `delta_adjustment`.
    """
    if not {"tipping_below", "tipping_above"} <= set(adjustment.data_vars):
        raise SpecError(
            "Tipping points are those of `delta_adjustment`.",
            f"You gave a Dataset of {', '.join(map(str, adjustment.data_vars)) or 'nothing'}.",
            "Give bp.delta_adjustment(fit).",
        )
    fitted = adjustment.sel(delta=0.0)
    columns = {name: fitted[name].values for name in ("mean", "lower", "upper")}
    columns["excludes_0"] = (columns["lower"] > 0) | (columns["upper"] < 0)
    both = {name: adjustment[name].values for name in ("tipping_below", "tipping_above")}
    both["known"] = ~(not_known(adjustment, "tipping_below") | not_known(adjustment, "tipping_above"))
    return pd.DataFrame({**columns, **both}, index=pd.Index(adjustment["pathway"].values, name="pathway"))
