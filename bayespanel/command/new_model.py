"""Questions of `bayespanel new` about the model: levels, the triangle, arms, courses, and what the card is called."""

from __future__ import annotations

from collections.abc import Callable

from bayespanel.command import new_columns
from bayespanel.command.asking import Asker, Question, known_name, one_of
from bayespanel.command.new_columns import Sheet
from bayespanel.language.column_words import vertex_of
from bayespanel.language.errors import SpecError
from bayespanel.language.names import LEVELS
from bayespanel.language.triangle import VERTICES

CONTROLS = ("control", "controle", "kontrolle", "kontroll", "contr", "ctrl", "placebo", "care as usual", "no", "nee")
"""How names of the reference arm begin."""

PLACES = {"class": "classroom", "school": "school"}
"""Level -> the question for its column."""


def levels(asker: Asker, sheet: Sheet) -> None:
    """Ask at which levels pupils differ: those whose columns are named."""
    there = [level for level in LEVELS if level == "pupil" or sheet.known.get(PLACES.get(level, ""))]

    def read(text: str) -> tuple[str, ...]:
        named = [known_name(name.strip(), LEVELS, "a level") for name in (text or ",".join(there)).split(",")]
        absent = [level for level in named if level not in there]
        if absent:
            raise SpecError(
                "A level of the model has a column in the table.",
                f"No column is named for {', '.join(absent)}.",
                f"Name it (--{PLACES[absent[0]]} COLUMN), or leave the level out.",
            )
        return tuple(level for level in LEVELS if level == "pupil" or level in named)

    text = "At which levels do scores differ? pupil, class, school."
    sheet.known["levels"] = asker.ask(
        Question(
            name="levels",
            text=text,
            read=read,
            proposal=",".join(there),
            stands=True,
            choices=dict.fromkeys(there, ""),
            several=True,
        )
    )


def vertices(asker: Asker, sheet: Sheet) -> None:
    """Ask whom the scores are about; where predictors are asked about a single score, whom these are about."""
    names = list(sheet.known.get("covariates", ()) if "score" in sheet.room.ASKED else sheet.known["scores"])
    if not names:
        return
    guess = {name: vertex_of(name) for name in names}
    if "outcomes" in sheet.room.ASKED:  # a programme of schools acts on the child, whoever else it is about
        guess = {name: vertex if vertex == "parent" else "child" for name, vertex in guess.items()}

    def read(text: str) -> dict[str, str]:
        said = {}
        for part in (part for part in text.split(",") if part.strip()):
            name, sign, vertex = (piece.strip() for piece in part.partition("="))
            if not sign:
                rule = f"Whom a score is about is written NAME=VERTEX, one of {', '.join(VERTICES)}."
                raise SpecError(rule, f"It is {part.strip()!r}.", f"Write {names[0]}=child.")
            said[known_name(name, names, "a score")] = known_name(vertex, VERTICES, "a vertex of the triangle")
        return guess | said if said else {}

    sheet.known["vertices"] = asker.ask(
        Question(
            name="vertices",
            text="Whom is each about: parent, child, or school (which includes class-mates)? NAME=VERTEX for those to "
            "correct, with commas.",
            read=read,
            proposal=",".join(f"{name}={vertex}" for name, vertex in guess.items()),
            choices=dict.fromkeys(VERTICES, ""),
            parts=tuple(names),
        )
    )


def times(asker: Asker, sheet: Sheet) -> None:
    """Ask when the waves took place."""

    def read(text: str) -> tuple[float, ...]:
        try:
            found = tuple(float(part) for part in text.split(",") if part.strip())
        except ValueError:
            found = ()
            if text:
                raise SpecError(
                    "Times are numbers, with commas.", f"It is {text!r}.", "Write for example 0,5,12."
                ) from None
        if found and (len(found) != sheet.waves or list(found) != sorted(set(found))):
            rule = f"There is a time for each of the {sheet.waves} waves, each later than the one before."
            raise SpecError(rule, f"You gave {text}.", "Correct the list.")
        return found

    text = "When did the waves take place? Numbers in one unit, such as months: 0,5,12."
    sheet.known["times"] = asker.ask(Question(name="times", text=text, read=read))


