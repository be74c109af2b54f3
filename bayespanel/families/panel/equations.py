"""Equations of panel models."""

from __future__ import annotations

from collections.abc import Iterator

from bayespanel.families.panel.components import (
    accumulates,
    clusters,
    component,
    has_loadings,
    joint,
    mean_dims,
    means_enter,
    predicted,
    starting,
)
from bayespanel.families.panel.group_words import freed_symbols
from bayespanel.families.panel.groups import has_groups
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.equations import EFFECT, Equation, listed, named, separated, spread, summed


def equations(spec: RICLPM) -> tuple[Equation, ...]:
    """Return the equations of a model, from the scores down to the standardised lags."""
    return (*_panel(spec), *_within(spec), *_of_schools(spec), *_tails(spec), *_later(spec))


def _panel(spec: RICLPM) -> Iterator[Equation]:
    if spec.indicators:
        yield from _items(spec)
    if spec.ordered:
        yield _categories(spec)
    behind = "𝐲: what the items measure in pupil i at wave t = 1, …, T"
    observed = "𝐲: scores of pupil i at wave t = 1, …, T"
    yield named("𝐲_{it}", spec.variables, behind if spec.indicators else observed)
    means = {
        "later_wave": ("𝛍_t", "𝛍, the mean at the wave, 𝟎 at the first"),
        "wave": ("𝛍_t", "𝛍, the mean at the wave"),
        "growth_factor": ("𝛍_0 + (t − 1) 𝛍_1", "𝛍_0, the mean at the first wave; 𝛍_1, its change per wave"),
        "variable": ("𝛍", "𝛍, the mean, equal at all waves"),
    }
    term, word = means[mean_dims(spec)[0]]
    if means_enter(spec):
        term, word = "𝛍_t", "𝛍, the mean at the wave, which follows"
    terms, words = ([term], [word]) if has_means(spec) else ([], [])
    if spec.covariates and predicted(spec) is None:
        terms.append("𝚪_t 𝐱_i")
        words.append(f"𝚪, effects at the wave of covariates 𝐱 ({listed(spec.covariates)}), counted from their means")
    lines, spreads = [], []
    one = len(spec.variables) == 1
    centre, beside = "𝟎", ""
    if predicted(spec) is not None:
        centre, beside = (
            "𝚪 𝐱_i",
            f", beside what covariates 𝐱 ({listed(spec.covariates)}) (counted from their means) predict with effects 𝚪",
        )
    if accumulates(spec):
        lines.append(f"𝐟_i ∼ N({centre}, 𝛀)")
        spreads.append(f"𝛀: covariance matrix of what lasts in pupils{beside}")
    elif spec.slopes:
        lines.append(f"(𝐫_i, 𝐬_i) ∼ N({centre}, 𝛀)")
        spreads.append(f"𝛀: covariance matrix of intercepts and slopes of pupils{beside}")
    elif spec.intercepts:
        lines.append(f"𝐫_i ∼ N({centre}, 𝛀)")
        spreads.append(f"𝛀: {spread(one)} of the stable parts of pupils{beside}")
    for part in clusters(spec):
        level, wave = part.name, not part.stable
        vector, _, index, plural = EFFECT[level]
        terms.append(f"{vector}_{{{index}t}}" if wave else f"{vector}_{index}")
        when = " at the wave" if wave else ", the same at all waves that it lasts"
        words.append(f"{vector}, the effect of {level} {index}{when}")
        left = f"{vector}_{{{index}1}}, …, {vector}_{{{index}T}}" if wave else f"{vector}_{index}"
        lines.append(f"{left} ∼ N(𝟎, 𝚿_{index})")
        over = ", over all waves and variables" if wave else ""
        spreads.append(f"𝚿 with the index {index}: {spread(one and not wave)} of the effects of {plural}{over}")
    if accumulates(spec):
        terms.append("𝐌_t 𝐟_i")
        also = "intercepts and slopes" if spec.slopes else "unit effects"
        words.append(f"𝐟, what lasts in the pupil ({also}), and 𝐌, what it has added up to by the wave")
        line = "𝐟_{i0} + (t − 1) 𝐟_{i1}" if spec.slopes else "𝐟_i"
        lag, start = "𝐀_{t−1}" if process(spec).by_interval else "𝐀", starting(spec)
        line, first = ("𝐋_t 𝐟_i", "𝐟_i") if start is None else (line, "𝐋 𝐟_i")
        if means_enter(spec):
            lines.append(f"𝛍_t = {lag} 𝛍_{{t−1}} + 𝛂_0 + (t − 1) 𝛂_1")
            spreads.append("𝛂: means of what enters every wave, a line; 𝛍_1 is free")
        lines.append(f"𝐌_1 𝐟_i = {first}\n𝐌_t 𝐟_i = {lag} 𝐌_{{t−1}} 𝐟_i + {line}")
        own = ", each on its own variable" if start is not None and start.start == "own" else ""
        spreads.append(
            "𝐋: loadings, a diagonal matrix, by which 𝐟 enters every later wave, and lags carry it on"
            if start is None
            else f"𝐋: effects on the first wave{own}; later 𝐟 enters every wave, and lags carry it on"
        )
    elif has_loadings(spec):
        terms.append("𝐋_t 𝐫_i")
        words.append(
            "𝐫, the stable part of the pupil; 𝐋, its loadings at the wave, a diagonal matrix, with ones at first"
        )
    elif spec.intercepts:
        terms.append("𝐫_i")
        words.append("𝐫, the stable part of the pupil (random intercepts)")
    if spec.slopes and not accumulates(spec):
        terms.append("(t − 1) 𝐬_i")
        words.append("𝐬, the pupil's own linear change per wave (random slopes)")
    for part in (part for part in spec.components() if part.anew):
        drawn = spread(one) if one or part.correlated else "diagonal matrix of variances"
        kind = "known variances" if part.fixed else drawn
        words.append("𝐰, the deviation of the pupil's true score at the wave from all of these")
        terms += ["𝐰_{it}", "𝐞_{it}"]
        words.append("𝐞, the error of the occasion, independent of everything else")
        theta = "𝚯_t" if part.over else "𝚯"
        lines.append(f"𝐞_{{it}} ∼ N(𝟎, {theta})")
        spreads.append(f"{theta}: {kind} of errors, {'one for each wave' if part.over else 'equal at all waves'}")
    if "𝐞_{it}" not in terms:
        terms.append("𝐰_{it}")
        words.append("𝐰, the deviation of the pupil at the wave from all of these")
    apart = ""
    if has_groups(spec):
        symbols = listed(freed_symbols(spec))
        apart = " All pupils have the same parameters, in whatever group they are."
        if symbols:
            apart = f" Groups of pupils have values of their own of {symbols}, and share the rest."
    yield Equation(summed("𝐲_{it}", terms), f"A score is the sum of {'; '.join(words)}.{apart}")
    if joint(spec):
        lines.append("𝐱_i ∼ N(𝟎, 𝚽)")
        spreads.append("𝚽: covariance matrix of covariates, which may be missing and whose means are parameters too")
    if lines:
        yield Equation(
            "\n".join(lines),
            f"N: a normal distribution around {'𝟎' if centre == '𝟎' else 'its first argument'}. {'. '.join(spreads)}.",
        )


