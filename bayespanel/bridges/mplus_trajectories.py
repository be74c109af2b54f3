"""Trajectories with latent classes as an Mplus input: latent class growth, or a growth mixture."""

from __future__ import annotations

from bayespanel.bridges.columns import Columns
from bayespanel.bridges.mplus_panel import cell_names
from bayespanel.bridges.mplus_text import CLUSTERS, covariances, head, mapping, section, short_names
from bayespanel.families.trajectories.growth import growth
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.language.errors import SpecError


def trajectories_input(spec: Trajectories, data: str, columns: Columns) -> str:
    """Return the input; see `bayespanel.bridges.mplus.to_mplus`."""
    _require_common_classes(spec)
    above = [CLUSTERS[level] for level in spec.cluster_levels]
    cell, x = cell_names(columns, above)
    y = list(cell.values())
    course = growth(spec, columns.waves)
    taken = [*y, *x.values(), *above]
    mean = short_names({name: f"g_{name}" for name in course.coefficients}, taken)
    random = short_names({"intercept": "r_int", "slope": "r_slope"}, [*taken, *mean.values()])
    effects = list(random.values())[: {"none": 0, "intercept": 1, "slope": 2}[spec.random]]
    classes = len(spec.names[0])
    outer = above[-1:]
    ordered, counts = spec.link == "logit", spec.link == "log"
    variable = [f"CATEGORICAL = {' '.join(y)};"] if ordered else []
    variable += [f"COUNT = {' '.join(f'{name} (nb)' for name in y)};"] if counts else []
    variable += [f"CLASSES = c ({classes});"] + ([f"CLUSTER = {outer[0]};"] if outer else [])
    kind = "COMPLEX MIXTURE" if outer else "MIXTURE"
    estimator = "MLR" if outer else "ML"

    span = course.times[-1] - course.times[0]
    unit = [float(t - course.times[0]) / float(span) for t in course.times]
    overall = ["! mean course: factors without variance"]
    for j, name in enumerate(course.coefficients):
        overall += [_by(mean[name], y, [float(loading) for loading in course.loadings[:, j]]), f"{mean[name]}@0;"]
    if effects:
        overall += ["! what differs within a class", _by(effects[0], y, [1.0] * len(y))]
        overall += [_by(effects[1], y, unit)] if len(effects) == 2 else []
        overall += covariances(effects)
    thresholds: list[str] = []
    if ordered:
        thresholds = ["! thresholds, equal over waves and classes; the first is 0: the level of each class is free"]
        thresholds += [f"[{name}$1@0];" for name in y]
        thresholds += [f"[{name}${c}] (t{c});" for c in range(2, len(spec.categories)) for name in y]
    elif counts:
        overall += [f"[{name}@0];" for name in y]
        overall += ["! the dispersion, equal over waves and classes", *(f"{name} (a);" for name in y)]
    else:
        overall += [f"[{name}@0];" for name in y]
        if spec.residual == "equal":
            overall += [f"{name} (r);" for name in y]
        elif spec.residual == "by_wave":
            overall += [f"{name};" for name in y]
    if classes > 1:
        overall += ["! membership, in one step"]
        overall += [f"[c#{k}];" for k in range(1, classes)]
        overall += [f"c#{k} ON {name};" for k in range(1, classes) for name in x.values()]
    model = ["%OVERALL%", *overall]
    for k in range(1, classes + 1):
        model += [f"%c#{k}%", *(f"[{mean[name]}];" for name in course.coefficients)]
        model += [f"[{name}@0];" for name in effects] + thresholds
        if spec.residual in ("by_class", "free"):
            model += [f"{name} (r{k});" if spec.residual == "by_class" else f"{name};" for name in y]
    notes = [
        "! Written by bayespanel; not run in Mplus. Mplus numbers classes in an order of its own, and the last is the "
        "reference of membership: compare by their courses.",
        "! A best log-likelihood that is not replicated may not be the best: raise STARTS.",
        *_notes_of_clusters(spec, outer),
        *mapping(cell),
        *mapping(x),
        *mapping(mean),
    ]
    options = [f"TYPE = {kind};", f"ESTIMATOR = {estimator};", "MODEL = NOCOVARIANCES;", "STARTS = 400 100;"]
    options += ["ALGORITHM = INTEGRATION;"] if effects and spec.link != "identity" else []
    lines = [
        *head(
            "Trajectories with latent classes;",
            data,
            [*y, *x.values(), *above],
            _used(y, x, outer, above) + variable,
            notes,
        ),
        *section("ANALYSIS", options),
        *section("MODEL", model),
        *section("OUTPUT", ["TECH1 CINTERVAL;"]),
    ]
    return "\n".join([*lines, ""])


def _by(factor: str, y: list[str], loadings: list[float]) -> str:
    return f"{factor} BY {' '.join(f'{name}@{loading:.6g}' for name, loading in zip(y, loadings, strict=True))};"


def _used(y: list[str], x: dict[str, str], outer: list[str], above: list[str]) -> list[str]:
    """Leave the inner cluster out, where there are two: it would be taken for an outcome."""
    return [f"USEVARIABLES = {' '.join([*y, *x.values()])};"] if len(above) > len(outer) else []


def _notes_of_clusters(spec: Trajectories, outer: list[str]) -> list[str]:
    if not outer:
        return []
    return [
        f"! Not the same model: in bayespanel membership varies by {' and '.join(spec.cluster_levels)}. TYPE = COMPLEX "
        f"leaves that variance out of the model, and widens standard errors for {outer[0]}.",
        '! The same model without clusters: levels=("pupil",) in both programs.',
    ]


def _require_common_classes(spec: Trajectories) -> None:
    if spec.by_arm:
        raise SpecError(
            "A model for Mplus has the same latent classes for all pupils.",
            "In this model each arm has its own classes.",
            "Write one input for each arm, with its number of classes and only its pupils.",
        )
    if spec.zero_inflated:
        raise SpecError(
            "An input for Mplus is written without zeros beside those of the negative binomial distribution.",
            "zero_inflated is True.",
            "Leave it out for the export.",
        )
    if spec.link == "logit" and not spec.categories:
        raise SpecError(
            "For Mplus, thresholds are written one by one, so the categories must be known.",
            "The specification leaves its categories to the data.",
            "Give for example categories=(0, 1, 2, 3, 4).",
        )
