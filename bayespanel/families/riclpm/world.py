"""A world: everything that decides how simulated pupils come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayespanel.errors import SpecError, nearest
from bayespanel.plain_names import require_plain_names

type Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PanelWorld:
    """A population of pupils in classes in schools, and how it is observed.

    Parameters carry the names that they have in the posterior, so that a fit can be held against them:

        y[i, t] = mean[t] + school + class + r[i] + w[i, t],
        w[i, 1] ~ Normal(0, initial), w[i, t] = lag[t-1] w[i, t-1] + u[i, t], u[i, t] ~ Normal(0, innovation[t-1]).

    A pupil belongs to one class all along. Classes that re-form every school year are to come.

    Parameters
    ----------
    variables
        Names of the variables.
    months : [wave]
        When each wave is held, increasing. They describe the design: lags are per interval, whatever its length.
    lag : [target, source] or [interval, target, source]
        Effect of the source at one wave on the target at the next, raw units.
    initial_sd : [variable]
        Within-person standard deviation at the first wave, raw units.
    innovation_sd : [variable] or [interval, variable]
        Standard deviation of the innovations, raw units.
    initial_corr, innovation_corr : [variable, variable]; the latter also [interval, variable, variable]
        Correlations; None for uncorrelated.
    intercept_sd, intercept_corr : [variable], [variable, variable]
        Pupils' stable parts; None: there are none, or they are uncorrelated.
    class_sd, class_corr, school_sd, school_corr : [variable], [variable, variable]
        Cluster effects, one per variable. With [wave, variable] and [cell, cell] (cells in wave-major order) there is
        one per wave and variable. None: there are none, or they are uncorrelated.
    mean : [variable] or [wave, variable]
        Expected scores, raw units; None for 0.
    schools
        Number of schools.
    classes_per_school, pupils_per_class
        Smallest and largest size; sizes in between are equally likely.
    pupils
        Exact number of pupils; None leaves it to the sizes drawn.
    school_years : [wave]
        School year (0, 1, ...) in which each wave falls; None: all in one.
    cohorts
        Number of cohorts over which classes are spread. The oldest leaves after the first school year, the next after
        the second, and so on. 1: nobody leaves.
    missing_wave
        Probability that a pupil misses a wave, whatever its scores (missing completely at random). No pupil misses
        all waves: who would have keeps one of them.
    dropout
        Probability per wave that an average pupil, once seen, never returns.
    dropout_variable, dropout_slope
        Log-odds of dropout per standard deviation of this variable's last observed score: missing at random.
    measurement_error_sd : [variable]
        Noise of each observed score, raw units; None for none.
    skew
        Variable -> k > 0: its deviation d from the mean becomes (exp(k d) - 1) / k. With a standard normal d, k = .5
        gives a skewness of 1.75.
    ordinal
        Variable -> increasing cut points: its score becomes the number of cut points that it reaches, 0, 1, ...

    Raises
    ------
    SpecError
        For shapes that do not fit, negative standard deviations, matrices that are no correlation matrices, sizes
        that cannot hold the pupils, probabilities outside 0..1, unknown variables.
    """

    variables: tuple[str, ...]
    months: tuple[float, ...]
    lag: Array
    initial_sd: Array
    innovation_sd: Array
    initial_corr: Array | None = None
    innovation_corr: Array | None = None
    intercept_sd: Array | None = None
    intercept_corr: Array | None = None
    class_sd: Array | None = None
    class_corr: Array | None = None
    school_sd: Array | None = None
    school_corr: Array | None = None
    mean: Array | None = None
    schools: int = 30
    classes_per_school: tuple[int, int] = (2, 4)
    pupils_per_class: tuple[int, int] = (18, 25)
    pupils: int | None = None
    school_years: tuple[int, ...] | None = None
    cohorts: int = 1
    missing_wave: float = 0.0
    dropout: float = 0.0
    dropout_variable: str | None = None
    dropout_slope: float = 0.0
    measurement_error_sd: Array | None = None
    skew: Mapping[str, float] = field(default_factory=dict)
    ordinal: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every field; arrays become read-only copies."""
        object.__setattr__(self, "variables", tuple(self.variables))
        object.__setattr__(self, "months", tuple(float(month) for month in self.months))
        _check_names(self)
        _check_arrays(self)
        _check_sizes(self)
        _check_observation(self)

    @property
    def waves(self) -> int:
        """Number of waves."""
        return len(self.months)


