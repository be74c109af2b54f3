"""From an RI-CLPM in lavaan's language to a specification and the columns of its variables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bayespanel.bridges.lavaan_call import judge
from bayespanel.bridges.lavaan_cells import Cells, cells_of
from bayespanel.bridges.lavaan_code import script_of
from bayespanel.bridges.lavaan_parts import Pair, Parts, missing, sort_rows
from bayespanel.bridges.lavaan_text import Row, comments, refuse, rows_of
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError

Entries = dict[tuple[str, ...], list[Row]]
"""Parameter and its variables -> its rows in the order of the waves."""


@dataclass(frozen=True)
class FromLavaan:
    """A model that was read from a text in lavaan's language.

    Attributes
    ----------
    spec
        The specification.
    columns
        For each variable, its columns in the order of the waves, ready for `Panel.from_wide(frame, columns=...)`.
    covariates
        For each covariate, its column.
    notes
        If the text contains a call that fits the model: what this call does with the data that bayespanel does not do.
    """

    spec: RICLPM
    columns: dict[str, tuple[str, ...]] = field(hash=False)
    covariates: dict[str, str] = field(hash=False)
    notes: tuple[str, ...] = ()


def from_lavaan(text: str, *, level: Literal["class", "school"] | None = None) -> FromLavaan:
    """Read an RI-CLPM or a CLPM that is written in lavaan's language.

    The patterns of Mulder & Hamaker (2021) and those of `to_lavaan` are understood. The text is read as R's `lavaan()`
    reads it, not as `sem()` or `cfa()` do: what is not written is not in the model. The only exception are means, which
    are free if none is written (`int.ov.free = TRUE`). Nothing is ignored: if our models do not have something, the
    error names the line. The same holds for arguments of calls in the text, such as `group =`.

    Parameters
    ----------
    text
        The model, or R code with the model in quotes. Calls of `lavaan()` in this code are read too. Calls of functions
        that add parameters, such as `sem()`, are errors.
    level
        The clusters of `level: 2`: "class" or "school". By default the text decides by `cluster = "class"` or
        `cluster = "school"`; if it does not say, they are schools.

    Returns
    -------
    FromLavaan
        `.spec` and `.columns`. Variables get the names of the random intercepts without "RI", or the part that the
        names of their columns have in common. Comments such as `# variable name = column1, column2` give other names.

    Raises
    ------
    SpecError
        The text has a parameter or an argument that our model does not have, or lacks a parameter that our model has.

    References
    ----------
    Mulder & Hamaker (2021), doi:10.1080/10705511.2020.1784738.
    """
    parts = sort_rows(rows_of(text))
    notes = judge(script_of(text), two_levels=parts.two_levels, means=bool(parts.means))
    cells = cells_of(parts, comments(text, "variable"))
    entries = _entries(parts, cells)
    covariates = _covariates(parts, cells, comments(text, "covariate"))
    levels: tuple[str, ...] = ("pupil",)
    effects = "stable"
    if parts.two_levels:
        found = re.search(r"cluster\s*=\s*['\"](class|school)['\"]", text)
        levels = ("pupil", level or (found[1] if found else "school"))
        effects = _clusters(parts, cells, entries)
    errors = _errors(parts, cells, entries)
    _require_own_labels(entries)
    spec = RICLPM(
        variables=tuple(cells.columns),
        levels=levels,
        lags=_over_waves(entries, "lag", "Lags"),
        innovations=_over_waves(entries, "innovation", "Innovations"),
        means=_over_waves(entries, "mean", "Means") if parts.means else "free",
        intercepts=bool(parts.intercepts),
        error=_over_waves(entries, "error", "Errors") if errors else "none",
        error_correlated=any(len(pair) == 2 for pair in errors),
        cluster_effects=effects,
        covariates=tuple(covariates),
        covariate_effects="stable" if parts.predictors else "by_wave",
    )
    return FromLavaan(spec, dict(cells.columns), dict(covariates), notes)


def _entries(parts: Parts, cells: Cells) -> Entries:
    """Return every parameter that the model must have."""
    out: Entries = {}
    names = list(cells.columns)
    for t in range(cells.waves):
        for i, a in enumerate(names):
            for b in names[i:]:
                kind = "innovation" if t else "initial"
                row = _covariance(parts.within, cells.nodes[a][t], cells.nodes[b][t])
                out.setdefault((kind, a, b), []).append(row)
            for b in names if t else ():
                target, source = cells.nodes[a][t], cells.nodes[b][t - 1]
                if (target, source) not in parts.lags:
                    raise missing(f"the lag of {source} on {target}", f"{target} ~ {source}")
                out.setdefault(("lag", a, b), []).append(parts.lags[target, source])
            column = cells.columns[a][t]
            if parts.means:
                if column not in parts.means:
                    raise missing(f"the mean of {column}", f"{column} ~ 1")
                out.setdefault(("mean", a), []).append(parts.means[column])
    for i, a in enumerate(names if parts.intercepts else ()):
        for b in names[i:]:
            row = _covariance(parts.between, cells.intercepts[a], cells.intercepts[b])
            out["intercept", a, b] = [row]
    for (column, name), row in (parts.covariates | parts.predictors).items():
        out["covariate", column, name] = [row]
    return out


def _errors(parts: Parts, cells: Cells, entries: Entries) -> Mapping[Pair, Row]:
    """Return (co)variances of occasion errors, after checking that all are there, as entries."""
    correlated = any(len(pair) == 2 for pair in parts.errors)
    names = list(cells.columns)
    wanted = set()
    for i, a in enumerate(names if parts.errors else ()):
        for b in names[i:] if correlated else [a]:
            for left, right in zip(cells.columns[a], cells.columns[b], strict=True):
                pair = frozenset((left, right))
                if pair not in parts.errors:
                    row = next(iter(parts.errors.values()))
                    rule = f"Where one score has an error, all have, and `{left} ~~ {right}` is not written."
                    refuse(row, rule, f"Write it, with one label at all waves, or fix `{row.left} ~~ 0*{row.right}`.")
                entries.setdefault(("error", a, b), []).append(parts.errors[pair])
                wanted.add(pair)
    for pair, row in parts.errors.items():
        if pair not in wanted:
            refuse(row, "Errors covary within a wave only.", f"Fix it, `{row.left} ~~ 0*{row.right}`, or leave it out.")
    if correlated and _over_waves(entries, "error", "Errors") == "free":
        rule = "Errors that covary have variances and covariances that are equal over waves."
        row = next(iter(parts.errors.values()))
        refuse(row, rule, f"Give them one label at all waves, or fix them, `{row.left} ~~ 0*{row.right}`.")
    return parts.errors


def _require_own_labels(entries: Entries) -> None:
    """Refuse a label that stands for two parameters."""
    owner: dict[str, tuple[str, ...]] = {}
    for key, rows in entries.items():
        for row in rows:
            if row.label is not None and owner.setdefault(row.label, key) != key:
                what = f"Different parameters are free of each other; '{row.label}' makes two of them equal."
                refuse(row, what, "Give each its own label, or fit the model in lavaan.")


def _over_waves(entries: Entries, kind: str, what: str) -> str:
    """Return "equal" where every parameter has one label at all waves, "free" where none has one twice."""
    groups = [rows for key, rows in entries.items() if key[0] == kind]
    if all(rows[0].label is not None and len({row.label for row in rows}) == 1 for rows in groups):
        return "equal"
    for rows in groups:
        labels = [row.label for row in rows]
        for row in rows:
            if row.label is not None and labels.count(row.label) > 1:
                rule = f"{what} are equal at all waves, or free at all: here some are equal, some not."
                refuse(row, rule, "Use one label at all waves for each, or take the labels away.")
    return "free"


def _covariates(parts: Parts, cells: Cells, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return covariate -> column, after checking that each acts on every score, or on every random intercept."""
    if parts.covariates and parts.predictors:
        row = next(iter(parts.predictors.values()))
        rule = "Covariates act on all scores, or on all random intercepts: here on both."
        refuse(row, rule, f"Remove the lines of the one or the other, such as `{row.left} ~ {row.right}`.")
    every = parts.predictors or parts.covariates
    found = list(dict.fromkeys(column for _, column in every))
    scores = [column for group in cells.columns.values() for column in group]
    for target in cells.intercepts.values() if parts.predictors else scores:
        for name in found:
            if (target, name) in every:
                continue
            if parts.predictors:
                row = next(row for (_, other), row in every.items() if other == name)
                rule = f"A covariate predicts every random intercept, and `{target} ~ {name}` is not written."
                refuse(row, rule, "Write it, or effects on the scores of all waves instead.")
            raise missing(f"the effect of {name} on {target}", f"{target} ~ {name}")
    known = {group[0]: name for name, group in names.items() if len(group) == 1}
    return {known.get(column, column): column for column in found}


