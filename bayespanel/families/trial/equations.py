"""Equations of trials."""

from __future__ import annotations

from collections.abc import Iterator

from bayespanel.families.shared.equations import EFFECT, Equation, listed, named, separated, spread, summed
from bayespanel.families.trial.spec import ClusterTrial, varying_level

LATENT = {"logit": "π / √3 = 1.81 logits", "probit": "1 probit"}
"""Link -> standard deviation of a pupil's latent score within clusters."""


def equations_of_published(spec: ClusterTrial) -> tuple[Equation, ...]:
    """Return the equations of a model that is fitted to published estimates in place of pupils."""
    return (*_published(spec), *_pooled(spec, "d_o", "", "1, because estimates are standardised"))


def equations(spec: ClusterTrial) -> tuple[Equation, ...]:
    """Return the equations of a model, from the outcomes down to the standardised effects."""
    if spec.link == "identity":
        unit = "the standard deviation of the outcome within arms, as observed"
        return (*_gaussian(spec), *_pooled(spec, "δ_{go}", "g", unit), *_standardised(spec))
    if spec.link == "log":
        return (*_events(spec), *_pooled(spec, "δ_{go}", "g", "1, a logarithm"), *_standardised(spec))
    unit = f"the latent standard deviation within clusters, {LATENT[spec.link]}"
    return (*_ordinal(spec), *_pooled(spec, "δ_{go}", "g", unit), *_standardised(spec))


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
    apart = spec.variances == "by_arm"
    each = ", that of arm g" if apart else ""
    within = f"{spread(len(spec.outcomes) == 1 and not both)} within clusters{each}"
    lines, spreads = [f"𝐞_i ∼ N(𝟎, 𝚺{'_g' if apart else ''})"], [f"𝚺: {within}"]
    for level in spec.cluster_levels:
        vector, _, index, plural = EFFECT[level]
        terms.append(f"{vector}_{index}")
        none = (
            f", none in {listed(spec.arms_without_classes)}" if level == "class" and spec.arms_without_classes else ""
        )
        words.append(f"{vector}, the effect of {level} {index}{none}")
        if level == varying_level(spec):
            terms.append(f"𝐝_{{g{index}}}")
            words.append(f"𝐝, what the effect of arm g is more in {level} {index} than on average, 0 in the reference")
            lines += _varying(spec, vector, index)
            diagonal = (
                "; diag 𝛚: a matrix with variances 𝛚 of effects on its diagonal"
                if spec.varying_effects == "uncorrelated"
                else ""
            )
            about = f"𝐝 without g: that of all arms, one below the other{diagonal}"
            spreads.append(f"𝚿 with the index {index}: the same between {plural}; {about}")
            continue
        lines.append(f"{vector}_{index} ∼ N(𝟎, 𝚿_{index})")
        split = ", which each arm has of its own where they lie in one arm" if apart else ""
        spreads.append(f"𝚿 with the index {index}: the same between {plural}{split}")
    words.append("𝐞, what is left of the pupil")
    what = "Outcomes and their baselines 𝐩, one below the other, are" if both else "Outcomes are"
    predictors = listed([*(["𝐱"] if spec.covariates else []), *(["𝐩", "𝐦"] if adjusted else [])])
    centred = f" Counted from their means: {predictors}." if predictors else ""
    left = "(𝐲_i, 𝐩_i)" if both else "𝐲_i"
    yield Equation(summed(left, [*terms, "𝐞_i"]), f"{what} the sum of {'; '.join(words)}.{centred}")
    yield Equation("\n".join(lines), f"N: a normal distribution around 𝟎. {'. '.join(spreads)}.")
    if both or len(spec.outcomes) > 1:
        yield from separated(["𝚺", *(["𝚿"] if spec.cluster_levels else [])])


def _varying(spec: ClusterTrial, vector: str, index: str) -> list[str]:
    """Return how means and effects of clusters are distributed."""
    if spec.varying_effects == "correlated":
        return [f"({vector}_{index}, 𝐝_{index}) ∼ N(𝟎, 𝚿_{index})"]
    return [f"{vector}_{index} ∼ N(𝟎, 𝚿_{index})", f"𝐝_{index} ∼ N(𝟎, 'diag' 𝛚)"]


