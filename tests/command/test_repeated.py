"""An option has one value."""

from __future__ import annotations

import pytest

from bayespanel.cli import app
from bayespanel.command.repeated import require_single_values
from bayespanel.language.errors import SpecError


@pytest.mark.parametrize(
    "line",
    ["evidence x --rope 0.1 --rope=0.2", "fit star --seed 1 --seed 2", "power w c -o a.zarr --output b.zarr",
     "describe t.csv --control a --pupil id --control b"],
)  # fmt: skip
def test_two_values_are_refused(line: str) -> None:
    with pytest.raises(SpecError, match="is given once"):
        require_single_values(app, line.split())


@pytest.mark.parametrize("words", [["describe", "t.csv", "--school", " "], ["describe", "t.csv", "--school="]])
def test_no_value_is_refused(words: list[str]) -> None:
    with pytest.raises(SpecError, match="needs a value"):
        require_single_values(app, words)


@pytest.mark.parametrize(
    "line",
    ["", "--version", "describe t.csv --wide a=a1,a2 --wide b=b1,b2", "evidence x --json --json --rope 0.1 --rope 0.1",
     "describe t.csv --missing -9", "power w c --set a=1 --set b=2", "nothing --rope 1", "describe t.csv -- --rope"],
)  # fmt: skip
def test_what_may_be_repeated_and_the_same_again_pass(line: str) -> None:
    require_single_values(app, line.split())
