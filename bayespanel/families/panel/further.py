"""Cells of a pupil beside the scores of the waves: covariates that are modelled, and outcomes after the last wave.

With f what lasts in a pupil (see `predictors`), w_T the deviations at the last wave, an outcome is::

    d = nu + B f + C w_T + e,    e ~ N(0, diag(sigma^2))                                                     (20)

with C = 0 unless it is regressed on deviations too. Covariates that are modelled are z ~ N(mu, Phi), and
f = Gamma z + f*. So all cells of a pupil, scores y, covariates z and outcomes d, are normal with the covariance::

    J W J' + sum over parts of (L L_cov L') * M + E Phi E' + diag(0, 0, sigma^2)                             (21)

J = [I; 0; C at the last wave], W the covariance of the process, each part's loading L with rows 0 for z, and B for d
if it lasts in pupils, E = [effects of z on scores; I; B Gamma].
"""

from __future__ import annotations

import numpy as np

from bayespanel.data import Moments
from bayespanel.families.panel import continuous, predictors, pupil
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import further, joint, predicted, reaching
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.places import further_centre, further_sd
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Array, Arrays, Block


def lasting(spec: RICLPM) -> Component:
    """Return what lasts in pupils, on which outcomes after the waves are regressed."""
    return next(part for part in spec.components() if part.level == "pupil")


def effect_dims(spec: RICLPM) -> tuple[str, ...]:
    """Return the dimensions of effects on outcomes of what lasts: of a line, of its intercept and its slope."""
    return ("distal", *(("growth_factor",) if lasting(spec).over == "growth" else ()), "variable")


def blocks(spec: RICLPM, moments: Moments) -> list[Block]:
    """Return the blocks of means, effects and variances of the further cells."""
    if not further(spec):
        return []
    times, k, m = wave_times(moments), len(spec.variables), len(joint(spec))
    waves = len(times)
    centre, sd = further_centre(spec, moments), further_sd(spec, moments)
    out = []
    if m:
        phi = np.diag(sd[:m] ** 2)
        out += [Block("covariate_mean", ("covariate",), centre[:m], sd[:m])]
        side = ("covariate", "covariate_")
        out += [Block("covariate_cov", side, phi, np.outer(sd[:m], sd[:m]), symmetric=True, beyond=True)]
    if spec.distal:
        part, unit = lasting(spec), sd[m:]
        wide = np.resize(moments.scale, part.size(waves, k)) * part.factor(times, k)
        shape = (len(unit), *part.sd_shape(waves, k))
        effect = (unit[:, None] / wide).reshape(shape)
        out += [Block("distal_mean", ("distal",), centre[m:], unit)]
        out += [Block("distal_effect", effect_dims(spec), np.zeros(shape), effect)]
        at = [list(spec.distal).index(name) for name in reaching(spec)]
        if at:
            each = unit[at, None] / moments.scale
            out += [Block("distal_deviation_effect", ("distal_both", "variable"), np.zeros(each.shape), each)]
        variance = (unit**2)[:, None, None]
        dims = ("distal", "one", "one_")
        out += [Block("distal_variance", dims, 0.8 * variance, variance, symmetric=True, beyond=True)]
    return out


def generic(spec: RICLPM, waves: int, variables: int, rng: np.random.Generator) -> Arrays:
    """Return values of what (21) adds to a model, without special structure."""
    k, m, q = variables, len(joint(spec)), len(spec.distal)
    out: Arrays = {}
    if m:
        root = np.eye(m) + 0.3 * rng.normal(size=(m, m))
        lead = {"growth_factor": (2,), "wave": (waves,)}.get(predictors.dims(spec)[0], ())
        out |= {"covariate_cov": root @ root.T, predictors.NAME: rng.uniform(-0.5, 0.5, (*lead, k, m))}
    if q:
        number = (q, *((2,) if "growth_factor" in effect_dims(spec) else ()), k)
        out |= {"distal_effect": rng.uniform(-0.5, 0.5, number), "distal_variance": rng.uniform(0.5, 1.5, (q, 1, 1))}
    if reaching(spec):
        out["distal_deviation_effect"] = rng.uniform(-0.5, 0.5, (len(reaching(spec)), k))
    return out


def covariance(spec: RICLPM, blocks: Arrays, times: Array) -> Array:
    """Return the covariance [cell and further, cell and further] of the blocks of a structure, by (21)."""
    if not further(spec):
        return pupil.covariance(spec, blocks, times)
    arrays, waves = continuous.discretised(spec, blocks, times), len(times)
    j, w = _reach(spec, arrays, waves), pupil.moving(spec, arrays, waves)
    out = j @ w @ j.T
    for part in pupil.added(spec):
        load = _loading(spec, part, arrays, times)
        out = out + (load @ pupil.matrix(part, arrays) @ load.T) * _mask(spec, part, waves)
    if joint(spec):
        e = _known(spec, arrays, times)
        out = out + e @ arrays["covariate_cov"] @ e.T
    if spec.distal:
        own = np.zeros(len(out), out.dtype)
        own[-len(spec.distal) :] = arrays["distal_variance"].ravel()
        out = out + np.diag(own)
    return np.asarray(out)


