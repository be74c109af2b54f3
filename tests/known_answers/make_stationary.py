"""Make stationary_fit.csv and stationary_estimates.csv from tables of another computation; see README.

Run as `python -m tests.known_answers.make_stationary FOLDER`, where FOLDER holds fit_starts_stationary.csv,
fit_continuous_time.csv and a table of parameters for each model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from tests.known_answers.make_continuous_time import ours as in_time

HERE = Path(__file__).parent
STARTS = {
    "starts_stationary_mulder_x": ("mulder", "x"),
    "starts_stationary_mulder_y": ("mulder", "y"),
    "starts_stationary_mulder_x_mar": ("mulder_mar", "x"),
    "starts_stationary_mulder_y_mar": ("mulder_mar", "y"),
}
"""Model -> its data, and its variable."""
IN_TIME = "ct_i2_mulder_stationary"
NAMES = {
    "trait_variance": "intercept_cov",
    "state_variance": "initial_cov",
    "carry_over": "lag",
    "error_variance": "error_variance",
}


def main(folder: Path) -> None:
    """Write both tables."""
    fit = pd.read_csv(folder / "fit_starts_stationary.csv").set_index("file")
    fits, estimates = [], []
    for model, (data, variable) in STARTS.items():
        row = fit.loc[f"{model}.csv"]
        fits.append((model, data, "starts", variable, "", row["logl"], row["npar"], row["n"], "numpy 2.5.5"))
        estimates.append(starts(pd.read_csv(folder / f"{model}.csv"), variable).assign(model=model))
    row = pd.read_csv(folder / "fit_continuous_time.csv").set_index("file").loc[f"{IN_TIME}.csv"]
    known = (row["times"], row["logl"], row["npar"], row["n"], row["version"])
    fits.append((IN_TIME, "mulder", "continuous time", "x y", *known))
    table = in_time(pd.read_csv(folder / f"{IN_TIME}.csv"))
    estimates.append(table[table["parameter"] != "diffusion_cov"].assign(model=IN_TIME))  # it follows
    columns = ["model", "data", "kind", "variables", "times", "log_likelihood", "n_parameters", "n_pupils", "software"]
    pd.DataFrame(fits, columns=columns).to_csv(HERE / "stationary_fit.csv", index=False)
    every = pd.concat(estimates)[["model", "parameter", "at", "estimate", "standard_error"]]
    every.to_csv(HERE / "stationary_estimates.csv", index=False)


def starts(table: pd.DataFrame, variable: str) -> pd.DataFrame:
    """Return the parameters of a STARTS model by our names and labels."""
    rows = []
    for name, estimate, error in table[["parameter", "est", "se"]].itertuples(index=False):
        at = variable if name == "error_variance" else f"{variable}, {variable}"
        if name.startswith("mean_"):
            rows.append(("mean", f"{name[5:]}, {variable}", estimate, error))
        else:
            rows.append((NAMES[name], at, estimate, error))
    return pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
