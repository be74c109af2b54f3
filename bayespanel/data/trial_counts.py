"""TrialCounts: what a trial with ordered outcomes or counts of events needs of its pupils, as counts of categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.count_bins import binned, count_bins
from bayespanel.data.events import require_events
from bayespanel.data.guesses import Guess, said_of
from bayespanel.data.rules import validate
from bayespanel.data.storage import Stored, fingerprint
from bayespanel.data.summarise import clusters_of
from bayespanel.data.trial_description import TrialDescription
from bayespanel.data.trial_table import TrialTable
from bayespanel.data.wording import counted, label_of
from bayespanel.language.errors import DataError, nearest

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST = 12
"""Categories of an ordered outcome at most: with more, a Gaussian model serves, and thresholds are badly known."""


@dataclass(frozen=True, eq=False, repr=False)
class TrialCounts(Stored):
    """Counts of categories in a trial with ordered outcomes or counts of events, for each distinct row.

    A row is one combination of outcome, arm, innermost cluster, covariates and baseline. Its counts say how many pupils
    are in each category. Missing outcomes are not counted. The categories of counts of events are the numbers 0, 1, ...
    up to the largest, also those that did not come up.

    Attributes
    ----------
    outcomes, baseline, arms, randomised, covariates
        As in `Trial`.
    categories
        Labels of the categories of each outcome, the lowest first.
    levels, class_names, school_names : tuple of str
        Levels of clusters, from the inside; labels of classes and schools.
    notes : tuple of str
        Everything that was done to the data, one sentence each.
    guesses : tuple of Guess
        Everything that the table did not make clear, and how it was decided.
    outcome, arm : int64 [row]
        Positions in `outcomes` and `arms`.
    cluster : int64 [row]
        Innermost cluster; -1 without clusters.
    x : float64 [row, covariate]
        Covariates, in the units given.
    pre : float64 [row]
        Baseline of the row's outcome. A missing baseline is replaced by the mean; it is 0 if the outcome has no
        baseline.
    pre_missing : bool [row]
        Whether the baseline is missing.
    counts : int64 [row, category]
        Number of pupils in each category.
    parent : int64 [class]
        School of each class if there are both levels, otherwise empty.
    n_pupils : int
        Number of pupils in the counts.
    """

    outcomes: tuple[str, ...]
    baseline: tuple[tuple[str, str], ...]
    arms: tuple[str, ...]
    randomised: str
    covariates: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    levels: tuple[str, ...]
    class_names: tuple[str, ...]
    school_names: tuple[str, ...]
    notes: tuple[str, ...]
    outcome: Codes
    arm: Codes
    cluster: Codes
    x: Array
    pre: Array
    pre_missing: NDArray[np.bool_]
    counts: Codes
    parent: Codes
    n_pupils: int
    guesses: tuple[Guess, ...] = ()

    def __post_init__(self) -> None:
        validate(self)
        object.__setattr__(self, "n_pupils", int(self.n_pupils))

    def reduced(
        self, covariates: Sequence[str] = (), *, baseline: bool = False, outcomes: Sequence[str] | None = None
    ) -> TrialCounts:
        """Return the counts of some of the outcomes, in the order given, and of some of the covariates.

        Rows that no longer differ are added up.

        Raises
        ------
        DataError
            An outcome or covariate is unknown.
        """
        for what, given, known in (
            ("outcome", outcomes or (), self.outcomes),
            ("covariate", covariates, self.covariates),
        ):
            for name in given:
                if name not in known:
                    raise DataError(
                        f"The data hold every {what} of the model.",
                        f"They lack {name!r}. {nearest(name, list(known)) if known else 'They have none.'}",
                        "Name the column where the data are read.",
                    )
        names = self.outcomes if outcomes is None else tuple(outcomes)
        at = [self.covariates.index(name) for name in covariates]
        order = np.full(len(self.outcomes), -1)
        order[[self.outcomes.index(name) for name in names]] = np.arange(len(names))
        keep = order[self.outcome] >= 0
        zero = np.zeros(int(keep.sum()))
        merged = _merged(
            order[self.outcome[keep]],
            self.arm[keep],
            self.cluster[keep],
            self.x[keep][:, at],
            self.pre[keep] if baseline else zero,
            self.pre_missing[keep] if baseline else zero.astype(bool),
            self.counts[keep],
        )
        labels = tuple(self.categories[self.outcomes.index(name)] for name in names)
        merged["counts"] = merged["counts"][:, : max(map(len, labels))]
        pairs = tuple(pair for pair in self.baseline if baseline and pair[0] in names)
        chosen = {"outcomes": names, "covariates": tuple(covariates), "categories": labels, "baseline": pairs}
        # The checker cannot tell which field each entry of a dictionary fills.
        return replace(self, **chosen, **merged)  # type: ignore[arg-type]  # each by its name

    def describe(self) -> TrialDescription:
        """Describe clusters and categories by arm in tables."""
        return describe_counts(self)

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything on which a posterior depends."""
        return fingerprint(self)


