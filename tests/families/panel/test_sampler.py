"""Fits of models that are true pass their own checks; `make slow`, results in docs/calibration.md."""

from __future__ import annotations

from typing import Any

import pytest

import bayespanel as bp
from tests.families.panel.steady import pupils

DESIGNS: dict[str, tuple[int, dict[str, Any]]] = {
    "200 pupils, 3 waves": (40, {"number": 200, "waves": 3, "stable": (0.5, 0.5), "lag": ((0.3, 0.1), (0.1, 0.3))}),
    "carry-over of .9": (30, {"number": 200, "waves": 3, "stable": (0.3, 0.3), "lag": ((0.9, 0.0), (0.05, 0.9))}),
    "nothing stable in x": (
        30, {"number": 405, "waves": 4, "stable": (0.0, 0.4), "lag": ((0.4, 0.1), (0.1, 0.4))},
    ),
}  # fmt: skip
"""Name -> samples, and what `pupils` takes."""


@pytest.mark.slow
def test_95_of_100_fits_of_true_models_pass_their_checks() -> None:
    passed = 0
    for name, (samples, design) in DESIGNS.items():
        twice = good = 0
        for seed in range(samples):
            data = bp.Panel.from_long(pupils(seed, **design), pupil="pupil", wave="wave", variables=["x", "y"])
            fit = bp.fit(bp.RICLPM(("x", "y")), data, seed=seed, progress=False)
            sampler = bp.checks(fit).iloc[:6]
            failed = sampler[~sampler["passed"]]
            good += failed.empty
            twice += bool(fit.provenance["again"])
            if len(failed):
                print(name, seed, dict(zip(failed["check"], failed["value"].round(3), strict=True)), flush=True)
        print(f"{name}: {good} of {samples} pass, {twice} were sampled twice", flush=True)
        passed += good
    assert passed >= 95
