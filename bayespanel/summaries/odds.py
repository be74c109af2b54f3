"""Odds ratios of membership, as papers print them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.table import chosen_kinds, table


def odds_ratios(evidence: xr.Dataset) -> pd.DataFrame:
    """Return evidence of trajectories as odds ratios.

    Parameters
    ----------
    evidence
        The evidence of a fit of trajectories, from `bayespanel.summaries`.

    Returns
    -------
    DataFrame
        One row per pathway that is a log odds ratio: `pathway`, `kind`, `source`, `target`, `against` and `edge`;
        `odds_ratio`, the median, with its bounds `lower` and `upper`, per SD of a predictor; `odds_ratio_per_unit` with
        its bounds; for a programme, `share_difference`, the difference in shares, with its bounds; `prob_direction` and
        `prob_rope`. The attributes hold the region of practical equivalence as odds ratios.

    Raises
    ------
    SpecError
        The evidence is of another family.
    """
    kinds = kinds_with(lambda kind: kind.scale == "log odds", evidence["kind"].values)
    if not kinds:
        raise SpecError(
            "Odds ratios are those of trajectories.",
            f"The evidence holds {', '.join(chosen_kinds(evidence, None))}.",
            "Give evidence(fit) of a Trajectories with predictors or an arm.",
        )
    frame = table(evidence, kinds=kinds)
    programme = frame["kind"].isin(kinds_with(lambda kind: kind.in_shares))
    out = frame[["pathway", "kind", "source", "target", "against", "edge"]].copy()
    out["odds_ratio"], out["lower"], out["upper"] = (np.exp(frame[name]) for name in ("median", "lower", "upper"))
    unit = frame["raw_mean"] / frame["mean"]  # 1 / SD of the predictor
    per_unit = {"": frame["median"] * unit, "_lower": frame["raw_lower"], "_upper": frame["raw_upper"]}
    for name, value in per_unit.items():
        out[f"odds_ratio_per_unit{name}"] = np.exp(value).where(~programme)
    if programme.any():
        for name, column in (("", "raw_mean"), ("_lower", "raw_lower"), ("_upper", "raw_upper")):
            out[f"share_difference{name}"] = frame[column].where(programme)
    out[["prob_direction", "prob_rope"]] = frame[["prob_direction", "prob_rope"]]
    out.attrs["rope"] = [float(np.exp(bound)) for bound in evidence.attrs["rope"]]
    return out
