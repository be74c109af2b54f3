"""A trial on one page: effects of every informant, raw and standardised, pooled or not, as data frame and text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.language.errors import SpecError
from bayespanel.language.shown import prose
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.summaries.table import bounds_error, decimals, number, probability

Evidence = xr.Dataset | Mapping[str, xr.Dataset]
"""Evidence of one trial, or by informant."""

ESTIMATE = ("mean", "lower", "upper")

SHARES = ("prob_direction", "prob_rope", "prob_above_rope", "prob_below_rope", "prob_at_least")

DESIGN = ("type_m", "type_s")

SETTINGS = ("rope", "prob", "interval", "at_least", "true_effect")
"""Attributes of evidence that numbers side by side must share."""

ABSENT = "-"


@dataclass(frozen=True, eq=False)
class Effects:
    """The effects of a trial on one page: `bp.table`, `bp.text` and `bp.plot_effects` show them.

    Attributes
    ----------
    evidence
        The evidence by informant; under "" if there is only one.
    settings
        Region of practical equivalence, probability and kind of the intervals, which all informants share.
    frame : pandas.DataFrame
        By informant, arm and outcome, then the mean effects of families. Columns, in this order:

        - `informant` (empty if there is only one evidence), `arm`, `outcome` ("family <name>" for a family), `edge`,
          `family`, `kind` ("effect" or "family"), and `pooled`, whether the effect is pooled within its family;
        - `raw_mean`, `raw_lower`, `raw_upper`, in the units of the outcome; NaN for a family, which has no units.
          `mcse_raw_<name>` is the standardised error, rescaled by the ratio of the standard deviations;
        - `mean`, `lower`, `upper`, `prob_direction`, `prob_rope`, `prob_above_rope`, `prob_below_rope` and, if asked
          for, `prob_at_least`: on the standardised scale, pooled if there is a family; with `mcse_<name>`;
        - `unpooled_<name>` and `mcse_unpooled_<name>`, the same if each outcome is analysed on its own. They are equal
          to the former if an outcome is not pooled, and NaN if the evidence does not contain the unpooled model;
        - `type_m`, `type_s`, if asked for;
        - `icc_<level>` and `mcse_icc_<level>`, if available: the mean share of variance at that level.
    """

    evidence: Mapping[str, xr.Dataset]
    settings: Mapping[str, Any]
    frame: pd.DataFrame


def effects(evidence: Evidence | Effects) -> Effects:
    """Put the effects of a trial on one page: every informant, raw and standardised, pooled or not.

    Parameters
    ----------
    evidence
        The evidence of a trial, from `bp.evidence`; or several by informant (pupils, parents, teachers), each with its
        own outcomes.

    Returns
    -------
    Effects
        With the data frame `frame`. `bp.text` makes it text for a paper, `bp.plot_effects` a figure.

    Raises
    ------
    SpecError
        The evidence contains no effects of a trial, or the informants have different regions or intervals.
    """
    if isinstance(evidence, Effects):
        return evidence
    found = _by_informant(evidence)
    frame = pd.concat([_rows(informant, one) for informant, one in found.items()], ignore_index=True)
    return Effects(found, _settings(found), frame)


def effects_text(found: Effects) -> str:
    """Return effects as text for a paper: by informant and family, with definitions below."""
    frame, common = found.frame, found.settings
    header = _header(frame, common)
    blocks = [(title, [_cells(row, frame) for _, row in part.iterrows()]) for title, part in grouped(frame)]
    rows = [row for _, block in blocks for row in block]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    widths[0] += 2  # rows are indented below their heading
    lines = [_line(header, widths)]
    for title, block in blocks:
        lines += ["", title] if title else [""]
        lines += [_line(["  " + row[0], *row[1:]], widths) for row in block]
    return "\n".join([*lines, "", *_notes(found.evidence, frame, common)])


def _by_informant(evidence: Evidence) -> dict[str, xr.Dataset]:
    """Return evidence by informant; a single one under "".

    Raises
    ------
    SpecError
        There is no evidence, or evidence without effects of a trial.
    """
    found = {"": evidence} if isinstance(evidence, xr.Dataset) else dict(evidence)  # a Dataset is a Mapping itself
    for informant, one in found.items():
        kinds = sorted(set(map(str, one["kind"].values))) if "kind" in one.coords else []
        if not kinds_with(lambda kind: kind.page == "outcome", kinds):
            raise SpecError(
                "A page of effects shows the evidence of a trial.",
                f"That of {informant or 'the model'} holds {', '.join(kinds) or 'pathways of no kind'}.",
                "Give evidence of a ClusterTrial; table() and plot_forest() show any other.",
            )
    if not found:
        raise SpecError(
            "A page of effects shows at least one informant.", "The mapping is empty.", "Give evidence by informant."
        )
    return found


def _settings(found: Mapping[str, xr.Dataset]) -> dict[str, Any]:
    """Return region, probability and kind of interval, which all informants share.

    Raises
    ------
    SpecError
        When informants differ in one of them.
    """
    first, *others = found
    for name in SETTINGS:
        for other in others:
            ours, theirs = (found[informant].attrs.get(name) for informant in (first, other))
            if not np.array_equal(np.asarray(ours), np.asarray(theirs)):
                raise SpecError(
                    "Informants on one page share the region of practical equivalence and the kind of interval.",
                    f"'{name}' is {ours} for {first} and {theirs} for {other}.",
                    f"Compute the evidence of all with the same '{name}'.",
                )
    return {name: found[first].attrs[name] for name in SETTINGS if name in found[first].attrs}


def grouped(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return headings and rows by informant, arm (where several) and family, a family's own row last."""
    arms = frame["arm"].nunique() > 1
    for informant, of_informant in frame.groupby("informant", sort=False):
        for arm, of_arm in of_informant.groupby("arm", sort=False):
            for family, part in by_family(of_arm):
                named = (str(informant), str(arm) if arms else "", f"family {family!s}" if family else "")
                yield ", ".join(name for name in named if name), part


