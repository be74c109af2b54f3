"""What a trial looks like: the table that CONSORT asks of cluster trials, and how alike the arms were before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from bayespanel.data.description import noted, records, text_of
from bayespanel.language.shown import filled

BALANCED, ADJUSTABLE = 0.05, 0.25
"""Baseline differences in SDs: up to the first nothing is asked for; beyond the second no adjustment suffices (What
Works Clearinghouse, 2022, Procedures and Standards Handbook, version 5.0)."""


@dataclass(frozen=True, eq=False)
class TrialDescription:
    """Tables that describe a trial.

    Attributes
    ----------
    title : str
        Size of the trial in one line.
    arms : DataFrame
        A row per arm: arm, randomised (units), schools, classes, pupils, and the smallest, median and largest cluster
        in pupils, of the innermost level.
    outcomes : DataFrame
        A row per cell and arm: cell, arm, observed, missing (share), mean, sd (divisor n - 1), raw units. Of counts: a
        row per outcome, arm and category, with pupils and their share.
    baseline : DataFrame
        A row per baseline or covariate and arm other than the reference: what, arm, difference (in SDs within arms),
        and verdict: "balanced" up to 0.05, "adjust" up to 0.25, "not equivalent" beyond.
    notes : tuple of str
    """

    title: str
    arms: pd.DataFrame
    outcomes: pd.DataFrame
    baseline: pd.DataFrame
    notes: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            filled(self.title),
            "Clusters and pupils per arm\n" + text_of(self.arms),
            "Scores\n" + text_of(self.outcomes),
        ]
        if len(self.baseline):
            parts.append("Differences before the trial, in SDs within arms\n" + text_of(self.baseline))
        if self.notes:
            parts.append("Notes\n" + noted(self.notes))
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the tables as lists of rows that json.dumps takes; NaN becomes None."""
        return {
            "title": self.title,
            "arms": records(self.arms),
            "outcomes": records(self.outcomes),
            "baseline": records(self.baseline),
            "notes": list(self.notes),
        }