def _ordinal(spec: ClusterTrial) -> Iterator[Equation]:
    distribution = "Φ: the standard normal" if spec.link == "probit" else "F: the logistic"
    yield Equation(
        f"P(y_{{io}} ≤ k) = {distribution[0]}(κ_{{ok}} − η_{{io}})\nκ_{{o1}} < κ_{{o2}} < …",
        f"P: the probability that the answer y of pupil i to outcome o ({listed(spec.outcomes)}) is category k or "
        f"lower. {distribution} distribution function. κ: thresholds between categories. η: the pupil's latent score.",
    )
    yield from _predictor(spec)


def _events(spec: ClusterTrial) -> Iterator[Equation]:
    yield Equation(
        "y_{io} ∼ 'Poisson'(μ_{io} γ_{io})\nγ_{io} ∼ 'Gamma'(1 / c_o^2, 1 / c_o^2)\n'log' μ_{io} = m_o + η_{io}",
        f"y: the number of events of pupil i in outcome o ({listed(spec.outcomes)}). γ: the pupil's rate in units of "
        "the expected one, with mean 1 and coefficient of variation c, so that the number is negative binomial with "
        "variance μ + c²μ². μ: the expected number. m: its logarithm for an average pupil of the reference arm.",
    )
    if spec.zero_inflated:
        yield Equation(
            "P(y_{io} = 0) = w_o + (1 − w_o) (1 + c_o^2 μ_{io})^{−1 / c_o^2}",
            "P: a probability. w: the share of pupils who have no events whatever the others have.",
        )
    yield from _predictor(spec)


def _predictor(spec: ClusterTrial) -> Iterator[Equation]:
    """Yield the linear predictor of ordered categories and of counts of events."""
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
    yield Equation(summed("η_{io}", terms), f"η is the sum of {'; '.join(words)}.{transposed}")
    if lines:
        yield Equation("\n".join(lines), f"N: a normal distribution. {'. '.join(spreads)}. Outcomes have their own.")


def _pooled(spec: ClusterTrial, left: str, arm: str, unit: str) -> Iterator[Equation]:
    if spec.families:
        families = "; ".join(f"{name}: {listed(members)}" for name, members in spec.families.items())
        yield Equation(
            f"{left} = σ_o (θ_{{{arm}f}} + φ_{{{arm}f}} ζ_{{{arm}o}})\nζ_{{{arm}o}} ∼ N(0, 1)",
            f"{left[0]}: the effect on outcome o of the family f ({families}). θ: the family's mean effect. φ: the "
            f"standard deviation of effects in it. ζ: the place of the outcome in it, normal (N). σ: {unit}. What is "
            "in no family stands alone.",
        )


def _standardised(spec: ClusterTrial) -> Iterator[Equation]:
    indices = [EFFECT[level][2] for level in spec.cluster_levels]
    random = ["v_{eo}", *(f"v_{{{index}o}}" for index in indices)]
    words = "v: the variance of the outcome o; with the index e, within clusters"
    if spec.link == "log":
        words += (
            " (of the logarithm of a count: ψ'(1 / (1 / μ + c²)), with the trigamma function ψ', averaged over arms)"
        )
    elif spec.link != "identity":
        words += f" (the square of {LATENT[spec.link]})"
    words += "".join(f"; {EFFECT[level][2]}, between {EFFECT[level][3]}" for level in spec.cluster_levels)
    explained = ["v_{xo}"] if spec.covariates or spec.adjustment == "covariate" else []
    words += "; x, of what covariates and baselines explain within arms" if explained else ""
    yield Equation(
        "d_{go} = ÷{δ_{go}}{√{v_o}}\n" + summed("v_o", [*random, *explained]),
        f"d: the standardised effect, of which the evidence speaks: δ, that of arm g, in total standard deviations "
        f"within arms. {words}.",
    )
    if indices:
        shares = "\n".join(f"ρ_{{{index}o}} = ÷{{v_{{{index}o}}}}{{{' + '.join(random)}}}" for index in indices)
        yield Equation(shares, "ρ: intraclass correlations, shares of the variance that covariates leave.")


def _published(spec: ClusterTrial) -> Iterator[Equation]:
    yield Equation(
        "h_o ∼ 't'_ν(d_o, ε_o)",
        f"h: the published standardised effect on outcome o ({listed(spec.outcomes)}). d: the effect. ε: the published "
        "standard error. t: Student's distribution with ν degrees of freedom, the number of randomised clusters less "
        "2; a normal distribution where that number is not known.",
    )
