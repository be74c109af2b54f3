"""A Gaussian trial in lavaan's language: outcomes of pupils, and of one kind of cluster."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement

from bayespanel.bridges.columns import distinct, in_comment, r_name
from bayespanel.bridges.trial_cells import cells_of, dummies, require_gaussian, require_randomised
from bayespanel.families.trial.spec import ClusterTrial

TWO_LEVELS = (
    '# With missing scores add missing = "fiml", and keep optim.method: by default lavaan 0.7-2 (November 2026) then',
    "# takes EM, which puts 1e-4 in the place of variances that the model has at 0, and so fits another model with no",
    "# warning. lavaan 0.6-14 takes nlminb by itself, and does not find the maximum for all data for which 0.7-2 does.",
)
"""Comments on lavaan's optimisers for two levels."""


def trial_syntax(spec: ClusterTrial, arms: tuple[str, ...], baseline: Mapping[str, str], randomised: str) -> str:
    """Return the model; see `bayespanel.bridges.lavaan.to_lavaan`."""
    require_gaussian(spec, "lavaan")
    require_randomised(spec, randomised)
    level = next(iter(spec.cluster_levels), None)
    name, arm, x = trial_names(spec, arms, baseline)
    cells = tuple(name)
    at = " + "
    effects = [f"{name[outcome]} ~ {at.join(arm.values())}" for outcome in spec.outcomes]
    covariates = [f"{name[cell]} ~ {at.join(x.values())}" for cell in cells] if x else []
    free = [f"{name[a]} ~~ {name[b]}" for a, b in combinations_with_replacement(cells, 2)]
    means = [f"{name[cell]} ~ 1" for cell in cells]
    call = f'data = data, cluster = "{level}", optim.method = "nlminb"' if level else "data = data"
    lines = [
        "# Trial, written by bayespanel. In R, with this text in `model`, and in `data` a row per pupil:",
        "#   library(lavaan)",
        f'#   fit <- lavaan(model, {call}, information = "expected")',
        *(TWO_LEVELS if level else ('# With missing scores add missing = "fiml".',)),
        "# The expected information gives the standard errors of effects that lme4 and bayespanel report.",
        *(f"# {column}: 1 in the arm {in_comment(label)}, 0 elsewhere" for label, column in arm.items()),
        *(f"# {column}: {in_comment(cell)}" for cell, column in (name | x).items() if column != cell),
    ]
    if x:
        lines.append(
            "# Means are those at covariates of 0: centre covariates first to have ours, at average covariates."
        )
    if level is None:
        return "\n".join([*lines, "", *effects, *covariates, *free, *means, ""])
    inside = effects if randomised == "pupil" else []
    outside = [] if randomised == "pupil" else effects
    one = ["level: 1  # pupil", *inside, *covariates, *free]
    two = [f"level: 2  # {level}", *outside, *free, *means]
    return "\n".join([*lines, "", *one, "", *two, ""])


def trial_names(
    spec: ClusterTrial, arms: tuple[str, ...], baseline: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the columns of cells, of arms and of covariates."""
    arm = dummies(arms)
    taken = [*arm.values(), "class", "school"]
    name = distinct({cell: r_name(cell) for cell in cells_of(spec, baseline)}, taken)
    x = distinct({covariate: r_name(covariate) for covariate in spec.covariates}, [*name.values(), *taken])
    return name, arm, x