def _items(spec: RICLPM) -> Iterator[Equation]:
    """Return the equation of items."""
    nu = "𝛎" if spec.invariance == "scalar" else "𝛎_t"
    load = "𝚲_t" if spec.invariance == "configural" else "𝚲"
    each = "; ".join(f"{name} by {listed(items)}" for name, items in spec.indicators.items())
    words = f"𝐳: items ({each}). 𝛎: their intercepts, {'equal at all waves' if nu == '𝛎' else 'of each wave'}. 𝚲: "
    words += f"their loadings, {'of each wave' if load == '𝚲_t' else 'equal at all waves'}, that of the first item of "
    words += "each variable 1. 𝐝: what is an item's own at the wave, with a variance in the diagonal matrix 𝛉_t"
    words += f"; 0 of variables without items. {_but(spec)}"
    terms = [nu, f"{load} 𝐲_{{it}}", *(["𝐞_i"] if spec.item_effects else []), "𝐝_{it}"]
    if spec.item_effects:
        words += f" 𝐞: what items have of their own at all waves, of {listed(spec.item_effects)}, independent."
    yield Equation(f"{summed('𝐳_{it}', terms)}\n𝐝_{{it}} ∼ N(𝟎, 𝛉_t)", words.strip())


def _categories(spec: RICLPM) -> Equation:
    """Return the equation of categories."""
    words = f"c: the category of pupil i at wave t, k = 0, 1, …, of {listed(spec.ordered)}. y: the score behind it, of "
    words += "which the equations below speak; its unit is its standard deviation within pupils at the first wave, so "
    words += "that the diagonal of 𝐒 is 1 there. κ: thresholds, the same at all waves, of each variable its own; below "
    words += "the first and above the last there is no other."
    return Equation("c_{it} = k\nκ_k < y_{it} ≤ κ_{k+1}\n0 = κ_1 < κ_2 < …", words)


