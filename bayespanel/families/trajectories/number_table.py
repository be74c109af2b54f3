"""The table of numbers of classes, which says above itself whether the scores call for classes at all."""

from __future__ import annotations

import textwrap
from html import escape

import pandas as pd

SENTENCE = "sentence"
"""Attribute with what stands above the table."""


class NumberOfClasses(pd.DataFrame):
    """A DataFrame whose printed form, and that in a notebook, begins with a sentence; see `number_of_classes`.

    Its columns and rows are those of any DataFrame, and the sentence is `attrs["sentence"]`, which follows the table
    into selections of its rows and columns.
    """

    @property
    def _constructor(self) -> type[NumberOfClasses]:
        return NumberOfClasses

    def __repr__(self) -> str:
        said, table = self.attrs.get(SENTENCE, ""), super().__repr__()
        return f"{textwrap.fill(said, 100)}\n\n{table}" if said else table

    def _repr_html_(self) -> str | None:
        # The types of pandas do not know the method that notebooks call.
        said, table = self.attrs.get(SENTENCE, ""), pd.DataFrame(self)._repr_html_()  # type: ignore[operator]
        return f"<p>{escape(said)}</p>\n{table}" if said and table else table
