"""Published effects seen through several priors, and the prior that would have changed the conclusion.

With an estimate m, its standard error s and the prior N(mu, tau^2), the posterior of an effect t is proportional to ::

    exp(-(t - mu)^2 / (2 tau^2)) p((m - t) / s)                                                      (1)

with p Student-t (clusters - 2 degrees of freedom), or normal where the number of clusters is not known. It is
integrated numerically, because (1) with a Student-t has no closed form.

The analysis of credibility asks the other way round. With L and U the bounds of the interval of a flat prior and z the
normal quantile that belongs to them, where p is normal::

    0 outside [L, U]: the sceptic's N(0, tau^2) that just makes the posterior touch 0 has
                      z tau = (U - L)^2 / (4 sqrt(U L))                                              (2)
    0 inside:         the advocate's prior with one bound at 0 that just makes it exclude 0 has
                      its other bound at -(U + L) (U - L)^2 / (2 U L)                                (3)

Where p is Student-t, the same two priors are found as roots.

References
----------
Spiegelhalter, Abrams & Myles (2004), doi:10.1002/0470092602, on sceptical, enthusiastic and community priors;
Matthews (2018), doi:10.1098/rsos.171047, and Held, Matthews, Ott & Pawel (2022), doi:10.1002/jrsm.1538, on credibility.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm, t

from bayespanel.data.estimates import TrialEstimates
from bayespanel.language.errors import SpecError
from bayespanel.language.shown import prose
from bayespanel.summaries.summary import Rope, rope_bounds
from bayespanel.summaries.table import number, probability

Array = NDArray[np.float64]

DOUBT = 0.05
"""What a sceptic gives to effects beyond the target, and an enthusiast to effects on the wrong side of 0."""

SUMMARIES = (
    "mean",
    "sd",
    "lower",
    "upper",
    "prob_direction",
    "prob_above_rope",
    "prob_rope",
    "prob_below_rope",
    "prob_at_least_target",
)

REACH = 12.0
"""Prior SDs beyond prior mean and estimate at which the integral ends: exp(-72) is below rounding."""

STEP = 0.5
"""Step of the sinh mesh: panels as wide as half the scale near a centre, and half the distance far from it."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)  # 20: a bell 4 SDs wide in one panel is exact to rounding

WIDENINGS = 40
"""How often a bracket is widened fourfold before a prior counts as out of reach."""


