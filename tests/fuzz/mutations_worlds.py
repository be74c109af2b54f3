"""A8, C: worlds of the three families with fields, grids and design priors that no simulator can have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.judge import Answer, Case
from tests.fuzz.mutations_cards import wrong
from tests.fuzz.toml_text import Place, Raw, changed, dotted, leaves, without, written

PANEL: dict[str, Any] = {
    "title": "A panel", "family": "riclpm",
    "world": {
        "variables": ["x", "y"], "months": [0.0, 6.0, 12.0], "lag": [[0.2, 0.1], [0.1, 0.3]], "initial_sd": [1.0, 1.0],
        "innovation_sd": [0.9, 0.9], "initial_corr": [[1.0, 0.3], [0.3, 1.0]], "intercept_sd": [0.8, 0.8],
        "school_sd": [0.2, 0.2], "schools": 6, "classes_per_school": [2, 2], "pupils_per_class": [10, 12],
        "missing_wave": 0.05, "dropout": 0.02, "school_years": [0, 0, 1],
    },
}  # fmt: skip
TRIAL: dict[str, Any] = {
    "title": "A trial", "family": "trial",
    "world": {
        "outcomes": ["post"], "effect": [0.3], "residual_sd": [1.0], "school_sd": [0.3], "arms": ["control", "new"],
        "randomised": "school", "schools_per_arm": [4, 4], "classes_per_school": [2, 2], "pupils_per_class": [8, 10],
        "baseline": {"post": "pre"}, "baseline_corr": 0.6, "girls": 0.5, "missing_outcome": 0.05,
    },
}  # fmt: skip
COURSES: dict[str, Any] = {
    "title": "Courses", "family": "trajectories",
    "world": {
        "outcome": "bullied", "waves": 4,
        "intervention": {"pupils": 120, "schools": 6, "courses": [
            {"name": "low", "log_odds": 0.0, "mean": [0.2, 0.2, 0.1, 0.1]},
            {"name": "high", "log_odds": -1.0, "mean": [2.0, 1.9, 1.8, 1.7]}]},
        "residual_sd": 0.5, "pupil_sd": 0.2, "school_sd": 0.1, "class_sizes": [8, 10], "missing_wave": 0.05,
    },
}  # fmt: skip
READY: dict[str, Any] = {"title": "Ready", "family": "trial", "ready": "small_trial", "world": {
    "effect": 0.3, "schools": 10, "school_icc": 0.1, "classes_per_school": [2, 2],
    "pupils_per_class": [8, 8]}}  # fmt: skip
WORLDS = {"panel": PANEL, "trial": TRIAL, "courses": COURSES, "ready trial": READY}


def _arm(pupils: int, schools: int, *waves: int) -> dict[str, Any]:
    """Return an arm with a course for each number of waves, all of one name."""
    courses = [{"name": "a", "log_odds": 0.0, "mean": [1.0] * number} for number in waves]
    return {"pupils": pupils, "schools": schools, "courses": courses}


RULES: dict[str, list[tuple[str, Any]]] = {
    "panel": [
        ("variables", ["x", "x"]), ("variables", ["x"]), ("variables", ["pupil", "y"]), ("variables", ["wave", "y"]),
        ("variables", ["x", ""]), ("variables", ["x", "y\n"]), ("months", [0.0, 6.0, 6.0]),
        ("months", [12.0, 6.0, 0.0]),
        ("months", [0.0]), ("months", []), ("lag", [[0.2, 0.1]]), ("lag", [0.2, 0.1]),
        ("lag", [[0.2, 0.1, 0.1], [0.1, 0.3, 0.1]]),
        ("lag", 0.2), ("initial_sd", [1.0, -1.0]), ("initial_sd", [1.0]),
        ("innovation_sd", [1.0, -0.5]), ("initial_corr", [[1.0, 1.5], [1.5, 1.0]]),
        ("initial_corr", [[1.0, 0.3], [0.1, 1.0]]),
        ("initial_corr", [[2.0, 0.3], [0.3, 2.0]]), ("schools", 0), ("schools", -3), ("schools", 2.5),
        ("classes_per_school", [3, 2]),
        ("classes_per_school", [0, 0]), ("classes_per_school", [2]), ("pupils_per_class", [0, 5]),
        ("pupils_per_class", [-5, 5]),
        ("pupils", 0), ("pupils", 10**9), ("pupils", -5), ("pupils", 3), ("missing_wave", 1.0),
        ("missing_wave", -0.1), ("missing_wave", 1.5),
        ("dropout", 2), ("cohorts", 0), ("school_years", [1, 0, 0]), ("school_years", [0, 0]),
        ("dropout_variable", "z"),
        ("dropout_slope", 1.0), ("skew", {"z": 0.4}), ("skew", {"x": -1.0}), ("ordinal", {"z": [0.0]}),
        ("ordinal", {"x": [1.0, 0.0]}),
        ("ordinal", {"x": ["a"]}), ("ordinal", {"x": []}), ("mean", [1.0, 2.0, 3.0]),
        ("measurement_error_sd", [-1.0, 0.0]),
    ],
    "trial": [
        ("outcomes", []), ("outcomes", ["post", "post"]), ("outcomes", ["pupil"]), ("outcomes", ["arm"]),
        ("effect", []),
        ("effect", [0.3, 0.2]), ("effect", [[0.3], [0.2]]), ("residual_sd", [-1.0]), ("school_sd", [-0.3]),
        ("school_sd", [0.3, 0.3]), ("arms", ["control"]), ("arms", ["control", "control"]), ("arms", []),
        ("randomised", "district"),
        ("randomised", "School"), ("schools_per_arm", [4]), ("schools_per_arm", [0, 4]), ("schools_per_arm", [4, -1]),
        ("schools_per_arm", [4, 4, 4]), ("classes_per_school", [2, 1]), ("pupils_per_class", [0, 0]), ("pupils", 1),
        ("baseline", {"other": "pre"}),
        ("baseline", {"post": "post"}), ("baseline", {"post": "arm"}), ("baseline_corr", 1.5),
        ("baseline_corr", -1.01), ("girls", 1.2),
        ("girls", -0.1), ("missing_outcome", 1.0), ("missing_outcome", 1.1), ("dropout_slope", "steep"),
        ("girl_effect", [0.1, 0.2]),
    ],
    "courses": [
        ("outcome", "pupil"), ("outcome", ""), ("outcome", "wave"), ("waves", 0), ("waves", 1), ("waves", -2),
        ("waves", 3), ("residual_sd", -1.0),
        ("pupil_sd", -0.1), ("school_sd", -1.0), ("cuts", [1.0, 0.0]), ("cuts", [0.0, 0.0]), ("cuts", ["a", "b"]),
        ("class_sizes", [10, 8]),
        ("class_sizes", [0, 0]), ("missing_wave", 1.0), ("missing_wave", 7), ("predictors", ["x", "x"]),
        ("predictors", ["pupil"]),
        ("predictor_corr", [[1.0, 0.2], [0.2, 1.0]]), ("leaves", {"9": 0.2}), ("leaves", {"2": 1.2}),
        ("leaves", {"2": -0.2}),
        ("intervention", {"pupils": 0, "schools": 6, "courses": []}),
        ("intervention", _arm(120, 0, 4)),
        ("intervention", _arm(120, 6, 3)),
        ("intervention", _arm(120, 6, 4, 4)),
        ("intervention", _arm(3, 6, 4)),
        ("intervention", {"pupils": 120, "schools": 6}), ("intervention", "all"), ("control", {}),
    ],
    "ready trial": [
        ("schools", 1), ("schools", 0), ("school_icc", 1.0), ("school_icc", -0.1), ("school_icc", 0.99),
        ("effect", [0.1, 0.2]), ("pupils_per_class", [8]), ("pupils_per_class", [8, 4]), ("pupils_per_class", 8),
        ("class_icc", 1.5),
    ],
}  # fmt: skip
"""World -> fields and values of the right look that break a rule."""


def world(tree: dict[str, Any] | str) -> Any:
    """Return the door of a world: its file, and the pupils that come of it."""
    text = tree if isinstance(tree, str) else written(tree)

    def give(folder: Path) -> Answer:
        (folder / "mine.toml").write_text(text, encoding="utf-8")
        return Answer(pupils(folder / "mine.toml"))

    return give


def pupils(path: Path, changes: dict[str, Any] | None = None) -> Any:
    """Return the pupils of every condition of a world, as text."""
    import bayespanel as bp
    from bayespanel.catalogue import worlds

    found = bp.world(path, changes)
    rng = np.random.default_rng(1)
    made = [worlds.made(found, condition, rng) for condition in worlds.conditions(found)]
    return [bp.simulate(one, 1).to_csv(float_format="%.6g") for one in made[:3]]


def truth(tree: dict[str, Any]) -> Any:
    """Return what computes the pupils of a good world."""

    def compute() -> Any:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "mine.toml").write_text(written(tree), encoding="utf-8")
            return pupils(Path(folder) / "mine.toml")

    return compute


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for name, tree in WORLDS.items():
        yield Case("world", f"{name}: whole", world(tree), truth(tree), ordinary=True)
        yield Case(
            "world", f"{name}: in another order", world(dict(reversed(tree.items()))), truth(tree), ordinary=True
        )
        yield from values(name, tree, rng)
        for number, (field, value) in enumerate(RULES[name]):
            shown = f"{name}: rule {number}, {field} = {repr(value)[:60]}"
            yield Case("world", shown, world(changed(tree, ("world", field), value)), risky=value == 10**9)
        for field in tree["world"]:
            if rng.random() < 0.5:
                moved = changed(without(tree, ("world", field)), ("world", field + "s"), tree["world"][field])
                yield Case("world", f"{name}: {field} called {field}s", world(moved))
    yield from records()


def values(name: str, tree: dict[str, Any], rng: np.random.Generator) -> Iterator[Case]:
    """A value of a wrong type at each place."""
    for place, value in leaves(tree):
        bad = [v for v in wrong(value, place) if not _may_be_meant(place, value, v)]
        i = int(rng.integers(len(bad)))
        shown = bad[i].text[:12] if isinstance(bad[i], Raw) else repr(bad[i])[:40]
        yield Case("world", f"{name}: {dotted(place)} = {shown}", world(changed(tree, place, bad[i])))


def _may_be_meant(place: Place, value: Any, other: Any) -> bool:
    """Say whether another value could be a right one: any text is a title, and any name a name."""
    names = place[-1] in ("title", "name", "outcome", "ready", "family")
    return (isinstance(other, str) and names and bool(other.strip()) and place[-1] not in ("ready", "family")) or (
        isinstance(other, list) and isinstance(value, list) and place[-1] in ("references", "notes")
    )


def records() -> Iterator[Case]:
    """Grids, design priors, and changes from Python and from the command line."""
    grid = {
        **READY,
        "world": {k: v for k, v in READY["world"].items() if k != "schools"},
        "grid": {"schools": [10, 20]},
    }
    yield Case("world", "grid: whole", world(grid), truth(grid), ordinary=True)
    drawn = {**READY, "world": {k: v for k, v in READY["world"].items() if k != "effect"},
             "drawn": [{"field": "effect", "distribution": "Normal", "arguments": [0.2, 0.1]}]}  # fmt: skip
    yield Case("world", "drawn: whole", world(drawn), truth(drawn), ordinary=True)
    for name, tree in (
        ("an empty list", changed(grid, ("grid", "schools"), [])), ("a number", changed(grid, ("grid", "schools"), 10)),
        ("the same twice", changed(grid, ("grid", "schools"), [10, 10])),
        ("a text", changed(grid, ("grid", "schools"), ["10", "20"])),
        ("10 and 10.0", changed(grid, ("grid", "schools"), [10, 10.0])),
        ("a fraction", changed(grid, ("grid", "schools"), [10, 20.5])),
        ("nan", changed(grid, ("grid", "schools"), [10, Raw("nan")])),
        ("an unknown field", changed(grid, ("grid", "school"), [1, 2])),
        ("a fixed field", changed(grid, ("grid", "effect"), [0.1, 0.2])),
        ("a bad one of two", changed(grid, ("grid", "schools"), [10, 0])),
        ("5,000 digits", changed(grid, ("grid", "schools"), [Raw("9" * 5000), 10])),
    ):  # fmt: skip
        yield Case("world", f"grid: {name}", world(tree))
    for name, changes in (
        ("an unknown field", {"field": "efect"}), ("a text field", {"field": "title"}),
        ("an unknown distribution", {"distribution": "Norm"}),
        ("a negative SD", {"arguments": [0.2, -0.1]}), ("one argument", {"arguments": [0.2]}),
        ("nan", {"arguments": [Raw("nan"), 0.1]}),
        ("a list for a number", {"arguments": 0.2}), ("a fixed field", {"field": "schools"}),
        ("infinite", {"arguments": [0.2, Raw("inf")]}),
        ("a key too many", {"source": "me"}),
    ):  # fmt: skip
        row = {**drawn["drawn"][0], **changes}
        yield Case("world", f"drawn: {name}", world({**drawn, "drawn": [row]}))
    yield Case("world", "drawn: twice", world({**drawn, "drawn": drawn["drawn"] * 2}))
    for field, value in (
        ("schools", "10"), ("schools", None), ("schools", True), ("schools", np.nan), ("schools", 1e400),
        ("schools", []), ("schools", [10, "20"]),
        ("schools", {"a": 1}), ("scools", 10), ("effect", "0,3"), ("effect", [0.1, 0.1]), ("effect", "strong"),
        (3, 10), ("effect", np.inf),
        ("effect", 1 + 2j), ("effect", b"1"), ("schools", 10**400),
    ):  # fmt: skip
        yield Case("world", f"changes: {field!r} = {repr(value)[:30]}", _changed_in_python(field, value))
    for odd in (None, 3, "nowhere", "small-triangel", "", ["star"], "../triangle-null"):
        yield Case("world", f"called {odd!r}", _called(odd))
    for seed in (-1, 1.5, "1", None, True, np.nan, [1]):
        yield Case("world", f"seed {repr(seed)[:20]}", _seeded(seed))


def _changed_in_python(field: Any, value: Any) -> Any:
    return lambda _: Answer(pupils("school-trial", {field: value}))  # type: ignore[arg-type]


def _called(name: Any) -> Any:
    return lambda _: Answer(pupils(name))


def _seeded(seed: Any) -> Any:
    def give(_: Path) -> Answer:
        import bayespanel as bp

        return Answer(bp.simulate(bp.world("school-trial", {"schools": 6}), seed).to_csv())

    return give
