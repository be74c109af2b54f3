"""The page: a file, what was found, the question, the card, the run and its results, from top to bottom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shiny import ui

from bayespanel.app import power
from bayespanel.app.fields import ORDER
from bayespanel.app.work import DEFAULTS, ENDINGS

ASSETS = Path(__file__).parent / "assets"

OPTIONS = {
    "missing": ("Values that stand for 'missing'", "Such as -99, -98; or labelled, for values whose label says so."),
    "keep_codes": ("Numbers that look like codes and are scores", "Numbers, or all."),
    "accept": ("Questions that are checked: the table is right as it is", "codes, order, labels or numbers."),
    "alike": ("Labels that differ in case, leading zeros or dashes", "merge or keep."),
    "movers": ("Pupils who change school or class", "first: they count in their first one; drop: they are left out."),
    "district": ("Column with the district", "If numbers of schools are unique only within it."),
    "decimal": ("Decimal mark of a text file", "A comma or a point."),
    "sheet": ("Sheet of a workbook", "If several sheets hold something."),
}
"""What a table may leave open: options of `bayespanel fit`, each with a label and what may be written."""

SAMPLING = {
    "draws": "Draws kept from each chain",
    "tune": "Warm-up draws of each chain",
    "chains": "Chains",
    "seed": "Seed",
}


def _option(name: str) -> ui.Tag:
    label, hint = OPTIONS[name]
    written = ui.TagList(label, " ", ui.tags.code(f"--{name.replace('_', '-')}"), ui.span(hint, class_="hint"))
    return ui.input_text(f"option_{name}", written, update_on="blur")


def _section(number: int, heading: str, *parts: Any) -> ui.Tag:
    name = f"step-{number}"
    return ui.tags.section(ui.h2(f"{number} {heading}", id=name), *parts, aria_labelledby=name)


page = ui.page_fluid(
    ui.include_css(ASSETS / "app.css"),
    ui.include_js(ASSETS / "triangle.js"),
    ui.a("Skip to the file", href="#step-1", class_="skip"),
    ui.tags.header(
        ui.h1("bayespanel"),
        ui.p(
            "From a table of pupils to evidence about child, parents and school. Everything stays on this machine: the "
            "page writes a card and runs the commands that you could type, and you can download both.",
            class_="faint",
        ),
    ),
    ui.tags.main(
        _section(
            1,
            "The file",
            ui.input_file(
                "file", f"Choose a table ({', '.join(ENDINGS)})", accept=list(ENDINGS), button_label="Choose a file"
            ),
            ui.output_ui("refused"),
        ),
        _section(2, "What was found", ui.output_ui("found")),
        _section(
            3,
            "The question and its columns",
            ui.p(
                "Each field shows what the names of the columns suggest; correct what is wrong. Beside its name stands "
                "the option of bayespanel new that says the same.",
                class_="faint",
            ),
            ui.output_ui("open"),
            *(ui.output_ui(f"field_{name}") for name in ORDER),
            _option("missing"),
            ui.tags.details(
                ui.tags.summary("More answers about the table"),
                *(_option(name) for name in OPTIONS if name != "missing"),
            ),
            ui.output_ui("read"),
        ),
        _section(
            4,
            "The card",
            ui.p("What runs is this text. You may edit it; a change of a field above writes it anew.", class_="faint"),
            ui.input_text_area("card", "Card (TOML)", rows=18, update_on="blur", spellcheck="false"),
            ui.output_ui("checked"),
        ),
        _section(
            5,
            "Run",
            ui.div(
                *(
                    ui.input_text(f"sampling_{name}", SAMPLING[name], DEFAULTS[name], update_on="blur")
                    for name in SAMPLING
                ),
                class_="numbers",
            ),
            ui.div(
                ui.input_action_button("run", "Run the fit", class_="btn-primary"),
                ui.input_action_button("stop_fit", "Stop it"),
                class_="buttons",
            ),
            ui.output_ui("unstarted"),
            ui.div(ui.output_ui("phase_fit"), role="status", aria_live="polite"),
            ui.output_ui("progress_fit"),
        ),
        _section(6, "Results", ui.output_ui("results")),
        _section(7, "Power: how large must a study be?", *power.section()),
    ),
    ui.tags.head(ui.tags.link(rel="icon", href="data:,")),
    title="bayespanel",
    lang="en",
)
