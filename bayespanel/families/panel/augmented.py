"""Models whose likelihood has no closed form, because what is unseen in pupils is drawn beside the parameters."""

from __future__ import annotations

from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError


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
