"""When schools matter: classes that are formed anew, paths that vary, and shocks of single waves, known and unknown.

By hand, and recorded in docs/calibration.md: python -m tests.families.panel.study_schools SAMPLES [REALITY ...]

In each reality x moves y and y does not move x. Pupils are drawn in numpy without a look at the package. Models are
fitted by maximum likelihood, whose intervals are those of a posterior with flat priors, and models whose paths vary,
which have no closed likelihood, by a posterior.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

import bayespanel as bp
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import maximise

LAG = np.array([[0.3, 0.0], [0.1, 0.3]])
"""[target, source]"""

WAVES, YEARS = 5, np.array([0, 0, 1, 1, 2])
NINETY = norm.ppf(0.95)
COLUMNS = ("covered x -> y", "false y -> x", "covered carry-overs", "off x -> y", "off y -> x", "off carry-overs")
"""What is recorded of a sample; intervals are of 90 %, and "off" is the middle of one less the truth."""

SAMPLING = bp.Sampling(chains=2, tune=400, draws=500, sampler="nuts")

Array = np.ndarray


@dataclass(frozen=True)
class Reality:
    """How schools differ.

    Attributes
    ----------
    schools, pupils
        Number of schools, and of pupils in each.
    class_share
        Share of a score's variance that classes of one school year have in common; they are formed anew every year.
    shock_share
        The same of schools at a single wave.
    path_sd
        Standard deviation of x -> y between schools.
    options, levels
        Of the model that knows.
    """

    schools: int = 24
    pupils: int = 50
    class_share: float = 0.0
    shock_share: float = 0.0
    path_sd: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    levels: tuple[str, ...] = ("pupil", "school")


KNOWN = ("pupil", "class", "school")
VARYING = {"varying": ("x -> y",)}
REALITIES = {
    "classes anew, ICC .05": Reality(class_share=0.05, levels=KNOWN),
    "classes anew, ICC .10": Reality(class_share=0.1, levels=KNOWN),
    "classes anew, ICC .20": Reality(class_share=0.2, levels=KNOWN),
    "shocks of schools at a wave, ICC .05": Reality(shock_share=0.05, options={"cluster_effects": "by_wave"}),
    "path SD .05, 24 x 50": Reality(path_sd=0.05, options=VARYING),
    "path SD .10, 24 x 50": Reality(path_sd=0.1, options=VARYING),
    "path SD .10, 30 x 300": Reality(schools=30, pupils=300, path_sd=0.1, options=VARYING),
    "path SD .10, 99 x 99": Reality(schools=99, pupils=99, path_sd=0.1, options=VARYING),
}


def pupils(reality: Reality, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Draw scores [pupil, wave, variable] of a variance of about 2, school [pupil] and class [pupil, wave]."""
    n, school = reality.schools * reality.pupils, np.repeat(np.arange(reality.schools), reality.pupils)
    lag = np.tile(LAG, (reality.schools, 1, 1))
    lag[:, 1, 0] += reality.path_sd * rng.standard_normal(reality.schools)
    within = rng.standard_normal((n, 2))
    scores = np.zeros((n, WAVES, 2))
    for t in range(WAVES):
        if t:
            within = np.einsum("iyx,ix->iy", lag[school], within) + np.sqrt(0.85) * rng.standard_normal((n, 2))
        scores[:, t] = within
    scores += np.sqrt(0.9) * rng.standard_normal((n, 1, 2))
    scores += np.sqrt(0.1) * rng.standard_normal((reality.schools, 1, 2))[school]
    scores += np.sqrt(2 * reality.shock_share) * rng.standard_normal((reality.schools, WAVES, 2))[school]
    rooms = max(1, reality.pupils // 25)
    classes = np.zeros((n, WAVES), np.int64)
    for year in range(YEARS.max() + 1):
        own = np.concatenate([rng.permutation(reality.pupils) % rooms for _ in range(reality.schools)])
        classes[:, year == YEARS] = (school * rooms + own)[:, None]
        shared = np.sqrt(2 * reality.class_share) * rng.standard_normal((reality.schools * rooms, 2))
        scores[:, year == YEARS] += shared[school * rooms + own][:, None]
    return scores, school, classes


def panel(scores: Array, school: Array, classes: Array, *, anew: bool) -> bp.Panel:
    """Return them as a table is read."""
    wide: dict[str, Any] = {f"{name}{t + 1}": scores[:, t, v] for v, name in enumerate("xy") for t in range(WAVES)}
    wide |= {"school": school} | {f"class{t + 1}": classes[:, t] for t in range(WAVES)}
    roles: dict[str, Any] = {}
    if anew:
        roles = {"classroom": [f"class{t + 1}" for t in range(WAVES)], "school_years": YEARS}
    columns = {name: [f"{name}{t + 1}" for t in range(WAVES)] for name in "xy"}
    frame = pd.DataFrame(wide)
    frame = frame if anew else frame.drop(columns=[f"class{t + 1}" for t in range(WAVES)])
    return bp.Panel.from_wide(frame, columns=columns, school="school", **roles)


def limits(spec: bp.RICLPM, data: bp.Panel, seed: int) -> tuple[Array, Array] | None:
    """Return the ends of 90 % intervals of the lags [target, source]; None without a maximum."""
    if spec.varying:
        lag = bp.fit(spec, data, seed=seed, sampling=SAMPLING, progress=False, retry=False).posterior["lag"]
        low, high = (lag.quantile(q, ("chain", "draw")).values for q in (0.05, 0.95))
        return low, high
    moments = data_for(spec, data)
    model = structure(spec, moments)
    found = maximise(model, statistics(spec, moments))
    if not found.verdict.converged:
        return None
    value, error = (
        np.asarray(model.named(vector)["lag"][1]).reshape(2, 2) for vector in (found.vector, found.errors())
    )
    return value - NINETY * error, value + NINETY * error


def judged(low: Array, high: Array) -> tuple[float, ...]:
    """Return what `COLUMNS` names, of the intervals [target, source] of one sample."""
    inside, off = (low <= LAG) & (high >= LAG), (low + high) / 2 - LAG
    return inside[1, 0], not inside[0, 1], np.diag(inside).mean(), off[1, 0], off[0, 1], np.diag(off).mean()


def study(reality: Reality, samples: int, seed: int = 2026) -> pd.DataFrame:
    """Return means of `COLUMNS` over samples, and Monte Carlo errors, of the model that knows and of the plain one."""
    plain = bp.RICLPM(("x", "y"), levels=("pupil", "school"), innovations="equal")
    known = bp.RICLPM(("x", "y"), levels=reality.levels, innovations="equal", **reality.options)
    out: dict[str, list[tuple[float, ...]]] = {"known": [], "plain": []}
    for i in range(samples):
        drawn = pupils(reality, np.random.default_rng([seed, i]))
        for name, spec in (("known", known), ("plain", plain)):
            ends = limits(spec, panel(*drawn, anew="class" in spec.levels), i)
            out[name] += [] if ends is None else [judged(*ends)]
    rows = []
    for name, found in out.items():
        each = np.array(found, float)
        mean, error = each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))
        rows.append((name, len(found), *mean, *error))
    return pd.DataFrame(rows, columns=["model", "samples", *COLUMNS, *(f"error of {name}" for name in COLUMNS)])


if __name__ == "__main__":
    for name in sys.argv[2:] or list(REALITIES):
        print(name)
        print(study(REALITIES[name], int(sys.argv[1])).round(3).T.to_string(header=False), flush=True)
