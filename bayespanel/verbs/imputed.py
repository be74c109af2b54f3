"""Fits to tables whose gaps were filled several times: a fit to each, their draws mixed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bayespanel.catalogue.cards import Card, specification
from bayespanel.data.imputations import require_imputations
from bayespanel.families.door import Spec
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import mixed
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.language.errors import BayespanelError
from bayespanel.verbs import analysis


def fit_imputed(
    spec: Spec | Card,
    data: Sequence[analysis.Data],
    *,
    seed: int,
    sampling: Sampling = Sampling(),
    retry: bool = True,
    cores: int | None = None,
    progress: bool = True,
) -> Fit:
    """Fit a model to each of several imputations, and mix the draws of all fits.

    Parameters
    ----------
    spec
        A specification or a card.
    data
        The imputations: panels, trials, or the moments or counts made from these, such as `bp.read_imputed` returns.
        All of the same pupils, and different only where something was missing. 100 or more are advised.
    seed
        A whole number, 0 or more. Imputation i, counted from 1, is fitted with the seed ``seed + i - 1``, so that the
        fit to the first is the one of `bp.fit` with this seed.
    sampling, retry, cores
        How the fit to each imputation is sampled, as in `bp.fit`. As many draws are kept of each as `sampling` says.
        `bp.Sampling(sampler="auto")` takes far less time where it can be used.
    progress
        Whether to say on standard error which imputation is fitted, and how far its chains are.

    Returns
    -------
    Fit
        A fit as any other, whose posterior mixes the draws: each imputation is one chain of it, which holds the draws
        of its own chains one after the other, so that Monte Carlo errors count that imputations are few.
        `fit.imputations` is their number; `fit.data` holds what was read of each; `bp.missing_information(fit)` says
        what the gaps cost; `bp.imputation(fit, 1)` is the fit to one of them, for everything that reads one table, such
        as `bp.predictive_check`.

    Raises
    ------
    DataError, SpecError
        There are fewer than two imputations, or they differ in more than what was missing; or the data, the
        specification or a setting break a rule. This is found before any sampling, apart from what single imputations
        break.
    FitError
        The model has other parameters in one imputation than in another, such as categories that one of them lacks.

    References
    ----------
    Zhou & Reiter (2010), doi:10.1198/tast.2010.09109, on mixing draws; Rubin (1987), doi:10.1002/9780470316696.
    """
    every = require_imputations(data)
    asked = spec if isinstance(spec, Card) else specification(spec)
    Settings(sampling, seed, cores)
    Settings(sampling, seed + len(every) - 1, cores)  # seeds of all are possible
    fits: list[Fit] = []
    for number, one in enumerate(every, start=1):
        if progress:
            print(f"Imputation {number} of {len(every)}", file=sys.stderr)
        try:
            found = analysis.fit(
                asked, one, seed=seed + number - 1, sampling=sampling, retry=retry, cores=cores, progress=progress
            )
        except BayespanelError as error:
            raise type(error)(error.rule, f"Imputation {number}: {error.given}", error.action) from error
        fits.append(found)
    return mixed(fits)
