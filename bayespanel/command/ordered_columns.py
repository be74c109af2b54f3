"""Which scores of a table look like ordered categories: a few whole values, most of them the lowest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayespanel.command.column_kinds import as_numbers

MOST, JUMP = 7, 3
"""Values at most, and how far one lies from the next: what lies beyond is a code for missing."""


def mostly_lowest(frame: pd.DataFrame, scores: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return the scores with a few whole values of which the lowest is more than half -> the share of that one."""
    out = {}
    for name, columns in scores.items():
        each = [pd.to_numeric(as_numbers(frame, column), errors="coerce").to_numpy(float) for column in columns]
        every = np.concatenate(each)
        values, counts = np.unique(every[np.isfinite(every)], return_counts=True)
        pieces = np.split(np.arange(len(values)), np.flatnonzero(np.diff(values) > JUMP) + 1)
        kept = max(pieces, key=lambda piece: int(counts[piece].sum()))
        values, counts = values[kept], counts[kept]
        whole = 2 <= len(values) <= MOST and bool((values == np.round(values)).all())
        if whole and counts[0] > counts.sum() / 2:
            out[name] = float(counts[0] / counts.sum())
    return out
