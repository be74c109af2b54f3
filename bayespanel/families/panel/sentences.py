"""What a methods section says of a panel model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bayespanel.data import Moments
from bayespanel.families.panel.components import (
    accumulates,
    clusters,
    has_loadings,
    joint,
    mean_dims,
    means_enter,
    predicted,
    reaching,
    starting,
)
from bayespanel.families.panel.formed_anew import formed_anew
from bayespanel.families.panel.group_words import freed_words
from bayespanel.families.panel.groups import has_groups
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.sentences import UNITS, Cite, joined, of_patterns, per_covariate, scale_of, scores_of

SCORES = "scores"

BENCHMARKS = {0.03: "small", 0.07: "medium", 0.12: "large"}
"""Cross-lagged effects by size (Orth et al., 2024)."""

PARAMETERS: dict[str, str] = {}


def sample(spec: RICLPM, data: Moments) -> Iterator[str]:
    """Say what was analysed."""
    yield from scores_of(spec, data)


def missing(spec: RICLPM, data: Moments) -> tuple[float, float | None] | None:
    """Return the shares of scores that are missing, and of pupils who have all of them."""
    return of_patterns(data.observed, data.n)


def model(spec: RICLPM, data: Moments, cite: Cite) -> Iterator[str]:
    """Say what the model is."""
    if accumulates(spec) and process(spec).averages:
        yield f"A general cross-lagged panel model{cite('zyphur2020')} described how scores, and once more the"
        yield "innovations in them, carry over to the next wave. Stable parts of pupils entered every wave and"
        yield "were carried on."
    elif accumulates(spec):
        name = "An autoregressive latent trajectory model" if spec.slopes else "A dynamic panel model"
        lasting = "A pupil's own intercepts and slopes" if spec.slopes else "Unit effects of pupils"
        yield f"{name}{cite('allison2017', 'usami2019')} described how scores carry over to the next wave. {lasting}"
        yield "entered every wave after the first and were carried on; at the first wave their effect was"
        yield "free." if starting(spec) is not None else "as later."
    elif spec.slopes:
        yield f"A latent curve model with structured residuals{cite('curran2014')} gave each pupil a line for each"
        yield "variable, with a random intercept and a random slope, and described how deviations from these lines"
        yield "carry over to the next wave."
    elif spec.intercepts:
        yield f"A random-intercept cross-lagged panel model{cite('hamaker2015', 'mulder2021')} told stable differences"
        yield "between pupils from deviations within them, and described how these carry over to the next wave."
    else:
        yield "A cross-lagged panel model without random intercepts was fitted; it takes stable differences between"
        yield f"pupils for effects within them{cite('hamaker2015')}."
    yield from _items(spec, cite)
    yield from _categories(spec, cite)
    yield from _groups(spec, data)
    lags = "free to differ between intervals" if process(spec).by_interval else "equal for all intervals between waves"
    over = {True: "equal over waves", False: "free to differ between waves"}
    innovations = over[spec.components()[1].stable]
    means = "on a straight line" if "growth_factor" in mean_dims(spec) else over[spec.means == "equal"]
    if means_enter(spec):
        means = "those that a straight line entering every wave and the lags bring about"
    if spec.indicators and not has_means(spec):
        means = over[True] if spec.means == "equal" else "part of the intercepts of items"
    if process(spec).second:
        yield "Lags reached two waves back; the first two waves started the process, with lags of their own."
    if process(spec).averages:
        own = "its own variable" if process(spec).average == "own" else "all variables"
        yield f"An innovation acted once more on {own} a wave later; deviations at the first wave counted as"
        yield "innovations."
    if process(spec).continuous:
        yield f"Time was continuous{cite('voelkle2012')}: lags of all intervals follow from one drift, by their length."
        yield f"Diffusions were {innovations}, means {means}."
    else:
        yield f"Lags were {lags}, covariances of innovations {innovations}, means {means}."
    if process(spec).stationary:
        yield "Deviations had the covariance at which this process settles, at the first wave and at all later ones."
    if spec.shrinkage == "common":
        yield "Cross-lags were normal around 0 with one standard deviation, which was estimated; carry-over had the"
        yield "prior of the lags."
    if spec.shrinkage == "horseshoe":
        yield f"Cross-lags had a regularised horseshoe prior{cite('piironen2017')}, whose slab is the prior of the"
        yield "lags; carry-over had that prior alone."
    if has_loadings(spec):
        yield "Loadings of random intercepts on the waves after the first were estimated."
    if spec.reliability:
        known = joined([f"{share:g} for {name}" for name, share in spec.reliability.items()])
        yield f"Reliabilities were taken as known ({known}): variances of occasion errors were fixed at what they"
        yield "leave of the observed variance, and lags are those of true scores."
    for part in (part for part in spec.components() if part.anew and not part.fixed):
        yield f"Each score had an occasion error{cite('kenny1995', 'luedtke2018')}, with a variance for each variable"
        yield f"{'and wave' if part.over else 'that is equal at all waves'}; lags are those of true scores."
        if part.correlates(len(spec.variables)):
            yield "Errors of the variables of one wave were allowed to correlate."
    for part in clusters(spec):
        each = "there was one for each wave and variable, with a free covariance over all of them"
        stable = "there was one for each variable, the same at all waves"
        if formed_anew(data, part.name):
            stable = "which were formed anew every school year, there was one for each variable in its year"
        yield f"Of random effects of {UNITS[part.name]}, {stable if part.stable else each}."
    if spec.varying:
        yield f"Lags of each school varied around their mean, normally and independently: {joined(spec.varying)}"
        yield f"{cite('mcneish2020')}."
    for path, of in spec.moderators.items():
        yield f"That of {path} depended on {joined(of)} of the school, counted from the mean of schools."
    if predicted(spec) is not None:
        lasting = "intercepts and slopes" if spec.slopes else "unit effects" if accumulates(spec) else "intercepts"
        yield f"The {lasting} of pupils depended on {joined(spec.covariates)}, counted from their means; what lasts in"
        yield "pupils carried these effects to every wave."
    elif spec.covariates:
        yield f"Means depended on {joined(spec.covariates)}, with an effect for each wave and variable."
    if joint(spec):
        yield "Covariates were normal beside the scores, so that pupils who lack some of them stayed in; which of them"
        yield "are missing was taken to depend on what is seen alone."
    for name in spec.distal:
        also = " and on deviations at the last wave" if name in reaching(spec) else ""
        yield f"The outcome {name}, after the last wave, was regressed on what lasts in pupils{also}."
    if spec.ordered:
        yield f"Scores behind categories were drawn by data augmentation{cite('albert1993')}, parameters given these"
        yield "from a density in which random effects are integrated out, and thresholds together with the scores"
        yield "between them."
        return
    if spec.tails == "student":
        yield "What pupils had around means and effects of classes and schools was multivariate Student-t"
        yield f"{cite('lange1989')}, with degrees of freedom estimated; the weights of pupils that this amounts to were"
        yield f"drawn by data augmentation{cite('tanner1987')}, parameters given these from a density in which random"
        yield "effects are integrated out."
        return
    random = [*(["pupils"] if spec.intercepts else []), *(UNITS[level] for level in spec.cluster_levels)]
    if random:
        yield f"Random effects of {joined(random)} were integrated out of the likelihood exactly."


def _items(spec: RICLPM, cite: Cite) -> Iterator[str]:
    """Say how items measure the variables."""
    if not spec.indicators:
        return
    each = joined([f"{name} by {joined(list(items))}" for name, items in spec.indicators.items()])
    yield f"Variables were measured by items: {each}. The first item of each gave the unit; residuals of items were"
    yield "independent over waves, with a variance for each item and wave."
    held = {
        "configural": "Loadings and intercepts of items were free to differ between waves",
        "metric": "Loadings of items were equal over waves, their intercepts free",
        "scalar": "Loadings and intercepts of items were equal over waves",
    }
    but = f", but for {joined(list(spec.released))}" if spec.released else ""
    yield f"{held[spec.invariance]}{cite('meredith1993')}{but}."
    if spec.item_effects:
        where = joined(["pupils" if level == "pupil" else UNITS[level] for level in spec.item_effects])
        yield f"Single items had effects of {where} of their own, beside those of their variable."


def _categories(spec: RICLPM, cite: Cite) -> Iterator[str]:
    """Say how categories stand for scores behind them."""
    if spec.ordered:
        yield f"The categories of {joined(spec.ordered)} were those of scores behind them, between thresholds equal at"
        yield f"all waves{cite('mccullagh1980')}; the model is that of these scores, whose unit is their standard"
        yield "deviation within pupils at the first wave."


def _groups(spec: RICLPM, data: Moments) -> Iterator[str]:
    if not has_groups(spec):
        return
    free = freed_words(spec)
    yield f"Pupils were in {len(data.group_names)} groups, {joined(list(data.group_names))}."
    yield f"{joined(free).capitalize()} were free to differ between groups;" if free else "Nothing was free to differ:"
    yield "all other parameters were equal." if free else "all parameters were equal in all groups."
    if spec.cluster_levels:
        yield f"Effects of {joined([UNITS[level] for level in spec.cluster_levels])} were common to all groups."


def unit(spec: RICLPM, data: Moments) -> str:
    """Say what priors count in."""
    per = per_covariate([spec.prior("covariate_effect")] if spec.covariates else [])
    lag = "a lag,"
    if process(spec).continuous:
        lag = "a drift, per usual gap between waves and from one that leaves .37 of a deviation after it,"
    return (
        f"They count in standard deviations of the variables; {lag} in those within persons at the first wave, of "
        f"the target per one of the source{per}."
    )


def scale(data: Moments, attrs: Mapping[str, Any], cite: Cite) -> Iterator[str]:
    """Say what the standardised scale of the evidence is."""
    yield from scale_of(attrs)


def region(bound: float, cite: Cite) -> str:
    """Say what the upper bound of a symmetric region of practical equivalence means."""
    if bound not in BENCHMARKS:
        return ""
    return f"Its bound is the benchmark of a {BENCHMARKS[bound]} cross-lagged effect{cite('orth2024')}."
