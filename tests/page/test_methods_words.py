"""The methods section has words for every row of the table of priors, whatever the model."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from bayespanel.families.door import FAMILIES
from bayespanel.language.errors import BayespanelError
from bayespanel.page import methods_words
from bayespanel.page.bibliography import REFERENCES
from tests.families.test_fields import VALUES, bases, settled


@cache
def rows_of(family: str) -> set[str]:
    """Return the parameters with a prior in models that differ in one field or two from some models of a family."""
    found = set()
    for base in bases(family):
        for name, values in VALUES[family].items():
            for value in values:
                try:
                    spec = settled(replace(base, **{name: value}), family)
                except BayespanelError:
                    continue
                found |= {row.parameter for row in spec.default_priors()}
                if family == "riclpm" and not spec.augmented:  # correlated errors need both fields
                    both = replace(spec, reliability={}, error="equal", error_correlated=len(spec.variables) > 1)
                    found |= {row.parameter for row in both.default_priors()}
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_of_the_table_of_priors_has_words(family: str) -> None:
    own = FAMILIES[family].sentences.PARAMETERS
    assert rows_of(family) <= {*methods_words.PARAMETERS, *own}


def test_sentences_cite_what_is_in_the_list_of_references() -> None:
    assert {key for _, keys in methods_words.SENTENCES.values() for key in keys} <= set(REFERENCES)


def test_no_words_are_kept_for_a_row_that_no_model_has() -> None:
    assert set(methods_words.PARAMETERS) <= set().union(*map(rows_of, FAMILIES))
