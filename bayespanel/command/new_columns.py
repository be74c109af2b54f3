"""Questions of `bayespanel new` about the columns of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.command.asking import BETWEEN, Asker, Question, column_in, known_name
from bayespanel.command.column_kinds import (
    as_numbers,
    candidates,
    covariates as usual_covariates,
    is_wide,
    place_columns,
    score_groups,
    scores_of_long,
    type_of,
)
from bayespanel.command.screen import table_text
from bayespanel.command.wave_columns import Groups, alike, before_and_after
from bayespanel.language.column_words import named_for, role_of
from bayespanel.language.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.families.shared.draft import DraftRoom

OFFERED = 4
"""Variables that are proposed at most: they are there to be corrected."""


@dataclass
class Sheet:
    """A table, the family whose card is written, and what is known so far, by the fields of `Draft`."""

    path: Path
    frame: pd.DataFrame
    room: DraftRoom
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Columns that no answer has used."""
        return [name for name in map(str, self.frame.columns) if name not in self.used]

    @property
    def used(self) -> set[str]:
        """Columns that have a part."""
        out = {self.known.get(name) for name in ("pupil", "wave", "arm")}
        for name in ("classroom", "school", "covariates"):
            out |= set(self.known.get(name, ()))
        for columns in self.known.get("scores", {}).values():
            out |= set(columns)
        return {str(name) for name in out | set(self.known.get("baseline", {}).values()) if name}

    @property
    def has_waves(self) -> bool:
        """Whether scores are those of several waves."""
        return "wave" in self.room.ASKED

    @property
    def is_long(self) -> bool:
        """Whether there is a row per pupil and wave."""
        return self.known.get("wave") is not None

    @property
    def waves(self) -> int:
        """Number of waves."""
        if self.is_long:
            return int(self.frame[self.known["wave"]].nunique())
        return max((len(columns) for columns in self.known.get("scores", {}).values()), default=1)


def wave(asker: Asker, sheet: Sheet) -> None:
    """Ask whether there is a row per pupil and wave, and which column is the wave."""
    pupil = named_for("pupil", sheet.names)
    wide = "=" in asker.given.get("scores", "") or is_wide(sheet.frame, pupil)
    guess = None if wide else named_for("wave", sheet.names)
    sheet.known["wave"] = asker.ask(
        Question(
            name="wave",
            text="Which column holds the wave, if there is a row per pupil and wave? None: there is a row per pupil.",
            read=column_in(sheet.names, "a column"),
            proposal=guess or "",
            stands=True,
            choices=choices(sheet),
        )
    )


def pupil(asker: Asker, sheet: Sheet) -> None:
    """Ask for the column of the pupil, without which a table of a row per pupil can do."""
    sheet.known["pupil"] = asker.ask(
        Question(
            name="pupil",
            text="Which column says who the pupil is?",
            read=column_in(sheet.names, "a column"),
            proposal=named_for("pupil", sheet.names) or "",
            needed=sheet.is_long,
            choices=choices(sheet),
        )
    )


def _place(role: str, what: str) -> Callable[[Asker, Sheet], None]:
    def ask(asker: Asker, sheet: Sheet) -> None:
        several = sheet.has_waves and not sheet.is_long
        found = tuple(name for name in place_columns(sheet.frame, role) if name in sheet.names)
        found = found if len(found) in (1, sheet.waves if several else 1) else found[:1]

        def read(text: str) -> tuple[str, ...]:
            columns = tuple(known_name(name, sheet.names, "a column") for name in _listed(text))
            if len(columns) not in ((0, 1, sheet.waves) if several else (0, 1)):
                waves = f", or one per wave, {sheet.waves}" if several else ""
                given = f"You named {len(columns)}: {', '.join(columns)}."
                raise SpecError(f"The {what} has one column{waves}.", given, "Correct the list.")
            return columns

        per_wave = " Pupils who move: one column per wave, with commas." if several else ""
        text = f"Which column says which {what} a pupil is in?{per_wave}"
        proposal = ",".join(found)
        offered = ({proposal: "one per wave"} if len(found) > 1 else {}) | choices(sheet)
        sheet.known[role] = asker.ask(Question(name=role, text=text, read=read, proposal=proposal, choices=offered))

    return ask


