"""From the specification and data of the toy to a plain `pm.Model`."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.inference.parameters import deviation, location
from tests.families.toy.spec import Toy
from tests.families.toy.statistics import data_for, products


def build(spec: Toy, data: Panel | Moments) -> pm.Model:
    """Build the model; its log-likelihood is that of `estimate.log_likelihood`.

    The data are a `pm.Data` container, so that the replicates of a study share one compiled model.
    """
    moments = data_for(spec, data)
    with pm.Model() as model:
        sums = pm.Data("sums", products(spec, moments))
        mean = location("mean", spec.prior("mean"), 0.0, 1.0, (), ())
        effect = location("effect", spec.prior("effect"), 0.0, 1.0, (), ())
        sd = deviation("residual_sd", spec.prior("residual_sd"), 1.0, (), (), signed=False)
        b = pt.stack([-mean, -effect, pt.ones(())])
        n = sums[0, 0]
        pm.Potential("log_likelihood", -0.5 * (n * np.log(2 * np.pi) + b @ sums @ b / sd**2) - n * pt.log(sd))
    return model


def start(spec: Toy, data: Moments) -> dict[str, NDArray[np.float64]]:
    """Return where the search for the mode starts: everywhere will do."""
    return {}


prior_model = build
