"""Specifications as plain dictionaries, for files; each keeps the default priors under which it was used.

A default may change from one version to the next. What was drawn under the old one is read, weighed and continued under
it: a record names the defaults of its day, and those that are others today become rows of the specification that is
read from it. Records of before November 2026 name none; theirs are in `defaults_before` of the
family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from bayespanel.families.door import FAMILIES, Spec, family_of
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.prior import Prior
from bayespanel.language.triangle import Triangle

DEFAULTS = "defaults"
"""Key of the default priors in a record."""

OF_THEN = "default of the version that wrote the file"
"""Source of a row that was a default and is none today."""


def spec_to_dict(spec: Spec) -> dict[str, Any]:
    """Return a specification as a dictionary of texts, numbers, lists and dictionaries, ready for JSON.

    Returns
    -------
    dict
        The family under "family", then the fields of the specification, then the default priors of today under
        "defaults"; `spec_from_dict` turns it back exactly.
    """
    content = {field.name: _plain(getattr(spec, field.name)) for field in fields(spec)}
    return {"family": family_of(spec).name} | content | {DEFAULTS: [_density(row) for row in spec.default_priors()]}


def spec_from_dict(content: Mapping[str, Any]) -> Spec:
    """Return the specification that `spec_to_dict` wrote.

    Parameters
    ----------
    content
        The dictionary. Fields that are absent, as in files of older versions, have their defaults. Default priors that
        have changed since become rows of the specification.

    Raises
    ------
    SpecError
        An unknown family or field, as a newer version may have written; or values that break the family's rules.
    """
    family = content.get("family")
    if family not in FAMILIES:
        raise SpecError(
            f"A saved specification is of the family {', '.join(FAMILIES)}.",
            f"It says {family!r}.",
            "Read it with the version of bayespanel that wrote it.",
        )
    given = {name: value for name, value in content.items() if name not in ("family", DEFAULTS)}
    kind: type[Spec] = FAMILIES[family].specification
    _require_fields(kind, given)
    if given.get("triangle") is not None:
        _require_fields(Triangle, given["triangle"])
        given["triangle"] = Triangle(**given["triangle"])
    named = DEFAULTS in content
    rows = _rows(given.get("priors", ()), named=named)
    spec = kind(**{**given, "priors": rows})
    then = _rows(content[DEFAULTS], named=True) if named else FAMILIES[family].defaults_before
    now = {row.parameter: row for row in spec.default_priors()}
    taken = {row.parameter for row in rows}
    moved = [
        replace(row, reason=OF_THEN, source=OF_THEN)
        for row in then
        if row.parameter in now and row.parameter not in taken and _density(row) != _density(now[row.parameter])
    ]
    return replace(spec, priors=(*spec.priors, *moved)) if moved else spec


def spec_of_fit(provenance: Mapping[str, Any]) -> Spec:
    """Return the specification of a fit; one whose record names no defaults noted every row in use elsewhere.

    Raises
    ------
    SpecError
        As `spec_from_dict`.
    """
    record = provenance["spec"]
    if DEFAULTS in record or "priors" not in provenance:
        return spec_from_dict(record)
    own, used = (_rows(rows, named=False) for rows in (record.get("priors", ()), provenance["priors"]))
    return spec_from_dict({**record, "priors": [_plain(row) for row in own], DEFAULTS: [_density(row) for row in used]})


def _rows(rows: Sequence[Mapping[str, Any]], *, named: bool) -> tuple[Prior, ...]:
    """Read rows; where a record names no defaults, lags and effects of covariates counted in other units."""
    for row in rows:
        _require_fields(Prior, row)
    found = tuple(Prior(**row) for row in rows)
    if named:
        return found
    other = {row.parameter for each in FAMILIES.values() for row in each.defaults_before if row.scale == "total"}
    return tuple(
        replace(row, scale="total") if row.parameter in other and row.scale == "standardised" else row for row in found
    )


def _density(row: Prior) -> dict[str, Any]:
    """Return what a prior is; reasons may be worded anew."""
    return {name: value for name, value in _plain(row).items() if name not in ("reason", "source")}


def _plain(value: Any) -> Any:
    if isinstance(value, Triangle | Prior):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, Mapping) else value


def _require_fields(kind: type[Spec | Triangle | Prior], given: Mapping[str, Any]) -> None:
    known = [field.name for field in fields(kind)]
    for name in given:
        if name not in known:
            raise SpecError(
                f"The fields of a saved {kind.__name__} are {', '.join(known)}.",
                f"{name!r} is not among them. {nearest(name, known)}",
                "Read it with the version of bayespanel that wrote it, or correct the name.",
            )
