"""Whether items measure the same at all waves."""

from __future__ import annotations

import pandas as pd

from bayespanel.catalogue.cards import Card, specification
from bayespanel.families.door import Spec, family_of
from bayespanel.language.errors import SpecError
from bayespanel.verbs.analysis import Data


def invariance(spec: Spec | Card, data: Data) -> dict[str, pd.DataFrame]:
    """Compare configural, metric and scalar invariance of the items of a panel model, by maximum likelihood.

    Parameters
    ----------
    spec
        The model; its own invariance is one of the three. What it has released stays so where it can be held.
    data
        The data, with the items as columns.

    Returns
    -------
    dict of pandas.DataFrame
        "models": for each, from the least invariance to the most, `log_likelihood`, number of `parameters`, `df`,
        `chi_square`, `p`, `cfi`, `rmsea`, `aic`, `bic`, `converged`; and against the one before it `less_df`,
        `chi_square_difference`, `p_difference`, `cfi_difference`, `rmsea_difference`. Where a variable has two items
        only, configural invariance is left out. "releases": what one item more, released at one wave, would take off
        the chi-square of each `model`, about: `released`, to be written into the option of that name, `chi_square` on
        one degree of freedom (a score test), `p`, and the `change` of the parameter, raw units. The largest stand
        first; of many small p some are small by chance.

    Raises
    ------
    SpecError
        The model has no items, or groups.
    DataError
        The data lack something that the model needs.
    """
    model = specification(spec)
    compare = family_of(model).invariance
    if compare is None:
        raise SpecError(
            "Invariance over waves is that of the items of a panel model.",
            f"This is a {type(model).__name__}.",
            "Give an RICLPM with indicators.",
        )
    return compare(model, data)
