"""How much a conclusion depends on the analyst's choices: one question, one data set, and all models that answer it.

Steegen, Tuerlinckx, Gelman & Vanpaemel (2016), doi:10.1177/1745691616658637; specification curves: Simonsohn, Simmons &
Nelson (2020), doi:10.1038/s41562-020-0912-z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.catalogue.cards import Card, specification
from bayespanel.design.kept_numbers import FACTORS, FAILED, SUMMARIES
from bayespanel.design.power import completed
from bayespanel.design.study import Condition, Reduced, Study, shown
from bayespanel.families.door import Spec, reduced
from bayespanel.inference.settings import Running, Sampling
from bayespanel.language.errors import BayespanelError, SpecError, nearest
from bayespanel.summaries.summary import Rope, rope_bounds
from bayespanel.verbs.analysis import Data

DATA = "data"
"""Name of the choice between data sets."""


def multiverse(
    card: Card | Spec,
    data: Data | Mapping[str, Data],
    choices: Mapping[str, Sequence[Any] | Mapping[str, Any]],
    *,
    seed: int = 2012,
    rope: Rope | None = None,
    prob: float = 0.95,
    sampling: Sampling = Sampling(),
    running: Running = Running(),
) -> xr.Dataset:
    """Fit the model with every combination of the analyst's choices.

    Parameters
    ----------
    card
        The model; it gives the value of everything that is not among the choices.
    data
        The data; or several data sets by name, such as different codings of an outcome.
    choices
        Fields of the specification, each with its options: a list of values, or values by name. Priors need names:
        {"priors": {"default": (), "wide": (bp.Prior("lag", "Normal", (0, 1)),)}}.
    seed, rope, prob
        As in `assurance`.
    sampling
        As in `fit`.
    running
        As in `assurance`.

    Returns
    -------
    xarray.Dataset
        Over specification and pathway: `mean`, `sd`, `lower`, `upper`, `prob_direction`, `prob_rope`, `log_bf10`,
        `log_bf10_above` and others, standardised as in the evidence; NaN for a pathway that a model does not have.
        `status` [specification] is 1 (converged), 2 (not converged) or 3 (failed). Each choice is a coordinate. The
        attributes hold `choices`, and `impossible`: the combinations that break a rule, with the rule.

    Raises
    ------
    SpecError
        The specification does not have a field of this name, no combination can be fitted, or there is no region of
        practical equivalence.
    FitError
        The store contains another study, or another process writes to it.

    References
    ----------
    Steegen, Tuerlinckx, Gelman & Vanpaemel (2016), doi:10.1177/1745691616658637.
    """
    spec = specification(card)
    region = rope if rope is not None else card.rope if isinstance(card, Card) else None
    if region is None:
        raise SpecError(
            "Evidence is weighed against a stated region of practical equivalence (ROPE).",
            "Neither the call nor the card states one.",
            "Give for example rope=0.03.",
        )
    given = dict(data) if isinstance(data, Mapping) else {"": data}
    conditions, kept, impossible = _conditions(spec, given, _options(spec, choices))
    study = Study(
        "multiverse",
        conditions,
        1,
        seed,
        data=kept,
        card=card.name if isinstance(card, Card) else "",
        rope=rope_bounds(region),
        prob=prob,
        sampling=sampling,
    )
    found = completed(study, running)
    return specifications(found, study).assign_attrs(impossible=[f"{name}: {why}" for name, why in impossible.items()])


def specifications(found: xr.Dataset, study: Study) -> xr.Dataset:
    """Return what a store says of each specification; see `multiverse`."""
    statistics = found["statistics"].isel(replicate=0, drop=True).rename(condition="specification")
    content = {
        name: statistics.sel(statistic=name, drop=True)
        for name in (*SUMMARIES, *(FACTORS if FACTORS[1] in statistics["statistic"].values else ()))
        if name != "median" and not name.startswith("ess")
    }
    run = found["run"].isel(replicate=0, drop=True).rename(condition="specification")
    content["status"] = run.sel(measure="status", drop=True)
    names = list(study.conditions[0].labels)
    labels = {
        name: ("specification", [shown(condition.labels[name]) for condition in study.conditions]) for name in names
    }
    attrs = {
        "choices": names,
        "rope": list(study.rope or ()),
        "prob": study.prob,
        "card": study.card,
        "seed": study.seed,
    }
    return xr.Dataset(content, attrs=attrs).assign_coords(labels)


def specification_curve(result: xr.Dataset, pathway: str) -> xr.Dataset:
    """Sort the estimates of one pathway over all specifications by their size.

    Specifications whose fit failed come last. Specifications of models that do not have the pathway, or that have not
    been fitted yet, are left out.

    Parameters
    ----------
    result
        From `multiverse`.
    pathway
        Name of the pathway.

    Returns
    -------
    xarray.Dataset
        The variables of `multiverse` for this pathway, over `specification`. Models that do not have the pathway, such
        as those with lags of each interval, are left out; the attribute `lacking` names them.

    Raises
    ------
    SpecError
        No specification has the pathway.

    References
    ----------
    Simonsohn, Simmons & Nelson (2020), doi:10.1038/s41562-020-0912-z.
    """
    known = [str(name) for name in result["pathway"].values]
    if pathway not in known:
        raise SpecError(
            "A specification curve shows a pathway of the models.",
            f"{pathway!r} is not known. {nearest(pathway, known)}",
            "Correct the name.",
        )
    one = result.sel(pathway=pathway)
    values = one["mean"].values
    if not np.isfinite(values).any():
        raise SpecError(
            "A specification curve shows estimates.", f"No fit has {pathway!r}.", "Look at result['status']."
        )
    kept = np.isfinite(values) | (one["status"].values == FAILED)
    order = [int(i) for i in np.argsort(values, kind="stable") if kept[i]]  # NaN comes last
    lacking = [str(name) for name, keep in zip(one["specification"].values, kept, strict=True) if not keep]
    return one.isel(specification=order).assign_attrs(pathway=pathway, lacking=lacking)


def _options(spec: Spec, choices: Mapping[str, Sequence[Any] | Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return field -> option's name -> value."""
    known = [item.name for item in fields(spec)]
    out = {}
    for name, options in choices.items():
        if name not in known:
            raise SpecError(
                f"Choices are among the fields of the specification: {', '.join(known)}.",
                f"{name!r} is not among them. {nearest(name, known)}",
                "Correct the name.",
            )
        named = dict(options) if isinstance(options, Mapping) else {shown(value) or "none": value for value in options}
        if not named:
            raise SpecError("A choice has options.", f"{name!r} has none.", "Give two or more.")
        if len(named) < len(options):
            raise SpecError(
                "The options of a choice look different, because they name the specifications.",
                f"Two options of {name!r} look the same: {', '.join(shown(value) or 'none' for value in options)}.",
                "Name them: {name: option}, or leave one out.",
            )
        out[name] = named
    return out


