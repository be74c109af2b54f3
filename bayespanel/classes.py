"""Verbs of trajectories: how many classes, what they look like, and who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from bayespanel.catalogue import Card, specification
from bayespanel.errors import SpecError
from bayespanel.families.trajectories.fields import MOST
from bayespanel.families.trajectories.spec import Trajectories

if TYPE_CHECKING:
    from bayespanel.data import Panel, PanelRows
    from bayespanel.families.door import Spec
    from bayespanel.families.trajectories.bootstrap import ContinuumCheck
    from bayespanel.families.trajectories.number_table import NumberOfClasses
    from bayespanel.inference.fit import Fit

MOST_SAMPLES = 10_000
"""Samples from each model, at most."""


def mean_trajectories(fit: Fit, *, prob: float = 0.95) -> xr.Dataset:
    """Return the mean course of each class with its band.

    Returns
    -------
    xr.Dataset
        mean, lower, upper [trajectory, wave], raw units.

    Raises
    ------
    SpecError
        The fit is of another family.
    """
    from bayespanel.families.trajectories import membership as rooms

    _spec(fit)
    return rooms.mean_trajectories(fit.posterior, prob)


def class_table(fit: Fit, *, prob: float = 0.95) -> pd.DataFrame:
    """Return a row per class: its size with its interval, pupils, mean at the first and last wave, and entropy.

    Where both arms share the classes, a row per class and arm: the size had all pupils been in that arm.

    Raises
    ------
    SpecError
        The fit is of another family.
    """
    from bayespanel.families.trajectories import membership as rooms

    return rooms.class_table(_spec(fit), fit.posterior, fit.data, prob)


def membership(fit: Fit, panel: Panel) -> pd.DataFrame:
    """Return the probability of each class for each pupil.

    Parameters
    ----------
    fit
        The fit; it does not know the pupils' labels, the panel does.
    panel
        The pupils: those of the fit, or others seen at the same waves.

    Returns
    -------
    DataFrame
        pupil, a column per class, most_likely, and probability, that of the likeliest. Classify nobody by it whose
        probability is far from 1, and use evidence(fit), not this table, for statements about predictors: it carries
        the uncertainty of membership through.

    Raises
    ------
    SpecError
        The fit is of another family.
    DataError
        The panel lacks what the model needs, or has other waves, scores or clusters.
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
    tune: int = 300,
    draws: int = 500,
    cores: int | None = None,
    progress: bool = True,
) -> NumberOfClasses:
    """Compare numbers of classes; classes are descriptions of courses, and no score counts kinds of children.

    Parameters
    ----------
    spec, data
        A model of trajectories and its data; everything but the number of classes stays.
    seed
        Of the fits.
    classes
        Numbers to try.
    loo
        Whether to sample each model and leave out pupils; without, only maximum likelihood, in seconds.
    tune, draws, cores, progress
        As in `fit`, for four chains each.

    Returns
    -------
    DataFrame
        A row per number:

        - `log_likelihood`, `parameters`, `bic`, `bic_difference` (from the best), `entropy`, `smallest` (share of the
          smallest class), `starts` that reached the best maximum, `converged`, `boundary` and `proper` as in
          `maximum_likelihood`, and in `problem` a sentence on each that is not as it should be, or why there is no
          answer: by maximum likelihood, without effects of clusters;
        - `elpd`, the expected log predictive density for a pupil left out (PSIS-LOO), `elpd_difference` from the best
          and its standard error `difference_se`, `bad_k` (pupils for whom it is not to be trusted: Pareto k > 0.7),
          `checks_passed`;
        - `continuum_difference`, BIC less that of one continuum of courses: no classes, every pupil's own intercept and
          slope from one normal distribution; both of the scores alone, without predictors. Unless the classes are
          better by 6 or more, `problem` begins with it.

        Above the printed table, and in `attrs["sentence"]`, stands whether the scores call for classes at all.

    Raises
    ------
    SpecError
        Another family, or classes that differ by arm.
    DataError
        When the data lack what the model needs.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), doi:10.1007/s11222-016-9696-4; Nylund, Asparouhov & Muthén (2007),
    doi:10.1080/10705510701575396, on BIC; Bauer & Curran (2003), doi:10.1037/1082-989X.8.3.338, on classes where there
    is one skewed or varied population.
    """
    from bayespanel.families.trajectories.number import compare
    from bayespanel.families.trajectories.statistics import data_for

    model = _trajectories(specification(spec))
    asked = list(classes) if isinstance(classes, Iterable) else [classes]
    if not asked or not all(isinstance(n, Integral) and 1 <= n <= MOST for n in asked):
        raise SpecError(
            f"Numbers of classes are whole, from 1 to {MOST}.", f"Given: {asked}.", "Write classes=range(1, 6), say."
        )
    numbers = sorted(map(int, set(asked)))
    rows = data_for(model.with_classes(numbers[-1]), data)

    def sample(one: Trajectories, own: PanelRows) -> tuple[xr.Dataset, bool]:
        from bayespanel import verbs

        fitted = verbs.fit(one, own, seed=seed, tune=tune, draws=draws, cores=cores, progress=progress)
        return fitted.posterior, bool(verbs.checks(fitted)["passed"].all())

    return compare(model, rows, numbers, sample if loo else None)


def continuum(
    spec: Spec | Card, data: Panel | PanelRows, *, seed: int, samples: int = 99, progress: bool = True
) -> ContinuumCheck:
    """Weigh classes against one continuum of courses, by samples drawn from each of the two at their best.

    One continuum has no classes: every pupil's own intercept and slope come from one normal distribution (the intercept
    alone where courses are constant or waves too few). Both models describe the scores alone, without predictors, arm
    and clusters, and are fitted by maximum likelihood to the data and to every sample.

    Parameters
    ----------
    spec, data
        A model of two classes or more, and its data.
    seed
        Of the samples.
    samples
        Drawn from each model; the time is that of twice as many searches for a maximum, of 0.1 to 2 seconds each for a
        thousand pupils.
    progress
        Whether to show a progress bar on standard error.

    Returns
    -------
    ContinuumCheck
        `verdict`: "classes", "continuum", "undecided" or "neither", and the two p values behind it with their Monte
        Carlo errors; print it for sentences.

    Raises
    ------
    SpecError
        Another family, one class, classes that differ by arm, or a number of samples that is not whole and 19 or more,
        below which no p value falls under .05.
    DataError
        When the data lack what the model needs.
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
            "A continuum is set beside two classes or more.", "The model has one class.", "Write classes=3, say."
        )
    for name, value, least, most in (("samples", samples, 19, MOST_SAMPLES), ("seed", seed, 0, None)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least or (most and value > most):
            limits = f"from {least} to {most}" if most else f"{least} or more"
            raise SpecError(f"'{name}' is a whole number, {limits}.", f"It is {value!r}.", f"Write {name}=99, say.")
    rows = rows_for(model, data)
    with counted_bar(progress, "samples", 2 * samples) as advance:
        return weigh(model, rows, int(seed), int(samples), advance)


def _spec(fit: Fit) -> Trajectories:
    return _trajectories(fit.spec)


def _trajectories(spec: object) -> Trajectories:
    if not isinstance(spec, Trajectories):
        raise SpecError(
            "Classes of pupils are those of trajectories.",
            f"The model is a {type(spec).__name__}.",
            "Give a Trajectories, or the fit of one.",
        )
    return spec
