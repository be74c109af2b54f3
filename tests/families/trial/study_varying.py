"""Intervals of effects that vary between schools, of the model that says so and of the plain one.

    python -m tests.families.trial.study_varying [REPLICATES]

Kept in docs/calibration.md. In every world 1 is the total variance of a pupil of the reference arm and 0.2 the mean
effect, which has an SD of 0.3 between schools and the correlation 0.3 with their means. Fits are those of maximum
likelihood by one climb from a common start, and intervals are estimates with 1.645 standard errors on each side.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from scipy.optimize import minimize

from bayespanel import ClusterTrial, TrialMoments, simulate
from bayespanel.families.trial.covariances import normal, to_names
from bayespanel.families.trial.design import design
from bayespanel.families.trial.least_squares import least_squares
from bayespanel.families.trial.truth import observed
from bayespanel.families.trial.world import TrialWorld
from bayespanel.likelihood.kernels import nested_normal

EFFECT, SD, CORR = 0.2, 0.3, 0.3

REACH = 1.645


def world(schools: int, randomised: str) -> TrialWorld:
    """Return four classes of 15 to 25 pupils in each school, two in each arm; or 40 to 60 pupils, one by one."""
    by_class = randomised == "class"
    return TrialWorld(
        outcomes=("score",),
        effect=np.array([EFFECT]),
        residual_sd=np.array([np.sqrt(0.85 if by_class else 0.9)]),
        class_sd=np.array([np.sqrt(0.05)]) if by_class else None,
        school_sd=np.array([np.sqrt(0.1)]),
        effect_sd=np.array([SD]),
        school_corr=np.array([[1, CORR], [CORR, 1]]),
        randomised=randomised,
        schools_per_arm=(schools,),
        classes_per_school=(4, 4) if by_class else None,
        pupils_per_class=(15, 25) if by_class else (40, 60),
    )


def main(replicates: int) -> None:
    """Print, for each design and model, how often 90 % intervals cover, how wide they are, and the SD that is found."""
    warnings.simplefilter("ignore")
    print("randomised schools model covered width mean sd_of_effects", flush=True)
    for randomised in ("class", "pupil"):
        levels = ("pupil", "class", "school") if randomised == "class" else ("pupil", "school")
        for schools in (12, 27, 60):
            made = world(schools, randomised)
            plain = ClusterTrial(outcomes=("score",), levels=levels)
            varying = ClusterTrial(outcomes=("score",), levels=levels, varying_effects="correlated")
            rows: dict[str, list[tuple[float, ...]]] = {"correlated": [], "none": []}
            for seed in range(replicates):
                data = observed(plain, made, simulate(made, seed)).moments()
                for spec in (varying, plain):
                    rows[spec.varying_effects].append(_fit(spec, data))
            for name, found in rows.items():
                values = np.array(found, float)
                middle = np.append(values[:, :3].mean(axis=0), np.median(values[:, 3]))
                print(randomised, schools, name, " ".join(f"{value:.3f}" for value in middle), flush=True)


def _fit(spec: ClusterTrial, data: TrialMoments) -> tuple[float, ...]:
    """Return whether the effect is covered, the width of its interval, the estimate, and the SD of effects."""
    plan = design(spec, data)
    packed = plan.statistics(spec)
    varies = spec.varying_effects != "none"
    names = ("residual", *spec.cluster_levels, *(["effect"] if varies else []))

    def named(theta: np.ndarray) -> dict[str, np.ndarray]:
        """Log variances, and the correlation on Fisher's scale."""
        variance = dict(zip(names, np.exp(theta[: len(names)]), strict=True))
        out = {f"{name}_cov": np.array([[variance[name]]]) for name in names if name != "effect"}
        if varies:
            mean, effect = variance["school"], variance["effect"]
            shared = np.tanh(theta[-1]) * np.sqrt(mean * effect)
            out["school_cov"] = np.array([[mean, shared], [shared, effect]])
        return out

    def negative(theta: np.ndarray) -> tuple[float, np.ndarray]:
        covariances = named(theta[2:])
        sigma, inner, outer = normal(spec, plan, covariances)
        b = np.array([[[theta[0]]], [[theta[0] + theta[1]]]]) - plan.sums.centre[0]
        value, d_sigma, d_b, d_inner, d_outer = nested_normal(sigma, b, inner, outer, packed.index, packed.value)
        d = to_names(spec, plan, d_sigma, d_inner, d_outer)
        out = np.zeros(len(theta))
        out[:2] = d_b.sum(), d_b[1].sum()
        for k, name in enumerate(names):
            if name != "effect" and not (varies and name == "school"):
                out[2 + k] = (d[f"{name}_cov"] * covariances[f"{name}_cov"]).item()
        if varies:
            (mean, shared), (_, effect) = covariances["school_cov"]
            across = d["school_cov"][0, 1] * shared
            out[2 + names.index("school")] = d["school_cov"][0, 0] * mean + across
            out[2 + names.index("effect")] = d["school_cov"][1, 1] * effect + across
            out[-1] = 2 * d["school_cov"][0, 1] * np.sqrt(mean * effect) * (1 - np.tanh(theta[-1]) ** 2)
        return -value, -out

    start = np.array([plan.sums.centre[0], 0.0, np.log(0.8), *np.full(len(names) - 1, np.log(0.08)), *[0.0] * varies])
    bounds = [(None, None)] * 2 + [(-12, 3)] * len(names) + [(-3.8, 3.8)] * varies
    theta = minimize(negative, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    exact = least_squares(spec, plan, normal(spec, plan, named(theta[2:])))
    estimate, error = exact.estimate["effect"].item(), exact.error["effect"].item()
    spread = float(np.exp(0.5 * theta[1 + len(names)])) if varies else 0.0
    return float(abs(estimate - EFFECT) <= REACH * error), 2 * REACH * error, estimate, spread


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
