"""A small trial with everything that can make a likelihood go wrong, and its pupils as plain rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

import bayespanel as bp

ARMS = ("usual", "both", "parents")
"""In the order of the data: the reference, then alphabetically."""
BASELINE = {"calm": "calm_pre", "kind": "kind_pre"}


def table(arms: int = 3, schools: int = 6) -> pd.DataFrame:
    """Return 42 pupils in two classes of each of six schools, with missing scores in every column of scores."""
    rng = np.random.default_rng(11)
    rows = []
    for school in range(schools):
        at_school = rng.normal(size=4)
        for classroom in range(2):
            at_class = rng.normal(size=4)
            for _ in range(3 + classroom):
                score = 50 + 4 * at_school + 3 * at_class + 8 * rng.normal(size=4)
                age, girl = 9 + rng.uniform(), "FM"[rng.integers(2)]
                rows.append((f"s{school}", f"c{school}{classroom}", ARMS[school % arms], girl, age, *score))
    names = ["school", "class", "arm", "girl", "age", "calm", "kind", "calm_pre", "kind_pre"]
    frame = pd.DataFrame(rows, columns=names)
    for column, holes in (("calm", [0, 5, 17]), ("kind", [5, 9, 30]), ("calm_pre", [3, 5, 22])):
        frame.loc[holes, column] = np.nan
    return frame


def trial(frame: pd.DataFrame, **changes: object) -> bp.Trial:
    """Return the trial of a table, with other arguments where given."""
    arguments: dict[str, object] = {
        "arm": "arm",
        "control": "usual",
        "randomised": "school",
        "outcomes": ["calm", "kind"],
        "baseline": BASELINE,
        "covariates": ["girl", "age"],
        "classroom": "class",
        "school": "school",
    }
    return bp.Trial.from_frame(frame, **(arguments | changes))  # type: ignore[arg-type]
