"""The card of trajectories that is written from a table."""

from __future__ import annotations

from dataclasses import replace

from bayespanel.families.shared.draft import Draft, edges, head, line, of_pupils, table

WORD = "trajectories"
ABOUT = "who takes which course: groups of pupils whose scores go the same way, and what tells them apart"
ASKED = ("wave", "pupil", "score", "school", "classroom", "times", "classes", "covariates", "vertices", "levels")
ROPE = 0.18
LEAST_WAVES = 2


def title(scores: list[str]) -> str:
    """Return a title that may be taken as it is."""
    return f"Who takes which course: {', '.join(scores)}"


def question(scores: list[str]) -> str:
    """Return a question that may be taken as it is."""
    return f"Which courses does {', '.join(scores)} take, how many pupils take each, and what tells them apart?"


def text(draft: Draft) -> str:
    """Return the text of a card."""
    (outcome,) = draft.scores
    lines = head(draft, "trajectories", "Log odds between -rope and rope count as none: 0.18 is an odds ratio of 1.2.")
    lines.append(line("outcome", outcome))
    several = "How many courses, or their names from the highest average to the lowest."
    lines.append(line("classes", draft.classes, several))
    if draft.covariates:
        lines.append(line("predictors", draft.covariates, "What may tell pupils of one course from those of another."))
    link = '"logit" for ordered categories, such as never, sometimes, often; "log" for counts.'
    if outcome in draft.lowest:
        link += f" Of {outcome}, {100 * draft.lowest[outcome]:.0f} % are the lowest of a few values: read as numbers, "
        link += "they call for classes that only describe their skewness."
    model = [
        line("growth", "linear", '"constant", "linear", "quadratic", "cubic", or "free": a mean at each wave.'),
        line("link", "identity", link),
        line("levels", draft.levels, "Whether courses are more frequent in some classes and schools than in others."),
    ]
    if draft.times:
        model.insert(1, line("times", draft.times, "When each wave took place."))
    about = "Whom the predictors are about, as edges of the triangle."
    return (
        "\n".join(lines)
        + "\n"
        + table("model", model)
        + edges(draft, draft.covariates, "{}->child", about)
        + of_pupils(replace(draft, times=()))
    )
