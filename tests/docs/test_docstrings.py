"""Docstrings that a user reads say what a thing does, name what it takes and gives, and hold no scraps."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import FunctionType

import pytest

import bayespanel as bp

SCRAPS = re.compile(
    r"behind it there is nothing|\bof which there is none\b|\bwhat of an? \w+ other\b|\bthe same for the clusters from"
    r"|\bsome of whom it\b|\bFrom `summarise`|\bas far as it goes\b|, say\b(?!s)"
    r"|\bheld against\b|\bhangs? on\b|\ball along\b|\bwhatever its\b|\bis none\b|\bcan have wrong\b"
    r"|\bof another kind than theirs\b|\bThe same for the\b",
    re.IGNORECASE,
)
"""Turns of phrase that readers did not understand."""

EMPTY = re.compile(r"\n(Parameters|Returns|Raises|References|Warns)\n-+\n+\s*(none|nothing)\b", re.IGNORECASE)
"""A section that says that there is nothing to say."""


def functions() -> Iterator[tuple[str, FunctionType]]:
    """Public functions, and public methods of public classes."""
    for name in bp.__all__:
        found = getattr(bp, name)
        if isinstance(found, FunctionType):
            yield name, found
        elif inspect.isclass(found):
            for member, value in vars(found).items():
                inner = getattr(value, "__func__", getattr(value, "fget", value))
                if not member.startswith("_") and isinstance(inner, FunctionType):
                    yield f"{name}.{member}", inner


def section(text: str, title: str) -> str | None:
    """The body of a section of a numpydoc docstring."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n---|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else None


def documented(text: str) -> list[str]:
    """Names that the section of parameters, or of attributes, explains."""
    lines = (section(text, "Parameters") or section(text, "Attributes") or "").splitlines()
    heads = [line.partition(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return [name.strip() for head in heads for name in head.split(",")]


def taken(found: object) -> list[str]:
    """Parameters of a function, or fields of a class."""
    if is_dataclass(found):
        return [field.name for field in fields(found)]
    return [name for name in inspect.signature(found).parameters if name not in ("self", "cls")]  # type: ignore[arg-type]


FUNCTIONS = dict(functions())
CLASSES = {name: getattr(bp, name) for name in bp.__all__ if inspect.isclass(getattr(bp, name))}
EVERYTHING = FUNCTIONS | CLASSES


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_docstring_begins_with_one_whole_sentence(name: str) -> None:
    lines = (inspect.getdoc(EVERYTHING[name]) or "").splitlines()
    assert lines, "It has no docstring."
    assert lines[0].endswith("."), lines[0]
    assert not lines[1:2] or not lines[1], "A summary is one line, and a blank line follows."


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_docstring_holds_no_scraps(name: str) -> None:
    text = inspect.getdoc(EVERYTHING[name]) or ""
    assert SCRAPS.findall(" ".join(text.split())) == []
    assert EMPTY.findall(text) == []


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "." not in name])
def test_a_function_names_exactly_its_parameters_in_their_order(name: str) -> None:
    assert documented(inspect.getdoc(FUNCTIONS[name]) or "") == taken(FUNCTIONS[name])


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "." not in name])
def test_a_function_that_returns_something_says_what(name: str) -> None:
    body = section(inspect.getdoc(FUNCTIONS[name]) or "", "Returns")
    if inspect.signature(FUNCTIONS[name]).return_annotation in ("None", None):
        assert body is None
    else:
        assert body is not None
        assert re.search(r"^\S.*\n    \S", body, re.MULTILINE), "A type, and below it what it holds."


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "." in name])
def test_a_method_that_explains_parameters_explains_all(name: str) -> None:
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    if section(text, "Parameters") is not None:
        assert documented(text) == taken(FUNCTIONS[name])


@pytest.mark.parametrize("name", [name for name, found in CLASSES.items() if is_dataclass(found)])
def test_a_record_names_exactly_its_fields(name: str) -> None:
    said = [one for one in documented(inspect.getdoc(CLASSES[name]) or "") if not one.startswith("*")]
    assert sorted(said) == sorted(taken(CLASSES[name]))


def test_the_rules_find_what_they_are_for() -> None:
    text = "Return nothing.\n\nParameters\n----------\na, b : int\n    Two.\nc\n    Three.\n\nRaises\n------\nNone\n"
    assert documented(text) == ["a", "b", "c"]
    assert section(text, "Returns") is None
    assert EMPTY.search(text)
    assert SCRAPS.search("Give 0.1, say.")
