"""Every text is read as lavaan reads it, or refused: held against lavaan's parser, frozen (`tests.lavaan_texts`)."""

from __future__ import annotations

import json

import pytest

import bayespanel as bp
from bayespanel.bridges.lavaan_parts import sort_rows
from bayespanel.bridges.lavaan_text import rows_of
from tests.lavaan_texts import SEED, TABLE, TEXTS, canonical, texts

LINES = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
HEAD, CASES = LINES[0], LINES[1:]


def read(text: str) -> list[list[object]] | str:
    """Return our rows as lavaan has them, or the error."""
    try:
        rows = rows_of(text)
    except bp.SpecError as error:
        return str(error)
    out: list[list[object]] = []
    for row in rows:
        mean = row.operator == "~" and row.right == "1"
        operator, right = ("~1", "") if mean else (row.operator, row.right)
        out.append([row.left, operator, right, row.level, row.fixed, row.label or ""])
    return out


def is_twice(text: str) -> bool:
    """Whether a parameter is written twice, which lavaan merges in some places and refuses in others; we refuse it."""
    try:
        sort_rows(rows_of(text))
    except bp.SpecError as error:
        return "written once" in str(error)
    return False


def test_the_table_is_that_of_the_generator() -> None:
    assert (HEAD["seed"], [case["text"] for case in CASES]) == (SEED, texts(TEXTS, SEED))
    assert HEAD["program"].startswith("lavaan 0.6")


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_text_is_read_as_lavaan_reads_it_or_refused(case: dict[str, object]) -> None:
    text, theirs = str(case["text"]), case["rows"]
    ours = read(text)
    if isinstance(ours, str) or is_twice(text):
        return
    if not isinstance(theirs, list):  # parsed, and refused by both for what it says: a factor that measures itself
        assert any(left == right for left, operator, right, *_ in ours if operator == "=~")
        with pytest.raises(bp.SpecError):
            bp.from_lavaan(text)
        return
    # A mean within that stands between too is 0 to lavaan; such a text is refused later, as means are those between.
    assert canonical([r for r in ours if (r[1], r[3]) != ("~1", 1)]) == canonical(
        [r for r in theirs if (r[1], r[3]) != ("~1", 1)]
    )


def test_neither_side_refuses_nearly_everything() -> None:
    ours = [isinstance(read(str(case["text"])), list) for case in CASES]
    assert sum(ours) > len(CASES) / 3
    assert sum(mine and case["rows"] is not None for mine, case in zip(ours, CASES, strict=True)) > len(CASES) / 3
