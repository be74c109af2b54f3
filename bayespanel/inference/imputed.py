"""Fits to imputations, mixed to one fit, and taken apart again.

With m imputations, the posterior of the parameters given what was observed is the mean of the posteriors given each
completed table, if imputations are draws from the distribution of what is missing given what was observed::

    p(theta | observed) = mean over i of p(theta | table i),   m -> infinity                                  (1)

so draws of all fits, as many of each, are draws from it (Gelman, Carlin, Stern, Dunson, Vehtari & Rubin, 2013,
chapter 18; Zhou & Reiter, 2010, doi:10.1198/tast.2010.09109). Each imputation becomes one chain of the mixture, its own
chains one after the other. Effective sample sizes across such chains, and with them every Monte Carlo error, then count
that imputations are few: as many draws of one imputation as one likes tell its own posterior alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data.imputations import Imputations
from bayespanel.inference.fit import IMPUTATIONS, Fit
from bayespanel.language.errors import FitError
from bayespanel.language.values import whole

OWN = ("seed", "data", "again", "proposals", "overlap", "notes", "seconds", "created")
"""Entries of the provenance that each imputation has of its own, whether or not they differ."""

ATTRS = "attrs"
"""Entry of such a record: attributes of the groups of draws."""

AXES = ("chain", "draw")


def mixed(fits: Sequence[Fit]) -> Fit:
    """Return one fit whose posterior is the mixture of those of fits to imputations.

    Parameters
    ----------
    fits
        One for each imputation, with the same specification and as many chains and draws.

    Raises
    ------
    FitError
        They have different parameters, so that there is no mixture.
    """
    first, number = fits[0], len(fits)
    for at, fit in enumerate(fits[1:], start=2):
        if fit.provenance["spec"] != first.provenance["spec"]:
            raise FitError(
                "Draws are mixed of fits of one model.",
                f"What the model leaves to the data is settled otherwise in imputation {at} than in the first.",
                "State it in the specification.",
            )
    groups = {name: _stacked([fit.groups[name] for fit in fits], name) for name in first.groups}
    records = [fit.provenance for fit in fits]
    common = {key: value for key, value in records[0].items() if all(one.get(key) == value for one in records)}
    own = [
        {key: value for key, value in fit.provenance.items() if key not in common or key in OWN}
        | {ATTRS: {name: _plain(fit.groups[name].attrs) for name in fit.groups}}
        for fit in fits
    ]
    data = Imputations(tuple(fit.data for fit in fits))
    notes = [note for note in records[0].get("notes", []) if all(note in one.get("notes", []) for one in records)]
    mixture = {
        "seed": records[0]["seed"],
        "data": data.fingerprint(),
        "again": {},
        "proposals": {
            f"{group} of imputation {i}": found
            for i, one in enumerate(records, start=1)
            for group, found in one.get("proposals", {}).items()
        },
        "overlap": _widest([one.get("overlap") for one in records]),
        "notes": [f"What was missing had been imputed {number} times; draws of {number} fits are mixed.", *notes],
        "seconds": {key: sum(one["seconds"][key] for one in records) for key in records[0].get("seconds", {})},
        "created": records[-1].get("created", ""),
    }
    return Fit(groups, first.spec, data, {**common, **mixture, IMPUTATIONS: own})


def imputation(fit: Fit, number: int) -> Fit:
    """Return the fit to one of the imputations that a fit mixes, as `bayespanel.fit` would have given it.

    Parameters
    ----------
    fit
        From `bayespanel.fit_imputed`, as sampled or as loaded.
    number
        Number of the imputation, from 1.

    Returns
    -------
    Fit
        A fit to one table, of which every question can be asked.

    Raises
    ------
    SpecError
        There is no imputation of this number.
    """
    one = whole("number", number, 1, most=fit.imputations, action=f"Give 1 to {fit.imputations}.")
    if not isinstance(fit.data, Imputations):
        return fit
    record = dict(fit.provenance[IMPUTATIONS][one - 1])
    attrs = record.pop(ATTRS, {})
    chains = int(fit.provenance["chains"])
    groups = {
        name: _taken(group, one - 1, chains).assign_attrs(attrs.get(name, {})) for name, group in fit.groups.items()
    }
    common = {key: value for key, value in fit.provenance.items() if key not in (IMPUTATIONS, *OWN)}
    return replace(fit, groups=groups, data=fit.data.each[one - 1], provenance={**common, **record})


def first_of(fit: Fit) -> Fit:
    """Return the fit to the first imputation; a fit to one table as it is."""
    return imputation(fit, 1)


def require_one_table(fit: Fit) -> None:
    """Refuse a fit that mixes imputations, for what reads one table.

    Raises
    ------
    FitError
        The fit is one of several imputations.
    """
    if fit.imputations > 1:
        raise FitError(
            "What reads the scores, the density or the chains of a fit is about a fit to one table.",
            f"This fit mixes {fit.imputations} imputations.",
            "Ask it of one of them, bp.imputation(fit, 1), and of some others, to see how far they differ.",
        )


def within(draws: xr.Dataset, chains: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return standardised draws of pathways of a mixture as [pathway, imputation, chain, draw]."""
    values = draws["standardised"].transpose("pathway", *AXES).values.astype(float)
    return values.reshape(*values.shape[:2], chains, -1)


