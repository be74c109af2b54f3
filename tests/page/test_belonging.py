"""Tables that a report is given beside a fit are the fit's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.page.belonging import require_own
from bayespanel.page.request import Asked
from tests.unsampled import unsampled

REGION = (-0.05, 0.05)


@pytest.fixture(scope="module")
def fit() -> bp.Fit:
    scores = np.random.default_rng(1).normal(size=(60, 6))
    frame = pd.DataFrame(scores, columns=[f"{name}_{wave}" for name in "xy" for wave in (1, 2, 3)])
    columns = {name: [f"{name}_{wave}" for wave in (1, 2, 3)] for name in "xy"}
    return unsampled(bp.RICLPM(("x", "y")), bp.Panel.from_wide(frame, columns=columns))


def table(fit: bp.Fit, **others: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"change": ["as fitted"]})
    own = {"rope": list(REGION), "prob": 0.95, "data": [fit.data.fingerprint()], "spec": repr(fit.spec)}
    frame.attrs = {name: value for name, value in (own | others).items() if value is not None}
    return frame


def test_own_tables_are_taken_also_after_the_fit_was_saved(fit: bp.Fit, tmp_path: Path) -> None:
    asked = Asked(refits=table(fit), comparison=table(fit), tree=xr.Dataset(attrs={"data": fit.data.fingerprint()}))
    require_own(fit, asked, REGION)
    fit.save(tmp_path / "fit.nc")
    require_own(bp.load(tmp_path / "fit.nc"), asked, REGION)


@pytest.mark.parametrize("name", ["refits", "comparison", "tree"])
@pytest.mark.parametrize("data", [["other"], None])
def test_tables_of_other_data_are_refused(fit: bp.Fit, name: str, data: list[str] | None) -> None:
    given: Any = table(fit, data=data)
    if name == "tree":
        given = xr.Dataset(attrs=given.attrs)
    with pytest.raises(bp.SpecError, match=f"'{name}' (is of other data|does not say)"):
        require_own(fit, replace(Asked(), **{name: given}), REGION)


def test_refits_of_another_model_or_region_are_refused(fit: bp.Fit) -> None:
    with pytest.raises(bp.SpecError, match="of another model"):
        require_own(fit, Asked(refits=table(fit, spec="RICLPM()")), REGION)
    with pytest.raises(bp.SpecError, match=r"'refits' -0\.4 to 0\.4"):
        require_own(fit, Asked(refits=table(fit, rope=[-0.4, 0.4])), REGION)