def _check_names(world: PanelWorld) -> None:
    names = world.variables
    if all(isinstance(name, str) for name in names):
        require_plain_names(names, "variable of a world")
    if not names or len(set(names)) != len(names):
        raise SpecError(
            "A world has variables, each with its own name.", f"Given: {list(names)}.", "Name each variable once."
        )
    reserved = sorted({"pupil", "wave", "school", "class"} & set(names))
    if reserved:
        raise SpecError(
            "The columns pupil, wave, school and class describe the design.",
            f"A variable is called '{reserved[0]}'.",
            "Rename the variable.",
        )
    if world.waves < 2 or not np.all(np.diff(world.months) > 0):
        raise SpecError(
            "A panel has two waves or more, at increasing months.", f"months = {world.months}.", "Correct the months."
        )


def _check_arrays(world: PanelWorld) -> None:
    v, t = len(world.variables), world.waves
    one: dict[str, tuple[int, ...]] = {"variable": (v,)}
    matrix: dict[str, tuple[int, ...]] = {"variable, variable": (v, v)}
    _settle(world, "lag", {"target, source": (v, v), "interval, target, source": (t - 1, v, v)})
    _settle(world, "mean", one | {"wave, variable": (t, v)})
    for name in ("initial_sd", "intercept_sd", "measurement_error_sd"):
        _settle(world, name, one)
    _settle(world, "innovation_sd", one | {"interval, variable": (t - 1, v)})
    for name in ("initial_corr", "intercept_corr"):
        _settle(world, name, matrix)
    _settle(world, "innovation_corr", matrix | {"interval, variable, variable": (t - 1, v, v)})
    for level in ("class", "school"):
        _settle(world, f"{level}_sd", one | {"wave, variable": (t, v)})
        sd = getattr(world, f"{level}_sd")
        by_wave = sd is not None and sd.ndim == 2
        _settle(world, f"{level}_corr", {"cell, cell": (t * v, t * v)} if by_wave else matrix)


