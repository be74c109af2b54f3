"""The model of a specification as equations in MathML, each with words that say what every symbol in it stands for.

Letters are those of docs/model.md, docs/trial.md and docs/trajectories.md as far as these reach; bold ones are vectors
and matrices. How equations are written is said in `equation_text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bayespanel.families.door import Spec
from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.families.trajectories.fields import DEGREES
from bayespanel.families.trajectories.pathways import NUMBERED
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.report.equation_text import equation, listed, named, summed
from bayespanel.report.page_parts import Equation

EFFECT = {"class": ("𝐛", "b", "c", "classes"), "school": ("𝐚", "a", "s", "schools")}
"""Level -> its effect as a vector, as a number, its index, and its plural."""

LATENT = {"logit": "π / √3 = 1.81 logits", "probit": "1 probit"}
"""Link -> standard deviation of a pupil's latent score within clusters."""


def equations(spec: Spec, *, published: bool = False) -> tuple[Equation, ...]:
    """Return the equations of a model, from the scores down to the quantity that the evidence is about.

    Parameters
    ----------
    spec
        Any specification.
    published
        Whether a trial is fitted to published estimates in place of pupils, which is another likelihood.

    Returns
    -------
    tuple of Equation
        In reading order. A symbol is explained where it comes first. Names of variables are escaped.
    """
    if isinstance(spec, RICLPM):
        return (*_panel(spec), *_within(spec))
    if isinstance(spec, Trajectories):
        return (*_membership(spec), *_scores(spec), *_odds(spec))
    if published:
        return (*_published(spec), *_pooled(spec, "d_o", "", "1, because estimates are standardised"))
    if spec.link == "identity":
        unit = "the standard deviation of the outcome within arms, as observed"
        return (*_gaussian(spec), *_pooled(spec, "δ_{go}", "g", unit), *_standardised(spec))
    unit = f"the latent standard deviation within clusters, {LATENT[spec.link]}"
    return (*_ordinal(spec), *_pooled(spec, "δ_{go}", "g", unit), *_standardised(spec))


def _panel(spec: RICLPM) -> Iterator[Equation]:
    yield named("𝐲_{it}", spec.variables, "𝐲: scores of pupil i at wave t = 1, …, T")
    free = spec.means == "free"
    terms, words = ["𝛍_t" if free else "𝛍"], ["𝛍, the mean at the wave" if free else "𝛍, the mean, equal at all waves"]
    if spec.covariates:
        terms.append("𝚪_t 𝐱_i")
        words.append(f"𝚪, effects at the wave of covariates 𝐱 ({listed(spec.covariates)}), counted from their means")
    lines, spreads = [], []
    one = len(spec.variables) == 1
    if spec.intercepts:
        lines.append("𝐫_i ∼ N(𝟎, 𝛀)")
        spreads.append(f"𝛀: {_spread(one)} of the stable parts of pupils")
    for level in spec.cluster_levels:
        vector, _, index, plural = EFFECT[level]
        wave = spec.effects_of(level) == "by_wave"
        terms.append(f"{vector}_{{{index}t}}" if wave else f"{vector}_{index}")
        words.append(f"{vector}, the effect of {level} {index}{' at the wave' if wave else ', stable over waves'}")
        left = f"{vector}_{{{index}1}}, …, {vector}_{{{index}T}}" if wave else f"{vector}_{index}"
        lines.append(f"{left} ∼ N(𝟎, 𝚿_{index})")
        over = ", over all waves and variables" if wave else ""
        spreads.append(f"𝚿 with the index {index}: {_spread(one and not wave)} of the effects of {plural}{over}")
    if spec.intercepts:
        terms.append("𝐫_i")
        words.append("𝐫, the stable part of the pupil (random intercepts)")
    words.append("𝐰, the deviation of the pupil at the wave from all of these")
    yield equation(summed("𝐲_{it}", [*terms, "𝐰_{it}"]), f"A score is the sum of {'; '.join(words)}.")
    if lines:
        yield equation("\n".join(lines), f"N: a normal distribution around 𝟎. {'. '.join(spreads)}.")


