"""Where there is no spillover, a model without random intercepts finds it, and ours does not."""

from __future__ import annotations

from dataclasses import replace

import xarray as xr

import bayespanel as bp
from bayespanel.families.panel.worlds import null_panel


def spillover(card: bp.Card, panel: bp.Panel) -> xr.Dataset:
    fit = bp.fit(card, panel, seed=2, progress=False)
    # Six effects are looked at together: 95 % for all of them is 1 - .05 / 6, about 99 %, for each (Bonferroni).
    evidence = bp.evidence(fit, prob=0.99)
    return evidence.sel(pathway=evidence["kind"] == "direct")


def test_only_the_clpm_claims_spillover_in_the_null_world() -> None:
    world = null_panel(variables=("rejection", "depression", "victimisation"))
    frame = bp.simulate(world, seed=1)
    panel = bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=world.variables)
    with_intercepts = bp.card("spillover-depression")
    with_intercepts = replace(with_intercepts, spec=replace(with_intercepts.spec, levels=("pupil",)))

    clpm = spillover(bp.card("clpm"), panel)
    # It is sure of all six: beyond the smallest effect of interest, and none of them exists.
    assert (clpm["lower"] > 0).all()
    assert (clpm["prob_above_rope"] > 0.95).all()

    riclpm = spillover(with_intercepts, panel)
    # All six intervals hold the truth, zero, and nothing is called relevant.
    assert ((riclpm["lower"] < 0) & (riclpm["upper"] > 0)).all()
    assert (riclpm[["prob_above_rope", "prob_below_rope"]].to_array().max() < 0.95).all()
