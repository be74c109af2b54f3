"""The door to the families: every room is there, and the type checker refuses what is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mypy import api

from bayespanel import RICLPM, ClusterTrial, Trajectories
from bayespanel.families.door import FAMILIES, family_of, models
from bayespanel.families.family import Family
from bayespanel.families.panel.family import PANELS

ROOT = Path(__file__).parents[2]
WRONG = Path(__file__).with_name("wrong_calls.py")
ABILITIES = [name for name in vars(Family) if isinstance(vars(Family)[name], property)]


def test_the_type_checker_refuses_misspelt_abilities_and_wrong_arguments() -> None:
    expected = {
        (number, line.rpartition("# ")[2])
        for number, line in enumerate(WRONG.read_text().splitlines(), 1)
        if re.search(r"  # [a-z-]+$", line)
    }
    out, _, _ = api.run(["--config-file", str(ROOT / "pyproject.toml"), "--no-error-summary", str(WRONG)])
    found = {(int(row[0]), row[1]) for row in re.findall(r"wrong_calls\.py:(\d+): error: .*\[([a-z-]+)\]", out)}
    assert len(expected) == 16
    assert found == expected, out


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
@pytest.mark.parametrize("ability", ABILITIES)
def test_every_ability_is_there_or_none(family, ability: str) -> None:
    assert hasattr(family, ability)  # imports the room


def test_a_family_is_found_by_its_specification() -> None:
    specs = (RICLPM(variables=("x", "y")), ClusterTrial(outcomes=("y",)), Trajectories("y"))
    assert [family_of(spec).name for spec in specs] == ["riclpm", "trial", "trajectories"] == list(FAMILIES)
    assert family_of(specs[0]) is PANELS


def test_pooled_effects_are_sampled_beside_unpooled_ones_and_nothing_else_is() -> None:
    pooled = ClusterTrial(outcomes=("a", "b"), families={"skills": ("a", "b")})
    assert models(pooled) == {"posterior": pooled, "unpooled": pooled.unpooled()}
    assert list(models(ClusterTrial(outcomes=("a",)))) == list(models(Trajectories("y"))) == ["posterior"]