def reanalyse(
    estimates: TrialEstimates,
    *,
    target: float = 0.2,
    rope: Rope = 0.1,
    community: tuple[float, float] | None = None,
    prob: float = 0.95,
) -> xr.Dataset:
    """Analyse published effects again under several priors, and find the prior that would have changed the conclusion.

    Parameters
    ----------
    estimates
        From `Trial.from_estimates`: standardised effects with their standard errors.
    target
        An effect, not 0, that would be worth having, in SD (default 0.2). It is negative if less of the outcome is
        better.
    rope
        Region of practical equivalence in SD: (lower, upper), or half its width around 0. The bounds belong to it.
    community
        Mean and SD of the effects that comparable trials found, in SD. There is no default; take them from the
        literature.
    prob
        Probability of the equal-tailed intervals.

    Returns
    -------
    xarray.Dataset
        Over `outcome` and `prior`: `mean`, `sd`, `lower`, `upper`, `prob_direction` (the larger of P(effect > 0) and
        P(effect < 0)), `prob_above_rope`, `prob_rope`, `prob_below_rope` and `prob_at_least_target` (P(effect >=
        target), or <= for a negative target). They are computed by numerical integration, so they have no Monte Carlo
        error. With 4 clusters the SD under a flat prior is infinite.

        The priors, with the coordinates `prior_mean` and `prior_sd`, are "flat"; "sceptical", a normal distribution
        around 0 with 5 % beyond the target; "enthusiastic", a normal distribution around the target with 5 % on the
        other side of 0; and "community" if it was given.

        Over `outcome`, in SD, NaN if not defined:

        - `effect`, `standard_error`, `df`, as published;
        - if the interval under the flat prior excludes 0: `sceptical_limit` (2), such that a sceptic whose prior
          interval is 0 +- this limit is just not convinced; and `credible_on_its_own`, 1 if the estimate lies beyond
          the limit, else 0;
        - if it includes 0: `advocacy_limit` (3), with the sign of the estimate, such that an advocate whose prior
          interval reaches from 0 to this limit is just convinced; it is not defined for an estimate of 0;
        - `prior_needed_mean`, `prior_needed_sd`: the normal prior that belongs to either limit.

        The attributes hold `target`, `rope` (two bounds), `prob`, and `community` if it was given.

    Raises
    ------
    SpecError
        The target, the region, the community prior or the probability is not possible.

    References
    ----------
    Spiegelhalter, Abrams & Myles (2004), doi:10.1002/0470092602; Matthews (2018), doi:10.1098/rsos.171047; Held,
    Matthews, Ott & Pawel (2022), doi:10.1002/jrsm.1538.
    """
    low, high = rope_bounds(rope)
    _check(target, community, prob)
    spread = abs(target) / float(norm.isf(DOUBT))
    priors = {"flat": (math.nan, math.inf), "sceptical": (0.0, spread), "enthusiastic": (float(target), spread)}
    if community is not None:
        priors["community"] = (float(community[0]), float(community[1]))
    columns = list(zip(estimates.effect, estimates.standard_error, estimates.df, strict=True))
    numbers = [
        [_summary(_posterior(*column, *prior), target, low, high, prob) for prior in priors.values()]
        for column in columns
    ]
    needed = [_needed(*column, prob) for column in columns]
    over = {name: ("outcome", np.array([row[name] for row in needed])) for name in needed[0]}
    published = {"effect": estimates.effect, "standard_error": estimates.standard_error, "df": estimates.df}
    attrs = {"target": float(target), "rope": [low, high], "prob": prob}
    return xr.Dataset(
        {name: (("outcome", "prior"), np.array(numbers)[:, :, i]) for i, name in enumerate(SUMMARIES)}
        | {name: ("outcome", np.array(value, float)) for name, value in published.items()}
        | over,
        coords={
            "outcome": list(estimates.outcomes),
            "prior": list(priors),
            "prior_mean": ("prior", [mean for mean, _ in priors.values()]),
            "prior_sd": ("prior", [sd for _, sd in priors.values()]),
        },
        attrs=attrs if community is None else {**attrs, "community": list(priors["community"])},
    )


def reanalysis_text(credibility: xr.Dataset) -> str:
    """Return a reanalysis as text: a table by outcome and prior, and one sentence per outcome.

    Parameters
    ----------
    credibility
        From `reanalyse`.

    Returns
    -------
    str
        The text, ready to print.
    """
    (low, high), target, prob = (credibility.attrs[name] for name in ("rope", "target", "prob"))
    sign = ">=" if target > 0 else "<="
    shares = ("prob_direction", "prob_below_rope", "prob_rope", "prob_above_rope", "prob_at_least_target")
    header = ["", "mean", f"{100 * prob:g} % interval", "P(direction)", f"P(< {low:g})", "P(in ROPE)", f"P(> {high:g})"]
    rows = [[*header, f"P({sign} {target:g})"]]
    for outcome in credibility["outcome"].values:
        rows.append([str(outcome)])
        for prior in credibility["prior"].values:
            one = {name: float(credibility[name].sel(outcome=outcome, prior=prior)) for name in SUMMARIES}
            bounds = ", ".join(f"{number(one[end], math.nan).strip():>6}" for end in ("lower", "upper"))
            cells = [f"  {prior}", number(one["mean"], math.nan), f"[{bounds}]"]
            rows.append([*cells, *(probability(one[name], math.nan) for name in shares)])
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:{'>' if i else '<'}{widths[i]}}" for i, cell in enumerate(row)).rstrip() for row in rows]
    priors = [
        f"{prior} N({float(mean):.3g}, {float(sd):.3g}^2)"
        for prior, mean, sd in zip(
            *(credibility[name].values for name in ("prior", "prior_mean", "prior_sd")), strict=True
        )
        if math.isfinite(sd)
    ]
    sentences = [_sentence(credibility.sel(outcome=outcome)) for outcome in credibility["outcome"].values]
    notes = [*sentences, f"In standard deviations of the outcome. Priors: flat, {', '.join(priors)}."]
    return "\n".join([*lines, "", *(line for note in notes for line in textwrap.wrap(note, prose()))])