def _within(spec: RICLPM) -> Iterator[Equation]:
    a, q = ("𝐀_{t−1}" if spec.lags == "free" else "𝐀"), ("𝐐_{t−1}" if spec.innovations == "free" else "𝐐")
    one = len(spec.variables) == 1
    x, y = spec.variables[0], spec.variables[-1]
    words = f"N: a normal distribution around 𝟎. 𝐒: {_spread(one)} of deviations at the first wave. 𝐀: the "
    words += "lag" if one else "matrix of lags"
    words += " from wave t − 1 to wave t" if spec.lags == "free" else ", the same for all intervals between waves"
    if not one:
        words += f"; its entry in row {y} and column {x} is the effect of {x} on {y} one wave later. The diagonal is "
        words += "carry-over, the rest are cross-lags"
    words += f". 𝐮: innovations, what the wave before does not predict. 𝐐: their {_spread(one)}, "
    words += "one for each interval." if spec.innovations == "free" else "equal at all waves."
    if not spec.intercepts:
        words += " Without random intercepts, lags also carry stable differences between pupils."
    yield equation(f"𝐰_{{i1}} ∼ N(𝟎, 𝐒)\n𝐰_{{it}} = {a} 𝐰_{{i,t−1}} + 𝐮_{{it}}\n𝐮_{{it}} ∼ N(𝟎, {q})", words)
    matrices = [*("𝐒𝐐𝛀" if spec.intercepts else "𝐒𝐐")] if not one else []
    by_wave = (spec.effects_of(level) == "by_wave" for level in spec.cluster_levels)
    matrices += ["𝚿"] if spec.cluster_levels and (not one or any(by_wave)) else []
    yield from _separated(matrices)
    yield equation(
        f"𝐕_1 = 𝐒\n𝐕_t = {a} 𝐕_{{t−1}} {a}^⊤ + {q}\n𝐃_t = √{{'diag' 𝐕_t}}",
        f"𝐕: {_spread(one)} within pupils that this implies at wave t. 𝐃: the square roots of its diagonal (diag): "
        "standard deviations within pupils. ⊤ is the transpose.",
    )
    words = "𝐀∗: standardised lags, of which the evidence speaks: standard deviations of the target at wave t + 1 per "
    words += "standard deviation of the source at wave t, within pupils."
    if spec.lags == "equal":
        words += " Lags that are equal in raw units differ between intervals when standardised, as 𝐃 does."
    yield equation(f"𝐀_t^∗ = 𝐃_{{t+1}}^{{−1}} {'𝐀_t' if spec.lags == 'free' else '𝐀'} 𝐃_t", words)


def _gaussian(spec: ClusterTrial) -> Iterator[Equation]:
    both, adjusted = spec.adjustment == "constrained", spec.adjustment == "covariate"
    yield named("𝐲_i", spec.outcomes, "𝐲: outcomes of pupil i (pupil, parent or teacher: whoever answered)")
    terms = ["𝛍", "𝛅_g"]
    words = ["𝛍, means of the reference arm", "𝛅, effects of arm g against the reference, whose own are 0"]
    if spec.moderators:
        terms.append("𝚫_g 𝐳_i")
        words.append(f"𝚫, how effects differ by moderators 𝐳 ({listed(spec.moderators)})")
    if both:
        terms = ["𝛍", f"({' + '.join(terms[1:])}, 𝟎)"]
        words.append("𝟎, because arms had no effect on what came before them")
    if spec.covariates:
        terms.append("𝚪 𝐱_i")
        words.append(f"𝚪, effects of covariates 𝐱 ({listed(spec.covariates)})")
    if adjusted:
        terms += ["𝛃 ∘ 𝐩_i", "𝛌 ∘ 𝐦_i"]
        words.append("𝛃, the effect of each outcome's own baseline 𝐩, where it has one, element by element (∘)")
        words.append("𝛌, the difference of pupils whose baseline is missing, which 𝐦 marks, if there are any")
    lines, spreads = ["𝐞_i ∼ N(𝟎, 𝚺)"], [f"𝚺: {_spread(len(spec.outcomes) == 1 and not both)} within clusters"]
    for level in spec.cluster_levels:
        vector, _, index, plural = EFFECT[level]
        terms.append(f"{vector}_{index}")
        words.append(f"{vector}, the effect of {level} {index}")
        lines.append(f"{vector}_{index} ∼ N(𝟎, 𝚿_{index})")
        spreads.append(f"𝚿 with the index {index}: the same between {plural}")
    words.append("𝐞, what is left of the pupil")
    what = "Outcomes and their baselines 𝐩, one below the other, are" if both else "Outcomes are"
    predictors = listed([*(["𝐱"] if spec.covariates else []), *(["𝐩", "𝐦"] if adjusted else [])])
    centred = f" Counted from their means: {predictors}." if predictors else ""
    left = "(𝐲_i, 𝐩_i)" if both else "𝐲_i"
    yield equation(summed(left, [*terms, "𝐞_i"]), f"{what} the sum of {'; '.join(words)}.{centred}")
    yield equation("\n".join(lines), f"N: a normal distribution around 𝟎. {'. '.join(spreads)}.")
    if both or len(spec.outcomes) > 1:
        yield from _separated(["𝚺", *(["𝚿"] if spec.cluster_levels else [])])


