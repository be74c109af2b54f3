"""What families share: arrays with their labels, pathways as a dataset, rooms of a folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from bayespanel.families.panel.family import PANELS
from bayespanel.families.shared.named import dataset, draws, one_draw
from bayespanel.families.shared.pathways import Pathway, collected, refuse_intervals, require_same_names
from bayespanel.language.errors import FitError, SpecError

LABELS = {"wave": ("1", "2"), "variable": ("x", "y", "z"), "level": ("pupil",)}


@dataclass(frozen=True)
class Own(Pathway):
    weight: str = ""
    pooled: bool = False


def test_arrays_have_the_labels_of_their_dimensions_and_no_others() -> None:
    found = dataset({"mean": (("wave", "variable"), np.zeros((2, 3)))}, LABELS)
    assert {name: found[name].values.tolist() for name in found.coords} == {
        "wave": ["1", "2"],
        "variable": ["x", "y", "z"],
    }
    assert "level" in dataset({"mean": (("wave",), np.zeros(2))}, LABELS, also=("level",)).coords


def test_draws_are_numbered_and_a_truth_is_one_draw() -> None:
    found = draws({"sd": (("variable",), np.ones((4, 5, 3)))}, LABELS)
    assert found["sd"].dims == ("chain", "draw", "variable")
    assert found["draw"].values.tolist() == [0, 1, 2, 3, 4]
    truth = one_draw({"sd": (("variable",), np.ones(3))}, LABELS)
    assert dict(truth.sizes) == {"chain": 1, "draw": 1, "variable": 3}
    xr.testing.assert_identical(truth, found.isel(chain=[0], draw=[0]))


def test_each_field_of_a_pathway_is_a_coordinate_of_its_own_type() -> None:
    posterior = draws({"sd": ((), np.ones((2, 3)))}, {})
    rows = [
        (Own("x -> y", "direct", "x", "y", lag=1, weight="w"), np.full((2, 3), 1.0), np.full((2, 3), 2.0)),
        (Own("icc: x", "icc", "school", "x", level="school", pooled=True), np.zeros((2, 3)), np.ones((2, 3))),
    ]
    found = collected(Own, rows, posterior, "in SDs")
    assert found.attrs == {"standardisation": "in SDs"}
    assert found["standardised"].dims == ("chain", "draw", "pathway")
    assert found["raw"].sel(pathway="x -> y").values.tolist() == [[2.0] * 3] * 2
    assert found["lag"].values.tolist() == [1, 0]
    assert found["lag"].dtype.kind == "i"
    assert found["pooled"].values.tolist() == [False, True]
    assert found["pooled"].dtype == bool
    assert found["level"].values.tolist() == ["pupil", "school"]
    assert collected(Own, [], posterior, "in SDs").sizes == {"chain": 2, "draw": 3, "pathway": 0}


def test_a_posterior_about_other_names_and_intervals_of_none_are_refused() -> None:
    posterior = draws({"sd": (("variable",), np.ones((2, 3, 3)))}, LABELS)
    require_same_names(posterior, "variable", ("x", "y", "z"), "variables")
    with pytest.raises(FitError, match="The posterior's are x, y, z; the specification's y, x, z"):
        require_same_names(posterior, "variable", ("y", "x", "z"), "variables")
    with pytest.raises(FitError, match="same outcomes"):
        require_same_names(posterior, "outcome", ("a",), "outcomes")
    refuse_intervals(False, "a trial")
    with pytest.raises(SpecError, match="This is a trial"):
        refuse_intervals(True, "a trial")


def test_a_room_is_a_module_of_the_folder_and_another_name_is_none() -> None:
    assert PANELS.moments.__name__ == "bayespanel.families.panel.moments"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no 'statistix'"):
        PANELS.statistix  # type: ignore[attr-defined]  # noqa: B018
