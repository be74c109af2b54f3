"""Evidence as a table in the style of APA (7th edition), to be pasted into a paper."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data.spreadsheet import as_text
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kind_of
from bayespanel.summaries.table import are_weighed, bayes_factor_of, bounds_error, number, probability, table

Language = Literal["markdown", "latex", "html", "csv"]

TITLE = "Posterior Estimates and Evidence by Pathway"

ABSENT = "—"

INTERVALS = {"equal_tailed": "equal-tailed credible interval", "hdi": "highest-density interval"}


@dataclass(frozen=True)
class Column:
    """A column: its heading, with asterisks around what is in italics, and the cell of a row."""

    heading: str
    cell: Callable[[pd.Series], str]


def apa_table(evidence: xr.Dataset, *, format: Language, kinds: Sequence[str] | None = None) -> str:
    """Return evidence as a table for a paper: estimate, SD, interval, direction, region, Bayes factor.

    Parameters
    ----------
    evidence
        The evidence of a fit, from `bayespanel.summaries`.
    format
        "markdown"; "latex" (a `table` environment; needs the package booktabs); "html" (a `<table>`); "csv" (UTF-8).
    kinds
        Which kinds of pathway, in this order; all by default.

    Returns
    -------
    str
        The table, sorted by kind, the largest mean first, with a note that defines every column. No digit is smaller
        than its Monte Carlo error. Probabilities, and estimates that cannot exceed 1 (correlations, shares), have no
        leading zero. A column that would be empty is left out.

    Raises
    ------
    SpecError
        The format is not one of these, or the evidence has no pathway of a kind.
    """
    known = get_args(Language)
    if format not in known:
        raise SpecError(
            f"A table for a paper is written as one of {', '.join(known)}.",
            f"You gave {format!r}.",
            "Choose one of these.",
        )
    write = {"markdown": _markdown, "latex": _latex, "html": _html, "csv": _csv}[format]
    return write(*apa_parts(evidence, kinds))


Groups = list[tuple[str, list[list[str]]]]
"""Rows by kind of pathway, under its title."""


def apa_parts(evidence: xr.Dataset, kinds: Sequence[str] | None = None) -> tuple[list[str], Groups, str]:
    """Return headings, rows by kind of pathway, and the note; asterisks stand around what is in italics."""
    frame = table(evidence, kinds=kinds)
    columns = _columns(evidence, frame)
    groups = []
    for kind in pd.unique(frame["kind"]):
        part = frame[frame["kind"] == kind].sort_values("mean", key=abs, ascending=False, kind="stable")
        cells = [[column.cell(row) for column in columns] for _, row in part.iterrows()]
        groups.append((kind_of(kind).heading, cells))
    return [column.heading for column in columns], groups, _note(evidence, frame)


def _columns(evidence: xr.Dataset, frame: pd.DataFrame) -> list[Column]:
    percent = f"{100 * evidence.attrs['prob']:g}%"
    out = [
        Column("Pathway", lambda row: str(row["pathway"])),
        Column("Estimate", lambda row: _number(row, "mean")),
        Column("*SD*", lambda row: _number(row, "sd")),
        Column(f"{percent} CrI", _interval),
    ]
    optional = [
        ("prob_direction", Column("*pd*", lambda row: _share(row, "prob_direction"))),
        ("prob_rope", Column("ROPE", lambda row: _share(row, "prob_rope"))),
        ("log_bf10", Column("log BF₁₀", _bayes_factor)),
    ]
    known = {name: name in frame and bool(frame[name].notna().any()) for name, _ in optional}
    known["log_bf10"] = are_weighed(frame)
    return out + [column for name, column in optional if known[name]]


def _number(row: pd.Series, name: str) -> str:
    if np.isnan(row[name]):
        return ABSENT
    return _written(number(row[name], row[f"mcse_{name}"]), row["kind"])


def _interval(row: pd.Series) -> str:
    coarser = bounds_error(row)
    return "[" + ", ".join(_written(number(row[end], coarser), row["kind"]) for end in ("lower", "upper")) + "]"


def _share(row: pd.Series, name: str) -> str:
    if np.isnan(row[name]):
        return ABSENT
    return _bare(probability(row[name], row[f"mcse_{name}"]).strip())


def _bayes_factor(row: pd.Series) -> str:
    shown = bayes_factor_of(row)
    return ABSENT if shown == "-" else shown


def _written(shown: str, kind: str) -> str:
    return _bare(shown.strip()) if kind_of(kind).bounded else shown.strip()


def _bare(shown: str) -> str:
    """Return a number without its leading zero."""
    return re.sub(r"(?<!\d)0\.", ".", shown)


def _note(evidence: xr.Dataset, frame: pd.DataFrame) -> str:
    """Return the definitions below the table; `*` marks italics."""
    low, high = evidence.attrs["rope"]
    kind = INTERVALS[evidence.attrs["interval"]]
    parts = [f"Estimate and *SD* = mean and standard deviation of the posterior; CrI = {kind}"]
    if frame["prob_direction"].notna().any():
        parts.append(
            "*pd* = probability of direction, the larger of the posterior probabilities of a positive and of a "
            "negative effect"
        )
    if frame["prob_rope"].notna().any():
        parts.append(
            "ROPE = posterior probability that the effect lies within the region of practical equivalence, "
            f"from {low:g} to {high:g}"
        )
    if are_weighed(frame):
        bounds = ", > where it is known to be at least so large" if (frame["log_bf10_above"] >= 0).any() else ""
        unknown = ", ? where it is not known" if (frame["log_bf10_above"] < 0).any() else ""
        parts.append(
            "log BF₁₀ = natural logarithm of the Bayes factor for the effect against exactly 0 under the prior in use "
            f"(Savage–Dickey){bounds}{unknown}"
        )
    sentences = [
        "; ".join(parts),
        str(evidence.attrs.get("standardisation", "")),
        str(evidence.attrs.get("averaging", "")),
        "No digit is below its Monte Carlo standard error; < and > before a probability give the bound to which it is "
        "known",
    ]
    return " ".join(sentence.strip().rstrip(".") + "." for sentence in sentences if sentence.strip())


def _minus(shown: str, sign: str) -> str:
    return re.sub(r"(?<![\w.)])-(?=[\d.])", sign, shown)


def _italic(text: str, before: str, after: str) -> str:
    return re.sub(r"\*(\w+)\*", lambda found: before + found[1] + after, text)


def _arrows(name: str) -> str:
    return name.replace("->", "→")


MARKDOWN = re.compile(r"([\\`*_\[\]{}<>|~^$#&@!]|-(?=-))")
"""What has a meaning in Markdown, or in the mathematics that some of its readers take."""


def _markdown(headings: list[str], groups: Groups, note: str) -> str:
    def safe(text: str) -> str:
        return MARKDOWN.sub(r"\\\1", _arrows(text))

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    lines = ["**Table 1**", "", f"*{TITLE}*", "", line(headings), line([":--", *["--:"] * (len(headings) - 1)])]
    for title, rows in groups:
        lines.append(line([f"**{safe(title)}**", *[""] * (len(headings) - 1)]))
        lines += [line([safe(row[0]), *(_minus(cell, "−").replace("<", r"\<") for cell in row[1:])]) for row in rows]
    parts = re.split(r"(\*(?:SD|pd)\*)", note)  # italics stay, everything else is escaped
    shown = "".join(part if i % 2 else safe(_minus(part, "−")) for i, part in enumerate(parts))
    return "\n".join([*lines, "", f"*Note.* {shown}"]) + "\n"


LATEX = {
    "\\": r"\textbackslash{}",
    "`": r"\textasciigrave{}",
    '"': "{''}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "|": r"\textbar{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "→": r"$\to$",
    "−": r"$-$",
    "₁₀": r"$_{10}$",
    "—": "---",
    "–": "--",
}

LIGATURE = r"(?P<sign>[-',])(?=(?P=sign))"
"""Signs that LaTeX joins to the same one behind them; nothing, `{}`, keeps them apart."""


def _latex(headings: list[str], groups: Groups, note: str) -> str:
    known = re.compile("|".join([*map(re.escape, LATEX), LIGATURE]))

    def safe(text: str) -> str:
        return known.sub(lambda found: LATEX.get(found[0], f"{found[0]}{{}}"), text)

    def styled(text: str) -> str:
        return _italic(safe(text), r"\textit{", "}")

    width = len(headings)
    lines = [
        r"\begin{table}",
        rf"\caption{{{TITLE}}}",
        r"\begin{tabular}{l" + "r" * (width - 1) + "}",
        r"\toprule",
        " & ".join(styled(heading) for heading in headings) + r" \\",
        r"\midrule",
    ]
    for title, rows in groups:
        lines.append(rf"\multicolumn{{{width}}}{{l}}{{\textit{{{safe(title)}}}}} \\")
        for row in rows:
            cells = [safe(_minus(cell, "−")) for cell in row[1:]]
            cells = [f"{{{cell}}}" if cell.startswith("[") else cell for cell in cells]  # [ is no argument of LaTeX
            lines.append(rf"\quad {safe(_arrows(row[0]))} & " + " & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", "", r"\smallskip", r"\begin{minipage}{\linewidth}\footnotesize"]
    lines += [r"\textit{Note.} " + styled(_minus(note, "−")), r"\end{minipage}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _html(headings: list[str], groups: Groups, note: str) -> str:
    def safe(text: str) -> str:
        return html.escape(text).replace("₁₀", "<sub>10</sub>")

    def styled(text: str) -> str:
        return _italic(safe(text), "<i>", "</i>")

    width = len(headings)
    lines = ["<table>", f"<caption><i>{TITLE}</i></caption>", "<thead>"]
    lines += ["<tr>" + "".join(f'<th scope="col">{styled(heading)}</th>' for heading in headings) + "</tr>", "</thead>"]
    for title, rows in groups:
        lines += ["<tbody>", f'<tr><th scope="rowgroup" colspan="{width}"><i>{safe(title)}</i></th></tr>']
        for row in rows:
            cells = "".join(f"<td>{safe(_minus(cell, '−'))}</td>" for cell in row[1:])
            lines.append(f'<tr><th scope="row">{safe(_arrows(row[0]))}</th>{cells}</tr>')
        lines.append("</tbody>")
    lines += [
        f'<tfoot><tr><td colspan="{width}"><i>Note.</i> {styled(_minus(note, "−"))}</td></tr></tfoot>',
        "</table>",
    ]
    return "\n".join(lines) + "\n"


def _csv(headings: list[str], groups: Groups, note: str) -> str:
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["Kind", *(_italic(heading, "", "").replace("₁₀", "10") for heading in headings)])
    for title, rows in groups:
        lines.writerows([title, *("" if cell == ABSENT else as_text(cell) for cell in row)] for row in rows)
    lines.writerow([])
    lines.writerow([f"Note. {_italic(note, '', '').replace('₁₀', '10')}"])
    return out.getvalue()
