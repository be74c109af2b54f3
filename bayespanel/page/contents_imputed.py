"""What a report says of a fit that mixes imputations, and which of its parts are of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bayespanel.inference.fit import Fit
from bayespanel.page.document import Section, TablePart, Text
from bayespanel.page.methods_words import Citations
from bayespanel.summaries.kinds import kind_of
from bayespanel.verbs.imputed_evidence import caveat, missing_information


def of_first(fit: Fit, section: Section) -> Section:
    """Return a section about the first imputation, which says so; that of a fit to one table as it is."""
    if fit.imputations == 1:
        return section
    said = Text((f"This part reads scores, and is that of imputation 1 of {fit.imputations}.",))
    return replace(section, parts=(said, *section.parts))


def missing(fit: Fit) -> tuple[TablePart, ...]:
    """Return the table of missing information; nothing of a fit to one table."""
    if fit.imputations == 1:
        return ()
    frame = missing_information(fit)
    frame["kind"] = frame["kind"].map(lambda kind: kind_of(kind).heading)
    return (
        TablePart(
            frame,
            "What the gaps cost: the fraction of missing information of each pathway.",
            formats={
                **dict.fromkeys(("mean", "within_sd", "between_sd"), ".3f"),
                "fmi": ".2f",
                "lower": lambda row: f"[{row['lower']:.2f}, {row['upper']:.2f}]",
            },
            columns={
                "pathway": "Pathway",
                "mean": "Mean",
                "within_sd": "SD within",
                "between_sd": "SD between",
                "fmi": "FMI",
                "lower": "95 % interval",
            },
            filters=("kind",),
            note="SD within: posterior SD of a completed table; SD between: of the posterior means of m = "
            f"{fit.imputations} imputations. FMI: (1 + 1/m) B / (W + (1 + 1/m) B), with W and B their squares "
            f"(doi:10.1002/9780470316696). {caveat(fit.imputations)}",
            name="missing-information",
        ),
    )


def sentences(fit: Fit, cite: Citations) -> Iterator[str]:
    """Say in a methods section how gaps were filled, and how the fits were put together."""
    number = fit.imputations
    yield f"What was missing had been imputed {number} times{cite('rubin1987')} before this analysis."
    yield f"The model was fitted to each of the {number} completed tables, and the draws were mixed{cite('zhou2010')}:"
    yield "as many of each. Convergence was judged within imputations; Monte Carlo errors count imputations as chains."
