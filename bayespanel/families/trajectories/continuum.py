"""One continuum of courses: everybody's own course is a draw from one normal distribution, and nobody has a class.

    y_it = lambda_t' beta + z_t' u_i + e_it,   u_i ~ N(0, Omega)                                           (1)

with u an intercept and a slope where the waves hold both: the model with one class and random effects. With a link,
lambda_t' beta + z_t' u_i is the location of ordered scores or the logarithm of a rate; see `components`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import identified
from bayespanel.families.trajectories.unbounded_vector import Values, unpack


@dataclass(frozen=True, eq=False)
class Continuum:
    """One continuum, at its maximum of the likelihood.

    Attributes
    ----------
    random
        What varies: "intercept", or "slope" for intercept and slope.
    log_likelihood, n_parameters, bic
        Of the scores of all pupils.
    values
        The parameters, in units of the plan.
    """

    random: str
    log_likelihood: float
    n_parameters: int
    bic: float
    values: Values


def random_of(spec: Trajectories, waves: int, coefficients: int) -> str:
    """Return what varies in the continuum that a model of classes is set beside: what courses and waves hold."""
    enough = identified("slope", spec.with_classes(1).residual, waves) if spec.link == "identity" else waves > 2
    return "slope" if enough and coefficients > 1 else "intercept"


def continuum(spec: Trajectories, rows: PanelRows) -> Continuum:
    """Fit one continuum to scores alone.

    Parameters
    ----------
    spec, rows
        Classes and their scores, from `scores_alone`.
    """
    layout = plan(spec, rows)
    random = random_of(spec, *layout.growth.loadings.shape)
    one = replace(spec.with_classes(1), random=random)
    found = maxima(one, rows)
    logl, parameters = float(found.log_likelihoods[0]), len(found.vectors[0])
    values = unpack(one, plan(one, rows), found.vectors[0])
    return Continuum(random, logl, parameters, np.log(rows.n_pupils) * parameters - 2 * logl, values)
