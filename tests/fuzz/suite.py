"""All cases by kind, and how a run goes through them."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

from tests.fuzz.judge import FAILURES, Case, Outcome, Verdict, judge

SEED = 2012
"""Any number would do; failures are named with theirs."""

KINDS = {
    "codes": "A1: codes for 'missing'",
    "text": "A2, A8: text that is not quite a table; files cut, flipped or of another kind",
    "labels": "A3: who is who",
    "waves": "A4: which wave comes first",
    "numbers": "A5, A7: notations of numbers, degenerate scores",
    "wide": "A6: school and class columns of each wave",
    "exports": "A2 to A5, A8: what spreadsheets and statistics programs make of a table",
    "programs": "A1 to A5, A8: what they make of numbers, names and codes",
    "spelt": "the same table spelt differently",
    "answers": "questions that are answered, and answers that are none",
    "cards": "A8, C: cards",
    "worlds": "A8, C: worlds",
    "moments": "B1: moments, counts and rows",
    "fits": "B1: fits",
    "stores": "B1, B2: stores of studies",
    "lines": "A5, A8: command lines of tables",
    "study_lines": "A5, A8: command lines of fits and studies",
    "ordinary": "ordinary tables, of which none may be refused",
}
"""Module of cases (`mutations_<kind>`) -> what it is about."""

EVERY = {"fits": 25, "stores": 25, "codes": 9, "moments": 12, "study_lines": 12, "lines": 8}
"""Kind -> the default test run takes every so-many-th of its cases, a whole run all; `USUAL` for the others."""

USUAL = 7

MARK = "verdict: "
"""Begins a line of the process that is apart; anything else on its screen is not ours."""

ROOT = Path(__file__).parents[2]

PATIENCE = (120.0, 10.0)
"""Seconds that another process may take: to start, and for each case."""


@cache
def cases(kind: str, seed: int = SEED) -> list[Case]:
    """Return the cases of a kind; the same seed gives the same ones, whatever other kinds there are."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    return list(import_module(f"tests.fuzz.mutations_{kind}").cases(rng))


def chosen(kind: str, seed: int = SEED, *, fast: bool = False) -> list[Case]:
    """Return the cases of a kind that a run takes."""
    found = cases(kind, seed)
    return [case for case in found if case.fast][:: EVERY.get(kind, USUAL)] if fast else found


def run(kind: str, seed: int = SEED, *, fast: bool = False) -> list[Verdict]:
    """Put the cases of a kind through their doors, but for those that may end the process."""
    return [judge(case) for case in chosen(kind, seed, fast=fast) if not case.risky]


def run_risky(kinds: Iterable[str] = tuple(KINDS), seed: int = SEED, *, fast: bool = False) -> list[Verdict]:
    """Put the cases that may end the process through their doors, in a process of their own."""
    return apart([(kind, case.key) for kind in kinds for case in chosen(kind, seed, fast=fast) if case.risky], seed)


def apart(asked: Sequence[tuple[str, str]], seed: int) -> list[Verdict]:
    """Judge cases, by kind and key, in another process; one that ends it is a crash, the others go on in the next."""
    verdicts: list[Verdict] = []
    left = list(asked)
    while left:
        order = [sys.executable, "-m", "tests.fuzz", "--apart", "--seed", str(seed)]
        patience = PATIENCE[0] + PATIENCE[1] * len(left)
        keys = json.dumps(left)
        try:
            ended = subprocess.run(order, input=keys, capture_output=True, text=True, timeout=patience, cwd=ROOT)
            said, why = ended.stdout, f"exit code {ended.returncode}: {ended.stderr.strip()[-200:]}"
        except subprocess.TimeoutExpired as late:
            said = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
            why = "no answer in time"
        lines = [line.removeprefix(MARK) for line in said.split("\n") if line.startswith(MARK)]
        verdicts += [Verdict(**(row := json.loads(line)) | {"outcome": Outcome(row["outcome"])}) for line in lines]
        if len(lines) < len(left):
            verdicts.append(Verdict(left[len(lines)][1], Outcome.crash, why))
        left = left[len(lines) + 1 :]
    return verdicts


def answer_apart(asked: Iterable[tuple[str, str]], seed: int) -> None:
    """Judge cases by kind and key, a line of JSON each: the other side of `apart`."""
    known: dict[str, dict[str, Case]] = {}
    for kind, key in asked:
        if kind not in known:
            known[kind] = {case.key: case for case in cases(kind, seed)}
        print(MARK + json.dumps(asdict(judge(known[kind][key]))), flush=True)


def failures(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that are failures."""
    return [verdict for verdict in verdicts if verdict.outcome in FAILURES]


def table(verdicts: Iterable[Verdict]) -> str:
    """Return the outcomes of each point, counted."""
    found = list(verdicts)
    points = list(dict.fromkeys(verdict.point for verdict in found))
    counts = Counter((verdict.point, verdict.outcome) for verdict in found)
    lines = [f"{'':10}" + "".join(f"{outcome:>10}" for outcome in Outcome) + f"{'all':>10}"]
    for point in (*points, "all"):
        numbers = [
            sum(n for (p, o), n in counts.items() if point in ("all", p) and o == outcome) for outcome in Outcome
        ]
        lines.append(f"{point:10}" + "".join(f"{n or '.':>10}" for n in numbers) + f"{sum(numbers):>10}")
    return "\n".join(lines)
