"""Equations of trajectories."""

from __future__ import annotations

from collections.abc import Iterator

from bayespanel.families.shared.equations import EFFECT, Equation, listed, summed
from bayespanel.families.trajectories.fields import DEGREES
from bayespanel.families.trajectories.pathways import NUMBERED
from bayespanel.families.trajectories.spec import Trajectories


def equations(spec: Trajectories) -> tuple[Equation, ...]:
    """Return the equations of a model, from membership in classes down to the log odds ratios."""
    return (*_membership(spec), *_scores(spec), *_odds(spec))


def _membership(spec: Trajectories) -> Iterator[Equation]:
    if not spec.divides:
        return
    own = ". Each arm has classes of its own, and sums are over those of the pupil's arm" if spec.by_arm else ""
    yield Equation(
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
    yield Equation(summed("η_{ik}", terms), words[0])
    if lines:
        words = ["N: a normal distribution of the difference of the log odds of any two classes k and j", *spreads]
        yield Equation("\n".join(lines), f"{'. '.join(words)}. Given the class, clusters have no effect on scores.")


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
    unit = {"identity": "", "logit": ", in logits", "log": ", the logarithm of the rate"}[spec.link]
    yield Equation(course, f"m: the mean course of class k over the waves t{unit}. {words}")
    index, of = {
        "equal": ("σ", "equal for all classes and waves"),
        "by_wave": ("σ_t", "for each wave"),
        "by_class": ("σ_k", "for each class"),
        "free": ("σ_{kt}", "for each class and wave"),
    }[spec.residual]
    parts = {"none": [], "intercept": ["r_{i0}"], "slope": ["r_{i0}", "r_{i1} τ_t"]}[spec.random]
    if spec.link == "identity":
        lines = [summed("y_{it}", ["m_{kt}", *parts, "e_{it}"]), f"e_{{it}} ∼ N(0, {index}^2)"]
        words = f"y: the score of pupil i at wave t in {spec.outcome}, given class k. e: the residual, normal (N). σ: "
        words += f"its standard deviation, {of}."
    else:
        lines, words = _linked(spec, parts)
    if len(parts) == 1:
        lines.append("r_{i0} ∼ N(0, ω)")
        words += " r: the pupil's own level around that of the class. ω: its variance, the same in all classes."
    elif parts:
        lines.append("(r_{i0}, r_{i1}) ∼ N(𝟎, 𝛀)")
        words += (
            " r: the pupil's own level and slope around those of the class, with mean 𝟎. 𝛀: their covariance matrix, "
        )
        words += "the same in all classes." + ("" if "τ" in course else clock)
    yield Equation("\n".join(lines), words)


def _linked(spec: Trajectories, parts: list[str]) -> tuple[list[str], str]:
    """Equations of scores with a link, and their words, without those of random effects."""
    at = "η_{it}" if parts else "m_{kt}"
    lines = [summed(at, ["m_{kt}", *parts])] if parts else []
    own = " η: the pupil's own location." if parts else ""
    who = f"the score y of pupil i at wave t in {spec.outcome}"
    if spec.link == "logit":
        lines += [f"P(y_{{it}} ≥ c | k) = F({at} − κ_c)", "0 = κ_1 < κ_2 < …"]
        words = (
            f"P: the probability that {who} is category c or higher, given class k. F: the logistic distribution "
            f"function.{own} κ: thresholds, the same for all classes and waves."
        )
        return lines, words
    lines += [f"μ_{{it}} = 'exp' {at}", "'Var'(y_{it} | k) = μ_{it} + c^2 μ_{it}^2"]
    words = (
        f"{who[:1].upper()}{who[1:]} is a number of events, negative binomial given class k. exp: the exponential "
        f"function.{own} μ: the expected number. c: the coefficient of variation of rates around it, which the "
        "variance (Var) shows."
    )
    if spec.zero_inflated:
        words += " With a probability of its own, the same at all waves, the number is 0 whatever its rate."
    return lines, words


def _odds(spec: Trajectories) -> Iterator[Equation]:
    if spec.contrast and spec.predictors:
        a, b = spec.contrast
        yield Equation(
            "λ_q = (γ_{uq} − γ_{vq}) s_q",
            f"λ: the log odds ratio, of which the evidence speaks, of belonging to u ({a}) rather than v ({b}) per "
            "standard deviation s of predictor q, the others held. γ: its entries of 𝛄 for the two classes.",
        )
    common = set(spec.names[0]) & set(spec.names[-1])  # numbers are no names, see `pathways`
    if spec.contrast and spec.arm and (not spec.by_arm or any(not NUMBERED.fullmatch(name) for name in common)):
        who = "the pupils of arm g" if spec.by_arm else "all pupils, had all been in arm g"
        yield Equation(
            "ξ_k = 'logit' S_{k1} − 'logit' S_{k0}",
            f"ξ: what the programme changes in the log odds of class k. S: the share of the class among {who} (1 for "
            "intervention, 0 for control). logit: the logarithm of the odds.",
        )
