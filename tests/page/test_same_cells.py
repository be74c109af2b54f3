"""Page, screen, paper and file say the same of a Bayes factor, be it a number, a bound or nothing."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from bayespanel.page.apa import apa_table
from bayespanel.page.cells import ABSENT, arranged
from bayespanel.page.contents_evidence import evidence_table
from bayespanel.summaries.table import bayes_factor_of, table
from tests.page.test_apa import evidence

FACTORS = {
    "a number": (2.345, np.nan, "2.3"),
    "a bound": (np.nan, 6.91, ">6.9"),
    "a bound of none": (np.nan, -2.5, "?"),
    "none": (np.nan, np.nan, ""),
}


@pytest.mark.parametrize("value", FACTORS)
def test_bounds_are_said_everywhere(value: str) -> None:
    factor, above, said = FACTORS[value]
    found = evidence()
    number = np.array([2.345, factor, -1.24, np.nan, np.nan])
    found = found.assign(
        log_bf10=("pathway", number),
        mcse_log_bf10=("pathway", np.where(np.isnan(number), np.nan, 0.05)),
        log_bf10_above=("pathway", [np.nan, above, np.nan, np.nan, np.nan]),
        edge=("pathway", [""] * 5),
        **{name: ("pathway", np.full(5, 900.0)) for name in ("ess_bulk", "ess_tail", "rhat")},
    )
    name = str(found["pathway"].values[1])
    part = evidence_table(found, "Evidence.", "evidence")
    column = list(part.columns or {}).index("log_bf10")
    shown = arranged(part.frame, part.columns, part.formats, part.filters, part.failed, part.look)
    cell = next(row.cells[column] for row in shown.rows if row.cells[0].text == name.replace("->", "→"))
    frame = table(found)
    screen = bayes_factor_of(frame[frame["pathway"] == name].iloc[0])
    paper = {row[1]: row[-1] for row in csv.reader(io.StringIO(apa_table(found, format="csv"))) if len(row) > 2}
    assert (cell.text.strip(), screen.strip("-"), paper[name]) == (said or ABSENT, said, said)
    if said.startswith(">"):
        assert float(cell.key) == pytest.approx(6.9)
