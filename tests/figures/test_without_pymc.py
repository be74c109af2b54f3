"""Whoever looks at a saved fit does not wait for PyMC: a fresh process that refuses it draws and writes everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import bayespanel as bp
from tests.families.panel.data import panel
from tests.families.trajectories.tables import small_panel
from tests.families.trial.tables import table, trial
from tests.unsampled import unsampled

FITS = {
    "RI-CLPM": lambda: unsampled(bp.RICLPM(triangle=bp.Triangle(child=["v0"], school=["v1"])), panel()),
    "RI-CLPM with schools": lambda: unsampled(bp.RICLPM(variables=("v0", "v1"), levels=("pupil", "school")), panel()),
    "trial": lambda: unsampled(
        bp.ClusterTrial(outcomes=("calm", "kind"), families={"all": ("calm", "kind")}, levels=("pupil", "school")),
        trial(table(), covariates=[], classroom=None),
    ),
    "trajectories": lambda: unsampled(
        bp.Trajectories("victimisation", classes=("high", "low"), predictors=("anxiety",)), small_panel()
    ),
}

LOOK = """
import json, sys, warnings

class Refused:
    asked = []

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split(".")[0] in ("pymc", "pytensor", "nutpie"):
            cls.asked.append(name)
            raise ImportError(f"{name} is refused")

sys.meta_path.insert(0, Refused)
warnings.simplefilter("error")
import bayespanel as bp

fit = bp.load(sys.argv[1])
assert len(bp.checks(fit))
evidence = bp.evidence(fit)
assert len(bp.table(evidence)) and bp.text(evidence) and bp.apa_table(evidence, format="markdown")
edges = set(evidence["edge"].values.tolist()) - {""}
figures = [bp.plot_synthesis(bp.synthesise({"study": fit}))] if edges else []
Refused.asked.clear()  # Bayes factors far from the draws ask for the density of the model, and say that it is missing
kinds = set(evidence["kind"].values.tolist())
figures += [bp.plot_forest(evidence), bp.plot_chains(fit)]
if "direct" in kinds:
    figures += [bp.plot_triangle(evidence), bp.plot_lag_matrix(evidence), bp.plot_path_diagram(evidence)]
    figures += [bp.plot_responses(bp.dynamics(fit))]
if "effect" in kinds:
    figures += [bp.plot_effects(evidence), bp.plot_flow(fit.data)]
if "share" in kinds:
    figures += [bp.plot_trajectories(fit)]
    assert len(bp.class_table(fit))
assert bp.predictive_check(fit)
assert not Refused.asked, Refused.asked
page = bp.report(fit, sys.argv[2])
print(json.dumps({"figures": len(figures), "page": page.read_text(encoding="utf-8")}))
"""


@pytest.mark.parametrize("name", FITS)
def test_a_saved_fit_is_looked_at_without_pymc(name: str, tmp_path: Path) -> None:
    FITS[name]().save(tmp_path / "fit.nc")
    command = [sys.executable, "-c", LOOK, str(tmp_path / "fit.nc"), str(tmp_path / "page")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["figures"] >= 3
    assert found["page"].count("PyMC cannot be imported: pymc is refused.") == 2  # draws of the prior, power-scaling
    assert "could not be made" not in found["page"]
    assert "could not be drawn" not in found["page"]
