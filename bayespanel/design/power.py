"""What a design would show: rates of decisions, bias, coverage, errors of sign and size, with Monte Carlo errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.catalogue.cards import Card, specification
from bayespanel.catalogue.worlds import World, conditions, made, of_simulated
from bayespanel.design import engine, store
from bayespanel.design.decisions import Decision, Rule, decisions, factors_asked, reached, unknown
from bayespanel.design.kept_numbers import DONE, FAILED, UNCONVERGED, number_by_nuts
from bayespanel.design.shares import wilson
from bayespanel.design.study import FEWER, Condition, Study
from bayespanel.families.door import Simulated, Spec, family_of
from bayespanel.inference.settings import Running, Sampling, require_record
from bayespanel.language.errors import SpecError
from bayespanel.summaries.summary import Rope, rope_bounds

Array = NDArray[np.float64]


def power_study(
    card: Card | Spec,
    world: World | Simulated,
    *,
    replicates: int,
    seed: int,
    rope: Rope | None = None,
    prob: float = 0.95,
    sampling: Sampling = FEWER,
    rules: Sequence[Decision] = (),
) -> Study:
    """Return the study of what a model would show in each condition of a world, as far as the rules ask.

    Raises
    ------
    SpecError
        Model and world are of different families, or a rule asks for a region of practical equivalence that nobody
        states.
    """
    spec = specification(card)
    record = world if isinstance(world, World) else of_simulated(world)
    require_family(spec, record)
    region = rope if rope is not None else card.rope if isinstance(card, Card) else None
    about = [rule.text for rule in rules if "rope" in rule.quantity]
    if region is None and (about or not rules):
        raise SpecError(
            "A decision about a region of practical equivalence (ROPE) needs one that is stated.",
            f"The decision is {about[0]!r}; neither the call nor the card states one." if about else "There is none.",
            "Give for example rope=0.03, or rope=0.1 for a trial; 'excludes 0' needs none.",
        )
    return Study(
        "power",
        tuple(Condition(values, settled_in(spec, record, values), values) for values in conditions(record)),
        replicates,
        seed,
        world=record,
        card=card.name if isinstance(card, Card) else "",
        rope=None if region is None else rope_bounds(region),
        prob=prob,
        sampling=sampling,
        factors=factors_asked(rules),
        functions=tuple(rule for rule in rules if rule.function is not None),
    )


def require_family(spec: Spec, world: World) -> None:
    """Refuse a world whose simulator makes other data than the model reads."""
    if family_of(spec).name != world.family:
        raise SpecError(
            "A world and the model that is fitted to it are of one family.",
            f"The model is of the family {family_of(spec).name}, the world {world.name!r} of {world.family}.",
            "Choose a world of the model's family: bp.worlds() names them.",
        )


def settled_in(spec: Spec, world: World, condition: Mapping[str, Any]) -> Spec:
    """Return the specification as the data of a condition will complete it; this is known before they are simulated.

    Raises
    ------
    SpecError
        The model lacks something that the design has, such as the unit of randomisation.
    """
    settled_for = family_of(spec).settled_for
    return spec if settled_for is None else settled_for(spec, made(world, condition))


def assurance(
    card: Card | Spec,
    world: World | Simulated,
    decision: str | Rule | Sequence[str | Rule] = "excludes 0",
    *,
    replicates: int,
    seed: int = 2012,
    rope: Rope | None = None,
    prob: float = 0.95,
    sampling: Sampling = FEWER,
    running: Running = Running(),
) -> xr.Dataset:
    """Estimate by simulation how often a design would lead to a decision, for every pathway and condition.

    If the truth of the world is fixed, the result is the power. If the world has design priors, it is the assurance
    (O'Hagan, Stevens & Campbell, 2005): the power averaged over the design priors.

    Parameters
    ----------
    card
        The model that would be fitted.
    world
        The population and the design to simulate from; see `bp.world`. Fields with several values make conditions.
    decision
        One rule or several: "excludes 0" (default), "rope > 0.95", "beyond rope > 0.95", "direction > 0.99", "bf10 >
        10", "width < 0.1". A rule about Bayes factors takes several times as long: where the draws of a fit leave it
        open, the density of the model is computed. A rule may be a function of the draws too: it is given a Dataset
        with `standardised` and `raw` [chain, draw, pathway], and returns whether the decision is reached, of each
        pathway; its name stands in the table. Only the session that has the function can go on with such a study.
    replicates
        Number of simulated data sets per condition.
    seed
        The same seed gives the same table.
    rope, prob
        Region of practical equivalence (by default that of the card), which rules about a ROPE need, and probability of
        the intervals.
    sampling
        Number and length of the chains of each fit. The default is 4 chains of 300 warm-up draws and 1000 draws that
        are kept.
    running
        Where the study runs and is kept, such as `bp.Running(store="study.zarr", workers=4)`. By default it runs on all
        processors of this machine and is not kept.

    Returns
    -------
    xarray.Dataset
        `assurance` [condition, pathway, decision], the share of replicates that reached the decision, with its 95 %
        Monte Carlo interval `lower` and `upper`; `bias`, `rmse`, `coverage`, `type_s`, `type_m`, `estimate`, `width`
        and `truth`, with their Monte Carlo standard errors; and the numbers of replicates `finished`, `failed` and
        `unconverged`. `bayespanel.design.power.table` describes all of them.

    Raises
    ------
    SpecError
        A rule is not one of these, model and world are of different families, or a rule asks for a region of practical
        equivalence that nobody states.
    FitError
        The store contains another study, or another process writes to it.

    References
    ----------
    O'Hagan, Stevens & Campbell (2005), doi:10.1002/pst.175.
    """
    rules = decisions(decision)
    study = power_study(
        card, world, replicates=replicates, seed=seed, rope=rope, prob=prob, sampling=sampling, rules=rules
    )  # fmt: skip
    question = {"decisions": [rule.text for rule in rules if rule.function is None]}
    return table(completed(study, running, question), rules, study)


def completed(study: Study, running: Running, question: Mapping[str, Any] | None = None) -> xr.Dataset:
    """Run what a study still lacks and return its store, which is removed afterwards where none was named.

    The question is noted in the store, so that `bayespanel resume` answers it, too.
    """
    with place_of(running) as place:
        if question is not None:
            with store.writing(place, study):
                store.ask(place, question)
        engine.run(study, place, running)
        return store.opened(place)


@contextmanager
def place_of(running: Running) -> Iterator[Path]:
    """Yield the path of the store; where none was named, one that is removed at the end.

    Raises
    ------
    SpecError
        What was given is not a `Running`.
    """
    require_record("running", running, Running)
    with TemporaryDirectory() as folder:
        yield Path(folder, "study.zarr") if running.store is None else Path(running.store)


def table(found: xr.Dataset, rules: Sequence[Decision], study: Study) -> xr.Dataset:
    """Return the rates and errors of a design, from the store of a study.

    Every replicate counts. A replicate that failed has reached no decision, and one that did not converge counts like
    the others; separate columns count both. Estimates are standardised posterior means.

    Parameters
    ----------
    found
        What `store.opened` returns.
    rules
        The decisions.
    study
        The study.

    Returns
    -------
    xarray.Dataset
        Over condition and pathway; the first and the fourth line also over decision:

        - `assurance`, the share of replicates that reached the decision, with `lower` and `upper` (95 % interval of
          Wilson, 1927, doi:10.1080/01621459.1927.10502953). `unknown` is the share of replicates in which the decision
          is open, because only a lower bound of the Bayes factor is known and it does not settle the question. They are
          not counted, and `assurance` is the share among the others;
        - `bias`, `rmse`, `coverage`: of the posterior mean and the interval, compared with the truth of each replicate;
        - `estimate`, `width`, `truth`: the average posterior mean, width of the interval, and truth;
        - `type_s`, `type_m`: among the replicates that reached the decision, the share with the wrong sign, and the
          factor by which the size was exaggerated: the mean size of the estimates by that of the truths, since single
          factors have no mean where truths are drawn from a prior that covers 0;
        - `mcse_<name>`, the Monte Carlo standard error of each of these;
        - `finished`, `failed`, `unconverged`: numbers of replicates [condition]; with `sampler="auto"` also `by_nuts`,
          of those for which independence sampling was not good enough.
    """
    statistics, run = found["statistics"], found["run"]
    status = run.sel(measure="status", drop=True)
    finished = status.notnull()
    ended = statistics.where(finished)
    out: dict[str, xr.DataArray] = {
        "finished": finished.sum("replicate"),
        "failed": (status == FAILED).sum("replicate"),
        "unconverged": (status == UNCONVERGED).sum("replicate"),
    }
    if study.sampling.sampler == "auto":
        out["by_nuts"] = number_by_nuts(run)
    pathway_known = ended.sel(statistic="mean", drop=True).notnull().any("replicate")
    value = {name: ended.sel(statistic=name, drop=True) for name in ("truth", "mean", "lower", "upper")}
    error = value["mean"] - value["truth"]
    within = ((value["lower"] <= value["truth"]) & (value["truth"] <= value["upper"])).where(error.notnull())
    for name, each in (
        ("truth", value["truth"]), ("estimate", value["mean"]), ("width", value["upper"] - value["lower"]),
        ("bias", error), ("coverage", within.astype(float)),
    ):  # fmt: skip
        out[name], out[f"mcse_{name}"] = (_share if name == "coverage" else _mean)(each)
    square, mcse = _mean(error**2)
    out["rmse"] = square**0.5
    out["mcse_rmse"] = mcse / (2 * out["rmse"]).where(out["rmse"] > 0)
    parts = [_decided(rule, ended, finished, error, value, pathway_known) for rule in rules]
    names = xr.DataArray([rule.text for rule in rules], dims="decision", name="decision")
    for name in parts[0]:
        out[name] = xr.concat([part[name] for part in parts], names)
    labels = {
        key: ("condition", [condition.labels.get(key) for condition in study.conditions])
        for key in study.conditions[0].labels
        if not isinstance(study.conditions[0].labels[key], Mapping | list | tuple)
    }
    attrs = {
        "card": study.card, "world": study.world.name if study.world else "",
        **({} if study.rope is None else {"rope": list(study.rope)}), "prob": study.prob, "seed": study.seed,
        "truth": "drawn from design priors" if study.world and study.world.drawn else "fixed",
    }  # fmt: skip
    dropped = [name for name in found.coords if name not in out["bias"].coords]
    return xr.Dataset(out, attrs=attrs).assign_coords(labels).drop_vars(dropped, errors="ignore")


def _decided(
    rule: Decision,
    statistics: xr.DataArray,
    finished: xr.DataArray,
    error: xr.DataArray,
    value: Mapping[str, xr.DataArray],
    known: xr.DataArray,
) -> dict[str, xr.DataArray]:
    """Return the rate of a decision, and the errors of sign and size among the replicates that reached it."""
    held = reached(rule, statistics)
    opened = unknown(rule, statistics)
    counted = held.fillna(0.0).where(finished & ~opened)  # a failed fit decides nothing
    share, mcse = _share(counted)
    number = counted.notnull().sum("replicate")
    number = number.where(number > 0)
    left_open, mcse_open = _share(opened.astype(float).where(finished))
    low, high = wilson(share, number)
    positive = held.where(held == 1)
    wrong = (value["mean"] * value["truth"] < 0).where(error.notnull() & (value["truth"] != 0))
    factor = abs(value["mean"]) / abs(value["truth"]).where(value["truth"] != 0)
    type_s, mcse_s = _share(wrong.astype(float).where(positive.notnull() & factor.notnull()))
    sizes = (abs(value[name]).where(positive.notnull() & factor.notnull()) for name in ("mean", "truth"))
    type_m, mcse_m = _ratio(*sizes)
    # Where every fit failed nobody knows which pathways there are, but none of them was decided on.
    all_failed = finished.any("replicate") & statistics.isnull().all(("replicate", "pathway", "statistic"))
    decidable = (known & (held.notnull() | opened).any("replicate")) | all_failed
    out = {
        "assurance": share, "mcse_assurance": mcse, "lower": low, "upper": high,
        "unknown": left_open, "mcse_unknown": mcse_open,
        "type_s": type_s, "mcse_type_s": mcse_s, "type_m": type_m, "mcse_type_m": mcse_m,
    }  # fmt: skip
    return {name: each.where(decidable) for name, each in out.items()}


def _share(values: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return a share of replicates and its standard error, which no share is without: at 0 and 1, half of one more."""
    number = values.notnull().sum("replicate")
    number = number.where(number > 0)
    share, _ = _mean(values)
    spread = (share * (1 - share) / number) ** 0.5
    return share, spread.where((share > 0) & (share < 1), 1 / (2 * number))


def _ratio(above: xr.DataArray, below: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the ratio of two means over the same replicates, and its standard error."""
    (top, _), (bottom, _) = _mean(above), _mean(below)
    ratio = top / bottom.where(bottom > 0)
    _, error = _mean(above - ratio * below)
    return ratio, error / bottom


def _mean(values: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the mean over replicates and its standard error; NaN without any."""
    number = values.notnull().sum("replicate")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = values.sum("replicate", skipna=True) / number.where(number > 0)
        deviation = ((values - mean) ** 2).sum("replicate", skipna=True) / (number - 1).where(number > 1)
        return mean, (deviation / number) ** 0.5


STATUS_WORDS: dict[float, str] = {DONE: "converged", UNCONVERGED: "unconverged", FAILED: "failed"}
"""Values of a run's status in words."""
