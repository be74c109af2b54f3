"""Which of its options would mend a panel model that does not fit, and what of its misfit would be left.

One option after the other is freed, each time the one that takes most off the chi-square for its parameters (two for
each, as AIC counts), as long as it takes more than chance (p < .01) and more than chance is left. Others that take
nearly as much are named: such data do not tell which it is. No model is fitted again for it: each step is one climb
from the maximum before. Maxima with negative variances, to which occasion errors tempt, are no advice: covariances
stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayespanel.data import Moments
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.item_neighbours import at_means, split
from bayespanel.families.panel.lifting import Own, lifted
from bayespanel.families.panel.neighbours import LARGEST
from bayespanel.families.panel.restrictions import Restriction, of_pupils
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.structure import structure
from bayespanel.inference.ascent import Ascent, ascend, is_proper
from bayespanel.inference.likelihood_ratio import UNLIKELY, LikelihoodRatio

NEARLY = 0.9
"""Share of what the best option takes off from which another takes nearly as much."""

ALIKE = 2.0
"""Difference of AIC up to which options are alike, and the one that stands first among the checks is taken: so small a
difference is no evidence (Burnham & Anderson 2004, doi:10.1177/0049124104268644)."""

STEPS = 3
"""Options that are freed one after the other, at most: beyond these another model is needed, not another option."""


@dataclass(frozen=True)
class Step:
    """One option that is freed.

    Attributes
    ----------
    restriction
        What is freed.
    gain
        What that takes off the chi-square, as a test.
    left
        The test of what is left.
    rivals
        Other options that would take nearly as much off it.
    """

    restriction: Restriction
    gain: LikelihoodRatio
    left: LikelihoodRatio
    rivals: tuple[Restriction, ...] = ()


def steps(
    spec: RICLPM, moments: Moments, fitted: Own, whole: LikelihoodRatio, known: Mapping[str, Ascent]
) -> list[Step]:
    """Return what mends a misfit, step by step; empty where no option does.

    Parameters
    ----------
    spec, moments
        Model and data.
    fitted
        The model with its maximum as its start.
    whole
        The test of the whole misfit: against free means and covariances of a pupil's scores.
    known
        Maxima of its neighbours by their names, as far as they are known.
    """
    out: list[Step] = []
    left = whole
    while len(out) < STEPS and left.p < UNLIKELY:
        found, here = [], fitted.structure.forward(fitted.structure.arrays(fitted.start))
        for name, restriction in of_pupils(spec, wave_times(moments)):
            freed = restriction.freed(spec)
            model = structure(freed, moments)
            df = model.size - fitted.structure.size
            if not 0 < df <= left.df or model.size > LARGEST:
                continue
            start, uncertain = lifted(fitted, fitted.start, model, of=split(spec, freed, moments))
            start = at_means(spec, freed, moments, here[1], model, start)
            top = None if out else known.get(name)
            if top is None or not is_proper(model, top.vector):
                try:
                    top = ascend(model, fitted.statistics, start, uncertain, beyond=False)
                except np.linalg.LinAlgError:  # such an option is no advice, and the others may be
                    continue
            gain = 2.0 * (top.log_likelihood - fitted.log_likelihood)
            if top.converged and LikelihoodRatio(gain, df, moments.n_pupils).p < UNLIKELY:
                one = Own(model, fitted.statistics, top.vector, uncertain, fitted.draws, top.log_likelihood)
                found.append((gain, df, freed, restriction, one))
        if not found:
            break
        best = max(more - 2.0 * free for more, free, *_ in found)
        first = next(each for each in found if each[0] - 2.0 * each[1] >= best - ALIKE)
        others = sorted((each for each in found if each is not first), key=lambda each: 2.0 * each[1] - each[0])
        gain, df, spec, restriction, fitted = first
        near = NEARLY * (gain - 2.0 * df)
        rivals = tuple(other for more, free, _, other, _ in others if more - 2.0 * free >= near)
        left = LikelihoodRatio(max(0.0, left.statistic - gain), left.df - df, left.pupils)
        out.append(Step(restriction, LikelihoodRatio(gain, df, left.pupils), left, rivals))
        if not left.df:
            break
    return out


def advice(found: list[Step], whole: LikelihoodRatio) -> str:
    """Say in words what mends a misfit, and what is left of it."""
    if not found:
        return "No option that these waves can tell apart takes more than chance off it."
    first, *more = (f"{step.restriction}, which takes {step.gain.statistic:.1f} off it" for step in found)
    if found[0].rivals:
        first += f" ({' or '.join(map(str, found[0].rivals))} nearly as much: these data hardly tell which)"
    told = "; then ".join((f"Try {first}", *more))
    left = found[-1].left
    if not left.df:
        return f"{told}; with them the model says nothing that data could contradict."
    rest = f"{left.statistic:.1f} on {left.df} degrees of freedom, RMSEA {left.rmsea:.3f}"
    enough = "which chance may explain" if left.p >= UNLIKELY else "more than chance"
    share = f" of {whole.statistic:.1f}" if left.p < UNLIKELY else ""
    return f"{told}; what is left{share} is {rest}, {enough}."
