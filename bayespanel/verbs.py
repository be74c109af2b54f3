"""One function per verb: build, fit, check, weigh. Each takes a value and returns a new one.

Heavy libraries are imported where they are needed, so that reading data and cards starts at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import xarray as xr

from bayespanel.catalogue import Card, spec_from_dict, spec_to_dict, specification
from bayespanel.data import Moments, Panel
from bayespanel.errors import SpecError
from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.inference.fit import Fit, load
from bayespanel.priors import merge, table

if TYPE_CHECKING:
    import pymc as pm

    from bayespanel.families.riclpm.estimate import MaximumLikelihood

LIBRARIES = ("bayespanel", "pymc", "pytensor", "nutpie", "numba", "numpy", "arviz-stats", "xarray")
"""Libraries whose versions a fit records."""


def priors(spec: RICLPM | Card) -> pd.DataFrame:
    """Return every prior in use, a row each, with its reason and source."""
    model = specification(spec)
    return table(merge(model.default_priors(), model.priors))


def build(spec: RICLPM | Card, data: Panel | Moments) -> pm.Model:
    """Build a plain `pm.Model`, to read, edit, or sample with any tool.

    Parameters
    ----------
    spec
        A specification, or a card.
    data
        A panel or its moments; both give the same model.

    Raises
    ------
    DataError
        When the data lack what the model needs.
    """
    from bayespanel.families.riclpm.build import build as build_model

    return build_model(specification(spec), data)


def fit(
    spec: RICLPM | Card,
    data: Panel | Moments,
    *,
    seed: int,
    chains: int = 4,
    tune: int = 500,
    draws: int = 1000,
    cores: int | None = None,
    target_accept: float = 0.8,
    progress: bool = True,
) -> Fit:
    """Sample the posterior.

    Parameters
    ----------
    spec
        A specification, or a card.
    data
        A panel or its moments; both give the same posterior.
    seed
        Non-negative integer; the same seed gives the same draws.
    chains, tune, draws
        Number of chains, and of warm-up and kept draws in each.
    cores
        Chains that run at once; all processors by default.
    target_accept
        Acceptance rate that the sampler's step size aims at.
    progress
        Whether to show a progress bar on standard error.

    Returns
    -------
    Fit
        Look at `checks(fit)` before anything else.

    Raises
    ------
    DataError, SpecError
        Before any sampling, when data, specification or settings break a rule.
    """
    from bayespanel.families.riclpm.statistics import moments_for
    from bayespanel.inference.progress import progress_bar
    from bayespanel.inference.settings import Settings

    model_spec, settings = specification(spec), Settings(seed, chains, tune, draws, cores, target_accept)
    began = time.perf_counter()
    moments = moments_for(model_spec, data)
    with progress_bar(progress) as (stage, sampling):
        stage("loading libraries")
        from bayespanel.inference.nuts import import_nutpie

        import_nutpie()
        from bayespanel.families.riclpm import build as family
        from bayespanel.families.riclpm.draws import posterior
        from bayespanel.inference.sampling import draw

        stage("compiling (the first fit on a machine takes about a minute)")
        found = draw(family.build(model_spec, moments), settings, family.start(model_spec, moments), sampling)
    tree = {"posterior": posterior(model_spec, moments, found.free), "sample_stats": found.sample_stats}
    provenance: dict[str, Any] = {
        "spec": spec_to_dict(model_spec),
        "card": spec.name if isinstance(spec, Card) else None,
        "rope": spec.rope if isinstance(spec, Card) else None,
        **{name: getattr(settings, name) for name in ("seed", "chains", "tune", "draws", "target_accept")},
        "data": moments.fingerprint(),
        "pupils": moments.n_pupils,
        "notes": list(moments.notes),
        "versions": {library: version(library) for library in LIBRARIES},
        "seconds": {**found.seconds, "total": time.perf_counter() - began},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Fit(xr.DataTree.from_dict(tree), model_spec, moments, provenance)


def load_fit(path: str | os.PathLike[str]) -> Fit:
    """Read a fit that `Fit.save` wrote.

    Raises
    ------
    FitError
        No such file, not a fit, or one saved by a newer version.
    """
    return load(path, spec_from_dict)


def checks(fit: Fit) -> pd.DataFrame:
    """Return what was checked of a fit: check, value, limit, passed, and a hint where it failed."""
    from bayespanel.families.riclpm.checks import checks as family_checks
    from bayespanel.inference.checks import MAX_DEPTH, sampling_checks
    from bayespanel.inference.checks import table as check_table

    rows = sampling_checks(fit.posterior, fit.sample_stats, MAX_DEPTH)
    return check_table(rows + family_checks(fit.spec, fit.posterior))


def evidence(
    fit: Fit,
    *,
    rope: float | tuple[float, float] | None = None,
    prob: float = 0.95,
    interval: Literal["equal_tailed", "hdi"] = "equal_tailed",
    by_interval: bool = False,
) -> xr.Dataset:
    """Return what a fit says of each pathway.

    Parameters
    ----------
    fit
        The fit.
    rope
        Region of practical equivalence on the standardised scale: a half-width around 0, or two bounds. Left out, it
        is the one that the fit's card states; there is no other default.
    prob, interval
        Probability and kind of the intervals.
    by_interval
        One row for each interval between waves, where equal lags give one for all.

    Returns
    -------
    xr.Dataset
        Over `pathway`; see `bayespanel.evidence.summary.summarise`.

    Raises
    ------
    SpecError
        No region of practical equivalence, or not a region.
    """
    from bayespanel.evidence.summary import summarise
    from bayespanel.families.riclpm.pathways import pathways

    if rope is None:
        rope = fit.provenance.get("rope")
    if rope is None:
        raise SpecError(
            "Evidence is weighed against a stated region of practical equivalence (ROPE).",
            "Neither the call nor the fit's card states one.",
            "Give rope=0.03, say: 0.03, 0.07 and 0.12 are small, medium and large cross-lagged effects "
            "(Orth et al., 2024).",
        )
    draws = pathways(fit.spec, fit.posterior, by_interval=by_interval)
    return summarise(draws, rope=rope, prob=prob, interval=interval)


def log_likelihood(spec: RICLPM | Card, data: Panel | Moments, parameters: Mapping[str, Any]) -> float:
    """Return the exact log-likelihood at given values, every constant included.

    Parameters
    ----------
    spec, data
        Model and data.
    parameters
        Values by their names in the posterior, in raw units; a covariance may be given as `<name>_cov` in place of
        `<name>_sd` and `<name>_corr`. A Dataset of estimates will do: its labels are followed, whatever their order.
    """
    from bayespanel.families.riclpm.estimate import log_likelihood as compute

    return compute(specification(spec), data, dict(parameters))


def maximum_likelihood(spec: RICLPM | Card, data: Panel | Moments) -> MaximumLikelihood:
    """Fit by maximum likelihood, the bridge to lavaan and Mplus; priors play no part.

    Returns
    -------
    MaximumLikelihood
        log_likelihood, df, chi_square, cfi, rmsea, aic, bic, estimates and standard_errors (Datasets), converged,
        proper.
    """
    from bayespanel.families.riclpm.estimate import maximum_likelihood as compute

    return compute(specification(spec), data)
