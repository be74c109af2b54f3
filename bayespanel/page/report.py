"""One page on one fit, or on several studies: everything that a methods paper or a reviewer asks for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import xarray as xr

from bayespanel.catalogue.cards import card
from bayespanel.data import Panel
from bayespanel.families.door import family_of
from bayespanel.figures.gallery import plot_synthesis
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import first_of
from bayespanel.language.errors import SpecError
from bayespanel.page import (
    contents_data,
    contents_dynamics,
    contents_evidence,
    contents_imputed,
    contents_models,
    contents_record,
)
from bayespanel.page.belonging import require_own
from bayespanel.page.document import FigurePart, Notice, Page, Part, Section, TablePart, Text, write
from bayespanel.page.request import Asked
from bayespanel.page.undrawn import picture, section
from bayespanel.summaries.conclusions import conclude
from bayespanel.summaries.summary import rope_bounds
from bayespanel.summaries.table import number, probability
from bayespanel.verbs import analysis, appraisal
from bayespanel.verbs.fitting import region_of

TITLES = {
    "question": "Question and answer",
    "data": "Data",
    "model": "Model",
    "priors": "Priors",
    "checks": "Computation and checks",
    "evidence": "Evidence",
    "dynamics": "What follows over waves",
    "fit": "Fit to the data",
    "models": contents_models.TITLE,
    "sensitivity": "Sensitivity to priors",
    "comparison": "Other models, single schools",
    "record": "Record",
    "methods": "Methods",
}
"""Identifiers of the sections, in their order."""

LONGEST_ADDRESS = 40
"""Letters of a study's name that names of files begin with."""

Weighed = tuple[pd.DataFrame, xr.Dataset]
"""Checks and evidence of a fit."""


def report(
    fit: Fit | Mapping[str, Fit],
    folder: str | os.PathLike[str],
    *,
    rope: float | tuple[float, float] | None = None,
    title: str = "",
    question: str = "",
    hypotheses: Sequence[str] = (),
    panel: Panel | None = None,
    refits: pd.DataFrame | None = None,
    comparison: pd.DataFrame | None = None,
    tree: xr.Dataset | None = None,
) -> Path:
    """Write a report on a fit, or on several studies together, as one page that works without a network.

    Parameters
    ----------
    fit
        A fit; or several by the names of their studies. The page then begins with what they say together about each
        edge of the triangle.
    folder
        Folder for `index.html`, its figures and its tables.
    rope
        Region of practical equivalence; by default that of the card of each fit.
    title, question
        Title of the page, and the question that it answers; by default those of the card.
    hypotheses
        Hypotheses to be weighed, for a report on one fit; see `hypothesis`.
    panel
        The pupils of a panel's fit. With them, the page shows what changes if a single school is left out.
    refits, comparison
        Tables of `refits` and `compare`, to be shown. They are not computed here, because they take minutes.
    tree
        Models of the same data side by side, from `family_tree`: the page then has a section on which model the data
        speak for, and on how far it depends on the choice among them.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    SpecError
        There is no fit, there is no region of practical equivalence, a hypothesis cannot be read, or `refits`,
        `comparison` or `tree` belong to another fit; or `refits` to another region.
    FitError
        The folder contains a page that bayespanel did not write.
    """
    asked = Asked(question, title, tuple(hypotheses), panel, refits, comparison, tree)
    if isinstance(fit, Mapping):
        page = _several({name: _with_rope(one, rope) for name, one in fit.items()}, asked)
    else:
        one = _with_rope(fit, rope)
        require_own(one, asked, rope_bounds(region_of(one.provenance, None)))
        page = _page(title or _title(one), _subtitle(one), sections(one, asked))
    return write(page, Path(folder))