def control(asker: Asker, sheet: Sheet) -> None:
    """Ask for the reference arm."""
    from bayespanel.data.wording import label_of

    arms = [label_of(arm) for arm in sorted(sheet.frame[sheet.known["arm"]].dropna().unique(), key=str)]
    labels = sheet.frame.attrs.get("value_labels", {}).get(sheet.known["arm"], {})
    called = {label_of(code): str(label) for code, label in labels.items()}
    usual = [arm for arm in arms if called.get(arm, arm).lower().startswith(CONTROLS)]
    numbered = arms[:1] if all(arm.isdecimal() for arm in arms) else []
    known = ", ".join(f"{arm} ({called[arm]})" if arm in called else arm for arm in arms[:12])
    sheet.known["control"] = asker.ask(
        Question(
            name="control",
            text=f"Against which arm are the others compared? The arms: {known}.",
            read=lambda text: known_name(text, arms, "an arm") if text else None,
            proposal=next(iter([*usual, *numbered]), ""),
            needed=not numbered,
            choices={arm: called.get(arm, "") for arm in arms},
        )
    )


def randomised(asker: Asker, sheet: Sheet) -> None:
    """Ask what was allocated to arms."""
    outermost = next((level for level in reversed(LEVELS) if sheet.known.get(PLACES.get(level, ""))), "pupil")
    sheet.known["randomised"] = asker.ask(
        Question(
            name="randomised",
            text="What was allocated to arms: school, class or pupil?",
            read=one_of(LEVELS, "a level"),
            proposal=outermost,
            choices=dict.fromkeys(LEVELS, ""),
            stands=True,
            needed=False,
        )
    )


def classes(asker: Asker, sheet: Sheet) -> None:
    """Ask for the number of courses, or their names."""

    def read(text: str) -> int | tuple[str, ...]:
        if text.isdecimal() and 1 <= int(text) <= 9:
            return int(text)
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        if len(names) < 2 or len(set(names)) < len(names):
            rule = "Courses are a number from 1 to 9, or names, with commas."
            raise SpecError(rule, f"It is {text!r}.", "Write 3, or persistent,decreasing,low.")
        return names

    text = "How many courses, or which names have they, from the highest average to the lowest?"
    sheet.known["classes"] = asker.ask(Question(name="classes", text=text, read=read, proposal="3", stands=True))


def rope(asker: Asker, sheet: Sheet) -> None:
    """Ask for the region of practical equivalence."""

    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = -1.0
        if not 0 < found <= 1:
            rule = "The region of practical equivalence is half its width, a number above 0 and up to 1."
            raise SpecError(rule, f"It is {text!r}.", f"Write {sheet.room.ROPE:g}, which is usual.")
        return found

    text = "Up to which size is an effect as good as none (the region of practical equivalence, standardised)?"
    question = Question(name="rope", text=text, read=read, proposal=f"{sheet.room.ROPE:g}", stands=True)
    sheet.known["rope"] = asker.ask(question)


def title(asker: Asker, sheet: Sheet) -> None:
    """Ask for the title of the card and for the question in words."""
    scores = list(sheet.known["scores"])
    for name, field, text, proposal in (
        ("title", "title", "What is the card called?", sheet.room.title(scores)),
        ("about", "question", "Which question does it answer, in a sentence?", sheet.room.question(scores)),
    ):
        question = Question(
            name=name, text=text, read=lambda text: " ".join(text.split()), proposal=proposal, stands=True
        )
        sheet.known[field] = asker.ask(question) or proposal


QUESTIONS: dict[str, Callable[[Asker, Sheet], None]] = {
    "wave": new_columns.wave,
    "scores": new_columns.scores,
    "score": new_columns.score,
    "outcomes": new_columns.outcomes,
    "baseline": new_columns.baseline,
    "pupil": new_columns.pupil,
    "school": new_columns.school,
    "classroom": new_columns.classroom,
    "covariates": new_columns.covariates,
    "arm": new_columns.arm,
    "control": control,
    "randomised": randomised,
    "vertices": vertices,
    "levels": levels,
    "times": times,
    "classes": classes,
}
"""What a family may ask for -> who asks."""

LAST = (title, rope)
"""What every card has."""
