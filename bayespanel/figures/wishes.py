"""What one may wish of every figure: words for the names in it, another size, and axes of a figure of one's own.

`labels` are words for names of variables, outcomes, arms or classes, such as ``{"pesten": "Victimisation"}``. They
stand wherever the figure would write the name, also inside of the names of pathways. Options such as `source` or
`pathway` keep the names of the data. Labels of names that a figure does not have are left alone, so that one mapping
serves all figures of a study; a mapping of which it has none is an error.

`figsize` is the width and the height in inches. Rows, curves and panels are laid out anew in it, with letters of the
same size; those of a key that would be too wide become smaller. A drawing (triangle, path diagram, matrix of lags,
flow, synthesis) keeps its proportions, and is made as large as fits into it, with its letters.

`ax` are axes of a figure of one's own, from ``plt.subplots(..., layout="constrained")``. A forest is drawn into them;
every other figure, with its panels, keys and notes, takes their place. The figure that is returned is then theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.language.errors import SpecError, nearest

Labels = Mapping[str, str]

NAMES = (
    "pathway", "source", "target", "via", "against", "outcome", "arm", "family", "mediator", "variable", "trajectory",
)  # fmt: skip
"""Coordinates and columns that hold names."""


def wording(labels: Labels | None, texts: Iterable[str]) -> Callable[[str], str]:
    """Return a function that writes labels in place of names inside of a text.

    Parameters
    ----------
    labels
        Name -> what is written for it; None for names as they are.
    texts
        What the figure would write.

    Raises
    ------
    SpecError
        A label is no text or is empty, two are alike, or no name is in the texts.
    """
    if labels is None:
        return lambda text: text
    bad = [f"{name!r}: {label!r}" for name, label in labels.items() if not isinstance(label, str) or not label.strip()]
    words = list(labels.values())
    alike = [] if bad else [word for word in words if words.count(word) > 1]
    if bad or alike or not labels:
        raise SpecError(
            "Labels are a word of its own for each name.",
            f"You gave {(bad or [f'{alike[0]!r} for two names'])[0]}." if labels else "You gave none.",
            'Write for example labels={"pesten": "Victimisation"}.',
        )
    # Longest first, so that "reading score" is not read as "reading"; a name ends where letters and digits do.
    names = "|".join(re.escape(name) for name in sorted(labels, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
    every = list(dict.fromkeys(texts))
    if not any(pattern.search(text) for text in every):
        raise SpecError(
            "Labels are of names that stand in the figure.",
            f"None of {', '.join(map(repr, labels))} does. {nearest(next(iter(labels)), every)}",
            "Write names as they are in the data.",
        )
    return lambda text: pattern.sub(lambda found: labels[found[0]], text)


def relabelled[D: (xr.Dataset, pd.DataFrame)](given: D, labels: Labels | None) -> D:
    """Return what a figure is of with labels in place of names.

    Raises
    ------
    SpecError
        As for `wording`; or two names would be written alike.
    """
    if labels is None:
        return given
    there = [name for name in NAMES if (name in given.coords if isinstance(given, xr.Dataset) else name in given)]
    before = {name: np.ravel(given[name].to_numpy()).astype(str) for name in there}
    written = wording(labels, (text for texts in before.values() for text in texts))
    after = {name: np.array([written(text) for text in texts], dtype=str) for name, texts in before.items()}
    for name, texts in after.items():
        if len(set(texts)) < len(set(before[name])):
            raise SpecError(
                "A figure writes two names differently.",
                "A label is the name of something else in it.",
                "Choose another label, or give that name a label too.",
            )
    if isinstance(given, pd.DataFrame):
        out = given.assign(**after)
        out.attrs = given.attrs
        return out
    return given.assign_coords(
        {name: (given[name].dims, texts.reshape(given[name].shape)) for name, texts in after.items()}
    )
