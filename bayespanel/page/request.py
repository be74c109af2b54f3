"""What a report is asked to hold besides what every report does."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import xarray as xr

from bayespanel.data import Panel


@dataclass(frozen=True, eq=False)
class Asked:
    """Options of a report.

    Attributes
    ----------
    question, title
        In words; left out, the card's.
    hypotheses : tuple of str
        See `bayespanel.hypothesis`.
    panel
        The pupils of a panel's fit, from whom single schools are left out.
    refits, comparison
        Tables of `bayespanel.refits` and `bayespanel.compare`.
    tree
        Models side by side, of `bayespanel.family_tree`.
    """

    question: str = ""
    title: str = ""
    hypotheses: tuple[str, ...] = ()
    panel: Panel | None = None
    refits: pd.DataFrame | None = field(default=None)
    comparison: pd.DataFrame | None = field(default=None)
    tree: xr.Dataset | None = field(default=None)
