"""What a specification makes of counts: rows of one linear predictor each, and how often each category came up.

The categories of counts of events are the numbers 0, 1, ...; of these the likelihood needs the number of pupils, of
zeros, and the sum of each row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import TrialCounts
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import expanded

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

LATENT_SD = {"logit": float(np.pi / np.sqrt(3)), "probit": 1.0, "log": 1.0}
"""Standard deviation of a pupil's latent score around its linear predictor, in which priors count; of counts of events
these count in logarithms."""


@dataclass(frozen=True, eq=False)
class Counted:
    """The view that the model of ordered outcomes, or of counts of events, has of the data.

    Attributes
    ----------
    arms, outcomes, covariates, moderators
        As in `Design`; covariates and baselines are centred on their mean over pupils.
    baselines, baseline_missing
        Pairs (outcome, baseline) of the ANCOVA; those whose baseline is missing for some.
    categories
        Labels of each outcome's categories.
    class_names, school_names
        Clusters of the model's levels.
    latent_sd
        SD of the latent score within clusters, in which priors count.
    events
        Whether outcomes are counts of events.
    rows : TrialCounts
        The distinct rows.
    """

    arms: tuple[str, ...]
    outcomes: tuple[str, ...]
    covariates: tuple[str, ...]
    moderators: tuple[str, ...]
    baselines: tuple[tuple[str, str], ...]
    baseline_missing: tuple[tuple[str, str], ...]
    categories: tuple[tuple[str, ...], ...]
    class_names: tuple[str, ...]
    school_names: tuple[str, ...]
    latent_sd: float
    events: bool
    rows: TrialCounts

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Names of the thresholds of all outcomes, one outcome after the other; counts of events have none."""
        if self.events:
            return ()
        return tuple(
            f"{outcome}: {low} | {high}"
            for outcome, labels in zip(self.outcomes, self.categories, strict=True)
            for low, high in pairwise(labels)
        )

    def coordinates(self) -> dict[str, tuple[str, ...]]:
        """Return the labels of every dimension."""
        first = set(self.first_thresholds())
        return {
            "arm": self.arms[1:],
            "outcome": self.outcomes,
            "covariate": self.covariates,
            "moderator": self.moderators,
            "baseline": tuple(pre for _, pre in self.baselines),
            "baseline_missing": tuple(pre for _, pre in self.baseline_missing),
            "boundary": self.thresholds,
            "gap": tuple(name for i, name in enumerate(self.thresholds) if i not in first),
            "class": self.class_names,
            "school": self.school_names,
        }

    def first_thresholds(self) -> list[int]:
        """Return the position of each outcome's first threshold."""
        sizes = [len(labels) - 1 for labels in self.categories]
        return [sum(sizes[:i]) for i in range(len(sizes))]

    def cumulative(self) -> Array:
        """Return the matrix [threshold, first thresholds and gaps] that sums gaps up."""
        sizes = [len(labels) - 1 for labels in self.categories]
        out = np.zeros((sum(sizes), sum(sizes)))
        row, gap = 0, len(sizes)
        for o, size in enumerate(sizes):
            for k in range(size):
                out[row, o] = 1
                out[row, gap : gap + k] = 1
                row += 1
            gap += size - 1
        return out

    def arrays(self, link: str) -> dict[str, NDArray[np.float64] | Codes]:
        """Return what the log-likelihood of a link reads, see `ordinal`; nothing else."""
        rows = self.rows
        out: dict[str, NDArray[np.float64] | Codes] = {"row_arm": rows.arm, "row_outcome": rows.outcome}
        if self.covariates:
            out["row_x"] = rows.x - self._centre()
        if self.baselines:
            out["row_baseline"] = rows.pre - self._baseline_centre()[rows.outcome]
        if self.baseline_missing:
            out["row_baseline_missing"] = rows.pre_missing.astype(float)
        out |= {f"row_{level}": cluster for level, cluster in self.clusters().items()}
        return out | {"logit": self._pairs, "probit": self._entries, "log": self._events}[link]()

    def _pairs(self) -> dict[str, NDArray[np.float64] | Codes]:
        """Each row beside each threshold of its outcome: how often the category below it and above it came up."""
        rows, first = self.rows, np.array(self.first_thresholds())
        sizes = np.array([len(labels) - 1 for labels in self.categories])
        row = np.repeat(np.arange(len(rows.outcome)), sizes[rows.outcome])
        k = np.concatenate([np.arange(sizes[o]) for o in rows.outcome])
        beside = rows.counts[row, k] + rows.counts[row, k + 1]
        row, k, beside = row[beside > 0], k[beside > 0], beside[beside > 0]
        last = int(sizes.sum())
        inner = np.setdiff1d(np.arange(last), first)
        outcome = np.repeat(np.arange(len(sizes)), sizes)[inner]
        totals = np.array([rows.counts[rows.outcome == o].sum(0) for o in range(len(sizes))])
        return {
            "pair_row": row,
            "pair_threshold": first[rows.outcome[row]] + k,
            "pair_beside": beside.astype(float),
            "pair_above": rows.counts[row, k + 1].astype(float),
            "inner_upper": inner,
            "inner_count": totals[outcome, inner - first[outcome]].astype(float),
        }

    def _entries(self) -> dict[str, NDArray[np.float64] | Codes]:
        """Each row and category that came up, with the thresholds around it; one past the last is none."""
        rows, first = self.rows, np.array(self.first_thresholds())
        sizes = np.array([len(labels) - 1 for labels in self.categories])
        row, category = np.nonzero(rows.counts)
        o = rows.outcome[row]
        return {
            "entry_row": row,
            "entry_upper": np.where(category < sizes[o], first[o] + category, sizes.sum()),
            "entry_lower": np.where(category > 0, first[o] + category - 1, -1),
            "entry_count": rows.counts[row, category].astype(float),
        }

    def _events(self) -> dict[str, NDArray[np.float64] | Codes]:
        """Pupils with and without events of each row, their sum, and how often each outcome had k events or more."""
        counts = self.rows.counts
        totals = np.array([counts[self.rows.outcome == o].sum(axis=0) for o in range(len(self.outcomes))])
        beyond = totals[:, ::-1].cumsum(axis=1)[:, ::-1]
        return {
            "row_zeros": counts[:, 0].astype(float),
            "row_some": counts[:, 1:].sum(axis=1).astype(float),
            "row_sum": (counts @ np.arange(counts.shape[1])).astype(float),
            "exceeding": beyond[:, 1:].astype(float),
        }

    def clusters(self) -> dict[str, Codes]:
        """Return the class and school of each row."""
        rows = self.rows
        out = {rows.levels[0]: rows.cluster} if rows.levels else {}
        if rows.levels == ("class", "school"):
            out["school"] = rows.parent[rows.cluster]
        names = {"class": self.class_names, "school": self.school_names}
        return {level: cluster for level, cluster in out.items() if names[level]}

    def per_covariate(self, as_given: bool) -> Array:
        """SD [covariate] of the covariates over pupils, 1 for one that is flat; or 1 where they count as given."""
        weight = self.rows.counts.sum(axis=1)
        square = weight @ self.rows.x**2 / weight.sum()
        variance = square - self._centre() ** 2
        flat = as_given or variance <= 1e-12 * square
        return np.asarray(np.sqrt(np.where(flat, 1.0, variance)))

    def shares(self) -> Array:
        """Return the share [arm, outcome] of each arm in the pupils whose outcome is known."""
        rows, size = self.rows, (len(self.arms), len(self.outcomes))
        pupils = np.zeros(size)
        np.add.at(pupils, (rows.arm, rows.outcome), rows.counts.sum(axis=1))
        return np.asarray(pupils / pupils.sum(axis=0))

    def baseline_scale(self) -> Array:
        """SD [baseline] of the baselines of an ANCOVA over pupils."""
        out = []
        for post, _ in self.baselines:
            here = self.rows.outcome == self.outcomes.index(post)
            out.append(np.sqrt(np.cov(self.rows.pre[here], fweights=self.rows.counts[here].sum(axis=1), ddof=0)))
        return np.array(out)

    def explained(self, free: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
        """Variance [chain, draw, outcome] within arms of what covariates and baselines predict, in latent units."""
        out = np.zeros(shape)
        weight = self.rows.counts.sum(axis=1)
        for o, outcome in enumerate(self.outcomes):
            here = self.rows.outcome == o
            for g in range(len(self.arms)):
                rows = here & (self.rows.arm == g)
                slopes, columns = [np.zeros((*shape[:2], 0))], [np.zeros((rows.sum(), 0))]
                if self.covariates:
                    slopes.append(free["covariate_effect"][..., o, :] + self._moderation(free, g, o, shape))
                    columns.append(self.rows.x[rows])
                for pairs, name, column in (
                    (self.baselines, "baseline_effect", self.rows.pre),
                    (self.baseline_missing, "baseline_missing_effect", self.rows.pre_missing.astype(float)),
                ):
                    at = [i for i, (post, _) in enumerate(pairs) if post == outcome]
                    slopes += [free[name][..., at]] if at else []
                    columns += [column[rows][:, None]] if at else []
                x, b = np.hstack(columns), np.concatenate(slopes, axis=-1)
                if x.shape[1]:
                    within = np.atleast_2d(np.cov(x.T, fweights=weight[rows], ddof=0))
                    share = weight[rows].sum() / weight[here].sum()
                    out[..., o] += share * np.einsum("...x,xy,...y->...", b, within, b)
        return out

    def _moderation(self, free: Mapping[str, Array], g: int, o: int, shape: tuple[int, ...]) -> Array:
        out = np.zeros((*shape[:2], len(self.covariates)))
        if g and self.moderators:
            at = [self.covariates.index(name) for name in self.moderators]
            differs = free["moderation"]
            out[..., at] = differs[:, :, g - 1, o] if differs.ndim == 5 else differs[:, :, o]
        return out

    def _baseline_centre(self) -> Array:
        """Mean [outcome] of each outcome's baseline over pupils: the prior of thresholds is about average pupils."""
        weight, size = self.rows.counts.sum(axis=1), len(self.outcomes)
        pupils = np.bincount(self.rows.outcome, weight, size)
        return np.asarray(np.bincount(self.rows.outcome, weight * self.rows.pre, size) / np.maximum(pupils, 1))

    def _centre(self) -> Array:
        weight = self.rows.counts.sum(axis=1)
        return np.asarray(weight @ self.rows.x / weight.sum())


def counted(spec: ClusterTrial, counts: TrialCounts) -> Counted:
    """Return the model's view of the data: rows that the model does not tell apart are added up."""
    covariates = expanded(spec.covariates, counts.covariates)
    adjusted = spec.adjustment == "covariate"
    rows = counts.reduced(covariates=covariates, baseline=adjusted, outcomes=spec.outcomes)
    pairs = tuple((post, pre) for post, pre in rows.baseline if post in spec.outcomes) if adjusted else ()
    at = {name: i for i, name in enumerate(rows.outcomes)}
    return Counted(
        arms=rows.arms,
        outcomes=spec.outcomes,
        covariates=covariates,
        moderators=expanded(spec.moderators, counts.covariates),
        baselines=pairs,
        baseline_missing=tuple(pair for pair in pairs if rows.pre_missing[rows.outcome == at[pair[0]]].any()),
        categories=rows.categories,
        class_names=rows.class_names if "class" in spec.cluster_levels else (),
        school_names=rows.school_names if "school" in spec.cluster_levels else (),
        latent_sd=LATENT_SD[spec.link],
        events=spec.link == "log",
        rows=rows,
    )