def _ordinal(spec: ClusterTrial) -> Iterator[Equation]:
    distribution = "Φ: the standard normal" if spec.link == "probit" else "F: the logistic"
    yield equation(
        f"P(y_{{io}} ≤ k) = {distribution[0]}(κ_{{ok}} − η_{{io}})\nκ_{{o1}} < κ_{{o2}} < …",
        f"P: the probability that the answer y of pupil i to outcome o ({listed(spec.outcomes)}) is category k or "
        f"lower. {distribution} distribution function. κ: thresholds between categories. η: the pupil's latent score.",
    )
    terms, words = ["δ_{go}"], ["δ, the effect of arm g against the reference, whose own is 0"]
    if spec.covariates:
        terms.append("𝛄_o^⊤ 𝐱_i")
        words.append(f"𝛄, effects of covariates 𝐱 ({listed(spec.covariates)}), counted from their means")
    if spec.moderators:
        terms.append("𝛚_{go}^⊤ 𝐳_i")
        words.append(f"𝛚, how the effect differs by moderators 𝐳 ({listed(spec.moderators)})")
    if spec.adjustment == "covariate":
        terms += ["β_o p_{io}", "λ_o m_{io}"]
        words.append("β, the effect of the outcome's own baseline p, counted from its mean, where it has one")
        words.append("λ, the difference of pupils whose baseline is missing, which m marks, if there are any")
    lines, spreads = [], []
    for level in spec.cluster_levels:
        _, letter, index, plural = EFFECT[level]
        terms.append(f"{letter}_{{{index}o}}")
        words.append(f"{letter}, the effect of {level} {index}")
        lines.append(f"{letter}_{{{index}o}} ∼ N(0, v_{{{index}o}})")
        spreads.append(f"v with the index {index}: variance between {plural}")
    transposed = " ⊤ is the transpose." if spec.covariates else ""
    yield equation(summed("η_{io}", terms), f"η is the sum of {'; '.join(words)}.{transposed}")
    if lines:
        yield equation("\n".join(lines), f"N: a normal distribution. {'. '.join(spreads)}. Outcomes have their own.")


def _pooled(spec: ClusterTrial, left: str, arm: str, unit: str) -> Iterator[Equation]:
    if spec.families:
        families = "; ".join(f"{name}: {listed(members)}" for name, members in spec.families.items())
        yield equation(
            f"{left} = σ_o (θ_{{{arm}f}} + φ_{{{arm}f}} ζ_{{{arm}o}})\nζ_{{{arm}o}} ∼ N(0, 1)",
            f"{left[0]}: the effect on outcome o of the family f ({families}). θ: the family's mean effect. φ: the "
            f"standard deviation of effects in it. ζ: the place of the outcome in it, normal (N). σ: {unit}. What is "
            "in no family stands alone.",
        )


