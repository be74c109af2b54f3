"""Models by the names that people look for."""

from __future__ import annotations

import pytest

import bayespanel as bp

NAMES = ("a", "b")


def test_a_name_is_a_choice_of_options() -> None:
    assert bp.CLPM(NAMES) == bp.RICLPM(NAMES, intercepts=False)
    assert bp.STARTS(NAMES) == bp.RICLPM(NAMES, error="equal", innovations="equal")
    assert bp.STARTS(NAMES, innovations="free").innovations == "free"
    assert bp.LCMSR(NAMES, lags="free") == bp.RICLPM(NAMES, slopes=True, means="linear", lags="free")
    assert bp.DPM(NAMES) == bp.RICLPM(NAMES, accumulating=True)
    assert bp.ALT(NAMES) == bp.RICLPM(NAMES, accumulating=True, slopes=True, means="linear")
    general = {"accumulating": True, "moving_average": "cross", "loadings": "free"}
    assert bp.GCLM(NAMES) == bp.RICLPM(NAMES, **general)
    assert bp.GCLM(NAMES, loadings="first", moving_average="none").loadings == "first"
    assert bp.LCMSR(NAMES, means="free").means == "free"


@pytest.mark.parametrize("name", ["CLPM", "STARTS", "LCMSR"])
def test_what_makes_it_another_model_is_refused(name: str) -> None:
    model = getattr(bp, name)
    option, other = {"CLPM": ("intercepts", True), "STARTS": ("error", "none"), "LCMSR": ("slopes", False)}[name]
    with pytest.raises(bp.SpecError, match=f"{name} is an RICLPM with {option}"):
        model(NAMES, **{option: other})
    with pytest.raises(bp.SpecError, match=f"{name} has the options of RICLPM"):
        model(NAMES, lag="free")
    with pytest.raises(bp.SpecError, match="variables"):
        model("a")
