"""The covariance of a pupil's scores: the process within the pupil, and each part that is added to it.

W is the covariance of the process, equation (3) of `moments`; a part has the covariance C, the loading L, the mask M::

    Sigma = W + sum over parts of (L C L') * M

A stable part loads on all waves, and its mask is 1; a part that is drawn anew at every wave has a mask that is 0
between waves. `build` writes the same as a graph.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel import components, continuous, state
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import further
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Arrays
from bayespanel.likelihood.kernels import autoregression, autoregression_adjoint

Array = NDArray[np.float64]

NONE = np.zeros((0, 0))
OF_KERNEL = ("initial", "innovation", "diffusion", "intercept")
"""Parts that the kernel of the process adds up by itself."""


def added(spec: RICLPM) -> tuple[Component, ...]:
    """Return the parts of a pupil's covariance beside those of the kernel."""
    inside = (*OF_KERNEL, *spec.cluster_levels)
    apart = process(spec).wide or bool(further(spec))
    return tuple(
        part
        for part in spec.components()
        if part.name not in inside or part.loads or (apart and part.name == "intercept")
    )


def loading(part: Component, arrays: Arrays, times: Array, variables: int) -> Array:
    """Return how the effects of a part act on scores [cell, effect]."""
    return np.asarray(components.loading(part, arrays, times, variables).reshape(len(times) * variables, -1))


def loading_adjoint(part: Component, arrays: Arrays, times: Array, variables: int, gradient: Array) -> Arrays:
    """Return the gradient for what a loading depends on, from that for the loading [cell, effect]."""
    waves, out = len(times), {}
    each = gradient.reshape(waves, variables, -1).copy()
    if part.carried:
        lag, load = arrays["lag"], loading(part, arrays, times, variables).reshape(each.shape)
        out["lag"] = np.zeros(lag.shape, np.result_type(lag, gradient))
        for t in range(waves - 1, 0, -1):
            at = min(t - 1, len(lag) - 1)
            out["lag"][at] += each[t] @ load[t - 1].T
            each[t - 1] += lag[at].T @ each[t]
        if part.start:
            out["first_loading"] = np.diag(each[0]).copy() if part.start == "own" else each[0]
    if part.later:
        fixed = part.loading(times, variables).reshape(each.shape)
        out["intercept_loading"] = (each * fixed).sum(axis=2)[1:]
    return out


def matrix(part: Component, arrays: Arrays) -> Array:
    """Return the covariance of a part from the block of a structure: of variances, the diagonal matrix."""
    value = arrays[part.block]
    return value if part.correlated else np.diag(value.ravel())


def moving(spec: RICLPM, arrays: Arrays, waves: int) -> Array:
    """Return the covariance [cell, cell] of the process, with that of the parts which its kernel adds up."""
    wide = process(spec).wide
    return state.covariance(arrays, waves) if wide else autoregression(*_process(spec, arrays), waves)


def moving_adjoint(spec: RICLPM, arrays: Arrays, waves: int, gradient: Array) -> Arrays:
    """Return the gradient for its blocks from that for its covariance."""
    if process(spec).wide:
        return state.adjoint(arrays, waves, gradient)
    own = _process(spec, arrays)
    out = autoregression_adjoint(*own, autoregression(*own, waves), gradient)
    return {"lag": out[0], "initial_cov": out[1], "innovation_cov": out[2], "intercept_cov": out[3]}


def covariance(spec: RICLPM, blocks: Arrays, times: Array) -> Array:
    """Return the covariance [cell, cell] of the blocks of a structure: lag, and the covariance of each part."""
    waves, arrays = len(times), continuous.discretised(spec, blocks, times)
    out = moving(spec, arrays, waves)
    for part in added(spec):
        k = arrays["lag"].shape[-1]
        load = loading(part, arrays, times, k)
        out = out + (load @ matrix(part, arrays) @ load.T) * part.mask(waves, k)
    return out


def adjoint(spec: RICLPM, blocks: Arrays, times: Array, gradient: Array) -> Arrays:
    """Return the gradient for the blocks of a structure from that for the covariance [cell, cell]."""
    waves, arrays = len(times), continuous.discretised(spec, blocks, times)
    result = moving_adjoint(spec, arrays, waves, gradient)
    for part in added(spec):
        k = arrays["lag"].shape[-1]
        load = loading(part, arrays, times, k)
        masked = gradient * part.mask(waves, k)
        whole = load.T @ masked @ load
        result[part.block] = whole if part.correlated else np.diag(whole)[:, None, None]
        for name, value in loading_adjoint(part, arrays, times, k, 2 * masked @ load @ matrix(part, arrays)).items():
            result[name] = result[name] + value if name in result else value
    return continuous.adjoint(spec, blocks, times, result)


def _process(spec: RICLPM, arrays: Arrays) -> tuple[Array, Array, Array, Array]:
    apart = any(part.loads for part in spec.components()) or further(spec)
    intercept = NONE if apart else arrays.get("intercept_cov", NONE)
    return arrays["lag"], arrays["initial_cov"], arrays["innovation_cov"], intercept
