"""Models of the same scores side by side: what each says of every pathway, how likely each is, and their average.

Beside the probabilities stand stacking weights, which answer another question: `family_tree` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.catalogue.cards import Card, specification
from bayespanel.data import Moments, Panel
from bayespanel.families.door import Spec, family_of, pathways_of
from bayespanel.inference.checks import FAILED, FIT, LOOK, OK
from bayespanel.inference.fit import Fit
from bayespanel.inference.settings import Sampling
from bayespanel.language.errors import DataError, FitError, SpecError
from bayespanel.language.values import probability, said, table_of
from bayespanel.summaries.summary import rope_bounds, summarise
from bayespanel.verbs.analysis import Data, checks, fit
from bayespanel.verbs.appraisal import compare
from bayespanel.verbs.fitting import region_of
from bayespanel.verbs.marginal_likelihood import log_marginal_likelihood

Array = NDArray[np.float64]

OF_MODEL = ("mean", "sd", "lower", "upper", "prob_direction", "prob_rope", "prob_above_rope", "prob_below_rope")
"""What the table holds of each pathway in each model."""

STACKED = {
    "stacking_weight": "weight",
    "elpd": "elpd",
    "elpd_diff": "elpd_diff",
    "dse": "dse",
    "not_trusted": "not_trusted",
}
"""What the table holds of each model's predictions, and its column in that of `compare`."""

ABOUT = ("kind", "source", "target", "via", "edge", "interval", "lag", "level")
"""Coordinates of a pathway, the same in all models."""


def family_tree(
    models: Mapping[str, Spec | Card | Fit],
    data: Data | None = None,
    *,
    rope: float | tuple[float, float] | None = None,
    by: str | None = None,
    prob: float = 0.95,
    seed: int = 0,
    sampling: Sampling = Sampling(),
    progress: bool = True,
) -> xr.Dataset:
    """Fit several models of the same scores, and average what they say of each pathway.

    Models are weighed in two ways, which answer two questions. `probability` says which model is right, if one of them
    is: it follows from their marginal likelihoods, each as likely as the others before the data, and it depends on
    priors. The average of a pathway is over the models that have it, with their probabilities. `stacking_weight` says
    which mixture of the models best predicts a school, or a pupil, that was left out, whether or not one of them is
    right: it hardly depends on priors, and a model that says what another says better gets little of it, or nothing.

    Parameters
    ----------
    models
        Names of the models, such as "RI-CLPM", to their specifications or cards; or to fits.
    data
        The data of all models; None where all are fitted. Stacking weights of panel models need the table of the
        pupils, a `Panel`, whether or not models are fitted already.
    rope
        Region of practical equivalence, as in `evidence`; by default that of the card of the first model.
    by
        What is left out for stacking weights, "school" or "pupil", as in `compare`. By default schools, the outermost
        clusters of a trial, where a model has levels of clusters, and pupils otherwise; and where the models or the
        data do not allow it, weights are NaN and a note says why.
    prob
        Probability of the intervals, which are equal-tailed.
    seed
        Of all fits, and of the estimates of marginal likelihoods.
    sampling
        As in `fit`.
    progress
        Whether fits show progress.

    Returns
    -------
    xarray.Dataset
        Over model and pathway: `mean`, `sd`, `lower`, `upper`, `prob_direction` and the shares in and beyond the
        region, NaN where a model does not have the pathway. Over pathway: the same of the average, as
        `averaged_<name>`, and `included`, the probability of the models that have it. Over model:
        `log_marginal_likelihood` with its `mcse`, `log_marginal_likelihood_importance` and `pareto_k`; `probability`;
        `log_bf`, the natural logarithm of the Bayes factor of the likeliest model against it; `parameters`; `rmsea` of
        the row of checks; `state`, the worst of its checks, and `fit_state`, the worst of those that ask whether it
        fits the data; `stacking_weight`; `elpd`, the expected log predictive
        density of what is left out, its difference from the best model `elpd_diff` with the standard error `dse`; and
        `not_trusted`, the number of units whose Pareto k is above 0.7, which `compare` can leave out by fitting again.
        The attribute `notes` says what is in doubt, `left_out` what was left out, "" where nothing was, and `data`
        holds the fingerprints of the data.

    Raises
    ------
    SpecError
        Fewer than two models, models of other scores, models without data, or a unit that cannot be left out.
    DataError
        `by` is given, and data lack the pupils or the schools.
    FitError
        Fits of different data.

    References
    ----------
    Hoeting, Madigan, Raftery & Volinsky (1999), doi:10.1214/ss/1009212519, on averaging over models; Yao, Vehtari,
    Simpson & Gelman (2018), doi:10.1214/17-BA1091, on stacking, and on how the two differ.
    """
    known = _known(models)
    level = probability("prob", prob)
    fits = {name: _fitted(name, model, data, seed, sampling, progress) for name, model in known.items()}
    _require_same_scores(fits)
    region = rope_bounds(region_of(next(iter(fits.values())).provenance, rope))
    found = {name: _of_model(one, region, level, seed) for name, one in fits.items()}
    logs = np.array([one.weight for one in found.values()])
    shares = np.exp(logs - logs.max())
    shares = shares / shares.sum()
    table = _side_by_side({name: one.table for name, one in found.items()})
    table["probability"] = ("model", shares)
    table["log_bf"] = ("model", logs.max() - logs)
    rows = [
        _averaged([one.draws.get(str(p)) for one in found.values()], shares, region, level)
        for p in table["pathway"].values
    ]
    for name in rows[0]:
        table[name] = ("pathway", [row[name] for row in rows])
    stacked, left_out, doubt = _stacked(fits, data if isinstance(data, Panel) else None, by)
    for name, values in stacked.items():
        table[name] = ("model", values)
    notes = [f"{name}: {one.note}" for name, one in found.items() if one.note] + doubt
    fingerprints = sorted({one.data.fingerprint() for one in fits.values()})
    return table.assign_attrs(rope=list(region), prob=level, notes=notes, left_out=left_out, data=fingerprints)


