"""Effects from published tables: each a standardised estimate with its standard error.

The estimate is Student-t around the effect, with the clusters less the arms as degrees of freedom, because a standard
error from few clusters is itself an estimate; normal where the number of clusters is not known.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayespanel.data import TrialEstimates
from bayespanel.families.trial.effects import effects
from bayespanel.families.trial.pooling import pooling_coordinates
from bayespanel.families.trial.spec import ClusterTrial


def build(spec: ClusterTrial, estimates: TrialEstimates) -> pm.Model:
    """Build the model of published effects, the effects of a family partially pooled."""
    at = [estimates.outcomes.index(name) for name in spec.outcomes]
    found, error = estimates.effect[at], estimates.standard_error[at]
    with pm.Model(coords={"outcome": list(spec.outcomes)} | pooling_coordinates(spec)) as model:
        effect = effects(spec, pt.as_tensor(np.ones(len(at))), 2)
        df = estimates.df[at]
        few = np.isfinite(df)
        for name, rows in (("estimate_of_few_clusters", np.flatnonzero(few)), ("estimate", np.flatnonzero(~few))):
            if len(rows) and few[rows[0]]:
                pm.StudentT(name, nu=df[rows], mu=effect[rows], sigma=error[rows], observed=found[rows])
            elif len(rows):
                pm.Normal(name, effect[rows], error[rows], observed=found[rows])
    return model