def _standardised(spec: ClusterTrial) -> Iterator[Equation]:
    indices = [EFFECT[level][2] for level in spec.cluster_levels]
    random = ["v_{eo}", *(f"v_{{{index}o}}" for index in indices)]
    words = "v: the variance of the outcome o; with the index e, within clusters"
    words += "" if spec.link == "identity" else f" (the square of {LATENT[spec.link]})"
    words += "".join(f"; {EFFECT[level][2]}, between {EFFECT[level][3]}" for level in spec.cluster_levels)
    explained = ["v_{xo}"] if spec.covariates or spec.adjustment == "covariate" else []
    words += "; x, of what covariates and baselines explain within arms" if explained else ""
    yield equation(
        "d_{go} = ÷{δ_{go}}{√{v_o}}\n" + summed("v_o", [*random, *explained]),
        f"d: the standardised effect, of which the evidence speaks: δ, that of arm g, in total standard deviations "
        f"within arms. {words}.",
    )
    if indices:
        shares = "\n".join(f"ρ_{{{index}o}} = ÷{{v_{{{index}o}}}}{{{' + '.join(random)}}}" for index in indices)
        yield equation(shares, "ρ: intraclass correlations, shares of the variance that covariates leave.")


def _published(spec: ClusterTrial) -> Iterator[Equation]:
    yield equation(
        "h_o ∼ 't'_ν(d_o, ε_o)",
        f"h: the published standardised effect on outcome o ({listed(spec.outcomes)}). d: the effect. ε: the published "
        "standard error. t: Student's distribution with ν degrees of freedom, the number of randomised clusters less "
        "2; a normal distribution where that number is not known.",
    )


def _membership(spec: Trajectories) -> Iterator[Equation]:
    if not spec.divides:
        return
    own = ". Each arm has classes of its own, and sums are over those of the pupil's arm" if spec.by_arm else ""
    yield equation(
        "p(𝐲_i) = ∑_k π_{ik} p(𝐲_i | k)\nπ_{ik} = ÷{'exp' η_{ik}}{∑_j 'exp' η_{ij}}",
        f"p: density of all scores 𝐲 of pupil i in {spec.outcome}, membership in latent classes k summed out "
        f"({listed(spec.trajectories)}). π: the probability of belonging to class k, with its log odds η; exp is the "
        f"exponential function, and j runs over the classes{own}.",
    )
    terms, words = ["α_k"], ["α, the size of the class"]
    if spec.predictors:
        terms.append("𝛄_k^⊤ 𝐱_i")
        words.append(f"𝛄, effects of predictors 𝐱 ({listed(spec.predictors)}), counted from their means")
    if spec.arm and not spec.by_arm:
        terms.append("δ_k g_i")
        words.append(f"δ, the effect of the intervention arm ({spec.arm}), where g is 1")
    lines, spreads = [], []
    for level in spec.cluster_levels:
        _, letter, index, _ = EFFECT[level]
        name = "classroom" if level == "class" else level
        terms.append(f"{letter}_{{{index}k}}")
        words.append(f"{letter}, the effect of {name} {index}")
        lines.append(f"{letter}_{{{index}k}} − {letter}_{{{index}j}} ∼ N(0, ψ_{index}^2)")
        spreads.append(f"ψ with the index {index}: its standard deviation over {name}s")
    transposed = " ⊤ is the transpose." if spec.predictors else ""
    words = [f"η is the sum of {'; '.join(words)}. Each adds up to 0 over the classes.{transposed}"]
    yield equation(summed("η_{ik}", terms), words[0])
    if lines:
        words = ["N: a normal distribution of the difference of the log odds of any two classes k and j", *spreads]
        yield equation("\n".join(lines), f"{'. '.join(words)}. Given the class, clusters have no effect on scores.")


