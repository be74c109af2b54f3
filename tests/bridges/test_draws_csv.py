"""Draws for R's posterior package, and estimates as a tidy table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import bayespanel as bp
from bayespanel.inference.fit import Fit


def test_draws_come_back_from_the_file_to_the_last_digit(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lag = rng.normal(size=(2, 3, 2, 2))
    labels = ["rejection", "depression"]
    posterior = xr.Dataset(
        {"lag": (("chain", "draw", "target", "source"), lag), "radius": (("chain", "draw"), lag[..., 0, 0])},
        coords={"target": labels, "source": labels},
    )
    fit = Fit({"posterior": posterior}, None, None, {})
    bp.draws_csv(fit, tmp_path / "draws.csv")
    frame = pd.read_csv(tmp_path / "draws.csv", dtype=str).map(float)
    assert list(frame) == [
        ".chain", ".iteration", ".draw",
        "lag[rejection,rejection]", "lag[rejection,depression]",
        "lag[depression,rejection]", "lag[depression,depression]", "radius",
    ]  # fmt: skip
    assert frame[".chain"].tolist() == [1, 1, 1, 2, 2, 2]
    assert frame[".iteration"].tolist() == [1, 2, 3, 1, 2, 3]
    assert frame[".draw"].tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(frame["lag[depression,rejection]"], lag[:, :, 1, 0].ravel())
