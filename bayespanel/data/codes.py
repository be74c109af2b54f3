"""Codes for "missing" among the scores: those that were named become NaN, and those that look like one are asked about.

`settle_codes` does both for all columns of a table. What makes a number look like a code is in `code_rules` (its place
among the other values) and `code_labels` (what its label says).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.code_answers import CodeAnswers, require_code_answers, shown
from bayespanel.data.code_gaps import FAR, STRAY
from bayespanel.data.code_labels import absence_in
from bayespanel.data.code_rules import suspects_in
from bayespanel.data.code_tally import Suspect, Tally
from bayespanel.data.guesses import Guess, ask
from bayespanel.data.wording import counted

__all__ = ["CodeAnswers", "require_code_answers", "settle_codes"]

Columns = dict[str, NDArray[np.float64]]
Labels = Mapping[str, Mapping[float, str]]

LARGE = 200_000
"""Distinct values of all columns of a variable, beyond which each column has enough to be judged on its own only."""


@dataclass(frozen=True, eq=False)
class _Variable:
    """A variable with the tally of each of its columns, and what in it looks like a code."""

    name: str
    tallies: dict[str, Tally]
    suspects: tuple[Suspect, ...]

    def count(self, value: float) -> int:
        return sum(tally.count(value) for tally in self.tallies.values())

    def columns(self, values: Iterable[float]) -> list[str]:
        """Return the columns in which one of the values occurs."""
        wanted = list(values)
        return [column for column, tally in self.tallies.items() if any(tally.count(v) for v in wanted)]


def settle_codes(
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]],
    *,
    value_labels: Labels,
    answers: CodeAnswers,
    kind: str = "variable",
    beside: Iterable[float] = (),
) -> tuple[dict[str, Columns], tuple[Guess, ...]]:
    """Replace the codes for "missing" that were named by NaN, and ask about what looks like one.

    Parameters
    ----------
    scores
        Variable -> column -> values [row], NaN where missing: one column of a long table, or one per wave of a wide
        one. The columns of a variable are judged together and each on its own.
    value_labels
        Column -> value -> label; columns without labels may be absent.
    answers
        What the caller said, from `require_code_answers`.
    kind
        What is measured, as it is called in guesses: "variable", "outcome", "covariate".
    beside
        Codes that other columns hold.

    Returns
    -------
    scores : dict
        As given, with NaN for codes; arrays without a code are the ones given.
    guesses : tuple of Guess
        How many values of which column became missing; values kept although they look like codes; numbers that were
        named and occur nowhere; and, as doubtful, values that may be codes or slips.

    Raises
    ------
    DataError
        Values of any column are very likely codes and neither `missing` nor `keep_codes` names them. One error
        names all of them.
    """
    settled: dict[str, Columns] = {}
    guesses: list[Guess] = []
    variables: list[_Variable] = []
    met = set(beside)
    for name, columns in scores.items():
        labels = {column: _numeric(value_labels.get(column, {})) for column in columns}
        settled[name] = {}
        tallies = {}
        for column, values in columns.items():
            tally = Tally.of(values)
            codes = answers.numbers_for(column, name)
            if answers.by_label(column, name):
                codes |= {value for value, label in labels[column].items() if absence_in(label)}
            here = sorted(code for code in codes if tally.count(code))
            met.update(here)
            settled[name][column] = np.where(np.isin(values, here), np.nan, values) if here else values
            if here:
                guesses.append(_replaced(column, here, tally))
            tallies[column] = tally.without(here)
        variables.append(_Variable(name, tallies, tuple(_suspects(tallies, labels))))
    guesses += _never_met(answers, met, scores)
    variables = _recurring(variables)
    guesses += _kept(variables, answers)
    _ask([_only(variable, True, answers) for variable in variables])
    for variable in variables:
        slight = _only(variable, False, answers)
        if slight.suspects:
            guesses.append(_doubt(slight, kind))
    return settled, tuple(guesses)


def _numeric(labels: Mapping[float, str]) -> dict[float, str]:
    """Return the labels of numbers; those of text and of letters (.a to .z) are left out."""
    return {float(v): str(label) for v, label in labels.items() if isinstance(v, int | float | np.number)}


def _suspects(tallies: Mapping[str, Tally], labels: Labels) -> list[Suspect]:
    """Return what looks like a code in a variable, by its labels and by its distribution.

    The columns are judged together, where few codes at each of several waves are most easily seen, and each on its
    own, where a wave with another scale cannot hide them; the latter counts for grave doubts only.
    """
    found: dict[float, Suspect] = {}
    meaning = {value: label for column in labels.values() for value, label in column.items()}
    together = sum(len(tally.values) for tally in tallies.values()) <= LARGE or len(tallies) == 1
    parts = list(tallies.values())
    for tally in [Tally.pooled(parts)] if together else parts:
        for suspect in (*_labelled(tally, meaning), *_only_labelled(tally, meaning)):
            found.setdefault(suspect.value, suspect)
        pooled = suspects_in(tally.without(found))
        scales = _scales({s.value for s in pooled}, parts)
        found |= {s.value: s for s in pooled if s.value not in scales}
    for tally in parts if len(parts) > 1 else ():
        alone = _of_own_scale(tally.without(found), parts) if together else ()
        for suspect in (*alone, *_whole_wave(tally, parts)):
            if suspect.grave:
                found[suspect.value] = suspect
    return sorted(found.values(), key=lambda s: s.value)


def _scales(values: set[float], parts: list[Tally]) -> set[float]:
    """Return those of the values that are the scale of a wave: three or more, none negative, and hardly any others."""
    scales: set[float] = set()
    for tally in parts if len(parts) > 1 else ():
        own = {value for value in values if value >= 0 and tally.count(value)}
        if len(own) > 2 and sum(map(tally.count, own)) >= 0.9 * tally.cells:
            scales |= own
    return scales


def _of_own_scale(tally: Tally, parts: list[Tally]) -> list[Suspect]:
    """Return what looks like a code in a column, where the scores of other waves lie between it and the column's own.

    Where they do not, the waves have one scale, and what the pool of them does not show is chance.
    """
    suspects = suspects_in(tally)
    scores = tally.without(s.value for s in suspects).values
    if not suspects or not scores.size:
        return []
    low, high = float(scores[0]), float(scores[-1])
    total = sum(other.cells for other in parts)

    def hidden(value: float) -> bool:
        near, far = (value, low) if value < low else (high, value)
        between = sum(int(o.counts[(o.values > near) & (o.values < far)].sum()) for o in parts)
        return 3 * len(parts) * between >= total * (len(parts) - 1)

    return [s for s in suspects if hidden(s.value)]


def _labelled(pool: Tally, meaning: Mapping[float, str]) -> list[Suspect]:
    """Values whose label says that there is no score."""
    found = []
    absent = {v: kind for v, label in meaning.items() if pool.count(v) and (kind := absence_in(label))}
    scores = pool.without(absent).values
    for value, kind in absent.items():
        # "Don't know" can be the middle of a scale.
        inside = len(scores) > 0 and bool(scores[0] < value < scores[-1])
        found.append(Suspect(value, kind == "absent" or not inside, f"labelled {meaning[value]!r}"))
    return found


def _only_labelled(pool: Tally, meaning: Mapping[float, str]) -> list[Suspect]:
    """Values that alone have a label and lie outside all the others: the scores of a test have none."""
    absent = {value for value, label in meaning.items() if absence_in(label)}  # see `_labelled`
    meaning, pool = {v: label for v, label in meaning.items() if v not in absent}, pool.without(absent)
    named = np.isin(pool.values, list(meaning)) if meaning else np.zeros(len(pool.values), dtype=bool)
    if not named.any() or (~named).sum() < 2:
        return []
    scores = pool.values[~named]
    low, high, step = float(scores[0]), float(scores[-1]), float(np.diff(scores).max())
    below = sorted((value for value in meaning if value < low), reverse=True)
    above = sorted(value for value in meaning if value > high)
    if len(below) + len(above) < len(meaning):
        return []
    # A label at an end belongs to the scale: "never" at 0, "10 or more"; at both ends it does so further out.
    reach = 2 * step if below and above else step
    if below and low - below[0] <= reach and below[0] >= min(0.0, low):
        below = below[1:] if len(below) == 1 or low - below[1] > 2 * step else []
    if above and above[0] - high <= reach and (len(above) == 1 or above[1] - high > 2 * step):
        above = above[1:]
    return [
        Suspect(value, True, f"labelled {meaning[value]!r}, as no score is")
        for value in (*below, *above)
        if pool.count(value)
    ]


def _whole_wave(tally: Tally, tallies: Iterable[Tally]) -> list[Suspect]:
    """A value that fills a column and lies outside the values of the variable's other columns: a wave not asked."""
    if not tally.cells or tally.counts.max() < 0.9 * tally.cells:
        return []
    value = float(tally.values[tally.counts.argmax()])
    others = Tally.pooled([other for other in tallies if other is not tally]).without([value])
    if len(others.values) < 2 or others.values[0] <= value <= others.values[-1]:
        return []
    return [Suspect(value, True, "nearly alone in its column, and outside the values of the others")]


