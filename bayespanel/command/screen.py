"""What a command line says: errors in its own words, checks with the failed ones first, JSON."""

from __future__ import annotations

import json
import math
import re
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayespanel.command.card_words import as_in_cards
from bayespanel.language.errors import BayespanelError
from bayespanel.language.shown import columns, filled, grid, prose

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayespanel.data.description import Description
    from bayespanel.data.trial_description import TrialDescription

CODES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Codes that command a terminal, and marks that change the direction of what follows; line ends and tabs stay."""

STYLES = {"FAILED": "bold red", "look": "yellow"}
"""Colours of the states of checks."""


def _of_wide(found: re.Match[str]) -> str:
    return f"Write for example --wide {found[1]}={','.join(part.strip(' ' + QUOTES) for part in found[2].split(','))}"


BESIDE = 2 + 6 + 2 + 2 + 9 + 2 + 17
"""Columns of a check beside its name: its state, its value and its limit."""

QUOTES = "'\""

WORDS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\bsay (?:missing|keep_codes|accept)=\[\]", "say so"),
    (r" \(on the command line --missing=[^)]*\)", ""),
    (r"\bmissing='labelled'", "--missing labelled"),
    (r"\bkeep_codes=True", "--keep-codes all"),
    (r"\balike='(\w+)'", r"--alike \1"),
    (r"\baccept=\['(\w+)'\]", r"--accept \1"),
    (r"\b(district|pupil|school)='([^'.,]+)'", r"--\1 \2"),
    (r"\bdistrict=([^'.,]+)", r"--district \1"),
    (r"\bgroup='([^'.,]+)'", r"--group \1"),
    (r"\bdecimal='([.,])'", r"--decimal \1"),
    (r"\bsheet='([^']*)'", r"--sheet '\1'"),
    (r"read_table\(path, (--decimal [.,])\)", r"\1"),
    (r"\b(pupil|wave|waves|times|variables|classroom|school|covariates|incomplete|group)=(\.\.\.|\[\.\.\.\])", r"--\1"),
    (r"\b(pupil|wave|classroom|school|arm|group)='(?:\.\.\.|(NAME))'", r"--\1 NAME"),
    (r"then convert: pd\.to_numeric\(.*\) makes them missing", "and empty these cells in the table"),
    (
        r"Convert it first: frame\[(.*?)\] = pd\.to_numeric\(.*?\)\.(?= |$)",
        r"Save its cells as numbers: column \1 of the table.",
    ),
    (
        r"Code it 0/1, for example \(frame\[.*?\] == (.*?)\)\.astype\(float\)",
        r"Code it 0/1 in the table, for example 1 for \1 and 0 for any other",
    ),
    (
        r"Recode it: frame\[(.*?)\] = \(.*?\)\.astype\(int\)",
        r"Recode column \1 of the table: 1 for the intervention, 0 for the rest",
    ),
    (
        r"Order them: frame\[(.*?)\] = pd\.Categorical\(.*?, ordered=True\)",
        r"Number them in column \1 of the table in their order, 0 for the lowest",
    ),
    (r", or read it with pandas and pass the DataFrame on", ""),
    (r"Write for example columns=\{'([^']*)': \[([^\]]*)\]\}", _of_wide),
    (r"\bcolumns=\{\.\.\.\}", "--wide"),
    (r"\bbaseline=\{outcome: column\}", "--baseline OUTCOME=COLUMN"),
    (r"\bbaseline=\{'([^']*)': '([^']*)'\}", r"--baseline \1=\2"),
    (r"\b(outcomes|strata|baseline|arm|randomised|control)=(\.\.\.|\[\.\.\.\])", r"--\1"),
    (r"read the file with (decimal)=", r"say \1="),
    (r"\bbp\.number_of_classes\b", "number_of_classes, in Python,"),
    (r"\bmovers='(\w+)'", r"--movers \1"),
    (r"\bcontrol='?([^'.,]+)'?", r"--control \1"),
    (r"\brandomised='(\w+)'", r"--randomised \1"),
    (r"\bschool_years=12\b", "--school-years 12"),
    (r"'school_years'(?= names)", "--school-years"),
    (r"(?<![.'])(?<!, )\bschool_years\b(?![='])", "--school-years"),  # not a key of a card
    (r"(?<!-)\brope=(-?[\d.]+)", r"--rope \1"),
    (r"\bmin_block\b", "--min-block"),
    (r"'?\btarget_accept\b'?", "--target-accept"),
    (r"'tune' and 'draws'", "--tune and --draws"),
    (r"\bsampler='nuts', or 'auto'", "--sampler nuts, or --sampler auto"),
    (r"\bsampler='(\w+)'", r"--sampler \1"),
    (r"\bchecks\(fit\)", "checks.csv"),
    (r"\bbp\.refits\(fit\), or bayespanel report", "bayespanel report"),
    (r"use from_long for a long table", "name --wave and --variables of a long table"),
    (r"\bbp\.worlds\(\)", "bayespanel worlds"),
    (r"\bbp\.world\(name, \{field: value\}\), or --set", "--set"),
    (r"\bbetween=\(10, 100\), or --find", "--find"),
    (r"\b(goal|prob)=([\d.]+)", r"--\1 \2"),
    (r"one of 'scheduler' and 'workers'", "one of --scheduler and --workers"),
    (r"Moments\.save\b", "bayespanel moments"),
    (r"Moments\.load reads", "Moments are read from"),
    (r"Fit\.save wrote", "bayespanel fit wrote"),
)
"""What messages for Python say, and what it is called on a command line."""


LISTS = re.compile(
    r"\b(missing|keep_codes|waves|times|school_years|classroom|school|variables|covariates|incomplete|outcomes)"
    r"=\[([^\]]*)\]"
)
"""Lists of values, which a command line writes with commas and without quotation marks."""


OF_COLUMNS = re.compile(r"\bmissing=\{('[^}]*)\}")
"""Values of single columns, which a command line writes as NAME=VALUE."""


def warn(text: str) -> None:
    """Write a warning of the library to standard error, in the words of the command line."""
    say(filled(f"Warning: {spoken(text)}", rest="  "), style="yellow")


def spoken(text: str) -> str:
    """Return a message with options of the command line and keys of cards in place of arguments in Python."""
    for python, option in WORDS:
        text = re.sub(python, option, text)
    return as_in_cards(LISTS.sub(_listed, OF_COLUMNS.sub(_of_columns, text)))


def _of_columns(found: re.Match[str]) -> str:
    pairs = re.findall(r"'([^']*)': \[([^\]]*)\]", found[1])
    return "--missing " + ",".join(f"{name}={code.strip()}" for name, codes in pairs for code in codes.split(","))


def _listed(found: re.Match[str]) -> str:
    values = [value.strip().strip("'\"") for value in found[2].split(",")]
    return f"--{found[1].replace('_', '-')}={','.join(values)}"


def error_text(error: BayespanelError) -> str:
    """Return an error as its three parts, a line each."""
    return "\n".join(
        f"{head:<8}{spoken(part)}"
        for head, part in (("Rule:", error.rule), ("Given:", error.given), ("Do:", error.action))
    )


def say(text: str, *, style: str = "") -> None:
    """Write to standard error: everything that is not the result."""
    _write(text, style, to_errors=True)


def show(text: str, *, style: str = "") -> None:
    """Write to standard output."""
    _write(text, style, to_errors=False)


def printable(text: str, encoding: str | None = None) -> str:
    r"""Return a text that moves no cursor and changes no colour: codes in names are shown as `\x1b`.

    With an encoding, letters that it lacks are shown as codes, too.
    """
    shown = CODES.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return shown.encode(encoding, "backslashreplace").decode(encoding) if encoding else shown


def _write(text: str, style: str, *, to_errors: bool) -> None:
    """Write a text; rich, which takes a third as long to import as a list of cards takes in all, only for colour."""
    stream = sys.stderr if to_errors else sys.stdout
    text = printable(text, getattr(stream, "encoding", None))
    if not style:
        print(text, file=stream)
        return
    from rich.console import Console

    Console(stderr=to_errors, highlight=False, markup=False, emoji=False, soft_wrap=True).print(text, style=style)


def show_description(description: Description | TrialDescription, *, json: bool) -> None:
    """Show what data look like, as text or as JSON."""
    if json:
        return show_json(description.to_dict())
    return show(str(description))


def show_json(content: object) -> None:
    """Write one JSON document to standard output; what is not finite becomes null."""
    print(json.dumps(plain(content), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Return texts, numbers, lists and dictionaries only."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON."""
    return [plain(row) for row in frame.astype(object).to_dict("records")]


