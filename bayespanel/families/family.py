"""What a family of models is: the protocol that each family fills.

A family is a folder, and its `family.py` makes one object of the kind that is written here. The rooms of a family are
modules of its folder. Each is imported when it is first asked for, so that reading a card or looking at a saved fit
starts no compiler. The type checker holds every module against the protocol of its room: a misspelt ability, a missing
function or a wrong argument is an error before anything runs. An ability that a family lacks is None.

The letters: S is the family's specification, G (given) the data that a user may pass, D the reduced data that the model
reads, and W the world that its simulator draws pupils from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pymc as pm
    import xarray as xr
    from numpy.typing import NDArray

    from bayespanel.data import Panel, Trial
    from bayespanel.families.shared.draft import DraftRoom
    from bayespanel.families.shared.equations import Equation
    from bayespanel.families.shared.further_rooms import CategoryRoom, ShiftRoom, VaryingRoom
    from bayespanel.families.shared.hints import DataHints, TrialHints
    from bayespanel.families.shared.scores_again import Scores
    from bayespanel.families.shared.sentences import Cite
    from bayespanel.inference.checks import Check
    from bayespanel.inference.maximum_likelihood import Estimates
    from bayespanel.language.prior import Prior
    from bayespanel.language.text_positions import Source
    from bayespanel.summaries.nulls import Nulls

    Array = NDArray[np.float64]


class StatisticsRoom[S, G, D](Protocol):
    """`statistics`: from data to what the model reads of them."""

    def data_for(self, spec: S, data: G, /) -> D:
        """Reduce data to what the model reads; a DataError where they lack something that the model needs."""

    def is_hierarchical(self, spec: S, /) -> bool:
        """Return whether the sampler needs small steps, as effects beside their own standard deviation ask for."""


class BuildRoom[S, G, D](Protocol):
    """`build`: from a specification and data to a model that can be sampled."""

    def build(self, spec: S, data: G, /) -> pm.Model:
        """Build the model."""

    def prior_model(self, spec: S, data: G, /) -> pm.Model:
        """Build the model for draws from its priors, with or without a likelihood in closed form."""

    def start(self, spec: S, data: D, /) -> dict[str, Array]:
        """Return where the search for the mode starts, where a variable's initial point will not do."""


class DrawsRoom[S, D](Protocol):
    """`draws`: from draws of the model's own variables to the posterior by its names."""

    def posterior(self, spec: S, data: D, free: Mapping[str, Array], /) -> xr.Dataset:
        """Name draws.

        Parameters
        ----------
        spec, data
            As the model was built with.
        free
            Values of the model's free variables, [chain, draw, ...].

        Returns
        -------
        xr.Dataset
            The posterior [chain, draw, ...] with the names of `language.names.PARAMETERS`, derived quantities included.
        """


class PathwaysRoom[S](Protocol):
    """`pathways`: from the posterior to pathways of the triangle."""

    def collect(self, spec: S, groups: Mapping[str, xr.Dataset], /, *, by_interval: bool) -> xr.Dataset:
        """Return `standardised` and `raw` [chain, draw, pathway] of kinds in `bayespanel.summaries.kinds`.

        Groups are named as in a fit.
        """


class ChecksRoom[S, D](Protocol):
    """`checks`: what can be wrong with a fit of this family only."""

    def checks(self, spec: S, posterior: xr.Dataset, data: D, /) -> list[Check]:
        """Return rows of the table of checks."""


class FitRowsRoom[S, D](Protocol):
    """`fit_rows`: whether the model fits the data as a whole, from what a saved fit holds, without a compiler."""

    def fit_rows(self, spec: S, posterior: xr.Dataset, data: D, /) -> list[Check]:
        """Return rows of checks, that of fit as a whole first; their hints name options that exist."""


class NullsRoom[S, D](Protocol):
    """`nulls`: prior densities of pathways at 0, for Bayes factors."""

    BEYOND: bool
    """Whether the density of the model is asked where no draws come near 0."""

    def nulls(self, spec: S, data: D, pathways: xr.Dataset, /) -> Nulls:
        """Return the logarithm of each pathway's prior density at 0, and on which scale."""


class EstimateRoom[S, G](Protocol):
    """`estimate`: the likelihood without priors."""

    def log_likelihood(self, spec: S, data: G, parameters: dict[str, Any], /) -> float:
        """Return the exact log-likelihood at parameters by their names in the posterior."""

    def maximum_likelihood(self, spec: S, data: G, /) -> Estimates:
        """Maximise it."""


class PredictiveRoom[S, D](Protocol):
    """`predictive`: what the model predicts beside what was observed."""

    def predictive(self, spec: S, posterior: xr.Dataset, data: D, seed: int, /) -> dict[str, pd.DataFrame]:
        """Return tables by name."""