school = _place("school", "school")
classroom = _place("classroom", "class")


def scores(asker: Asker, sheet: Sheet) -> None:
    """Ask for the scores, with their columns in a table of a row per pupil."""
    _scores(asker, sheet, "Which scores?", most=None)


def score(asker: Asker, sheet: Sheet) -> None:
    """Ask for the one score whose courses are sought."""
    _scores(asker, sheet, "The courses of which score?", most=1)


def _scores(asker: Asker, sheet: Sheet, text: str, most: int | None) -> None:
    if sheet.is_long:
        usual = [named_for("pupil", sheet.names), *place_columns(sheet.frame, "school")]
        found = [name for name in scores_of_long(sheet.frame, usual[0]) if name in sheet.names and name not in usual]
        return _columns(asker, sheet, f"{text} Columns, with commas.", found, most)
    groups = {
        name: columns
        for name, columns in score_groups(sheet.frame, sheet.room.LEAST_WAVES).items()
        if not sheet.used & set(columns)
    }
    chosen = list(alike(groups).items())[: most or OFFERED]

    def read(text: str) -> Groups:
        out: Groups = {}
        for part in (part for part in text.split(BETWEEN) if part.strip()):
            name, sign, columns = (piece.strip() for piece in part.partition("="))
            if sign:
                out |= {name: tuple(known_name(one, sheet.names, "a column") for one in _listed(columns))}
                continue
            for stem in _listed(part):
                stem = known_name(stem, list(groups), "a score of the list")
                out[stem] = groups[stem]
        _require_waves(out, sheet.room.LEAST_WAVES, most)
        _require_numbers(sheet.frame, [one for columns in out.values() for one in columns])
        return out

    sheet.known["scores"] = asker.ask(
        Question(
            name="scores",
            text=f"{text} NAME=COLUMN,COLUMN,... in the order of the waves, ; between scores; or names of the list.",
            read=read,
            proposal=f"{BETWEEN} ".join(f"{name}={','.join(columns)}" for name, columns in chosen),
            needed=True,
            shown=_listing(groups),
            choices={name: ", ".join(columns) for name, columns in groups.items()},
            several=True,
        )
    )
    return None


def outcomes(asker: Asker, sheet: Sheet) -> None:
    """Ask for the scores after a trial."""
    names = [name for name in candidates(sheet.frame) if name in sheet.names]
    pairs = before_and_after(names)
    _columns(asker, sheet, "Which scores after the trial? Columns, with commas.", list(pairs) or names, None)


def _columns(asker: Asker, sheet: Sheet, text: str, found: list[str], most: int | None) -> None:
    def read(text: str) -> Groups:
        columns = [known_name(name, sheet.names, "a column") for name in _listed(text.replace(BETWEEN, ","))]
        _require_number_of(columns, most)
        _require_numbers(sheet.frame, columns)
        return {name: (name,) for name in columns}

    offered = found[: most or OFFERED]
    rest = f"\nThe table also has {', '.join(found[len(offered) :])}." if len(found) > len(offered) else ""
    sheet.known["scores"] = asker.ask(
        Question(
            name="scores",
            text=text + rest,
            read=read,
            proposal=",".join(offered),
            needed=True,
            choices={name: label for name, label in choices(sheet).items() if name in found},
            several=True,
        )
    )


def baseline(asker: Asker, sheet: Sheet) -> None:
    """Ask for the scores before a trial."""
    posts = list(sheet.known["scores"])
    pairs = before_and_after([*posts, *(name for name in candidates(sheet.frame) if name in sheet.names)])

    def read(text: str) -> dict[str, str]:
        out = {}
        for part in _listed(text):
            post, sign, pre = (piece.strip() for piece in part.partition("="))
            if not sign:
                raise SpecError("A baseline is written AFTER=BEFORE.", f"It is {part!r}.", f"Write {posts[0]}=COLUMN.")
            out[known_name(post, posts, "an outcome")] = known_name(pre, sheet.names, "a column")
        _require_numbers(sheet.frame, list(out.values()))
        return out

    sheet.known["baseline"] = asker.ask(
        Question(
            name="baseline",
            text="Which columns hold the same scores before the trial? AFTER=BEFORE, with commas.",
            read=read,
            proposal=",".join(f"{post}={pairs[post]}" for post in posts if post in pairs),
            choices=choices(sheet),
            parts=tuple(posts),
        )
    )


