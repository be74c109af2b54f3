"""What is true of the effects of covariates in a simulated panel, for a model that need not be that of the world."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import effects, joint, predicted, reaching
from bayespanel.families.panel.further import effect_dims
from bayespanel.families.panel.predictors import dims, shape
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.shared.named import Content
from bayespanel.families.shared.world_fields import Array


def of_covariates(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    """Return the true effects of the covariates of a model, NaN where it has none, and how modelled ones are spread.

    Effects on what lasts are those on every wave that it carries. The other way round there is none, and neither is
    there one on what lasts where model and world differ in what that is.
    """
    if not spec.covariates:
        return {}
    return _effects_of_covariates(spec, world, at) | _distribution(spec, world)


def _effects_of_covariates(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    unknown = np.full(shape(spec, world.waves), np.nan)
    if world.covariate_effect is None or not set(spec.covariates) <= set(world.covariates):
        return {"covariate_effect": (dims(spec), unknown)}
    columns = [world.covariates.index(name) for name in spec.covariates]
    known = world.covariate_effect[..., at, :][..., columns]
    if predicted(spec) is None:
        return {"covariate_effect": (dims(spec), carried(world)[:, at][..., columns] if world.predicted else known)}
    same = world.predicted and _lasts_alike(spec, world)
    if same and spec.slopes and world.slope_sd is None:
        known = np.stack([known, np.zeros_like(known)])  # a line without a slope
    return {"covariate_effect": (dims(spec), known if same and known.shape == unknown.shape else unknown)}


def _distribution(spec: RICLPM, world: PanelWorld) -> Content:
    """Return mean, SDs and correlations of the covariates that are modelled, NaN of those that the world lacks."""
    if not joint(spec):
        return {}
    mean = [world.covariate_shares.get(name, 0.0) if name in world.covariates else np.nan for name in spec.covariates]
    sd = np.sqrt(spread_in(world, spec.covariates).diagonal())
    out: Content = {"covariate_mean": (("covariate",), np.array(mean)), "covariate_sd": (("covariate",), sd)}
    if len(sd) > 1:
        out["covariate_corr"] = (("covariate", "covariate_"), np.where(np.isnan(sd), np.nan, np.eye(len(sd))))
    return out


OF_OUTCOMES = ("distal_mean", "distal_effect", "distal_deviation_effect", "distal_sd")
"""Names of the parameters of outcomes after the last wave."""


def of_outcomes(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    """Return the true parameters of the outcomes after the last wave of a model, NaN where it has none.

    What lasts and deviations are independent, so that effects of the one stay what they are if a model leaves out the
    other; the SD of the rest does not.
    """
    out: Content = {}
    if not spec.distal:
        return out
    k, q = len(spec.variables), len(spec.distal)
    known = set(spec.distal) <= set(world.distal) and set(spec.variables) == set(world.variables)
    known &= _lasts_alike(spec, world) and (world.slope_sd is None or spec.slopes)
    rows = [world.distal.index(name) if known else 0 for name in spec.distal]
    nothing, unknown = np.zeros((len(world.distal), len(world.variables))), np.full(q, np.nan)
    on_stable = world.distal_effect
    if on_stable is None:
        on_stable = np.stack([nothing] * 2, axis=1) if world.slope_sd is not None else nothing
    moving = nothing if world.distal_deviation_effect is None else world.distal_deviation_effect
    wide = np.full((q, *((2,) if spec.slopes else ()), k), np.nan)
    mean, sd, deviating = unknown, unknown, np.full((q, k), np.nan)
    if known and world.distal_sd is not None:
        mean = (np.zeros(len(world.distal)) if world.distal_mean is None else world.distal_mean)[rows]
        effect = on_stable[rows][..., at]
        wide = np.stack([effect, 0 * effect], axis=1) if spec.slopes and effect.ndim == 2 else effect
        deviating = moving[rows][:, at]
        alone = np.array([name not in reaching(spec) for name in spec.distal])
        sd = np.where(alone & deviating.any(axis=1), np.nan, world.distal_sd[rows])
    out["distal_mean"], out["distal_sd"] = (("distal",), mean), (("distal",), sd)
    out["distal_effect"] = (effect_dims(spec), wide)
    if reaching(spec):
        both = [list(spec.distal).index(name) for name in reaching(spec)]
        out["distal_deviation_effect"] = (("distal_both", "variable"), deviating[both])
    return out


def _lasts_alike(spec: RICLPM, world: PanelWorld) -> bool:
    """Return whether what lasts in pupils acts on waves in the world as in the model, but for slopes."""
    return all(acts_alike(part, world) for part in effects(spec) if part.level == "pupil")


def acts_alike(part: Component, world: PanelWorld) -> bool:
    """Return whether what lasts in pupils can act on waves in the world as a part does, but for slopes."""
    if world.accumulating != part.carried or (world.intercept_loading is not None and not part.later):
        return False
    first = world.first_loading
    if not part.carried or part.start == "any":
        return first is not None or not part.carried
    if part.start == "own":
        return first is not None and not (first - np.diag(np.diag(first))).any()
    return first is None


def carried(world: PanelWorld) -> Array:
    """Return what effects on what lasts do to the scores of each wave [wave, variable, covariate]."""
    effect = np.asarray(world.covariate_effect)
    t, v = world.waves, len(world.variables)
    line = effect[0] + world.clock[:, None, None] * effect[1] if effect.ndim == 3 else np.stack([effect] * t)
    if world.intercept_loading is not None:
        line = line * world.intercept_loading[:, :, None]
    if not world.accumulating:
        return line
    lags = np.broadcast_to(world.lag, (t - 1, v, v))
    flat = effect.reshape(-1, effect.shape[-1])
    out = [flat if world.first_loading is None else world.first_loading @ flat]
    for wave in range(1, t):
        out.append(lags[wave - 1] @ out[-1] + line[wave])
    return np.stack(out)


def omitted(spec: RICLPM, world: PanelWorld) -> list[tuple[str, Array | None, Array | None]]:
    """Return what covariates that a model lacks add to what lasts in pupils: a name, SDs and correlations."""
    left = [z for z, name in enumerate(world.covariates) if name not in spec.covariates]
    if not left or world.covariate_effect is None or not effects(spec):
        return []
    if not world.predicted:  # it comes and goes with the waves
        return [("covariates", np.full(len(world.variables), np.nan), None)]
    gamma = world.covariate_effect[..., left]
    names = [world.covariates[z] for z in left]
    flat = gamma.reshape(-1, len(left))
    covariance = flat @ spread_in(world, names) @ flat.T
    sd = np.sqrt(covariance.diagonal())
    unit = np.where(sd > 0, sd, 1.0)
    corr = covariance / unit / unit[:, None]
    np.fill_diagonal(corr, 1.0)
    return [("covariates", sd.reshape(gamma.shape[:-1]), corr)]


def spread_in(world: PanelWorld, names: Sequence[str]) -> Array:
    """Return the covariance [covariate, covariate] of covariates; NaN of those that the world lacks."""

    def variance(name: str) -> float:
        share = world.covariate_shares.get(name)
        return np.nan if name not in world.covariates else 1.0 if share is None else share * (1 - share)

    return np.diag([variance(name) for name in names])
