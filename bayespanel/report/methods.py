"""A methods section generated from what was used, and the references that it must cite."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd
import xarray as xr

from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.fit import Fit
from bayespanel.priors import ARGUMENTS, merge

Texts = tuple[str, ...]

SAMPLED = ("hoffman2014", "seyboldt2026", "abrilpla2023", "martin2026", "vehtari2021")
"""References of every fit: sampler, model language, diagnostics."""

SENTENCES: dict[str, tuple[str, Texts]] = {
    "predictive": ("Observed means and covariances, or shares, were set beside those that the model predicts.", ()),
    "sensitivity": (
        "How much each pathway hangs on priors and on data was measured by power-scaling (Kallioinen et al., 2024).",
        ("kallioinen2024",),
    ),
    "refits": ("The model was fitted again under other priors of effects, correlations and standard deviations.", ()),
    "hypotheses": ("Order hypotheses were weighed by the posterior and prior mass of their constraints.", ()),
    "dynamics": (
        "Responses over waves to an impulse of one within-person standard deviation were decomposed exactly into what "
        "stays between two variables and what goes via each other one.",
        (),
    ),
    "influence": (
        "Every pathway was computed without each cluster in turn by Pareto-smoothed importance sampling (Vehtari et "
        "al., 2024).",
        ("vehtari2024",),
    ),
    "comparison": (
        "Models were compared by expected log predictive density of what was left out (Vehtari et al., 2017).",
        ("vehtari2017", "vehtari2024"),
    ),
    "synthesis": ("Studies were set side by side on the edges of the triangle; nothing was pooled across units.", ()),
}
"""Optional parts of a report -> what the methods say of them, and whom they cite."""


def methods(fit: Fit, checks: pd.DataFrame, evidence: xr.Dataset, used: Collection[str] = ()) -> tuple[Texts, Texts]:
    """Write the methods section of a paper.

    Parameters
    ----------
    fit
        The fit.
    checks, evidence
        Its checks and its evidence.
    used
        Which of `SENTENCES` were used besides.

    Returns
    -------
    (tuple of str, tuple of str)
        Paragraphs, and keys of the references that they cite, in order.
    """
    cited: dict[str, None] = {}
    paragraphs = (
        " ".join(_sample(fit)),
        " ".join(_model(fit.spec, cited)),
        " ".join(_priors(fit.spec, cited)),
        " ".join(_computation(fit, checks, cited)),
        " ".join(_evidence(evidence, used, cited)),
    )
    return paragraphs, tuple(cited)


def _cite(cited: dict[str, None], *keys: str) -> None:
    cited.update(dict.fromkeys(keys))


def _sample(fit: Fit) -> Iterator[str]:
    data: Any = fit.data
    classes, schools = (getattr(data, names, ()) for names in ("class_names", "school_names"))
    named = {"classes": classes, "schools": schools}
    clusters = [f"{len(names):,} {plural}" for plural, names in named.items() if len(names)]
    where = f" in {' and '.join(clusters)}" if clusters else ""
    waves = getattr(data, "waves", ())
    times = f" at {len(waves)} waves" if len(waves) else ""
    yield f"The analysis comprises {data.n_pupils:,} pupils{where}{times}."
    if isinstance(fit.spec, ClusterTrial):
        yield f"Arms were {', '.join(getattr(data, 'arms', ('control', 'intervention')))}."
    yield "Scores that were missing were treated as missing at random; every pupil with a score was kept."
    yield from (str(note) for note in data.notes)


def _model(spec: object, cited: dict[str, None]) -> Iterator[str]:
    if isinstance(spec, RICLPM):
        kind = "random-intercept cross-lagged panel model" if spec.intercepts else "cross-lagged panel model"
        cite = "Hamaker et al., 2015; Mulder & Hamaker, 2021" if spec.intercepts else "compare Hamaker et al., 2015"
        _cite(cited, "hamaker2015", *(["mulder2021"] if spec.intercepts else []))
        yield f"A {kind} ({cite}) of {', '.join(spec.variables)} was fitted."
        yield f"Lags were {spec.lags}, innovations {spec.innovations}, means {spec.means} over waves."
        for level in spec.cluster_levels:
            form = "one for each wave" if spec.effects_of(level) == "by_wave" else "stable over waves"
            yield f"Effects of the {level} on every variable were {form}."
        if spec.covariates:
            yield f"Means depended on {', '.join(spec.covariates)}."
        yield "Pupils and clusters were integrated out of the likelihood in closed form."
    elif isinstance(spec, ClusterTrial):
        link = {"identity": "Gaussian", "logit": "cumulative logit", "probit": "cumulative probit"}[spec.link]
        levels = f", with effects of {' and '.join(spec.cluster_levels)}" if spec.cluster_levels else ""
        yield f"Effects on {', '.join(spec.outcomes)} were estimated in a {link} multilevel model{levels}."
        how = {
            "none": "Baselines were not adjusted for.",
            "covariate": "Each outcome was adjusted for its baseline.",
            "constrained": "Baselines were outcomes whose means are the same in all arms.",
        }
        yield how[spec.adjustment]
        if spec.families:
            yield (
                "Effects were partially pooled within families of outcomes: "
                + "; ".join(f"{name} ({', '.join(members)})" for name, members in spec.families.items())
                + "."
            )
        _cite(cited, "hedges2007", "wwc2022")
        yield "Effects are in total standard deviations (Hedges, 2007; What Works Clearinghouse, 2022)."
    elif isinstance(spec, Trajectories):
        _cite(cited, "nagin1999", "vermunt2010", "stephens2000")
        kind = "latent class growth" if spec.random == "none" else "growth mixture"
        scale = "ordered categories" if spec.link == "logit" else "Gaussian scores"
        number = len(spec.trajectories)
        yield f"A {kind} model (Nagin, 1999) of {spec.outcome} ({scale}) with {number} classes was fitted."
        if spec.regressors:
            yield f"Membership was predicted by {', '.join(spec.regressors)} in the same step (Vermunt, 2010)."
        if spec.cluster_levels:
            units = {"class": "school classes", "school": "schools"}
            yield f"Its log odds varied between {' and '.join(units[level] for level in spec.cluster_levels)}."
        yield "Labels of classes were made the same in all draws by Stephens's (2000) algorithm."


def _priors(spec: Any, cited: dict[str, None]) -> Iterator[str]:
    rows = merge(spec.default_priors(), spec.priors)
    changed = {row.parameter for row in spec.priors}
    words = "; ".join(
        f"{row.parameter} ~ {row.distribution}({', '.join(f'{a:g}' for a in row.arguments)})"
        + (" in raw units" if row.scale == "raw" else "")
        for row in rows
        if row.distribution in ARGUMENTS
    )
    if any(row.distribution == "LKJ" for row in rows):
        _cite(cited, "lewandowski2009")
    yield f"Priors, in standard deviations of the variables unless said: {words}."
    yield f"Not the package's defaults: {', '.join(sorted(changed))}." if changed else "All are the package's defaults."
    if "lewandowski2009" in cited:
        yield "LKJ is the distribution of correlation matrices of Lewandowski et al. (2009)."


def _computation(fit: Fit, checks: pd.DataFrame, cited: dict[str, None]) -> Iterator[str]:
    p, versions = fit.provenance, fit.provenance.get("versions", {})
    _cite(cited, *SAMPLED)
    yield (
        f"The posterior was sampled by the No-U-Turn sampler (Hoffman & Gelman, 2014) of nutpie "
        f"{versions.get('nutpie', '')} (Seyboldt et al., 2026) on a PyMC {versions.get('pymc', '')} model "
        f"(Abril-Pla et "
        f"al., 2023), by bayespanel {versions.get('bayespanel', '')}: {p['chains']} chains of {p['tune']:,} "
        f"warm-up and "
        f"{p['draws']:,} kept draws, seed {p['seed']}."
    )
    table = checks.set_index("check")["value"]
    found = [
        f"{words} {format(float(table[name]), form)}"
        for name, words, form in (
            ("R-hat", "the largest R-hat was", ".3f"),
            ("bulk ESS", "the smallest bulk effective sample size", ".0f"),
            ("tail ESS", "the smallest tail effective sample size", ".0f"),
            ("divergences", "divergences", ".0f"),
        )
        if name in table
    ]
    yield f"By ArviZ (Martin et al., 2026) and Vehtari et al. (2021), {', '.join(found)}."
    failed = checks[~checks["passed"].astype(bool)]["check"].astype(str)
    if len(failed):
        yield f"CHECKS FAILED: {'; '.join(failed)}. The results must not be reported before this is mended."


def _evidence(evidence: xr.Dataset, used: Collection[str], cited: dict[str, None]) -> Iterator[str]:
    low, high = evidence.attrs["rope"]
    kind = {"equal_tailed": "equal-tailed", "hdi": "highest-density"}[evidence.attrs["interval"]]
    _cite(cited, "makowski2019", "kruschke2018", "kruschke2021")
    yield (
        f"For every pathway the posterior mean, the {100 * evidence.attrs['prob']:g} % {kind} interval, the "
        f"probability of "
        f"direction (Makowski et al., 2019) and the probability of lying in the region of practical equivalence "
        f"(Kruschke, "
        f"2018), {low:g} to {high:g}, are reported, each with no digit below its Monte Carlo error."
    )
    if "log_bf10" in evidence and bool(evidence["log_bf10"].notnull().any()):
        _cite(cited, "dickey1971", "wagenmakers2010")
        yield (
            "Bayes factors against exactly zero are Savage-Dickey ratios (Dickey, 1971; Wagenmakers et al., "
            "2010) of the "
            "exact prior density and the estimated posterior density."
        )
    if evidence.attrs.get("standardisation"):
        yield str(evidence.attrs["standardisation"])
    for name, (sentence, keys) in SENTENCES.items():
        if name in used:
            _cite(cited, *keys)
            yield sentence
    _cite(cited, "depaoli2017")
    yield "Reporting follows BARG (Kruschke, 2021) and WAMBS (Depaoli & van de Schoot, 2017)."