def _stacked(fits: Mapping[str, Fit], panel: Panel | None, by: str | None) -> tuple[dict[str, Array], str, list[str]]:
    """Return stacking weights and what belongs to them, over models; what was left out; and what is in doubt."""
    clusters = any(level != "pupil" for one in fits.values() for level in one.spec.levels)
    unit = by or ("school" if clusters else "pupil")
    try:
        table = compare(fits, panel, by=unit, refit=0).reindex(list(fits))
    except (DataError, SpecError) as error:
        if by is not None:
            raise
        return {name: np.full(len(fits), np.nan) for name in STACKED}, "", [f"No stacking weights. {error}"]
    doubtful = table["not_trusted"][table["not_trusted"] > 0]
    doubt = [
        f"{name}: {number} {unit}s have a Pareto k above 0.7, so elpd and stacking weights are rough; bp.compare(fits, "
        "panel) fits again without the worst."
        for name, number in doubtful.items()
    ]
    return {name: table[column].to_numpy(float) for name, column in STACKED.items()}, unit, doubt


def _side_by_side(tables: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Stack tables by model: their pathways in the order in which they first come, each with what it is."""
    about = {
        str(name): one.sel(pathway=name) for one in reversed(list(tables.values())) for name in one["pathway"].values
    }
    rows = list(dict.fromkeys(str(name) for one in tables.values() for name in one["pathway"].values))
    bare = [one.drop_vars(ABOUT, errors="ignore").reindex(pathway=rows) for one in tables.values()]
    coords: dict[str, object] = {what: ("pathway", [about[name][what].item() for name in rows]) for what in ABOUT}
    return xr.concat(bare, dim="model").assign_coords({"model": list(tables)} | coords)


@dataclass(frozen=True, eq=False)
class _Of:
    """What one model says: a table, standardised draws of pathways by name, log marginal likelihood, and a doubt."""

    table: xr.Dataset
    draws: dict[str, Array]
    weight: float
    note: str


def _known(models: object) -> dict[str, Spec | Card | Fit]:
    given = table_of("models", models, '{"CLPM": bp.CLPM(variables), "RI-CLPM": bp.RICLPM(variables)}')
    if len(given) < 2:
        raise SpecError(
            "A family tree holds two models or more.",
            f"models has {len(given)}.",
            "Give names of models to specifications, cards or fits.",
        )
    return dict(given)


def _fitted(
    name: str, model: Spec | Card | Fit, data: Data | None, seed: int, sampling: Sampling, progress: bool
) -> Fit:
    if isinstance(model, Fit):
        return model
    if data is None:
        raise SpecError(
            "Models that are not fitted yet need data.",
            f"{name!r} is {said(model)[:80]}, and data is None.",
            "Give the data, or fits in place of specifications.",
        )
    return fit(specification(model), data, seed=seed, sampling=sampling, progress=progress)


def _require_same_scores(fits: Mapping[str, Fit]) -> None:
    first, *others = fits.items()
    for name, one in others:
        families = {family_of(each.spec).name for each in (first[1], one)}
        scored = [family_of(each.spec).leave_out.scored(each.spec, each.data) for each in (first[1], one)]
        if len(families) > 1 or scored[0] != scored[1] or _content(first[1].data) != _content(one.data):
            raise FitError(
                "Models are weighed by how well they predict the same scores.",
                f"{first[0]!r} and {name!r} are fitted to different data, or predict different scores.",
                "Fit them to the same data: the same variables, waves, pupils and clusters.",
            )


def _content(data: Any) -> str:
    """Return the fingerprint of data, in whatever order variables were named."""
    ordered = data.select(variables=sorted(data.variables)) if isinstance(data, Moments) else data
    return str(ordered.fingerprint())


def _of_model(one: Fit, rope: tuple[float, float], prob: float, seed: int) -> _Of:
    weight = log_marginal_likelihood(one, seed=seed)
    bridge, importance = (weight.sel(estimator=name) for name in ("bridge", "importance"))
    drawn = pathways_of(one.spec, one.groups, by_interval=False)
    rows = summarise(drawn, rope=rope, prob=prob)  # without the Bayes factors of evidence, which nobody reads here
    checked = checks(one)
    of_fit = checked[checked["about"] == FIT]
    size = checked.loc[checked["check"] == "absolute fit, RMSEA", "value"]
    table = rows[list(OF_MODEL)].reset_coords(
        [name for name in rows.coords if name not in (*ABOUT, "pathway")], drop=True
    )
    table = table.drop_attrs()
    table["log_marginal_likelihood"] = float(bridge["log_marginal_likelihood"])
    table["log_marginal_likelihood_importance"] = float(importance["log_marginal_likelihood"])
    table["mcse"], table["pareto_k"] = float(bridge["mcse"]), float(importance["pareto_k"])
    table["parameters"], table["state"] = weight.attrs["parameters"], _worst(checked)
    table["fit_state"] = _worst(of_fit)
    table["rmsea"] = float(size.iloc[0]) if len(size) else np.nan
    scaled = drawn["standardised"].transpose("pathway", "chain", "draw").values
    draws = dict(zip(map(str, drawn["pathway"].values), scaled.reshape(len(scaled), -1), strict=True))
    return _Of(table, draws, float(bridge["log_marginal_likelihood"]), str(weight.attrs.get("note", "")))


def _worst(checked: pd.DataFrame) -> str:
    """Return the gravest state of rows of checks."""
    return next((state for state in (FAILED, LOOK) if (checked["state"] == state).any()), OK)


def _averaged(draws: list[Array | None], shares: Array, rope: tuple[float, float], prob: float) -> dict[str, float]:
    """Return the mixture of draws of a pathway over the models that have it."""
    low, high = rope
    has = [i for i, each in enumerate(draws) if each is not None]
    included = float(shares[has].sum())
    values = np.concatenate([each for each in draws if each is not None])
    weights = np.concatenate([np.full(draws[i].size, shares[i] / draws[i].size) for i in has])  # type: ignore[union-attr]  # those of has
    weights = weights / included if included > 0 else np.full(values.size, 1 / values.size)
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    tail = (1 - prob) / 2
    lower, upper = (float(values[order[min(int(np.searchsorted(below, q)), len(order) - 1)]]) for q in (tail, 1 - tail))
    mean = float(weights @ values)
    positive = float(weights[values > 0].sum())
    return {
        "averaged_mean": mean,
        "averaged_sd": float(np.sqrt(weights @ (values - mean) ** 2)),
        "averaged_lower": lower,
        "averaged_upper": upper,
        "averaged_prob_direction": max(positive, 1 - positive),
        "averaged_prob_rope": float(weights[(values >= low) & (values <= high)].sum()),
        "averaged_prob_above_rope": float(weights[values > high].sum()),
        "averaged_prob_below_rope": float(weights[values < low].sum()),
        "included": included,
    }