class LeaveOutRoom[S, D](Protocol):
    """`leave_out`: log-densities of clusters or pupils."""

    def densities(
        self, spec: S, posterior: xr.Dataset, data: D, pupils: Panel | None, by: str, /
    ) -> tuple[Array, list[str]]:
        """Return the log-density [chain, draw, unit] of each school or pupil, and the names of these units."""

    def scored(self, spec: S, data: D, /) -> tuple[object, ...]:
        """Return what must be the same in models that are compared besides the data: the scores that they predict."""


class RefitRoom[S, D](Protocol):
    """`leave_out`, where a model can be fitted again without a unit."""

    def without(self, spec: S, panel: Panel, unit: int, by: str, /) -> Panel:
        """Return the panel without one of the units that `densities` names."""

    def density_of(
        self, spec: S, posterior: xr.Dataset, data: D, panel: Panel, by: str, unit: int, fitted: D, /
    ) -> Array:
        """Return the log-density [chain, draw] of one unit, under a posterior that was fitted to other data."""


class EquationsRoom[S](Protocol):
    """`equations`: the model as equations, each with words that say what every symbol in it stands for."""

    def equations(self, spec: S, /) -> tuple[Equation, ...]:
        """Return the equations in reading order; a symbol is explained where it comes first."""


class CardRoom[S](Protocol):
    """`card`: what may stand in a card of the family; imports pydantic."""

    CardTable: type[Any]
    """Its tables and keys."""

    def specification(self, table: Any, source: Source, /) -> S:
        """Make the specification of a card, one rule at a time, so that each error finds its line."""

    def hints(self, table: Any, /) -> DataHints | TrialHints:
        """Return how the table that the card was made for is read."""

    def described(self, spec: S, /) -> list[str]:
        """Say what a model is in paragraphs of text, for the command line."""


class TruthRoom[S, W](Protocol):
    """`truth`: a world's truth by the names of the posterior, and its pupils as the model's data."""

    def observed(self, spec: S, world: W, frame: pd.DataFrame, /) -> Panel | Trial:
        """Read simulated pupils as the data of the model."""

    def truth(self, spec: S, world: W, /) -> dict[str, xr.Dataset]:
        """Return the truth as groups of draws, with one draw each."""


class PriorWorldRoom[S, W](Protocol):
    """`prior_world`: a world whose truth is drawn from the priors of a model."""

    def prior_world(self, spec: S, world: W, rng: np.random.Generator, seed: int, /) -> tuple[W, xr.Dataset]:
        """Return the world, and the true values of those parameters that it does not hold."""


class SimulateRoom[W](Protocol):
    """`simulate`: pupils from a truth, by code that knows no model."""

    def simulate(self, world: W, seed: int, /) -> pd.DataFrame:
        """Draw the pupils of a world; a SpecError where the seed is not a whole number, 0 or more.

        The same seed gives the same table. One stream of random numbers moves no other.
        """


class SentencesRoom[S, D](Protocol):
    """`sentences`: what a methods section says of a model of the family."""

    @property
    def SCORES(self) -> str:
        """What the data hold: "scores", "outcomes"."""

    @property
    def PARAMETERS(self) -> Mapping[str, str]:
        """Names of priors that speak of something else than in other families -> what they speak of."""

    def sample(self, spec: S, data: D, /) -> Iterable[str]:
        """Say what was analysed."""

    def missing(self, spec: S, data: D, /) -> tuple[float, float | None] | None:
        """Return the shares of scores that are missing and of pupils who have all; None for what is not known."""

    def model(self, spec: S, data: D, cite: Cite, /) -> Iterable[str]:
        """Say what the model is."""

    def unit(self, spec: S, data: D, /) -> str:
        """Say what priors count in."""

    def scale(self, data: D, attrs: Mapping[str, Any], cite: Cite, /) -> Iterable[str]:
        """Say what the standardised scale of the evidence is."""

    def region(self, bound: float, cite: Cite, /) -> str:
        """Say what the upper bound of a symmetric region of practical equivalence means; "" where nothing more."""


