"""Calibrate the cards at reduced size, and keep what the page on calibration shows.

    python docs/run_calibration.py [NAME ...] [--store FOLDER]

Each study takes from half an hour to an hour on one processor; with --store it is continued where it was interrupted.
Written are, in docs/calibration/, a table of all quantities (.csv) and the figure (.png).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import bayespanel as bp

HERE = Path(__file__).parent / "calibration"

TWO_CLASSES = replace(
    bp.card("persistent-victims").spec,
    classes=("persistent", "low"),
    contrast=(),
    predictors=("peer_rejection", "depression"),
    edges={},
)
"""The card of trajectories with two classes and two predictors; categories, growth and schools as in the card."""

STUDIES: dict[str, tuple[Any, bp.World, dict[str, Any]]] = {
    "spillover-depression": (
        bp.card("spillover-depression"),
        bp.world("small-triangle", {"pupils": 300, "schools": 10, "waves": 3}),
        {"replicates": 200, "sampling": bp.Sampling(draws=250, tune=250, chains=2, sampler="nuts")},
    ),
    "involvement-pupils": (
        bp.card("involvement-pupils"),
        bp.world("involvement-trial", {"schools": 12}),
        {"replicates": 200, "sampling": bp.Sampling(draws=400, tune=300, sampler="nuts")},
    ),
    "persistent-victims": (
        TWO_CLASSES,
        bp.world("persistent-victims", {"schools": 9, "pupils": 600}),
        {"replicates": 590, "sampling": bp.Sampling(draws=300, tune=300, chains=2, sampler="nuts")},
    ),
    "wrong-twin": (
        bp.RICLPM(variables=("x", "y"), intercepts=False),
        bp.world("mulder-2023", {"waves": 4, "pupils": 300}),
        {"replicates": 100, "drawn_from": bp.RICLPM(variables=("x", "y"))},
    ),
}
"""Name -> model, design, settings. The wrong twin leaves out the random intercepts that the truths have."""


def main(arguments: list[str]) -> None:
    """Run the studies that are named, or all."""
    folder = Path(arguments[arguments.index("--store") + 1]) if "--store" in arguments else None
    names = [name for name in arguments if name in STUDIES] or list(STUDIES)
    for name in names:
        model, world, settings = STUDIES[name]
        path = None if folder is None else folder / f"{name}.zarr"
        found = bp.calibrate(model, world, seed=2012, running=bp.Running(store=path), **settings)
        HERE.mkdir(exist_ok=True)
        kept = found[["p_value", "inside", "coverage_50", "coverage_90"]]
        kept.to_dataframe().reset_index()[["pathway", "kind", *kept.data_vars]].round(4).to_csv(
            HERE / f"{name}.csv", index=False
        )
        bp.plot_calibration(found).savefig(HERE / f"{name}.png", dpi=80)
        print(name, dict(found.attrs))


if __name__ == "__main__":
    main(sys.argv[1:])
