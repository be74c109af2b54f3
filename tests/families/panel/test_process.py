"""Lags of each interval from those of a model; and options of a panel model are read in few places."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from bayespanel import RICLPM
from bayespanel.families import panel
from bayespanel.families.panel.components import component
from bayespanel.families.panel.process import over_intervals, process
from bayespanel.families.panel.restrictions import RESTRICTIONS, of_pupils

OPTIONS = {"lags", "innovations", "by_wave", "cluster_effects", "covariate_effects", "effects_of"}
READERS = {
    "spec.py",
    "named_models.py",
    "card.py",
    "draft.py",
    "process.py",
    "components.py",
    "restrictions.py",
    "combinations.py",
    "default_rows.py",
}
"""The specification and its card, and what the other rooms read in place of its options."""

BRIDGES = ("lavaan.py", "mplus_panel.py")


def words(path: Path) -> set[str]:
    """Names of attributes and arguments, and texts of one word, in the code of a module."""
    out = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            out.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            out.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            out.add(node.value)
    return out


def test_rooms_read_the_process_and_the_components_and_not_the_options() -> None:
    here = Path(panel.__file__).parent
    rooms = [*here.glob("*.py"), *(here.parents[1] / "bridges" / name for name in BRIDGES)]
    found = {path.name: words(path) & OPTIONS for path in rooms if path.name not in READERS}
    # The row of checks about lags says which of them differs most.
    assert {name: option for name, option in found.items() if option} == {"fit_rows.py": {"lags"}}


@pytest.mark.parametrize("waves", [2, 3, 5])
@pytest.mark.parametrize("lags", ["equal", "free"])
def test_the_shape_of_lags_has_a_length_for_each_dimension(lags: str, waves: int) -> None:
    found = process(RICLPM(("x", "y"), lags=lags))
    assert found.word == lags
    assert found.number(waves) == (waves - 1 if lags == "free" else 1)
    assert found.dims(waves)[-2:] == ("target", "source")
    assert len(found.shape(waves, 2)) == len(found.dims(waves)) == (3 if lags == "free" and waves > 2 else 2)
    every = np.arange(4.0 * (waves - 1)).reshape(-1, 2, 2)
    own = found.pooled(every)
    assert own.shape == (found.number(waves), 2, 2)
    np.testing.assert_array_equal(own.mean(axis=0), every.mean(axis=0))


def test_a_matrix_is_repeated_for_every_interval_unless_it_has_intervals() -> None:
    one, several = np.ones((1, 3, 2, 2)), np.ones((1, 3, 4, 2, 2))
    assert over_intervals(one, 4).shape == several.shape
    assert over_intervals(several, 4) is several


@pytest.mark.parametrize("effects", ["stable", "by_wave"])
def test_a_component_has_a_length_for_each_of_its_dimensions(effects: str) -> None:
    spec = RICLPM(("x", "y"), levels=("pupil", "class"), cluster_effects=effects)
    for part in spec.components():
        assert np.prod(part.sd_shape(3, 2)) == np.prod(part.shape(3, 2))
        assert part.loading(np.arange(3.0), 2).shape == (6, part.size(3, 2))
    assert component(spec, "class").stable == (effects == "stable")


def test_what_is_held_can_be_freed_and_is_then_held_no_more() -> None:
    spec = RICLPM(("x", "y"), innovations="equal", means="equal", intercepts=False)
    held = dict(of_pupils(spec, np.arange(3.0)))
    assert list(held) == ["lags", "innovations", "means", "intercepts", "order"]
    for name, restriction in held.items():
        assert name not in dict(of_pupils(restriction.freed(spec), np.arange(3.0)))
    assert list(dict(of_pupils(spec, np.arange(2.0)))) == ["means"]
    assert [str(RESTRICTIONS[name]) for name in ("lags", "intercepts")] == ["lags='free'", "intercepts=True"]
