"""Maximum likelihood of an RI-CLPM, with the fit indices of structural equation programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import chdtrc

from bayespanel.data import Moments, Panel
from bayespanel.data.moments import scores_of
from bayespanel.families.panel.components import coordinates, starting
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.group_data import of_groups
from bayespanel.families.panel.groups import alone, has_groups, merged, moves
from bayespanel.families.panel.moments import Implied, implied
from bayespanel.families.panel.places import further_centre
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.standardised import standardised
from bayespanel.families.panel.statistics import data_for, regressed_lags, statistics
from bayespanel.families.panel.structure import saturated, structure
from bayespanel.families.panel.unstructured import unstructured
from bayespanel.families.shared.named import Content, dataset
from bayespanel.inference.delta import delta
from bayespanel.inference.maximum_likelihood import Estimates, maximise
from bayespanel.inference.structure import Array, Structure
from bayespanel.likelihood.kernels import nested_normal

LARGEST_SATURATED = 400
"""Free parameters beyond which Newton steps do not fit the saturated model: its Hessian would take minutes, and with as
many clusters as usual it has no maximum inside."""

NONE = np.zeros((0, 0))


INDEFINITE = (0.01, 0.03, 0.1)
"""Variances below 0, as shares of the variables', at which a search for an improper maximum begins."""


@dataclass(frozen=True, eq=False, repr=False)
class MaximumLikelihood(Estimates):
    """Maximum likelihood estimates, with fit indices.

    Estimates are mean, lag, and covariances; standard errors are from the observed information.

    Attributes
    ----------
    df, chi_square, p_value
        Likelihood-ratio test against the saturated model: free means and a free covariance at every level. NaN
        where either has no maximum, or the saturated model too many parameters. Where one lies on the boundary the
        statistic is no exact chi-square.
    cfi, rmsea
        Comparative fit index against the model of independent cells; root mean square error of approximation.
    """

    df: int
    chi_square: float
    p_value: float
    cfi: float
    rmsea: float


def log_likelihood(spec: RICLPM, data: Panel | Moments, parameters: dict[str, Any]) -> float:
    """Exact log-likelihood at given values, every constant included.

    Parameters
    ----------
    spec, data
        Model and data.
    parameters
        Values by their names in the posterior, in raw units; see `implied`. What differs between groups has their
        dimension first.
    """
    moments = data_for(spec, data)
    found = _each_implied(spec, moments, _in_order(spec, moments, parameters))
    centre = np.concatenate([moments.centre, further_centre(spec, moments)])
    both = [np.hstack([(values.expected - centre)[:, None], values.effect]) for values in found]
    clusters = [found[0].clusters[level] for level in spec.cluster_levels]
    inner, outer = (*clusters, np.zeros((0, 0)), np.zeros((0, 0)))[:2]
    packed, sigma = statistics(spec, moments), np.stack([values.pupil for values in found])
    return nested_normal(sigma, np.stack(both), inner, outer, packed.index, packed.value)[0]


def _each_implied(spec: RICLPM, moments: Moments, parameters: dict[str, Any]) -> list[Implied]:
    """Return the implied moments of every group; what differs between groups has their dimension first."""
    if not has_groups(spec):
        return [implied(spec, parameters, wave_times(moments), moments.waves)]
    arrays = {name: np.asarray(value, float) for name, value in parameters.items()}
    return [
        implied(
            alone(spec),
            {name: x[g] if moves(spec, name) else x for name, x in arrays.items()},
            wave_times(moments),
            moments.waves,
        )
        for g in range(len(moments.group_names))
    ]


def _in_order(spec: RICLPM, moments: Moments, parameters: dict[str, Any]) -> dict[str, Any]:
    """Put what carries labels into the order of the model, by name of dimension and by label."""
    labels = coordinates(spec, moments)
    order = (
        *("group", "distal", "distal_both", "interval", "span", "wave", "later_wave", "growth_factor"),
        *("variable", "variable_", "target", "source"),
        *("cell", "cell_", "factor", "factor_", "effect", "covariate", "covariate_"),
        *("indicator", "loading_of", "intercept_of"),
    )
    out = dict(parameters)
    for name, value in parameters.items():
        if isinstance(value, xr.DataArray) and set(value.dims) <= set(order):  # others are derived
            dims = [dim for dim in order if dim in value.dims]
            wanted = {dim: list(labels[dim]) for dim in dims if dim in value.coords and dim in labels}
            out[name] = value.sel(wanted).transpose(*dims)
    return out


def maximum_likelihood(spec: RICLPM, data: Panel | Moments) -> MaximumLikelihood:
    """Fit by maximum likelihood; priors play no part.

    Covariances within pupils are free symmetric matrices, so an improper solution is found where other programs find
    it; where none is, as the likelihood rises on for ever there, the best proper one, on the boundary. Covariances of
    classes and schools end at the boundary. `converged`, `boundary` and `proper` say where the estimates are.

    Raises
    ------
    DataError
        When the data lack what the model needs.
    """
    moments = data_for(spec, data)
    return estimated(spec, moments, reference(spec, moments))


@dataclass(frozen=True)
class Reference:
    """What the fit of a model is held against; NaN where it is not known.

    Attributes
    ----------
    log_likelihood, size
        Of free means and covariances, and the number of their parameters.
    baseline_excess
        Chi-square of independent cells beyond their degrees of freedom.
    """

    log_likelihood: float
    size: int
    baseline_excess: float


