"""Tables for a paper: the digits that the draws allow, the style of APA, and nothing that breaks the language."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bayespanel.language.errors import SpecError
from bayespanel.page.apa import apa_table

GOLDEN = Path(__file__).parent / "golden"

FORMATS = {"markdown": "apa.md", "latex": "apa.tex", "html": "apa.html", "csv": "apa.csv"}

NAMES = ["a_b -> c&d", "c&d -> a_b", "<i>x|y</i> {%$#} \\ ~^", "between: a_b ~ c&d (pupil)", "icc: a_b (school)"]
"""Names with all that has a meaning in one of the languages."""

NUMBERS = {
    # by row: two direct effects, an effect of few draws, a correlation, a share of variance
    "mean": ([0.1234, -0.4321, 0.0312, 0.8021, 0.1049], [0.0009, 0.0009, 0.02, 0.0009, 0.002]),
    "sd": ([0.0411, 0.0523, 0.0712, 0.0112, 0.0312], [0.0008, 0.0008, 0.015, 0.0004, 0.002]),
    "lower": ([0.0401, -0.5356, -0.1083, 0.7797, 0.0497], [0.001, 0.002, 0.03, 0.001, 0.004]),
    "upper": ([0.2045, -0.3296, 0.1707, 0.8239, 0.1671], [0.002, 0.001, 0.03, 0.001, 0.004]),
    "prob_direction": ([0.9975, 1.0, 0.67, 1.0, np.nan], [0.0009, 0.0004, 0.03, 0.0004, np.nan]),
    "prob_rope": ([0.0123, 0.0, 0.31, 0.0, np.nan], [0.002, 0.0004, 0.03, 0.0004, np.nan]),
    "log_bf10": ([2.345, np.nan, -1.24, np.nan, np.nan], [0.05, np.nan, 0.2, np.nan, np.nan]),
}


def evidence(**others):
    content = {name: ("pathway", values) for name, (values, _) in NUMBERS.items()}
    content |= {f"mcse_{name}": ("pathway", errors) for name, (_, errors) in NUMBERS.items()}
    content["log_bf10_above"] = ("pathway", [np.nan, 6.91, np.nan, np.nan, np.nan])
    kinds = ["direct", "direct", "direct", "between", "icc"]
    attrs = {
        "rope": [-0.03, 0.03],
        "prob": 0.95,
        "interval": "equal_tailed",
        "standardisation": "In units of 100 % & more.",
    }
    coords = {"pathway": NAMES, "kind": ("pathway", kinds)}
    return xr.Dataset(content, coords=coords, attrs={**attrs, **others})


@pytest.mark.parametrize("format", FORMATS)
def test_a_table_is_the_one_that_was_read_and_found_right(format):
    assert apa_table(evidence(), format=format) == (GOLDEN / FORMATS[format]).read_text(encoding="utf-8")


def test_no_digit_is_below_its_error_and_probabilities_have_no_leading_zero():
    rows = {row[1]: row[2:] for row in csv.reader(io.StringIO(apa_table(evidence(), format="csv"))) if len(row) > 2}
    assert rows["a_b -> c&d"] == ["0.123", "0.041", "[0.04, 0.20]", ".998", ".01", "2.3"]
    assert rows["c&d -> a_b"] == ["-0.432", "0.052", "[-0.54, -0.33]", ">.999", "<.001", ">6.9"]
    assert rows[NAMES[2]] == ["0.0", "0.1", "[-0.1, 0.2]", ".7", ".3", "-1"]  # errors of 0.02, 0.015, 0.03 and 0.2


def test_what_cannot_exceed_one_has_no_leading_zero_and_what_is_not_defined_no_number():
    rows = {row[1]: row[2:] for row in csv.reader(io.StringIO(apa_table(evidence(), format="csv"))) if len(row) > 2}
    assert rows[NAMES[3]] == [".802", ".011", "[.780, .824]", ">.999", "<.001", ""]
    assert rows[NAMES[4]] == [".10", ".03", "[.05, .17]", "", "", ""]


def test_kinds_are_chosen_and_a_column_without_numbers_is_left_out():
    table = apa_table(evidence(), format="markdown", kinds=["between"])
    assert "log BF" not in table
    assert "Direct" not in table
    assert "| between: a\\_b \\~ c\\&d (pupil) | .802 |" in table


def test_the_note_defines_what_the_table_shows():
    note = apa_table(evidence(interval="hdi", prob=0.9, rope=[-0.1, 0.2]), format="markdown").split("*Note.*")[1]
    assert "highest-density interval" in note
    assert "from −0.1 to 0.2" in note
    assert "In units of 100 % \\& more." in note
    assert "log BF₁₀ = natural logarithm of the Bayes factor" in note
    assert "90% CrI" in apa_table(evidence(prob=0.9), format="markdown")


def test_latex_has_no_character_with_a_meaning_from_a_name():
    body = apa_table(evidence(), format="latex")
    row = next(line for line in body.splitlines() if r"\_b $\to$ c\&d" in line)
    assert row.count(" & ") == 6
    strange = next(line for line in body.splitlines() if r"$<$i$>$x\textbar{}y" in line)
    assert r"\{\%\$\#\} \textbackslash{} \textasciitilde{}\textasciicircum{}" in strange
    assert body.count(r"\begin{") == body.count(r"\end{")
    assert not re.search(r"\\\\\s*\[", body)  # would be read as a length
    assert body.isascii()


def test_html_holds_names_as_text():
    found = []
    reader = HTMLParser()
    reader.handle_data = found.append
    reader.feed(apa_table(evidence(), format="html"))
    assert NAMES[2] in found
    assert "−0.432" in found


def test_every_row_of_markdown_has_as_many_cells():
    lines = [line for line in apa_table(evidence(), format="markdown").splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {8}


def test_another_format_or_kind_is_refused():
    with pytest.raises(SpecError, match="markdown, latex, html, csv"):
        apa_table(evidence(), format="docx")
    with pytest.raises(SpecError, match="'total' is not among them"):
        apa_table(evidence(), format="csv", kinds=["total"])