def covariates(asker: Asker, sheet: Sheet) -> None:
    """Ask for what does not change within a pupil."""
    found = usual_covariates(sheet.frame, sheet.known.get("pupil"), long=sheet.is_long, taken=sheet.used)

    def read(text: str) -> tuple[str, ...]:
        columns = tuple(known_name(name, sheet.names, "a column") for name in _listed(text))
        for name in columns:
            lost = int(sheet.frame[name].isna().sum())
            if lost or sheet.frame[name].nunique() < 2:
                given = (
                    f"{name!r} is missing in {lost} of {len(sheet.frame)} rows."
                    if lost
                    else f"{name!r} is the same for all."
                )
                raise SpecError("A covariate is known for everybody, and varies.", given, "Leave it out, or fill it.")
        _require_numbers(sheet.frame, [] if not sheet.has_waves else columns)
        return columns

    sheet.known["covariates"] = asker.ask(
        Question(
            name="covariates",
            text="Which columns do not change within a pupil and belong in the model, such as sex or age at the start?",
            read=read,
            proposal=",".join(found),
            choices={name: label for name, label in choices(sheet).items() if _is_covariate(sheet.frame, name)},
            several=True,
        )
    )


def _is_covariate(frame: pd.DataFrame, name: str) -> bool:
    """Say whether a column can be held constant: known for everybody, in numbers that differ."""
    column = frame[name]
    return type_of(column) in ("whole", "decimal", "yes/no") and bool(column.notna().all()) and column.nunique() > 1


def arm(asker: Asker, sheet: Sheet) -> None:
    """Ask for the column of the arm."""
    sheet.known["arm"] = asker.ask(
        Question(
            name="arm",
            text="Which column says in which arm a pupil is?",
            read=lambda text: known_name(text, sheet.names, "a column"),
            proposal=named_for("arm", sheet.names) or "",
            needed=True,
            choices=choices(sheet),
        )
    )


def choices(sheet: Sheet) -> dict[str, str]:
    """Return the columns that have no part yet, each with its label."""
    labels = sheet.frame.attrs.get("variable_labels", {})
    return {name: str(labels.get(name) or "") for name in sheet.names}


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _listing(groups: Groups) -> str:
    if not groups:
        return ""
    rows = {"score": list(groups), "columns": [", ".join(columns) for columns in groups.values()]}
    return f"Columns that could be one score at several waves:\n\n{table_text(rows)}"


def _require_number_of(names: Sequence[str], most: int | None) -> None:
    if not names or (most is not None and len(names) > most):
        rule = "There is one score whose courses are sought." if most == 1 else "There is at least one score."
        raise SpecError(rule, f"You named {', '.join(names) or 'none'}.", "Correct the list.")


def _require_waves(groups: Groups, least: int, most: int | None) -> None:
    _require_number_of(list(groups), most)
    lengths = {name: len(columns) for name, columns in groups.items()}
    if len(set(lengths.values())) > 1 or min(lengths.values()) < least:
        raise SpecError(
            f"Every score has as many columns as there are waves, {least} or more.",
            ", ".join(f"{name!r} has {number}" for name, number in lengths.items()) + ".",
            "Leave out the waves that not every score has, or the scores that lack a wave.",
        )
    columns = [one for group in groups.values() for one in group]
    twice = sorted({one for one in columns if columns.count(one) > 1})
    if twice:
        raise SpecError("A column belongs to one score.", f"{', '.join(twice)} stands twice.", "Keep it once.")


def _require_numbers(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Check that columns hold numbers that vary; words, dates and blanks are no scores."""
    for name in columns:
        kind, distinct = type_of(as_numbers(frame, name)), frame[name].nunique()
        if kind in ("text", "date", "empty") or distinct < 2:
            holds = {"text": "text", "date": "dates", "empty": "nothing"}.get(kind, f"{distinct} value")
            about = f", and its name says {role_of(name)}" if role_of(name) else ""
            raise SpecError(
                "A score or a covariate is a column of numbers that differ.",
                f"{name!r} holds {holds}{about}.",
                "Name another column.",
            )
