"""Blocks of parameters that may differ between groups of pupils, and which of them a specification frees."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.prior import Prior
from bayespanel.language.values import listed, name_of, said

BLOCKS: dict[str, tuple[str, ...]] = {
    "mean": ("mean", "first_mean", "item_intercept"),
    "covariate_effect": ("covariate_effect",),
    "lag": ("lag", "lag_2", "first_lag", "moving_average", "drift"),
    "initial": ("initial",),
    "innovation": ("innovation", "diffusion"),
    "intercept": ("intercept", "growth"),
    "loading": ("intercept_loading", "first_loading"),
    "error": ("error",),
    "measurement": ("item_loading", "item"),
}
"""Name of a block -> parameters, and covariances by the first part of their names. Effects of classes and schools are
in none: groups share them."""

WORDS = ("all", "none")


def column_of(field: str, given: object) -> str:
    """Return the name of a column, or nothing.

    Raises
    ------
    SpecError
        It is no name.
    """
    return "" if isinstance(given, str) and not given else name_of(field, given, "column")


def parameters_of(rows: Iterable[Prior]) -> set[str]:
    """Return the parameters of a model from its priors, covariances by the first part of their names."""
    return {row.parameter.removesuffix("_sd").removesuffix("_corr") for row in rows}


def freed_of(free: str | tuple[str, ...], parameters: Collection[str]) -> frozenset[str]:
    """Return which of the parameters of a model differ between groups."""
    chosen = BLOCKS if free == "all" else () if free == "none" else free
    return frozenset(name for block in chosen for name in BLOCKS[block] if name in parameters)


def settled_free(groups: str, free: object, parameters: Collection[str]) -> str | tuple[str, ...]:
    """Return what differs between groups: "all", "none", or the names of blocks.

    Raises
    ------
    SpecError
        An unknown block, one that the model lacks, or blocks without groups.
    """
    known = [block for block, own in BLOCKS.items() if set(own) & set(parameters)]
    if not groups:
        if not isinstance(free, str) or free != "all":
            raise SpecError(
                "'free' names what differs between groups of pupils.",
                f"free is {said(free)}, and no groups are given.",
                'Name the column that tells them, groups="sex", or leave free out.',
            )
        return "all"
    if isinstance(free, str):
        if free in WORDS:
            return free
        free = (free,)
    names = listed(free)
    if names is None or not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise SpecError(
            '\'free\' is "all", "none", or blocks of parameters that differ between groups, each once.',
            f"It is {said(free)}.",
            f"Choose among {', '.join(known)}.",
        )
    for name in names:
        if name not in known:
            lacks = "The model does not have it." if name in BLOCKS else nearest(name, [*known, *WORDS])
            raise SpecError(
                f"Blocks of parameters that can differ between groups of this model are {', '.join(known)}.",
                f"'free' names {said(name)}. {lacks}",
                "Correct the name, or leave it out. Effects of classes and schools are common to all groups.",
            )
    return tuple(block for block in BLOCKS if block in names)
