"""The methods section has words for every row of the table of priors, whatever the model."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bayespanel as bp
from bayespanel.families.door import FAMILIES
from bayespanel.language.errors import BayespanelError
from bayespanel.page import methods_words
from bayespanel.page.bibliography import REFERENCES
from tests.families.test_fields import VALUES, bases, settled


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
                if family == "riclpm":  # correlated errors need both fields
                    both = replace(spec, reliability={}, error="equal", error_correlated=len(spec.variables) > 1)
                    found |= {row.parameter for row in both.default_priors()}
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_of_the_table_of_priors_has_words(family: str) -> None:
    own = FAMILIES[family].sentences.PARAMETERS
    assert rows_of(family) <= {*methods_words.PARAMETERS, *own}


def test_sentences_cite_what_is_in_the_list_of_references() -> None:
    assert {key for _, keys in methods_words.SENTENCES.values() for key in keys} <= set(REFERENCES)


def test_every_parameter_has_words() -> None:
    specs = [
        bp.RICLPM(("a", "b"), levels=("pupil", "class", "school"), covariates=["x"], slopes=True, accumulating=True),
        bp.RICLPM(("a", "b"), error="equal", error_correlated=True, order=2, loadings="free"),
        bp.CLPM(("a", "b"), time="continuous"),
        bp.RICLPM(("a", "b"), indicators={"a": ("a1", "a2")}),
        bp.RICLPM(
            ("a", "b"), covariates=("x", "z"), covariate_effects="stable", missing_covariates="modelled", distal=("d",)
        ),
        *(
            bp.ClusterTrial(
                outcomes=("a", "b"), levels=("pupil", "class", "school"), adjustment="covariate", covariates=["x"],
                moderators=["x"], families={"f": ["a", "b"]}, link=link,
            )
            for link in ("identity", "logit")
        ),
        bp.ClusterTrial(outcomes=("a",), levels=("pupil", "school"), varying_effects="correlated"),
        *(
            bp.Trajectories("y", predictors=("x",), arm="g", levels=("pupil", "class", "school"), **options)
            for options in ({"random": "slope"}, {"link": "logit"})
        ),
    ]  # fmt: skip
    assert {row.parameter for spec in specs for row in spec.default_priors()} == set(methods_words.PARAMETERS)
