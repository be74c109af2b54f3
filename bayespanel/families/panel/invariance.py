"""How far items measure the same at all waves: models of configural, metric and scalar invariance side by side.

Beside each model that holds something equal stands what would change if one item were released at one wave: with s the
derivative of the log-likelihood for that one parameter at the maximum of the model, I the information, R the parameters
of the model itself (Rao's score test; Sörbom 1989, doi:10.1007/BF02294623)::

    chi-square = s^2 / v,   change of the parameter = s / v,   v = I_ss - I_sR I_RR^-1 I_Rs                    (28)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import chi2

from bayespanel.data import Moments, Panel
from bayespanel.families.panel.estimate import MaximumLikelihood, estimated, reference
from bayespanel.families.panel.groups import has_groups
from bayespanel.families.panel.indicators import FEWEST_APART, HELD, loosened
from bayespanel.families.panel.item_neighbours import split
from bayespanel.families.panel.measurement import measured
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import hessian, objective
from bayespanel.inference.structure import Array, Structure
from bayespanel.language.errors import SpecError

ORDER = ("configural", "metric", "scalar")

STEP = 1e-30
"""Of complex steps."""


def invariance(spec: RICLPM, data: Panel | Moments) -> dict[str, pd.DataFrame]:
    """Return tables by name: "models" and "releases"; see `bayespanel.invariance`.

    Raises
    ------
    SpecError
        The model has no items, or groups.
    DataError
        The data lack what the model needs.
    """
    if not spec.indicators or has_groups(spec):
        raise SpecError(
            "Invariance over waves is compared for a model of one group whose variables have items.",
            "The model has groups." if spec.indicators else "The model has no indicators.",
            "Leave groups out." if spec.indicators else 'Name items, indicators={"depression": ["d1", "d2", "d3"]}.',
        )
    moments = data_for(spec, data)
    against = reference(spec, moments)
    fits = {name: (one, estimated(one, moments, against)) for name, one in models(spec)}
    return {
        "models": _models({name: fit for name, (_, fit) in fits.items()}),
        "releases": pd.concat([releases(one, moments, fit).assign(model=name) for name, (one, fit) in fits.items()]),
    }


def models(spec: RICLPM) -> Iterator[tuple[str, RICLPM]]:
    """Return the models by their invariance, the least first; what is released stays so where it can be."""
    few = min(map(len, spec.indicators.values())) < FEWEST_APART
    most = replace(spec, invariance="scalar", means=spec.means if spec.invariance == "scalar" else "free")
    for name in ORDER[1:] if few else ORDER:
        yield name, loosened(most, name)


def _models(fits: dict[str, MaximumLikelihood]) -> pd.DataFrame:
    rows, before = [], None
    for name, fit in fits.items():
        row = {
            "model": name,
            "log_likelihood": fit.log_likelihood,
            "parameters": fit.n_parameters,
            "df": fit.df,
            "chi_square": fit.chi_square,
            "p": fit.p_value,
            "cfi": fit.cfi,
            "rmsea": fit.rmsea,
            "aic": fit.aic,
            "bic": fit.bic,
            "converged": fit.converged,
            **dict.fromkeys(("less_df", "chi_square_difference", "p_difference", "cfi_difference"), np.nan),
            "rmsea_difference": np.nan,
        }
        if before is not None and fit.converged and before.converged:
            less, more = before.n_parameters - fit.n_parameters, 2 * (before.log_likelihood - fit.log_likelihood)
            row |= {"less_df": less, "chi_square_difference": more, "p_difference": float(chi2.sf(more, less))}
            row |= {"cfi_difference": fit.cfi - before.cfi, "rmsea_difference": fit.rmsea - before.rmsea}
        rows.append(row)
        before = fit
    return pd.DataFrame(rows)


def releases(spec: RICLPM, moments: Moments, fit: MaximumLikelihood) -> pd.DataFrame:
    """Return what releasing each item at each wave would do, by (28): the largest chi-square first."""
    columns = ["model", "released", "chi_square", "p", "change"]
    if not HELD[spec.invariance] or not fit.converged:
        return pd.DataFrame(columns=columns).astype({"chi_square": float, "p": float, "change": float})
    packed, own = statistics(spec, moments), structure(spec, moments)
    vector = _vector(own, fit)
    inverse = np.linalg.inv(-hessian(objective(own, packed), vector))
    rows = []
    for name in candidates(spec, moments):
        freed = replace(spec, released=(*spec.released, name))
        model = structure(freed, moments)
        turned = _turned(spec, freed, moments, own, model)
        at, new = turned @ vector, _new(freed, moments, model, name)
        height = objective(model, packed)
        score, row = height(at)[1][new], height(at + STEP * 1j * np.eye(model.size)[new])[1].imag / STEP
        cross = turned.T @ -row
        left = -row[new] - cross @ inverse @ cross
        statistic = float(score**2 / left)
        unit = model.vector_of({b.name: np.ones(b.start.shape) for b in model.blocks})[new]
        rows.append(("", name, statistic, float(chi2.sf(statistic, 1)), float(score / left / unit)))
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("chi_square", ascending=False, ignore_index=True)


def candidates(spec: RICLPM, moments: Moments) -> Iterator[str]:
    """Return what a model holds equal and could release, one item at one wave each."""
    plan = measured(spec, moments.waves)
    markers = {own[0] for own in spec.indicators.values()}
    for part, at in (("loading", plan.loading_at), ("intercept", plan.intercept_at)):
        if part not in HELD[spec.invariance]:
            continue
        for j in plan.several:
            item = plan.items[j]
            if part == "loading" and item in markers:
                continue
            for t, wave in enumerate(moments.waves):
                shared = (at == at[t, j]).sum()
                if shared > 1:
                    yield f"{part} {item}@{wave}"


def _vector(model: Structure, fit: MaximumLikelihood) -> Array:
    """Return the estimates as a vector of the structure."""
    arrays = {}
    for block in model.blocks:
        value = np.asarray(fit.estimates[block.name].values, float)
        arrays[block.name] = value.reshape(block.start.shape)
    return model.vector_of(arrays)


def _turned(spec: RICLPM, freed: RICLPM, moments: Moments, old: Structure, new: Structure) -> Array:
    """Return the model in the parameters of one with a release [new, old]."""
    out, of, row, column = np.zeros((new.size, old.size)), split(spec, freed, moments), 0, 0
    for before, after in zip(old.blocks, new.blocks, strict=True):
        number = of.get(before.name, np.arange(before.size))
        out[row + np.arange(after.size), column + number] = 1.0
        row, column = row + after.size, column + before.size
    return out


def _new(freed: RICLPM, moments: Moments, model: Structure, name: str) -> int:
    """Return where the parameter that is released stands in the vector of its model."""
    part, _, label = name.partition(" ")
    plan, row = measured(freed, moments.waves), 0
    labels = plan.loading_of if part == "loading" else plan.intercept_of
    for block in model.blocks:
        if block.name == f"item_{part}":
            return row + labels.index(label)
        row += block.size
    raise AssertionError(name)
