"""From a specification and the data of a trial to a plain `pm.Model`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import TrialCounts, TrialEstimates
from bayespanel.families.trial import counted_model, published
from bayespanel.families.trial.design import Array, Design, design
from bayespanel.families.trial.effects import effects
from bayespanel.families.trial.levels import settled
from bayespanel.families.trial.moments import dimensions, shapes, terms, units
from bayespanel.families.trial.pooling import effects_start, pooling_coordinates
from bayespanel.families.trial.spec import ClusterTrial, as_given
from bayespanel.families.trial.spreads import spreads, spreads_start
from bayespanel.families.trial.statistics import Data, data_for
from bayespanel.inference.parameters import location
from bayespanel.likelihood.op import nested_normal_logp


def build(spec: ClusterTrial, data: Data) -> pm.Model:
    """Build the model of a specification for data.

    Parameters
    ----------
    spec
        The model.
    data
        A trial, its moments (Gaussian outcomes) or counts (ordered categories, events), or published estimates.

    Returns
    -------
    pm.Model
        In raw units, with named dimensions. The likelihood of Gaussian outcomes reads sufficient statistics only:
        the `pm.Data` containers index, value, centre and scale (of each cell), and the units of slopes.

    Raises
    ------
    DataError, SpecError
        When the data lack what the model needs, or the model what the data know; see `data_for`.
    """
    found = data_for(spec, data)
    spec = settled(spec, found)
    if isinstance(found, TrialCounts):
        return counted_model.build(spec, found)
    if isinstance(found, TrialEstimates):
        return published.build(spec, found)
    return _gaussian(spec, design(spec, found))


prior_model = build


def start(spec: ClusterTrial, data: Data) -> dict[str, Array]:
    """Return where the search for the mode starts: signed scales beside zero, where their gradient vanishes."""
    found = data_for(spec, data)
    spec = settled(spec, found)
    if isinstance(found, TrialEstimates):
        return effects_start(spec, 2)
    out = effects_start(spec, len(found.arms))
    if isinstance(found, TrialCounts):
        return out | counted_model.start(spec, found)
    return out | spreads_start(spec, design(spec, found))


def held(spec: ClusterTrial) -> tuple[str, ...]:
    """Return the variables that stay at their start while the mode is sought: SDs of effects that are explicit."""
    explicit = () if spec.link == "identity" else tuple(f"{level}_scale" for level in spec.cluster_levels)
    return explicit + (("family_scale",) if spec.families else ())


def _gaussian(spec: ClusterTrial, plan: Design) -> pm.Model:
    packed = plan.statistics(spec)
    labels = {name: list(values) for name, values in plan.coordinates().items() if values}
    cells = len(plan.cells)
    with pm.Model(coords=labels | pooling_coordinates(spec)) as model:
        scale = pt.specify_shape(pm.Data("scale", plan.scale, dims="cell"), (cells,))
        centre = pt.specify_shape(pm.Data("centre", plan.sums.centre, dims="cell"), (cells,))
        # pm.Data would narrow the index to 32 bits, and the kernel reads 64.
        index = pytensor.shared(packed.index, name="index", shape=(None,))
        model.register_data_var(index)
        value = pm.Data("value", packed.value)

        values = _mean(spec, plan, scale, centre)
        flat = pt.concatenate([values[name].ravel() for name in values])
        linear = np.concatenate([terms(plan)[name] for name in values], axis=3)
        shape = linear.shape[:3]
        shift = centre[:, None] * np.eye(shape[2])[:1]
        mean_structure = pt.dot(linear.reshape(-1, linear.shape[3]), flat).reshape(shape) - shift

        sigma, *levels = spreads(spec, plan, scale)
        pm.Potential("log_likelihood", nested_normal_logp(sigma, mean_structure, *levels, index, value))
    return model


def _mean(
    spec: ClusterTrial, plan: Design, scale: TensorVariable, centre: TensorVariable
) -> Mapping[str, TensorVariable]:
    """Parameters of the mean, by name."""
    dims, shape, unit = dimensions(plan), shapes(plan), units(plan, as_given(spec))
    out = {
        "mean": location("mean", spec.prior("mean"), centre, scale, shape["mean"], dims["mean"]),
        "effect": effects(spec, scale[: len(plan.outcomes)], len(plan.arms)),
    }
    for name in dims:
        if name not in out:
            step = pt.specify_shape(pm.Data(f"{name}_unit", np.ascontiguousarray(unit[name])), shape[name])
            out[name] = location(name, spec.prior(name), 0.0, step, shape[name], dims[name])
    return out