def _tails(spec: RICLPM) -> Iterator[Equation]:
    """Return the equation of Student-t tails."""
    if spec.tails == "normal":
        return
    words = (
        "What the equations above draw for pupil i from normal distributions has, all of it, these covariances divided "
    )
    words += (
        "by a weight ω of the pupil, whose inverse is 1 on average: pupils far off have a small one. ν: degrees of "
    )
    words += "freedom. Effects of classes and schools have normal distributions. Gamma: by shape and rate."
    yield Equation("ω_i ∼ Gamma(ν / 2, (ν − 2) / 2)", words)


def _but(spec: RICLPM) -> str:
    return f"Not held equal: {listed(spec.released)}." if spec.released else ""


def _later(spec: RICLPM) -> Iterator[Equation]:
    """Return the equation of outcomes after the last wave."""
    if not spec.distal:
        return
    lasting = "𝐟_i" if accumulates(spec) else "(𝐫_i, 𝐬_i)" if spec.slopes else "𝐫_i"
    both = [name for name, on in spec.distal.items() if on == "both"]
    words = f"𝐝: what came after the last wave, T ({listed(spec.distal)}). 𝛎: its means. 𝐁: effects of what lasts"
    if both:
        words += f"; 𝐂, of deviations at the last wave{'' if len(both) == len(spec.distal) else f' on {listed(both)}'}"
    words += ". 𝐨: the rest, whose variances are the diagonal matrix 𝛕."
    terms = ["𝛎", f"𝐁 {lasting}", *(["𝐂 𝐰_{iT}"] if both else []), "𝐨_i"]
    yield Equation(f"{summed('𝐝_i', terms)}\n𝐨_i ∼ N(𝟎, 𝛕)", words)


def _of_schools(spec: RICLPM) -> Iterator[Equation]:
    """Return the equation of lags that vary between schools."""
    if not spec.varying:
        return
    words = f"α: a lag that varies between schools ({listed(spec.varying)}), of school s of the pupil: an entry of the "
    words += "matrix of lags above, whose mean is a. τ: the SD of schools. ξ is independent of all else."
    line = "α_s = a + τ ξ_s"
    if spec.moderators:
        each = "; ".join(f"{listed(of)} for {path}" for path, of in spec.moderators.items())
        words += f" γ: effects of properties 𝐳 of schools ({each}), counted from the mean of schools."
        line = "α_s = a + 𝛄 𝐳_s + τ ξ_s"
    yield Equation(f"{line}\nξ_s ∼ N(0, 1)", words)


def _drift(spec: RICLPM) -> Iterator[Equation]:
    """Say how lags and innovations of intervals follow from a drift and a diffusion."""
    one, own = len(spec.variables) == 1, not spec.components()[1].stable
    g = "𝐆_t" if own else "𝐆"
    words = "𝐅: the drift, the change per unit of time that deviations bring about; "
    words += "exp: the matrix exponential; h: the length of the interval from wave t to wave t + 1. "
    words += f"𝐆: {spread(one)} of what arrives in a unit of time, the diffusion, "
    words += "one for each interval" if own else "equal at all times"
    words += ". Together they give what arrives in an interval, 𝐐."
    lines = f"𝐀_t = 'exp' (𝐅 h_t)\n𝐅 𝐐_t + 𝐐_t 𝐅^⊤ = 𝐀_t {g} 𝐀_t^⊤ − {g}"
    if process(spec).stationary:
        lines += "\n𝐆 = −(𝐅 𝐒 + 𝐒 𝐅^⊤)"
    yield Equation(lines, words)


