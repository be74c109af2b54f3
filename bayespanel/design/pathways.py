"""Pathways and parameters of a study: their draws by one name each, whatever the family."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

import numpy as np
import xarray as xr

from bayespanel.catalogue.worlds import made
from bayespanel.design.study import Condition, Study
from bayespanel.families.door import Spec, family_of, models, pathways_of

COORDINATES = ("kind", "source", "target", "via", "edge", "interval", "level")
"""What is known of a pathway beside its name."""

DERIVED = (
    "lag_standardised", "effect_standardised", "total_sd", "icc", "spectral_radius", "entropy", "share",
    "share_population", "expected", "class_effect", "school_effect",
    "effect_new", "level_variance",
)  # fmt: skip
"""Names in the posterior that are no parameters, or the effects of single clusters."""


def named(spec: Spec, groups: Mapping[str, xr.Dataset], *, parameters: bool) -> xr.Dataset:
    """Return the draws of every pathway, and behind them those of every parameter where these are asked for.

    Returns
    -------
    xr.Dataset
        `standardised` and `raw` [chain, draw, pathway] with `COORDINATES`; a parameter has the kind "parameter", its
        name with labels, as "lag[x, y]", and the same draws on both scales.
    """
    draws = pathways_of(spec, groups)
    draws = draws[["standardised", "raw"]].drop_vars(
        [name for name in draws.coords if name not in (*COORDINATES, "pathway")]
    )
    if not parameters:
        return draws
    return xr.concat([draws, _parameters(groups["posterior"])], "pathway")


@lru_cache(maxsize=4)
def coordinates(study: Study) -> xr.Dataset:
    """Return the names of all pathways of a study, and what is known of each: a dataset without draws.

    Remembered, since a search with hundreds of conditions has as many truths to look at, and is asked several times.
    """
    tables = [_of_condition(study, condition) for condition in study.conditions]
    seen: dict[str, tuple[str, ...]] = {}
    for table in tables:
        columns = [table[name].values.astype(str) for name in ("pathway", *COORDINATES)]
        for name, *rest in zip(*columns, strict=True):
            seen.setdefault(str(name), tuple(map(str, rest)))
    coords = {name: ("pathway", [row[i] for row in seen.values()]) for i, name in enumerate(COORDINATES)}
    return xr.Dataset(coords={"pathway": list(seen), **coords})


def all_names(study: Study) -> tuple[str, ...]:
    """Return the names of a study's pathways."""
    return tuple(map(str, coordinates(study)["pathway"].values))


def _of_condition(study: Study, condition: Condition) -> xr.Dataset:
    spec = condition.spec
    family = family_of(spec)
    if study.world is None:
        from bayespanel.inference.prior import one_point

        reduced = family.statistics.data_for(spec, study.data[condition.data])
        groups = {}
        for group, variant in models(spec).items():
            free = one_point(family.build.prior_model(variant, reduced))
            groups[group] = family.draws.posterior(variant, reduced, free)
        with np.errstate(invalid="ignore", divide="ignore"):  # only names are wanted of this one point
            return named(spec, groups, parameters=False)
    world = made(study.world, condition.values)
    if study.kind != "calibration":
        return named(spec, family.truth.truth(spec, world), parameters=False)
    drawn, hidden = family.prior_world.prior_world(spec, world, np.random.default_rng(0), 0)
    return named(spec, true_groups(spec, drawn, hidden), parameters=True)


def true_groups(spec: Spec, world: object, hidden: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return the truth of a world drawn from priors as groups of one draw, with what the world does not show."""
    truth = family_of(spec).truth.truth(spec, world)["posterior"]
    behind = hidden.expand_dims(chain=[0], draw=[0])
    return {"posterior": truth.drop_vars([name for name in behind.variables if name in truth.variables
                                          and name not in ("chain", "draw")]).merge(behind)}  # fmt: skip


def _parameters(posterior: xr.Dataset) -> xr.Dataset:
    columns, names = [], []
    for variable in sorted(str(name) for name in posterior.data_vars if name not in DERIVED):
        values = posterior[variable].transpose("chain", "draw", ...)
        dims = [str(dim) for dim in values.dims[2:]]
        shape = values.shape[2:]
        labels = [[str(label) for label in values[dim].values] for dim in dims]
        for at in product(*[range(len(own)) for own in labels]):
            mirrored = len(dims) > 1 and dims[-1] == f"{dims[-2]}_" and at[-2] >= at[-1]
            if not mirrored:  # a correlation stands once
                entry = ", ".join(own[i] for own, i in zip(labels, at, strict=True))
                names.append(f"{variable}[{entry}]" if entry else variable)
                columns.append(
                    values.values.reshape(*values.shape[:2], -1)[..., np.ravel_multi_index(at, shape) if at else 0]
                )
    dims3 = ("chain", "draw", "pathway")
    values3 = np.stack(columns, axis=-1)
    coords = {name: ("pathway", [""] * len(names)) for name in COORDINATES} | {
        "kind": ("pathway", ["parameter"] * len(names)),
        "pathway": ("pathway", names),
    }
    known = {name: posterior[name] for name in ("chain", "draw")}
    return xr.Dataset({"standardised": (dims3, values3), "raw": (dims3, values3)}, coords=known | coords)
