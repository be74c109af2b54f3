"""Ready worlds: design-matched assumptions, every one of them a parameter or stated here.

None of these numbers is an estimate from the studies whose design they match, and none says anything about children.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.shared import world_fields as given
from bayespanel.families.shared.ready import ORDINAL_VICTIMISATION, ready, require_shares
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError

MOST_WAVES = 1000
"""Waves of a ready world at most."""

TRIANGLE_LOADINGS = {
    "warmth": -0.50,
    "rejection": 0.65,
    "depression": 0.75,
    "anxiety": 0.60,
    "externalising": 0.65,
    "bullying": 0.45,
    "victimisation": 0.60,
}
"""Variables of the triangle and their loadings on one factor. Products of two loadings are the correlations of the
stable parts: .22 to .49 in size, negative with warmth."""

TRIANGLE_LAGS = {
    "warmth": {"warmth": 0.30, "depression": -0.04, "anxiety": -0.03, "externalising": -0.04, "bullying": -0.03},
    "rejection": {"rejection": 0.25, "depression": 0.05, "anxiety": 0.04, "externalising": 0.05, "bullying": 0.05},
    "depression": {"warmth": -0.05, "rejection": 0.06, "depression": 0.30, "victimisation": 0.08},
    "anxiety": {"rejection": 0.03, "anxiety": 0.30, "victimisation": 0.06},
    "externalising": {"rejection": 0.04, "externalising": 0.35, "victimisation": 0.05},
    "bullying": {"warmth": -0.03, "rejection": 0.05, "bullying": 0.15, "victimisation": 0.05},
    "victimisation": {"depression": 0.06, "bullying": 0.05, "victimisation": 0.25},
}
"""Target -> source -> lag, in standard deviations, without the direct paths between parents and victimisation. What is
not listed is 0; in particular anxiety -> victimisation and externalising -> victimisation."""


@ready
def triangle_panel(
    *,
    pupils: int | None = None,
    schools: int = 99,
    variables: Sequence[str] = tuple(TRIANGLE_LOADINGS),
    direct: float = 0.03,
    person_share: float = 0.5,
    class_icc: float = 0.05,
    school_icc: float = 0.02,
    missing_wave: float = 0.10,
    cohorts: int = 4,
    ordinal: bool = False,
    skew: float = 0.0,
    reliability: float = 1.0,
    continuous: bool = False,
    re_formed_classes: bool = False,
) -> PanelWorld:
    """Return a world with the design of the spillover study: seven variables on the triangle, five unequal gaps.

    Waves are at months 0, 5, 12, 17 and 24 of three school years. Every variable has mean 0 and variance 1 at every
    wave. Stable parts correlate by `TRIANGLE_LOADINGS`, within-person parts half as strongly, classes and schools by
    .3 (negative with warmth).

    Parameters
    ----------
    pupils, schools
        Number of pupils and schools; classes hold 18 to 25. Pupils left out are as many per school as in the study.
    variables
        Those of the seven that there are; without a mediator, nothing runs through it.
    direct
        Lag from parental rejection to victimisation and back; between warmth and victimisation it is -2/3 of that.
    person_share, class_icc, school_icc
        Shares of the variance: pupils' stable parts, classes, schools. The rest is within pupils.
    missing_wave
        Probability of missing a wave.
    cohorts
        Number of cohorts, the oldest of which leaves after each school year.
    ordinal
        Whether victimisation is reported in five categories, 0 to 4, 60 % of them 0.
    skew
        Skew of all other problems than victimisation, as in `PanelWorld`; 0 for none.
    reliability
        Share of the variance of true scores in that of observed ones; below 1 there is measurement error.
    continuous
        Whether the process runs in continuous time: the lags given are those of 6 months, and those of each interval
        follow from its length.
    re_formed_classes
        Whether the pupils of a cohort and school are shared out among its classes anew in every school year.

    Returns
    -------
    PanelWorld

    Raises
    ------
    SpecError
        Unknown variables, a reliability outside of 0 to 1, shares that exceed 1, lags that leave no innovations, or
        sizes that do not fit.
    """
    names = given.texts("variables", variables, least=1)
    for name in names:
        given.known_name("variables", name, tuple(TRIANGLE_LOADINGS), "triangle")
    if not 0 < reliability <= 1:
        raise SpecError("'reliability' is above 0 and at most 1.", f"It is {reliability:g}.", "Give such a number.")
    lags = {target: dict(row) for target, row in TRIANGLE_LAGS.items()}
    lags["victimisation"] |= {"rejection": direct, "warmth": -2 / 3 * direct}
    lags["rejection"]["victimisation"] = direct
    lags["warmth"]["victimisation"] = -2 / 3 * direct
    loadings = np.array([TRIANGLE_LOADINGS[name] for name in names])
    signs = np.sign(loadings)
    number = round(9779 * schools / 99) if pupils is None else pupils
    world = _stationary(
        names,
        (0, 5, 12, 17, 24),
        _lag_matrix(names, lags),
        within_corr=_unit_diagonal(0.5 * np.outer(loadings, loadings)),
        intercept_corr=_unit_diagonal(np.outer(loadings, loadings)),
        cluster_corr=_unit_diagonal(0.3 * np.outer(signs, signs)),
        shares=(person_share, class_icc, school_icc),
        schools=schools,
        classes_per_school=_classes(number, schools),
        pupils=number,
        school_years=(0, 1, 1, 2, 2),
        cohorts=cohorts,
        missing_wave=missing_wave,
        ordinal={"victimisation": ORDINAL_VICTIMISATION} if ordinal and "victimisation" in names else {},
        per_months=6.0 if continuous else None,
    )
    skewed = [name for name in names if name not in ("warmth", "victimisation")] if skew else []
    noise = np.full(len(names), np.sqrt(1 / reliability - 1)) if reliability < 1 else None
    return replace(
        world,
        skew=dict.fromkeys(skewed, skew),
        measurement_error_sd=noise,
        re_formed_classes=re_formed_classes,
    )


@ready
def small_triangle(
    *,
    pupils: int = 600,
    schools: int = 20,
    waves: int = 4,
    person_share: float = 0.45,
    class_icc: float = 0.05,
    school_icc: float = 0.05,
    missing_wave: float = 0.05,
) -> PanelWorld:
    """Return a small world whose lags are clearly not zero: rejection, depression and victimisation.

    For quick studies of recovery; its lags are larger than any to be expected of pupils. Variance 1, mean 0, yearly
    waves. Parameters as in `triangle_panel`.

    Raises
    ------
    SpecError
        As in `triangle_panel`.
    """
    names = ("rejection", "depression", "victimisation")
    lags = {
        "rejection": {"rejection": 0.30, "depression": 0.10, "victimisation": 0.10},
        "depression": {"rejection": 0.20, "depression": 0.25, "victimisation": 0.15},
        "victimisation": {"rejection": 0.10, "depression": 0.20, "victimisation": 0.30},
    }
    return _stationary(
        names,
        _yearly(waves),
        _lag_matrix(names, lags),
        within_corr=_equal_corr(3, 0.2),
        intercept_corr=_equal_corr(3, 0.4),
        cluster_corr=_equal_corr(3, 0.3),
        shares=(person_share, class_icc, school_icc),
        schools=schools,
        classes_per_school=_classes(pupils, schools),
        pupils=pupils,
        missing_wave=missing_wave,
    )


@ready
def null_panel(
    *,
    variables: Sequence[str] = ("rejection", "victimisation"),
    pupils: int = 1500,
    schools: int = 25,
    waves: int = 5,
    carry_over: float = 0.3,
    intercept_corr: float = 0.6,
    within_corr: float = 0.2,
    person_share: float = 0.5,
    class_icc: float = 0.0,
    school_icc: float = 0.0,
    missing_wave: float = 0.0,
) -> PanelWorld:
    """Return a world in which nothing spills over, though stable differences correlate strongly.

    Every cross-lag is 0. A cross-lagged model without random intercepts reports spillover here; a model that tells
    stable differences from effects does not. Variance 1, mean 0, yearly waves.

    Parameters
    ----------
    variables
        Names of the variables, two or more.
    carry_over
        Lag of each variable on itself.
    intercept_corr, within_corr
        Correlation of each two stable parts, and of each two within-person parts at one wave.
    pupils, schools, waves, person_share, class_icc, school_icc, missing_wave
        As in `triangle_panel`; here class and school make no difference unless asked for.

    Raises
    ------
    SpecError
        As in `triangle_panel`.
    """
    names = given.texts("variables", variables, least=1)
    return _stationary(
        names,
        _yearly(waves),
        carry_over * np.eye(len(names)),
        within_corr=_equal_corr(len(names), within_corr),
        intercept_corr=_equal_corr(len(names), intercept_corr),
        cluster_corr=_equal_corr(len(names), 0.3),
        shares=(person_share, class_icc, school_icc),
        schools=schools,
        classes_per_school=_classes(pupils, schools),
        pupils=pupils,
        missing_wave=missing_wave,
    )


@ready
def two_variables(
    *,
    pupils: int = 1000,
    waves: int = 4,
    icc: float = 0.5,
    carry_over: tuple[float, float] = (0.20, 0.30),
    cross: tuple[float, float] = (0.10, 0.15),
    within_corr: float = 0.26,
    intercept_corr: float = 0.35,
    missing_wave: float = 0.0,
) -> PanelWorld:
    """Return a world of two variables, x and y, without classes or schools; by default that of Mulder (2023).

    The within-person variance is 1 at every wave, and that of stable parts icc / (1 - icc).

    Parameters
    ----------
    pupils, waves
        Their numbers.
    icc
        Share of the stable parts in the variance.
    carry_over
        Lags of x on x and of y on y.
    cross
        Lags of x on y and of y on x.
    within_corr, intercept_corr
        Correlation of the within-person parts at a wave, and of the stable parts.
    missing_wave
        Probability of missing a wave.

    Raises
    ------
    SpecError
        As in `triangle_panel`.

    References
    ----------
    Mulder (2023), Structural Equation Modeling, doi:10.1080/10705511.2022.2122467.
    """
    lag = np.array([[carry_over[0], cross[1]], [cross[0], carry_over[1]]])
    schools = max(1, round(pupils / 43))  # two classes each, which make no difference
    world = _stationary(
        ("x", "y"),
        _yearly(waves),
        lag,
        within_corr=_equal_corr(2, within_corr),
        intercept_corr=_equal_corr(2, intercept_corr),
        cluster_corr=np.eye(2),
        shares=(icc, 0.0, 0.0),
        schools=schools,
        classes_per_school=(1, 4),
        pupils=pupils,
        missing_wave=missing_wave,
    )
    unit = 1 / np.sqrt(1 - icc)  # from total variance 1 to within-person variance 1
    return replace(
        world,
        initial_sd=world.initial_sd * unit,
        innovation_sd=world.innovation_sd * unit,
        intercept_sd=None if world.intercept_sd is None else world.intercept_sd * unit,
    )


def _stationary(
    variables: tuple[str, ...],
    months: tuple[float, ...],
    lag: Array,
    *,
    within_corr: Array,
    intercept_corr: Array,
    cluster_corr: Array,
    shares: tuple[float, float, float],
    schools: int,
    classes_per_school: tuple[int, int],
    pupils: int,
    school_years: tuple[int, ...] | None = None,
    cohorts: int = 1,
    missing_wave: float = 0.0,
    ordinal: Mapping[str, Sequence[float]] | None = None,
    per_months: float | None = None,
) -> PanelWorld:
    """Return a world with variance 1 at every wave: the innovations W - A W A' keep the within covariance W.

    With `per_months`, A is that of so many months, and an interval of another length has the matching power of it.
    """
    person, classroom, school = shares
    require_shares(pupil=person, **{"class": classroom}, school=school)
    within = 1 - person - classroom - school
    size = {"variable, variable": (len(variables), len(variables))}
    for name, corr in (("within_corr", within_corr), ("intercept_corr", intercept_corr)):
        given.array(name, corr, size)
    if per_months is not None:
        lag = np.stack([_power(lag, gap / per_months) for gap in np.diff(months)])
    innovation = within * (within_corr - lag @ within_corr @ np.swapaxes(lag, -1, -2))
    if np.linalg.eigvalsh(innovation).min() <= 0:
        raise SpecError(
            "Lags leave something to innovations.",
            "With these lags the variance within pupils would grow from wave to wave.",
            "Make the lags smaller.",
        )
    innovation_sd = np.sqrt(np.einsum("...ii->...i", innovation))
    ones = np.ones(len(variables))
    return PanelWorld(
        variables=variables,
        months=months,
        lag=lag,
        initial_sd=np.sqrt(within) * ones,
        initial_corr=within_corr,
        innovation_sd=innovation_sd,
        innovation_corr=_unit_diagonal(innovation / (innovation_sd[..., :, None] * innovation_sd[..., None, :])),
        intercept_sd=np.sqrt(person) * ones if person else None,
        intercept_corr=intercept_corr if person else None,
        class_sd=np.sqrt(classroom) * ones if classroom else None,
        class_corr=cluster_corr if classroom else None,
        school_sd=np.sqrt(school) * ones if school else None,
        school_corr=cluster_corr if school else None,
        schools=schools,
        classes_per_school=classes_per_school,
        pupils=pupils,
        school_years=school_years,
        cohorts=cohorts,
        missing_wave=missing_wave,
        ordinal=ordinal or {},
    )


def _power(lag: Array, exponent: float) -> Array:
    """Return a real power of a matrix whose eigenvalues are positive or come in conjugate pairs."""
    values, vectors = np.linalg.eig(lag.astype(complex))
    return np.asarray((vectors * values**exponent @ np.linalg.inv(vectors)).real)


def _lag_matrix(names: tuple[str, ...], lags: Mapping[str, Mapping[str, float]]) -> Array:
    return np.array([[lags[target].get(source, 0.0) for source in names] for target in names])


def _unit_diagonal(matrix: Array) -> Array:
    copy = matrix.copy()
    copy[..., np.arange(matrix.shape[-1]), np.arange(matrix.shape[-1])] = 1.0
    return copy


def _equal_corr(size: int, correlation: float) -> Array:
    return _unit_diagonal(np.full((size, size), correlation))


def _yearly(waves: int) -> tuple[float, ...]:
    """Return the months of yearly waves."""
    return tuple(12.0 * wave for wave in range(given.whole("waves", waves, least=2, most=MOST_WAVES)))


def _classes(pupils: int, schools: int) -> tuple[int, int]:
    """Return a range of classes per school around what these pupils need: schools of unequal size."""
    average = pupils / given.whole("schools", schools, least=1) / 21.5  # classes of 18 to 25
    low = max(1, round(0.4 * average))
    return low, max(low, round(2 * average) - low)
