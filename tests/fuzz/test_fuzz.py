"""No malformed input passes in silence, ends in a traceback or takes the process down; no usual one is refused.

`python -m tests.fuzz` prints the same as a table, with the seed of one's choice.
"""

from __future__ import annotations

import pytest

from tests.fuzz import suite
from tests.fuzz.judge import Verdict


def listed(verdicts: list[Verdict]) -> str:
    return "\n".join(f"{v.outcome}: {v.key} | {' '.join(v.said.split())[:200]}" for v in verdicts)


@pytest.mark.parametrize("kind", suite.KINDS)
def test_every_malformed_input_is_refused_or_read_right_or_named(kind: str) -> None:
    failed = suite.failures(suite.run(kind, fast=True))
    assert not failed, f"{len(failed)} cases:\n{listed(failed)}"


def test_none_ends_the_process() -> None:
    failed = suite.failures(suite.run_risky(fast=True))
    assert not failed, f"{len(failed)} cases:\n{listed(failed)}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [suite.SEED, 13])
def test_none_of_a_whole_run_ends_the_process(seed: int) -> None:
    failed = suite.failures(suite.run_risky(seed=seed))
    assert not failed, f"{len(failed)} cases:\n{listed(failed)}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [suite.SEED, 13])
@pytest.mark.parametrize("kind", suite.KINDS)
def test_every_malformed_input_of_a_whole_run_too(kind: str, seed: int) -> None:
    failed = suite.failures(suite.run(kind, seed))
    assert not failed, f"{len(failed)} cases:\n{listed(failed)}"


def test_there_are_enough_cases_and_their_names_are_unique() -> None:
    keys = [case.key for kind in suite.KINDS if kind != "ordinary" for case in suite.chosen(kind)]
    assert len(keys) >= 400
    assert len(set(keys)) == len(keys)
    assert sum(len(suite.chosen(kind, fast=True)) for kind in suite.KINDS) >= 150


def test_a_crash_is_seen_and_the_next_case_still_answered() -> None:
    found = suite.apart([("selftest", f"T {name}") for name in ("dies", "is right", "is silent")], suite.SEED)
    assert [verdict.outcome for verdict in found] == ["crash", "right", "silent"]


def test_the_judge_knows_every_outcome() -> None:
    found = {case.name: suite.judge(case).outcome for case in suite.cases("selftest") if not case.risky}
    assert found == {
        "is right": "right", "is silent": "silent", "is refused": "refused", "raises": "traceback",
        "says so": "noted", "warns": "warned", "is ordinary and refused": "alarm", "has two parts": "traceback",
    }  # fmt: skip