def _scores(spec: Trajectories) -> Iterator[Equation]:
    clock = " τ: the time of the wave, 0 at the first and 1 at the last."
    clock += f" Times of the waves: {', '.join(f'{t:g}' for t in spec.times)}." if spec.times else ""
    if not isinstance(spec.growth, str):
        course = "m_{kt} = ∑_j ℓ_{tj} β_{kj}"
        loadings = "; ".join(f"{name}: {', '.join(f'{x:g}' for x in row)}" for name, row in spec.growth.items())
        words = f"β: coefficients j of the course. ℓ: their loadings at the waves ({loadings})."
    elif spec.growth == "free":
        course, words = "m_{kt} = β_{kt}", "β: one mean for each class and wave."
    else:
        powers = ["", "τ_t", "τ_t^2", "τ_t^3"][: DEGREES[spec.growth] + 1]
        course = summed("m_{kt}", [f"β_{{k{j}}} {power}" for j, power in enumerate(powers)])
        words = f"β: coefficients of a {spec.growth} course." + (clock if len(powers) > 1 else "")
    unit = ", in logits" if spec.link == "logit" else ""
    yield equation(course, f"m: the mean course of class k over the waves t{unit}. {words}")
    if spec.link == "logit":
        yield equation(
            "P(y_{it} ≥ c | k) = F(m_{kt} − κ_c)\n0 = κ_1 < κ_2 < …",
            f"P: the probability that the score y of pupil i at wave t in {spec.outcome} is category c or higher, "
            "given class k. F: the logistic distribution function. κ: thresholds, the same for all classes and waves.",
        )
        return
    index, of = {
        "equal": ("σ", "equal for all classes and waves"),
        "by_wave": ("σ_t", "for each wave"),
        "by_class": ("σ_k", "for each class"),
        "free": ("σ_{kt}", "for each class and wave"),
    }[spec.residual]
    parts = {"none": [], "intercept": ["r_{i0}"], "slope": ["r_{i0}", "r_{i1} τ_t"]}[spec.random]
    lines = [summed("y_{it}", ["m_{kt}", *parts, "e_{it}"]), f"e_{{it}} ∼ N(0, {index}^2)"]
    words = f"y: the score of pupil i at wave t in {spec.outcome}, given class k. e: the residual, normal (N). σ: its "
    words += f"standard deviation, {of}."
    if len(parts) == 1:
        lines.append("r_{i0} ∼ N(0, ω)")
        words += " r: the pupil's own level around that of the class. ω: its variance, the same in all classes."
    elif parts:
        lines.append("(r_{i0}, r_{i1}) ∼ N(𝟎, 𝛀)")
        words += (
            " r: the pupil's own level and slope around those of the class, with mean 𝟎. 𝛀: their covariance matrix, "
        )
        words += "the same in all classes." + ("" if "τ" in course else clock)
    yield equation("\n".join(lines), words)


def _odds(spec: Trajectories) -> Iterator[Equation]:
    if spec.contrast and spec.predictors:
        a, b = spec.contrast
        yield equation(
            "λ_q = (γ_{uq} − γ_{vq}) s_q",
            f"λ: the log odds ratio, of which the evidence speaks, of belonging to u ({a}) rather than v ({b}) per "
            "standard deviation s of predictor q, the others held. γ: its entries of 𝛄 for the two classes.",
        )
    common = set(spec.names[0]) & set(spec.names[-1])  # numbers are no names, see `pathways`
    if spec.contrast and spec.arm and (not spec.by_arm or any(not NUMBERED.fullmatch(name) for name in common)):
        who = "the pupils of arm g" if spec.by_arm else "all pupils, had all been in arm g"
        yield equation(
            "ξ_k = 'logit' S_{k1} − 'logit' S_{k0}",
            f"ξ: what the programme changes in the log odds of class k. S: the share of the class among {who} (1 for "
            "intervention, 0 for control). logit: the logarithm of the odds.",
        )


def _spread(one: bool) -> str:
    return "variance" if one else "covariance matrix"


def _separated(matrices: Sequence[str]) -> Iterator[Equation]:
    if matrices:
        first, *others = matrices
        words = f"{first} is made of standard deviations 𝛔, on a diagonal (diag), and correlations 𝐑; these have the "
        words += f"priors. So {'is' if len(others) == 1 else 'are'} {' and '.join(others)}." if others else "priors."
        yield equation(f"{first} = 'diag'(𝛔) 𝐑 'diag'(𝛔)", words)
