"""Make items_fit.csv, items_estimates.csv and the moments behind them; see README.

Run as `python -m tests.known_answers.make_items FOLDER`, where FOLDER holds fit.csv, data/mi_simulated.csv and a table
of parameters for each model, as lavaan's `parameterEstimates` writes them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from bayespanel import Panel
from tests.known_answers.make_family import place

HERE = Path(__file__).parent
MODELS = {"mi_g_configural": "configural", "mi_g_metric": "metric", "mi_g_scalar": "scalar"}
ITEMS = [f"{variable}{item}" for variable in "xy" for item in "123"]


def main(folder: Path) -> None:
    """Write both tables, and the moments."""
    frame = pd.read_csv(folder / "data" / "mi_simulated.csv")
    columns = {item: [f"{item[0]}{wave}{item[1]}" for wave in "1234"] for item in ITEMS}
    Panel.from_wide(frame, columns=columns).moments().save(HERE / "items.nc")
    fit = pd.read_csv(folder / "fit.csv").set_index("file")
    fits, estimates = [], []
    for model, invariance in MODELS.items():
        row = fit.loc[f"{model}.csv"]
        table = ours(pd.read_csv(folder / f"{model}.csv"), invariance)
        known = (row["logl"], row["npar"], row["df"], row["chi2"], row["n"], row["proper"])
        if len(table) != row["npar"]:
            raise SystemExit(f"{model} has {row['npar']} free parameters, and {len(table)} were found.")
        fits.append((model, invariance, *known, "lavaan 0.6-14, R 4.2.2"))
        estimates.append(table.assign(model=model))
    columns_of_fit = ["model", "invariance", "log_likelihood", "n_parameters", "df", "chi_square", "n_pupils", "proper"]
    pd.DataFrame(fits, columns=[*columns_of_fit, "software"]).to_csv(HERE / "items_fit.csv", index=False)
    every = pd.concat(estimates)[["model", "parameter", "at", "estimate", "standard_error"]]
    every.to_csv(HERE / "items_estimates.csv", index=False)


def ours(table: pd.DataFrame, invariance: str) -> pd.DataFrame:
    """Return lavaan's free parameters by our names and labels, what is equal over waves once."""
    rows = []
    for lhs, op, rhs, estimate, error in table.loc[table["se"] > 0, ["lhs", "op", "rhs", "est", "se"]].itertuples(
        index=False
    ):
        rows.append((*placed(str(lhs), op, lhs if pd.isna(rhs) else str(rhs), invariance), estimate, error))
    found = pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])
    return found.drop_duplicates(["parameter", "at"])


def placed(lhs: str, op: str, rhs: str, invariance: str) -> tuple[str, str]:
    """Return our name and labels of one of lavaan's parameters: `x23` is item x3 at wave 2, `Fx2` the factor there."""
    name = rhs if op == "=~" else lhs
    found = re.fullmatch(r"([xy])(\d)(\d)", name)
    if found:
        variable, wave, number = found.groups()
        item = f"{variable}{number}"
        if op == "~~":
            return "item_variance", f"{wave}, {item}"
        if op == "=~":
            return "item_loading", item if invariance != "configural" else f"{item}@{wave}"
        return "item_intercept", item if invariance == "scalar" else f"{item}@{wave}"
    if op == "~1":
        return "mean", f"{lhs[2]}, {lhs[1]}"
    return place(lhs, op, rhs, "x", correlated=False, by_wave=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
