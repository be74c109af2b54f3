"""`python -m tests.fuzz [KIND ...] [--fast] [--seed N]`: what becomes of malformed inputs, counted."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial

from tests.fuzz import suite


def main() -> int:
    """Run kinds, print failures and the table; return 1 if there are failures."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", help=f"Among {', '.join(suite.KINDS)}; all by default.")
    parser.add_argument("--fast", action="store_true", help="Only what the default test run takes.")
    parser.add_argument("--seed", type=int, default=suite.SEED)
    parser.add_argument("--every", action="store_true", help="Say what became of each case, not of failures only.")
    parser.add_argument("--apart", action="store_true", help="Judge what standard input names; for a run's own use.")
    asked = parser.parse_args()
    if asked.apart:
        suite.answer_apart(json.load(sys.stdin), asked.seed)
        return 0
    verdicts = []
    kinds = asked.kinds or list(suite.KINDS)
    runs = [(kind, partial(suite.run, kind, asked.seed, fast=asked.fast)) for kind in kinds]
    runs.append(("in another process", partial(suite.run_risky, kinds, asked.seed, fast=asked.fast)))
    for name, run in runs:
        begun, used = time.monotonic(), time.process_time()
        found = run()
        spent = f"{time.monotonic() - begun:.1f} s, {time.process_time() - used:.1f} s of one processor"
        print(f"{name}: {len(found)} cases, {spent}", flush=True)
        for verdict in found if asked.every else suite.failures(found):
            said = " ".join(verdict.said.split())
            print(f"  {verdict.outcome:<9} {verdict.key} | {said[:200]}", flush=True)
        if sum(verdict.notes + verdict.warnings for verdict in found):
            notes, warned = (sum(getattr(v, what) > 0 for v in found) for what in ("notes", "warnings"))
            print(f"  of all that were read, {notes} have notes and {warned} gave warnings", flush=True)
        verdicts += found
    print("\n" + suite.table(verdicts))
    return 1 if suite.failures(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
