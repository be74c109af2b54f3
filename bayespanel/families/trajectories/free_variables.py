"""The model's free variables, from values in units of the plan or from the posterior's names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayespanel.families.trajectories.plan import Array, Plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.unbounded_vector import Values
from bayespanel.language.errors import SpecError


def free_of_values(spec: Trajectories, layout: Plan, values: Values) -> dict[str, Array]:
    """Return the free variables of the model, as one draw, for values in units of the plan."""
    growth = layout.unit * values.growth + layout.centre * layout.growth.flat
    level = layout.growth.is_level
    out = {"growth_level": growth[:, level], "growth_change": growth[:, ~level]}
    if values.variance is not None:
        sd = layout.scale * np.sqrt(values.variance)
        out["residual_sd"] = {"equal": sd[0, 0], "by_wave": sd[0], "by_class": sd[:, 0]}.get(spec.residual, sd)
    if values.root is not None:
        rows = [np.array(row) for row in values.root]
        sd = np.array([np.sqrt((row**2).sum()) for row in rows])
        out["random_scale"] = layout.unit * sd
        if len(rows) == 2:
            rho = rows[1][0] * np.sign(rows[0][0]) / sd[1]
            out["random_partial"] = np.array([(1.0 + rho) / 2.0])
    if values.gap is not None:
        out["threshold_gap"] = values.gap
    if values.cv is not None:
        out["rate_cv"] = values.cv
    if values.excess is not None:
        out["zero_inflation"] = values.excess
    free = layout.contrasts.T @ np.asarray(values.logit)
    predictors = len(spec.predictors)
    out["membership_intercept_free"] = free[:, 0]
    if predictors:
        out["membership_effect_free"] = free[:, 1 : 1 + predictors]
    if len(spec.regressors) > predictors:
        out["programme_effect_free"] = free[:, -1]
    return {name: np.asarray(value)[None] for name, value in out.items()}


def free_of_named(spec: Trajectories, layout: Plan, given: Mapping[str, Array]) -> dict[str, Array]:
    """Return the free variables [draw, ...] for values by their names in the posterior, [draw, ...] likewise.

    Raises
    ------
    SpecError
        When one is missing.
    """
    wanted = ["growth"]
    wanted += ["residual_sd"] if layout.link == "identity" else []
    wanted += ["random_sd"] if spec.random != "none" else []
    wanted += ["random_corr"] if spec.random == "slope" else []
    wanted += ["threshold"] if len(layout.categories) > 2 else []
    wanted += ["rate_cv"] if layout.link == "log" else []
    wanted += ["zero_inflation"] if spec.zero_inflated else []
    if layout.contrasts.shape[1]:
        wanted += ["membership_intercept"] + (["membership_effect"] if spec.predictors else [])
        wanted += ["programme_effect"] if len(spec.regressors) > len(spec.predictors) else []
        wanted += [f"{level}_effect" for level in spec.cluster_levels]
    missing = [name for name in wanted if name not in given]
    if missing:
        raise SpecError(
            "The likelihood needs a value of every parameter.",
            f"Not given: {', '.join(missing)}.",
            "Add them, by their names in the posterior.",
        )
    level, sd = layout.growth.is_level, layout.x_sd[: len(spec.predictors)]
    growth = given["growth"]
    out = {"growth_level": growth[:, :, level], "growth_change": growth[:, :, ~level]}
    out |= {name: given[name] for name in ("residual_sd", "rate_cv", "zero_inflation") if name in wanted}
    if "random_sd" in wanted:
        out["random_scale"] = given["random_sd"].reshape(len(growth), -1)
    if "random_corr" in wanted:
        out["random_partial"] = (1.0 + given["random_corr"][:, 0, 1, None]) / 2.0
    if "threshold" in wanted:
        out["threshold_gap"] = np.diff(given["threshold"], axis=1)
    if "membership_intercept" in wanted:
        out["membership_intercept_free"] = given["membership_intercept"] @ layout.contrasts
    if "membership_effect" in wanted:
        out["membership_effect_free"] = layout.contrasts.T @ (given["membership_effect"] * sd)
    if "programme_effect" in wanted:
        out["programme_effect_free"] = given["programme_effect"] @ layout.contrasts
    return out


def effects_of(spec: Trajectories, given: Mapping[str, Array]) -> dict[str, Array]:
    """Return the effects of clusters by level, [draw, cluster, class], from those of the posterior."""
    return {
        level: np.swapaxes(given[f"{level}_effect"], 1, 2)
        for level in spec.cluster_levels
        if f"{level}_effect" in given
    }