def table_text(table: pd.DataFrame | Mapping[str, Sequence[object]]) -> str:
    """Return a table as text, indented by two, words to the left and numbers to the right, no wider than the screen."""
    cells, right = [], []
    for name, entries in table.items():
        cells.append([str(name), *(f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in entries)])
        right.append(all(isinstance(cell, (int, float)) for cell in entries))
    return grid(cells, right)


def show_checks(found: pd.DataFrame) -> None:
    """Print checks with their states, the gravest first, in colour and with hints unless they are ok."""
    from bayespanel.inference.checks import STATES

    show("Checks")
    width = min(int(found["check"].str.len().max()), columns() - BESIDE)
    for state in STATES:
        for _, row in found[found["state"] == state].iterrows():
            first, *more = textwrap.wrap(row["check"], width)
            line = f"  {state:<6}  {first:<{width}}  {row['value']:>9.4g}  (limit {row['limit']:.4g})"
            show("\n".join([line, *(" " * 10 + part for part in more)]), style=STYLES.get(state, ""))
            if row["hint"]:
                show(textwrap.fill(spoken(row["hint"]), prose(), initial_indent=" " * 10, subsequent_indent=" " * 10))


def verdict(found: pd.DataFrame) -> tuple[str, str]:
    """Return a sentence about checks that are not ok, and its colour; empty without any.

    That the model does not fit, and what to try, comes first: no check of the draws says it.
    """
    from bayespanel.inference.checks import FAILED, LOOK, misfit

    failed, look = ([str(name) for name in found.loc[found["state"] == state, "check"]] for state in (FAILED, LOOK))
    fit = spoken(misfit(found))
    words = [fit] if fit else []
    if failed:
        checks = "1 check" if len(failed) == 1 else f"{len(failed)} checks"
        words.append(
            f"{checks} of {len(found)} FAILED ({'; '.join(failed)}): read the hints before you believe a number."
        )
    if look:
        checks = "1 check" if len(look) == 1 else f"{len(look)} checks"
        words.append(f"{checks} of {len(found)} to look at ({'; '.join(look)}): the hints say what to report.")
    return " ".join(words), STYLES[FAILED] if failed else STYLES[LOOK] if look else ""


def show_answer(evidence: xr.Dataset, checks: pd.DataFrame) -> None:
    """Print what a fit says in words, and before it what is doubtful."""
    from bayespanel.summaries.conclusions import conclude

    found = conclude(evidence, checks)
    show("In words")
    for one in found.sentences:
        style = STYLES["FAILED" if found.grave else "look"] if one == found.doubt else ""
        show(textwrap.fill(spoken(one), prose(), initial_indent="  ", subsequent_indent="  "), style=style)


def evidence_json(evidence: xr.Dataset, frame: pd.DataFrame) -> dict[str, Any]:
    """Return evidence for JSON: what its numbers are, then a row per pathway."""
    return {**{str(name): value for name, value in evidence.attrs.items()}, "pathways": rows(frame)}