def _recurring(variables: list[_Variable]) -> list[_Variable]:
    """Make a slight doubt a grave one where the same value is far from the others in another variable, too."""
    seen = Counter(s.value for variable in variables for s in variable.suspects if s.why in (FAR, STRAY))

    def again(suspect: Suspect) -> Suspect:
        if suspect.grave or suspect.why not in (FAR, STRAY) or seen[suspect.value] < 2:
            return suspect
        return Suspect(suspect.value, True, f"{FAR}, and in several variables")

    return [_Variable(v.name, v.tallies, tuple(map(again, v.suspects))) for v in variables]


def _only(variable: _Variable, grave: bool, answers: CodeAnswers) -> _Variable:
    """Return the variable with its grave or its slight suspects that no answer covers."""
    left = tuple(s for s in variable.suspects if s.grave == grave and not answers.keeps(s.value))
    return _Variable(variable.name, variable.tallies, left)


def _ask(variables: list[_Variable]) -> None:
    """Raise one error for everything that is very likely a code."""
    grave = [variable for variable in variables if variable.suspects]
    if not grave:
        return
    codes = sorted({s.value for variable in grave for s in variable.suspects})
    given = " ".join(_sentence(variable) for variable in grave[:8])
    if len(grave) > 8:
        given += f" So {counted(len(grave) - 8, 'more variable does', 'more variables do')}."
    keep = f"[{', '.join(map(shown, codes))}]"
    # A code of one variable can be a score of another.
    shared = any(v.count(code) and code not in {s.value for s in v.suspects} for v in variables for code in codes)
    if shared:
        own = (f"{v.name!r}: [{', '.join(shown(s.value) for s in v.suspects)}]" for v in grave)
        write = f"missing={{{', '.join(own)}}}"
    else:
        write = f"missing={keep} (on the command line --missing={keep[1:-1].replace(' ', '')})"
    ask(
        "codes",
        (),
        rule="A score is a measurement, not a code for 'missing'.",
        given=given,
        action=f"If these are codes, write {write}; those that are scores go into keep_codes={keep}.",
    )