class Family[S, G, D, W](Protocol):
    """One family of models, and all that it can do."""

    @property
    def name(self) -> str:
        """Name of the family in cards, worlds and files."""

    @property
    def specification(self) -> type[S]:
        """Class of its specifications."""

    @property
    def world(self) -> type[W]:
        """Class of its worlds, whose fields are a truth and a design."""

    @property
    def ready_worlds(self) -> tuple[str, ...]:
        """Names of the functions of its module `worlds`, each of which makes a world from what a design needs."""

    @property
    def worlds(self) -> ModuleType:
        """The module of these functions; their arguments are read from their signatures."""

    @property
    def world_from(self) -> Callable[..., W]:
        """Makes a world from its fields as a file has them: texts, numbers, lists and tables."""

    @property
    def defaults_before(self) -> tuple[Prior, ...]:
        """Default priors of files of before November 2026, where they are others today."""

    def reads_sums(self, spec: S, /) -> bool:
        """Return whether the model reads sums over pupils, in which no pupil of a large block can be seen."""

    # Rooms that every family has, each a module of its folder.
    @property
    def statistics(self) -> StatisticsRoom[S, G, D]: ...
    @property
    def build(self) -> BuildRoom[S, G, D]: ...
    @property
    def draws(self) -> DrawsRoom[S, D]: ...
    @property
    def pathways(self) -> PathwaysRoom[S]: ...
    @property
    def checks(self) -> ChecksRoom[S, D]: ...
    @property
    def fit_rows(self) -> FitRowsRoom[S, D]: ...
    @property
    def nulls(self) -> NullsRoom[S, D]: ...
    @property
    def estimate(self) -> EstimateRoom[S, G]: ...
    @property
    def predictive(self) -> PredictiveRoom[S, D]: ...
    @property
    def leave_out(self) -> LeaveOutRoom[S, D]: ...
    @property
    def card(self) -> CardRoom[S]: ...
    @property
    def equations(self) -> EquationsRoom[S]: ...
    @property
    def sentences(self) -> SentencesRoom[S, D]: ...
    @property
    def truth(self) -> TruthRoom[S, W]: ...
    @property
    def prior_world(self) -> PriorWorldRoom[S, W]: ...
    @property
    def simulate(self) -> SimulateRoom[W]: ...

    # Abilities that some families lack.
    @property
    def draft(self) -> DraftRoom | None:
        """Writes a card from a table."""

    @property
    def refit(self) -> RefitRoom[S, D] | None:
        """Fits without one unit, for what is left out."""

    @property
    def card_rules(self) -> Callable[[Any, S, Path], None] | None:
        """Checks what a card says beside its model; a SpecError names the file."""

    @property
    def settled(self) -> Callable[[S, D], S] | None:
        """Settles what a specification leaves to the data, and checks it; None if it leaves nothing to them."""

    @property
    def settled_for(self) -> Callable[[S, W], S] | None:
        """Settles what a specification leaves to the data that a world will give, and checks it."""

    @property
    def beside(self) -> Callable[[S], dict[str, S]] | None:
        """Names of groups -> models that a fit samples beside its own, such as effects without their pooling."""

    @property
    def held(self) -> Callable[[S], tuple[str, ...]] | None:
        """Names variables that stay at their start while the mode is sought, such as SDs of explicit effects."""

    @property
    def rivals(self) -> Callable[[S, D], Sequence[dict[str, Array]]] | None:
        """Gives other points from which the mode is sought; None if there is one mode."""

    @property
    def elsewhere(self) -> Callable[[S, D], Sequence[dict[str, Array]]] | None:
        """Gives points where some chains begin, so that they can disagree; None if the posterior has one mode."""

    @property
    def in_units_of_truth(self) -> Callable[[S, D], D] | None:
        """Lets the priors count in ones from zero, like a truth drawn from them; None if no prior reads the data."""

    @property
    def in_order(self) -> Callable[[S, xr.Dataset], xr.Dataset] | None:
        """Puts what can be exchanged, such as latent classes, in the order of a truth; None if nothing can."""

    @property
    def sampling_sds(self) -> Callable[[S, D, Mapping[str, xr.Dataset], xr.Dataset], Array | None] | None:
        """Gives the SDs [pathway] of the estimates of this design; None if they have no closed form."""

    @property
    def equations_of_published(self) -> Callable[[S], tuple[Equation, ...]] | None:
        """Equations of a model that is fitted to published estimates, which have another likelihood."""

    @property
    def scores_again(self) -> Callable[[S, xr.Dataset, D, Any, np.random.Generator], Scores] | None:
        """Draws the scores of the pupils anew, from draws, data and the table of pupils; None if it cannot."""

    @property
    def varying_table(self) -> VaryingRoom[S] | None:
        """Gives tables of paths that vary between schools."""

    @property
    def category_table(self) -> CategoryRoom[S, D] | None:
        """Gives probabilities of categories of ordered scores; see `bayespanel.category_probabilities`."""

    @property
    def delta_adjustment(self) -> ShiftRoom[S, D] | None:
        """Shifts the scores that are missing; see `bayespanel.delta_adjustment`."""

    @property
    def recorded(self) -> Callable[[S, xr.Dataset, Any], dict[str, list[dict[str, Any]]]] | None:
        """Gives entries of the provenance about the pupils, which the data of a fit, sums of them, do not tell."""

    @property
    def recorded_rows(self) -> Callable[[Mapping[str, Any]], Iterable[Check]] | None:
        """Gives the rows of checks about these entries of the provenance."""

    @property
    def augmented(self) -> Callable[[S, D, Any], Any | None] | None:
        """Prepares chains of a model without a closed likelihood, from its data and the pupils; of another, None."""

    @property
    def dynamics(self) -> Callable[..., xr.Dataset] | None:
        """Follows responses over waves; see `bayespanel.dynamics`."""

    @property
    def invariance(self) -> Callable[..., dict[str, pd.DataFrame]] | None:
        """Compares how far items measure the same at all waves; see `bayespanel.invariance`."""
