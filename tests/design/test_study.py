"""A study decides its numbers alone: seeds, fingerprint, what it says of itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import bayespanel as bp
from bayespanel.design import engine, store
from bayespanel.design.decisions import decisions
from bayespanel.design.power import power_study
from bayespanel.design.study import from_dict, to_dict, with_replicates
from bayespanel.inference.settings import Sampling
from bayespanel.language.errors import FitError, SpecError
from tests.design.studies import SPEC, study


def test_seeds_do_not_depend_on_other_conditions() -> None:
    one, three = study(pupils=[200, 300]), study(pupils=[100, 200, 300])
    assert one.seeds(0, 7) == three.seeds(1, 7)
    assert one.seeds(1, 7) == three.seeds(2, 7)


def test_seeds_differ_over_replicates_conditions_and_studies() -> None:
    of = study(pupils=[200, 300])
    seeds = {of.seeds(c, r) for c in (0, 1) for r in range(50)} | {replace(of, seed=2).seeds(0, 0)}
    assert len({seed for triple in seeds for seed in triple}) == 3 * 101


def test_seeds_are_those_of_every_version() -> None:
    # A changed number would give another answer to a study that was reported: change it only with a version.
    assert study(pupils=[200, 300]).seeds(0, 7) == (1407792800678332279, 3668106448801987449, 1705733692092255036)


def test_a_study_survives_being_written() -> None:
    of = study(pupils=[200, 300])
    again = from_dict(json.loads(json.dumps(to_dict(of))), {})
    assert again.fingerprint() == of.fingerprint()
    assert again.conditions == of.conditions
    assert again.seeds(1, 3) == of.seeds(1, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"sampling": Sampling(draws=200, tune=50)},
        {"rope": (-0.1, 0.1)},
        {"prob": 0.9},
        {"sampling": Sampling(draws=100, tune=50, target_accept=0.9)},
        {"kind": "calibration"},
    ],
)
def test_whatever_changes_a_number_changes_the_fingerprint(change) -> None:
    assert replace(study(), **change).fingerprint() != study().fingerprint()


def test_another_world_or_card_changes_the_fingerprint() -> None:
    assert study(pupils=200).fingerprint() != study(pupils=300).fingerprint()
    free = power_study(
        bp.RICLPM(variables=("x", "y"), lags="free"), bp.world("mulder-2023", {"waves": 3, "pupils": 100}),
        replicates=10, seed=1, rope=0.03, sampling=bp.Sampling(draws=100, tune=50),
    )  # fmt: skip
    assert free.fingerprint() != study().fingerprint()


def test_more_replicates_are_the_same_study() -> None:
    assert with_replicates(study(10), 20).fingerprint() == study(10).fingerprint()


def test_a_world_of_another_family_is_refused() -> None:
    with pytest.raises(SpecError, match=r"one family.*the family riclpm.*'school-trial' of trial"):
        power_study(SPEC, bp.world("school-trial"), replicates=10, seed=1, rope=0.1)


def test_a_region_has_no_silent_default() -> None:
    for rules in ((), decisions("rope > 0.9"), decisions(["excludes 0", "beyond rope > 0.9"])):
        with pytest.raises(SpecError, match="one that is stated"):
            power_study(SPEC, bp.world("mulder-2023"), replicates=10, seed=1, rules=rules)


def test_rules_that_ask_for_no_region_need_none() -> None:
    rules = decisions(["excludes 0", "direction > 0.9", "width < 0.2"])
    found = power_study(SPEC, bp.world("mulder-2023"), replicates=10, seed=1, rules=rules)
    assert found.rope is None
    again = from_dict(json.loads(json.dumps(to_dict(found))), {})
    assert again.rope is None
    assert again.fingerprint() == found.fingerprint()


def test_a_study_without_a_region_has_rates_and_no_shares_of_one(tmp_path) -> None:
    found = bp.assurance(
        SPEC, bp.world("mulder-2023", {"waves": 3, "pupils": 100}), ["excludes 0", "width < 2"], replicates=2, seed=1,
        sampling=bp.Sampling(draws=50, tune=50, chains=2),
        running=bp.Running(workers=1, progress=False, store=tmp_path / "s.zarr"),
    )  # fmt: skip
    assert "rope" not in found.attrs
    assert found["assurance"].sel(decision="width < 2").notnull().any()
    kept = store.opened(tmp_path / "s.zarr")["statistics"]
    assert kept.sel(statistic="mean").notnull().any()
    assert kept.sel(statistic=["prob_rope", "prob_above_rope"]).isnull().all()
    assert bp.plot_power(found).axes
    assert bp.load(tmp_path / "s.zarr") is not None


@pytest.mark.parametrize("change", [{"replicates": 0}, {"prob": 1.0}, {"seed": -1}, {"sampling": None}])
def test_settings_that_are_none_are_refused(change) -> None:
    with pytest.raises(SpecError):
        replace(study(), **change)


def surely_positive(draws):
    return (draws["standardised"] > 0).mean(("chain", "draw")) > 0.6


def test_a_decision_may_be_a_function_of_the_draws(tmp_path) -> None:
    place = tmp_path / "s.zarr"

    def run(decision, replicates=3):
        return bp.assurance(
            SPEC, bp.world("mulder-2023", {"waves": 3, "pupils": 100}), decision, replicates=replicates, seed=1,
            sampling=bp.Sampling(draws=50, tune=50, chains=2),
            running=bp.Running(workers=0, progress=False, store=place),
        )  # fmt: skip

    found = run([surely_positive, "direction > 0.6"])
    kept = store.opened(place)["statistics"]
    mean, direction = (kept.sel(statistic=name) for name in ("mean", "prob_direction"))
    expected = ((direction > 0.6) & (mean > 0)).where(mean.notnull()).mean("replicate")
    rates = found["assurance"].sel(decision="surely_positive")
    assert rates.values == pytest.approx(expected.values, nan_ok=True)
    assert found["finished"].item() == 3
    assert run([surely_positive, "direction > 0.6"], 4)["finished"].item() == 4  # it goes on
    with pytest.raises(FitError, match="by its name alone"):
        engine.run(store.study_of(place), place)

    def surely_positive_otherwise(draws):
        return (draws["standardised"] > 0).mean(("chain", "draw")) > 0.7

    surely_positive_otherwise.__name__ = "surely_positive"
    with pytest.raises(FitError, match="another"):
        run([surely_positive_otherwise, "direction > 0.6"])


def test_functions_of_a_session_reach_workers() -> None:
    limit = 0.5

    def above(draws):
        return (draws["standardised"] > 0).mean(("chain", "draw")) > limit

    found = bp.assurance(
        SPEC, bp.world("mulder-2023", {"waves": 3, "pupils": 100}), above, replicates=2, seed=1,
        sampling=bp.Sampling(draws=50, tune=50, chains=2), running=bp.Running(workers=1, progress=False),
    )  # fmt: skip
    assert found["failed"].item() == 0
    assert found["assurance"].sel(decision="above").notnull().any()


def whole_draws(draws):
    return draws["standardised"] > 0


def misspelt(draws):
    return (draws["standardized"] > 0).mean(("chain", "draw")) > 0.5


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(("wrong", "said"), [(whole_draws, "True or False"), (misspelt, "raised KeyError")])
def test_functions_that_decide_nothing_stop_the_study(wrong, said: str, workers: int) -> None:
    with pytest.raises(SpecError, match=said):
        bp.assurance(
            SPEC, bp.world("mulder-2023", {"waves": 3, "pupils": 100}), [wrong, "excludes 0"], replicates=2, seed=1,
            sampling=bp.Sampling(draws=50, tune=50, chains=2), running=bp.Running(workers=workers, progress=False),
        )  # fmt: skip


LIMIT = 0.5


def helper(share):
    return share > LIMIT


def of_global(draws):
    return helper((draws["standardised"] > 0).mean(("chain", "draw")))


def with_default(limit: float):
    def rule(draws, limit=limit):
        return (draws["standardised"] > 0).mean(("chain", "draw")) > limit

    return rule


def with_cell(limit: float):
    def rule(draws):
        return (draws["standardised"] > 0).mean(("chain", "draw")) > limit

    return rule


def inside(limit: float):
    # What differs lies in a function within the function.
    if limit < 0.6:

        def rule(draws):
            return (lambda share: share > 0.5)((draws["standardised"] > 0).mean(("chain", "draw")))

    else:

        def rule(draws):
            return (lambda share: share > 0.7)((draws["standardised"] > 0).mean(("chain", "draw")))

    return rule


@pytest.mark.parametrize("made", [with_default, with_cell, inside])
def test_a_function_is_known_by_all_that_it_reads(made) -> None:
    one, same, other = (decisions([made(limit)])[0].digest for limit in (0.5, 0.5, 0.7))
    assert one == same
    assert one != other


def test_a_function_is_known_by_what_its_helpers_read(monkeypatch) -> None:
    before = decisions([of_global])[0].digest
    assert decisions([of_global])[0].digest == before
    monkeypatch.setattr("tests.design.test_study.LIMIT", 0.7)
    assert decisions([of_global])[0].digest != before


@pytest.mark.parametrize("wrong", [lambda draws: draws, len, [surely_positive, surely_positive]])
def test_functions_without_a_name_of_their_own_are_refused(wrong) -> None:
    with pytest.raises(SpecError):
        decisions(wrong)


def test_a_search_is_for_a_rule_in_words() -> None:
    with pytest.raises(SpecError, match="in words"):
        bp.Search("schools", (10, 20), pathway="score", decision=surely_positive)
