"""What is worked on: a folder with the table and the answers, so that a reload of the page loses nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bayespanel.files.partial import write_text
from bayespanel.language.errors import DataError

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".sav", ".zsav", ".dta")
"""Files of tables that are taken."""

STATE = "app.json"

DEFAULTS = {"seed": "2012", "chains": "4", "tune": "500", "draws": "1000"}
"""Options of a fit, as texts: those of `bayespanel fit`."""


@dataclass(frozen=True)
class State:
    """What the page shows besides runs.

    Attributes
    ----------
    file
        Name of the table in the folder; empty without one.
    name
        Name that the file had where it came from: shown, and never a path.
    answers
        Answers that differ from what the columns suggest, by the questions of `bayespanel new`.
    options
        Further options of `bayespanel fit` about the table.
    sampling
        Options of `bayespanel fit` about draws.
    card
        The card where it was edited by hand; empty where the answers make it.
    """

    file: str = ""
    name: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    sampling: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    card: str = ""


@dataclass
class Work:
    """A folder of work.

    Attributes
    ----------
    folder
        The folder, which exists.
    state
        What was saved in it last.
    """

    folder: Path
    state: State = field(default_factory=State)

    def __post_init__(self) -> None:
        """Go on where an earlier page stopped; begin anew where that cannot be read."""
        try:
            found = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
            state = State(**found)
        except (OSError, ValueError, TypeError):
            return
        if not _is_sound(state):
            return
        self.state = state
        if not (self.folder / self.state.file).is_file():
            self.state = State()

    @property
    def table(self) -> Path:
        """The table."""
        return self.folder / self.state.file

    def change(self, **values: object) -> None:
        """Save other values of the state."""
        changed = replace(self.state, **values)  # type: ignore[arg-type]  # the fields' own types, by their names
        if changed != self.state:
            self.state = changed
            text = json.dumps(asdict(changed), ensure_ascii=False, indent=2)
            write_text(self.folder / STATE, text)

    def take(self, source: Path, name: str) -> None:
        """Copy a table into the folder, under a name of our own.

        Raises
        ------
        DataError
            The name has another ending than files of tables have.
        """
        ending = Path(name).suffix.lower()
        if ending not in ENDINGS:
            raise DataError(
                f"A table is a file that ends in {', '.join(ENDINGS)}.",
                f"{name!r} does not.",
                "Choose another file, or save the table in one of these formats.",
            )
        number = 1 + sum(1 for _ in self.folder.glob("table-*"))
        file = f"table-{number}{ending}"
        shutil.copyfile(source, self.folder / file)
        self.change(file=file, name=name, answers={}, options={}, card="")


def _is_sound(state: State) -> bool:
    """Whether all fields of a state that was read are what they are by default: texts, and texts by their names."""
    texts = (state.file, state.name, state.card)
    tables = (state.answers, state.options, state.sampling)
    pairs = [pair for table in tables if isinstance(table, dict) for pair in table.items()]
    return (
        all(isinstance(text, str) for text in [*texts, *(part for pair in pairs for part in pair)])
        and all(isinstance(table, dict) for table in tables)
        and Path(state.file).name == state.file
    )


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, by which a script knows its table again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
