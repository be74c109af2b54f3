"""Component: one of the covariances that add up to those of pupils and clusters.

It says what a covariance is called, whose it is, whether there is one for each interval between waves or one over all
waves, and what its standard deviations are before the data. `RICLPM.components` lists those of a model, for all rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespanel.language.prior import Prior

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


GROWTH = ("intercept", "slope")
"""Growth factors: a straight line for each pupil and variable, over waves counted from 0."""

SIDES = {"wave": ("cell", "cell_"), "growth": ("factor", "factor_")}
"""What a component has several effects of each variable over -> the dimensions of its matrix."""


def growth_loading(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how growth factors act on waves [wave, growth factor]: 1, and the time since the first wave."""
    import numpy as np

    return np.stack([np.ones(len(times)), times - times[0]], axis=1)


def growth_units(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what growth factors [growth factor] count in: a slope, in the change from the first wave to the last."""
    import numpy as np

    return np.array([1.0, 1.0 / (times[-1] - times[0])])


@dataclass(frozen=True)
class Component:
    """One covariance of the model.

    Attributes
    ----------
    name
        First part of its names in the posterior: `<name>_sd`, `<name>_corr`.
    level
        The level of the effects: "pupil", "class" or "school"; None for deviations within pupils.
    over
        "interval": one matrix for each interval between waves. "wave": one matrix over all waves and variables (cells).
        "growth": one matrix over growth factors, the intercepts and then the linear slopes of the variables. None: one
        matrix over the variables.
    anew
        Whether it is drawn anew at every wave: it then has no correlations between waves. There is one covariance over
        the variables or, over waves, a variance for each wave and variable. Of deviations within pupils only the
        process says how they go on.
    correlated
        Whether variables correlate in it. False: there are variances only.
    fixed
        Whether its variances are known: they have no prior and are not estimated.
    follows
        Whether its covariance follows from other parameters: it has no prior and is not estimated.
    later
        Whether its effects act on the waves after the first by loadings that are estimated, `intercept_loading`.
    carried
        Whether its effects enter every wave after the first anew, and the lags carry on what they did before.
    start
        What carried effects do to the first wave, by `first_loading`. "any": each effect anything to every variable.
        "own": each something to its own variable. Empty: they have loadings of 1, as effects that are not carried.
    arrives
        Whether it arrives in continuous time, so that its standard deviations are those of a unit of time.
    largest
        Scale of the half-normal default prior of its standard deviations, in standard deviations of the variables.
    reason
        Why that is the default.
    """

    name: str
    level: str | None
    over: str | None
    largest: float
    reason: str
    anew: bool = False
    correlated: bool = True
    fixed: bool = False
    follows: bool = False
    later: bool = False
    carried: bool = False
    start: str = ""
    arrives: bool = False

    @property
    def signed(self) -> bool:
        """Whether its standard deviations may be 0, so that the model samples a scale with a sign."""
        return (self.level is not None or self.anew) and not self.fixed

    @property
    def block(self) -> str:
        """Name of its covariance, or of its variances, among the estimates of maximum likelihood."""
        return f"{self.name}_cov" if self.correlated else f"{self.name}_variance"

    @property
    def side(self) -> tuple[str, str]:
        """Dimensions of its matrix: variables, cells (waves and variables), or growth factors of variables."""
        return SIDES.get(self.over or "", ("variable", "variable_"))

    def lead(self, waves: int) -> tuple[str, ...]:
        """Return ("interval",) where there is more than one matrix, one for each interval; else nothing."""
        return ("interval",) if self.over == "interval" and waves > 2 else ()

    @property
    def stable(self) -> bool:
        """Whether there is one matrix over the variables, which acts in the same way at all waves."""
        return self.over is None and not self.anew and not self.loads

    @property
    def estimated(self) -> bool:
        """Whether its covariance is a parameter of the model."""
        return not (self.fixed or self.follows)

    @property
    def loads(self) -> bool:
        """Whether how its effects act on the waves depends on parameters."""
        return self.later or self.carried

    @property
    def start_dims(self) -> tuple[str, ...]:
        """Return the dimensions of `first_loading`; nothing where it is not estimated."""
        return {"any": ("variable", "effect"), "own": ("variable",)}.get(self.start, ())

    def copies(self, waves: int) -> int:
        """Return how many effects there are for each variable."""
        return {"wave": waves, "growth": len(GROWTH)}.get(self.over or "", 1)

    def factor(self, times: NDArray[np.float64], variables: int) -> NDArray[np.float64]:
        """Return what its standard deviations [effect] count in, in those of the variables.

        A slope counts per study, what arrives in time, per usual gap between waves.
        """
        import numpy as np

        each = growth_units(times) if self.over == "growth" else np.ones(self.copies(len(times)))
        return np.repeat(each / np.sqrt(np.median(np.diff(times))) if self.arrives else each, variables)

    def sd_dims(self, waves: int) -> tuple[str, ...]:
        """Return the dimensions of its standard deviations in the posterior."""
        table = {"wave": ("wave",), "growth": ("growth_factor",)}.get(self.over or "", ())
        return (*self.lead(waves), *table, "variable")

    def corr_dims(self, waves: int) -> tuple[str, ...]:
        """Return the dimensions of its correlations in the posterior."""
        return (*self.lead(waves), *self.side)

    def sd_shape(self, waves: int, variables: int) -> tuple[int, ...]:
        """Return the shape of its standard deviations in the posterior."""
        lengths = {"interval": waves - 1, "wave": waves, "growth_factor": len(GROWTH), "variable": variables}
        return tuple(lengths[dim] for dim in self.sd_dims(waves))

    def number(self, waves: int) -> int:
        """Return how many matrices there are."""
        return waves - 1 if self.over == "interval" else 1

    def size(self, waves: int, variables: int) -> int:
        """Return the length of a side of its matrix."""
        return self.copies(waves) * variables

    def shape(self, waves: int, variables: int) -> tuple[int, ...]:
        """Return the shape of its standard deviations as the model samples them: (interval,) side."""
        size = self.size(waves, variables)
        return (waves - 1, size) if self.lead(waves) else (size,)

    def loading(self, times: NDArray[np.float64], variables: int) -> NDArray[np.float64]:
        """Return how effects act on scores [cell, effect], with loadings of 1 where these are estimated."""
        import numpy as np  # a card is shown without it

        if self.over == "wave":
            return np.eye(len(times) * variables)
        over_waves = growth_loading(times) if self.over == "growth" else np.ones((len(times), 1))
        return np.asarray(np.kron(over_waves, np.eye(variables)), dtype=np.float64)

    def in_world(self, form: str) -> str:
        """Return the field of a world that holds its "sd" or "corr"."""
        return f"{'measurement_error' if self.name == 'error' else self.name}_{form}"

    def mask(self, waves: int, variables: int) -> NDArray[np.float64]:
        """Return where it adds to the covariance of scores [cell, cell]: 1, or 0 between waves if drawn anew."""
        import numpy as np

        between = np.eye(waves) if self.anew else np.ones((waves, waves))
        return np.asarray(np.kron(between, np.ones((variables, variables))), dtype=np.float64)

    def correlates(self, variables: int) -> bool:
        """Return whether its matrix has correlations: not where one variable is alone in it."""
        return self.correlated and (variables > 1 or self.over in SIDES)

    def sd_prior(self) -> Prior:
        """Return the default row of its standard deviations."""
        return Prior(f"{self.name}_sd", "HalfNormal", (self.largest,), reason=self.reason, source="default")

    def corr_prior(self) -> Prior:
        """Return the default row of its correlations."""
        reason, source = "mildly against correlations of one", "default; doi:10.1016/j.jmva.2009.04.008"
        return Prior(f"{self.name}_corr", "LKJ", (2,), reason=reason, source=source)
