"""Pathways of a panel model beside those among its variables: from covariates, and to outcomes after the last wave."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from bayespanel.families.panel.components import predicted, reaching
from bayespanel.families.panel.derive import Array, draws_of
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying import moderations
from bayespanel.families.shared.pathways import Pathway, Row

BESIDE = ("predictor", "growth_predictor", "distal", "path_moderation")
"""Kinds of these pathways."""


def rows_beside(spec: RICLPM, posterior: xr.Dataset) -> dict[str, list[Row]]:
    """Return the rows of each kind: covariates -> intercepts, -> slopes; and what lasts, and deviations -> outcomes."""
    return {
        "predictor": list(_of_covariates(spec, posterior, 0)),
        "growth_predictor": list(_of_covariates(spec, posterior, 1)),
        "path_moderation": list(_of_paths(spec, posterior)),
        "distal": [row for outcome in spec.distal for row in _of_outcome(spec, posterior, outcome)],
    }


def undrawn_beside(spec: RICLPM) -> Iterator[str]:
    """Say which of them a diagram of the variables does not show."""
    if predicted(spec) is not None:
        yield "Covariates that predict stable parts are not drawn."
    if spec.varying:
        yield "Arrows are mean paths; what varies between schools, and what predicts it, is not drawn."
    if spec.distal:
        yield "Outcomes after the last wave are not drawn."


def _edge(spec: RICLPM, source: str, target: str) -> str:
    """Return the edge, where both sit on a vertex."""
    on_vertex = spec.triangle.variables if spec.triangle else ()
    return spec.triangle.edge(source, target) if spec.triangle and {source, target} <= set(on_vertex) else ""


def _both(posterior: xr.Dataset, name: str) -> tuple[Array, Array]:
    """Draws on the standardised and on the raw scale."""
    return draws_of(posterior, f"{name}_standardised"), draws_of(posterior, name)


def _of_covariates(spec: RICLPM, posterior: xr.Dataset, factor: int) -> Iterator[Row]:
    """Rows of intercepts (0) or of slopes (1), which only lines have."""
    if predicted(spec) is None:
        return
    kind, word, k = ("predictor", "growth_predictor")[factor], ("stable", "growth")[factor], len(spec.variables)
    scaled, raw = (each.reshape(*each.shape[:2], -1, each.shape[-1]) for each in _both(posterior, "covariate_effect"))
    for e in range(factor * k, min((factor + 1) * k, scaled.shape[2])):
        target = spec.variables[e % k]
        for z, name in enumerate(spec.covariates):
            path = Pathway(f"{word}: {name} -> {target}", kind, name, target, edge=_edge(spec, name, target))
            yield path, scaled[:, :, e, z], raw[:, :, e, z]


def _of_paths(spec: RICLPM, posterior: xr.Dataset) -> Iterator[Row]:
    """Rows of what a property of schools does to a path: change of the path per SD over schools, or per unit."""
    if not moderations(spec):
        return
    scaled, raw = _both(posterior, "lag_moderation")
    for i, (path, name) in enumerate(moderations(spec)):
        source, target = path.split(" -> ")
        label = f"{name} on {source} -> {target}"
        row = Pathway(label, "path_moderation", name, target, via=source, lag=1, level="school")
        yield row, scaled[..., i], raw[..., i]


def _of_outcome(spec: RICLPM, posterior: xr.Dataset, outcome: str) -> Iterator[Row]:
    """Rows of stable parts, of growth, and of deviations at the last wave."""
    words: tuple[str, ...] = ("stable", "growth")
    parts = [("distal_effect", list(spec.distal).index(outcome), words, "pupil")]
    if outcome in reaching(spec):
        at = reaching(spec).index(outcome)
        parts.append(("distal_deviation_effect", at, ("deviation",), "within"))
    for name, at, words, level in parts:
        scaled, raw = (
            each[:, :, at].reshape(*each.shape[:2], -1, len(spec.variables)) for each in _both(posterior, name)
        )
        for factor in range(scaled.shape[2]):
            for x, source in enumerate(spec.variables):
                label = f"{words[factor]}: {source} -> {outcome}"
                path = Pathway(label, "distal", source, outcome, edge=_edge(spec, source, outcome), level=level)
                yield path, scaled[:, :, factor, x], raw[:, :, factor, x]