def _conditions(
    spec: Spec, given: Mapping[str, Data], options: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Condition, ...], dict[str, Reduced], dict[str, str]]:
    """Return the combinations that can be fitted, their data as models read them, and why others cannot."""
    conditions: list[Condition] = []
    kept: dict[str, Reduced] = {}
    impossible: dict[str, str] = {}
    for name, source in given.items():
        for picked in product(*options.values()):
            labels = ({DATA: name} if len(given) > 1 else {}) | dict(zip(options, picked, strict=True))
            try:
                changes = {field: options[field][option] for field, option in zip(options, picked, strict=True)}
                model, read = reduced(replace(spec, **changes), source)
            except BayespanelError as error:
                impossible[", ".join(labels.values())] = str(error)
                continue
            key = _key(kept, name, read)
            kept[key] = read
            conditions.append(Condition(labels, model, data=key))
    if not conditions:
        raise SpecError(
            "Some combination of the choices can be fitted.", next(iter(impossible.values())), "Change the choices."
        )
    return tuple(conditions), kept, impossible


def _key(kept: Mapping[str, Reduced], name: str, reduced: Any) -> str:
    """Return the name under which data are kept; the same data are kept once."""
    stem = name or DATA
    number = 1
    while (key := stem if number == 1 else f"{stem} ({number})") in kept:
        if kept[key].fingerprint() == reduced.fingerprint():
            return key
        number += 1
    return key
