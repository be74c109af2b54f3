"""The last sections of a report: computation and checks, the record, methods and references."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import xarray as xr

from bayespanel.figures.gallery import plot_chains
from bayespanel.inference.checks import FAILED, LOOK
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import first_of
from bayespanel.page.checklist import checklist
from bayespanel.page.document import Code, Part, Section, TablePart, Text
from bayespanel.page.methods import methods as paragraphs
from bayespanel.page.references import bibtex, citation
from bayespanel.page.undrawn import picture
from bayespanel.verbs.fitting import told_sampling, walked


def checks(fit: Fit, table: pd.DataFrame) -> Section:
    """Checks, the gravest first, and the chains that did worst."""
    p = fit.provenance
    seconds = p.get("seconds", {})
    of_one = "" if fit.imputations == 1 else f"Imputation 1 of {fit.imputations}. "
    of_each = "" if fit.imputations == 1 else f"{fit.imputations} imputations, of each "
    frame = table.assign(failed=table["state"] == FAILED, look=table["state"] == LOOK)
    parts: list[Part] = [
        Text(
            (
                f"{of_each}{_chains(p)}; {seconds.get('total', float('nan')):.1f} seconds in all.",
                *told_sampling(p),
            )
        ),
        TablePart(
            frame,
            "Checks of the computation and of the model.",
            failed="failed",
            look="look",
            formats={"value": ".4g", "limit": ".4g"},
            name="checks",
            columns={"check": "Check", "state": "State", "value": "Value", "limit": "Limit", "hint": "What to do"},
        ),
        picture(
            lambda: plot_chains(first_of(fit)),
            "Traces and ranks of the parameters with the worst R-hat; the table of checks has the verdict.",
            f"{of_one}Traces and ranks of the parameters with the worst R-hat. Chains that agree have even ranks.",
            "chains",
        ),
    ]
    return Section("checks", "Computation and checks", tuple(parts))


def _chains(p: Mapping[str, Any]) -> str:
    if not walked(p):
        return f"{p['chains']} chains of {p['draws']:,} kept draws, seed {p['seed']}"
    return (
        f"{p['chains']} chains of {p['tune']:,} warm-up and {p['draws']:,} kept draws, seed {p['seed']}, "
        f"acceptance aimed at {p['target_accept']:g}"
    )


def record(fit: Fit) -> Section:
    """All that is needed to repeat the fit."""
    p = fit.provenance
    rows: list[tuple[str, str]] = [
        (name, str(p[name]))
        for name in (
            "card",
            "seed",
            "chains",
            "tune",
            "draws",
            "target_accept",
            "sampler",
            "cores",
            "data",
            "pupils",
            "created",
        )
        if name in p
    ]
    rows += [("imputations", str(fit.imputations))] if fit.imputations > 1 else []
    rows += [(f"version of {name}", version) for name, version in p.get("versions", {}).items()]
    rows += [("machine", ", ".join(p["machine"].values()))] if "machine" in p else []
    frame = pd.DataFrame(rows, columns=["what", "value"])
    return Section(
        "record",
        "Record",
        (
            TablePart(
                frame, "Seed, settings, fingerprint of the data (SHA-256), versions.", name="record", sortable=False
            ),
            Text(("The specification, as `bayespanel` writes it:",)),
            Code(json.dumps(p["spec"], indent=1, ensure_ascii=False), "json"),
        ),
    )


def methods(
    fit: Fit, table: pd.DataFrame, evidence: xr.Dataset, used: Collection[str], answered: dict[str, str]
) -> Section:
    """A paragraph for a paper, references, and the points of two checklists."""
    texts, keys = paragraphs(fit, table, evidence, used)
    points = checklist(answered)
    return Section(
        "methods",
        "Methods, references, checklists",
        (
            Text(texts),
            Section(
                "references", "References", (Text(tuple(citation(key) for key in keys)), Code(bibtex(keys), "bibtex"))
            ),
            Section(
                "checklists",
                "Reporting guidelines, point by point",
                (
                    TablePart(
                        points,
                        "Points of BARG (Kruschke 2021) and WAMBS (Depaoli & van de Schoot 2017), and "
                        "where this page answers them.",
                        columns={name: name.capitalize() for name in ("guideline", "point", "where")},
                        filters=("guideline",),
                        name="checklist",
                    ),
                ),
            ),
        ),
    )