def _within(spec: RICLPM) -> Iterator[Equation]:
    time = process(spec).continuous
    own, own_q = process(spec).by_interval or time, time or not component(spec, "innovation").stable
    settled = process(spec).stationary
    a, q = ("𝐀_{t−1}" if own else "𝐀"), ("𝐐_{t−1}" if own_q else "𝐐")
    one = len(spec.variables) == 1
    x, y = spec.variables[0], spec.variables[-1]
    words = f"N: a normal distribution around 𝟎. 𝐒: {spread(one)} of deviations at the first wave. 𝐀: the "
    words += "lag" if one else "matrix of lags"
    words += " from wave t − 1 to wave t" if own else ", the same for all intervals between waves"
    if not one:
        words += f"; its entry in row {y} and column {x} is the effect of {x} on {y} one wave later. The diagonal is "
        words += "carry-over, the rest are cross-lags"
    second = process(spec).second
    b = "𝐁_{t−1}" if own else "𝐁"
    if second:
        words += (
            ". 𝐁: the same over two waves, beside what goes by the wave between; the first interval has lags, 𝐀_1, "
        )
        words += "of its own"
    averages = process(spec).averages
    if averages:
        diagonal = ", a diagonal matrix" if process(spec).average == "own" and not one else ""
        words += (
            f". 𝐂: moving averages{diagonal}, what an innovation does once more a wave later, beside what 𝐀 carries on"
        )
        words += "; deviations of the first wave count as innovations, 𝐮 at t = 1"
    words += f". 𝐮: innovations, what the wave before does not predict. 𝐐: their {spread(one)}, "
    words += "one for each interval." if own_q else "equal at all waves."
    if not spec.intercepts:
        words += " Without random intercepts, lags also carry stable differences between pupils."
    line = f"𝐰_{{it}} = {a} 𝐰_{{i,t−1}}{' + 𝐂 𝐮_{i,t−1}' if averages else ''} + 𝐮_{{it}}"
    if second:
        line = f"𝐰_{{i2}} = 𝐀_1 𝐰_{{i1}} + 𝐮_{{i2}}\n𝐰_{{it}} = {a} 𝐰_{{i,t−1}} + {b} 𝐰_{{i,t−2}} + 𝐮_{{it}}"
    follows = ""
    if settled:
        words += (
            " Deviations have settled at the first wave: 𝐒 is their covariance at all waves, and innovations follow."
        )
        follows = "" if time else "\n𝐐 = 𝐒 − 𝐀 𝐒 𝐀^⊤"
    yield Equation(f"𝐰_{{i1}} ∼ N(𝟎, 𝐒)\n{line}\n𝐮_{{it}} ∼ N(𝟎, {q}){follows}", words)
    if time:
        yield from _drift(spec)
    matrices = (
        [*f"𝐒{'' if settled else '𝐆' if time else '𝐐'}{'𝛀' if spec.intercepts else ''}"]
        if not one
        else ["𝛀"]
        if spec.slopes
        else []
    )
    matrices += ["𝚯"] if any(part.anew and part.correlates(len(spec.variables)) for part in spec.components()) else []
    matrices += ["𝚿"] if any(part.correlates(len(spec.variables)) for part in clusters(spec)) else []
    yield from separated(matrices)
    yield Equation(
        (f"𝐕_1 = 𝐒\n𝐕_t = {a} 𝐕_{{t−1}} {a}^⊤ + {q}\n" if not process(spec).wide else "") + "𝐃_t = √{'diag' 𝐕_t}",
        f"𝐕: {spread(one)} within pupils that this implies at wave t. 𝐃: the square roots of its diagonal (diag): "
        "standard deviations within pupils. ⊤ is the transpose.",
    )
    if time:
        words = (
            "𝐀∗: standardised lags over an interval of length h, of which the evidence speaks: standard deviations of "
        )
        words += "the target at the end of the interval per standard deviation of the source at its beginning, within "
        words += "pupils, for waves h apart from the first on."
        yield Equation("𝐀_t^∗ = 𝐃_{t+1}^{−1} 'exp' (𝐅 h) 𝐃_t", words)
        return
    words = "𝐀∗: standardised lags, of which the evidence speaks: standard deviations of the target at wave t + 1 per "
    words += "standard deviation of the source at wave t, within pupils."
    if not own:
        words += " Lags that are equal in raw units differ between intervals when standardised, as 𝐃 does."
    yield Equation(f"𝐀_t^∗ = 𝐃_{{t+1}}^{{−1}} {'𝐀_t' if own else '𝐀'} 𝐃_t", words)
