"""The demo: what its data are, and what its numbers do and do not say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.command.keeping import Keeping
from bayespanel.command.reporting import INDEX, PAGE
from bayespanel.command.results import FIT, Saved
from bayespanel.language.errors import BayespanelError

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

BEFORE = """\
Project STAR, Tennessee, 1985-1989 (public): reading and mathematics of 10,786 pupils in 80 schools, kindergarten to
grade 3, as sums without the name of any pupil. Question: if a pupil reads better than this pupil usually does, does the
pupil do better in mathematics a year later? And does mathematics help reading? Stable differences between pupils and
between schools are set aside."""

AFTER = """
What this says: a pupil who is above the own level in one subject tends to be above it in both subjects a year later.
The table gives the sizes of these effects, their uncertainty, and the probability that they are not negligible.
What it does not say: that teaching one subject would improve the other. Reading and mathematics were observed, not
randomised, and a cause that changes over time can produce such lags. Nor does it say that the lags are the same in all
grades: the checks of fit fail, because the lags differ between grades and this model has the same lags for all
(lags = "free" lets them differ). The effects of schools are set aside here and not explained.

All of it on one page, to be opened in a browser: {page}

Next:
  bayespanel evidence {folder} --rope 0.07 --by-interval
  bayespanel models spillover
  bayespanel describe YOUR_TABLE.csv"""


def mark(fit: Fit) -> Fit:
    """Return the fit, marked as a demo's."""
    return replace(fit, provenance={**fit.provenance, "demo": True})


def is_own(folder: Path) -> bool:
    """Say whether a folder holds the results of an earlier demo, which may be replaced."""
    if not (folder / FIT).exists():
        return False
    from bayespanel.verbs.analysis import load_fit

    try:
        return bool(load_fit(folder / FIT).provenance.get("demo"))
    except (BayespanelError, OSError):
        return False


def page(saved: Saved, keeping: Keeping) -> None:
    """Write the report of the demo; what goes wrong is remembered."""
    from bayespanel.page.report import report

    folder = saved.folder / PAGE
    wanted = ("reading -> math > math -> reading",)
    if keeping.attempt(str(folder), lambda: report(saved.fit, folder, hypotheses=wanted)):
        keeping.files.append(folder / INDEX)


def after(folder: Path) -> str:
    """Return what one may conclude, and what to type next."""
    return AFTER.format(folder=folder, page=folder / PAGE / INDEX)
