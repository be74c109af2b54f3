"""Whoever types commands reads of options, cards and cells of the table, and never of Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.command.card_words import KEYS
from bayespanel.command.screen import spoken
from tests.command.lines import LONG, Run
from tests.data.tables import long_table

PACKAGE = Path(bp.__file__).parent

PYTHON = re.compile(r"\bframe\[|\bpd\.|\bnp\.|\.astype|DataFrame|\w=\[|\b\w+=(?:True|False|None)\b|\b\w+=[('\[{]")

NEVER_TYPED = (
    "A panel is built from a pandas DataFrame",  # the command line reads a file
    "Read a file with bayespanel.data.read_table",
    "np.tril(cov)",  # Panel.from_summary has no command
)
"""Messages that no command can bring about."""


REFUSALS = ("DataError", "SpecError", "Guess", "ask")


def written(node: ast.expr) -> str:
    """The text of a message in the source; what is filled in is a word in quotation marks, or a plain one."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(written, node.values))
    if isinstance(node, ast.FormattedValue):
        return "'anxiety'" if node.conversion == ord("r") else "anxiety"
    if isinstance(node, ast.BinOp):
        return written(node.left) + written(node.right)
    return written(node.body) if isinstance(node, ast.IfExp) else ""


def messages(room: str) -> Iterator[tuple[str, str]]:
    """Every text of an error or a guess of a room, and where it stands."""
    for path in sorted((PACKAGE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS:
                for given in [*node.args, *(word.value for word in node.keywords)]:
                    yield f"{path.name}:{given.lineno}", written(given)


@pytest.mark.parametrize("room", ["data"])
def test_no_message_about_a_table_shows_python(room: str) -> None:
    said = [(where, spoken(text)) for where, text in messages(room)]
    assert len(said) > 500
    found = [
        f"{where} {text}"
        for where, text in said
        if PYTHON.search(text.replace("anxiety=", "").replace("decimal='anxiety'", ""))
    ]
    assert [line for line in found if not any(text in line for text in NEVER_TYPED)] == []


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        (
            "Code it 0/1, for example (frame['sex'] == 'girl').astype(float); k categories make k - 1 columns.",
            "Code it 0/1 in the table, for example 1 for 'girl' and 0 for any other; k categories make k - 1 columns.",
        ),
        (
            "Convert it first: frame['x'] = pd.to_numeric(frame['x'].astype(str).str.replace(',', '.')). If the comma",
            "Save its cells as numbers: column 'x' of the table. If the comma",
        ),
        (
            "Convert it first: frame['x'] = pd.to_numeric(frame['x']).",
            "Save its cells as numbers: column 'x' of the table.",
        ),
        (
            "Order them: frame['y'] = pd.Categorical(frame['y'], [lowest, ..., highest], ordered=True).",
            "Number them in column 'y' of the table in their order, 0 for the lowest.",
        ),
        (
            "Recode it: frame['arm'] = (frame['arm'] == value_of_the_intervention).astype(int).",
            "Recode column 'arm' of the table: 1 for the intervention, 0 for the rest.",
        ),
        (
            "Write for example columns={'rejection': ['rej1', 'rej2', 'rej3']}.",
            "Write for example --wide rejection=rej1,rej2,rej3.",
        ),
        ("Name the column: school='...'; or", "Name the column: --school NAME; or"),
        ("one per wave, classroom=['class1', 'class2', ...].", "one per wave, --classroom=class1,class2,...."),
        ("Write baseline={'post': 'pre'}.", "Write --baseline post=pre."),
        ("or say what was randomised (randomised=...).", "or say what was randomised (--randomised)."),
    ],
)
def test_advice_about_a_table_is_advice_about_cells_and_options(python: str, typed: str) -> None:
    assert spoken(python) == typed


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ('Write levels=("pupil", "school").', 'Write levels = ["pupil", "school"].'),
        ("Take levels=('pupil',), or leave it out.", 'Take levels = ["pupil"], or leave it out.'),
        ("Use intercepts=False, or add a wave.", "Use intercepts = false, or add a wave."),
        ("fit with slopes=True: each pupil", "fit with slopes = true: each pupil"),
        ("Give order=1 or order=2.", "Give order = 1 or order = 2."),
        ('moderators={"x -> y": ("programme",)}.', 'moderators = { "x -> y" = ["programme"] }.'),
        ("growth={'level': [1, 1, 1]}", 'growth = { "level" = [1, 1, 1] }'),
        ("--set classes=3 and --missing read1=99 stay", "--set classes=3 and --missing read1=99 stay"),
    ],
)
def test_options_of_a_model_are_written_as_in_a_card(python: str, typed: str) -> None:
    assert spoken(python) == typed


def test_no_message_of_a_family_shows_an_option_as_python_does() -> None:
    specs = (bp.RICLPM, bp.ClusterTrial, bp.Trajectories)
    of_python = {"priors"}  # a card has a table of them, whose errors name its line
    named = "|".join({field.name for spec in specs for field in fields(spec)} - of_python)
    as_python = re.compile(rf"(?<![\w.-])(?:{named})=(?:True|False|\d|[('\"\[{{])")
    said = [(where, spoken(text)) for where, text in messages("families")]
    assert len(said) > 500
    assert [f"{where} {text}" for where, text in said if as_python.search(text)] == []


def test_keys_of_cards_are_fields_of_specifications() -> None:
    known = {field.name for spec in (bp.RICLPM, bp.ClusterTrial, bp.Trajectories) for field in fields(spec)}
    assert set(KEYS) <= known, sorted(set(KEYS) - known)


def test_a_covariate_in_words_is_refused_in_words_of_the_table(run: Run) -> None:
    table = long_table()
    table["sex"] = np.where(pd.factorize(table["pupil"])[0] % 2 == 0, "girl", "boy")
    table.to_csv("words.csv", index=False)
    code, _, err = run("moments", "words.csv", "-o", "m.nc", *LONG, "--variables", "read,math", "--covariates", "sex")
    assert code == 2
    assert "Code it 0/1 in the table, for example 1 for 'girl' and 0 for any other" in err
    assert not PYTHON.search(err)
