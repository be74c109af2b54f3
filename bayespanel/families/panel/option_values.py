"""Options of a panel model that are no words: how far lags reach, intervals, paths that vary between schools."""

from __future__ import annotations

from collections.abc import Mapping

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.values import is_moderate, is_whole, listed, names_of, said


def whole_order(given: object) -> int:
    """Return how many waves back lags reach."""
    if not is_whole(given) or given not in (1, 2):
        raise SpecError("Lags reach one wave back, or two.", f"order is {said(given)}.", "Give order=1 or order=2.")
    return int(given)


def length(given: object, time: object) -> float | None:
    """Return the length of the interval of which evidence speaks in continuous time, or None."""
    if given is None:
        return None
    if time != "continuous":
        raise SpecError(
            "Evidence about an interval of any length is that of a model in continuous time.",
            f"per={said(given)} is given with time={said(time)}.",
            "Add time='continuous', or leave per out.",
        )
    if not is_moderate(given) or not given > 0:
        raise SpecError(
            "The interval of which the evidence speaks is a positive number, in the unit of the times.",
            f"per is {said(given)}.",
            "Give for example per=6, for 6 months where times are months.",
        )
    return float(given)


def ordered_of(given: object, variables: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variables that are ordered, in the order of the model."""
    names = names_of("ordered", given, "variable")
    for name in names:
        if name not in variables:
            raise SpecError(
                "A variable with ordered categories is one of the model.",
                f"'ordered' names {said(name)}. {nearest(name, list(variables))}",
                "Correct the name, or leave it out.",
            )
    return tuple(name for name in variables if name in names)


def varying_of(given: object, variables: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths that vary between schools, each "source -> target" of two variables of the model."""
    paths = _paths(given)
    known = [f"{source} -> {target}" for source in variables for target in variables]
    for path in paths:
        if path not in known:
            raise SpecError(
                "A path that varies between schools leads from a variable of the model to one, as 'x -> y'.",
                f"'varying' names {said(path)}. {nearest(path, known)}",
                "Correct the name, or leave it out.",
            )
    return paths


def _paths(given: object) -> tuple[str, ...]:
    paths = None if isinstance(given, str) else listed(given)
    if paths is None or not all(isinstance(path, str) for path in paths):
        raise SpecError(
            "'varying' is a list of paths.",
            f"It is {said(given)}.",
            'Write for example varying=("x -> y",).',
        )
    twice = [path for i, path in enumerate(paths) if path in paths[:i]]
    if twice:
        raise SpecError(
            "A path is named once.", f"'varying' names {said(twice[0])} twice.", "Leave it out the second time."
        )
    return tuple(map(str, paths))


def moderators_of(given: object, varying: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return what predicts paths that vary: path -> names of covariates."""
    if not isinstance(given, Mapping):
        raise SpecError(
            "'moderators' is a table of paths and what predicts them.",
            f"It is {said(given)}.",
            'Write for example moderators={"x -> y": ("programme",)}.',
        )
    for path in given:
        if path not in varying:
            raise SpecError(
                "Moderators predict paths that vary between schools.",
                f"'moderators' names {said(path)}; 'varying' has {', '.join(varying) or 'none'}.",
                "Add the path to varying, or leave it out of moderators.",
            )
    return {path: names_of(f"moderators[{path!r}]", names, "moderator") for path, names in given.items()}
