"""What a report must cite: BibTeX entries of the methods and the software, and each as a line in the style of APA."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bayespanel.language.errors import SpecError, nearest
from bayespanel.page.bibliography import REFERENCES

FIELD = re.compile(r"^ {2}(\w+)\s*= \{(.*?)\},?$", re.MULTILINE | re.DOTALL)

PLAIN = {r"$\widehat{R}$": "R-hat", "--": "–", r"\&": "&"}
"""What stands in an entry for what a reader reads."""


def bibtex(keys: Iterable[str] | None = None) -> str:
    """Return entries as the text of a .bib file, in UTF-8, in the order of the keys and each once.

    Parameters
    ----------
    keys
        Of `REFERENCES`; all by default.

    Raises
    ------
    SpecError
        When there is no such key.
    """
    return "\n\n".join(_entry(key) for key in dict.fromkeys(REFERENCES if keys is None else keys)) + "\n"


def citation(key: str) -> str:
    """Return an entry as a line of a list of references, in the style of APA (7th edition), without italics.

    Parameters
    ----------
    key
        Of `REFERENCES`.

    Raises
    ------
    SpecError
        When there is no such key.
    """
    found = {name: _plain(value) for name, value in FIELD.findall(_entry(key)) if name != "author"}
    names = dict(FIELD.findall(_entry(key)))["author"]
    people = [_person(name) for name in re.split(r"\s+and\s+", names)]
    authors = ", ".join([*people[:-2], ", & ".join(people[-2:])])
    parts = [f"{authors if authors.endswith('.') else authors + '.'} ({found['year']}). {found['title']}."]
    if "journal" in found:
        issue = f"({found['number']})" if "number" in found else ""
        pages = found["pages"]
        shown = pages if "–" in pages else f"Article {pages}"
        parts.append(f"{found['journal']}, {found['volume']}{issue}, {shown}.")
    elif "booktitle" in found:
        parts.append(f"In {found['booktitle']} (pp. {found['pages']}). {found['publisher']}.")
    else:
        by = next(found[name] for name in ("institution", "howpublished", "publisher") if name in found)
        parts.append(f"{by}.")
    parts.append(f"https://doi.org/{found['doi']}" if "doi" in found else found["url"])
    return " ".join(parts)


def _entry(key: str) -> str:
    if key not in REFERENCES:
        raise SpecError(
            "A citation is one of bayespanel.page.bibliography.REFERENCES.",
            f"{key!r} is not. {nearest(key, list(REFERENCES))}",
            "Choose among these, or cite what else you used yourself.",
        )
    return REFERENCES[key]


def _plain(value: str) -> str:
    for written, read in PLAIN.items():
        value = value.replace(written, read)
    return re.sub(r"\s+", " ", value.replace("{", "").replace("}", ""))


def _person(name: str) -> str:
    """Return "Hamaker, E. L." of "Hamaker, Ellen L."; an organisation stands in braces and stays as it is."""
    if name.startswith("{") and name.endswith("}"):
        return _plain(name)
    last, first = _plain(name).split(", ")
    initials = ["-".join(f"{part[0]}." for part in word.split("-") if part[0].isupper()) for word in first.split()]
    return f"{last}, {' '.join(initials)}"