@dataclass(frozen=True, eq=False)
class _Quadrature:
    """The posterior (1), on panels [panel] between `edges` [panel + 1], in prior SDs from the prior mean."""

    prior_mean: float
    prior_sd: float
    log_density: Callable[[Array], Array]
    edges: Array
    peak: float
    mass: Array
    """Unnormalised mass below each edge."""
    moments: tuple[float, float]
    """Mean and SD, in the units of the edges."""

    def mean(self) -> float:
        """Return the mean of the effect."""
        return self.prior_mean + self.prior_sd * self.moments[0]

    def std(self) -> float:
        """Return the standard deviation of the effect."""
        return self.prior_sd * self.moments[1]

    def cdf(self, effect: float) -> float:
        """Return P(effect below this one)."""
        return self._below((effect - self.prior_mean) / self.prior_sd)

    def ppf(self, share: float) -> float:
        """Return the effect that this share lies below."""
        last = int(np.searchsorted(self.mass / self.mass[-1], share))
        x = brentq(lambda x: self._below(x) - share, self.edges[last - 1], self.edges[last], xtol=1e-14, rtol=1e-14)
        return self.prior_mean + self.prior_sd * float(x)

    def _below(self, x: float) -> float:
        if not self.edges[0] < x < self.edges[-1]:
            return float(x >= self.edges[-1])
        panel = int(np.searchsorted(self.edges, x, side="right")) - 1
        half = (x - self.edges[panel]) / 2
        density = np.exp(self.log_density(self.edges[panel] + half * (1 + NODES)) - self.peak)
        return float((self.mass[panel] + half * density @ WEIGHTS) / self.mass[-1])


def _posterior(effect: float, error: float, df: float, mean: float, sd: float) -> Any:
    """The posterior of one effect: something with `mean`, `std`, `cdf` and `ppf`."""
    if math.isinf(sd):
        return t(df, effect, error) if math.isfinite(df) else norm(effect, error)
    distance, width = (effect - mean) / sd, error / sd

    def log_density(x: Array) -> Array:  # (1)
        square = ((x - distance) / width) ** 2
        return -(x**2) / 2 - (square / 2 if math.isinf(df) else (df + 1) / 2 * np.log1p(square / df))

    # Beyond both centres the density falls at least as fast as the prior.
    ends = min(0.0, distance) - REACH, max(0.0, distance) + REACH
    centres = [(0.0, 1.0), (distance, width), *_modes(distance, width, df)]
    edges = np.unique(np.concatenate([_mesh(centre, scale, *ends) for centre, scale in centres]))
    half = np.diff(edges)[:, None] / 2
    nodes = edges[:-1, None] + half * (1 + NODES)
    logs = log_density(nodes)
    peak = float(logs.max())
    weights = np.exp(logs - peak) * half * WEIGHTS
    mass = np.concatenate([[0.0], np.cumsum(weights.sum(axis=1))])
    middle = float((weights * nodes).sum() / mass[-1])
    spread = math.sqrt(float((weights * (nodes - middle) ** 2).sum() / mass[-1]))
    return _Quadrature(mean, sd, log_density, edges, peak, mass, (middle, spread))


def _modes(distance: float, width: float, df: float) -> list[tuple[float, float]]:
    """Modes of (1) and their SDs; two where a Student-t estimate lies far from the prior."""
    if math.isinf(df):
        precision = 1 + width**-2
        return [(distance / (1 + width**2), precision**-0.5)]
    v = df * width**2
    # The derivative of the log of (1) is 0: x (v + (d - x)^2) = (df + 1) (d - x), a cubic in x.
    roots = np.roots([1, -2 * distance, v + distance**2 + df + 1, -(df + 1) * distance])
    out = []
    for x in roots[np.abs(roots.imag) < 1e-6 * (1 + np.abs(roots))].real:
        square = (distance - x) ** 2
        curvature = 1 + (df + 1) * (v - square) / (v + square) ** 2
        if curvature > 0:
            out.append((float(x), float(curvature**-0.5)))
    return out


def _mesh(centre: float, scale: float, low: float, high: float) -> Array:
    last = math.ceil(math.asinh((high - low) / scale) / STEP)
    away = scale * np.sinh(STEP * np.arange(last + 1))
    return np.asarray(np.clip(np.concatenate([centre - away[::-1], centre + away]), low, high))


def _summary(posterior: Any, target: float, low: float, high: float, prob: float) -> list[float]:
    """The numbers of SUMMARIES, in that order."""
    below, under, over = posterior.cdf(0.0), posterior.cdf(low), posterior.cdf(high)
    reached = 1 - posterior.cdf(target) if target > 0 else posterior.cdf(target)
    bounds = posterior.ppf((1 - prob) / 2), posterior.ppf((1 + prob) / 2)
    shares = max(below, 1 - below), 1 - over, max(over - under, 0.0), under, reached
    return [float(value) for value in (posterior.mean(), posterior.std(), *bounds, *shares)]


