"""Reference pictures of figures, drawn from fixed fake evidence.

After a change that is meant, draw them anew, look at each of them, and commit them:

    python -m tests.figures.redraw            # all
    python -m tests.figures.redraw flow       # some
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from bayespanel.figures.gallery import (
    plot_calibration,
    plot_chains,
    plot_flow,
    plot_intervals,
    plot_lag_matrix,
    plot_path_diagram,
    plot_power,
    plot_prior_posterior,
    plot_responses,
    plot_sensitivity,
    plot_specification_curve,
    plot_synthesis,
)
from bayespanel.language.names import interval_labels
from tests.figures.fakes import WAVES, fit, panel, panel_draws, prior_draws, responses, sensitivity, synthesis, trial
from tests.figures.study_fakes import calibrated, curve, found, power, study

FOLDER = Path(__file__).with_name("pictures")

DPI = 50
"""Enough to see what moved; the pictures stay small."""

PICTURES: dict[str, Callable[[], Figure]] = {
    "responses": lambda: plot_responses(responses(3)),
    "responses_of_one": lambda: plot_responses(responses(7), source="victimisation"),
    "lag_matrix": lambda: plot_lag_matrix(panel(3)),
    "path_diagram": lambda: plot_path_diagram(panel(3, interval_labels(WAVES)), waves=WAVES),
    "path_diagram_of_many": lambda: plot_path_diagram(panel(7), waves=WAVES),
    "prior_posterior": lambda: plot_prior_posterior(panel_draws(2), prior_draws(2)),
    "sensitivity": lambda: plot_sensitivity(sensitivity(3)),
    "flow": lambda: plot_flow(trial(("control", "light", "full"), randomised="class")),
    "chains": lambda: plot_chains(fit(apart=1.0, length=120)),
    "synthesis": lambda: plot_synthesis(synthesis(7)),
    "power": lambda: plot_power(power({"schools": [20, 40, 60, 80], "waves": [3, 5]}, variables=7)),
    "power_of_one": lambda: plot_power(power(rules=["excludes 0", "beyond rope > 0.95"])),
    "calibration": lambda: plot_calibration(calibrated(7, wrong=2), most=8),
    "specification_curve": lambda: plot_specification_curve(curve(100)),
    "intervals": lambda: plot_intervals(found(study()), pathway="depression -> victimisation"),
}


def draw(name: str, path: Path) -> None:
    """Draw a picture, whatever style the user prefers."""
    with mpl.rc_context():
        mpl.rcdefaults()
        PICTURES[name]().savefig(path, dpi=DPI, metadata={"Software": None})


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for chosen in sys.argv[1:] or PICTURES:
        draw(chosen, FOLDER / f"{chosen}.png")
        print(FOLDER / f"{chosen}.png")
