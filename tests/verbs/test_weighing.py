"""Bayes factors of fits: the model is asked only where draws are far from 0, and its failure costs no evidence."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.inference.compiled import Compiled
from bayespanel.verbs import weighing
from tests.families.panel.data import panel

SPEC = bp.RICLPM(variables=["v0", "v1"])


@functools.cache
def fitted() -> bp.Fit:
    return bp.fit(SPEC, panel(), seed=5, sampling=bp.Sampling(draws=500, tune=500, chains=2), progress=False)


def test_a_compiler_that_fails_costs_factors_far_away_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bp.evidence(fitted(), rope=0.03)

    def fail(_self: Compiled, _model: object, _start: object = None) -> None:
        raise MemoryError("cannot allocate 3 GB\nand more")

    monkeypatch.setattr(Compiled, "posterior", fail)
    failed = dataclasses.replace(fitted())
    found = bp.evidence(failed, rope=0.03)
    lost = whole["log_bf10"].notnull() & found["log_bf10"].isnull()
    assert lost.any()  # else the test tests nothing
    assert found["log_bf10_above"].notnull()[lost].all()
    assert (found["log_bf10_above"] < whole["log_bf10"])[lost].all()
    np.testing.assert_array_equal(found["mean"], whole["mean"])
    assert "MemoryError: cannot allocate 3 GB): bounds stand" in " ".join(bp.text(found).split())
    assert "bounds stand" not in bp.text(whole)
    monkeypatch.undo()
    assert (bp.evidence(failed, rope=0.03)["log_bf10"].notnull() == whole["log_bf10"].notnull()).all()


def test_nothing_is_compiled_where_the_draws_say_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(weighing._Model, "log_densities", lambda _self, rows: asked.append(rows) or {})
    groups = fitted().groups
    from bayespanel.families.panel.pathways import collect

    draws = collect(SPEC, groups, by_interval=False)
    noise = np.random.default_rng(1).normal(size=draws["raw"].shape)
    near = draws.assign({name: value.copy(data=noise) for name, value in draws.data_vars.items()})
    weighing.weighed(SPEC, fitted().data, groups, near)
    assert asked == []
    weighing.weighed(SPEC, fitted().data, groups, near + 50)
    assert len(asked) == 1


def test_factors_are_computed_once_for_a_fit_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def counted(*given: object, by_interval: bool, **_: object) -> xr.Dataset:
        asked.append(by_interval)
        names = given[3]["pathway"]  # type: ignore[index]  # the draws
        nothing = np.full(names.size, np.nan)
        columns = dict.fromkeys(("log_bf10", "mcse_log_bf10", "log_bf10_above"), ("pathway", nothing))
        return xr.Dataset(columns, coords={"pathway": names})

    monkeypatch.setattr(weighing, "weighed", counted)
    fit = dataclasses.replace(fitted())
    for rope in (0.03, 0.1):
        bp.evidence(fit, rope=rope)
    bp.evidence(fit, rope=0.03, by_interval=True)
    bp.evidence(dataclasses.replace(fit), rope=0.03)
    assert asked == [False, True, False]
