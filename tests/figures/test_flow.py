"""The flow of a trial counts its clusters and pupils, whether from pupils or from their moments."""

from __future__ import annotations

import pytest

from bayespanel.data.trial import Trial
from bayespanel.figures.gallery import plot_flow
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import trial

LONG = ("control", "the intensive and long intervention", "light", "waiting list")


def test_units_clusters_and_pupils_are_counted():
    text = words(plot_flow(trial()))
    # 12 schools of 3 classes of 9 pupils with any score, 6 schools an arm
    for expected in ("12 schools randomised to 2 arms", "36 classes, 324 pupils", "Allocated to intervention"):
        assert expected in text
    assert [text.count(one) for one in ("6 schools", "162 pupils", "pupils per class: median 9 (9 to 9)")] == [2, 2, 2]


def test_missing_scores_are_counted_per_outcome_and_baseline():
    text = words(plot_flow(trial()))
    at = text.index("victimisation")
    assert text[at : at + 3] == ["victimisation", "144", "18"]  # the second of each class lacks it
    at = text.index("school well-being")
    assert text[at : at + 3] == ["school well-being", "162", "0"]
    assert "pre (baseline)" in text


def test_what_was_left_out_before_stands_beside():
    assert "36 rows without any outcome or baseline were left out." in " ".join(words(plot_flow(trial())))


def test_pupils_and_their_moments_give_the_same_figure():
    assert words(plot_flow(trial())) == words(plot_flow(trial().moments()))


def test_clusters_without_an_outcome_are_not_counted_as_analysed():
    whole = trial()
    values = whole.values.copy()
    values[(whole.classroom == whole.classroom[0]), 0] = float("nan")
    fields = {name: getattr(whole, name) for name in whole.__dataclass_fields__}
    assert "17 to 18 classes, depending on the outcome" in words(plot_flow(Trial(**{**fields, "values": values})))


@pytest.mark.parametrize("randomised", ["school", "class", "pupil"])
@pytest.mark.parametrize("classes", [True, False])
def test_each_unit_of_randomisation_has_its_words(randomised, classes):
    if randomised == "class" and not classes:
        return
    number = {"school": "12 schools", "class": "36 classes", "pupil": "324 pupils"}[randomised]
    figure = plot_flow(trial(randomised=randomised, classes=classes))
    assert f"{number} randomised to 2 arms" in words(figure)
    assert not legible(figure)


@pytest.mark.parametrize("arms", [LONG[:2], LONG[:3], LONG])
@pytest.mark.parametrize("outcomes", [("victimisation",), ("bullying_of_class_mates_and_friends", "a", "b", "c", "d")])
def test_texts_are_legible_and_stay_in_their_boxes(arms, outcomes):
    figure = plot_flow(trial(arms, outcomes))
    assert not legible(figure)
    renderer = figure.canvas.get_renderer()
    boxes = [box.get_window_extent(renderer) for box in named(figure, "box")]
    assert len(boxes) == 2 * len(arms) + 2
    for text in figure.axes[0].texts[:-1]:  # the last is the note
        inner = text.get_window_extent(renderer)
        assert not text.get_text() or any(
            box.x0 <= inner.x0 and inner.x1 <= box.x1 and box.y0 <= inner.y0 and inner.y1 <= box.y1 for box in boxes
        )


def test_counts_of_categories_and_estimates_are_refused():
    with pytest.raises(SpecError, match="TrialEstimates"):
        plot_flow(Trial.from_estimates(effect=[0.1], standard_error=[0.1], outcome=["a"]))