def adjoint(spec: RICLPM, blocks: Arrays, times: Array, gradient: Array) -> Arrays:
    """Return the gradient for the blocks from that for this covariance."""
    if not further(spec):
        return pupil.adjoint(spec, blocks, times, gradient)
    arrays, waves = continuous.discretised(spec, blocks, times), len(times)
    k, m, q = len(spec.variables), len(joint(spec)), len(spec.distal)
    p = waves * k
    j, w = _reach(spec, arrays, waves), pupil.moving(spec, arrays, waves)
    out = pupil.moving_adjoint(spec, arrays, waves, j.T @ gradient @ j)
    if reaching(spec):
        to_last = (2 * gradient @ j @ w)[p + m :, p - k : p]
        out["distal_deviation_effect"] = to_last[[list(spec.distal).index(name) for name in reaching(spec)]]
    for part in pupil.added(spec):
        load, masked = _loading(spec, part, arrays, times), gradient * _mask(spec, part, waves)
        whole = load.T @ masked @ load
        out[part.block] = whole if part.correlated else np.diag(whole)[:, None, None]
        d_load = 2 * masked @ load @ pupil.matrix(part, arrays)
        _add(out, pupil.loading_adjoint(part, arrays, times, k, d_load[:p]))
        if part.level == "pupil" and q:
            _add(out, {"distal_effect": d_load[p + m :].reshape(arrays["distal_effect"].shape)})
    if m:
        e = _known(spec, arrays, times)
        out["covariate_cov"] = e.T @ gradient @ e
        d_e = 2 * gradient @ e @ arrays["covariate_cov"]
        _add(out, predictors.adjoint(spec, arrays, times, d_e[:p].reshape(waves, k, m)))
        if q:
            _add(out, _through_adjoint(arrays, d_e[p + m :]))
    if q:
        out["distal_variance"] = np.diag(gradient)[p + m :, None, None].copy()
    return continuous.adjoint(spec, blocks, times, out)


def coefficients(spec: RICLPM, arrays: Arrays, moments: Moments) -> Array:
    """Return the rows [further, regressor] of coefficients: means from the data's centre, and effects of covariates."""
    named = ("covariate_mean" if joint(spec) else "", "distal_mean" if spec.distal else "")
    mean = np.concatenate([arrays[name] for name in named if name]) - further_centre(spec, moments)
    if joint(spec) or not spec.covariates:
        return np.asarray(mean[:, None])
    return np.column_stack([mean, _through(arrays)])


def coefficients_adjoint(spec: RICLPM, arrays: Arrays, gradient: Array) -> Arrays:
    """Return the gradient for the blocks from that for these rows."""
    m = len(joint(spec))
    out = {"covariate_mean": gradient[:m, 0]} if m else {}
    if spec.distal:
        out["distal_mean"] = gradient[m:, 0]
        if spec.covariates and not m:
            out |= _through_adjoint(arrays, gradient[:, 1:])
    return out


def _add(out: Arrays, more: Arrays) -> None:
    for name, value in more.items():
        out[name] = out[name] + value if name in out else value


def _reach(spec: RICLPM, arrays: Arrays, waves: int) -> Array:
    """J of (21): how deviations act on all cells."""
    k, m, q = len(spec.variables), len(joint(spec)), len(spec.distal)
    p = waves * k
    out = np.zeros((p + m + q, p), arrays["lag"].dtype)
    out[:p] = np.eye(p)
    for row, name in enumerate(reaching(spec)):
        out[p + m + list(spec.distal).index(name), p - k : p] = arrays["distal_deviation_effect"][row]
    return out


def _loading(spec: RICLPM, part: Component, arrays: Arrays, times: Array) -> Array:
    """L of (21)."""
    k, m, q = len(spec.variables), len(joint(spec)), len(spec.distal)
    load = pupil.loading(part, arrays, times, k)
    rows = np.zeros((m + q, load.shape[1]), load.dtype)
    if part.level == "pupil" and q:
        rows = np.concatenate([rows[:m], arrays["distal_effect"].reshape(q, -1)])
    return np.concatenate([load, rows])


def _mask(spec: RICLPM, part: Component, waves: int) -> Array:
    return np.pad(part.mask(waves, len(spec.variables)), (0, len(further(spec))), constant_values=1.0)


def _through(arrays: Arrays) -> Array:
    """B Gamma [outcome, covariate]."""
    effect, gamma = arrays["distal_effect"], arrays[predictors.NAME]
    return np.asarray(effect.reshape(len(effect), -1) @ gamma.reshape(-1, gamma.shape[-1]))


def _through_adjoint(arrays: Arrays, gradient: Array) -> Arrays:
    effect, gamma = arrays["distal_effect"], arrays[predictors.NAME]
    b, g = effect.reshape(len(effect), -1), gamma.reshape(-1, gamma.shape[-1])
    return {
        "distal_effect": (gradient @ g.T).reshape(effect.shape),
        predictors.NAME: (b.T @ gradient).reshape(gamma.shape),
    }


def _known(spec: RICLPM, arrays: Arrays, times: Array) -> Array:
    """E of (21): how covariates that are modelled act on all cells."""
    m = len(joint(spec))
    rows = [predictors.at_waves(spec, arrays, times).reshape(-1, m), np.eye(m)]
    if spec.distal:
        rows.append(_through(arrays) if predicted(spec) is not None else np.zeros((len(spec.distal), m)))
    return np.concatenate(rows)