def _settle(world: PanelWorld, name: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Replace an array by a checked, read-only copy."""
    given = getattr(world, name)
    if given is None:
        return
    array = np.array(given, dtype=np.float64)
    if array.shape not in shapes.values():
        allowed = " or ".join(f"[{dims}] = {shape}" for dims, shape in shapes.items())
        raise SpecError(f"'{name}' has the shape {allowed}.", f"It has the shape {array.shape}.", "Reshape it.")
    if not np.isfinite(array).all():
        raise SpecError(f"'{name}' holds finite numbers.", "One is not finite.", "Correct it.")
    if name.endswith("_sd") and (array < 0).any():
        raise SpecError("A standard deviation is at least 0.", f"'{name}' holds {array.min():g}.", "Correct it.")
    if name.endswith("_corr"):
        _check_correlation(name, array)
    array.flags.writeable = False
    object.__setattr__(world, name, array)


def _check_correlation(name: str, array: Array) -> None:
    for matrix in array.reshape(-1, *array.shape[-2:]):
        # Rounded tables are symmetric to their last digit; ones computed here to rounding error.
        if not np.allclose(matrix, matrix.T, atol=1e-12) or not np.allclose(np.diag(matrix), 1, atol=1e-12):
            raise SpecError(
                "A correlation matrix is symmetric with ones on its diagonal.",
                f"'{name}' is not.",
                "Give correlations here and standard deviations apart.",
            )
        smallest = float(np.linalg.eigvalsh(matrix)[0])
        if smallest <= 1e-10:
            raise SpecError(
                "A correlation matrix is positive definite.",
                f"The smallest eigenvalue of '{name}' is {smallest:.3g}.",
                "Make its largest correlations smaller: no variables can correlate like this.",
            )


def _check_sizes(world: PanelWorld) -> None:
    for name in ("classes_per_school", "pupils_per_class"):
        low, high = getattr(world, name)
        if not 1 <= low <= high:
            raise SpecError(
                f"'{name}' is a smallest and a largest size, at least 1.", f"It is ({low}, {high}).", "Correct it."
            )
    if world.schools < 1 or world.cohorts < 1:
        raise SpecError(
            "A world has at least one school and one cohort.",
            f"schools = {world.schools}, cohorts = {world.cohorts}.",
            "Give positive numbers.",
        )
    least, most = (world.schools * world.classes_per_school[i] * world.pupils_per_class[i] for i in (0, 1))
    if world.pupils is not None and not least <= world.pupils <= most:
        raise SpecError(
            "The schools can hold the pupils.",
            f"{world.schools} schools hold {least} to {most} pupils, not {world.pupils}.",
            "Change schools, classes_per_school or pupils_per_class.",
        )
    low, high = world.pupils_per_class
    if world.pupils is not None and -(-world.pupils // high) > world.pupils // low:
        raise SpecError(
            "The pupils can be divided into classes of the given sizes.",
            f"{world.pupils} pupils fit into no number of classes of {low} to {high}.",
            "Change pupils, or widen pupils_per_class.",
        )
    years = world.school_years
    if years is not None and (len(years) != world.waves or list(years) != sorted(years) or min(years) < 0):
        raise SpecError(
            "Each wave falls into a school year, 0, 1, ..., in order.",
            f"school_years = {tuple(years)} with {world.waves} waves.",
            "Give one year per wave.",
        )
    if world.cohorts > 1 and (years is None or years[0] != 0):
        raise SpecError(
            "Cohorts leave after a school year, and the first wave falls into year 0.",
            f"There are {world.cohorts} cohorts, and school_years = {years}.",
            "Give school_years such as (0, 1, 1, 2, 2), or cohorts=1.",
        )


def _check_observation(world: PanelWorld) -> None:
    for name in ("missing_wave", "dropout"):
        if not 0 <= getattr(world, name) < 1:
            raise SpecError(
                f"'{name}' is a probability below 1.", f"It is {getattr(world, name):g}.", "Give 0 <= p < 1."
            )
    for name, known in (("skew", world.skew), ("ordinal", world.ordinal)):
        for variable in known:
            _check_variable(world, name, variable)
    if world.dropout_variable is not None:
        _check_variable(world, "dropout_variable", world.dropout_variable)
    if world.dropout_slope and (world.dropout_variable is None or not world.dropout):
        raise SpecError(
            "A dropout slope belongs to a variable and a rate.",
            f"dropout_slope = {world.dropout_slope:g}, dropout_variable = {world.dropout_variable}, "
            f"dropout = {world.dropout:g}.",
            "Give all three, or no slope.",
        )
    both = sorted(set(world.skew) & set(world.ordinal))
    if both:
        raise SpecError(
            "A variable is skewed or ordinal: cut points can say both.",
            f"{both[0]!r} is in 'skew' and 'ordinal'.",
            "Leave it out of 'skew' and move its cut points.",
        )
    for variable, strength in world.skew.items():
        if not 0 < strength < np.inf:
            raise SpecError("A skew is positive and finite.", f"{variable!r} has {strength:g}.", "Give a positive k.")
    for variable, cuts in world.ordinal.items():
        if len(cuts) == 0 or not np.all(np.diff(cuts) > 0) or not np.isfinite(cuts).all():
            raise SpecError(
                "Cut points are finite and increase.", f"{variable!r} has {list(cuts)}.", "Put them in order."
            )
    object.__setattr__(world, "skew", dict(world.skew))
    object.__setattr__(world, "ordinal", {name: tuple(map(float, cuts)) for name, cuts in world.ordinal.items()})


def _check_variable(world: PanelWorld, name: str, variable: str) -> None:
    if variable not in world.variables:
        raise SpecError(
            f"'{name}' speaks of the world's variables.",
            f"{variable!r} is none. {nearest(variable, list(world.variables))}",
            "Correct the name.",
        )