def reference(spec: RICLPM, moments: Moments) -> Reference:
    """Return the fit of free means and covariances, the same for all models of the same cells, levels and covariates.

    Without clusters, covariates and further cells an EM finds it, however many cells there are.
    """
    free, baseline = saturated(spec, moments), saturated(spec, moments, diagonal=True)
    alike = not (spec.cluster_levels or spec.covariates or spec.distal)
    if free.size > LARGEST_SATURATED and not alike:
        return Reference(np.nan, free.size, np.nan)
    packed = statistics(spec, moments, free=True)
    if free.size <= LARGEST_SATURATED:
        top = maximise(free, packed)
        highest = top.log_likelihood if top.converged else np.nan
    else:
        highest = nested_normal(*_by_group(of_groups(spec, moments)), NONE, NONE, packed.index, packed.value)[0]
    bottom = maximise(baseline, packed)
    lowest = bottom.log_likelihood if bottom.converged else np.nan
    return Reference(highest, free.size, 2 * (highest - lowest) - (free.size - baseline.size))


def _by_group(moments: Moments) -> tuple[Array, Array]:
    """Return free covariances [group, cell, cell] and means [group, cell, 1] of each group of pupils, by EM."""
    start = np.diag(np.tile(moments.scale**2, len(moments.waves)))
    found = [
        unstructured(moments.observed[of], moments.n[of].astype(float), moments.sxy[of, 0], moments.syy[of], start)
        for of in (moments.group == group for group in np.unique(moments.group))
    ]
    return np.stack([one.covariance for one in found]), np.stack([one.mean for one in found])[..., None]


def estimated(spec: RICLPM, moments: Moments, against: Reference) -> MaximumLikelihood:
    """Return the estimates of a model for data that it can read, and its fit against what is given."""
    model = structure(spec, moments)
    # Two starts, because the likelihood of large lags can have two maxima.
    regressed = structure(spec, moments, regressed_lags(spec, moments)).start()
    found = maximise(model, statistics(spec, moments), [regressed], lambda vector: _across(spec, model, vector))
    df, n, baseline_excess = against.size - model.size, moments.n_pupils, against.baseline_excess
    chi_square = 2 * (against.log_likelihood - found.log_likelihood)
    if not found.converged:  # what is no maximum has no likelihood ratio
        chi_square = np.nan
    excess = max(chi_square - df, 0.0) if np.isfinite(chi_square) else np.nan
    labels = {name: list(values) for name, values in coordinates(spec, moments).items()}
    estimates, errors = (
        dataset(merged(_of_intervals(model.named(vector), len(moments.waves) - 1), moments.group_names), labels)
        for vector in (found.vector, found.errors())
    )
    free_of_units, their_errors = delta(standardised(spec, model, labels, moments), found.vector, found.covariance)
    return MaximumLikelihood(
        log_likelihood=found.log_likelihood,
        n_parameters=model.size,
        n_pupils=n,
        df=df,
        chi_square=chi_square,
        p_value=float(chdtrc(df, chi_square)) if df > 0 else np.nan,
        cfi=1 - excess / max(baseline_excess, excess, 1e-12) if np.isfinite(excess + baseline_excess) else np.nan,
        rmsea=float(np.sqrt(excess / (df * n))) if df > 0 else np.nan,
        estimates=estimates,
        standard_errors=errors,
        verdict=found.verdict,
        standardised=free_of_units,
        standardised_errors=their_errors,
        scores=scores_of(moments),
    )


def _across(spec: RICLPM, model: Structure, vector: Array) -> list[Array]:
    """Return points with the same covariances between what lasts and the first wave, and that of what lasts indefinite.

    With Omega the covariance of what lasts f, L its effects on the first wave, S what is left of that, the first wave
    has the covariances V = S + L Omega L' and C = L Omega with f. As Omega approaches the boundary with V and C as they
    are, L = C Omega^-1 grows beyond all bounds, and beyond the boundary it is finite again.
    """
    part = starting(spec)
    if part is None or part.start != "any" or has_groups(spec):
        return []
    arrays, block = model.arrays(vector), next(block for block in model.blocks if block.name == part.block)
    unit = np.sqrt(np.diag(block.unit))
    omega, load, left = arrays[part.block] / block.unit, arrays["first_loading"] * unit, arrays["initial_cov"]
    first, across = left + load @ omega @ load.T, load @ omega
    values, vectors = np.linalg.eigh(omega)
    out = []
    for negative in INDEFINITE:
        moved = np.concatenate([[-negative], np.maximum(values[1:], negative)])
        inverse = (vectors / moved) @ vectors.T
        other = (vectors * moved) @ vectors.T * block.unit
        remaining = first - across @ inverse @ across.T
        changes = {part.block: other, "first_loading": across @ inverse / unit, "initial_cov": remaining}
        out.append(model.vector_of(arrays | changes))
    return out


def _of_intervals(content: Content, intervals: int) -> Content:
    """Return arrays without the dimension of intervals where the model has one matrix for several."""
    number = {"interval": intervals, "span": intervals - 1}
    return {
        name: (dims[1:], value[0]) if len(value) < number.get(dims[0], 0) else (dims, value)
        for name, (dims, value) in content.items()
    }
