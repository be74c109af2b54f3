"""The methods section of a paper, written from what a fit was, and the references that it must cite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data.guesses import said_of
from bayespanel.families.door import family_of
from bayespanel.families.family import SentencesRoom
from bayespanel.families.shared.sentences import UNITS, counted, joined, percent
from bayespanel.inference.checks import FAILED, LOOK
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import first_of
from bayespanel.language.errors import FitError, SpecError, nearest
from bayespanel.language.names import row_of
from bayespanel.language.prior import Prior, merge
from bayespanel.page.contents_imputed import sentences
from bayespanel.page.methods_words import (
    DISTRIBUTIONS,
    OF_ONE_TABLE,
    PARAMETERS,
    SENTENCES,
    SOFTWARE,
    TOTAL,
    Citations,
    Texts,
)
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.verbs.fitting import samplers, told_sampling, walked

Array = NDArray[np.float64]

SAMPLER = (
    "R-hat", "bulk ESS", "tail ESS", "divergences", "share of draws at the greatest tree depth", "E-BFMI",
    "Pareto k of the proposal", "R-hat of a single imputation",
)  # fmt: skip
"""Checks of the draws; the others are about model and data."""


def methods(fit: Fit, checks: pd.DataFrame, evidence: xr.Dataset, used: Collection[str] = ()) -> tuple[Texts, Texts]:
    """Write the methods section of a paper.

    Parameters
    ----------
    fit
        The fit, of any family.
    checks, evidence
        Its checks and its evidence.
    used
        Which parts of `SENTENCES` the report has besides.

    Returns
    -------
    (tuple of str, tuple of str)
        Paragraphs: data, model, priors, computation, evidence, and the rest. Keys of the references that they cite,
        in the order in which they come.

    Raises
    ------
    SpecError
        A part that is not known.
    """
    for name in used:
        if name not in SENTENCES:
            raise SpecError(
                f"Parts of a report that the methods speak of are {', '.join(SENTENCES)}.",
                f"{name!r} is not one of them. {nearest(name, list(SENTENCES))}",
                "Correct the name.",
            )
    cite, room = Citations(), family_of(fit.spec).sentences
    one = first_of(fit)
    found = [
        _data(one, room, [*sentences(fit, cite)] if fit.imputations > 1 else []),
        room.model(fit.spec, one.data, cite),
        _priors(one, room, cite),
        _computation(fit, checks, cite),
        _evidence(one, room, evidence, cite),
        _rest(fit, used, cite),
    ]
    paragraphs = tuple(" ".join(filter(None, sentences)) for sentences in found)
    return paragraphs, tuple(cite.keys)


def _data(fit: Fit, room: SentencesRoom[Any, Any], imputed: Sequence[str]) -> Iterator[str]:
    data, spec = fit.data, fit.spec
    yield from room.sample(spec, data)
    yield from imputed
    absent = room.missing(spec, data)
    if absent is None:
        return
    unused = [UNITS[level] for level in data.levels if level not in spec.levels]
    if unused:
        yield f"The data also know {joined(unused)}; the model has no effects of these."
    share, complete = absent
    if share:
        whole = "" if complete is None else f"; {percent(complete)} of the pupils had all of them"
        still = " even so" if imputed else ""
        yield f"Of the {room.SCORES} {percent(share)} were missing{still}{whole}."
        yield "They were taken to be missing at random, given all that was observed: the likelihood is that of the"
        yield f"observed {room.SCORES}, and none of these was imputed."
    elif complete is not None and not imputed:  # pupils without an outcome are not known from counts
        yield f"None of the {room.SCORES} was missing."
    yield from said_of(data)


def _priors(fit: Fit, room: SentencesRoom[Any, Any], cite: Citations) -> Iterator[str]:
    spec, words = fit.spec, {**PARAMETERS, **room.PARAMETERS}
    defaults = {row.parameter: row for row in spec.default_priors()}
    rows = [row for row in merge(defaults.values(), spec.priors) if row.parameter in in_use(fit, defaults)]
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(_written(row), []).append(words[row.parameter])
    lkj = cite("lewandowski2009") if any(row.distribution == "LKJ" for row in rows) else ""
    parts = [f"{law}{lkj if law.startswith('LKJ') else ''} for {joined(names)}" for law, names in groups.items()]
    yield f"Priors were {'; '.join(parts)}."
    yield room.unit(spec, fit.data)
    changed = [row for row in rows if _written(row) != _written(defaults[row.parameter])]
    for row in changed:
        before, reason = _written(defaults[row.parameter]), f" ({row.reason})" if row.reason else ""
        yield f"For {words[row.parameter]} that replaces the default, {before}{reason}."
    yield f"All {'others ' if changed else ''}are the defaults of bayespanel."


def in_use(fit: Fit, rows: Collection[str]) -> set[str]:
    """Rows of the table of priors that the model has a variable for; all, where the fit does not tell."""
    try:
        used = {str(row_of(name, rows)) for name in fit.free}
    except FitError:
        return set(rows)
    return used | ({"effect"} if "family_effect" in used else set())  # which the model without pooling has


def _written(row: Prior) -> str:
    units = {"raw": " in raw units", "total": TOTAL.get(row.parameter, "")}
    return DISTRIBUTIONS[row.distribution].format(*row.arguments) + units.get(row.scale, "")


def _computation(fit: Fit, checks: pd.DataFrame, cite: Citations) -> Iterator[str]:
    p, versions = fit.provenance, fit.provenance.get("versions", {})
    named = {name: f"{title} {versions.get(name, '')}".strip() for name, title in SOFTWARE.items()}
    yield f"The model was built by {named['bayespanel']} in {named['pymc']}{cite('abrilpla2023')}."
    if walked(p):
        length = f"{p['tune']:,} draws of warm-up and {p['draws']:,} kept"
        aim = f", and an acceptance rate of {p['target_accept']:g} aimed at" if "target_accept" in p else ""
        if samplers(p) == {"augmentation"}:
            yield f"Data augmentation{cite('tanner1987')} with Hamiltonian steps{cite('neal2011')}"
        else:
            yield f"The No-U-Turn sampler{cite('hoffman2014')} of {named['nutpie']}{cite('seyboldt2026')}"
    else:
        length, aim = f"{p['draws']:,} draws kept", ""
        yield f"Independence Metropolis-Hastings{cite('tierney1994', 'vehtari2024')} with proposals around the mode"
    each = " of each imputation" if fit.imputations > 1 else ""
    yield f"sampled the posterior{each} with {p['chains']} chains, each with {length}, seed {p['seed']}{aim};"
    yield f"{named['numba']}{cite('lam2015')} compiled the density."
    yield " ".join(told_sampling(p))
    yield f"By {named['arviz-stats']}{cite('martin2026')} and {named['xarray']}{cite('hoyer2017')},"
    yield f"{joined(_diagnostics(checks))}{cite('vehtari2021')}."
    failed, look = (checks[checks["state"] == state] for state in (FAILED, LOOK))
    if failed.empty:
        yield f"All {len(checks)} checks were passed." if look.empty else f"None of {len(checks)} checks failed."
    else:
        yield f"CHECKS FAILED, {len(failed)} of {len(checks)} ({_told(failed)})."
        if any(_name(check) in SAMPLER for check in failed["check"]):
            yield "The draws do not represent the posterior well enough: no result should be reported before they do."
        else:
            yield "The sampler passed its own; what failed is about model or data, and has to be told with the results."
    if len(look):
        yield f"To be reported with the results: {_told(look)}."


def _told(checks: pd.DataFrame) -> str:
    return "; ".join(f"{row.check}: {row.value:.4g}, limit {row.limit:g}" for row in checks.itertuples())


def _diagnostics(checks: pd.DataFrame) -> Iterator[str]:
    """Numbers of the sampler, the worst over the models that were fitted."""
    names = checks["check"].map(_name)
    wording: dict[str, tuple[str, Callable[[Array], Any]]] = {
        "R-hat": ("the largest R-hat was {:.4f}", np.max),
        "bulk ESS": ("the smallest bulk effective sample size {:,.0f}", np.min),
        "tail ESS": ("the smallest tail effective sample size {:,.0f}", np.min),
        "divergences": ("the number of divergent transitions {:,.0f}", np.sum),
        "E-BFMI": ("the smallest E-BFMI {:.2f}", np.min),
        "Pareto k of the proposal": ("the largest Pareto k of the proposal {:.2f}", np.max),
    }
    for name, (words, worst) in wording.items():
        values = checks.loc[names == name, "value"].to_numpy(float)
        if len(values):
            yield words.format(worst(values))


def _evidence(fit: Fit, room: SentencesRoom[Any, Any], evidence: xr.Dataset, cite: Citations) -> Iterator[str]:
    attrs = evidence.attrs
    low, high = attrs["rope"]
    rope = f"{low:g} to {high:g}".replace("-", "−")
    kind = {"equal_tailed": "equal-tailed", "hdi": "highest-density"}[attrs["interval"]]
    kinds = [kind_of(one).words for one in dict.fromkeys(evidence["kind"].values.tolist())]
    yield f"The evidence is about {counted(evidence.sizes['pathway'], 'pathway')}: {joined(kinds)}."
    yield from room.scale(fit.data, attrs, cite)
    yield (
        f"Reported are the posterior mean, the {100 * attrs['prob']:g} % {kind} interval, the probability of direction"
        f"{cite('makowski2019')}, and the shares of the posterior within, above and below a region of practical "
        f"equivalence of {rope}{cite('kruschke2018')}, with no digit below its Monte Carlo error."
    )
    if -low == high:
        yield room.region(high, cite)
    if "at_least" in attrs:
        yield f"So is the probability of an effect of {attrs['at_least']:g} or beyond."
    if "true_effect" in attrs:
        effect = f"{attrs['true_effect']:g}"
        yield (
            "So are power and errors of sign and size of a design with this sampling standard deviation, in which the "
            f"prior of the effect has no part, were the true effect {effect}."
        )
    if "log_bf10" in evidence and bool((evidence["log_bf10"].notnull() | evidence["log_bf10_above"].notnull()).any()):
        ratio = f"Savage-Dickey ratios{cite('dickey1971', 'wagenmakers2010')}"
        yield f"Bayes factors of pathways against exactly 0 are {ratio} of prior to posterior density."
        if kinds_with(lambda kind: kind.product, evidence["kind"].values):
            yield "An indirect pathway has that of its weaker leg."
        bounds = int(evidence["log_bf10_above"].notnull().sum())
        if bounds:
            yield f"For {counted(bounds, 'pathway')} there is no estimate, and at most a lower bound is given."


def _rest(fit: Fit, used: Collection[str], cite: Citations) -> Iterator[str]:
    yield from (words.format(cite(*keys)) for name, (words, keys) in SENTENCES.items() if name in used)
    of_one = [words for name, words in OF_ONE_TABLE.items() if name in used]
    if fit.imputations > 1 and of_one:
        yield f"Of imputation 1 of {fit.imputations} alone, as they read scores, are: {joined(of_one)}."
    guidelines = f"Bayesian analysis reporting guidelines{cite('kruschke2021')}"
    yield f"What is reported follows the {guidelines} and the WAMBS checklist{cite('depaoli2017')}."


def _name(check: str) -> str:
    """Name of a check, without the model that it is of."""
    return check.removesuffix(" (unpooled)")