def _needed(effect: float, error: float, df: float, prob: float) -> dict[str, float]:
    """The prior that would have changed the conclusion about one effect."""
    names = ("sceptical_limit", "credible_on_its_own", "advocacy_limit", "prior_needed_mean", "prior_needed_sd")
    out = dict.fromkeys(names, math.nan)
    tail = (1 - prob) / 2
    size, sign = abs(effect), math.copysign(1.0, effect)
    z = float(norm.isf(tail))
    reach = error * (z if math.isinf(df) else float(t.isf(tail, df)))
    upper, lower = size + reach, size - reach
    if lower > 0:
        limit = (upper - lower) ** 2 / (4 * math.sqrt(upper * lower))  # (2), and a first guess for Student-t
        if math.isfinite(df):
            limit = z * _root(lambda sd: tail - _posterior(size, error, df, 0.0, sd).cdf(0.0), limit / z)
        out |= {"sceptical_limit": limit, "prior_needed_mean": 0.0, "prior_needed_sd": limit / z}
        out["credible_on_its_own"] = float(size > limit) if math.isfinite(limit) else math.nan
    elif lower < 0 and size > 0:
        limit = -(upper + lower) * (upper - lower) ** 2 / (2 * upper * lower)  # (3), likewise
        if math.isfinite(df):
            limit = 2 * _root(lambda mean: _posterior(size, error, df, mean, mean / z).cdf(0.0) - tail, limit / 2)
        out |= {"advocacy_limit": sign * limit, "prior_needed_mean": sign * limit / 2}
        out["prior_needed_sd"] = limit / 2 / z
    return out


def _root(rising: Callable[[float], float], guess: float) -> float:
    """Return the positive number at which a function passes from below 0 to above; NaN where it is out of reach."""
    low = high = guess
    for _ in range(WIDENINGS):
        if rising(low) < 0:
            break
        low /= 4
    for _ in range(WIDENINGS):
        if rising(high) > 0:
            break
        high *= 4
    if not rising(low) < 0 < rising(high):
        return math.nan
    return math.exp(float(brentq(lambda log: rising(math.exp(log)), math.log(low), math.log(high), xtol=1e-12)))


def _sentence(one: xr.Dataset) -> str:
    """What one would have had to believe, in words."""
    name, percent = repr(str(one["outcome"].item())), f"{100 * one.attrs['prob']:g} %"
    effect, limit, other = (float(one[key]) for key in ("effect", "sceptical_limit", "advocacy_limit"))
    if math.isfinite(limit):
        verdict = (
            "lies beyond that limit: it is credible on its own"
            if one["credible_on_its_own"] == 1
            else "lies within that limit: it needs support from elsewhere"
        )
        return (
            f"To remain unconvinced of {name} one would have had to believe beforehand that effects beyond "
            f"+-{limit:.2f} SD are implausible ({percent}). The estimate, {effect:.2f}, {verdict}."
        )
    if math.isfinite(other):
        return (
            f"To be convinced of {name} one would have had to believe beforehand that the effect lies between 0 and "
            f"{other:.2f} SD ({percent}), or in a narrower range from 0."
        )
    return f"For {name} no prior of these kinds would have changed the conclusion."


def _check(target: float, community: tuple[float, float] | None, prob: float) -> None:
    if not (math.isfinite(target) and target != 0):
        raise SpecError(
            "The target is an effect worth having, above or below 0.",
            f"You gave {target!r}.",
            "Write for example target=0.2, or -0.2 if less of the outcome is better.",
        )
    if community is not None:
        pair = np.asarray(community, float)
        if pair.shape != (2,) or not np.isfinite(pair).all() or pair[1] <= 0:
            raise SpecError(
                "A community prior is the mean and the SD of what comparable trials found, the SD above 0.",
                f"You gave {community!r}.",
                "Write community=(mean, sd), in standard deviations of the outcome.",
            )
    if not 0 < prob < 1:
        raise SpecError(
            "The probability of an interval lies between 0 and 1.",
            f"You gave {prob!r}.",
            "Write prob=0.95 for a 95 % interval.",
        )
