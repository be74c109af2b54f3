"""A page with every kind of part, from draws that nobody sampled, and with names that are out to break it."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from bayespanel.figures.gallery import plot_forest
from bayespanel.page.document import Code, Equation, FigurePart, Notice, Page, Section, TablePart, Text
from bayespanel.page.references import bibtex, citation
from bayespanel.summaries.summary import summarise
from bayespanel.summaries.table import number, probability, table
from tests.summaries.fake import draws, normal

NASTY = "<script>alert(\"x\")</script> & 'y'"
"""A name of a variable, as a table of somebody else could have it."""

MATHML = (
    "<math><mrow><msub><mi>𝐰</mi><mi>t</mi></msub><mo>=</mo><mi>𝐀</mi>"
    "<msub><mi>𝐰</mi><mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow></msub><mo>+</mo><msub><mi>𝛆</mi><mi>t</mi></msub>"
    "</mrow></math>"
)

EDGE = {"rejection": "parent", "depression": "child", "victimisation": "school"}


def evidence():
    """All pathways among three variables on a triangle."""
    pairs = list(itertools.product(EDGE, EDGE))
    means = np.linspace(-0.2, 0.4, len(pairs))
    values = draws(
        means + normal(len(pairs), sd=0.04, chains=4, length=250),
        pathway=[f"{x} -> {y}" for x, y in pairs],
        kind=["carry_over" if x == y else "direct" for x, y in pairs],
        source=[x for x, _ in pairs],
        target=[y for _, y in pairs],
        edge=[f"{EDGE[x]}->{EDGE[y]}" for x, y in pairs],
    )
    return summarise(values, rope=0.03)


def evidence_part(found, **options):
    return TablePart(
        table(found),
        "Evidence by pathway, standardised.",
        formats={
            "mean": lambda row: number(row["mean"], row["mcse_mean"]),
            "prob_direction": lambda row: probability(row["prob_direction"], row["mcse_prob_direction"]),
            "ess_bulk": ".0f",
        },
        columns={
            "pathway": "Pathway",
            "mean": "Mean",
            "sd": "SD",
            "lower": "Lower",
            "upper": "Upper",
            "prob_direction": "P(direction)",
            "prob_rope": "P(in ROPE)",
            "ess_bulk": "ESS",
        },
        filters=("edge", "kind"),
        note="ROPE: -0.03 to 0.03 (Kruschke 2018, doi:10.1177/2515245918771304).",
        name="evidence",
        **options,
    )


def checks_part():
    frame = pd.DataFrame(
        {
            "check": ["R-hat", "divergences", "bulk ESS", NASTY],
            "value": [1.004, 12, 2000, np.nan],
            "limit": [1.01, 0, 400, np.nan],
            "failed": [False, True, False, False],
            "of": ["sampler", "sampler", "sampler", "model"],
            "hint": ["", "Raise target_accept to 0.95, or tighten the prior of the smallest SD.", "", ""],
        }
    )
    formats = {"value": ".4g", "limit": ".4g"}
    return TablePart(frame, "Checks of the computation.", formats=formats, filters=("of",), failed="failed")


def page(**options):
    found = evidence()
    words = "What deviates from the stable part at a wave follows from what deviated at the wave before. " * 3
    priors = pd.DataFrame({"parameter": ["lag"], "distribution": ["Normal"], "reason": ["effects beyond 1 are rare"]})
    sections = (
        Section("question", "Question", (Text((words, NASTY)), Notice("One check failed.", "error"))),
        Section("model", "Model", (Equation(MATHML, words), Notice("Waves are equally spaced.", "warning"))),
        Section(
            "priors", "Priors", (TablePart(priors, "Priors."), Section("predictive", "Predictive", (Text((words,)),)))
        ),
        Section("checks", "Computation and checks", (checks_part(), Notice("Four chains."))),
        Section(
            "evidence",
            "Evidence",
            (
                evidence_part(found),
                FigurePart(plot_forest(found), "Nine effects; the largest is 0.4.", "Effects with 95 % intervals."),
            ),
        ),
        Section(
            "references", "References", (Text((citation("hamaker2015"),)), Code(bibtex(["hamaker2015"]), "bibtex"))
        ),
    )
    fields = {"title": "Rejection and depression", "subtitle": NASTY, "created": "2026-11-25", "version": "0.1.0"}
    return Page(**{**fields, "sections": sections, **options})
