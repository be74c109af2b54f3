"""Draws as a CSV file that R's posterior package reads."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pandas as pd

from bayespanel.data.spreadsheet import write_csv
from bayespanel.inference.fit import Fit


def draws_csv(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write the draws of a fit, a row per draw, with the names that R's posterior package uses.

    In R: `draws <- posterior::as_draws_df(read.csv("draws.csv", check.names = FALSE))`. Then
    `posterior::summarise_draws(draws)` gives means, quantiles, R-hat and effective sample sizes.

    Parameters
    ----------
    fit
        The fit.
    path
        The file. Its columns are `.chain`, `.iteration`, `.draw`, counted from 1, then one for each number of the
        posterior, named with its labels: `lag[depression,rejection]` is the lag of rejection on depression, as
        `lag` has the dimensions [target, source]. Raw units, 17 digits: nothing is lost.
    """
    posterior = fit.posterior
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    columns: dict[str, object] = {
        ".chain": np.repeat(np.arange(1, chains + 1), draws),
        ".iteration": np.tile(np.arange(1, draws + 1), chains),
        ".draw": np.arange(1, chains * draws + 1),
    }
    for name, array in posterior.data_vars.items():
        dims = [dim for dim in array.dims if dim not in ("chain", "draw")]
        values = array.transpose("chain", "draw", *dims).values.reshape(chains * draws, -1)
        labels = [
            map(str, array[dim].values if dim in array.coords else range(1, array.sizes[dim] + 1)) for dim in dims
        ]
        for at, label in enumerate(product(*labels)):
            columns[f"{name}[{','.join(label)}]" if label else str(name)] = values[:, at]
    write_csv(pd.DataFrame(columns), path, float_format="%.17g")
