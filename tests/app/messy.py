"""A table as a school project leaves it: two scores at three waves, codes for missing ones, and much beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

PUPILS = 120
NAME = "Mijn school (2).sav"


def messy() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    school = np.arange(PUPILS) // 12
    own = rng.normal(size=PUPILS)
    table: dict[str, object] = {
        "Leerlingnr": 100_000.0 + rng.permutation(PUPILS),
        "Schoolcode": 4000.0 + school,
        "GebDat": pd.Timestamp("2008-03-01") + pd.to_timedelta(rng.integers(0, 900, PUPILS), "D"),
        "opmerking": ["geen"] * PUPILS,
    }
    for t in (1, 2, 3):
        table[f"pesten_t{t}"] = np.clip(np.round(2 + own + rng.normal(size=PUPILS)), 0, 4)
        table[f"T{t}_dep"] = np.round(rng.normal(size=PUPILS) + own / 2 + school / 9, 2)
        table[f"leeg{t}"] = np.nan
    frame = pd.DataFrame(table)
    frame.loc[::9, "pesten_t3"] = -99.0
    frame.loc[::11, "T2_dep"] = -99.0
    return frame


def write(folder: Path) -> Path:
    """Write the table; return its file."""
    labels = {"pesten_t1": {0.0: "nooit", 4.0: "vaak", -99.0: "geen antwoord"}}
    path = folder / NAME
    pyreadstat.write_sav(messy(), str(path), variable_value_labels=labels, column_labels={"T1_dep": "Somberheid"})
    return path
