"""Draws as a CSV file that R's posterior package reads."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pandas as pd

from bayespanel.data.spreadsheet import write_csv
from bayespanel.inference.fit import Fit


def draws_csv(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write the draws of a fit to a CSV file with one row per draw, named as in R's posterior package.

    In R, read it with `draws <- posterior::as_draws_df(read.csv("draws.csv", check.names = FALSE))`. Then
    `posterior::summarise_draws(draws)` gives means, quantiles, R-hat and effective sample sizes.

    Parameters
    ----------
    fit
        The fit.
    path
        The file. Its first columns are `.chain`, `.iteration` and `.draw`, counted from 1. There is one more column for
        each number of the posterior, named with its labels: `lag[depression,rejection]` is the lag of rejection on
        depression, because `lag` has the dimensions [target, source]. Values are in raw units with 17 digits, so
        nothing is lost.
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
