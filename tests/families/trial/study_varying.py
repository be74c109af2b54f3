"""Intervals of effects that vary between schools, of the model that says so and of the plain one.

    python -m tests.families.trial.study_varying [REPLICATES]

Kept in docs/calibration.md. In every world 1 is the total variance of a pupil of the reference arm and 0.2 the mean
effect, which has an SD of 0.3 between schools and the correlation 0.3 with their means.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
import xarray as xr

from bayespanel import ClusterTrial, simulate
from bayespanel.families.trial.build import build, start
from bayespanel.families.trial.draws import posterior as named
from bayespanel.families.trial.truth import observed
from bayespanel.families.trial.world import TrialWorld
from bayespanel.inference.nuts import sample
from bayespanel.inference.posterior import Posterior, compile_posterior
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.inference.whiten import whitened, whitening

EFFECT, SD, CORR = 0.2, 0.3, 0.3

FEW = Sampling(draws=500, tune=300, chains=2)


def world(schools: int, randomised: str) -> TrialWorld:
    """Return four classes of 15 to 25 pupils in each school, two in each arm; or 40 to 60 pupils, one by one."""
    by_class = randomised == "class"
    return TrialWorld(
        outcomes=("score",),
        effect=[EFFECT],
        residual_sd=[np.sqrt(0.85 if by_class else 0.9)],
        class_sd=[np.sqrt(0.05)] if by_class else None,
        school_sd=[np.sqrt(0.1)],
        effect_sd=[SD],
        school_corr=[[1, CORR], [CORR, 1]],
        randomised=randomised,
        schools_per_arm=(schools,),
        classes_per_school=(4, 4) if by_class else None,
        pupils_per_class=(15, 25) if by_class else (40, 60),
    )


def main(replicates: int) -> None:
    """Print, for each design and model, how often 90 % intervals cover, and how wide they are."""
    warnings.simplefilter("ignore")
    print("randomised schools model covered width sd_covered corr_covered error", flush=True)
    for randomised in ("class", "pupil"):
        compiled: dict[str, Posterior] = {}
        for schools in (12, 27, 60):
            made = world(schools, randomised)
            rows: dict[str, list[tuple[float, ...]]] = {"correlated": [], "none": []}
            for seed in range(replicates):
                frame = simulate(made, seed)
                for varying, found in rows.items():
                    spec = ClusterTrial(outcomes=("score",), varying_effects=varying)
                    data = observed(spec, made, frame).moments()
                    model, begin = build(spec, data), start(spec, data)
                    if varying in compiled:
                        posterior = compiled[varying].with_data(model, begin)
                    else:
                        posterior = compiled[varying] = compile_posterior(model, begin)
                    coordinates = whitening(posterior)
                    settings = Settings(FEW, seed, cores=1)
                    tree = sample(whitened(posterior, coordinates), len(posterior.start), settings)
                    points = coordinates.points(tree["posterior"].to_dataset()["z"].values)
                    draws = named(spec, data, posterior.constrain(points))
                    found.append(_measures(draws, varying))
            for varying, found in rows.items():
                values = np.array(found).mean(axis=0)
                print(randomised, schools, varying, " ".join(f"{value:.3f}" for value in values), flush=True)


def _measures(draws: xr.Dataset, varying: str) -> tuple[float, ...]:
    """Return whether the effect is covered, the width, whether SD and correlation are covered, and the error."""
    effect = draws["effect"].values.ravel()
    low, high = np.quantile(effect, [0.05, 0.95])
    covered = float(low <= EFFECT <= high)
    inside = [np.nan, np.nan]
    if varying != "none":
        known = ((draws["effect_sd"].values, SD), (draws["school_corr"].values[..., 0, 1], CORR))
        for i, (value, truth) in enumerate(known):
            bounds = np.quantile(value, [0.05, 0.95])
            inside[i] = float(bounds[0] <= truth <= bounds[1])
    return covered, high - low, *inside, float(effect.mean()) - EFFECT


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
