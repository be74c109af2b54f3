"""The figure of models side by side."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.figures.canvas import MARKERS
from tests.figures.drawn import cut_off, words
from tests.figures.fakes import panel

NAMES = ("CLPM", "RI-CLPM", "LCM-SR")


def tree(variables: int = 3, models: tuple[str, ...] = NAMES) -> xr.Dataset:
    """Return what `family_tree` would say: models that differ in all lags, and associations that one does not have."""
    return side_by_side(panel(variables), models)


def side_by_side(evidence: xr.Dataset, models: tuple[str, ...]) -> xr.Dataset:
    """Return models beside each other that say of pathways what evidence does, shifted; the second is the likeliest."""
    names = ("mean", "lower", "upper")
    shifts = np.linspace(-0.1, 0.1, len(models))
    bare = evidence.drop_vars([name for name in evidence.data_vars if name not in ("kind", "source", "target")])
    out = bare.assign({n: (("model", "pathway"), evidence[n].values + shifts[:, None]) for n in names})
    for name in names:
        out[name] = out[name].where(~((out["kind"] == "between") & (xr.DataArray(shifts, dims="model") == shifts[0])))
        out[f"averaged_{name}"] = out[name].mean("model")
    for name in ("prob_direction", "prob_rope"):
        out[f"averaged_{name}"] = evidence[name]
    logs = np.full(len(models), -1000.0)
    logs[1] += 0.5
    share = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    over = {
        "log_marginal_likelihood": logs, "log_marginal_likelihood_importance": logs + 0.01, "probability": share,
        "log_bf": logs.max() - logs, "mcse": np.full(len(models), 0.02), "stacking_weight": share,
        "elpd_diff": -np.arange(len(models)), "dse": np.full(len(models), 0.5), "rmsea": np.full(len(models), 0.02),
        "fit_state": np.where(np.arange(len(models)) == 1, "FAILED", "ok"), "state": np.full(len(models), "FAILED"),
    }  # fmt: skip
    out = out.assign({name: ("model", value) for name, value in over.items()})
    out["included"] = (out["mean"].notnull() * xr.DataArray(share, dims="model")).sum("model")
    attrs = {"rope": [-0.05, 0.05], "prob": 0.95, "left_out": "school", "notes": []}
    return out.assign_coords(model=list(models)).assign_attrs(attrs)


def test_every_model_and_the_average_are_drawn_and_explained() -> None:
    found = tree()
    figure = bp.plot_family_tree(found)
    (axes,) = figure.axes
    lags = int(found["kind"].isin(["direct", "carry_over"]).sum())
    drawn = [line for line in axes.lines if line.get_gid() == "interval"]
    assert len(drawn) == lags * (len(NAMES) + 1)
    said = words(figure)
    assert "RI-CLPM: probability 0.45, stacking weight 0.45" in said
    assert any("best predicts left-out schools" in text for text in said)
    assert "average" in said
    assert not cut_off(figure)


def test_a_model_without_a_pathway_has_no_line_in_its_block() -> None:
    found = tree()
    figure = bp.plot_family_tree(found, kinds=["between"])
    rows = int((found["kind"] == "between").sum())
    drawn = [line for line in figure.axes[0].lines if line.get_gid() == "interval"]
    assert len(drawn) == rows * len(NAMES)  # the average, and two of three models
    assert any(text.endswith("0.73") for text in words(figure))


def test_what_it_cannot_draw_is_said() -> None:
    with pytest.raises(bp.SpecError, match="result of family_tree"):
        bp.plot_family_tree(panel(2))
    with pytest.raises(bp.SpecError, match="None is of the kind odds"):
        bp.plot_family_tree(tree(), kinds=["odds"])
    with pytest.raises(bp.SpecError, match="different models"):
        bp.plot_family_tree(tree(2, tuple(f"m{i}" for i in range(len(MARKERS) + 1))))