def _stacked(parts: Sequence[xr.Dataset], group: str) -> xr.Dataset:
    """Return draws of several fits with one chain for each, the chains of a fit one after the other."""
    names = list(dict.fromkeys(str(name) for part in parts for name in part.data_vars))
    statistics = group.endswith("sample_stats")
    content: dict[str, Any] = {}
    for name in names:
        shapes = {part[name].shape[2:] if name in part else None for part in parts}
        if len(shapes) > 1 and (not statistics or None not in shapes):
            raise FitError(
                "Draws are mixed of models with the same parameters.",
                f"{name!r} has other entries in some imputations than in others.",
                "Look for categories or groups that are not in all imputations.",
            )
        known = next(part[name] for part in parts if name in part).transpose(*AXES, ...)
        flat = [_flat(part[name], known.dims) if name in part else np.full(_length(part), np.nan) for part in parts]
        content[name] = (("chain", "draw", *known.dims[2:]), np.stack(flat))
    index = {str(name): coord for name, coord in parts[0].coords.items() if name not in AXES}
    for label, coord in index.items():
        same = all(part.coords[label].equals(coord) for part in parts)
        if not same and coord.dims == (label,):
            raise FitError(
                "Draws are mixed of models with the same parameters.",
                f"The labels of {label!r} are not the same in all imputations.",
                "Look for categories or groups that are not in all imputations.",
            )
        if not same:  # a number that belongs to a label, such as the SD of a predictor
            index[label] = coord.copy(data=np.mean([part.coords[label].values for part in parts], axis=0))
    chain, draw = np.arange(len(parts)), np.arange(_length(parts[0]))
    attrs = {
        key: value for key, value in _plain(parts[0].attrs).items()
        if all(_plain(part.attrs).get(key, None) == value for part in parts)
    }  # fmt: skip
    return xr.Dataset(content, coords={**index, "chain": chain, "draw": draw}, attrs=attrs)


def _flat(array: xr.DataArray, dims: Sequence[Any]) -> np.ndarray[Any, Any]:
    values = array.transpose(*dims).values
    return np.asarray(values.reshape(-1, *values.shape[2:]))


def _length(part: xr.Dataset) -> int:
    return int(part.sizes["chain"] * part.sizes["draw"])


def _taken(group: xr.Dataset, at: int, chains: int) -> xr.Dataset:
    """Return the draws of one imputation with its own chains."""
    content = {}
    for name, array in group.data_vars.items():
        ordered = array.transpose(*AXES, ...)
        values = ordered.values[at]
        if values.dtype.kind == "f" and np.isnan(values).all():  # what the sampler of other imputations said
            continue
        content[name] = (ordered.dims, values.reshape(chains, -1, *values.shape[1:]))
    draws = group.sizes["draw"] // chains
    own = {name: coord for name, coord in group.coords.items() if name not in AXES}
    return xr.Dataset(content, coords={**own, "chain": np.arange(chains), "draw": np.arange(draws)}, attrs=group.attrs)


def _plain(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as JSON keeps them."""
    return {str(key): value.tolist() if hasattr(value, "tolist") else value for key, value in attrs.items()}


def _widest(found: Sequence[dict[str, float] | None]) -> dict[str, float] | None:
    """Return the largest overlap of each parameter with its prior; None if one fit does not tell."""
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    return {name: max(one.get(name, 0.0) for one in known) for name in dict.fromkeys(n for one in known for n in one)}
