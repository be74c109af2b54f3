"""What a report cites: entries that parse, and lines in the style of APA."""

from __future__ import annotations

import re

import pytest

from bayespanel.language.errors import SpecError
from bayespanel.page.bibliography import REFERENCES
from bayespanel.page.references import FIELD, bibtex, citation


@pytest.mark.parametrize("key", REFERENCES)
def test_an_entry_is_complete_balanced_and_named_by_its_key(key):
    entry = REFERENCES[key]
    fields = dict(FIELD.findall(entry))
    assert re.match(rf"@(article|book|techreport|inproceedings|incollection|misc)\{{{key},\n", entry)
    assert entry.endswith("\n}")
    assert entry.count("{") == entry.count("}")
    assert len(fields) == len(re.findall(r"^  \w+ *= \{", entry, flags=re.MULTILINE))
    assert {"author", "title", "year"} <= set(fields)
    assert key.endswith(fields["year"])
    assert re.fullmatch(r"10\.\d{4,5}/\S+", fields["doi"]) if "doi" in fields else fields["url"].startswith("https://")
    if entry.startswith("@article"):
        assert {"journal", "volume", "pages"} <= set(fields)


@pytest.mark.parametrize("key", REFERENCES)
def test_a_citation_is_plain_text_that_ends_with_its_address(key):
    line = citation(key)
    assert re.search(r"\(\d{4}\)\. ", line)
    assert re.search(r" https://\S+[^.]$", line)
    assert not set("{}$\\\n") & set(line)
    assert ".." not in line


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (
            "hamaker2015",
            "Hamaker, E. L., Kuiper, R. M., & Grasman, R. P. P. P. (2015). A critique of the cross-lagged panel model. "
            "Psychological Methods, 20(1), 102–116. https://doi.org/10.1037/a0038889",
        ),
        (
            "wagenmakers2010",
            "Wagenmakers, E.-J., Lodewyckx, T., Kuriyal, H., & Grasman, R. (2010). Bayesian hypothesis testing for "
            "psychologists: A tutorial on the Savage–Dickey method. Cognitive Psychology, 60(3), 158–189. "
            "https://doi.org/10.1016/j.cogpsych.2009.12.001",
        ),
        (
            "depaoli2017",
            "Depaoli, S., & van de Schoot, R. (2017). Improving transparency and replication in Bayesian statistics: "
            "The WAMBS-Checklist. Psychological Methods, 22(2), 240–261. https://doi.org/10.1037/met0000065",
        ),
        (
            "wwc2022",
            "What Works Clearinghouse. (2022). What Works Clearinghouse procedures and standards handbook, version "
            "5.0. U.S. Department of Education, Institute of Education Sciences. https://ies.ed.gov/ncee/wwc/Handbooks",
        ),
        (
            "kallioinen2024",
            "Kallioinen, N., Paananen, T., Bürkner, P.-C., & Vehtari, A. (2024). Detecting and diagnosing prior and "
            "likelihood sensitivity with power-scaling. Statistics and Computing, 34, Article 57. "
            "https://doi.org/10.1007/s11222-023-10366-5",
        ),
        (
            "lam2015",
            "Lam, S. K., Pitrou, A., & Seibert, S. (2015). Numba: A LLVM-based Python JIT compiler. In Proceedings of "
            "the Second Workshop on the LLVM Compiler Infrastructure in HPC (pp. 1–6). Association for Computing "
            "Machinery. https://doi.org/10.1145/2833157.2833162",
        ),
    ],
)
def test_citations_follow_apa(key, line):
    assert citation(key) == line


def test_a_bib_file_has_each_entry_once_in_the_order_asked_for():
    text = bibtex(["vehtari2021", "hamaker2015", "vehtari2021"])
    assert re.findall(r"@\w+\{(\w+),", text) == ["vehtari2021", "hamaker2015"]
    assert re.findall(r"@\w+\{(\w+),", bibtex()) == list(REFERENCES)


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match="vehtari2021"):
        citation("vehtari2020")
    with pytest.raises(SpecError, match="is not"):
        bibtex(["nobody1900"])
