"""Classes or a continuum: each is fitted to samples drawn from itself and from the other.

The two models are not nested, so their likelihood ratio has no known distribution; it is simulated under either (Cox
1962, doi:10.1111/j.2517-6161.1962.tb00468.x; Wagenmakers, Ratcliff, Gomez & Iverson 2004,
doi:10.1016/j.jmp.2003.11.004). With d the log-likelihood of the classes less that of the continuum, of the data, and
d_1 ... d_R of samples from a model (Davison & Hinkley 1997, doi:10.1017/CBO9780511802843, section 4.2)::

    p(continuum) = (1 + number of d_r >= d) / (1 + R),   samples from the continuum                        (1)
    p(classes)   = (1 + number of d_r <= d) / (1 + R),   samples from the classes                          (2)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.against_continuum import VARIES
from bayespanel.families.trajectories.continuum import continuum
from bayespanel.families.trajectories.counts import drawn_numbers
from bayespanel.families.trajectories.maxima import highest
from bayespanel.families.trajectories.plan import Array, Index, Plan, plan
from bayespanel.families.trajectories.scores_alone import collapsed, scores_alone
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.unbounded_vector import Values, unpack
from bayespanel.language.errors import FitError

FEW = 0.05
"""Probability up to which a model is taken not to have made the data."""

VERDICTS = {
    (False, True): "continuum",
    (True, False): "classes",
    (False, False): "undecided",
    (True, True): "neither",
}
"""Whether the continuum and the classes are rejected -> the verdict."""


@dataclass(frozen=True, eq=False)
class ContinuumCheck:
    """A comparison of latent classes with one continuum of courses, by simulation.

    Attributes
    ----------
    verdict
        "classes", "continuum", "undecided" (both models could have produced the data) or "neither".
    classes, random
        Number of classes, and what varies in the continuum: "intercept", or "slope" for intercept and slope.
    difference
        Log-likelihood of the classes minus the one of the continuum, both for the scores alone.
    p_continuum, p_classes
        The share of samples from the continuum that favour classes at least as much as the data do, and the share of
        samples from the classes that favour classes at most as much as the data do.
    mcse_continuum, mcse_classes
        The Monte Carlo errors of these two.
    samples : DataFrame
        One row per sample: `drawn_from` and `difference`. The difference is NaN if no classes could be fitted; this is
        counted as a sample against classes.
    seed
        The seed of the samples.
    """

    verdict: str
    classes: int
    random: str
    difference: float
    p_continuum: float
    p_classes: float
    mcse_continuum: float
    mcse_classes: float
    samples: pd.DataFrame
    seed: int

    def __str__(self) -> str:
        """Say it in sentences."""
        each = len(self.samples) // 2
        end = {
            "classes": f"Verdict: {self.classes} classes; one continuum would hardly have given these scores.",
            "continuum": f"Verdict: one continuum; {self.classes} classes would hardly have given these scores.",
            "undecided": "Verdict: undecided; either could have given these scores. Do not report classes as found.",
            "neither": "Verdict: neither describes these scores; look for other courses, more classes, or skewness.",
        }[self.verdict]
        return (
            f"{self.classes} classes, or one continuum with random {VARIES[self.random]}? The log-likelihood of the "
            f"classes is {abs(self.difference):.1f} {'above' if self.difference > 0 else 'below'} that of the "
            f"continuum. Of {each} samples drawn from the continuum, a share of {self.p_continuum:.3f} (Monte Carlo "
            f"error {self.mcse_continuum:.3f}) speak as much for classes; of {each} drawn from the classes, "
            f"{self.p_classes:.3f} ({self.mcse_classes:.3f}) speak as little for them. {end}"
        )


def weigh(spec: Trajectories, rows: PanelRows, seed: int, samples: int, advance: Callable[[], None]) -> ContinuumCheck:
    """Weigh classes against one continuum; see `bayespanel.continuum`."""
    alone, own = scores_alone(spec, rows)
    layout, one = plan(alone, own), continuum(alone, own)
    logl, vector = highest(alone, own)
    difference = logl - one.log_likelihood
    made = {"continuum": one.values, "classes": unpack(alone, layout, vector)}
    rng, found = np.random.default_rng(seed), []
    for name, values in made.items():
        for _ in range(samples):
            found.append((name, _difference(alone, drawn(layout, values, rng))))
            advance()
    table = pd.DataFrame(found, columns=["drawn_from", "difference"])
    reached = table["difference"].fillna(-np.inf)
    more = int((reached[table["drawn_from"] == "continuum"] >= difference).sum())
    less = int((reached[table["drawn_from"] == "classes"] <= difference).sum())
    p = [(1 + number) / (1 + samples) for number in (more, less)]
    errors = [float(np.sqrt(share * (1 - share) / samples)) for share in p]
    verdict = VERDICTS[p[0] <= FEW, p[1] <= FEW]
    return ContinuumCheck(
        verdict, len(alone.trajectories), one.random, difference, p[0], p[1], errors[0], errors[1], table, seed
    )


def _difference(spec: Trajectories, rows: PanelRows) -> float:
    """Log-likelihood of the classes less that of the continuum in a sample; NaN where no classes remain."""
    try:
        return highest(spec, rows)[0] - continuum(spec, rows).log_likelihood
    except FitError:
        return np.nan


def drawn(layout: Plan, values: Values, rng: np.random.Generator) -> PanelRows:
    """Draw scores for the same pupils at the waves at which they were seen.

    Parameters
    ----------
    layout
        Of the data, scores alone.
    values
        Of classes, or of one class with random effects; in units of the plan.
    rng
    """
    rows = layout.rows
    seen = np.repeat(~np.isnan(rows.values), rows.count, axis=0)
    share = np.exp(values.logit[:, 0] - values.logit[:, 0].max())
    which = rng.choice(len(share), size=len(seen), p=share / share.sum())
    location = np.asarray(values.growth @ layout.growth.loadings.T)[which]
    if values.root is not None:
        effects = len(values.root)
        root = np.array([row + [0.0] * (effects - len(row)) for row in values.root], dtype=float)
        location = location + rng.standard_normal((len(seen), effects)) @ root.T @ layout.random_loadings[:, :effects].T
    scores = _scores(layout, values, location, which, rng)
    return collapsed(rows, np.where(seen, scores, np.nan), np.ones(len(seen), np.int64))


def _scores(layout: Plan, values: Values, location: Array, which: Index, rng: np.random.Generator) -> Array:
    if layout.link == "log":
        return drawn_numbers(layout.centre + location, float(values.cv), values.excess, rng)
    if layout.link == "identity":
        noise = rng.standard_normal(location.shape) * np.sqrt(values.variance[which])
        return np.asarray(layout.centre + layout.scale * (location + noise))
    gaps = np.zeros(0) if values.gap is None else values.gap
    cuts = np.concatenate([[0.0], np.cumsum(gaps)])
    return np.array(layout.categories)[np.searchsorted(cuts, location + rng.logistic(size=location.shape))]
