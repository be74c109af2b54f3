"""A8, C: cards of the three families with a value, a key or a text that no card has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.judge import Answer, Case
from tests.fuzz.toml_text import Place, Raw, changed, dotted, leaves, without, written

PANEL: dict[str, Any] = {
    "title": "Two subjects", "question": "Which comes first?", "family": "riclpm", "rope": 0.03, "notes": ["A note."],
    "triangle": {"child": ["x"], "school": ["y"]},
    "model": {"levels": ["pupil", "school"], "lags": "equal", "intercepts": True, "cluster_effects": "stable",
              "covariates": ["sex"]},
    "data": {"pupil": "id", "wave": "wave", "school": "school", "movers": "first"},
    "priors": [{"parameter": "lag", "distribution": "Normal", "arguments": [0.0, 0.3], "scale": "standardised"}],
    "answer": [{"parameter": "lag", "at": ["x", "y"], "value": 0.2, "error": 0.01, "source": "a fit"}],
}  # fmt: skip
TRIAL: dict[str, Any] = {
    "title": "A programme", "question": "Does it help?", "family": "trial", "rope": 0.1, "outcomes": ["post", "mood"],
    "model": {"levels": ["pupil", "class", "school"], "adjustment": "covariate", "link": "identity"},
    "families": {"both": ["post", "mood"]}, "edges": {"post": "school->child"},
    "data": {"arm": "arm", "control": "control", "randomised": "school", "school": "school", "classroom": "class",
             "baseline": {"post": "pre"}},
    "priors": [{"parameter": "effect", "distribution": "Normal", "arguments": [0.0, 0.5]}],
}  # fmt: skip
COURSES: dict[str, Any] = {
    "title": "Who stays a victim", "question": "Who?", "family": "trajectories", "rope": 0.18, "outcome": "bullied",
    "classes": ["persistent", "decreasing", "low"], "predictors": ["warmth"], "edges": {"warmth": "parent->child"},
    "model": {"growth": "linear", "times": [0.0, 5.0, 12.0, 17.0, 24.0], "link": "logit",
              "categories": [0.0, 1.0, 2.0, 3.0, 4.0], "levels": ["pupil", "school"],
              "contrast": ["persistent", "decreasing"], "random": "none"},
    "data": {"pupil": "id", "wave": "wave", "school": "school"},
}  # fmt: skip
CARDS = {"panel": PANEL, "trial": TRIAL, "courses": COURSES}

WORDS = ("title", "question", "notes", "reason", "source", "references", "parameter", "pupil", "wave", "school",
         "classroom", "arm", "control", "pre")  # fmt: skip
"""Keys whose value is any text."""


def card(text: str | bytes, *, name: str = "mine.toml") -> Any:
    """Return the door of a card: its file, its specification, the table of its priors."""

    def give(folder: Path) -> Answer:
        path = folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Answer(content(path))

    return give


def content(path: Path) -> Any:
    """Return everything that a card says, its name and path apart."""
    import bayespanel as bp
    from bayespanel.catalogue import cards
    from bayespanel.catalogue.spec_records import spec_to_dict

    found = cards.card(path)
    spec = cards.specification(found)
    said = {key: value for key, value in vars(found).items() if key not in ("name", "path", "source")}
    return json.dumps(spec_to_dict(spec), default=str), repr(said), bp.priors(spec).to_csv()


def truth(tree: dict[str, Any]) -> Any:
    """Return what computes the content of a good card."""

    def compute() -> Any:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.toml"
            path.write_text(written(tree), encoding="utf-8")
            return content(path)

    return compute


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for name, tree in CARDS.items():
        yield Case("card", f"{name}: whole", card(written(tree)), truth(tree), ordinary=True)
        yield from values(name, tree, rng)
        yield from keys(name, tree, rng)
        yield from rules(name, tree)
    yield from texts(rng)


def wrong(value: Any, place: Place) -> list[Any]:
    """Return values that a place cannot have."""
    key = str(next(part for part in reversed(place) if isinstance(part, str)))
    out: list[Any] = [Raw("nan"), Raw("2020-01-01"), {"a": 1}, Raw("1" + "0" * 5000), [[1]]]
    if isinstance(value, bool):
        return [*out, "true", 1]
    if isinstance(value, int | float):
        return [*out, "0.03", True, Raw("inf"), Raw("-inf"), Raw("1e400"), [], ""]
    if isinstance(value, list):
        some = [*out, "x", 3, [*value, *value], [*value, ""], [*value, True], [*value, []]]
        return some if key not in WORDS else [*out, "x", 3, [*value, ""], [*value, 1]]
    if key in WORDS:
        return [*out, "", 7, True, []]
    return [*out, "", 7, True, [], str(value).upper() + "x", f"{value} ", value[:-1]]


def values(name: str, tree: dict[str, Any], rng: np.random.Generator) -> Iterator[Case]:
    """A wrong value at each place: two of those that it cannot have."""
    for place, value in leaves(tree):
        bad = wrong(value, place)
        for i in rng.choice(len(bad), 2, replace=False):
            shown = bad[i].text[:12] if isinstance(bad[i], Raw) else repr(bad[i])[:40]
            if bad[i] in ([*value, *value] if isinstance(value, list) else (),):
                shown = "twice the same"
            yield Case("card", f"{name}: {dotted(place)} = {shown}", card(written(changed(tree, place, bad[i]))))


def keys(name: str, tree: dict[str, Any], rng: np.random.Generator) -> Iterator[Case]:
    """Keys that are missing, misspelt, unknown, twice, or in another table."""
    for key in ("title", "question"):
        yield Case("card", f"{name}: without {key}", card(written(without(tree, (key,)))))
    wanted = {"panel": "triangle", "trial": "outcomes", "courses": "outcome"}[name]
    yield Case("card", f"{name}: without {wanted}", card(written(without(tree, (wanted,)))))
    for place, value in leaves(tree):
        if rng.random() < 0.35 and isinstance(place[-1], str):
            key = place[-1]
            other = (key[:-1] + "_", key.upper(), key + " ", key + "s")[int(rng.integers(4))]
            moved = changed(without(tree, place), (*place[:-1], other), value)
            shown = f"{name}: {dotted(place)} called {other!r}"
            free = place[0] in ("triangle", "families", "edges", "data") and len(place) > 2
            if not free and key not in ("notes", "reason"):
                yield Case("card", shown, card(written(moved)))
    text = written(tree)
    yield Case("card", f"{name}: title twice", card('title = "Another"\n' + text))
    yield Case("card", f"{name}: [model] twice", card(text + '\n[model]\nlevels = ["pupil"]\n'))
    yield Case("card", f"{name}: an unknown table", card(text + "\n[modell]\na = 1\n"))
    yield Case("card", f"{name}: a key in a table that is a text", card(text.replace("[model]", "[title.model]")))
    yield Case("card", f"{name}: [[model]]", card(text.replace("[model]", "[[model]]")))
    for other in ("clpm", "RICLPM", "", "riclpm ", "trail", 1):
        yield Case("card", f"{name}: family = {other!r}", card(written({**tree, "family": other})))
    for other in {"riclpm", "trial", "trajectories"} - {tree["family"]}:
        yield Case("card", f"{name}: called {other}", card(written({**tree, "family": other})))


RULES: dict[str, list[tuple[Place, Any]]] = {
    "panel": [
        (("triangle", "parent"), ["x"]), (("triangle", "child"), ["x", "x"]), (("triangle",), {}),
        (("variables",), ["x", "y", "z"]), (("variables",), []),
        (("model", "levels"), ["school"]), (("model", "levels"), []),
        (("model", "levels"), ["pupil", "school", "school"]),
        (("model", "covariates"), ["x"]), (("model", "covariates"), ["sex", "sex"]), (("rope",), -0.03), (("rope",), 0),
        (("rope",), 3.0), (("model", "cluster_effects"), {"class": "stable"}),
        (("model", "cluster_effects"), {"pupil": "stable"}),
        (("priors", 0, "parameter"), "lagg"), (("priors", 0, "distribution"), "Nromal"),
        (("priors", 0, "arguments"), [0.0]),
        (("priors", 0, "arguments"), [0.0, -0.3]), (("priors", 0, "arguments"), [0.0, 0.0]),
        (("priors", 0, "arguments"), [0.0, 0.3, 1.0]),
        (("priors", 0, "scale"), "Raw"), (("answer", 0, "at"), ["x", "z"]), (("answer", 0, "at"), ["x"]),
        (("answer", 0, "parameter"), "effect"), (("answer", 0, "error"), -1.0), (("triangle", "child"), ["x\n"]),
        (("triangle", "child"), ["x\x1b[31m"]), (("triangle", "child"), ["x" * 300]), (("triangle", "child"), [" "]),
        (("triangle", "child"), ["y "]), (("triangle", "child"), ["a\u0000b"]), (("triangle", "child"), ["x\u202ey"]),
        (("triangle", "child"), ["Zoë", "Zoe\u0308"]), (("triangle", "child"), ["x -> y"]),
    ],
    "trial": [
        (("outcomes",), []), (("outcomes",), ["post", "post"]),
        (("model", "levels"), ["class", "school"]), (("families",), {"both": ["post", "other"]}),
        (("families",), {"both": ["post"]}), (("families",), {"a": ["post", "mood"], "b": ["post", "mood"]}),
        (("edges",), {"other": "school->child"}), (("edges",), {"post": "school->moon"}),
        (("edges",), {"post": "school"}),
        (("data", "baseline"), {"other": "pre"}), (("data", "baseline"), {"post": "post"}),
        (("data", "randomised"), "district"), (("model", "covariates"), ["post"]), (("model", "moderators"), ["sex"]),
        (("model", "link"), "log"), (("rope",), [0.1]), (("priors", 0, "parameter"), "lag"),
        (("priors", 0, "arguments"), [0.5, 0.0]), (("model", "levels"), ["pupil"]), (("outcomes",), ["post", "po\nst"]),
        (("outcomes",), ["post", "m" * 300]), (("outcomes",), ["post", "\x1b[2J"]),
    ],
    "courses": [
        (("classes",), 0), (("classes",), -1), (("classes",), 1000), (("classes",), ["a", "a"]), (("classes",), []),
        (("classes",), 2.5), (("classes",), {"control": 2}), (("classes",), True), (("classes",), ["a\n", "b", "c"]),
        (("model", "times"), [0.0, 5.0, 5.0, 17.0, 24.0]), (("model", "times"), [0.0, 12.0, 5.0, 17.0, 24.0]),
        (("model", "times"), [0.0]), (("model", "categories"), [0.0, 2.0, 1.0]), (("model", "categories"), [1.0]),
        (("model", "categories"), [0.0, 0.0, 1.0]), (("model", "growth"), "cubicc"),
        (("model", "growth"), {"a": [1.0, 2.0]}), (("model", "growth"), {"a": [0.0] * 5}),
        (("model", "contrast"), ["persistent"]), (("model", "contrast"), ["persistent", "none"]),
        (("model", "contrast"), ["low", "low"]), (("predictors",), ["warmth", "warmth"]),
        (("predictors",), ["bullied"]),
        (("edges",), {"cold": "parent->child"}), (("model", "link"), "probit"),
        (("model", "random"), "both"), (("outcome",), "b" * 300), (("outcome",), "b\x1b[31m"), (("rope",), 1e9),
    ],
}  # fmt: skip
"""Family -> places and values that are of the right type and break a rule."""


def rules(name: str, tree: dict[str, Any]) -> Iterator[Case]:
    """Values of the right type that no model can have; or the same ones in another order."""
    for number, (place, value) in enumerate(RULES[name]):
        same = place == ("variables",) and not value
        yield Case("card", f"{name}: rule {number}, {dotted(place)} = {repr(value)[:50]}",
                   card(written(changed(tree, place, value))), truth(tree) if same else None)  # fmt: skip
    turned = changed(tree, ("model", "levels"), tree["model"]["levels"][::-1])
    yield Case("card", f"{name}: levels from outside", card(written(turned)), truth(tree))


def texts(rng: np.random.Generator) -> Iterator[Case]:
    """Files that are no TOML, not quite TOML, or TOML written in another way."""
    for name, tree in CARDS.items():
        text = written(tree)
        good = truth(tree)
        for other, data in (
            ("with its mark", text.encode("utf-8-sig")), ("with CR LF", text.replace("\n", "\r\n").encode()),
            ("with comments", text.replace("\n", " # said\n").replace("[model]", "# here\n[model]").encode()),
            ("with blank lines", text.replace("\n", "\n\n").encode()),
            ("with blanks before keys", "".join(f"  {line}\n" for line in text.splitlines()).encode()),
            ("with literal texts", text.replace('"', "'").encode()),
            ("with dotted keys", written({k: v for k, v in tree.items() if k != "model"}).replace(
                "\n\n", "\n" + "".join(f"model.{line}\n" for line in written(tree["model"]).splitlines()) + "\n",
                1).encode()),
            ("in another order", written(dict(reversed(tree.items()))).encode()),
        ):  # fmt: skip
            yield Case("card", f"{name}: {other}", card(data), good, ordinary=True)
        yield Case("card", f"{name}: with CR", card(text.replace("\n", "\r")), good)
        for other, data in (
            ("in UTF-16", text.encode("utf-16")),
            ("with a NUL", text.replace("title", "ti\0tle").encode()),
            ("with a form feed", text.replace(" = ", " =\f").encode()),
            ("with smart quotes", text.replace('"', "\u201c").encode()),
            ("in Latin-1", text.replace("title = \"", "title = \"Ö").encode("latin-1")),
            ("without quotes", text.replace('"', "").encode()), ("as YAML", text.replace(" = ", ": ").encode()),
            ("as JSON", json.dumps(tree).encode()),
            ("cut in a text", text[: int(rng.integers(8, 14))].encode()),
            ("cut in the middle", text[: text.index("[model]") + 3].encode()),
            ("with a decimal comma", text.replace("rope = 0.", "rope = 0,").encode()),
            ("with an open bracket", text.replace("]\n", "\n", 1).encode()),
        ):  # fmt: skip
            yield Case("card", f"{name}: {other}", card(data))
    deep = "[" * 2000 + "]" * 2000
    head = 'title = "T"\nquestion = "Q"\nfamily = "riclpm"\nvariables = ["x"]\n'
    for name, data in (
        ("an array 2,000 deep", head + f"notes = {deep}\n"),
        ("an array 200 deep", head + f"notes = {'[' * 200}{']' * 200}\n"),
        ("tables 2,000 deep", head + "[" + ".".join(["a"] * 2000) + "]\nb = 1\n"),
        ("inline tables 2,000 deep", head + "model = " + "{a=" * 2000 + "1" + "}" * 2000 + "\n"),
        ("a key 300 letters long", head + "k" * 300 + " = 1\n"),
        ("2,000 keys", head + "".join(f"k{i} = 1\n" for i in range(2000))),
        ("5,000 digits", head + "rope = " + "9" * 5000 + "\n"),
        ("5,000 decimals", head + "rope = 0." + "0" * 5000 + "1\n"),
        ("5,000 digits in a key", head + "9" * 5000 + " = 1\n"),
        ("hexadecimal of 5,000 digits", head + "rope = 0x" + "f" * 5000 + "\n"),
        ("a year of 5 digits", head + "rope = 20200-01-01\n"), ("the 32nd", head + "rope = 2020-01-32\n"),
        ("a lone surrogate", head.replace("T", "\\ud800", 1)), ("an escape that is none", head.replace("T", "\\q", 1)),
        ("an empty file", ""), ("a BOM only", "\ufeff"), ("a comment only", "# nothing\n"), ("no key", "= 1\n"),
        ("a path in place of a text", head.replace('"T"', "./x")),
    ):  # fmt: skip
        yield Case("card", name, card(data), risky="deep" in name or "5,000" in name)
    for name in ("mine.toml.txt", "mine.TOML", "mine.yaml", "mine.json", "mine"):
        yield Case("card", f"in a file called {name}", card(written(PANEL), name=name), truth(PANEL))
    yield Case("card", "a folder", _folder)
    for given in ("", " ", "stra", "../star", "star.toml", "STAR", "star ", "nowhere/mine.toml", "\0", "x" * 5000, "."):
        yield Case("card", f"called {given[:30]!r}", _called(given))
    for odd in (None, 3, ["star"], b"star", {"name": "star"}):
        yield Case("card", f"given as {odd!r}", _called(odd))


def _folder(folder: Path) -> Answer:
    (folder / "mine.toml").mkdir()
    return Answer(content(folder / "mine.toml"))


def _called(given: Any) -> Any:
    def give(_: Path) -> Answer:
        from bayespanel.catalogue import cards

        return Answer(repr(cards.card(given)))

    return give
