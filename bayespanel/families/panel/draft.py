"""The card of a panel that is written from a table."""

from __future__ import annotations

from bayespanel.families.shared.draft import Draft, comment, head, line, of_pupils, table
from bayespanel.language.triangle import VERTICES

WORD = "panel"
ABOUT = "what goes before what: do pupils with more of one thing than usual have more of another a wave later?"
ASKED = ("wave", "pupil", "scores", "school", "classroom", "covariates", "vertices", "levels", "times")
ROPE = 0.03
LEAST_WAVES = 3


def title(scores: list[str]) -> str:
    """Return a title that may be taken as it is."""
    return f"What goes before what: {', '.join(scores)}"


def question(scores: list[str]) -> str:
    """Return a question that may be taken as it is."""
    if len(scores) == 1:
        return f"If {scores[0]} is higher than usual for a pupil, does it stay higher at the next wave?"
    return (
        f"If one of {', '.join(scores)} is higher than usual for a pupil, are the others higher or lower than usual at "
        "the next wave?"
    )


def text(draft: Draft) -> str:
    """Return the text of a card."""
    names = list(draft.scores)
    on = {vertex: [name for name in names if draft.vertices.get(name) == vertex] for vertex in VERTICES}
    placed = sum(map(len, on.values())) == len(names)
    lines = head(
        draft,
        "riclpm",
        "Effects between -rope and rope count as none, in standard deviations of a pupil's own deviations.",
    )
    if not placed:
        lines.append(line("variables", names))
    card = "\n".join(lines) + "\n"
    if placed:
        vertices = [line(vertex, found) for vertex, found in on.items() if found]
        card += table(
            "triangle", vertices, "The variables by whom they are about: parents, the child, school and peers."
        )
    between = "Where pupils differ: among each other, and between the classes and schools that stand here too."
    model = [
        line("levels", draft.levels, between),
        line("lags", "equal", 'The same from each wave to the next; "free": each interval has its own.'),
    ]
    if draft.covariates:
        model.append(line("covariates", draft.covariates, "What does not change within a pupil and is held constant."))
    if draft.lowest:
        shares = ", ".join(f"{100 * share:.0f} % of {name}" for name, share in draft.lowest.items())
        model += comment(
            f"The lowest of a few values: {shares}. Read as numbers, such scores make lags too small. As ordered "
            "categories, which takes minutes in place of seconds:"
        )
        model += [f"# {line('ordered', tuple(draft.lowest))}", f"# {line('innovations', 'equal')}"]
    model += comment('More options, such as means = "linear" or time = "continuous": the page of RICLPM.')
    return card + table("model", model) + of_pupils(draft)
