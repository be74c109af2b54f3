"""A check of levels that data have and the model leaves out, with pupils drawn apart from the package."""

from __future__ import annotations

import numpy as np
import pytest

import bayespanel as bp
from tests.families.panel.study_schools import Reality, panel, pupils

QUICK = bp.Sampling(chains=2, draws=200, tune=200)
PLAIN = bp.RICLPM(("x", "y"), levels=("pupil", "school"), innovations="equal")


def row(spec: bp.RICLPM, data: bp.Panel, level: str) -> dict[str, object]:
    fit = bp.fit(spec, data, seed=1, sampling=QUICK, progress=False, retry=False)
    found = bp.checks(fit).set_index("check")
    return dict(found.loc[f"no effects of the {level} level that is left out, p"])


@pytest.mark.parametrize(("share", "state"), [(0.0, "ok"), (0.1, "FAILED")])
def test_classes_that_are_formed_anew_and_left_out_are_seen(share: float, state: str) -> None:
    data = panel(*pupils(Reality(class_share=share), np.random.default_rng(1)), anew=True)
    found = row(PLAIN, data, "class")
    assert found["state"] == state
    assert ('levels=("pupil", "class", "school")' in str(found["hint"])) == (state != "ok")


def test_schools_that_are_left_out_are_seen() -> None:
    data = panel(*pupils(Reality(), np.random.default_rng(2)), anew=False)
    found = row(bp.RICLPM(("x", "y"), innovations="equal"), data, "school")
    assert found["state"] == "FAILED"
    assert "% of the variance of" in str(found["hint"])


def test_a_level_of_the_model_and_one_that_data_lack_have_no_row() -> None:
    data = panel(*pupils(Reality(), np.random.default_rng(2)), anew=False)
    fit = bp.fit(PLAIN, data, seed=1, sampling=QUICK, progress=False, retry=False)
    assert fit.provenance["left_out"] == []
    assert not bp.checks(fit)["check"].str.contains("left out").any()