def trial_counts(trial: TrialTable, outcomes: Sequence[str], *, events: bool = False) -> TrialCounts:
    """Count the categories of a trial, or the numbers of events.

    Raises
    ------
    DataError
        An outcome with more than 12 distinct values; or one of events that is no whole number from 0 to 400.
    """
    clusters = clusters_of(trial, np.ones(trial.n_pupils, dtype=bool))
    cluster = np.full(trial.n_pupils, -1) if clusters.cluster is None else clusters.cluster
    declared, pres = dict(trial.categories), dict(trial.baseline)
    pieces, labels = [], []
    for o, name in enumerate(outcomes):
        value = trial.values[:, trial.cells.index(name)]
        seen = ~np.isnan(value)
        levels, code = np.unique(value[seen], return_inverse=True)
        if name in declared:
            levels, code = np.arange(len(declared[name]), dtype=np.float64), value[seen].astype(np.int64)
        if events:
            require_events(name, levels, labelled=name in declared)
            levels, code = np.arange(levels[-1] + 1), value[seen].astype(np.int64)
        elif len(levels) > MOST:
            raise DataError(
                f"An ordered outcome has at most {MOST} categories.",
                f"{name!r} has {len(levels)} distinct values.",
                "Use link='identity', the Gaussian model; link='log' for counts of events; or group the values.",
            )
        labels.append(declared.get(name) or tuple(label_of(level) for level in levels))
        pre = trial.values[:, trial.cells.index(pres[name])] if name in pres else np.zeros(trial.n_pupils)
        missing = np.isnan(pre)
        filled = np.where(missing, np.nanmean(pre), pre)
        pieces.append((np.full(len(code), o), seen, code, filled[seen], missing[seen]))
    most = max(map(len, labels))
    one_hot = np.concatenate([np.eye(most, dtype=np.int64)[code] for _, _, code, _, _ in pieces])
    merged = _merged(
        np.concatenate([piece[0] for piece in pieces]),
        np.concatenate([trial.arm[seen] for _, seen, *_ in pieces]),
        np.concatenate([cluster[seen] for _, seen, *_ in pieces]),
        np.concatenate([trial.covariates[seen] for _, seen, *_ in pieces]),
        np.concatenate([piece[3] for piece in pieces]),
        np.concatenate([piece[4] for piece in pieces]),
        one_hot,
    )
    known = int(np.any([seen for _, seen, *_ in pieces], axis=0).sum())
    lost = trial.n_pupils - known
    left_out = f"{counted(lost, 'pupil')} without an outcome {'was' if lost == 1 else 'were'} left out."
    return TrialCounts(
        outcomes=tuple(outcomes),
        baseline=tuple(pair for pair in trial.baseline if pair[0] in outcomes),
        arms=trial.arms,
        randomised=trial.randomised,
        covariates=trial.covariate_names,
        categories=tuple(labels),
        levels=clusters.levels,
        class_names=clusters.class_names,
        school_names=clusters.school_names,
        notes=(*trial.notes, left_out) if lost else trial.notes,
        guesses=trial.guesses,
        parent=clusters.parent,
        n_pupils=known,
        **merged,  # type: ignore[arg-type]  # as in `reduced`
    )


def _merged(
    outcome: Codes, arm: Codes, cluster: Codes, x: Array, pre: Array, pre_missing: NDArray[np.bool_], counts: Codes
) -> dict[str, NDArray[np.generic]]:
    """Add up the counts of equal rows."""
    key = np.column_stack([outcome, arm, cluster, pre_missing, pre, x])
    rows, code = np.unique(key, axis=0, return_inverse=True)
    total = np.zeros((len(rows), counts.shape[1]), np.int64)
    np.add.at(total, code.ravel(), counts)
    whole = rows[:, :3].astype(np.int64)
    return {
        "outcome": whole[:, 0],
        "arm": whole[:, 1],
        "cluster": whole[:, 2],
        "pre_missing": rows[:, 3].astype(bool),
        "pre": rows[:, 4],
        "x": rows[:, 5:],
        "counts": total,
    }


def describe_counts(counts: TrialCounts) -> TrialDescription:
    """Describe counts: clusters per arm, and how often each category, or range of many numbers, came up."""
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
    for o, (outcome, categories) in enumerate(zip(counts.outcomes, counts.categories, strict=True)):
        for g, arm in enumerate(counts.arms):
            total = counts.counts[(counts.outcome == o) & (counts.arm == g)].sum(0)
            labels = categories
            if len(categories) > MOST:
                starts, labels = count_bins(len(categories) - 1)
                total = binned(total[: len(categories)], starts)
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
