"""What results and data say of themselves at a prompt and in a notebook: a few lines of 80 columns, quickly."""

from __future__ import annotations

from typing import Any

import pytest

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.language.shown import some
from tests.families.trajectories.tables import small_panel
from tests.families.trial.tables import table, trial
from tests.known_answers.published import moments
from tests.unsampled import unsampled

MANY = tuple(f"a_rather_long_name_of_variable_{i}" for i in range(20))


def values() -> dict[str, Any]:
    """Return whatever shows itself, by what its text must hold."""
    panel, arms = small_panel(), trial(table())
    spec = bp.ClusterTrial(outcomes=("calm", "kind"), levels=("pupil", "class", "school"))
    rows = family_of(bp.Trajectories("victimisation")).statistics.data_for(bp.Trajectories("victimisation"), panel)
    published = bp.Trial.from_estimates(effect=[0.4], standard_error=[0.1], outcome=["calm"])
    mulder = moments("mulder")
    return {
        "Panel of 500 pupils: victimisation": panel,
        "11 schools": panel,
        "Moments of 1,189 pupils: x, y": mulder,
        "5 waves": mulder,
        "PanelRows of": rows,
        "Trial of 42 pupils: calm, kind": arms,
        "3 arms (usual, both, parents), randomised by school": arms,
        "covariates girl": arms,
        "TrialMoments of 42 pupils": arms.moments(),
        "TrialEstimates: calm": published,
        "Fit: ClusterTrial of calm, kind to 42 pupils": unsampled(spec, arms),
        "2 chains of 100 draws, seed 1": unsampled(spec, arms),
        "Maximum likelihood: log-likelihood": bp.maximum_likelihood(bp.RICLPM(("x", "y")), mulder),
    }


@pytest.mark.parametrize(("said", "value"), values().items(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_value_shows_itself_in_a_few_lines(said: str, value: Any) -> None:
    shown = repr(value)
    assert said in " ".join(shown.split())
    assert len(shown.splitlines()) <= 8
    assert max(map(len, shown.splitlines())) <= 80
    html = value._repr_html_()
    assert html.startswith("<pre>")
    assert html.endswith("</pre>")
    assert "<" not in html[5:-6]


def test_long_lists_of_names_are_cut() -> None:
    assert some(MANY).endswith("variable_7, ...")
    assert some("ab") == "a, b"
