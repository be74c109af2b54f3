"""Make continuous_time_fit.csv and continuous_time_estimates.csv from tables of another computation; see README.

Run as `python -m tests.known_answers.make_continuous_time FOLDER`, where FOLDER holds fit_continuous_time.csv, a table
of parameters for each model, and those of OpenMx.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
MODELS = {
    "ct_i1_mulder_free_initial": ("mulder", "continuous time"),
    "ct_i1_mulder_mar_free_initial": ("mulder_mar", "continuous time"),
    "ct_i3_mulder_no_ri": ("mulder", "continuous time, no intercepts"),
    "ct_i4_mulder_equal_gaps": ("mulder", "continuous time"),
}
"""Model -> its data, and what it is."""
OPENMX = {"a11": ("drift", "x, x"), "a21": ("drift", "y, x"), "a12": ("drift", "x, y"), "a22": ("drift", "y, y")}
"""Names of OpenMx that are ours; its covariances are roots."""


def main(folder: Path) -> None:
    """Write both tables."""
    fit = pd.read_csv(folder / "fit_continuous_time.csv").set_index("file")
    fits, estimates = [], []
    for model, (data, kind) in MODELS.items():
        row = fit.loc[f"{model}.csv"]
        known = (row["times"], row["logl"], row["npar"], row["df"], row["n"], row["version"])
        fits.append((model, data, kind, *known))
        estimates.append(ours(pd.read_csv(folder / f"{model}.csv")).assign(model=model))
    theirs = pd.read_csv(folder / "ct_i1_mulder_openmx.csv").set_index("parameter")
    rows = [(*OPENMX[name], *theirs.loc[name, ["est", "se"]]) for name in OPENMX]
    openmx = pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])
    estimates.append(openmx.assign(model="ct_i1_mulder_openmx"))
    columns = ["model", "data", "kind", "times", "log_likelihood", "n_parameters", "df", "n_pupils", "software"]
    pd.DataFrame(fits, columns=columns).to_csv(HERE / "continuous_time_fit.csv", index=False)
    every = pd.concat(estimates)[["model", "parameter", "at", "estimate", "standard_error"]]
    every.to_csv(HERE / "continuous_time_estimates.csv", index=False)


def ours(table: pd.DataFrame) -> pd.DataFrame:
    """Return the free parameters by our names and labels."""
    rows = []
    for name, estimate, error in table[["parameter", "est", "se"]].itertuples(index=False):
        mean = re.fullmatch(r"mean_([xy])(\d)", name)
        pair = re.fullmatch(r"(drift|diffusion|initial|ri)_([xy])([xy])", name)
        if mean:
            rows.append(("mean", f"{mean[2]}, {mean[1]}", estimate, error))
        elif pair and pair[1] == "drift":
            rows.append(("drift", f"{pair[2]}, {pair[3]}", estimate, error))
        elif pair:
            stem = {"ri": "intercept"}.get(pair[1], pair[1])
            rows.append((f"{stem}_cov", ", ".join(sorted(pair[2] + pair[3], reverse=True)), estimate, error))
    return pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
