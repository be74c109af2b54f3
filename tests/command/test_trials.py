"""Tables of trials on the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bayespanel.catalogue import cards
from bayespanel.cli import main
from bayespanel.command.columns import Columns
from bayespanel.command.trials import TrialColumns, receive_trial, source
from bayespanel.data import Trial, TrialMoments
from bayespanel.families.trial.simulate import involvement, simulate
from bayespanel.language.errors import DataError, SpecError


@pytest.fixture
def teachers(tmp_path: Path) -> Path:
    path = tmp_path / "teachers.csv"
    simulate(involvement("teachers"), 1).to_csv(path, index=False)
    return path


def test_the_card_names_the_columns(teachers: Path) -> None:
    data = receive_trial(teachers, TrialColumns(Columns()), cards.card("involvement-teachers"))
    assert isinstance(data, Trial)
    assert (data.arms, data.randomised, len(data.school_names)) == (("control", "intervention"), "school", 27)


def test_options_come_before_the_hints_of_a_card(teachers: Path) -> None:
    given = TrialColumns(Columns(), control="intervention")
    data = receive_trial(teachers, given, cards.card("involvement-teachers"))
    assert isinstance(data, Trial)
    assert data.arms == ("intervention", "control")


def test_moments_that_came_with_a_card_are_its_data() -> None:
    card = cards.card("class-size")
    data = receive_trial(source(None, card), TrialColumns(Columns()), card)
    assert isinstance(data, TrialMoments)
    assert (data.n_pupils, data.arms) == (5874, ("reg", "reg+A", "small"))


def test_a_card_without_data_needs_a_file() -> None:
    with pytest.raises(DataError, match="named no file"):
        source(None, cards.card("spillover"))


def test_the_moments_of_a_panel_are_no_trial() -> None:
    panel = cards.folder() / "star.nc"
    with pytest.raises(DataError, match="holds Moments"):
        receive_trial(panel, TrialColumns(Columns()), cards.card("class-size"))


def test_the_card_of_a_panel_reads_no_trial(teachers: Path) -> None:
    with pytest.raises(SpecError, match="family riclpm"):
        receive_trial(teachers, TrialColumns(Columns()), cards.card("clpm"))


def test_codes_for_missing_and_new_names_are_followed(teachers: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(teachers).rename(columns={"contact_important": "q7"})
    frame.loc[0, "q7"] = -99
    path = tmp_path / "renamed.csv"
    frame.to_csv(path, index=False)
    columns = Columns(rename=(("contact_important", "q7"),), missing=("-99",))
    data = receive_trial(path, TrialColumns(columns), cards.card("involvement-teachers"))
    assert isinstance(data, Trial)
    assert pd.isna(data.values[0, data.cells.index("contact_important")])


def test_describe_shows_the_arms(teachers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = f"describe {teachers} --arm arm --control control --outcomes teacher_competence --school school".split()
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "randomised by school" in shown
    assert "Clusters and pupils per arm" in shown


def test_an_arm_without_outcomes_is_refused_in_words(teachers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["describe", str(teachers), "--arm", "arm"])
    assert ended.value.code == 2
    assert "--outcomes" in capsys.readouterr().err
