"""Draws of named pathways: carry-over, direct, indirect and total effects, and associations between persons.

With A_t the lag matrix from wave t to t + 1 and D_t the within-person standard deviations at wave t, the standardised
lags are A~_t = D_{t+1}^-1 A_t D_t (equation (4) of `derive`), and those of consecutive intervals multiply::

    A~_{t+1}[y, m] A~_t[m, x] = A_{t+1}[y, m] A_t[m, x] D_t[x] / D_{t+2}[y]                          (7)
    (A~_{t+h-1} .. A~_t)[y, x] = (A_{t+h-1} .. A_t)[y, x] D_t[x] / D_{t+h}[y]                        (8)

because the waves in the middle cancel. Of second order, with lags B_t over two intervals, responses take the place of
products, R_h = A R_{h-1} + B R_{h-2}; with moving averages M, R_1 = A + M: a total is then that of an innovation, what
it does once more included. A total over two waves is the sum of the indirect pathways over all mediators and
of the two direct ones that persist, A~_{t+1}[y, y] A~_t[y, x] + A~_{t+1}[y, x] A~_t[x, x]; and of what B adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from bayespanel.families.panel.components import accumulates, effects
from bayespanel.families.panel.continuous import MOST
from bayespanel.families.panel.derive import (
    STANDARDISATION,
    Array,
    check_variables,
)
from bayespanel.families.panel.group_pathways import side_by_side
from bayespanel.families.panel.groups import each, has_groups
from bayespanel.families.panel.path_draws import Draws, between_waves, spaced
from bayespanel.families.panel.pathways_beside import BESIDE, undrawn_beside
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.pathways import Pathway, Row, collected
from bayespanel.language.errors import SpecError, nearest


def pathways(
    spec: RICLPM,
    posterior: xr.Dataset,
    *,
    kinds: Sequence[str] = ("carry_over", "direct", "delayed", "short_run", "indirect", "total", "between", *BESIDE),
    horizon: int = 2,
    by_interval: bool = False,
) -> xr.Dataset:
    """Name the pathways of a model and collect their draws.

    Parameters
    ----------
    spec
        The model.
    posterior
        Draws of its parameters with what `derive` adds.
    kinds
        Which kinds of pathway, in this order:

        - "carry_over": A[x, x];
        - "direct": A[y, x];
        - "indirect": equation (7), one row per mediator m other than x and y;
        - "delayed": lags over two intervals beside those over one, of a model of second order;
        - "short_run": what innovations do once more a wave later, of a model with moving averages; lags are what lasts;
        - "total": equation (8) over `horizon` waves, x other than y; lags over two intervals add to the product;
        - "between": correlation of the stable parts of x and y at pupil, class and school. Of effects by wave, the
          stable part is their average over waves. Where covariates predict stable parts, what they leave of these;
        - "predictor": a covariate to the stable part of a pupil in a variable, where `covariate_effects` is "stable";
        - "growth_predictor": the same to the slope of a variable;
        - "distal": what lasts in a pupil, or deviations at the last wave, to an outcome after it;
        - "path_moderation": what a property of schools does to a path that varies between them.
    horizon
        Number of waves h that a total effect spans, at least 2.
    by_interval
        One row per interval (for products: per span of consecutive intervals). Otherwise the draws of a row are
        averaged over them. Free lags are always by interval.

    Returns
    -------
    xr.Dataset
        `standardised` and `raw` [chain, draw, pathway], with coordinates of `Pathway` on `pathway`. Raw lags and
        products are in units of the target per unit of the source; raw associations between persons are covariances.
        Besides `initial`, single lags in within-person standard deviations of the first wave, in which their prior
        counts; NaN for other pathways.
        Two waves have no pathway of two steps, so rows of "indirect" and "total" are then missing. With groups see
        `group_pathways`.

    Raises
    ------
    SpecError
        When a kind is unknown, or the horizon is not within the waves.
    FitError
        When the posterior lacks a variable.
    """
    check_variables(spec, posterior)
    if has_groups(spec):
        one = {
            label: pathways(own, of, kinds=kinds, horizon=horizon, by_interval=by_interval)
            for label, own, of in each(spec, posterior)
        }
        return side_by_side(spec, one, posterior)
    waves = tuple(str(wave) for wave in posterior["wave"].values)
    start = 1 if process(spec).second else 0  # of second order, the first interval only starts the process
    longest = MOST if process(spec).continuous and not by_interval else max(len(waves) - 1 - start, 2)
    if not 2 <= horizon <= longest:
        raise SpecError(
            f"A total effect spans 2 or more waves, and here at most {longest}.",
            f"The horizon is {horizon}; pathways begin at wave {waves[start]}, and the last is {waves[-1]}.",
            "Choose a horizon between these.",
        )
    for kind in kinds:
        if kind not in ROWS:
            raise SpecError(
                f"Kinds of pathway are {', '.join(ROWS)}.",
                f"{kind!r} is not one of them. {nearest(kind, list(ROWS))}",
                "Correct the name.",
            )
    if process(spec).continuous and not by_interval:
        draws = spaced(spec, posterior, horizon)
    else:
        draws = between_waves(spec, posterior, waves, start, horizon, by_interval=by_interval)
    rows = [row for kind in kinds for row in ROWS[kind](spec, draws)]
    found = collected(Pathway, rows, posterior, STANDARDISATION)
    initial = found["raw"].dims, _initial(rows, found["raw"].values, draws)
    apart = {} if draws.per is None else {"per": float(draws.per)}
    return found.assign(initial=initial).assign_attrs(averaging=draws.averaging, horizon=draws.horizon, **apart)


def collect(spec: RICLPM, groups: Mapping[str, xr.Dataset], *, by_interval: bool) -> xr.Dataset:
    """Return the pathways of a fit from its groups of draws."""
    found = pathways(spec, groups["posterior"], by_interval=by_interval)
    waves = [str(wave) for wave in groups["posterior"]["wave"].values]
    shown = waves[1:] if process(spec).second else waves  # what a diagram of the model shows
    return found.assign_attrs(waves=shown, intercepts=int(spec.intercepts), diagram=" ".join(_undrawn(spec)))


def _undrawn(spec: RICLPM) -> Iterator[str]:
    """Say what a diagram of deviations around random intercepts does not show of a model."""
    if process(spec).continuous:
        yield "Time is continuous: arrows are lags of one length of interval, not of the gaps between these waves."
    yield from undrawn_beside(spec)
    if process(spec).second:
        yield "The first wave, which starts the process, and effects over two waves are not drawn."
    if process(spec).averages:
        yield "Short-run effects, which innovations have a wave later beside what lasts, are not drawn."
    if accumulates(spec):
        yield "Stable parts enter every wave, and lags carry them on; ovals: what they add up to, averaged over waves."
    elif not all(part.stable for part in effects(spec) if part.level == "pupil"):
        yield "Stable parts change over waves; ovals are their averages."


def _initial(rows: Sequence[Row], raw: Array, draws: Draws) -> Array:
    """Return single lags in within-person standard deviations of the first wave, where priors count; NaN for others.

    In continuous time priors count in the drift behind a lag.
    """
    out = np.full(raw.shape, np.nan)
    for i, (path, scaled, _) in enumerate(rows):
        if path.kind == "path_moderation":  # in the standard deviations of the first wave as well, as its path
            x, y = (draws.variables.index(name) for name in (path.via, path.target))
            unit = draws.units[..., y, x]
            out[..., i] = scaled / unit * draws.initial_sd[..., x] / draws.initial_sd[..., y]
        if path.kind in ("carry_over", "direct", "delayed", "short_run"):
            x, y = (draws.variables.index(name) for name in (path.source, path.target))
            own = raw[..., i] if draws.drift is None else draws.drift[..., y, x] * draws.usual
            with np.errstate(divide="ignore", invalid="ignore"):  # a truth may be without variance
                out[..., i] = own * draws.initial_sd[..., x] / draws.initial_sd[..., y]
    return out


def _spans(draws: Draws, steps: int, product: Callable[..., Array]) -> Iterator[tuple[str, Array, Array]]:
    """Interval, standardised and raw values [chain, draw, ...] of a product of consecutive lag matrices.

    `product` takes the matrices [chain, draw, target, source] from the first interval to the last, the list of those
    over two intervals that end where they end, and the moving averages that act in the first interval, or 0.
    """
    scales = tuple(
        zip((draws.standardised, draws.raw), draws.second or (None, None), draws.average or (None, None), strict=True)
    )
    labels, both = [], []
    for start in range(len(draws.waves) - steps):
        labels.append(f"{draws.waves[start]}-{draws.waves[start + steps]}")
        at = range(start, start + steps)
        each = []
        for a, b, c in scales:
            second = [] if b is None else [b[:, :, i] for i in at]
            each.append(product([a[:, :, i] for i in at], second, 0.0 if c is None else c[:, :, start]))
        both.append(each)
    if draws.by_interval:
        yield from ((label, scaled, raw) for label, (scaled, raw) in zip(labels, both, strict=True))
    elif both:
        yield "", np.mean([scaled for scaled, _ in both], axis=0), both[0][1]  # equal lags: any span's raw product


def _pathway(spec: RICLPM, kind: str, x: int, y: int, interval: str, lag: int, via: int | None = None) -> Pathway:
    names = spec.variables
    steps = [names[i] for i in (x, via, y) if i is not None]
    name = " -> ".join(steps)
    if kind == "short_run":
        name = f"short run: {name}"
    if kind in ("total", "delayed"):
        unit = "intervals" if process(spec).continuous and not interval else "waves"
        name = f"{kind}: {name} ({lag} {unit})"
    return Pathway(
        name=f"{name} [{interval}]" if interval else name,
        kind=kind,
        source=names[x],
        target=names[y],
        via="" if via is None else names[via],
        edge=spec.triangle.edge(names[x], names[y]) if spec.triangle else "",
        interval=interval,
        lag=lag,
        level="within",
    )


def _carry_over(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    for interval, scaled, raw in _spans(draws, 1, lambda a, _, __: a[0]):
        for x in range(len(spec.variables)):
            yield _pathway(spec, "carry_over", x, x, interval, 1), scaled[..., x, x], raw[..., x, x]


def _direct(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    for interval, scaled, raw in _spans(draws, 1, lambda a, _, __: a[0]):
        for x, y in _pairs(spec):
            yield _pathway(spec, "direct", x, y, interval, 1), scaled[..., y, x], raw[..., y, x]


def _delayed(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    if draws.second is None:
        return
    before = (draws.before, *draws.waves)
    labels = [f"{before[i]}-{draws.waves[i + 1]}" for i in range(len(draws.waves) - 1)]
    scaled, raw = draws.second
    if not draws.by_interval:
        labels, scaled = [""], scaled.mean(axis=2, keepdims=True)
    for i, label in enumerate(labels):
        for x in range(len(spec.variables)):
            for y in range(len(spec.variables)):
                yield _pathway(spec, "delayed", x, y, label, 2), scaled[:, :, i, y, x], raw[:, :, i, y, x]


def _short_run(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    if draws.average is None:
        return
    k, own = len(spec.variables), process(spec).average == "own"
    for interval, scaled, raw in _spans(draws, 1, lambda _, __, c: c):
        for x in range(k):
            for y in [x] if own else range(k):
                yield _pathway(spec, "short_run", x, y, interval, 1), scaled[..., y, x], raw[..., y, x]


def _indirect(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    def through(a: list[Array], _: list[Array], __: Array | float) -> Array:
        return a[1][..., :, :, None] * a[0][..., None, :, :]  # (7), [target, mediator, source]

    for interval, scaled, raw in _spans(draws, 2, through):
        for x, y in _pairs(spec):
            for m in range(len(spec.variables)):
                if m not in (x, y):
                    path = _pathway(spec, "indirect", x, y, interval, 2, via=m)
                    yield path, scaled[..., y, m, x], raw[..., y, m, x]


def _total(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    def onward(a: list[Array], b: list[Array], c: Array | float) -> Array:
        before, out = np.broadcast_to(np.eye(a[0].shape[-1]), a[0].shape), a[0] + c
        for step in range(1, len(a)):
            before, out = out, a[step] @ out + (b[step] @ before if b else 0.0)  # (8)
        return out

    for interval, scaled, raw in _spans(draws, draws.horizon, onward):
        for x, y in _pairs(spec):
            yield _pathway(spec, "total", x, y, interval, draws.horizon), scaled[..., y, x], raw[..., y, x]


def _between(spec: RICLPM, draws: Draws) -> Iterator[Row]:
    for level, covariance in draws.between.items():
        sd = np.sqrt(np.einsum("...ii->...i", covariance))
        for i, x in enumerate(spec.variables):
            for j, y in enumerate(spec.variables[i + 1 :], start=i + 1):
                # an association has no direction, and its edge says so
                edge = spec.triangle.edge(x, y).replace("->", "~") if spec.triangle else ""
                path = Pathway(f"between: {x} ~ {y} ({level})", "between", x, y, edge=edge, level=level)
                yield path, covariance[..., i, j] / (sd[..., i] * sd[..., j]), covariance[..., i, j]


def _beside(kind: str) -> Callable[[RICLPM, Draws], Iterator[Row]]:
    """Return what lists the rows of a kind about covariates or later outcomes."""
    return lambda _, draws: iter(draws.beside.get(kind, []))


ROWS: dict[str, Callable[[RICLPM, Draws], Iterator[Row]]] = {
    "carry_over": _carry_over,
    "direct": _direct,
    "delayed": _delayed,
    "short_run": _short_run,
    "indirect": _indirect,
    "total": _total,
    "between": _between,
    **{kind: _beside(kind) for kind in BESIDE},
}
"""Kinds of pathway, and what lists their rows."""


def _pairs(spec: RICLPM) -> list[tuple[int, int]]:
    k = len(spec.variables)
    return [(x, y) for x in range(k) for y in range(k) if x != y]
