"""Groups of pupils in a world of panels: their shares, and the true values that differ between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from bayespanel.families.shared import world_fields as given
from bayespanel.language.errors import SpecError
from bayespanel.language.plain_names import require_distinct_names
from bayespanel.language.values import is_number, said

FIELDS: dict[str, tuple[str, ...]] = {
    "mean": ("mean",),
    "first_mean": ("mean",),
    "lag": ("lag",),
    "drift": ("drift",),
    "diffusion": ("diffusion_sd", "diffusion_corr"),
    "lag_2": ("lag_2",),
    "first_lag": ("first_lag",),
    "moving_average": ("moving_average",),
    "initial": ("initial_sd", "initial_corr"),
    "innovation": ("innovation_sd", "innovation_corr"),
    "intercept": ("intercept_sd", "intercept_corr"),
    "growth": ("intercept_sd", "slope_sd", "growth_corr"),
    "intercept_loading": ("intercept_loading",),
    "first_loading": ("first_loading",),
    "error": ("measurement_error_sd", "measurement_error_corr"),
    "item_intercept": ("item_intercept",),
    "item_loading": ("item_loading",),
    "item": ("item_sd",),
}
"""Parameter of a model, or covariance by the first part of its name -> fields of a world."""

VARYING = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names))
"""Fields that can differ between groups; classes, schools and the design are common to all."""


class Grouped(Protocol):
    """What a world with groups has."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the scores."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of scores."""

    @property
    def groups(self) -> Mapping[str, float]:
        """Shares of the groups."""

    @property
    def by_group(self) -> Mapping[str, Mapping[str, Any]]:
        """What differs in each."""

    @property
    def stationary(self) -> bool:
        """Whether where it starts follows."""

    @property
    def grouping(self) -> str:
        """The column that tells them."""


TOTAL = 1e-6
"""By how much shares may miss a sum of 1."""


def settled(world: Grouped) -> tuple[dict[str, float], dict[str, dict[str, Any]], str]:
    """Return the shares of the groups, what differs in each, and the column that tells them.

    Raises
    ------
    SpecError
        Shares are no shares or do not add up to 1; a group is unknown; a field cannot differ, or a world of the group
        with its values breaks a rule.
    """
    shares = given.table("groups", world.groups, "names of groups to shares of pupils")
    own = given.table("by_group", world.by_group, "names of groups to fields of the world", tuple(shares), "groups")
    column = given.text("grouping", world.grouping)
    require_distinct_names(shares, "group of a world")
    if not shares:
        if own:
            raise SpecError(
                "Fields differ between groups of a world that has groups.",
                f"by_group names {', '.join(own)}; groups is empty.",
                'Give groups={"girl": 0.5, "boy": 0.5} too.',
            )
        return {}, {}, column
    numbers = all(is_number(share) and 0 < share < 1 for share in shares.values())
    if not numbers or len(shares) < 2 or abs(sum(shares.values()) - 1) > TOTAL:
        raise SpecError(
            "'groups' maps two names or more to shares of pupils, each above 0, which add up to 1.",
            f"It is {said(dict(shares))}.",
            'Write for example {"girl": 0.5, "boy": 0.5}.',
        )
    if column in (*world.variables, *world.columns, "pupil", "wave", "school", "class"):
        raise SpecError(
            "The column of the groups has a name of its own.",
            f"'grouping' is {column!r}, which is another column.",
            "Rename it.",
        )
    for label, changes in own.items():
        own[label] = given.table(f"by_group of {label}", changes, "fields to values", VARYING, "fields that can differ")
    found = {label: _of(world, changes) for label, changes in own.items()}
    settled_fields = {label: {name: getattr(one, name) for name in own[label]} for label, one in found.items()}
    return {label: float(share) for label, share in shares.items()}, settled_fields, column


def of_group[World: Grouped](world: World, label: str) -> World:
    """Return the world of one group alone."""
    return _of(world, world.by_group.get(label, {}))


def each[World: Grouped](world: World) -> dict[str, World]:
    """Return group -> its world; of a world without groups, itself under an empty name."""
    return {label: of_group(world, label) for label in world.groups} if world.groups else {"": world}


def drawn(world: Grouped, pupils: int, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Draw the group of each pupil [pupil], in numbers as near to the shares as whole pupils come."""
    ends = np.rint(np.cumsum(list(world.groups.values())) * pupils).astype(np.int64)
    number = np.diff(ends, prepend=0)
    return rng.permutation(np.repeat(np.arange(len(number)), number))


def _of[World: Grouped](world: World, changes: Mapping[str, Any]) -> World:
    start = {"initial_sd": None, "initial_corr": None} if world.stationary else {}  # it follows from the changes
    made = {"groups": {}, "by_group": {}, **start, **changes}
    return replace(world, **made)  # type: ignore[type-var]  # worlds are dataclasses
