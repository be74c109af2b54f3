"""Verbs of trajectories: how many classes, what they look like, and who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from bayespanel.catalogue.cards import Card, specification
from bayespanel.families.trajectories.fields import MOST
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.language.errors import SpecError
from bayespanel.language.values import LARGEST_SEED, is_whole, whole

if TYPE_CHECKING:
    from bayespanel.data import Panel, PanelRows
    from bayespanel.families.door import Spec
    from bayespanel.families.trajectories.bootstrap import ContinuumCheck
    from bayespanel.families.trajectories.number_table import NumberOfClasses
    from bayespanel.inference.fit import Fit

MOST_SAMPLES = 10_000
"""Samples from each model, at most."""


def mean_trajectories(fit: Fit, *, prob: float = 0.95) -> xr.Dataset:
    """Return the mean course of each latent class over the waves, with its interval.

    Parameters
    ----------
    fit
        The fit of a model of trajectories.
    prob
        Probability of the intervals.

    Returns
    -------
    xarray.Dataset
        `mean`, `lower` and `upper` [trajectory, wave], in raw units.

    Raises
    ------
    SpecError
        The fit is not of a model of trajectories.
    """
    from bayespanel.families.trajectories import membership as rooms

    _spec(fit)
    return rooms.mean_trajectories(fit.posterior, prob)


def class_table(fit: Fit, *, prob: float = 0.95) -> pd.DataFrame:
    """Return a table of the latent classes: their sizes and their mean scores at the first and the last wave.

    Parameters
    ----------
    fit
        The fit of a model of trajectories.
    prob
        Probability of the intervals of the sizes.

    Returns
    -------
    pandas.DataFrame
        One row per class: its size with its interval, the number of pupils, the mean at the first and at the last wave,
        and the entropy. If both arms of a trial have the same classes, there is one row per class and arm, and the size
        is the one that the class would have if all pupils were in that arm.

    Raises
    ------
    SpecError
        The fit is not of a model of trajectories.
    """
    from bayespanel.families.trajectories import membership as rooms

    return rooms.class_table(_spec(fit), fit.posterior, fit.data, prob)


def membership(fit: Fit, panel: Panel) -> pd.DataFrame:
    """Return for each pupil the probability of belonging to each latent class.

    Do not classify a pupil whose highest probability is not close to 1. Do not use this table for statements about
    predictors either: `evidence(fit)` takes the uncertainty of the membership into account, this table does not.

    Parameters
    ----------
    fit
        The fit of a model of trajectories. It does not contain the labels of the pupils; the panel does.
    panel
        The pupils of the fit, or other pupils who were observed at the same waves.

    Returns
    -------
    pandas.DataFrame
        One row per pupil: `pupil`; one column per class; `most_likely`, the most probable class; and `probability`, the
        probability of that class.

    Raises
    ------
    SpecError
        The fit is not of a model of trajectories.
    DataError
        The panel lacks something that the model needs, or has other waves, scores or clusters.
    """
    from bayespanel.families.trajectories import membership as rooms

    return rooms.membership(_spec(fit), fit.posterior, fit.data, panel)


def number_of_classes(
    spec: Spec | Card,
    data: Panel | PanelRows,
    *,
    seed: int,
    classes: Iterable[int] = range(1, 6),
    loo: bool = True,
    sampling: Sampling = Sampling(tune=300, draws=500),
    cores: int | None = None,
    progress: bool = True,
) -> NumberOfClasses:
    """Compare models with different numbers of latent classes.

    Classes are descriptions of courses. No number in this table shows how many kinds of children exist.

    Parameters
    ----------
    spec, data
        A model of trajectories and its data. Everything except the number of classes stays as it is.
    seed
        The seed of the fits.
    classes
        The numbers of classes to try.
    loo
        Whether to sample each model and to compute how well it predicts pupils who were left out. Without it, the
        models are fitted by maximum likelihood only, which takes seconds.
    sampling, cores, progress
        As in `fit`. The default is 4 chains of 300 warm-up draws and 500 draws that are kept.

    Returns
    -------
    pandas.DataFrame
        One row per number of classes:

        - by maximum likelihood, without cluster effects: `log_likelihood`, `parameters`, `bic`, `bic_difference` (from
          the best model), `entropy`, `smallest` (share of the smallest class), `starts` (number of starts that reached
          the best maximum), and `converged`, `boundary` and `proper` as in `maximum_likelihood`. `problem` has a
          sentence on each of these that is not as it should be, or says why there is no answer;
        - `elpd`, the expected log predictive density of a pupil who was left out (PSIS-LOO); `elpd_difference` from the
          best model and its standard error `difference_se`; `bad_k`, the number of pupils for whom it cannot be trusted
          (Pareto's k above 0.7); and `checks_passed`;
        - `continuum_difference`, the BIC minus the BIC of one continuum of courses: a model without classes, in which
          every pupil's own intercept and slope come from one normal distribution. Both BICs are of the scores alone,
          without predictors. `problem` begins with this comparison unless the classes are better by 6 or more.

        Printed above the table, and stored in `attrs["sentence"]`, is a sentence that says whether the scores call for
        classes at all.

    Raises
    ------
    SpecError
        The model is not one of trajectories, or its classes differ by arm.
    DataError
        The data lack something that the model needs.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), doi:10.1007/s11222-016-9696-4; Nylund, Asparouhov & Muthén (2007),
    doi:10.1080/10705510701575396, on BIC; Bauer & Curran (2003), doi:10.1037/1082-989X.8.3.338, on classes that appear
    although there is only one skewed or varied population.
    """
    from bayespanel.families.trajectories.number import compare
    from bayespanel.families.trajectories.statistics import data_for

    Settings(sampling, seed, cores)  # before seconds are spent on maxima
    model = _trajectories(specification(spec))
    asked = list(classes) if isinstance(classes, Iterable) else [classes]
    if not asked or not all(is_whole(n) and 1 <= n <= MOST for n in asked):
        raise SpecError(
            f"Numbers of classes are whole, from 1 to {MOST}.",
            f"You gave {asked}.",
            "Write for example classes=range(1, 6).",
        )
    numbers = sorted(map(int, set(asked)))
    rows = data_for(model.with_classes(numbers[-1]), data)

    def sample(one: Trajectories, own: PanelRows) -> tuple[xr.Dataset, bool]:
        from bayespanel.verbs import analysis

        fitted = analysis.fit(one, own, seed=seed, sampling=sampling, cores=cores, progress=progress)
        return fitted.posterior, bool(analysis.checks(fitted)["passed"].all())

    return compare(model, rows, numbers, sample if loo else None)


def continuum(
    spec: Spec | Card, data: Panel | PanelRows, *, seed: int, samples: int = 99, progress: bool = True
) -> ContinuumCheck:
    """Compare latent classes with one continuum of courses, by means of data simulated from each of the two models.

    The continuum is a model without classes: every pupil's own intercept and slope come from one normal distribution
    (only the intercept if courses are constant or there are too few waves). Both models describe the scores alone,
    without predictors, arms and clusters. Both are fitted by maximum likelihood to the data and to every simulated data
    set.

    Parameters
    ----------
    spec, data
        A model with two or more classes, and its data.
    seed
        The seed of the simulated data sets.
    samples
        Number of data sets that are simulated from each model. The time is that of twice as many searches for a
        maximum, 0.1 to 2 seconds each for a thousand pupils.
    progress
        Whether to show a progress bar on standard error.

    Returns
    -------
    ContinuumCheck
        `verdict` is "classes", "continuum", "undecided" or "neither"; the two p values on which it rests have their
        Monte Carlo errors. Print the result to read it in sentences.

    Raises
    ------
    SpecError
        The model is not one of trajectories, has one class, or has classes that differ by arm; or the number of samples
        is not a whole number of 19 or more (with fewer, no p value can be below .05).
    DataError
        The data lack something that the model needs.
    FitError
        No classes remain in the data.

    References
    ----------
    Wagenmakers, Ratcliff, Gomez & Iverson (2004), doi:10.1016/j.jmp.2003.11.004.
    """
    from bayespanel.families.trajectories.bootstrap import weigh
    from bayespanel.families.trajectories.statistics import rows_for
    from bayespanel.inference.progress import counted_bar

    model = _trajectories(specification(spec))
    model = model.with_classes(len(model.trajectories))
    if not model.divides:
        raise SpecError(
            "A continuum is compared with a model of two classes or more.",
            "The model has one class.",
            "Write for example classes=3.",
        )
    samples = whole("samples", samples, 19, MOST_SAMPLES, action="Write for example samples=99.")
    seed = whole("seed", seed, most=LARGEST_SEED, action="Write for example seed=1.")
    rows = rows_for(model, data)
    with counted_bar(progress, "samples", 2 * samples) as advance:
        return weigh(model, rows, seed, samples, advance)


def _spec(fit: Fit) -> Trajectories:
    return _trajectories(fit.spec)


def _trajectories(spec: object) -> Trajectories:
    if not isinstance(spec, Trajectories):
        raise SpecError(
            "Only models of trajectories have latent classes.",
            f"The model is a {type(spec).__name__}.",
            "Give a Trajectories, or the fit of one.",
        )
    return spec
