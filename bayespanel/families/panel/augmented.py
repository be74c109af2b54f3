"""Models whose likelihood has no closed form, because what is unseen in pupils is drawn beside the parameters."""

from __future__ import annotations

from bayespanel.data import Moments
from bayespanel.families.panel.formed_anew import formed_anew
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import DataError, SpecError


def refuse_augmented(spec: RICLPM, what: str) -> None:
    """Refuse what needs a likelihood in closed form.

    Raises
    ------
    SpecError
        Some variables are ordered, or tails are Student-t.
    """
    if not spec.augmented:
        return
    option, unseen = (
        ("ordered", "the scores behind categories") if spec.ordered else ("tails", "a weight of each pupil")
    )
    raise SpecError(
        f"{what} needs a likelihood in closed form.",
        f"{option}={getattr(spec, option)!r} is given; {unseen} must be sampled.",
        f"Leave {option} out here. bp.fit takes such models.",
    )


def require_lasting_classes(spec: RICLPM, moments: Moments) -> None:
    """Refuse classes that are formed anew where effects of classes are drawn: each is then one for all waves.

    Raises
    ------
    DataError
        The model has classes, and those of the data are formed anew.
    """
    if spec.augmented and any(formed_anew(moments, level) for level in spec.cluster_levels):
        option = "ordered" if spec.ordered else "tails"
        raise DataError(
            "Models of ordered scores and of Student-t tails have classes that stay together at all waves.",
            f"{option}={getattr(spec, option)!r} is given, and classes are formed anew every school year.",
            f"Take 'class' out of levels, read the data with one class per pupil, or leave {option} out.",
        )
