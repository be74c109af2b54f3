"""What the page does: the file, the fields, the card."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiny import Inputs, Outputs, Session, reactive, render, ui

from bayespanel.app import power, running, views
from bayespanel.app.card_parts import card_parts
from bayespanel.app.fields import OPEN, ORDER, Value, kind_of, text_of, value_of
from bayespanel.app.page import OPTIONS, SAMPLING
from bayespanel.app.views import Entry
from bayespanel.app.work import Work
from bayespanel.command import drafting, intake
from bayespanel.command.columns import Columns
from bayespanel.command.options import MoversChoice, Table
from bayespanel.language.errors import BayespanelError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.app.runs import Runs
    from bayespanel.catalogue.cards import Card

OF_TABLE = ("question", "wave", "pupil", "school", "classroom")
"""Answers that stay when another kind of question is asked."""


def server_of(folder: Path, runs: Runs) -> Callable[[Inputs, Outputs, Session], None]:
    """Return what Shiny calls for each opened page.

    All of them begin with what the folder of work holds, and share its runs. From then on each has a table, answers and
    options of its own: what a page shows is what it reads and runs, whatever another page does meanwhile.
    """

    def server(input: Inputs, output: Outputs, session: Session) -> None:  # noqa: ARG001 (Shiny fixes the arguments)
        work = Work(folder)
        table = reactive.value(work.state.file)
        options = reactive.value(dict(work.state.options))
        answers = reactive.value(dict(work.state.answers))
        wrong = reactive.value[BayespanelError | None](None)

        @reactive.effect
        @reactive.event(input.file)
        def _take() -> None:
            chosen = input.file()
            try:
                work.take(Path(chosen[0]["datapath"]), str(chosen[0]["name"]))
            except BayespanelError as error:
                wrong.set(error)
                return
            wrong.set(None)
            options.set({})
            answers.set({})
            for name in OPTIONS:
                ui.update_text(f"option_{name}", value="")
            table.set(work.state.file)

        @render.ui
        def refused() -> Any:
            error = wrong()
            return None if error is None else views.trouble(error)

        @reactive.calc
        def way() -> tuple[str | None, str | None]:
            return options().get("decimal"), options().get("sheet")

        @reactive.calc
        def frame() -> pd.DataFrame | BayespanelError | None:
            return _table(work, table(), *way())

        @reactive.calc
        def form() -> drafting.Form | None:
            found = frame()
            if found is None or isinstance(found, BayespanelError):
                return None
            codes = {"missing": options()["missing"]} if options().get("missing") else {}
            try:
                return drafting.form(Path(work.state.name), found, answers() | codes)
            except Exception as error:  # an effect that fails would end the page
                return drafting.Form((), trouble=_unforeseen(error))

        @render.ui
        def found() -> Any:
            read, asked = frame(), form()
            if read is None:
                return ui.p("No file yet.", class_="faint")
            if isinstance(read, BayespanelError):
                return views.trouble(read, {work.state.file: work.state.name})
            listed = views.guesses(read, asked.answers if asked else {})
            more = ui.tags.details(ui.tags.summary("All columns"), views.columns(read))
            return ui.TagList(ui.p(ui.strong(work.state.name)), listed, more)

        _fields(input, output, form, answers)

        @output(id="open")
        @render.ui
        def _unanswered() -> Any:
            asked = form()
            return views.trouble(asked.trouble) if asked and asked.trouble else None

        shown = _card(input, form, work)
        _options(input, options, work)

        @reactive.effect
        def _keep() -> None:
            work.change(answers=answers(), options=options())

        @reactive.calc
        def columns() -> Columns | BayespanelError:
            return _columns(options())

        @reactive.calc
        def card() -> Card | BayespanelError | None:
            text = shown()
            if not text.strip() or not table():
                return None
            try:
                return drafting.read(text)
            except BayespanelError as error:
                return error

        @reactive.calc
        def reading() -> drafting.Reading | None:
            record, said = card(), columns()
            if isinstance(said, BayespanelError):
                return drafting.Reading(trouble=said)
            if record is None or isinstance(record, BayespanelError):
                return None
            try:
                return drafting.tried(record, work.table, said)
            except Exception as error:
                return drafting.Reading(trouble=_unforeseen(error))

        card_parts(output, work, card, columns, reading)
        power.power(input, output, runs, shown)
        running.running(input, output, work, runs, shown, card, columns, reading)

    return server


def _unforeseen(error: Exception) -> BayespanelError:
    """Return an error that no rule foresaw, in three parts."""
    return DataError(
        "A table and a card can be read, or a rule says why not.",
        f"Here no rule does: {type(error).__name__}: {error}.",
        "Correct what was changed last, or try bayespanel new and fit in a terminal. Please report this error.",
    )


def _table(work: Work, file: str, decimal: str | None, sheet: str | None) -> pd.DataFrame | BayespanelError | None:
    if not file:
        return None
    try:
        return intake.table(work.table, decimal, sheet)
    except BayespanelError as error:
        return error
    except Exception as error:  # whatever a broken file does to a reader of its format, the page says it
        return DataError(
            "A table is a file that its format's reader can read.",
            f"{work.state.name!r} cannot be read ({type(error).__name__}: {error}).",
            "Open it in the program that wrote it and save it again, for example as CSV.",
        )


def _columns(options: dict[str, str]) -> Columns | BayespanelError:
    given = {name: text for name, text in options.items() if text}
    if given.get("movers", "first") not in list(MoversChoice):
        return DataError(
            f"--movers is one of {', '.join(MoversChoice)}.", f"It is {given['movers']!r}.", "Correct it above."
        )
    if given.get("alike", "merge") not in ("merge", "keep"):
        return DataError("--alike is merge or keep.", f"It is {given['alike']!r}.", "Correct it above.")
    given.pop("missing", None)  # the card has it
    try:
        return Table(**given).columns()  # type: ignore[arg-type]  # words of enumerations are texts, too
    except BayespanelError as error:
        return error


def _fields(
    input: Inputs,
    output: Outputs,
    form: Callable[[], drafting.Form | None],
    answers: reactive.Value[dict[str, str]],
) -> None:
    """Show a field for each question; one is shown anew only when its choices change, or what it holds elsewhere."""
    entries = {name: reactive.value[Entry | None](None) for name in ORDER}
    current: dict[str, Value] = {}
    numbers = count(1)

    @reactive.effect
    def _show() -> None:
        asked = form()
        with reactive.isolate():
            given = answers()
            questions = {one.name: one for one in asked.questions} if asked else {}
            for name in ORDER:
                question, entry = questions.get(name), entries[name]()
                if question is None:
                    if asked is None or asked.trouble is None:
                        entries[name].set(None)
                    continue
                answer = asked.answers.get(name, given.get(name, question.proposal)) if asked else ""
                value = value_of(question, answer)
                if entry is None or not _alike(entry.question, question) or current.get(name) != value:
                    current[name] = value
                    entries[name].set(Entry(next(numbers), question, value))

    def field(name: str) -> None:
        @output(id=f"field_{name}")
        @render.ui
        def _made() -> Any:
            entry = entries[name]()
            return None if entry is None else views.field(entry)

        @reactive.effect
        def _watch() -> None:
            entry = entries[name]()
            value = None if entry is None else _held(input, entry)
            if entry is None or value is None or value == current.get(name):
                return
            current[name] = value
            with reactive.isolate():
                changed = dict(answers())
            changed.pop(name, None)
            if name in ("question", "wave"):  # other fields then mean other things
                changed = {other: text for other, text in changed.items() if other in OF_TABLE}
            if value != value_of(entry.question, entry.question.proposal):
                changed[name] = text_of(entry.question, value)
            answers.set(changed)

    for name in ORDER:
        field(name)


def _alike(one: Any, other: Any) -> bool:
    return (one.choices, one.parts, one.several, one.text) == (other.choices, other.parts, other.several, other.text)


def _held(input: Inputs, entry: Entry) -> Value | None:
    """Return what the inputs of a field hold; None before the browser has them."""

    def of(name: str) -> Any:
        return input[name]() if input[name].is_set() else None

    question = entry.question
    if kind_of(question) == "parts":
        parts = [of(entry.name(i)) for i in range(len(question.parts))]
        return None if None in parts else Value(parts=tuple(map(str, parts)))
    if kind_of(question) == "several":
        own = of(entry.name("own"))
        boxes = input[entry.name()]
        chosen = (boxes() or ()) if boxes.is_set() else None
        if (chosen is None and question.choices) or (own is None and question.name in OPEN):
            return None
        return Value(str(own or "").strip(), tuple(chosen or ()))
    text = of(entry.name())
    return None if text is None else Value(str(text))


def _card(input: Inputs, form: Callable[[], drafting.Form | None], work: Work) -> reactive.Value[str]:
    """Keep the text of the card: of the fields, until it is edited."""
    shown = reactive.value(work.state.card)
    made = ""
    if work.state.card:
        ui.update_text_area("card", value=work.state.card)

    @reactive.effect
    def _write() -> None:
        nonlocal made
        asked = form()
        text = "" if asked is None else asked.text
        if text is None or text == made:
            return
        first, made = not made, text
        if first and work.state.card:
            return  # it was edited before the page was loaded again
        work.change(card="")
        shown.set(text)
        ui.update_text_area("card", value=text)

    @reactive.effect
    @reactive.event(input.card, ignore_init=True)
    def _edit() -> None:
        text = str(input.card())
        with reactive.isolate():
            if text != shown():
                shown.set(text)
                work.change(card="" if text == made else text)

    return shown


def _options(input: Inputs, options: reactive.Value[dict[str, str]], work: Work) -> None:
    """Keep what is written about the table and about draws."""
    for name, text in work.state.options.items():
        ui.update_text(f"option_{name}", value=text)
    for name, text in work.state.sampling.items():
        ui.update_text(f"sampling_{name}", value=text)

    def watch(name: str) -> None:
        @reactive.effect
        @reactive.event(input[f"option_{name}"], ignore_init=True)
        def _change() -> None:
            text = str(input[f"option_{name}"]()).strip()
            with reactive.isolate():
                changed = {other: kept for other, kept in options().items() if other != name}
            options.set({**changed, name: text} if text else changed)

    def watch_sampling(name: str) -> None:
        @reactive.effect
        @reactive.event(input[f"sampling_{name}"], ignore_init=True)
        def _change() -> None:
            work.change(sampling={**work.state.sampling, name: str(input[f"sampling_{name}"]()).strip()})

    for name in OPTIONS:
        watch(name)
    for name in SAMPLING:
        watch_sampling(name)
