"""The whole way once, on a small panel: fit, check, weigh, save, load; and what is refused before it."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.inference.record import versions
from bayespanel.verbs import analysis
from tests.families.panel.data import panel

SPEC = bp.RICLPM(variables=["v0", "v1"], levels=("pupil", "class", "school"))


@functools.cache
def fitted() -> bp.Fit:
    return bp.fit(SPEC, panel(), seed=5, sampling=bp.Sampling(draws=200, tune=200, chains=2), progress=False)


def test_a_fit_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    fit = fitted()
    fit.save(tmp_path / "fit.nc")
    back = bp.load(tmp_path / "fit.nc")
    assert back.posterior.identical(fit.posterior)
    assert back.sample_stats.identical(fit.sample_stats)
    assert back.spec == fit.spec
    assert back.data.fingerprint() == fit.data.fingerprint()
    assert back.provenance == fit.provenance


def test_a_fit_says_how_it_came_about() -> None:
    provenance = fitted().provenance
    assert provenance["seed"] == 5
    assert provenance["data"] == panel().moments().fingerprint()
    assert provenance["versions"] == versions()
    assert {"python", "pymc", "pytensor", "nutpie", "numba", "llvmlite", "numpy", "scipy"} <= set(versions())
    assert "absent" not in versions().values()
    assert set(provenance["machine"]) == {"system", "machine", "cpu"}
    assert [row["parameter"] for row in provenance["priors"]] == list(bp.priors(SPEC)["parameter"])
    assert provenance["cores"] >= 1
    assert provenance["seconds"]["sample"] > 0


def test_moments_give_the_same_posterior_as_the_panel_they_came_from(tmp_path: Path) -> None:
    path = tmp_path / "moments.nc"
    panel().moments().save(path)
    again = bp.fit(
        SPEC, bp.Moments.load(path), seed=5, sampling=bp.Sampling(draws=200, tune=200, chains=2), progress=False
    )
    np.testing.assert_array_equal(again.posterior["lag"].values, fitted().posterior["lag"].values)


def test_every_check_is_a_row() -> None:
    rows = bp.checks(fitted())
    assert list(rows.columns) == ["check", "value", "limit", "state", "passed", "hint", "about"]
    assert {"R-hat", "divergences", "lags die out", "class variance is away from zero"} <= set(rows["check"])


def test_evidence_needs_a_stated_rope() -> None:
    with pytest.raises(bp.SpecError, match=r"ROPE.*rope=0\.03"):
        bp.evidence(fitted())
    assert bp.evidence(fitted(), rope=0.05).attrs["rope"] is not None


def test_errors_of_a_design_are_those_of_lags_without_their_prior() -> None:
    found = bp.evidence(fitted(), rope=0.05, true_effect=0.1)
    own = np.isin(found["kind"], ("carry_over", "direct"))
    # A product of lags and a correlation are no parameters with a normal prior.
    assert (np.isfinite(found["type_m"]).values == own).all()
    assert (found["sampling_sd"] > found["sd"]).values[own].all()
    assert "not given (NaN)" in found.attrs["design"]
    assert "power" not in bp.evidence(fitted(), rope=0.05)


def test_the_rope_of_a_card_is_used(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'title = "t"\nquestion = "q"\nfamily = "riclpm"\nrope = 0.07\nreferences = []\nvariables = ["v0", "v1"]\n'
        '[model]\nlevels = ["pupil", "class", "school"]\n'
    )
    card = bp.card(path)
    fit = bp.fit(card, panel(), seed=1, sampling=bp.Sampling(draws=50, tune=100, chains=2), progress=False)
    assert tuple(np.atleast_1d(bp.evidence(fit).attrs["rope"])) == (-0.07, 0.07)
    assert fit.provenance["card"] == "own"


def test_priors_can_be_seen_before_fitting() -> None:
    rows = bp.priors(SPEC)
    assert {"lag", "mean", "school_sd", "class_corr"} <= set(rows["parameter"])
    assert (rows["reason"] != "").all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variables": ["v0", "v9"]}, "They lack 'v9'. Nearest: 'v1'"),
        ({"variables": ["v0", "v1"], "covariates": ["agee"]}, "They lack 'agee'. Nearest: 'age'"),
    ],
)
def test_what_the_data_lack_is_named(change: dict[str, list[str]], message: str) -> None:
    with pytest.raises(bp.DataError, match=message):
        bp.fit(bp.RICLPM(**change), panel(), seed=1)


def test_two_waves_are_too_few_for_random_intercepts() -> None:
    two = panel(waves=2)
    with pytest.raises(bp.DataError, match=r"at least 3 waves.*have 2.*intercepts=False"):
        bp.build(bp.RICLPM(variables=["v0", "v1"]), two)
    assert bp.build(bp.RICLPM(variables=["v0", "v1"], intercepts=False), two)


def test_a_level_that_the_data_do_not_know_is_refused() -> None:
    flat = bp.Panel.from_summary(mean=np.zeros(6), cov=np.eye(6), n=100, variables=["v0", "v1"], waves=["1", "2", "3"])
    with pytest.raises(bp.DataError, match=r"level 'school'.*no clusters"):
        bp.build(bp.RICLPM(variables=["v0", "v1"], levels=("pupil", "school")), flat)


def test_a_fit_of_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayespanel.inference.fit.VERSION", 2)
    fitted().save(tmp_path / "fit.nc")
    monkeypatch.undo()
    with pytest.raises(bp.FitError, match="has version 2"):
        bp.load(tmp_path / "fit.nc")


@pytest.mark.parametrize("content", [None, b"not a file of ours"])
def test_what_is_no_fit_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(bp.FitError, match="A fit is loaded"):
        analysis.load_fit(path)
    with pytest.raises(bp.FitError, match="Only files that bayespanel saved can be loaded"):
        bp.load(path)


def test_draws_stand_in_the_same_tables() -> None:
    fit = fitted()
    posterior = fit.posterior
    table = bp.parameter_estimates(fit).set_index(["parameter", "at"])
    target, source = posterior["target"].values[1], posterior["source"].values[0]
    row, draws = table.loc["lag", f"{target}, {source}"], posterior["lag"].sel(target=target, source=source)
    assert row["mean"] == pytest.approx(float(draws.mean()))
    assert row["lower"] == pytest.approx(float(draws.quantile(0.025)))
    assert 0 < row["mcse_mean"] < row["sd"]
    assert "lag_standardised" not in table.index
    standardised = bp.standardized_solution(fit, prob=0.5)
    assert {"lag_standardised", "icc"} <= set(standardised["parameter"])
    assert standardised["parameter"].str.fullmatch("lag_standardised|icc|.*_corr").all()


def test_a_summary_has_checks_and_evidence_or_without_a_region_parameters() -> None:
    fit = fitted()
    words = bp.summary(fit)
    assert words.startswith("RICLPM of v0, v1: ")
    assert f"of {len(bp.checks(fit))} are ok" in words
    assert "spectral_radius" in words
    words = bp.summary(fit, rope=0.1)
    assert "Direct effects" in words
    assert "spectral_radius" not in words
    assert bp.text(fit) == bp.summary(fit)


def test_whatever_was_saved_is_loaded_by_one_verb(tmp_path: Path) -> None:
    fitted().save(tmp_path / "fit.nc")
    panel().moments().save(tmp_path / "moments.nc")
    (tmp_path / "other.nc").write_text("no such file")
    assert isinstance(bp.load(tmp_path / "fit.nc"), bp.Fit)
    assert isinstance(bp.load(tmp_path / "moments.nc"), bp.Moments)
    for path in ("absent.nc", "other.nc", tmp_path):
        with pytest.raises(bp.FitError):
            bp.load(tmp_path / path)


def test_one_table_and_one_text_show_every_result() -> None:
    found = bp.evidence(fitted(), rope=0.1)
    assert len(bp.table(found)) == found.sizes["pathway"]
    assert bp.text(found, kinds=["direct"]).count("->") >= 2
    assert bp.table(fitted()).equals(bp.parameter_estimates(fitted()))
    for verb in (bp.table, bp.text, bp.summary):
        with pytest.raises(bp.SpecError, match="You gave int"):
            verb(3)
