"""Classes beside one continuum of courses: by BIC, and what to say of it."""

from __future__ import annotations

import numpy as np

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.continuum import continuum
from bayespanel.families.trajectories.scores_alone import near, scores_alone
from bayespanel.families.trajectories.spec import Trajectories

CLEAR = 6.0
"""Difference in BIC from which on one description is clearly better (Raftery 1995, doi:10.2307/271063: strong)."""

VARIES = {"slope": "intercept and slope", "intercept": "intercept"}
"""What the continuum draws for each pupil, in words."""


def beside(spec: Trajectories, rows: PanelRows) -> tuple[float, str] | None:
    """Return BIC of the classes less that of one continuum, both of the scores alone, and what the continuum varies.

    None where each arm has its own classes. Above 0 the continuum is better.
    """
    if spec.by_arm:
        return None
    alone, own = scores_alone(spec, rows)
    found = continuum(alone, own)
    logl, vector = near(spec, rows)
    return float(np.log(own.n_pupils) * len(vector) - 2 * logl - found.bic), found.random


def is_pieces(difference: float) -> bool:
    """Return whether classes are not clearly better than one continuum; False where that is not known."""
    return difference > -CLEAR


def problem(difference: float, random: str) -> str:
    """Say that one continuum describes the scores better than these classes, or as well; nothing where it does not."""
    if not is_pieces(difference):
        return ""
    what = f"One continuum of courses (no classes, random {VARIES[random]})"
    if difference > CLEAR:
        return f"{what} has a BIC {difference:.1f} lower: these classes are pieces of it."
    side = "lower" if difference > 0 else "higher"
    return f"{what} has a BIC only {abs(difference):.1f} {side}: these classes may be pieces of it."


def sentence(spec: Trajectories, differences: dict[int, float], random: str) -> str:
    """Say above a table of numbers of classes what it says about classes at all.

    Parameters
    ----------
    spec
        The model, of any number of classes.
    differences
        Number of classes -> BIC less that of one continuum; at least one number is two or more.
    random
        What the continuum varies.
    """
    best = min((number for number in differences if number > 1), key=lambda number: differences[number])
    gap = differences[best]
    if (one := differences.get(1, np.inf)) <= min(0.0, gap):
        return _one_course(spec, one, gap, best)
    drawn = f"each pupil's {VARIES[random]} drawn from one normal distribution"
    what = f"one continuum of courses (no classes, {drawn})"
    if gap < -CLEAR:
        return (
            f"{best} classes describe the scores better than {what}: BIC is {-gap:.1f} lower. Only these two kinds of "
            "description were compared: skewed scores or other curves can still look like classes."
        )
    if gap > CLEAR:
        return (
            f"NO CLASSES NEEDED: {what} describes the scores better than any of these numbers of classes; its BIC is "
            f"{gap:.1f} lower than that of the best, {best}. More classes only cut the continuum finer: do not report "
            f"them as kinds of pupils.{_both(spec)}"
        )
    return (
        f"CLASSES OR A CONTINUUM is open: {what} describes the scores about as well as {best} classes; its BIC is "
        f"{abs(gap):.1f} {'lower' if gap > 0 else 'higher'}. bp.continuum weighs the two by simulation.{_both(spec)}"
    )


def _one_course(spec: Trajectories, one: float, gap: float, best: int) -> str:
    """Say that one class describes the scores better than several and than the continuum, by differences in BIC."""
    own = f", who have a random {VARIES[spec.random]} each" if spec.random != "none" else ""
    course = f"one class, one course for all pupils{own},"
    lower = (
        f"its BIC is {-one:.1f} lower than that of one continuum of courses, {gap - one:.1f} lower than that of {best}"
    )
    if min(-one, gap - one) > CLEAR:
        return (
            f"ONE CLASS IS ENOUGH: {course} describes the scores best; {lower} classes. These scores do not "
            "tell kinds of pupils apart."
        )
    return f"ONE CLASS may be enough: {course} describes the scores at least as well as all others; {lower} classes."


def _both(spec: Trajectories) -> str:
    """Say whether there is a model of classes whose pupils differ within them too."""
    if spec.random == "slope":
        return ""
    wider = "intercept" if spec.random == "none" else "slope"
    return f" Look at random={wider!r} as well, with which pupils of a class differ too."
