"""The middle sections of a report: evidence, fit to the data, sensitivity, comparison."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.figures import gallery
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import first_of
from bayespanel.language.errors import BayespanelError
from bayespanel.page import contents_imputed
from bayespanel.page.cells import Format
from bayespanel.page.document import Notice, Part, Section, TablePart, Text
from bayespanel.page.request import Asked
from bayespanel.page.undrawn import picture, tables
from bayespanel.summaries.groups import groups_in
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.summaries.leave_out import ranges
from bayespanel.summaries.odds import ratios
from bayespanel.summaries.table import (
    ESS,
    are_weighed,
    bayes_factor_of,
    bounds_error,
    effective_size,
    log_bayes_factor as written_factor,
    number,
    probability,
    table,
)
from bayespanel.verbs import appraisal, category_probabilities, latent_classes, prior_appraisal

TOP = 25
"""Pathways of a kind in a figure at most; the table has all."""

RATIOS = {
    "odds": "Odds ratios, as papers print them.",
    "rates": "Rate ratios: 0.8 means a fifth fewer events.",
}

CATEGORIES = (
    "Probabilities of categories: how many reach them as they are, and if everybody had one SD more of the source, or "
    "were in the arm; 95 % intervals of the difference."
)

RESIDUALS = 20
"""Differences between observed and predicted that are shown."""

MISFIT = 0.05
"""Posterior predictive p below which the page warns."""


def evidence_table(found: xr.Dataset, caption: str, name: str) -> TablePart:
    """The table of evidence: sortable, to be filtered by edge and kind."""
    frame = table(found)
    frame["kind"] = frame["kind"].map(lambda kind: kind_of(kind).heading)
    frame["ess"] = effective_size(frame)
    percent = f"{100 * found.attrs['prob']:g} %"
    low, high = (f"{bound:g}" for bound in found.attrs["rope"])
    shown = {
        "pathway": "Pathway",
        "edge": "Edge",
        "mean": "Mean",
        "sd": "SD",
        "lower": f"{percent} interval",
        "prob_direction": "P(direction)",
        "prob_rope": f"P({low} to {high})",
        "log_bf10": "log BF",
        "ess": "ESS",
        "rhat": "R-hat",
    }
    if not (frame["edge"] != "").any():
        shown.pop("edge")
    if not are_weighed(frame):
        shown.pop("log_bf10")

    def interval(row: pd.Series) -> str:
        error = bounds_error(row)
        return f"[{number(row['lower'], error).strip()}, {number(row['upper'], error).strip()}]"

    formats: dict[str, Format] = {
        "mean": lambda row: number(row["mean"], row["mcse_mean"]),
        "sd": lambda row: number(row["sd"], row["mcse_sd"]),
        "lower": interval,
        "prob_direction": lambda row: probability(row["prob_direction"], row["mcse_prob_direction"]),
        "prob_rope": lambda row: probability(row["prob_rope"], row["mcse_prob_rope"]),
        "log_bf10": bayes_factor_of,
        "ess": ".0f",
    }
    note = (
        f"ROPE, the region of practical equivalence: {low} to {high}. No digit is below its Monte Carlo error. {ESS} "
        "log BF: natural logarithm of the Bayes factor against exactly 0 (Savage-Dickey); > is a lower bound, ? is not "
        "known; of an indirect pathway, that of its weaker leg."
    )
    if are_weighed(frame) and "note" in found["log_bf10_above"].attrs:
        note = f"{note} {found['log_bf10_above'].attrs['note']}"
    return TablePart(
        frame,
        caption,
        formats={k: v for k, v in formats.items() if k in shown},
        filters=("edge", "kind"),
        columns=shown,
        note=note,
        name=name,
    )


def evidence(fit: Fit, found: xr.Dataset, asked: Asked) -> Section:
    """What the fit says of each pathway."""
    parts: list[Part] = [evidence_table(found, "Evidence for each pathway, on the standardised scale.", "evidence")]
    kinds = found["kind"].values
    parts.append(
        picture(
            lambda: gallery.plot_forest(found, top=TOP),
            "Mean and interval of each pathway beside the region of practical "
            "equivalence; the table of evidence has the numbers.",
            "Means and intervals; filled points have an interval without 0; shaded is the ROPE.",
            "forest",
        )
    )
    if kinds_with(lambda kind: kind.page == "outcome", kinds):
        parts.append(
            picture(
                lambda: gallery.plot_effects(found),
                "Effects of the arms on each outcome, with and without pooling; the table of evidence has the numbers.",
                "Effects by outcome.",
                "effects",
            )
        )
    if kinds_with(lambda kind: kind.cross_lag, kinds):
        groups: list[str | None] = [*groups_in(found)] or [None]
        for i, group in enumerate(groups):
            of = f" in the group {group}" if group else ""
            parts.append(
                picture(
                    partial(gallery.plot_lag_matrix, found, group=group),
                    f"Carry-over and direct effects{of} as a table of sources and targets; the table of evidence has "
                    "the numbers.",
                    f"Lags{of}: from the column's variable to the row's.",
                    f"lag-matrix-{i + 1}" if group else "lag-matrix",
                )
            )
    parts += contents_imputed.missing(fit)
    if kinds_with(lambda kind: kind.scale == "share of pupils", kinds):
        one = first_of(fit)
        of = "" if fit.imputations == 1 else f"Imputation 1 of {fit.imputations}. "
        parts += [
            TablePart(
                latent_classes.class_table(one),
                f"{of}Classes: sizes with intervals, and means at the first and last wave.",
                name="classes",
            ),
            picture(
                lambda: gallery.plot_trajectories(one),
                "Mean trajectory of each class with its band, over trajectories "
                "of single pupils; the table of classes has the sizes.",
                f"{of}Trajectories by class.",
                "trajectories",
            ),
        ]
    parts += tables("ratios", lambda: [_ratios(name, one) for name, one in ratios(found).items()])
    parts += tables("categories", lambda: _categories(fit))
    if asked.hypotheses:
        parts.append(_hypotheses(fit, asked.hypotheses))
    return Section("evidence", "Evidence", tuple(parts))


def _ratios(name: str, frame: pd.DataFrame) -> TablePart:
    shown = [column for column in map(str, frame) if not column.startswith("mcse_")]
    low, high = frame.attrs["rope"]
    return TablePart(
        frame,
        f"{RATIOS[name]} Region of practical equivalence: {low:.3g} to {high:.3g}, "
        f"{'as ratios' if low > 0 else 'in SDs of the table above'}.",
        formats=_with_errors(frame, [column for column in shown if f"mcse_{column}" in frame]),
        columns={column: column.replace("_", " ").capitalize() for column in shown},
        name=name,
    )


def _categories(fit: Fit) -> list[TablePart]:
    found = category_probabilities.found(fit)
    return [] if found is None else [TablePart(found, CATEGORIES, name="categories")]


def _hypotheses(fit: Fit, texts: tuple[str, ...]) -> TablePart:
    rows = []
    for text in texts:
        found = appraisal.hypothesis(fit, text)
        rows.append({"hypothesis": text, **{str(name): value.item() for name, value in found.data_vars.items()}})
    frame = pd.DataFrame(rows)
    return TablePart(
        frame,
        "Hypotheses, against their complement and against no constraint.",
        name="hypotheses",
        columns={
            "hypothesis": "Hypothesis",
            "posterior_mass": "Posterior mass",
            "prior_mass": "Prior mass",
            "log_bf_complement": "log BF, complement",
            "log_bf_unconstrained": "log BF, unconstrained",
        },
        formats={name: _factor(name) for name in ("log_bf_complement", "log_bf_unconstrained")},
        note="log BF: natural logarithm of the Bayes factor for the hypothesis; a bound (> or <) where all draws of "
        "the posterior agree about it.",
    )


def _factor(name: str) -> Format:
    """How a log Bayes factor of a hypothesis is written."""

    def written(row: pd.Series) -> str:
        if row["is_bound"]:
            up = row["posterior_mass"] > 0.5
            return f"{'>' if up else '<'}{(np.floor if up else np.ceil)(10 * row[name]) / 10:.1f}"
        return written_factor(row[name], row[f"mcse_{name}"])

    return written


def fit_to_data(fit: Fit) -> Section:
    """Observed beside predicted."""
    titles = {
        "fit": "Fit as a whole.",
        "residuals": f"Observed and predicted, the {RESIDUALS} largest differences.",
        "clusters": "Variance of cluster means about the model's means, observed and replicated.",
        "missing": "Missing patterns: how far the means of their pupils lie from the model's, in SDs.",
        "means": "Observed and predicted means.",
        "shares": "Observed and predicted shares of categories.",
    }
    try:
        found = appraisal.predictive_check(fit)
    except BayespanelError as error:
        return Section("fit", "Fit to the data", (Notice(str(error), "warning"),))
    parts: list[Part] = []
    whole = found.get("fit", pd.DataFrame({"statistic": [], "value": []}))
    if whole["value"][whole["statistic"] == "posterior predictive p"].min() < MISFIT:  # of several groups, the least
        parts.append(
            Notice(
                "Data that the model makes fit it better than the observed data do, in more than 95 of 100 replicates: "
                "the table of differences says where it fails.",
                "warning",
            )
        )
    parts += [TablePart(frame.head(RESIDUALS), titles[name], name=f"fit-{name}") for name, frame in found.items()]
    parts.append(
        Text(
            (
                "Intervals are of 90 %. Where who is missing hangs on earlier scores, means of patterns differ "
                "from the model's, and should.",
            )
        )
    )
    return Section("fit", "Fit to the data", tuple(parts))


def sensitivity(fit: Fit, asked: Asked) -> Section:
    """How much hangs on the priors."""
    parts: list[Part] = []
    try:
        found = prior_appraisal.sensitivity(fit)
    except BayespanelError as error:
        parts.append(Notice(str(error), "warning"))
    else:
        frame = found[["prior_sensitivity", "likelihood_sensitivity", "diagnosis"]].to_dataframe().reset_index()
        frame["most"] = found["sensitivity_to"].idxmax("parameter").values
        parts.append(
            TablePart(
                frame,
                "Power-scaling: how fast each pathway moves with more or less of the priors, and of the data.",
                name="power-scaling",
                columns={
                    "pathway": "Pathway",
                    "prior_sensitivity": "To the priors",
                    "most": "Most to that of",
                    "likelihood_sensitivity": "To the data",
                    "diagnosis": "Diagnosis",
                },
                note=f"Above 0.05 it matters. Pareto k of the weights: priors {float(found['pareto_k_prior']):.2f}, "
                f"data {float(found['pareto_k_likelihood']):.2f}; above 0.7 a refit is the answer "
                f"(doi:10.1007/s11222-023-10366-5).",
            )
        )
    refits = asked.refits
    if refits is None:
        parts.append(
            Text(
                (
                    "No refits under other priors were asked for: bp.refits(fit) makes them, and bp.report(..., "
                    "refits=...) shows them.",
                )
            )
        )
    else:
        parts += [
            _refits(refits),
            picture(
                lambda: gallery.plot_sensitivity(refits, top=TOP),
                "Each pathway's interval under the fit's priors "
                "and under changed ones; the table of refits has the numbers.",
                "Intervals under changed priors.",
                "refits",
            ),
        ]
    return Section("sensitivity", "Sensitivity to priors", tuple(parts))


def _refits(table: pd.DataFrame) -> TablePart:
    low, high = (f"{bound:g}" for bound in table.attrs["rope"])
    columns = {
        "change": "Change", "pathway": "Pathway", "kind": "Kind", "edge": "Edge", "mean": "Mean", "lower": "Lower",
        "upper": "Upper", "prob_direction": "P(direction)", "prob_rope": f"P({low} to {high})",
        "moved": "Moved by, in SDs", "checks_passed": "Checks passed",
    }  # fmt: skip
    return TablePart(
        table,
        f"Fits again under other priors: {100 * table.attrs['prob']:g} % intervals; region {low} to {high}.",
        formats=_with_errors(table, ("mean", "lower", "upper", "prob_direction", "prob_rope")),
        filters=("change", "kind"),
        columns={name: heading for name, heading in columns.items() if name in table},
        name="refits",
    )


def _with_errors(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, Format]:
    """Return how columns are written that have a Monte Carlo error beside them."""

    def written(name: str) -> Format:
        how = probability if name.startswith("prob") else number
        return lambda row: how(row[name], row[f"mcse_{name}"]).strip()

    return {name: written(name) for name in names if f"mcse_{name}" in frame}


def comparison(fit: Fit, asked: Asked) -> Section:
    """Other models, and single schools."""
    parts: list[Part] = []
    if asked.comparison is not None:
        frame = asked.comparison.rename_axis("model").reset_index()
        parts.append(
            TablePart(
                frame,
                "Models compared by how well they predict what was left out.",
                name="comparison",
                note="elpd: expected log predictive density; differences are from the best, dse their standard error.",
            )
        )
    else:
        parts.append(
            Text(
                (
                    "No predictions of another model were given: bp.compare sets them side by side, and bp.report(..., "
                    "comparison=...) shows them; bp.family_tree weighs models, for bp.report(..., tree=...).",
                )
            )
        )
    try:
        found = appraisal.influence(fit, asked.panel)
    except BayespanelError as error:
        parts.append(Notice(f"Single schools were not left out. {error}"))
    else:
        parts.append(
            TablePart(
                ranges(found),
                "Without each school in turn: the range of each pathway.",
                name="influence",
                note="From one fit, by importance weights; not_trusted counts schools whose Pareto k is above 0.7.",
            )
        )
    return Section("comparison", "Other models, single schools", tuple(parts))
