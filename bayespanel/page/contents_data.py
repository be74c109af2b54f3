"""The first sections of a report: question, data, model, priors."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.catalogue.cards import card
from bayespanel.data import PanelRows, TrialEstimates
from bayespanel.data.guesses import said_of
from bayespanel.families.door import family_of
from bayespanel.figures.gallery import plot_flow, plot_forest, plot_path_diagram, plot_prior_posterior, plot_triangle
from bayespanel.figures.prior_posterior import pathways_with_priors
from bayespanel.inference.checks import FIT, LOOK, misfit
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import first_of
from bayespanel.language.errors import FitError, SpecError
from bayespanel.page.arrows import words_of
from bayespanel.page.document import Notice, Part, Section, TablePart, Text
from bayespanel.page.equations import equations
from bayespanel.page.methods import in_use
from bayespanel.page.request import Asked
from bayespanel.page.undrawn import picture
from bayespanel.summaries.conclusions import Conclusion, conclude, leading
from bayespanel.summaries.groups import groups_in, of_one_group
from bayespanel.summaries.kinds import kinds_with
from bayespanel.verbs import analysis, appraisal, prior_appraisal

MOST_PATTERNS = 12
"""Missing patterns shown."""

TOP = 12
"""Pathways of a kind in the figure of the answer; the table of evidence has all."""


def question(fit: Fit, asked: Asked, checks: pd.DataFrame, evidence: xr.Dataset) -> Section:
    """What is asked; what the answer is, and whether it may be believed; what failed or is to be looked at."""
    words, notes = _card(fit)
    parts: list[Part] = [Text((asked.question or words,)), *answer(conclude(evidence, checks)), *_leading(evidence)]
    fit_says = misfit(checks)
    if fit_says:
        grave = bool((~checks["passed"] & (checks["about"] == FIT)).any())
        parts.append(Notice(fit_says, "error" if grave else "warning"))
    failed = checks[~checks["passed"]]
    if len(failed):
        names = "; ".join(failed["check"].astype(str))
        parts.append(
            Notice(
                f"{len(failed)} of {len(checks)} checks failed: {names}. Read their hints, under Computation and "
                "checks, before you believe a number of this page.",
                "error",
            )
        )
    look = checks[checks["state"] == LOOK]
    if len(look):
        names = "; ".join(look["check"].astype(str))
        parts.append(
            Notice(
                f"{len(look)} of {len(checks)} checks say what to look at, and to report with the results: {names}.",
                "warning",
            )
        )
    return Section("question", "Question and answer", (*parts, *([Text(notes)] if notes else [])))


def answer(found: Conclusion) -> tuple[Part, ...]:
    """Return a conclusion as parts of a page: what is doubtful stands first, in its colour."""
    doubt = [Notice(found.doubt, "error" if found.grave else "warning")] if found.doubt else []
    said = tuple(one.replace("->", "→") for one in (*found.said, found.note) if one)
    return (*doubt, Text(said))


def _leading(evidence: xr.Dataset) -> tuple[Part, ...]:
    """Return the figure of the pathways that the answer is about."""
    kinds = leading(evidence)
    if not kinds:
        return ()
    return (
        picture(
            lambda: plot_forest(evidence, kinds=kinds, top=TOP),
            "Mean and interval of each pathway that the answer is about; the table of evidence has the numbers.",
            "What the answer rests on: means and intervals, filled where the interval is without 0; shaded is the "
            "region of practical equivalence.",
            "answer",
        ),
    )


def _card(fit: Fit) -> tuple[str, tuple[str, ...]]:
    """Question and notes of the card, if there was one that can still be found."""
    name = fit.provenance.get("card")
    nothing = "No question was stated: the fit was made from a specification."
    if not name:
        return nothing, ()
    try:
        found = card(name)
    except SpecError:
        return f"The card {name!r} asked; it is not among those at hand any more.", ()
    return " ".join(found.question.split()), tuple(found.notes)


def data(fit: Fit) -> Section:
    """Who was observed, when, and what is missing."""
    parts: list[Part] = []
    described = fit.data.describe() if hasattr(fit.data, "describe") else None
    if isinstance(fit.data, PanelRows):
        parts.append(Text((f"{fit.data.n_pupils:,} pupils in {len(fit.data.count):,} distinct rows.",)))
        parts.append(
            TablePart(_courses(fit.data), f"Scores of {fit.data.outcome} by wave, raw units.", name="data-scores")
        )
    elif described is None:
        parts.append(Text((f"Published estimates of {len(fit.spec.outcomes)} outcomes; no pupils are at hand.",)))
    else:
        parts.append(Text((str(described.title),)))
        captions = {
            "arms": "Clusters and pupils by arm.",
            "scores": "Scores by wave, raw units.",
            "outcomes": "Scores by arm, raw units.",
            "baseline": "Differences before the trial, in SDs within arms.",
            "clusters": "Clusters, and pupils in each.",
            "covariates": "Covariates.",
        }
        for name, caption in captions.items():
            frame = getattr(described, name, None)
            if frame is not None and len(frame):
                parts.append(TablePart(frame.dropna(axis=1, how="all"), caption, name=f"data-{name}"))
        patterns = getattr(described, "patterns", None)
        if patterns is not None and len(patterns):
            hidden = len(patterns) - MOST_PATTERNS
            note = "Waves are words, variables letters, a dot is missing." + (
                f" {hidden} rarer ones are left out." if hidden > 0 else ""
            )
            parts.append(TablePart(patterns.head(MOST_PATTERNS), "Missing patterns.", note=note, name="data-patterns"))
    if type(fit.data).__name__ == "TrialMoments":
        parts.append(
            picture(
                lambda: plot_flow(fit.data),
                "Flow of clusters and pupils through the trial, by arm; the table of clusters has the numbers.",
                "Flow of clusters and pupils through the trial.",
                "flow",
            )
        )
    notes = said_of(fit.data)
    if notes:
        parts.append(Text(("What was done to the data: " + " ".join(notes),)))
    if fit.data.n_pupils:
        parts.append(
            Text(
                (
                    "Scores that are missing are taken to be missing at random, given the scores and clusters that "
                    "are seen.",
                )
            )
        )
    return Section("data", "Data and missing scores", tuple(parts))


def _courses(rows: PanelRows) -> pd.DataFrame:
    """Return pupils seen at each wave, the share of missing scores, and mean and SD of those seen."""
    out = []
    for t, wave in enumerate(rows.waves):
        y = rows.values[:, t]
        seen = ~np.isnan(y)
        n, mean, sd = int(rows.count[seen].sum()), np.nan, np.nan
        if n:
            mean = float(np.average(y[seen], weights=rows.count[seen]))
            sd = float(np.sqrt(np.average((y[seen] - mean) ** 2, weights=rows.count[seen])))
        out.append((wave, n, 1 - n / rows.n_pupils, mean, sd))
    return pd.DataFrame(out, columns=["wave", "observed", "missing", "mean", "sd"])


def _words(evidence: xr.Dataset, group: str | None) -> dict[str, str]:
    return words_of(of_one_group(evidence, group, "A diagram"))


def model(fit: Fit, evidence: xr.Dataset) -> Section:
    """Equations, and for panels the diagram."""
    parts: list[Part] = list(equations(fit.spec, published=isinstance(fit.data, TrialEstimates)))
    spec: Any = fit.spec
    cross_lags = evidence["kind"].isin(kinds_with(lambda kind: kind.cross_lag)).values
    if cross_lags.any():
        waves = tuple(fit.data.waves)
        groups: list[str | None] = [*groups_in(evidence)] or [None]
        for i, group in enumerate(groups):
            of, mark = f" in the group {group}" if group else "", f"-{i + 1}" if group else ""
            parts.append(
                picture(
                    partial(plot_path_diagram, evidence, waves=waves, intercepts=spec.intercepts, group=group),
                    f"Path diagram of {', '.join(spec.variables)} over the waves {', '.join(waves)}{of}; the table of "
                    f"evidence has the numbers.",
                    f"Path diagram{of}: boxes are scores, circles deviations within a pupil, ovals what is stable.",
                    f"path-diagram{mark}",
                    partial(_words, evidence, group),
                )
            )
        triangle = getattr(spec, "triangle", None)
        intervals = set(evidence["interval"].values[cross_lags].tolist())
        if (
            triangle is not None
            and len(intervals) == 1
            and sum(bool(v) for v in (triangle.parent, triangle.child, triangle.school)) > 1
        ):
            for i, group in enumerate(groups):
                of, mark = f" in the group {group}" if group else "", f"-{i + 1}" if group else ""
                parts.append(
                    picture(
                        partial(plot_triangle, evidence, group=group),
                        f"The triangle of child, parents and school{of}, an arrow for each direct effect; the table of "
                        "evidence has the numbers.",
                        f"The triangle{of}: an arrow for each direct effect, its width the size, its style the "
                        "certainty.",
                        f"triangle{mark}",
                        partial(_words, evidence, group),
                    )
                )
    if evidence.attrs.get("standardisation"):
        parts.append(
            Text(
                (
                    str(evidence.attrs["standardisation"]),
                    *([str(evidence.attrs["averaging"])] if evidence.attrs.get("averaging") else []),
                )
            )
        )
    return Section("model", "Model", tuple(parts))


def priors(fit: Fit) -> Section:
    """Every prior with its reason, and what they imply before and after the data."""
    quantiles = {f"{of}_{q}": f"{of.capitalize()} {q} %" for of in ("prior", "posterior") for q in ("5", "50", "95")}
    rows = analysis.priors(fit.spec)
    rows = rows[rows["parameter"].isin(in_use(fit, rows["parameter"].tolist()))]
    units = [f"Of standardised rows: {family_of(fit.spec).sentences.unit(fit.spec, first_of(fit).data)}"]
    if (rows["scale"] == "raw").any():
        units.append("Raw ones count in the units of the data.")
    if (rows["scale"] == "total").any():
        units.append("Those on the scale total count in SDs of the variables as observed, and per unit of a covariate.")
    parts: list[Part] = [
        TablePart(
            rows,
            "Priors in use, each with its reason and source.",
            name="priors",
            note=" ".join(units),
        ),
    ]
    try:
        before = prior_appraisal.prior_draws(fit)
    except FitError as error:  # without PyMC
        return Section("priors", "Priors", (*parts, Notice(str(error), "warning")))
    parts.append(
        TablePart(
            prior_appraisal.implied(fit, before),
            "What the priors imply in the field's terms, before and after the data: quantiles.",
            columns={"quantity": "Quantity", "of": "Of"} | quantiles,
            filters=("quantity",),
            name="prior-predictive",
        )
    )
    draws, prior = appraisal.pathway_draws(fit), prior_appraisal.named_pathways(fit, before)
    try:
        pathways_with_priors(draws, prior)
    except SpecError:  # no pathway of a kind that has a prior of its own
        return Section("priors", "Priors", tuple(parts))
    parts.append(
        picture(
            lambda: plot_prior_posterior(draws, prior),
            "Prior and posterior density of each pathway; the tables of priors and evidence have the numbers.",
            "Prior (pale) and posterior (dark) of each pathway.",
            "prior-posterior",
        )
    )
    return Section("priors", "Priors and what they imply", tuple(parts))
