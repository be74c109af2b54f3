"""How many schools do I need? The smallest design that reaches a decision often enough, by bisection.

At every value that bisection asks about, replicates are added until an exact binomial interval (Clopper & Pearson,
1934, doi:10.1093/biomet/26.4.404) lies on one side of the goal, or there are enough of them. Its level is divided by
all the questions and looks that there can be, so that the chance that any answer said to be certain is wrong stays
below a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path

import xarray as xr
from scipy.stats import beta

from bayespanel.catalogue.cards import Card
from bayespanel.catalogue.worlds import World, changed, of_simulated
from bayespanel.design import engine, store
from bayespanel.design.decisions import decision as read_decision, reached, unknown
from bayespanel.design.pathways import all_names
from bayespanel.design.power import place_of, power_study, table
from bayespanel.design.study import FEWER, Study
from bayespanel.families.door import Simulated, Spec
from bayespanel.inference.settings import Running, Sampling
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.values import is_whole, probability, whole
from bayespanel.summaries.summary import Rope

BATCH = 50
"""Replicates that are added at a time."""


@dataclass(frozen=True, eq=False)
class SampleSize:
    """The result of a search for the smallest sufficient sample.

    Attributes
    ----------
    field, pathway, decision, goal
        What was asked for.
    smallest
        The smallest value whose estimated assurance reaches the goal; None if even the largest value does not.
    below, above
        The largest value that certainly does not reach the goal, and the smallest that certainly does, as far as the
        replicates show; None if no value is certain.
    error
        Upper bound of the probability that `below` or `above` is wrong.
    table
        The assurance at every value that was tried, as from `bp.assurance`.
    """

    field: str
    pathway: str
    decision: str
    goal: float
    smallest: int | None
    below: int | None
    above: int | None
    error: float
    table: xr.Dataset

    def __str__(self) -> str:
        reach = f"'{self.decision}' of {self.pathway!r} with assurance {self.goal:g}"
        if self.smallest is None:
            largest = int(self.table[self.field].max())
            how = "surely" if self.below == largest else "perhaps"
            return f"{reach} needs more {self.field} than the {largest} that were asked about at most: {how}."
        surely = f"surely more than {self.below}" if self.below is not None else "perhaps fewer"
        most = f"surely no more than {self.above}" if self.above is not None else "perhaps more"
        return f"{reach} needs about {self.smallest} {self.field}: {surely}, {most} (error below {self.error:g})."


@dataclass(frozen=True)
class Search:
    """A search for the smallest value of a field with which a decision is reached often enough.

    Parameters
    ----------
    field
        Field of the world whose value is sought, such as "schools" or "pupils". A larger value is assumed to help.
    between
        Smallest and largest value to consider.
    pathway
        Name of the pathway to which the rule applies.
    decision
        One rule, as in `assurance`.
    goal
        Assurance to reach (default 0.8).
    step
        Distance between the values that are tried.
    replicates
        Largest number of simulated data sets at each value.
    error
        Upper bound of the probability that an answer said to be certain is wrong.

    Raises
    ------
    SpecError
        The two values of `between` are not in order, the goal or the error is not between 0 and 1, or the decision is
        not a rule of `assurance`.
    """

    field: str
    between: tuple[int, int]
    _: KW_ONLY
    pathway: str
    decision: str = "excludes 0"
    goal: float = 0.8
    step: int = 1
    replicates: int = 400
    error: float = 0.05

    def __post_init__(self) -> None:
        """Check every field that needs no world."""
        given = tuple(self.between) if isinstance(self.between, list | tuple) else ()
        if len(given) != 2 or not all(map(is_whole, given)) or not given[0] < given[1]:
            raise SpecError(
                "A search has a smallest and a larger value to search between, two whole numbers.",
                f"It has {self.between!r}.",
                "Give between=(10, 100), or --find schools=10:100.",
            )
        whole("step", self.step, 1, action="Give 1 or more.")
        whole("replicates", self.replicates, 1, action="Give 1 or more.")
        probability("goal", self.goal, 0.8)
        probability("error", self.error, 0.05)
        if callable(self.decision):
            raise SpecError(
                "A search is for a decision in words.",
                f"It is the function {getattr(self.decision, '__name__', self.decision)!r}.",
                "Write for example decision='direction > 0.975', or ask bp.assurance for each size.",
            )
        read_decision(self.decision)

    @property
    def values(self) -> list[int]:
        """The values that can be tried; the largest is always among them."""
        low, high = self.between
        return [*range(low, high, self.step), high]


def sample_size(
    card: Card | Spec,
    world: World | Simulated,
    search: Search,
    *,
    seed: int = 2012,
    rope: Rope | None = None,
    prob: float = 0.95,
    sampling: Sampling = FEWER,
    running: Running = Running(),
) -> SampleSize:
    """Find the smallest sample with which a decision is reached often enough.

    Parameters
    ----------
    card, world
        The model, and the population and design to simulate from, as in `assurance`.
    search
        What is sought, such as `bp.Search("schools", (20, 120), pathway="score", goal=0.8)`.
    seed, rope, prob, sampling, running
        As in `assurance`.

    Returns
    -------
    SampleSize
        `smallest` is the answer; `below` and `above` say how certain it is.

    Raises
    ------
    SpecError
        The pathway is unknown, or the study breaks a rule of `assurance`.
    FitError
        The store contains another study, or another process writes to it.

    References
    ----------
    Clopper & Pearson (1934), doi:10.1093/biomet/26.4.404, for the interval that decides whether a value is certain.
    """
    if not isinstance(search, Search):
        raise SpecError(
            "'search' is a bp.Search.",
            f"It is {search!r}.",
            "Write for example bp.Search('schools', (10, 100), pathway='score').",
        )
    record = world if isinstance(world, World) else of_simulated(world)
    study = power_study(
        card, changed(record, {search.field: search.values}), replicates=search.replicates, seed=seed, rope=rope,
        prob=prob, sampling=sampling, rules=[read_decision(search.decision)],
    )  # fmt: skip
    require_search(study, search)
    with place_of(running) as place:
        return searched(study, search, place, running)


def require_search(study: Study, search: Search) -> None:
    """Refuse a search among conditions that differ in more than its field, or of an unknown pathway.

    Raises
    ------
    SpecError
        The study does not fit the search.
    """
    others = sorted({name for condition in study.conditions for name in condition.values} - {search.field})
    if others:
        raise SpecError(
            "The conditions of a search differ only in the field whose value is sought.",
            f"They also differ in {', '.join(map(repr, others))}.",
            "Give one value of each of these.",
        )
    known = list(all_names(study))
    if search.pathway not in known:
        raise SpecError(
            "A decision is about a pathway of the model.",
            f"{search.pathway!r} is not known. {nearest(search.pathway, known)}",
            "Correct the name.",
        )


def searched(
    study: Study,
    search: Search,
    place: Path,
    running: Running,
) -> SampleSize:
    """Search among the conditions of a study, which differ in one field, and keep what is run in its store."""
    require_search(study, search)
    values = [int(condition.values[search.field]) for condition in study.conditions]
    rule = read_decision(search.decision)
    here = Running(workers=0, progress=running.progress)  # where the pool is this process
    with store.writing(place, study), engine.pool(running) as client:
        about = {"field": search.field, "pathway": search.pathway, "goal": search.goal, "error": search.error}
        store.ask(place, {"decisions": [rule.text], "find": about})

        def ask(which: int, number: int) -> tuple[int, int]:
            """Return how many of so many replicates reached the decision at a value, and of how many it is not open."""
            tasks = [(which, replicate) for replicate in range(number)]
            engine.run(study, place, here, client=client, only=tasks)
            found = store.opened(place, [which], number)["statistics"].isel(condition=0)
            own = found.sel(pathway=search.pathway, drop=True)
            held, opened = reached(rule, own).fillna(0.0), unknown(rule, own)
            return int(held.where(~opened, 0.0).sum()), number - int(opened.sum())

        end = bisected(ask, len(values), search.goal, study.replicates, search.error)
    asked = sorted(end.asked)
    own = replace(study, conditions=tuple(study.conditions[i] for i in asked))
    shown = table(store.opened(place, asked), (rule,), own)
    smallest, below, above = (None if i is None else values[i] for i in (end.smallest, end.below, end.above))
    return SampleSize(search.field, search.pathway, rule.text, search.goal, smallest, below, above, search.error, shown)


@dataclass(frozen=True)
class End:
    """Where a bisection ended: positions among the candidates."""

    smallest: int | None
    below: int | None
    above: int | None
    asked: frozenset[int]


def bisected(ask: Callable[[int, int], tuple[int, int]], candidates: int, goal: float, most: int, error: float) -> End:
    """Find the first of ordered candidates whose rate of success reaches a goal.

    Parameters
    ----------
    ask
        Candidate and number of trials -> successes and trials; more trials of a candidate contain the earlier ones.
    candidates
        Their number; rates do not fall from one to the next.
    goal
        The rate to reach.
    most
        Trials of a candidate at most.
    error
        Bound on the chance that what is said to be sure is wrong.
    """
    looks = max(1, math.ceil(most / BATCH))
    questions = math.ceil(math.log2(max(candidates, 2))) + 2
    level = error / (looks * questions)
    sure: dict[int, bool] = {}
    estimate: dict[int, bool] = {}

    def reaches(which: int) -> bool:
        for look in range(1, looks + 1):
            successes, trials = ask(which, min(look * BATCH, most))
            lower = beta.ppf(level / 2, successes, trials - successes + 1) if successes else 0.0
            upper = beta.ppf(1 - level / 2, successes + 1, trials - successes) if successes < trials else 1.0
            estimate[which] = trials > 0 and successes >= goal * trials
            if lower >= goal or upper < goal:
                sure[which] = estimate[which] = bool(lower >= goal)
                break
        return estimate[which]

    smallest: int | None = None
    first, last = 0, candidates - 1
    if reaches(last):
        smallest = last
        if reaches(first):
            smallest = first
        else:
            while last - first > 1:
                middle = (first + last) // 2
                if reaches(middle):
                    smallest = last = middle
                else:
                    first = middle
    below = max((which for which, up in sure.items() if not up), default=None)
    above = min((which for which, up in sure.items() if up), default=None)
    return End(smallest, below, above, frozenset(estimate))