def _sentence(variable: _Variable) -> str:
    """Say which suspicious values a variable holds, why they are suspicious, and where its others lie."""
    values = [s.value for s in variable.suspects]
    columns = variable.columns(values)
    where = "Column " + repr(columns[0])
    if len(columns) > 1:
        more = f" and {len(columns) - 6} more" if len(columns) > 6 else ""
        where = f"Columns {', '.join(map(repr, columns[:6]))}{more} of {variable.name!r}"
    held = [f"{counted(variable.count(value), 'value')} of {shown(value)}" for value in values[:10]]
    held += [f"{len(values) - 10} more such values"] if len(values) > 10 else []
    listed = held[0] if len(held) == 1 else f"{', '.join(held[:-1])} and {held[-1]}"
    why = "; ".join(dict.fromkeys(s.why for s in variable.suspects[:10]))
    rest = [scores for tally in variable.tallies.values() if (scores := tally.without(values).values).size]
    others = "there are no others"
    if rest:
        low, high = min(float(scores[0]) for scores in rest), max(float(scores[-1]) for scores in rest)
        others = f"the others run from {low:.6g} to {high:.6g}"
    return f"{where} {'hold' if len(columns) > 1 else 'holds'} {listed} ({why}); {others}."


def _replaced(column: str, codes: list[float], tally: Tally) -> Guess:
    """Return the record of codes that became missing."""
    each = ", ".join(f"{shown(code)} ({tally.count(code)})" for code in codes)
    number = sum(tally.count(code) for code in codes)
    return Guess(
        about="codes",
        seen=f"Column {column!r} holds codes for 'missing': {each}.",
        done=f"{counted(number, 'value')} of {tally.cells} became missing.",
        otherwise="Leave out of 'missing' what is a score.",
    )


def _never_met(answers: CodeAnswers, met: set[float], scores: Mapping[str, Mapping[str, object]]) -> list[Guess]:
    """Return a doubt for every number that was named as a code and occurs nowhere."""
    used = {name for variable, columns in scores.items() for name in (variable, *columns)}
    named = {*answers.missing, *(n for name, (own, _) in answers.of.items() if name in used for n in own)}
    lost = sorted(named - met)
    if not lost:
        return []
    return [
        Guess(
            about="codes",
            seen=f"'missing' names {', '.join(map(shown, lost))}, which no column holds.",
            done="Nothing was replaced for it.",
            otherwise="Check the number, and whether the program that wrote the file made it missing already.",
            doubtful=True,
        )
    ]


def _kept(variables: list[_Variable], answers: CodeAnswers) -> list[Guess]:
    """Return the record of values that look like codes and were said to be scores."""
    guesses = []
    for variable in variables:
        kept = tuple(s for s in variable.suspects if answers.keeps(s.value))
        if kept:
            guesses.append(
                Guess(
                    about="codes",
                    seen=_sentence(_Variable(variable.name, variable.tallies, kept)),
                    done="They were kept as scores, as you said.",
                    otherwise="Name codes for 'missing' in missing=[...].",
                )
            )
    return guesses


def _doubt(variable: _Variable, kind: str) -> Guess:
    """Return the record of values that may be codes or slips."""
    codes = f"[{', '.join(shown(s.value) for s in variable.suspects)}]"
    return Guess(
        about="codes",
        seen=_sentence(variable),
        done=f"They were taken as scores of the {kind}.",
        otherwise=f"If they are codes or slips, write missing={codes}; if they are right, keep_codes={codes}.",
        doubtful=True,
    )
