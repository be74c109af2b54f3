"""The methods section of a paper, written from what a fit was, and the references that it must cite."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments, PanelRows, TrialCounts, TrialEstimates, TrialMoments
from bayespanel.data.guesses import said_of
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.checks import clusters_per_arm
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.checks import FAILED, LOOK
from bayespanel.inference.fit import Fit
from bayespanel.language.errors import FitError, SpecError, nearest
from bayespanel.language.names import row_of
from bayespanel.language.prior import Prior, merge
from bayespanel.page.methods_words import (
    DISTRIBUTIONS,
    KINDS,
    PARAMETERS,
    SENTENCES,
    SOFTWARE,
    TOTAL,
    UNITS,
    Citations,
    Texts,
    counted,
    joined,
    percent,
)
from bayespanel.verbs.fitting import told_again

Array = NDArray[np.float64]

SAMPLER = ("R-hat", "bulk ESS", "tail ESS", "divergences", "share of draws at the greatest tree depth", "E-BFMI")
"""Checks of the draws; the others are about model and data."""

BENCHMARKS = {0.03: "small", 0.07: "medium", 0.12: "large"}
"""Cross-lagged effects by size (Orth et al., 2024)."""


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
                f"{name!r} is none of them. {nearest(name, list(SENTENCES))}",
                "Correct the name.",
            )
    cite = Citations()
    found = [
        _data(fit),
        _model(fit, cite),
        _priors(fit, cite),
        _computation(fit, checks, cite),
        _evidence(fit, evidence, cite),
        _rest(used, cite),
    ]
    paragraphs = tuple(" ".join(filter(None, sentences)) for sentences in found)
    return paragraphs, tuple(cite.keys)


def _data(fit: Fit) -> Iterator[str]:
    data, spec = fit.data, fit.spec
    if isinstance(data, TrialEstimates):
        yield f"Published standardised effects on {joined(spec.outcomes)}, each with its standard error, were analysed."
        yield "No scores of pupils were at hand."
        return
    clusters = {"class": len(data.class_names), "school": len(data.school_names)}
    where = joined([counted(clusters[level], level, UNITS[level]) for level in spec.cluster_levels])
    where = f" in {where}" if where else ""
    if isinstance(data, TrialMoments | TrialCounts):
        yield f"Outcomes of {counted(data.n_pupils, 'pupil')}{where} were analysed: {joined(spec.outcomes)}."
        first, *others = data.arms
        yield f"The arms were {joined([f'{first} (the reference)', *others])}."
        number = clusters_per_arm(data)
        each = f" ({joined([f'{n:,} in {arm}' for arm, n in number.items()])})" if number else ""
        yield f"Randomised were {UNITS[data.randomised]}{each}."
        if number and data.randomised not in spec.cluster_levels:
            yield f"The model has no effects of {UNITS[data.randomised]}, so that its intervals are too narrow."
    else:
        waves = f"{len(data.waves)} waves ({', '.join(data.waves)})"
        names = spec.variables
        yield f"Scores of {counted(data.n_pupils, 'pupil')}{where} at {waves} were analysed: {joined(names)}."
    unused = [UNITS[level] for level in data.levels if level not in spec.levels]
    if unused:
        yield f"The data also know {joined(unused)}; the model has no effects of these."
    missing, complete = _missing(data, spec)
    what = "outcomes" if isinstance(spec, ClusterTrial) else "scores"
    if missing:
        whole = "" if complete is None else f"; {percent(complete)} of the pupils had all of them"
        yield f"Of the {what} {percent(missing)} were missing{whole}."
        yield "They were taken to be missing at random, given all that was observed: the likelihood is that of the"
        yield f"observed {what}, and none of these was imputed."
    else:
        yield f"None of the {what} was missing."
    yield from said_of(data)


def _missing(data: Any, spec: Any) -> tuple[float, float | None]:
    """Share of scores that are missing, and of pupils who have all; the latter is not known from counts."""
    if isinstance(data, TrialCounts):
        seen = sum(int(data.counts[data.outcome == data.outcomes.index(name)].sum()) for name in spec.outcomes)
        return 1 - seen / (data.n_pupils * len(spec.outcomes)), None
    if isinstance(data, PanelRows):
        observed, n = ~np.isnan(data.values), data.count
    else:
        sums: Moments = data.sums if isinstance(data, TrialMoments) else data
        cells = sums.variables if isinstance(data, TrialMoments) else ()
        at = [cells.index(name) for name in spec.outcomes] if cells else slice(None)
        observed, n = sums.observed[:, at], sums.n
    total = float(n.sum())
    return 1 - float(n @ observed.mean(axis=1)) / total, float(n @ observed.all(axis=1)) / total


def _model(fit: Fit, cite: Citations) -> Iterator[str]:
    spec = fit.spec
    if isinstance(spec, RICLPM):
        yield from _panel(spec, cite)
    elif isinstance(spec, Trajectories):
        yield from _trajectories(spec, cite)
    else:
        yield from _trial(spec, fit.data)


def _panel(spec: RICLPM, cite: Citations) -> Iterator[str]:
    if spec.intercepts:
        yield f"A random-intercept cross-lagged panel model{cite('hamaker2015', 'mulder2021')} told stable differences"
        yield "between pupils from deviations within them, and described how these carry over to the next wave."
    else:
        yield "A cross-lagged panel model without random intercepts was fitted; it takes stable differences between"
        yield f"pupils for effects within them{cite('hamaker2015')}."
    lags = "equal for all intervals between waves" if spec.lags == "equal" else "free to differ between intervals"
    over = {"free": "free to differ between waves", "equal": "equal over waves"}
    yield f"Lags were {lags}, covariances of innovations {over[spec.innovations]}, means {over[spec.means]}."
    for level in spec.cluster_levels:
        by_wave = "there was one for each wave and variable, with a free covariance over all of them"
        stable = "there was one for each variable, the same at all waves"
        yield f"Of random effects of {UNITS[level]}, {by_wave if spec.effects_of(level) == 'by_wave' else stable}."
    if spec.covariates:
        yield f"Means depended on {joined(spec.covariates)}, with an effect for each wave and variable."
    random = [*(["pupils"] if spec.intercepts else []), *(UNITS[level] for level in spec.cluster_levels)]
    if random:
        yield f"Random effects of {joined(random)} were integrated out of the likelihood exactly."


def _trial(spec: ClusterTrial, data: Any) -> Iterator[str]:
    levels = joined([UNITS[level] for level in spec.cluster_levels])
    if isinstance(data, TrialEstimates):
        number = data.clusters[[data.outcomes.index(name) for name in spec.outcomes]]
        student = "Student-t distributed with the number of randomised clusters less 2 as degrees of freedom"
        normal = "normally distributed" + (" where that number is not known" if number.any() else "")
        forms = [*([student] if number.any() else []), *([normal] if (number == 0).any() else [])]
        yield f"An estimate was taken to be {' and '.join(forms)}, around its effect."
    elif spec.link == "identity":
        several = len(spec.outcomes) > 1 or spec.adjustment == "constrained"
        what = "Outcomes were modelled jointly, as normal" if several else "The outcome was modelled as normal"
        random = f", and random effects of {levels}" if levels else ""
        free = ", with free covariances at every level" if several else ""
        yield f"{what}, with an effect of each arm against the reference{random}{free}."
        yield f"Effects of {levels} were integrated out of the likelihood exactly." if levels else ""
    else:
        random = f" and random effects of {levels}" if levels else ""
        yield f"Ordered outcomes had cumulative {spec.link} models with effects of the arms{random}."
    how = {
        "none": "Baselines were not used.",
        "covariate": "Each outcome was adjusted for its own baseline, the mean in place of a missing one, and an "
        "indicator of that.",
        "constrained": "Baselines were modelled as outcomes on which arms have no effect.",
    }
    if not isinstance(data, TrialEstimates):
        yield how[spec.adjustment]
        yield f"Covariates were {joined(spec.covariates)}, counted from their means." if spec.covariates else ""
        yield f"Effects could differ by {joined(spec.moderators)}." if spec.moderators else ""
    if spec.families:
        families = "; ".join(f"{name}: {joined(members)}" for name, members in spec.families.items())
        yield f"Effects on outcomes of one family ({families}) were partially pooled, as far as the data say."
        yield "They were estimated without pooling as well."


def _trajectories(spec: Trajectories, cite: Citations) -> Iterator[str]:
    kind = "latent class growth" if spec.random == "none" else "growth mixture"
    of = "ordered categories, with cumulative logits" if spec.link == "logit" else "normal scores"
    course = spec.growth if isinstance(spec.growth, str) else joined([f"'{name}'" for name in spec.growth])
    number = counted(len(spec.trajectories), "latent class", "latent classes")
    courses = f"{course} courses for each arm" if spec.by_arm else f"{course} courses"
    yield f"A {kind} model{cite('nagin1999')} described {spec.outcome} ({of}) by {number}, with {courses}:"
    yield f"{joined(spec.trajectories)}."
    if spec.random != "none":
        yield f"Within classes, pupils differed in {'level' if spec.random == 'intercept' else 'level and slope'}."
    if not spec.divides:
        return
    if spec.regressors:
        yield f"Membership was predicted by {joined(spec.regressors)} in the same step{cite('vermunt2010')}, whose"
        yield "uncertainty is in every number."
    if spec.cluster_levels:
        yield f"Its log odds varied between {joined([UNITS[level] for level in spec.cluster_levels])}."
    yield f"Membership was summed out of the likelihood; draws were brought to one labelling{cite('stephens2000')}."


def _priors(fit: Fit, cite: Citations) -> Iterator[str]:
    spec = fit.spec
    defaults = {row.parameter: row for row in spec.default_priors()}
    rows = [row for row in merge(defaults.values(), spec.priors) if row.parameter in _in_use(fit, defaults)]
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(_written(row), []).append(_spoken(row.parameter, spec))
    lkj = cite("lewandowski2009") if any(row.distribution == "LKJ" for row in rows) else ""
    parts = [f"{words}{lkj if words.startswith('LKJ') else ''} for {joined(names)}" for words, names in groups.items()]
    yield f"Priors were {'; '.join(parts)}."
    yield _unit(fit)
    changed = [row for row in rows if _written(row) != _written(defaults[row.parameter])]
    for row in changed:
        before, reason = _written(defaults[row.parameter]), f" ({row.reason})" if row.reason else ""
        yield f"For {_spoken(row.parameter, spec)} that replaces the default, {before}{reason}."
    yield f"All {'others ' if changed else ''}are the defaults of bayespanel."


def _unit(fit: Fit) -> str:
    """Return what priors count in."""
    if isinstance(fit.spec, RICLPM):
        per = "; an effect of a covariate, per one of the covariate" if fit.spec.covariates else ""
        return (
            "They count in standard deviations of the variables; a lag, in those within persons at the first wave, of "
            f"the target per one of the source{per}."
        )
    if isinstance(fit.data, TrialEstimates):
        return "They count in the standard deviations in which effects were published."
    if isinstance(fit.spec, ClusterTrial):
        latent = "the latent score within clusters" if fit.spec.link != "identity" else "an outcome within arms"
        per = "; effects of covariates, per one of the covariate" if fit.spec.covariates else ""
        return f"They count in standard deviations of {latent}{per}."
    courses = "Courses count in standard deviations of the outcome"
    if fit.spec.link == "logit":
        courses = "Courses and thresholds count in standard deviations of the latent score within a class, 1.81 logits"
    membership = "; membership counts in log odds of any two classes" if max(map(len, fit.spec.names)) > 1 else ""
    return courses + membership + (", per standard deviation of a predictor." if fit.spec.predictors else ".")


def _in_use(fit: Fit, rows: Collection[str]) -> set[str]:
    """Rows of the table of priors that the model has a variable for; all, where the fit does not tell."""
    try:
        used = {str(row_of(name, rows)) for name in fit.free}
    except FitError:
        return set(rows)
    return used | ({"effect"} if "family_effect" in used else set())  # which the model without pooling has


def _spoken(parameter: str, spec: Any) -> str:
    membership = isinstance(spec, Trajectories) and parameter in ("class_sd", "school_sd")
    return f"standard deviations of membership between {UNITS[parameter[:-3]]}" if membership else PARAMETERS[parameter]


def _written(row: Prior) -> str:
    units = {"raw": " in raw units", "total": TOTAL.get(row.parameter, "")}
    return DISTRIBUTIONS[row.distribution].format(*row.arguments) + units.get(row.scale, "")


def _computation(fit: Fit, checks: pd.DataFrame, cite: Citations) -> Iterator[str]:
    p, versions = fit.provenance, fit.provenance.get("versions", {})
    named = {name: f"{title} {versions.get(name, '')}".strip() for name, title in SOFTWARE.items()}
    settings = (
        f"{p['chains']} chains, each with {p['tune']:,} draws of warm-up and {p['draws']:,} kept, seed {p['seed']}"
    )
    aim = f", and an acceptance rate of {p['target_accept']:g} aimed at" if "target_accept" in p else ""
    yield f"The model was built by {named['bayespanel']} in {named['pymc']}{cite('abrilpla2023')}."
    yield f"The No-U-Turn sampler{cite('hoffman2014')} of {named['nutpie']}{cite('seyboldt2026')} sampled the posterior"
    yield f"with {settings}{aim}; {named['numba']}{cite('lam2015')} compiled the density."
    yield told_again(p)
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
    }
    for name, (words, worst) in wording.items():
        values = checks.loc[names == name, "value"].to_numpy(float)
        if len(values):
            yield words.format(worst(values))


def _evidence(fit: Fit, evidence: xr.Dataset, cite: Citations) -> Iterator[str]:
    spec, attrs = fit.spec, evidence.attrs
    low, high = attrs["rope"]
    rope = f"{low:g} to {high:g}".replace("-", "−")
    kind = {"equal_tailed": "equal-tailed", "hdi": "highest-density"}[attrs["interval"]]
    kinds = [KINDS.get(one, one) for one in dict.fromkeys(evidence["kind"].values.tolist())]
    yield f"The evidence is about {counted(evidence.sizes['pathway'], 'pathway')}: {joined(kinds)}."
    if isinstance(fit.data, TrialEstimates):
        yield "Effects are in the standard deviations in which they were published."
    elif attrs.get("standardisation"):
        yield str(attrs["standardisation"]) + (f" {attrs['averaging']}" if attrs.get("averaging") else "")
        if isinstance(spec, ClusterTrial):
            yield f"Total standard deviations are the convention{cite('hedges2007', 'wwc2022')}."
    yield (
        f"Reported are the posterior mean, the {100 * attrs['prob']:g} % {kind} interval, the probability of direction"
        f"{cite('makowski2019')}, and the shares of the posterior within, above and below a region of practical "
        f"equivalence of {rope}{cite('kruschke2018')}, with no digit below its Monte Carlo error."
    )
    if isinstance(spec, RICLPM) and -low == high and high in BENCHMARKS:
        yield f"Its bound is the benchmark of a {BENCHMARKS[high]} cross-lagged effect{cite('orth2024')}."
    elif isinstance(spec, Trajectories) and -low == high:
        yield f"On the scale of odds ratios its upper bound is {math.exp(high):.2f}; it does not speak of shares."
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
        if "indirect" in evidence["kind"].values:
            yield "An indirect pathway has that of its weaker leg."
        bounds = int(evidence["log_bf10_above"].notnull().sum())
        if bounds:
            yield f"For {counted(bounds, 'pathway')} there is no estimate, and at most a lower bound is given."


def _rest(used: Collection[str], cite: Citations) -> Iterator[str]:
    yield from (words.format(cite(*keys)) for name, (words, keys) in SENTENCES.items() if name in used)
    guidelines = f"Bayesian analysis reporting guidelines{cite('kruschke2021')}"
    yield f"What is reported follows the {guidelines} and the WAMBS checklist{cite('depaoli2017')}."


def _name(check: str) -> str:
    """Name of a check, without the model that it is of."""
    return check.removesuffix(" (unpooled)")
