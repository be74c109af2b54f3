"""What a file to share gives away is said wherever one is written, and small blocks can be left out."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.catalogue import cards
from bayespanel.command import disclosure
from bayespanel.data.panel_rows import rows_of
from bayespanel.families.trajectories.simulate import simulate
from bayespanel.language.errors import DataError
from bayespanel.verbs import analysis
from tests.command.lines import LONG, READ, Run
from tests.families.trajectories.tables import panel_of, small_world
from tests.figures.fakes import trial

LINE = ("two.toml", "pupils.csv", *LONG, *READ)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def gappy() -> None:
    """A pupil of the table has a pattern of missing scores of its own."""
    frame = pd.read_csv("pupils.csv")
    frame.loc[0, "read"] = np.nan
    frame.to_csv("pupils.csv", index=False)


@pytest.mark.usefixtures("sampled")
def test_fit_says_what_moments_says(run: Run, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("gappy")
    _, alone, _ = run("moments", "pupils.csv", *LONG, "--variables", "read,math", "-o", "m.nc")
    code, out, _ = run("fit", *LINE)
    assert code == 0
    sentence, said = (flat(text[text.index("Disclosure:") :]).split(" (a block")[0] for text in (alone, out))
    assert sentence == said
    assert "1 block of 3 holds 1 pupil" in sentence
    for text in (alone, out):
        assert "The sums of a block of 1 are that pupil's scores" in flat(text)
        assert "names 2 schools" in flat(text)
    assert "Disclosure:" in json.loads(run("fit", *LINE, "--json", "--force")[1])["disclosure"]


@pytest.mark.usefixtures("sampled")
def test_small_blocks_are_left_out_of_fits_as_of_moments(run: Run, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("gappy")
    run("moments", "pupils.csv", *LONG, "--variables", "read,math", "-o", "m.nc", "--min-block", "2")
    code, out, _ = run("fit", *LINE, "--min-block", "2")
    assert code == 0
    moments, kept = bp.Moments.load("m.nc"), analysis.load_fit("two/fit.nc").data
    assert isinstance(kept, bp.Moments)
    np.testing.assert_array_equal(kept.block_n, moments.block_n)
    assert kept.block_n.min() >= 2
    assert kept.n_pupils == 11
    assert any("1 pupil" in note for note in kept.notes)
    assert "no block" in flat(out)
    code, _, err = run("fit", "two.toml", "m.nc", *READ, "--min-block", "2", "-o", "other")
    assert code == 2
    assert "reduced already" in flat(err)


def test_what_min_block_cannot_protect_is_refused_before_sampling() -> None:
    panel = panel_of(simulate(small_world(), 1))
    spec = bp.Trajectories("victimisation", classes=2)
    with pytest.raises(DataError, match="single pupils"):
        disclosure.with_large_blocks(panel, spec, 5)
    assert disclosure.with_large_blocks(panel, spec, 1) is panel
    with pytest.raises(DataError, match="ordered outcomes"):
        disclosure.with_large_blocks(trial(), bp.ClusterTrial(outcomes=["y"], link="logit"), 5)


def test_blocks_of_a_trial_are_left_out_too() -> None:
    whole = trial()
    spec = bp.ClusterTrial(outcomes=["victimisation", "school_well-being"])
    small = disclosure.with_large_blocks(whole, spec, 2)
    assert isinstance(small, bp.TrialMoments)
    assert small.n_pupils < whole.n_pupils
    assert "hold 1 pupil" in flat(disclosure.text(whole.moments()))
    assert "no block" in flat(disclosure.text(small))


def test_every_kind_of_data_has_its_sentence() -> None:
    panel = panel_of(simulate(small_world(), 1))
    shown = {
        "sums": disclosure.text(panel.moments()),
        "rows": disclosure.text(rows_of(panel, "victimisation", (), ("school",))),
        "trial": disclosure.text(trial().moments()),
        "published": disclosure.text(bp.Trial.from_estimates(effect=[0.2], standard_error=[0.1], outcome=["y"])),
    }
    assert all(text.startswith("Disclosure: ") for text in shown.values())
    assert "Treat it as pupil data" in shown["rows"]
    assert "names" in shown["sums"]
    assert "no pupil is in them" in shown["published"]


def test_the_demo_data_can_be_shared() -> None:
    sums = bp.Moments.load(cards.folder() / "star.nc")
    assert "Disclosure:" in disclosure.text(sums)
    assert isinstance(pd.Series(sums.block_n).min(), (int, np.integer))