def _clusters(parts: Parts, cells: Cells, entries: Entries) -> str:
    """Return whether effects of clusters are stable or by wave, and add their covariances to the entries."""
    if not parts.clusters:
        nodes: Sequence[str] = [column for group in zip(*cells.columns.values(), strict=True) for column in group]
        effects = "by_wave"
    else:
        factor_of = {frozenset(group): factor for factor, group in parts.clusters.items()}
        wanted = [frozenset(group) for group in cells.columns.values()]
        if set(factor_of) != set(wanted) or len(parts.clusters) != len(wanted):
            raise SpecError(
                "At level 2 each variable has one factor with loadings of 1 on all its waves; or every covariance of "
                "the scores is free.",
                f"The factors {', '.join(parts.clusters)} have other loadings.",
                "Write one factor for each variable, with all its columns.",
            )
        nodes, effects = [factor_of[group] for group in wanted], "stable"
    for i, a in enumerate(nodes):
        for b in nodes[i:]:
            entries["cluster", a, b] = [_covariance(parts.cluster, a, b)]
    return effects


def _covariance(rows: Mapping[Pair, Row], a: str, b: str) -> Row:
    if frozenset((a, b)) not in rows:
        what = f"the variance of {a}" if a == b else f"the covariance of {a} and {b}"
        raise missing(what, f"{a} ~~ {b}")
    return rows[frozenset((a, b))]
