"""What a panel would say if its missing scores were not missing at random: shifted patterns (delta adjustment).

Missing at random, a missing score is what the model expects given the scores that the pupil has. A shift says that it
is delta standard deviations more, a pattern-mixture model in which delta is not estimated but assumed (Little 1994,
doi:10.1093/biomet/81.3.471). With y* the score under missing at random, m the shift of one delta in the cells that a
pupil lacks (0 in those that are known), and everything taken within the innermost clusters and given covariates x::

    y = y* + delta m
    cov(y) = Sigma + delta (C + C') + delta^2 M,   C = cov(E(y* | scores), m),   M = cov(m)                 (34)
    E(y)   = mu + delta E(m),   effects of x: Gamma + delta cov(m, x) cov(x)^-1                             (35)

A selection model says instead that the odds of being missing are exp(delta) times as large for one standard deviation
more of the unseen score, whatever is seen. What is missing then has the density under missing at random, tilted by the
exponential of delta y / s (Scharfstein, Rotnitzky & Robins 1999, doi:10.1080/01621459.1999.10473862), which moves a
normal and leaves its covariance: with V the covariance of what a pupil lacks given what is seen, and s the standard
deviations of the cells whose scores select::

    m = V (1 / s)                                                                                           (40)

Sigma, mu and Gamma are those of a draw, C and M those of the pupils who are there. The parameters under delta are those
of the same model nearest to (34) and (35) by Kullback-Leibler divergence: what maximum likelihood would find in ever
more pupils with these moments. Of delta = 0 they are the draw itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bayespanel.data import Moments
from bayespanel.families.panel.components import clusters, coordinates, of_pupils_alone
from bayespanel.families.panel.groups import has_groups
from bayespanel.families.panel.leave_out import points_by_group
from bayespanel.families.panel.measurement import cluster_loading
from bayespanel.families.panel.moments import Implied
from bayespanel.families.panel.nearest import PUPILS, Nearest
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.places import regressors
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.standardised import derived
from bayespanel.families.panel.structure import structure
from bayespanel.families.shared.missing_scores import MissingScores, chosen
from bayespanel.inference.structure import Arrays
from bayespanel.language.errors import FitError, SpecError
from bayespanel.likelihood.effect_draws import Clustered, expected_effects

Array = NDArray[np.float64]
Index = NDArray[np.int64]

AGREES = 1e-4
"""Largest distance of a pathway under delta = 0 from that of its draw."""


def require_shiftable(spec: RICLPM, data: Moments) -> None:
    """Refuse the models for which missing scores are not shifted.

    Raises
    ------
    SpecError
        Which part of the model is in the way.
    """
    others = {
        "ordered": spec.ordered,
        "tails": spec.tails != "normal",
        "varying": spec.varying,
        "indicators": spec.indicators,
        "distal": spec.distal,
        "missing_covariates": spec.missing_covariates == "modelled",
        "class formed anew": data.courses is not None and "class" in spec.levels,
    }
    other = next((name for name, given in others.items() if given), "")
    if other:
        raise SpecError(
            "Missing scores are shifted in panels of scores that are numbers, with one lag for all schools, no items "
            "or later outcomes, covariates that all pupils have, and classes that stay together.",
            f"The fit has {other}.",
            f"Fit the model without {other} and shift in that, or discuss missing scores in words.",
        )


def pupils(data: Moments) -> Index:
    """Return the number of pupils of each kind [kind]."""
    return data.n


def shifts(spec: RICLPM, data: Moments, scores: MissingScores) -> Array:
    """Return what one delta adds to the missing scores of each kind of pupils [kind, cell], raw units.

    Parameters
    ----------
    spec, data
        Of the fit.
    scores
        Which missing scores are shifted.

    Raises
    ------
    SpecError
        A name is unknown, or the pupils lack none of these scores.
    """
    names = data.group_names if has_groups(spec) else ()
    variables = chosen("variables", scores.variables, data.variables)
    where = chosen("waves", scores.waves, data.waves)[:, None] & variables
    lacks = ~data.observed.reshape(-1, *where.shape)
    if scores.after_last:
        lacks &= np.logical_and.accumulate(lacks[:, ::-1], axis=1)[:, ::-1]
    whose = np.ones(len(lacks), bool) if scores.groups is None else chosen("groups", scores.groups, names)[data.group]
    out = np.where(lacks & where & whose[:, None, None], data.scale, 0.0)
    if not out.any():
        raise SpecError(
            "A shift is of scores that pupils lack.",
            "None of the scores that you chose is missing." if not data.observed.all() else "No score is missing.",
            "Choose other waves, variables or groups; bp.Moments.describe counts what is missing.",
        )
    return np.asarray(out.reshape(len(lacks), -1))


def adjusted(
    spec: RICLPM,
    posterior: xr.Dataset,
    data: Moments,
    shift: Array,
    deltas: Sequence[float],
    said: Callable[[], None] = lambda: None,
    *,
    selection: bool = False,
) -> xr.Dataset:
    """Return the pathways of draws under each delta.

    Parameters
    ----------
    spec, posterior, data
        The model, some draws of its parameters, and the data.
    shift : [kind, cell]
        From `shifts`.
    deltas
        Values of delta, among them 0.
    said
        Is called after each draw.
    selection
        Whether delta is a log odds of being missing, equation (40), and not a shift.

    Returns
    -------
    xarray.Dataset
        `standardised` and `raw` [draw, delta, pathway], and `nearest` [draw, delta], whether the parameters were found.

    Raises
    ------
    FitError
        Under delta = 0 the draws do not come back: their parameters do not follow from their moments.
    """
    drawn = points_by_group(spec, posterior)
    seen = _Seen(spec, data, shift, selection=selection)
    own = of_pupils_alone(spec)
    reference = _moments_of(own, data, [_mean(points) for points in drawn.values()])
    assert reference is not None  # without a shift there always are moments
    model = structure(own, reference)
    near = Nearest.around(own, model, reference)
    order = sorted(range(len(deltas)), key=lambda d: abs(deltas[d]))
    number = len(next(iter(drawn.values())))
    blocks: list[list[Arrays]] = [[{} for _ in deltas] for _ in range(number)]
    found = np.zeros((number, len(deltas)), bool)
    with threadpool_limits(limits=1, user_api="blas"):  # the matrices are small: threads would wait for each other
        for s in range(number):
            here = [points[s] for points in drawn.values()]
            moved = seen.moved(here)
            last: dict[int, Array] = {}
            for d in order:
                target = _moments_of(own, data, here, moved, deltas[d])
                begin = last.get(int(np.sign(deltas[d])), last.get(0, near.vector))
                vector, found[s, d] = (begin, False) if target is None else near.to(own, target, begin)
                last[int(np.sign(deltas[d]))] = vector
                blocks[s][d] = model.arrays(vector)
            said()
    labels = {name: list(values) for name, values in coordinates(own, reference).items()}
    flat = [one for each in blocks for one in each]
    with np.errstate(invalid="ignore", divide="ignore"):
        ways = pathways(own, derived(own, flat, labels, reference).expand_dims("chain"))
    shape = {"standardised": ways["standardised"], "raw": ways["raw"]}
    out = xr.Dataset(
        {
            name: (("draw", "delta", "pathway"), value.values.reshape(number, len(deltas), -1))
            for name, value in shape.items()
        },
        coords={"delta": list(deltas), "pathway": ways["pathway"].values},
    )
    out["nearest"] = (("draw", "delta"), found)
    _require_return(spec, posterior, out)
    return out


def _require_return(spec: RICLPM, posterior: xr.Dataset, out: xr.Dataset) -> None:
    """Refuse to go on where a draw is not found again without a shift."""
    before = pathways(spec, posterior)["standardised"].stack(sample=("chain", "draw")).transpose("sample", "pathway")
    both = [name for name in out["pathway"].values.tolist() if name in set(before["pathway"].values.tolist())]
    again = out["standardised"].sel(delta=0.0, pathway=both).values
    lost = ~(np.abs(again - before.sel(pathway=both).values) < AGREES).all(axis=1)
    out["nearest"] = out["nearest"] & xr.DataArray(~lost, dims="draw")
    if lost.mean() > 0.05:
        raise FitError(
            "A model whose parameters follow from its moments finds each draw again where nothing is shifted.",
            f"{lost.sum()} of {len(lost)} draws are not found again.",
            "Look at bp.checks(fit): some parameters may hang on the priors alone.",
        )


@dataclass(frozen=True, eq=False)
class _Moved:
    """What one delta does in a group: E(m), effects of x on m, C and M; see equations (34) and (35)."""

    mean: Array
    effect: Array
    across: Array
    spread: Array


class _Seen:
    """Which pupils lack which scores, and what their other scores say of these."""

    def __init__(self, spec: RICLPM, data: Moments, shift: Array, *, selection: bool) -> None:
        self.data, self.shift, self.spec, self.selection = data, shift, spec, selection
        self.at = regressors(spec, data)[1:]
        self.groups = range(len(data.group_names)) if has_groups(spec) else range(1)
        parts = clusters(spec)
        self.clustered: Clustered | None = None
        if parts:
            kind, cluster, size = data.block_kind, data.block_cluster, data.block_n
            parent = data.parent if len(parts) == 2 else None
            if len(parts) == 1 and data.levels == ("class", "school") and parts[0].level == "school":
                cluster = data.parent[cluster]
            loads = [cluster_loading(spec, part, data) for part in parts]
            self.clustered = Clustered(
                inner=loads[0],
                outer=loads[1] if len(loads) == 2 else np.zeros((data.n_cells, 0)),
                kind=kind,
                cluster=cluster,
                size=size.astype(float),
                parent=np.zeros(int(cluster.max()) + 1, np.int64) if parent is None else parent,
            )
            self.kind, self.size, self.sx, self.sy = kind, size.astype(float), data.block_sx, data.block_sy
            self.cell = cluster * len(self.groups) + self._group(kind)
        else:
            self.kind, self.size = np.arange(data.n_kinds), data.n.astype(float)
            self.sx, self.sy = data.sxx[:, 0], data.sxy[:, 0]
            self.cell = self._group(self.kind)

    def _group(self, kind: Index) -> Index:
        return self.data.group[kind] if len(self.groups) > 1 else np.zeros(len(kind), np.int64)

    def moved(self, drawn: Sequence[Implied]) -> list[_Moved]:
        """Return what one delta does in each group, at a draw [group]."""
        observed, group = self.data.observed, self._group(np.arange(self.data.n_kinds))
        hold = np.eye(observed.shape[1]) * ~observed[:, :, None]
        both = observed[:, :, None] & observed[:, None, :]
        sigma = np.stack([one.pupil for one in drawn])[group]
        precision = np.where(both, np.linalg.inv(np.where(both, sigma, hold)), 0.0)
        coefficients = np.stack([np.hstack([(one.expected - self.data.centre)[:, None], one.effect]) for one in drawn])[
            group
        ][self.kind]
        x = np.hstack([self.size[:, None], self.sx[:, self.at]])
        rest = np.where(observed[self.kind], self.sy - np.einsum("bpm,bm->bp", coefficients, x), 0.0)
        lasting = np.zeros((len(self.kind), observed.shape[1]))
        if self.clustered is not None:
            inner, outer = (*(drawn[0].clusters[level] for level in self.spec.cluster_levels), np.zeros((0, 0)))[:2]
            lasting = expected_effects(self.clustered, precision, rest, inner, outer)[self.clustered.cluster]
        rest = (rest - np.where(observed[self.kind], self.size[:, None] * lasting, 0.0)) / self.size[:, None]
        slopes = sigma @ precision
        expected = np.einsum("bij,bj->bi", slopes[self.kind], rest)  # deviations from the cluster, given what is known
        shift = self.shift
        if self.selection:
            left = np.where(observed[:, :, None], 0.0, sigma - slopes @ sigma)
            shift = np.einsum("kij,kj->ki", left, shift / np.square(np.tile(self.data.scale, len(self.data.waves))))
        return [self._of(g, expected, x[:, 1:] / self.size[:, None], shift) for g in self.groups]

    def _of(self, g: int, expected: Array, x: Array, every: Array) -> _Moved:
        rows = self._group(self.kind) == g
        n, shift = self.size[rows], every[self.kind[rows]]
        cells, at = np.unique(self.cell[rows], return_inverse=True)
        share = np.zeros((len(cells), len(n)))
        share[at, np.arange(len(n))] = n
        share /= share.sum(axis=1, keepdims=True)
        e, m, z = (value - (share @ value)[at] for value in (expected[rows], shift, x[rows]))
        total = n.sum()
        within = total - len(cells) if total > len(cells) else total
        across, spread = (e.T * n) @ m / within, (m.T * n) @ m / within
        kinds = self._group(np.arange(self.data.n_kinds)) == g
        pooled = np.concatenate([[0], self.at]).astype(int)
        sums = self.data.sxx[kinds].sum(axis=0)[np.ix_(pooled, pooled)]
        level = share @ x[rows]
        size = np.bincount(at, weights=n)
        xx = sums[1:, 1:] - (level.T * size) @ level
        effect = np.linalg.solve(xx, (z.T * n) @ m) if len(xx) else np.zeros((0, m.shape[1]))
        if len(xx):
            spread = spread - effect.T @ ((z.T * n) @ m) / within
            across = across - ((e.T * n) @ z / within) @ effect
        mean = n @ shift / total - (sums[0, 1:] / total) @ effect
        return _Moved(mean, effect.T, across, spread)


def _moments_of(
    spec: RICLPM, data: Moments, drawn: Sequence[Implied], moved: Sequence[_Moved] = (), delta: float = 0.0
) -> Moments | None:
    """Return the moments of very many pupils who lack nothing, at a draw [group], moved by delta.

    None where no pupils have such moments: a draw far from what the scores that are known are like.
    """
    number, at = len(drawn), [0, *regressors(spec, data)[1:]]
    share = np.bincount(data.group, weights=data.n, minlength=number)[:number] if number > 1 else np.ones(1)
    n = np.rint(PUPILS * share / share.sum()).astype(np.int64)
    kinds = [data.group == g if number > 1 else np.ones(data.n_kinds, bool) for g in range(number)]
    sxx = np.stack([data.sxx[k].sum(axis=0) / data.n[k].sum() for k in kinds])
    sxx[:, 0, 0] = 1.0
    sxy, syy = np.zeros((number, data.n_regressors, data.n_cells)), np.zeros((number, data.n_cells, data.n_cells))
    for g, one in enumerate(drawn):
        sigma, rows = one.pupil.copy(), np.hstack([(one.expected - data.centre)[:, None], one.effect])
        if delta:
            sigma += delta * (moved[g].across + moved[g].across.T) + delta**2 * moved[g].spread
            rows = rows + delta * np.hstack([moved[g].mean[:, None], moved[g].effect])
            if np.linalg.eigvalsh(0.5 * (sigma + sigma.T))[0] <= 0:
                return None
        inner = sxx[g][:, at]
        sxy[g] = inner @ rows.T
        square = sigma + rows @ sxx[g][np.ix_(at, at)] @ rows.T
        syy[g] = 0.5 * (square + square.T)
    none = np.zeros(0, np.int64)
    return replace(
        data,
        levels=(),
        group=np.arange(number) if number > 1 else np.zeros(1, np.int64),
        observed=np.ones((number, data.n_cells), bool),
        n=n,
        sxx=n[:, None, None] * sxx,
        sxy=n[:, None, None] * sxy,
        syy=n[:, None, None] * syy,
        block_kind=none,
        block_cluster=none,
        block_n=none,
        block_sx=np.zeros((0, data.n_regressors)),
        block_sy=np.zeros((0, data.n_cells)),
        parent=none,
        class_names=(),
        school_names=(),
        school_years=None,
        courses=None,
    )


def _mean(drawn: Sequence[Implied]) -> Implied:
    """Return the mean of what draws imply, which is near what some parameters imply."""
    parts = ("mean", "covariate_effect", "pupil", "further_mean", "further_effect")
    middle: dict[str, Any] = {part: np.mean([getattr(one, part) for one in drawn], axis=0) for part in parts}
    return replace(drawn[0], **middle)