def sections(fit: Fit, asked: Asked, weighed: Weighed | None = None) -> tuple[Section, ...]:
    """Return the sections on one fit, whose checks and evidence may be known already."""
    table, evidence = weighed or _weighed(fit)

    def made(id: str, make: Callable[[], Section]) -> Section:
        return section(id, TITLES[id], make)

    one = first_of(fit)  # for what reads the scores of one table

    def made_of_one(id: str, make: Callable[[], Section]) -> Section:
        return contents_imputed.of_first(fit, made(id, make))

    out = [
        made("question", lambda: contents_data.question(fit, asked, table, evidence)),
        made_of_one("data", lambda: contents_data.data(one)),
        made("model", lambda: contents_data.model(one, evidence)),
        made("priors", lambda: contents_data.priors(fit)),
        made("checks", lambda: contents_record.checks(fit, table)),
        made("evidence", lambda: contents_evidence.evidence(fit, evidence, asked)),
    ]
    used = {"sensitivity", "predictive"} | ({"hypotheses"} if asked.hypotheses else set())
    if family_of(fit.spec).dynamics is not None and len(fit.spec.variables) > 1:
        out.append(made("dynamics", lambda: contents_dynamics.dynamics(fit)))
        used.add("dynamics")
    out.append(made_of_one("fit", lambda: contents_evidence.fit_to_data(one)))
    tree = asked.tree
    if tree is not None:
        out.append(made("models", lambda: contents_models.models(tree)))
        used |= {"models"} | ({"stacking"} if tree.attrs.get("left_out") else set())
    out += [
        made_of_one("sensitivity", lambda: contents_evidence.sensitivity(one, asked)),
        made_of_one("comparison", lambda: contents_evidence.comparison(one, asked)),
        made("record", lambda: contents_record.record(fit)),
    ]
    if any(isinstance(part, TablePart) and part.name == "influence" for part in out[-2].parts):
        used.add("influence")
    used |= ({"refits"} if asked.refits is not None else set()) | (
        {"comparison"} if asked.comparison is not None else set()
    )
    full = [s for s in out if s.id == "question" or not all(isinstance(part, Notice | Text) for part in s.parts)]
    answered = {one.id: one.title for one in full} | {"methods": TITLES["methods"]}
    if asked.refits is not None:
        answered["refits"] = TITLES["sensitivity"]
    if asked.comparison is None:
        answered.pop("comparison", None)
        if tree is not None:
            answered["comparison"] = TITLES["models"]
    out.append(made("methods", lambda: contents_record.methods(fit, table, evidence, used, answered)))
    return tuple(out)


def _several(fits: dict[str, Fit], asked: Asked) -> Page:
    if not fits:
        raise SpecError("A report is about a fit.", "None was given.", "Give a fit, or {'panel': fit, ...}.")
    tables = (asked.panel, asked.refits, asked.comparison, asked.tree)
    if asked.hypotheses or any(one is not None for one in tables):
        raise SpecError(
            "Hypotheses, pupils, refits and comparisons of models belong to one study.",
            f"The report is about {len(fits)}.",
            "Leave them out, or write a report of that study.",
        )
    joined = appraisal.synthesise(fits)
    note = (
        "P(any), P(all): the probability that any of the pathways on the edge, or all of them, lie beyond the region "
        "of practical equivalence of their study, in either direction. Pooled: their mean, within a study; units of "
        "studies differ, so nothing is pooled across them."
    )
    weighed = {name: _weighed(fit) for name, fit in fits.items()}
    doubtful = [name for name, (checks, _) in weighed.items() if not checks["passed"].all()]
    warning = Notice(f"Checks failed in: {', '.join(doubtful)}. Their own parts of this page say which.", "error")
    parts: tuple[Part, ...] = (
        *([warning] if doubtful else []),
        Text((f"{len(fits)} studies of the triangle child - parents - school: {', '.join(fits)}.",)),
        *_answers(weighed),
        picture(
            lambda: plot_synthesis(joined.evidence),
            "The triangle of child, parents and school, beside each "
            "edge the pathways of every study; the table has the numbers.",
            "What each study says of each edge.",
            "synthesis",
        ),
        TablePart(
            joined.edges,
            "Edges of the triangle, by study and together.",
            filters=("edge", "study"),
            note=note,
            name="edges",
            formats={
                "pathways": ".0f",
                **{name: _probability(name) for name in ("prob_any", "prob_all", "prob_pooled")},
                "pooled": _pooled,
            },
            columns={
                "edge": "Edge",
                "study": "Study",
                "pathways": "Pathways",
                "prob_any": "P(any)",
                "prob_all": "P(all)",
                "pooled": "Pooled, with interval",
                "prob_pooled": "P(pooled)",
            },
        ),
    )
    out = [Section("synthesis", "The triangle: all studies", parts)]
    for address, (name, fit) in zip(_addresses(fits), fits.items(), strict=True):
        own = sections(fit, Asked(), weighed[name])
        out.append(Section(address, name, tuple(_within(one, address) for one in own)))
    return _page(asked.title or "Evidence on the triangle", "child - parents - school", tuple(out))


