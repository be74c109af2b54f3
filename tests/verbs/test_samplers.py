"""Fits by independence sampling, beside those of NUTS: numbers, record, words."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import bayespanel as bp
from bayespanel.inference.independence import Proposal
from bayespanel.page.methods import methods
from bayespanel.verbs import fitting
from bayespanel.verbs.fitting import Again, told_sampling
from bayespanel.verbs.reproduction import FALSE_ALARM, comparison
from tests.families.panel.data import panel
from tests.unsampled import weighed

SPEC = bp.RICLPM(("v0", "v1"))
LITTLE: dict[str, Any] = {"draws": 50, "tune": 60, "chains": 2}


@pytest.fixture(scope="module")
def moments() -> bp.Moments:
    """Five hundred pupils of the teaching example, under the names of other tests, whose compiled model serves here."""
    frame = bp.simulate(bp.world("mulder-2023", {"pupils": 500, "waves": 4}), seed=1)
    frame = frame.rename(columns={"x": "v0", "y": "v1"})
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["v0", "v1"]).moments()


@pytest.fixture(scope="module")
def fit(moments: bp.Moments) -> bp.Fit:
    return bp.fit(SPEC, moments, seed=5, sampling=bp.Sampling(sampler="auto"), progress=False)


def test_means_and_sds_are_those_of_nuts(fit: bp.Fit, moments: bp.Moments) -> None:
    other = bp.fit(SPEC, moments, seed=6, sampling=bp.Sampling(sampler="nuts"), progress=False)
    table = comparison(other.groups, fit.groups)
    # As `rerun` judges two fits: each row in Monte Carlo errors, with a correction for their number.
    assert table["errors"].abs().max() < NormalDist().inv_cdf(1 - FALSE_ALARM / (2 * len(table)))
    assert other.provenance["proposals"] == {}


def test_the_record_says_how_it_was_sampled(fit: bp.Fit) -> None:
    found = fit.provenance["proposals"]["posterior"]
    assert (found["sampler"], found["because"], fit.provenance["sampler"]) == ("independence", "", "auto")
    assert found["pareto_k"] < 0.5
    assert 0.8 < found["efficiency"] <= 1.0
    (said,) = told_sampling(fit.provenance)
    assert said.startswith("The draws are by independence sampling, ")
    assert f"Pareto k of its weights {found['pareto_k']:.2f}." in said
    assert said.split(":")[0] in bp.text(fit).replace("\n", " ")


def test_checks_have_a_row_for_the_proposal_and_none_for_a_walk(fit: bp.Fit) -> None:
    table = bp.checks(fit).set_index("check")
    assert table.loc["Pareto k of the proposal", "state"] == "ok"
    assert table.loc["Pareto k of the proposal", "about"] == "computation"
    assert not {"divergences", "E-BFMI", "share of draws at the greatest tree depth"} & set(table.index)
    assert (table.loc[table["about"] == "computation", "state"] == "ok").all()


def test_methods_name_the_sampler_that_it_was(fit: bp.Fit) -> None:
    texts, keys = methods(fit, bp.checks(fit), weighed(fit))
    whole = " ".join(texts)
    assert "Independence Metropolis-Hastings (Tierney, 1994; Vehtari" in whole
    assert "4 chains, each with 1,000 draws kept, seed 5;" in whole
    assert "No-U-Turn" not in whole
    assert "tierney1994" in keys


def test_it_is_saved_and_repeated_to_the_last_bit(fit: bp.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "fit.nc")
    saved = bp.load(tmp_path / "fit.nc")
    assert bp.checks(saved)["value"].tolist() == bp.checks(fit)["value"].tolist()
    again = bp.rerun(saved, progress=False)
    assert again.identical
    assert again.fit.provenance["proposals"] == fit.provenance["proposals"]


def test_auto_leaves_a_posterior_that_is_far_from_normal_to_nuts() -> None:
    found = bp.fit(SPEC, panel().moments(), seed=5, sampling=bp.Sampling(**LITTLE, sampler="auto"), progress=False)
    proposal = found.provenance["proposals"]["posterior"]
    assert (proposal["sampler"], bool(proposal["because"])) == ("nuts", True)
    assert told_sampling(found.provenance)[0].startswith("The draws are by NUTS, not by independence sampling: ")
    assert "divergences" in set(bp.checks(found)["check"])


def test_draws_that_fail_are_sampled_by_nuts(moments: bp.Moments, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = iter([Again(because=["bulk ESS 120"], target_accept=0.99, every=4), None])
    monkeypatch.setattr(fitting, "second_run", lambda *_: next(ways))
    found = bp.fit(SPEC, moments, seed=5, sampling=bp.Sampling(**LITTLE, sampler="auto"), progress=False)
    proposal = found.provenance["proposals"]["posterior"]
    assert (proposal["sampler"], proposal["because"]) == ("nuts", "its draws fail (bulk ESS 120)")
    assert "energy" in found.sample_stats
    assert found.provenance["again"] == {}


def test_draws_are_by_nuts_where_nothing_else_was_allowed_or_any_are() -> None:
    ways = {"": (), "i": ("independence",), "n": ("nuts",), "b": ("independence", "nuts")}
    found = {
        name: fitting.Sampled({}, {}, {}, {str(i): Proposal(each) for i, each in enumerate(kinds)})  # type: ignore[arg-type]  # literals
        for name, kinds in ways.items()
    }
    assert {name: each.by_nuts for name, each in found.items()} == {"": True, "i": False, "n": True, "b": True}


def test_files_that_know_of_no_sampler_are_of_nuts() -> None:
    known = {"draws": 10, "tune": 60, "chains": 2, "target_accept": 0.9}
    assert fitting.sampling_of(known).sampler == "nuts"
    assert fitting.sampling_of({**known, "sampler": "auto"}).sampler == "auto"
