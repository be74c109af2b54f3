"""Bayes factors of fits: the model is asked only where draws are far from 0, and its failure costs no evidence."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import bayespanel as bp
from bayespanel import weighing
from bayespanel.inference.compiled import Compiled
from tests.families.riclpm.data import panel

SPEC = bp.RICLPM(variables=["v0", "v1"])


@functools.cache
def fitted() -> bp.Fit:
    return bp.fit(SPEC, panel(), seed=5, chains=2, tune=300, draws=300, progress=False)


def test_a_compiler_that_fails_costs_factors_far_away_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bp.evidence(fitted(), rope=0.03)

    def fail(_self: Compiled, _model: object, _start: object = None) -> None:
        raise MemoryError("cannot allocate 3 GB\nand more")

    monkeypatch.setattr(Compiled, "posterior", fail)
    found = bp.evidence(fitted(), rope=0.03)
    lost = whole["log_bf10"].notnull() & found["log_bf10"].isnull()
    assert lost.any()  # else the test tests nothing
    assert found["log_bf10_above"].notnull()[lost].all()
    assert (found["log_bf10_above"] < whole["log_bf10"])[lost].all()
    np.testing.assert_array_equal(found["mean"], whole["mean"])
    assert "MemoryError: cannot allocate 3 GB): bounds stand" in " ".join(bp.text(found).split())
    assert "bounds stand" not in bp.text(whole)


def test_nothing_is_compiled_where_the_draws_say_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(weighing._Model, "log_densities", lambda _self, rows: asked.append(rows) or {})
    groups = fitted().groups
    from bayespanel.families.riclpm.pathways import collect

    draws = collect(SPEC, groups, by_interval=False)
    noise = np.random.default_rng(1).normal(size=draws["raw"].shape)
    near = draws.assign({name: value.copy(data=noise) for name, value in draws.data_vars.items()})
    weighing.weighed(SPEC, fitted().data, groups, near)
    assert asked == []
    weighing.weighed(SPEC, fitted().data, groups, near + 50)
    assert len(asked) == 1