def _weighed(fit: Fit) -> Weighed:
    return analysis.checks(fit), analysis.evidence(fit)


def _answers(weighed: Mapping[str, Weighed]) -> tuple[Part, ...]:
    """Return what each study answers, by its name."""
    out: list[Part] = []
    for address, (name, (checks, evidence)) in zip(_addresses(weighed), weighed.items(), strict=True):
        found = conclude(evidence, checks)
        out.append(Section(f"{address}-answer", f"What {name} says", contents_data.answer(found)))
    return tuple(out)


def _addresses(names: Iterable[str]) -> list[str]:
    """Return what stands for each study in links and in names of files: letters and digits, none twice."""
    out: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_ADDRESS] or "study"
        wish = plain if plain[0].isalpha() else f"study-{plain}"
        address, number = wish, 2
        # One may be the beginning of another: "a" with its section "b-c" and the study "a-b".
        while any(f"{address}-".startswith(f"{other}-") or f"{other}-".startswith(f"{address}-") for other in out):
            address, number = f"study-{len(out) + number}-{wish}", number + 1
        out.append(address)
    return out


def _pooled(row: pd.Series) -> str:
    if pd.isna(row["pooled"]):
        return "–"
    error = max(row["mcse_pooled_lower"], row["mcse_pooled_upper"])
    low, high = (number(row[f"pooled_{end}"], error).strip() for end in ("lower", "upper"))
    return f"{number(row['pooled'], row['mcse_pooled']).strip()} [{low}, {high}]"


def _probability(name: str) -> Callable[[pd.Series], str]:
    return lambda row: probability(row[name], row[f"mcse_{name}"])


def _within(section: Section, study: str) -> Section:
    """Return a section whose addresses and files carry the study's name."""
    parts: list[Part] = []
    for part in section.parts:
        if isinstance(part, Section):
            parts.append(_within(part, study))
        elif isinstance(part, TablePart | FigurePart) and part.name:
            parts.append(replace(part, name=f"{study}-{part.name}"))
        else:
            parts.append(part)
    return Section(f"{study}-{section.id}", section.title, tuple(parts))


def _with_rope(fit: Fit, rope: float | tuple[float, float] | None) -> Fit:
    return fit if rope is None else replace(fit, provenance={**fit.provenance, "rope": rope})


def _title(fit: Fit) -> str:
    name = fit.provenance.get("card")
    if name:
        try:
            return card(name).title
        except SpecError:
            return str(name)
    return f"A fit of a {type(fit.spec).__name__}"


def _subtitle(fit: Fit) -> str:
    of = f"{fit.data.n_pupils:,} pupils" if fit.data.n_pupils else "Published estimates"
    return f"{of}; fitted {fit.provenance.get('created', '')[:10]}"


def _page(title: str, subtitle: str, parts: tuple[Section, ...]) -> Page:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return Page(title, subtitle, parts, created, version("bayespanel"))
