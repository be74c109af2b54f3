"""Effects without one cluster at a time: whether the result hangs on one school.

Each is the estimate of generalised least squares from all pupils outside a school, at the covariances of the posterior:
a handful of gradients, not a fit.
"""

from __future__ import annotations

import pandas as pd
import xarray as xr

from bayespanel.data import TrialMoments
from bayespanel.families.trial.design import Array, design
from bayespanel.families.trial.least_squares import least_squares, mean_covariances
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import DataError


def influence(spec: ClusterTrial, posterior: xr.Dataset, data: object) -> pd.DataFrame:
    """Return the effects without each outermost cluster of the data.

    Parameters
    ----------
    spec, posterior, data
        Of a fit with Gaussian outcomes.

    Returns
    -------
    DataFrame
        A row per cluster, arm and outcome: cluster, arm, outcome, effect (without the cluster) and shift (against all
        clusters), in total SDs; shift_in_sd, in posterior SDs of the effect. Effects are those of generalised least
        squares, without priors; the largest shift comes first.

    Raises
    ------
    DataError
        Data without clusters, or not moments of pupils; fewer than three clusters in an arm.
    """
    if not isinstance(data, TrialMoments) or not data.levels:
        raise DataError(
            "Clusters can be left out only of a trial with Gaussian outcomes and known clusters.",
            f"The data are {type(data).__name__}"
            + ("" if isinstance(data, TrialMoments) else ".")
            + (" without clusters." if isinstance(data, TrialMoments) else ""),
            "Name school=... or classroom=... where the data are read.",
        )
    covariances = mean_covariances(spec, design(spec, data), posterior)

    def effects(of: TrialMoments) -> Array:
        return least_squares(spec, design(spec, of), covariances).estimate["effect"].reshape(shape)

    shape = (len(data.arms) - 1, len(spec.outcomes))
    everyone = effects(data)
    lead = ("arm",) if len(data.arms) > 2 else ()
    total = posterior["total_sd"].mean(("chain", "draw")).values
    spread = posterior["effect"].std(("chain", "draw")).transpose(*lead, "outcome").values.reshape(everyone.shape)
    names = data.school_names if "school" in data.levels else data.class_names
    rows = []
    for c, name in enumerate(names):
        found = effects(data.without(c))
        for g, arm in enumerate(data.arms[1:]):
            for o, outcome in enumerate(spec.outcomes):
                shift = found[g, o] - everyone[g, o]
                rows.append((name, arm, outcome, found[g, o] / total[o], shift / total[o], shift / spread[g, o]))
    frame = pd.DataFrame(rows, columns=["cluster", "arm", "outcome", "effect", "shift", "shift_in_sd"])
    return frame.sort_values("shift_in_sd", key=abs, ascending=False, ignore_index=True)
