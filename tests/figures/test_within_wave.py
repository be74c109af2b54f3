"""Correlations within waves in the path diagram: those of the posterior, pair by pair and wave by wave."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.figures.within_wave import ARC
from tests.families.panel.data import panel as pupils
from tests.figures.drawn import cut_off, legible, named, words
from tests.figures.fakes import WAVES, panel
from tests.unsampled import unsampled

PAIRS = {2: [(0, 1)], 3: [(0, 1), (0, 2), (1, 2)]}


def posterior(names: list[str], *, equal: bool = False, groups: tuple[str, ...] = ()) -> xr.Dataset:
    """Correlation of a pair (i, j) at wave t: .1 (i + j) + .01 t, and .5 less in the second group."""
    steps = 1 if equal else len(WAVES) - 1
    out = np.zeros((max(len(groups), 1), 1 + steps, len(names), len(names)))
    for i in range(len(names)):
        for j in range(len(names)):
            for t in range(1 + steps):
                out[:, t, i, j] = 1.0 if i == j else 0.1 * (i + j) + 0.01 * t - 0.5 * np.arange(len(out))
    noise = np.random.default_rng(1).normal(0, 1e-4, (2, 50, 1, 1, 1, 1))
    values = out + noise
    dims = ["chain", "draw", "group", "interval", "variable", "variable_"]
    one = xr.DataArray(values, dims=dims, coords={"variable": names, "variable_": names})
    one = one.assign_coords(group=list(groups)) if groups else one.isel(group=0)
    first, later = one.isel(interval=0), one.isel(interval=slice(1, None))
    return xr.Dataset({"initial_corr": first, "innovation_corr": later.isel(interval=0) if equal else later})


def names_of(evidence: xr.Dataset) -> list[str]:
    frame = bp.table(evidence)
    return list(dict.fromkeys(frame[frame["kind"].isin(["direct", "carry_over"])]["source"]))


@pytest.mark.parametrize("n", PAIRS)
@pytest.mark.parametrize("equal", [False, True])
def test_each_pair_has_an_arc_with_its_number_at_each_wave(n: int, equal: bool) -> None:
    evidence = panel(n)
    own = posterior(names_of(evidence), equal=equal)
    figure = bp.plot_path_diagram(evidence, waves=WAVES, within=own)
    assert len(named(figure, ARC)) == len(WAVES) * len(PAIRS[n])
    frame = names_of(evidence)
    order = {name: k for k, name in enumerate(own["variable"].values)}
    expected = [
        f"{0.1 * (order[frame[i]] + order[frame[j]]) + 0.01 * (min(t, 1) if equal else t):.2f}"
        for t in range(len(WAVES))
        for i, j in PAIRS[n]
    ]
    shown = words(figure)
    assert all(text in shown for text in expected)
    assert cut_off(figure) == []
    assert any("correlations within a wave" in text.replace("\n", " ") for text in shown)
    plain = bp.plot_path_diagram(evidence, waves=WAVES)
    assert not named(plain, ARC)
    assert any("within a wave are not drawn" in text.replace("\n", " ") for text in words(plain))


def test_numbers_of_two_variables_lie_on_nothing() -> None:
    evidence = panel(2)
    assert legible(bp.plot_path_diagram(evidence, waves=WAVES, within=posterior(names_of(evidence)))) == []


def test_a_fit_goes_in_as_it_is_with_labels_and_groups() -> None:
    fit = unsampled(bp.RICLPM(variables=("v0", "v1")), pupils())
    figure = bp.plot_path_diagram(bp.evidence(fit), within=fit.posterior, labels={"v0": "Zest"})
    assert len(named(figure, ARC)) == len(fit.data.waves)
    assert "Zest" in words(figure)


def test_a_group_has_its_own() -> None:
    from bayespanel.figures.within_wave import correlations

    own = posterior(["a", "b"], groups=("boys", "girls"))
    boys, girls = (correlations(own, ["a", "b"], len(WAVES), group) for group in ("boys", "girls"))
    assert boys[0] == {(0, 1): "0.10"}
    assert girls[0] == {(0, 1): "-0.40"}


@pytest.mark.parametrize(
    ("n", "given", "said"),
    [
        (2, xr.Dataset(), "It lacks 'initial_corr', 'innovation_corr'"),
        (2, posterior(["other", "names"]), "It is of other variables"),
        (7, posterior(["a", "b"]), "There are 7"),
    ],
)
def test_what_cannot_be_drawn_is_said(n: int, given: xr.Dataset, said: str) -> None:
    with pytest.raises(bp.SpecError, match=said):
        bp.plot_path_diagram(panel(n), waves=WAVES, within=given)


def test_other_waves_are_refused() -> None:
    evidence = panel(2)
    own = posterior(names_of(evidence)).isel(interval=slice(0, 1))
    with pytest.raises(bp.SpecError, match="It has 2, and the diagram 4"):
        bp.plot_path_diagram(evidence, waves=WAVES, within=own)
