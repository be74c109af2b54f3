"""A Gaussian trial as an Mplus input."""

from __future__ import annotations

from collections.abc import Mapping

from bayespanel.bridges.mplus_text import (
    CLUSTER_NOTES,
    CLUSTERS,
    analysis,
    cluster_statement,
    covariances,
    head,
    in_ascii,
    level_title,
    mapping,
    section,
    short_names,
)
from bayespanel.bridges.trial_cells import cells_of, dummies, require_gaussian, require_randomised
from bayespanel.families.trial.spec import ClusterTrial


def trial_input(
    spec: ClusterTrial, data: str, arms: tuple[str, ...], baseline: Mapping[str, str], randomised: str
) -> str:
    """Return the input; see `bayespanel.bridges.mplus.to_mplus`."""
    require_gaussian(spec, "Mplus")
    require_randomised(spec, randomised)
    levels = ("pupil", *spec.cluster_levels)
    above = [CLUSTERS[level] for level in spec.cluster_levels]
    cell = short_names({name: name for name in cells_of(spec, baseline)}, above)
    arm = short_names(dummies(arms), [*cell.values(), *above])
    x = short_names({name: name for name in spec.covariates}, [*cell.values(), *arm.values(), *above])
    variable = cluster_statement(levels)
    inner = [*(arm.values() if randomised == "pupil" else ()), *x.values()]
    variable += [f"WITHIN = {' '.join(inner)};"] if inner and above else []
    if randomised != "pupil":
        where = f"({CLUSTERS[randomised]}) " if len(levels) == 3 else ""
        variable += [f"BETWEEN = {where}{' '.join(arm.values())};"]
    model: list[str] = []
    for level in levels:
        model += level_title(level, levels)
        if level == randomised:
            model += [f"{cell[outcome]} ON {dummy};" for outcome in spec.outcomes for dummy in arm.values()]
        if level == "pupil":
            model += [f"{name} ON {covariate};" for name in cell.values() for covariate in x.values()]
        model += covariances(list(cell.values()))
        model += [f"[{name}];" for name in cell.values()] if level == levels[-1] else []
    notes = [
        "! Written by bayespanel; not run in Mplus.",
        *CLUSTER_NOTES[len(levels)],
        *(f"! {dummy}: 1 in the arm {in_ascii(label)}, 0 elsewhere" for label, dummy in arm.items()),
        *(["! Means are those at covariates of 0: centre covariates, or take mplus_data, which does."] if x else []),
        *mapping(cell | x),
    ]
    lines = [
        *head("Trial;", data, [*cell.values(), *arm.values(), *x.values(), *above], variable, notes),
        *analysis(levels),
        *section("MODEL", model),
        *section("OUTPUT", ["TECH1 CINTERVAL;"]),
    ]
    return "\n".join([*lines, ""])
