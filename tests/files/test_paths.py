"""A path is text or a Path, wherever one is given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import bayespanel as bp
from bayespanel.language.errors import BayespanelError

DOORS: tuple[Callable[..., object], ...] = (
    bp.card, bp.world, bp.read_table, bp.load,
    bp.Moments.load, bp.TrialMoments.load, bp.PanelRows.load,
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__qualname__)
@pytest.mark.parametrize("given", [None, 3, b"x", ["a"], "", ".", "a" * 3000, "a\0b"], ids=repr)
def test_what_names_no_file_is_refused_in_words(door: Callable[..., object], given: object) -> None:
    with pytest.raises(BayespanelError) as caught:
        door(given)
    assert "You gave" in caught.value.given
