"""One name is one number: what a page and a screen call alike is the same quantity."""

from __future__ import annotations

import numpy as np

import bayespanel as bp
from bayespanel.page.contents_dynamics import dynamics
from bayespanel.page.contents_evidence import evidence_table
from bayespanel.page.parts import TablePart
from bayespanel.summaries.kinds import KINDS
from bayespanel.summaries.summary import summarise
from bayespanel.summaries.table import ESS, text
from tests.families.panel.data import panel
from tests.summaries.fake import autocorrelated, draws, normal
from tests.unsampled import unsampled


def test_the_ess_of_a_pathway_is_the_same_on_page_and_screen() -> None:
    values = autocorrelated(3, 0.6)
    values[..., 1] = normal(1, seed=2)[..., 0] * np.exp(autocorrelated(1, 0.97, seed=3)[..., 0])  # slow in the tails
    found = summarise(draws(values), rope=0.1)
    assert (found["ess_bulk"] > found["ess_tail"]).any()
    part = evidence_table(found, "Evidence.", "evidence")
    (shown,) = (name for name, heading in part.shown.items() if heading == "ESS")
    of_page = [f"{size:{part.formats[shown]}}" for size in part.frame[shown]]
    lines = text(found).splitlines()
    of_screen = [
        next(line for line in lines if line.startswith(f"  {name} ")).split()[-1] for name in ("p0", "p1", "p2")
    ]
    assert of_page == of_screen
    assert ESS in part.note
    assert ESS in " ".join(lines)


def test_nothing_else_of_a_page_bears_the_name_of_a_kind_of_evidence() -> None:
    """Responses over two waves count in SDs averaged over waves, total effects in those of the waves at their ends."""
    fit = unsampled(bp.RICLPM(triangle=bp.Triangle(child=["v0"], school=["v1"])), panel())
    parts = [part for part in dynamics(fit).parts if isinstance(part, TablePart)]
    assert parts
    for part in parts:
        assert not any(part.caption.lower().startswith(kind.heading.lower()) for kind in KINDS)
    assert any("Within-person standard deviations, averaged over waves" in part.note for part in parts)
