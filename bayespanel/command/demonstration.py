"""The demo: what its data are, and what its numbers do and do not say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.command.keeping import PAGE, Keeping
from bayespanel.command.reporting import INDEX
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
This model does not fit, and the demo keeps it for that: every check of the computation is ok, the intervals are
narrow, and the lags are not to be believed. It holds that what lasts in a pupil weighs the same in every grade, as
the checks of fit say. Let its weight differ (loadings = "free"), and chi-square falls from 641 on 17 degrees of freedom
to 58 on 11; lags over two grades (order = 2) take nearly as much off, and these data hardly tell which it is.
What changes then: of math on reading this page says .17, and of reading on math .34 (standardised). With free loadings
the maximum of the likelihood has .06 to .08 and .01: next to nothing is left. With order = 2 it has .22 to .32 and .11
to .24. So the answer hangs on the model, and no narrow interval says so.
What it does not say, and no model that fits would: that teaching one subject would raise the other. Reading and
mathematics were observed, not randomised; a cause that changes over time can make such lags.

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
