"""Scores of new pupils, in new classes and schools of the same sizes, drawn from the model of a panel.

With B the fixed part and L how the effects of a cluster act on scores::

    y[i] = B x[i] + sum over levels of L u[cluster of i] + e[i],   u ~ N(0, Psi), e ~ N(0, Sigma)         (19)

With Student-t tails each e[i] is stretched by a scale of the pupil, see `tails`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from bayespanel.data import Moments, Panel
from bayespanel.families.panel.components import clusters, joint
from bayespanel.families.panel.formed_anew import Member
from bayespanel.families.panel.indicators import columns
from bayespanel.families.panel.leave_out import points_by_group
from bayespanel.families.panel.measurement import cluster_loading
from bayespanel.families.panel.moments import Implied
from bayespanel.families.panel.ordered import categories, coded
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for
from bayespanel.families.panel.tails import scales
from bayespanel.families.panel.varying import refuse_varying
from bayespanel.families.shared.scores_again import Array, Scores, by_variable, require_table, roots


def scores_again(spec: RICLPM, posterior: xr.Dataset, data: Moments, panel: object, rng: np.random.Generator) -> Scores:
    """Draw the scores of a panel anew, one set for each draw of the posterior.

    Raises
    ------
    DataError
        No panel, or not that of the fit.
    SpecError
        A model whose paths vary between schools.
    """
    refuse_varying(spec, "Drawing scores anew")
    require_table(panel, Panel, lambda table: data_for(spec, table), data)
    assert isinstance(panel, Panel)  # for the type checker: checked above
    names = columns(spec)
    values = panel.values[:, :, [panel.variables.index(name) for name in names]]
    values = coded(spec, values)[0] if spec.ordered else values
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    return by_variable(values, everyone(spec, posterior, data, panel, rng), names, panel.waves, shape)


def everyone(spec: RICLPM, posterior: xr.Dataset, data: Moments, panel: Panel, rng: np.random.Generator) -> np.ndarray:
    """Return the scores [draw, pupil, wave, variable] of new pupils in the place of all, whatever these lack."""
    drawn = points_by_group(spec, posterior)
    labels = tuple(drawn)
    group = np.zeros(panel.n_pupils, np.int64) if labels == ("",) or panel.group is None else panel.group
    names = columns(spec)
    size = (panel.n_pupils, len(panel.waves), len(names))
    used = [panel.covariate_names.index(name) for name in (() if joint(spec) else spec.covariates)]
    x = panel.covariates[:, used] - data.covariate_centre[used]
    df: Sequence[float | None] = [None] * posterior.sizes["chain"] * posterior.sizes["draw"]
    if spec.tails == "student":
        df = posterior["tail_df"].transpose("chain", "draw").values.ravel().tolist()
    points = zip(*drawn.values(), strict=True)
    found = np.stack([_draw(spec, data, panel, one, group, x, v, rng) for one, v in zip(points, df, strict=True)])
    scores = found.reshape(-1, *size)
    return categories(spec, posterior, scores) if spec.ordered else scores


def _draw(
    spec: RICLPM,
    data: Moments,
    panel: Panel,
    points: tuple[Implied, ...],
    group: np.ndarray,
    x: Array,
    df: float | None,
    rng: np.random.Generator,
) -> Array:
    """Scores [pupil, cell] by one draw, whose `points` are those of the groups: equation (19)."""
    cells = len(panel.waves) * len(columns(spec))
    out = np.zeros((panel.n_pupils, cells))
    for g, point in enumerate(points):
        here = group == g
        root = np.linalg.cholesky(point.pupil[:cells, :cells])
        out[here] = (point.expected + x[here] @ point.effect.T)[:, :cells]
        out[here] += rng.normal(size=(int(here.sum()), cells)) @ root.T * scales(df, int(here.sum()), rng)
    every = roots(points[0].clusters)
    for part in clusters(spec):
        load, root = cluster_loading(spec, part, data), every[part.name]
        members = _members(panel, part.name, cells)
        number = 1 + max(int(units.max()) for units, _ in members)
        effects = rng.normal(size=(number, len(root))) @ root.T @ load.T
        for units, acts in members:
            out += effects[units] * acts
    return out


def _members(panel: Panel, level: str, cells: int) -> list[Member]:
    """Return the clusters of each pupil, and the cells on which they act; see `formed_anew.members`."""
    everywhere = np.ones(cells, bool)
    if level == "school":
        assert panel.school is not None
        return [(panel.school, everywhere)]
    assert panel.classroom is not None
    if panel.courses is None or panel.school_years is None:
        return [(panel.classroom, everywhere)]
    years = np.repeat(panel.school_years, cells // len(panel.waves))
    classes = panel.courses[panel.classroom]
    return [(classes[:, year], years == year) for year in range(classes.shape[1])]
