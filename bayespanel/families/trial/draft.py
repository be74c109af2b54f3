"""The card of a trial that is written from a table."""

from __future__ import annotations

from bayespanel.families.shared.draft import Draft, edges, head, line, missing, places, table

WORD = "trial"
ABOUT = "what a programme does: schools, classes or pupils were allocated to arms, and scores followed"
ASKED = (
    *("arm", "control", "pupil", "school", "classroom", "randomised", "outcomes", "baseline", "covariates"),
    *("vertices", "levels"),
)
ROPE = 0.1
LEAST_WAVES = 1


def title(scores: list[str]) -> str:
    """Return a title that may be taken as it is."""
    return f"What the programme does to {', '.join(scores)}"


def question(scores: list[str]) -> str:
    """Return a question that may be taken as it is."""
    return f"How much does the programme change {', '.join(scores)}, and by how much at most if it does not?"


def text(draft: Draft) -> str:
    """Return the text of a card."""
    outcomes = list(draft.scores)
    lines = head(draft, "trial", "Effects between -rope and rope count as none, in standard deviations of an outcome.")
    lines.append(line("outcomes", outcomes))
    model = [line("levels", draft.levels, "Who differs: pupils, and the classes and schools that stand here too.")]
    if draft.baseline:
        why = 'Scores from before the trial: "covariate" takes them out, "constrained" keeps pupils who lack one score.'
        model.append(line("adjustment", "covariate", why))
    if draft.covariates:
        model.append(line("covariates", draft.covariates, "What was known before the trial and is held constant."))
    why = '"logit" for ordered categories, such as never, sometimes, often; "log" for counts of events.'
    model.append(line("link", "identity", why))
    about = "Whom the effects are about, as edges of the triangle."
    data = [line("pupil", draft.pupil) if draft.pupil else "", line("arm", draft.arm)]
    data += [line("control", draft.control, "The arm against which the others are compared.")] if draft.control else []
    data += [line("randomised", draft.randomised, "What was allocated to arms.")] if draft.randomised else []
    data += [*places(draft), missing(draft)]
    before = [line(post, pre) for post, pre in draft.baseline.items()]
    return (
        "\n".join(lines)
        + "\n"
        + table("model", model)
        + edges(draft, outcomes, "school->{}", about)
        + table("data", data, "Which columns of the table are which.")
        + table("data.baseline", before, "For each outcome, the column with the score before the trial.")
    )
