"""The part of the page that asks how often a design reaches a decision: a world, sliders, and `bayespanel power`."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Outputs, reactive, render, ui

from bayespanel.app import views
from bayespanel.app.following import follow
from bayespanel.app.runs import OUTPUT, Run
from bayespanel.app.scripts import CARD
from bayespanel.language.errors import BayespanelError, SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from htmltools import Tag

    from bayespanel.app.runs import Runs
    from bayespanel.catalogue.worlds import World

KIND = "power"
STORE = "study.zarr"
SHELL = "power.sh"

FIRST = "small-triangle"
"""The world that the page begins with."""

OWN = "the card of this page"
"""What the list of cards calls the card above."""

USUAL = {
    "small-triangle": "spillover-depression",
    "triangle-panel": "spillover-depression",
    "triangle-null": "spillover-depression",
    "triangle-misspecified": "spillover-depression",
    "involvement-trial": "involvement-pupils",
    "persistent-victims": "persistent-victims",
}
"""World -> the card that asks about it; other worlds need a card whose variables they have."""

FEWEST = {"waves": 3, "schools": 4, "pupils": 20}
"""Smallest value of a slider."""

COLUMNS = ("pathway", "decision", "truth", "assurance", "lower", "upper", "finished", "failed")
"""Columns of the table that are shown; the .csv in the file with everything has all."""


@dataclass(frozen=True)
class Slider:
    """A number of a world that can be moved, between two others in steps."""

    name: str
    value: float
    low: float
    high: float
    step: float


def sliders(world: World) -> tuple[Slider, ...]:
    """Return a slider for each number of a world; of a field with several values, from the first."""
    numbers = {**world.fields, **{name: values[0] for name, values in world.grid.items()}}
    out = []
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(value, int):
            step = 1 if value < 100 else 10 ** (int(math.log10(value)) - 1)
            low = math.ceil(FEWEST.get(name, 1) / step) * step
            out.append(
                Slider(name, value, low, 10 if name == "waves" else low + math.ceil(4 * value / step) * step, step)
            )
        else:
            out.append(Slider(name, value, 0, max(1.0, 2 * value), 0.01))
    return tuple(out)


def words(
    world: World, card: str, chosen: Mapping[str, float], *, replicates: str, seed: str, sampler: str = "auto"
) -> list[str]:
    """Return the arguments of `bayespanel power`.

    Raises
    ------
    SpecError
        The number of replicates or the seed is no whole number.
    """
    for name, number in (("replicates", replicates), ("seed", seed)):
        if not number.isdecimal():
            raise SpecError("Replicates and the seed are whole numbers.", f"--{name} is {number!r}.", "Correct it.")
    out = [KIND, world.name, card, "-o", STORE, "--replicates", replicates, "--seed", seed]
    out += ["--sampler", sampler] if sampler != "auto" else []
    for slider in sliders(world):
        value = chosen.get(slider.name, slider.value)
        if value != slider.value or slider.name in world.grid:
            out += ["--set", f"{slider.name}={value:g}"]
    return out


def section() -> list[Any]:
    """Return the inputs."""
    return [
        ui.p("How often would a design find what a world holds? Simulated, fitted and counted.", class_="faint"),
        ui.output_ui("worlds"),
        ui.output_ui("sliders"),
        ui.div(
            ui.input_text("replicates", "Data sets to simulate", "50", update_on="blur"),
            ui.input_text("power_seed", "Seed of the study", "2012", update_on="blur"),
            ui.input_select(
                "power_sampler",
                "Sampler",
                {"auto": "auto: without a walk, where that is as good", "nuts": "nuts: always a walk"},
            ),
            class_="numbers",
        ),
        ui.div(
            ui.input_action_button("run_power", "Run the study", class_="btn-primary"),
            ui.input_action_button("stop_power", "Stop the study"),
            class_="buttons",
        ),
        ui.output_ui("unstarted_power"),
        ui.div(ui.output_ui("phase_power"), role="status", aria_live="polite"),
        ui.output_ui("progress_power"),
        ui.output_ui("studied"),
    ]


def power(input: Inputs, output: Outputs, runs: Runs, shown: Callable[[], str]) -> None:
    """Offer worlds, their numbers and cards; run a study, and show what it counts."""
    wrong = reactive.value[BayespanelError | None](None)
    last = follow(input, output, runs, KIND)

    @reactive.calc
    def world() -> World:
        from bayespanel.catalogue import worlds

        asked = str(input.world())
        return worlds.world(asked if asked in worlds.worlds() else FIRST)

    @output(id="worlds")
    @render.ui
    def _worlds() -> Any:
        from bayespanel.catalogue import worlds

        offered = {name: f"{name} ({worlds.world(name).title})" for name in worlds.worlds()}
        return ui.input_select("world", "World", offered, selected=FIRST)

    @output(id="sliders")
    @render.ui
    def _sliders() -> Any:
        from bayespanel.catalogue import cards

        asked = world()
        same = [name for name in cards.cards() if cards.card(name).family == asked.family]
        usual = USUAL.get(asked.name, OWN)
        choice = ui.input_select("power_card", "Card", [*same, OWN], selected=usual)
        return ui.TagList(choice, ui.div(*(_slider(one) for one in sliders(asked)), class_="parts"))

    @reactive.effect
    @reactive.event(input.run_power)
    def _start() -> None:
        asked = world()
        moved = {one.name: f"slide_{one.name}" for one in sliders(asked)}
        chosen = {name: float(input[place]()) for name, place in moved.items() if input[place].is_set()}
        own = input.power_card() == OWN
        try:
            card = CARD if own else str(input.power_card())
            replicates, seed = str(input.replicates()).strip(), str(input.power_seed()).strip()
            sampler = str(input.power_sampler())
            command = words(asked, card, chosen, replicates=replicates, seed=seed, sampler=sampler)
            line = " ".join(["bayespanel", *map(shlex.quote, command)])
            files = {SHELL: f"#!/bin/sh\n{line}\n", **({CARD: shown()} if own else {})}
            runs.start(KIND, [[*command, "--json"]], files)
        except BayespanelError as error:
            wrong.set(error)
            return
        wrong.set(None)

    @output(id="unstarted_power")
    @render.ui
    def _unstarted() -> Any:
        error = wrong()
        return None if error is None else views.trouble(error)

    @output(id="studied")
    @render.ui
    def _studied() -> Any:
        run = last()
        return None if run is None or run.ended is None else studied(runs, run)


def _slider(slider: Slider) -> Tag:
    """Return a slider that the browser itself makes: it heeds the keyboard, and its number stands beside it."""
    name = f"slide_{slider.name}"
    moved = f"Shiny.setInputValue('{name}', Number(this.value))"
    return ui.div(
        ui.tags.label(f"{slider.name.replace('_', ' ')} ", ui.tags.output(f"{slider.value:g}", for_=name), for_=name),
        ui.tags.input(
            type="range",
            id=name,
            min=f"{slider.low:g}",
            max=f"{slider.high:g}",
            step=f"{slider.step:g}",
            value=f"{slider.value:g}",
            oninput="this.previousElementSibling.querySelector('output').value = this.value",
            onchange=moved,
        ),
        class_="form-group",
    )


def _line(place: Path) -> str:
    """Return the command of a study: the sliders may have been moved since."""
    return (place / SHELL).read_text(encoding="utf-8").splitlines()[-1]


def _shown(value: Any) -> Any:
    """Return a share or a truth with three decimals, so that columns are even; else the value."""
    return f"{value:.3f}" if isinstance(value, float) else value


def studied(runs: Runs, run: Run) -> Tag:
    """Return what a study counted; what it said where it counted nothing."""
    place = runs.place(run.number)
    try:
        found = json.loads((place / OUTPUT.format(1)).read_text(encoding="utf-8"))
        rows = [{name: _shown(row[name]) for name in COLUMNS if name in row} for row in found["rows"]]
        line = _line(place)
    except (OSError, ValueError, KeyError, TypeError):
        said = runs.messages(run.number)
        return ui.div(ui.pre(said, tabindex="0", aria_label="Messages")) if run.phase == "failed" else ui.div()
    figure = place / STORE.replace(".zarr", ".png")
    address = f"/run-{run.number}"
    image = ui.img(
        src=f"{address}/{figure.name}", alt="Figure: how often the decision is reached; the table has the numbers"
    )
    return ui.div(
        ui.h3("What the study counted"),
        ui.p("The share of data sets in which the decision was reached, with its 95 % interval.", class_="faint"),
        ui.p("It was asked by ", ui.code(line), "."),
        views.table(rows, "Power"),
        ui.tags.figure(image) if figure.is_file() else None,
        ui.tags.ul(
            ui.tags.li(ui.a(f"The command ({SHELL})", href=f"{address}/{SHELL}", download=SHELL)),
            ui.tags.li(ui.a("Everything in one file", href=f"{address}.zip", download=f"run-{run.number}.zip")),
            class_="downloads",
        ),
    )
