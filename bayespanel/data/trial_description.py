"""What a trial looks like: the table that CONSORT asks of cluster trials, and how alike the arms were before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayespanel.data.description import records, text_of
from bayespanel.data.guesses import said_of
from bayespanel.data.wording import counted

if TYPE_CHECKING:
    from bayespanel.data.trial_counts import TrialCounts
    from bayespanel.data.trial_moments import TrialMoments

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
        parts = [self.title, "Clusters and pupils per arm\n" + text_of(self.arms), "Scores\n" + text_of(self.outcomes)]
        if len(self.baseline):
            parts.append("Differences before the trial, in SDs within arms\n" + text_of(self.baseline))
        if self.notes:
            parts.append("Notes\n" + "\n".join(f"  - {note}" for note in self.notes))
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


def describe_trial(moments: TrialMoments) -> TrialDescription:
    """Describe a trial from its moments."""
    return TrialDescription(
        title=(
            f"Trial of {counted(moments.n_pupils, 'pupil')} in {counted(len(moments.arms), 'arm')} "
            f"({', '.join(moments.arms)}), randomised by {moments.randomised}, "
            f"{counted(len(moments.outcomes), 'outcome')} ({', '.join(moments.outcomes)})"
        ),
        arms=_arms(moments),
        outcomes=_outcomes(moments),
        baseline=_baseline(moments),
        notes=said_of(moments),
    )


def describe_counts(counts: TrialCounts) -> TrialDescription:
    """Describe counts: clusters per arm, and how often each category came up."""
    rows = []
    for g, arm in enumerate(counts.arms):
        here = counts.arm == g
        row: dict[str, object] = {"arm": arm}
        if "school" in counts.levels:
            cluster = counts.cluster[here]
            row["schools"] = len(np.unique(counts.parent[cluster] if len(counts.levels) == 2 else cluster))
        if "class" in counts.levels:
            row["classes"] = len(np.unique(counts.cluster[here]))
        rows.append(row)
    shares = []
    for o, (outcome, labels) in enumerate(zip(counts.outcomes, counts.categories, strict=True)):
        for g, arm in enumerate(counts.arms):
            total = counts.counts[(counts.outcome == o) & (counts.arm == g)].sum(0)
            shares += [(outcome, arm, label, int(n), n / total.sum()) for label, n in zip(labels, total, strict=False)]
    return TrialDescription(
        title=(
            f"Counts of a trial of {counted(counts.n_pupils, 'pupil')} in {counted(len(counts.arms), 'arm')} "
            f"({', '.join(counts.arms)}), randomised by {counts.randomised}"
        ),
        arms=pd.DataFrame(rows),
        outcomes=pd.DataFrame(shares, columns=["outcome", "arm", "category", "pupils", "share"]),
        baseline=pd.DataFrame(columns=["what", "arm", "difference", "verdict"]),
        notes=said_of(counts),
    )


def _arms(moments: TrialMoments) -> pd.DataFrame:
    sums = moments.sums
    rows = []
    for g, name in enumerate(moments.arms):
        row: dict[str, object] = {"arm": name}
        here = sums.group[sums.block_kind] == g
        inner = np.bincount(sums.block_cluster[here], weights=sums.block_n[here]).astype(int)
        inner = inner[inner > 0]
        number = {sums.levels[0]: len(inner)} if sums.levels else {}
        if sums.levels == ("class", "school"):
            number["school"] = len(np.unique(sums.parent[sums.block_cluster[here]]))
        pupils = int(sums.n[sums.group == g].sum())
        row["randomised"] = number.get(moments.randomised, pupils)
        row |= {{"class": "classes", "school": "schools"}[level]: number[level] for level in sums.levels[::-1]}
        row["pupils"] = pupils
        if sums.levels:
            row |= {"min": int(inner.min()), "median": float(np.median(inner)), "max": int(inner.max())}
        rows.append(row)
    return pd.DataFrame(rows)


def _outcomes(moments: TrialMoments) -> pd.DataFrame:
    sums = moments.sums
    rows = []
    for c, cell in enumerate(sums.variables):
        for g, arm in enumerate(moments.arms):
            here = sums.group == g
            seen = int(sums.n[here] @ sums.observed[here, c])
            total, squares = sums.sxy[here, 0, c].sum(), sums.syy[here, c, c].sum()
            spread = (squares - total**2 / seen) / (seen - 1) if seen > 1 else np.nan
            share = 1 - seen / sums.n[here].sum()
            mean = sums.centre[c] + total / seen if seen else np.nan
            rows.append((cell, arm, seen, share, mean, np.sqrt(spread)))
    return pd.DataFrame(rows, columns=["cell", "arm", "observed", "missing", "mean", "sd"])


def _baseline(moments: TrialMoments) -> pd.DataFrame:
    """Differences of baselines and covariates between each arm and the reference."""
    sums = moments.sums
    rows = []
    for _, pre in moments.baseline:
        c = sums.variables.index(pre)
        means = []
        for g in range(len(moments.arms)):
            here = sums.group == g
            means.append(sums.sxy[here, 0, c].sum() / max(sums.n[here] @ sums.observed[here, c], 1))
        rows += [(pre, arm, (m - means[0]) / sums.scale[c]) for arm, m in zip(moments.arms[1:], means[1:], strict=True)]
    for j, name in enumerate(moments.covariates, start=1):
        squares, means = 0.0, []
        for g in range(len(moments.arms)):
            sxx = sums.sxx[sums.group == g].sum(0)
            means.append(sxx[0, j] / sxx[0, 0])
            squares += sxx[j, j] - sxx[0, j] ** 2 / sxx[0, 0]
        sd = np.sqrt(squares / sums.n_pupils)
        rows += [(name, arm, (m - means[0]) / sd) for arm, m in zip(moments.arms[1:], means[1:], strict=True)]
    table = pd.DataFrame(rows, columns=["what", "arm", "difference"])
    size = table["difference"].abs()
    table["verdict"] = np.select([size <= BALANCED, size <= ADJUSTABLE], ["balanced", "adjust"], "not equivalent")
    return table
