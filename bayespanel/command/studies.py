"""Commands of design studies: power, calibrate, resume, status, curve, and the worlds that they simulate."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayespanel.command import options as given
from bayespanel.command.interruption import interruptible
from bayespanel.command.option_groups import grouped
from bayespanel.command.study_options import require_store, sought, words, world_of
from bayespanel.files.paths import path_of
from bayespanel.language.errors import FitError
from bayespanel.language.shown import filled

if TYPE_CHECKING:
    from bayespanel.design.study import Study

World = Annotated[str, typer.Argument(metavar="WORLD", help="Name of a world, or your own .toml file.")]
Card = Annotated[str, typer.Argument(metavar="CARD", help="Name of a card, or your own .toml file.")]
Store = Annotated[Path, typer.Argument(metavar="STORE", help="Store that 'power' or 'calibrate' wrote.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="STORE", help="Store to write, ending in .zarr.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE,...", help="Value of a field of the world; several values make conditions."
    ),
]
Decisions = Annotated[
    list[str] | None,
    typer.Option(
        "--decision",
        metavar="RULE",
        help="A rule: 'excludes 0' (default), 'rope > 0.95', 'beyond rope > 0.95', 'bf10 > 10', 'width < 0.1', "
        "'direction > 0.975'. Repeat the option for several rules.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")]
SEED = 2012


@grouped
def power(
    world: World,
    card: Card,
    output: Output,
    replicates: Annotated[int, typer.Option(min=1, help="Number of data sets per condition.")] = 200,
    change: Set = None,
    decision: Decisions = None,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD=LOW:HIGH", help="Find the smallest value that reaches the goal; with steps: LOW:HIGH:STEP."
        ),
    ] = None,
    pathway: Annotated[
        str | None, typer.Option(metavar="NAME", help="Pathway for --find. Default: the first effect.")
    ] = None,
    goal: Annotated[float, typer.Option(help="Assurance that --find has to reach.")] = 0.8,
    seed: Seed = SEED,
    rope: given.Rope = None,
    prob: Annotated[float, typer.Option(help="Probability of the intervals.")] = 0.95,
    tune: Annotated[int, typer.Option(min=50, help="Number of warm-up draws in each of four chains.")] = 300,
    draws: Annotated[int, typer.Option(min=4, help="Number of draws kept from each chain.")] = 1000,
    sampler: given.Sampler = given.SamplerChoice.auto,
    *,
    where: given.Where,
    json: given.Json = False,
) -> None:
    """Estimate by simulation how often a design reaches a decision.

    Every replicate is stored as soon as it is finished. If the study is interrupted, continue it with the same command
    or with 'resume'. A table (.csv) and a figure (.png) are written beside the store. The result is assurance if fields
    of the world have design priors, and power if the truth is fixed.
    """
    from bayespanel.catalogue import cards, worlds
    from bayespanel.command import study_results
    from bayespanel.design.decisions import decisions
    from bayespanel.design.power import power_study
    from bayespanel.design.sample_size import Search, require_search
    from bayespanel.inference.settings import Sampling

    require_store(output)
    rules = [rule.text for rule in decisions(decision or ["excludes 0"])]
    record, varied = cards.card(card), world_of(world, change)
    question: dict[str, object] = {"decisions": rules}
    search: Search | None = None
    if find is not None:
        search = sought(find, pathway or "", rules, goal)
        varied = worlds.changed(varied, {search.field: search.values})
    sampling = Sampling(tune=tune, draws=draws, sampler=sampler.value)
    study = power_study(
        record,
        varied,
        replicates=replicates,
        seed=seed,
        rope=given.rope(rope),
        prob=prob,
        sampling=sampling,
        rules=decisions(rules),
    )
    if search is not None:
        search = replace(search, pathway=search.pathway or study_results.first_effect(study))
        require_search(study, search)
        question["find"] = {"field": search.field, "pathway": search.pathway, "goal": goal}
    _finish(output, study, where, question=question, json=json)


@grouped
def calibrate(
    world: World,
    card: Card,
    output: Output,
    replicates: Annotated[int, typer.Option(min=20, help="Number of simulated data sets.")] = 200,
    change: Set = None,
    seed: Seed = SEED,
    tune: Annotated[int, typer.Option(min=50, help="Number of warm-up draws in each of four chains.")] = 300,
    draws: Annotated[int, typer.Option(min=100, help="Number of draws kept from each chain.")] = 500,
    sampler: given.Sampler = given.SamplerChoice.auto,
    *,
    where: given.Where,
    json: given.Json = False,
) -> None:
    """Test by simulation whether posteriors contain the truth as often as they claim.

    True values are drawn from the priors of the card; the world gives the design. Exit code 3 means that the ranks of
    the true values are not uniform.
    """
    from bayespanel.catalogue import cards
    from bayespanel.design.calibration import calibration_study
    from bayespanel.inference.settings import Sampling

    require_store(output)
    study = calibration_study(
        cards.card(card), world_of(world, change), replicates=replicates, seed=seed,
        sampling=Sampling(tune=tune, draws=draws, sampler=sampler.value),
    )  # fmt: skip
    _finish(output, study, where, question={}, json=json)


@grouped
def resume(
    store: Store,
    replicates: Annotated[int | None, typer.Option(min=1, help="New number of replicates, larger than before.")] = None,
    *,
    where: given.Where,
    json: given.Json = False,
) -> None:
    """Continue a study that was interrupted, or give it more replicates."""
    from bayespanel.design import store as stores
    from bayespanel.design.study import with_replicates

    study = stores.study_of(store)
    if replicates is not None:
        study = with_replicates(study, max(replicates, study.replicates))
    _finish(store, study, where, json=json)


def status(store: Store, json: given.Json = False) -> None:
    """Show the progress of a study: its rate, the time left, and failures. It works while the study runs."""
    from bayespanel.command import screen
    from bayespanel.design.progress import progress

    found = progress(store)
    if json:
        return screen.show_json(found.to_dict())
    return screen.show(str(found))


def curve(
    store: Store,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="File for the figure. Default: beside the store."),
    ] = None,
    decision: Decisions = None,
    pathway: Annotated[str | None, typer.Option(metavar="NAME", help="Draw only this pathway.")] = None,
    intervals: Annotated[
        bool, typer.Option("--intervals", help="Draw the intervals of all replicates of a pathway.")
    ] = False,
    condition: Annotated[
        str | None, typer.Option(metavar="NAME", help="Condition for --intervals, such as 'schools=20'.")
    ] = None,
) -> None:
    """Draw the results of a study so far: power curves, calibration bands, a specification curve, or intervals."""
    from bayespanel.command import screen, study_results

    file = output or path_of(store, "A store", error=FitError).with_suffix(".png")
    if intervals:
        study_results.draw_intervals(store, file, pathway=pathway, condition=condition)
    else:
        study_results.draw(store, file, rules=decision, pathway=pathway)
    screen.show(f"Written: {file}")


def worlds(
    name: Annotated[str | None, typer.Argument(help="Name of a world, or your own .toml file.")] = None,
    json: given.Json = False,
) -> None:
    """List the worlds that can be simulated, or show one of them with its fields."""
    from bayespanel.catalogue import worlds
    from bayespanel.command import screen

    if name is not None:
        one = worlds.world(name)
        return screen.show_json(worlds.world_to_dict(one)) if json else screen.show(words(one))
    found = [worlds.world(each) for each in worlds.worlds()]
    if json:
        return screen.show_json([{"name": each.name, "family": each.family, "title": each.title} for each in found])
    return screen.show("\n\n".join(f"{each.name} ({each.family})\n{filled(each.title, '  ', '  ')}" for each in found))


COMMANDS: dict[Callable[..., None], tuple[str, ...]] = {
    power: (
        "bayespanel power involvement-trial involvement-pupils -o study.zarr --set effect=0.1,0.2,0.3",
        "bayespanel power school-trial mine.toml -o size.zarr --find schools=10:120",
        'bayespanel power triangle-panel spillover -o panel.zarr --decision "rope > 0.95"',
    ),
    calibrate: (
        "bayespanel calibrate involvement-trial involvement-pupils -o sbc.zarr --set schools=12",
        "bayespanel calibrate mulder-2023 mine.toml -o sbc.zarr --set waves=4 --set pupils=500",
    ),
    resume: ("bayespanel resume study.zarr", "bayespanel resume study.zarr --replicates 1000"),
    status: ("bayespanel status study.zarr", "bayespanel status study.zarr --json"),
    curve: ("bayespanel curve study.zarr", 'bayespanel curve study.zarr --pathway "bullying" --intervals -o zip.png'),
    worlds: ("bayespanel worlds", "bayespanel worlds triangle-panel"),
}
"""Commands and their examples."""


def _finish(
    path: Path,
    study: Study,
    where: given.Where,
    *,
    question: dict[str, object] | None = None,
    json: bool,
) -> None:
    """Make the store if it does not exist, note the questions to it, run what is missing, and show the result."""
    with interruptible(f"what was finished is kept. Continue with: bayespanel resume {shlex.quote(str(path))}"):
        from bayespanel.command import study_results
        from bayespanel.design import store

        running = where.running(path)
        if question is not None:
            # Numbers do not hang on the question, so the same study may be asked another one.
            with store.writing(path, study):
                store.ask(path, question)
        finished = study_results.finish(path, study, running)
    finished.show(json=json)
    if finished.code:
        raise typer.Exit(finished.code)
