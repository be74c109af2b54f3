"""Maximum likelihood estimates as a tidy table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from scipy.stats import norm

from bayespanel.inference.maximum_likelihood import Estimates
from bayespanel.language.errors import SpecError


def estimates_table(estimates: Estimates, *, prob: float = 0.95) -> pd.DataFrame:
    """Return maximum likelihood estimates as a table with one row per free parameter, in raw units.

    Parameters
    ----------
    estimates
        From `maximum_likelihood`.
    prob
        Probability of the confidence intervals: the estimate plus and minus normal quantiles of the standard error, as
        in lavaan's `ci.lower` and `ci.upper`.

    Returns
    -------
    pandas.DataFrame
        `parameter`; `at`, its labels, such as "depression, rejection" for lag[target, source]; `estimate`;
        `standard_error`; `lower`; `upper`. Each entry of a covariance matrix occurs once. `converged`, `boundary` and
        `proper` are properties of the whole fit; they are repeated in every row, so that they stay with the numbers in
        a CSV file. `attrs["verdict"]` has a sentence on each of them.

    Raises
    ------
    SpecError
        `prob` is not between 0 and 1.
    """
    if not 0 < prob < 1:
        raise SpecError(
            "An interval has a probability between 0 and 1.", f"prob is {prob!r}.", "Give for example prob=0.95."
        )
    rows = []
    for name, array in estimates.estimates.data_vars.items():
        errors = estimates.standard_errors[name].transpose(*array.dims)
        matrix = len(array.dims) > 1 and array.dims[-1] == f"{array.dims[-2]}_"
        labels = [list(map(str, array[dim].values)) for dim in array.dims]
        for place in product(*(range(size) for size in array.shape)):
            if matrix and place[-1] > place[-2]:
                continue
            at = ", ".join(labels[axis][i] for axis, i in enumerate(place))
            rows.append((str(name), at, float(array.values[place]), float(errors.values[place])))
    table = pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])
    reach = float(norm.ppf(0.5 + prob / 2)) * np.asarray(table["standard_error"], float)
    out = table.assign(
        lower=table["estimate"] - reach,
        upper=table["estimate"] + reach,
        converged=estimates.converged,
        boundary=estimates.boundary,
        proper=estimates.proper,
    )
    out.attrs["verdict"] = list(estimates.verdict.sentences)
    return out