def by_family(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return families and their rows; outcomes of none first, lest they seem to belong to the family above them."""
    for family, part in frame.sort_values("family", key=lambda name: name != "", kind="stable").groupby(
        "family", sort=False
    ):
        yield str(family), part


def interval_cell(row: pd.Series, prefix: str = "") -> str:
    """Return "mean [lower, upper]" with the digits its Monte Carlo errors allow, both bounds alike."""
    mean, lower, upper = (float(row[f"{prefix}{name}"]) for name in ESTIMATE)
    if np.isnan(mean):
        return ABSENT
    coarser = bounds_error(row, prefix)
    shown = [number(bound, coarser).strip().rjust(decimals(coarser) + 3) for bound in (lower, upper)]
    return f"{number(mean, row[f'mcse_{prefix}mean'])} [{', '.join(shown)}]"


def share_cell(row: pd.Series, name: str) -> str:
    """Return a probability with the digits its Monte Carlo error allows."""
    return probability(float(row[name]), float(row[f"mcse_{name}"]))


def _rows(informant: str, evidence: xr.Dataset) -> pd.DataFrame:
    frame = evidence.to_dataframe().reset_index()
    if "pooled" not in frame:  # the model knows no families of outcomes
        frame = frame.assign(family="", pooled=False)
    key = ["source", "target"]
    pooled = frame["pooled"].astype(bool)
    shares = [name for name in SHARES if name in frame]
    numbers = [*ESTIMATE, *shares]
    numbers += [f"mcse_{name}" for name in numbers]
    # a design's errors are those of the estimate without pooling
    design = [name for name in DESIGN if name in frame]
    page = frame["kind"].map(lambda kind: kind_of(kind).page)
    out = frame[page == "outcome"].drop(columns=design)
    # the unpooled model's own row goes before the identical one of an outcome that no family pools
    alone = pd.concat([frame[page == "alone"], frame[(page == "outcome") & ~pooled]])
    alone = alone.drop_duplicates(key)[[*key, *numbers, *design]]
    beside = {name: _prefixed(name, "unpooled_") for name in numbers}
    out = out.merge(alone.rename(columns=beside), on=key, how="left")
    levels = _icc(frame)
    out = out.merge(levels, left_on="target", right_index=True, how="left")
    families = frame[page == "mean"].copy()
    families["target"] = "family " + families["target"].astype(str)
    raw = [f"raw_{name}" for name in ESTIMATE if f"raw_{name}" in frame]
    families[raw] = np.nan  # outcomes of a family differ in their units
    out = out if families.empty else pd.concat([out, families], ignore_index=True)
    for name in raw:
        ratio = out["raw_sd"] / out["sd"].where(out["sd"] > 0)
        out[f"mcse_{name}"] = (out[f"mcse_{name.removeprefix('raw_')}"] * ratio).where(out[name].notna())
    out["informant"] = informant
    columns = ["informant", *key, "edge", "family", "kind", "pooled"]
    columns += [*raw, *(f"mcse_{name}" for name in raw), *numbers, *beside.values()]
    columns += [name for name in DESIGN if name in out] + list(levels.columns)
    return out[columns].rename(columns={"source": "arm", "target": "outcome"})


def _prefixed(name: str, prefix: str) -> str:
    return f"mcse_{prefix}{name.removeprefix('mcse_')}" if name.startswith("mcse_") else prefix + name


def _icc(frame: pd.DataFrame) -> pd.DataFrame:
    """Share of variance by outcome [target] and level, with its Monte Carlo error."""
    part = frame[frame["kind"].isin(kinds_with(lambda kind: kind.scale == "share of variance"))]
    columns: dict[str, pd.Series] = {}
    for level in pd.unique(part["source"]):
        of_level = part[part["source"] == level].set_index("target")
        columns |= {f"icc_{level}": of_level["mean"], f"mcse_icc_{level}": of_level["mcse_mean"]}
    return pd.DataFrame(columns)


def _levels(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame if str(name).startswith("icc_")]


def _header(frame: pd.DataFrame, common: Mapping[str, Any]) -> list[str]:
    low, high = common["rope"]
    percent = f"[{100 * common['prob']:g} %]"
    out = ["", f"raw {percent}"] if "raw_mean" in frame else [""]
    out += [f"effect {percent}", "P(direction)", "P(in ROPE)", f"P(> {high:g})", f"P(< {low:g})"]
    if "prob_at_least" in frame:
        goal = common["at_least"]
        out.append(f"P({'>=' if goal > 0 else '<='} {goal:g})")
    if _shows_unpooled(frame):
        out.append(f"unpooled {percent}")
    titles = {"type_m": "type M", "type_s": "type S"}
    out += [titles[name] for name in DESIGN if name in frame]
    return out + [f"ICC {name.removeprefix('icc_')}" for name in _levels(frame)]


def _shows_unpooled(frame: pd.DataFrame) -> bool:
    """Where nothing is pooled, the column would repeat the effects."""
    return bool((frame["pooled"] & frame["unpooled_mean"].notna()).any())


def _cells(row: pd.Series, frame: pd.DataFrame) -> list[str]:
    out = [str(row["outcome"])]
    if "raw_mean" in frame:
        out.append(interval_cell(row, "raw_"))
    out += [interval_cell(row), *(share_cell(row, name) for name in SHARES if name in frame)]
    if _shows_unpooled(frame):
        out.append(interval_cell(row, "unpooled_"))
    # computed from the standard deviation by a formula, so no Monte Carlo error of their own: two digits
    out += [_design_cell(name, float(row[name])) for name in DESIGN if name in frame]
    levels = _levels(frame)
    return out + [ABSENT if np.isnan(row[name]) else number(row[name], row[f"mcse_{name}"]) for name in levels]


def _design_cell(name: str, value: float) -> str:
    if np.isnan(value):
        return ABSENT
    return f"{value:.2f}" if name == "type_m" else probability(value, 0.01).strip()  # type M is no probability


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _notes(found: Mapping[str, xr.Dataset], frame: pd.DataFrame, common: Mapping[str, Any]) -> list[str]:
    low, high = common["rope"]
    kind = {"equal_tailed": "equal-tailed", "hdi": "highest-density"}[common["interval"]]
    notes = []
    for name, title in (("standardisation", "Scale"), ("averaging", "")):
        said: dict[str, list[str]] = {}
        for informant, one in found.items():
            if one.attrs.get(name):
                said.setdefault(str(one.attrs[name]), []).append(informant)
        for words, informants in said.items():
            whose = f" ({', '.join(informants)})" if len(informants) < len(found) else ""
            notes.append(f"{title}{whose}: {words}".removeprefix(": "))
    if "raw_mean" in frame:
        units = {str(one.attrs.get("raw", "")) or "in the units of each outcome" for one in found.values()}
        notes.append(f"Raw effects are {' or '.join(sorted(units))}; a family has none.")
    if frame["pooled"].any():
        notes.append("Effects of outcomes in a family are pooled: drawn towards the family's mean, its last row.")
    if _shows_unpooled(frame):
        notes.append("Unpooled: the same effect where every outcome stands on its own.")
    notes.append(f"ROPE, the region of practical equivalence: {low:g} to {high:g} on the standardised scale.")
    notes.append("P(direction): the larger of P(effect > 0) and P(effect < 0).")
    if "type_m" in frame:
        notes.append(
            f"Type M and type S: expected exaggeration and share of wrong signs among significant estimates of this "
            f"design, were the effect {common['true_effect']:g}; from its sampling SD, in which the prior of the "
            "effect has no part and which a pooled effect does not have."
        )
    if _levels(frame):
        notes.append("ICC: mean of the share of variance at that level.")
    notes.append(
        f"Intervals are {kind}. No digit of an effect, probability or ICC is below its Monte Carlo standard error; a "
        "probability at 0 or 1 is known to the bound shown."
    )
    return [line for note in notes for line in textwrap.wrap(note, prose())]
