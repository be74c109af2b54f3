"""What is said of another program carries its version and a date, in the docs, the notebooks and the docstrings."""

from __future__ import annotations

import pytest

from tests.docs.peers import PEERS, everything, of_markdown, undated

EVERYTHING = everything()

UNDATED = (
    "lavaan did not converge on two levels with missing scores.",
    "lavaan 0.6-14 does not converge.",  # without a date
    "In 2026 lavaan does not converge.",  # without a version
    "There, as reported, Stan took long; ours did not.",
    "| 7 variables | 4.9 s | Stan 68 s |",
    "- **Priors.** brms leaves effects flat.",
    "## The default of Mplus is MLR",
    "Values that SPSS declares missing become NaN.",
    "Means at 0, and OpenMx 178 s.",
    "`lme4` is code, but nlme drops rows.",
    "As of lavaan 0.6-14 (2026), rows stay; Mplus adds covariances.",
    "## One\n\nOf lavaan 0.7-2 (2026-11-27).\n\n## Two\n\nlavaan finds no maximum.",
)
DATED = (
    "lavaan 0.6-14 (2026-11-27) does not converge.",
    "# Page\n\nOf lavaan 0.7-2 on R 4.2.2, run on 2026-11-27.\n\n## Two\n\nlavaan finds no maximum.\n\n| lavaan | 5 |",
    "## One\n\n| lavaan 0.7-2 | 2026 |\n\nlavaan finds no maximum.",
    "From rstan 2.21, 2026-11-23.\n\nStan has 5 parameters.",
    "From Mplus (User's Guide, 8th edition, 2017).\n\nMplus adds covariances.",
)
SILENT = (
    "From lavaan and Mplus to here.",
    "A model in lavaan's language is read as it is.",
    "`to_lavaan(spec)` is written, and `lavaan()` is called.",
    "| [bridges](bridges.md) | from and to lavaan, Mplus |",
    "The R package tidySEM has the data.",
    "Stand 5 and 6 are standards.",
    "```r\nlavaan finds 5\n```",
)


@pytest.mark.parametrize("name", [name for name, found in EVERYTHING.items() if found])
def test_what_is_said_of_another_program_carries_its_version_and_a_date(name: str) -> None:
    wrong = [line for passages in EVERYTHING[name] for line in undated(passages)]
    advice = (
        "Say which version was looked at, and when (lavaan 0.6-14, 2026-11-26), in the section or at the page's head:"
    )
    assert not wrong, "\n".join([advice, *wrong])


@pytest.mark.parametrize("text", UNDATED)
def test_a_claim_without_version_or_date_is_found(text: str) -> None:
    assert len(undated(of_markdown(text, "page"))) == 1


@pytest.mark.parametrize("text", [*DATED, *SILENT])
def test_a_dated_claim_and_a_mere_mention_are_left_alone(text: str) -> None:
    assert undated(of_markdown(text, "page")) == []


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("claim", ["{} finds no maximum", "in {}, however, rows are dropped", "| {} | 131 |"])
def test_every_program_is_looked_for(peer: str, claim: str) -> None:
    assert undated(of_markdown(claim.format(peer), "page"))


def test_pages_notebooks_and_modules_are_all_read() -> None:
    stated = {name for name, found in EVERYTHING.items() if any(p.stated for passages in found for p in passages)}
    assert {"docs/agreement.md", "docs/bridges.md", "README.md", "notebooks/8_reanalysis.ipynb"} <= stated
    assert any(name.startswith("bayespanel/") for name in stated)
