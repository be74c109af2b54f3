"""A family of a folder of its own, registered at the door and nowhere else, is served wherever the others are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mypy import api

import bayespanel as bp
from bayespanel.catalogue.worlds import World
from bayespanel.cli import main
from bayespanel.families.door import FAMILIES
from bayespanel.language.errors import DataError, SpecError
from tests.families.test_family import ABILITIES
from tests.families.toy.family import TOYS
from tests.families.toy.spec import Toy
from tests.families.toy.world import ToyWorld

ROOT = Path(__file__).parents[3]
SPEC = Toy("mood", "warmth", edges={"warmth": "parent->child"})
WORLD = ToyWorld(mean=2.0, effect=0.5)
NARROW = (bp.Prior("effect", "Normal", 0, 0.01, scale="raw"),)
SHORT = bp.Sampling(draws=200, tune=200)
HERE = bp.Running(workers=0, progress=False)

CARD = """\
title = "Warmth and mood"
question = "Does warmth go with mood?"
family = "toy"
rope = 0.1
variable = "mood"
covariate = "warmth"

[edges]
warmth = "parent->child"

[data]
pupil = "pupil"
wave = "wave"
"""

TINY = """\
title = "Tiny"
family = "toy"
ready = "tiny_toy"

[world]
pupils = 40

[grid]
effect = [0.9]
"""


@pytest.fixture(scope="module", autouse=True)
def at_the_door() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FAMILIES, "toy", TOYS)
        yield


@pytest.fixture(scope="module")
def frame(at_the_door: None) -> pd.DataFrame:
    return bp.simulate(WORLD, 1)


@pytest.fixture(scope="module")
def panel(frame: pd.DataFrame) -> bp.Panel:
    return TOYS.truth.observed(SPEC, WORLD, frame)


@pytest.fixture(scope="module")
def fit(panel: bp.Panel) -> bp.Fit:
    return bp.fit(SPEC, panel, seed=1, sampling=SHORT, progress=False)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cards") / "toy.toml"
    path.write_text(CARD, encoding="utf-8")
    return path


def test_the_type_checker_takes_it_for_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    out, _, status = api.run(["--config-file", "pyproject.toml", "--strict", "-m", "tests.families.toy.typed"])
    assert status == 0, out


def test_what_it_lacks_is_none_and_everything_else_is_a_room() -> None:
    lacks = [ability for ability in ABILITIES if getattr(TOYS, ability) is None]
    assert "refit" in lacks
    assert "dynamics" in lacks
    assert not {"statistics", "build", "draws", "pathways", "card", "equations", "simulate"} & set(lacks)


def test_nothing_in_the_package_names_it() -> None:
    for path in (ROOT / "bayespanel").rglob("*.py"):
        assert not re.search(r"\btoys?\b", path.read_text(encoding="utf-8"), re.IGNORECASE), path


def test_its_likelihood_is_that_of_independent_normal_scores(panel: bp.Panel) -> None:
    x = panel.covariates[:, 0] - panel.covariates[:, 0].mean()
    scores = panel.values[:, :, 0]
    by_pupil = sum(
        float(-0.5 * (len(y) * np.log(2 * np.pi * 1.1**2) + ((y - 1.5 - 0.4 * z) ** 2).sum() / 1.1**2))
        for y, z in zip(scores, x, strict=True)
    )
    at = {"mean": 1.5, "effect": 0.4, "residual_sd": 1.1}
    assert bp.log_likelihood(SPEC, panel, at) == pytest.approx(by_pupil, rel=1e-12)
    model = bp.build(SPEC, panel)
    density = model.compile_fn(model.replace_rvs_by_values(model.potentials)[0])
    free = {"mean": 1.5, "effect": 0.4, "residual_sd_log__": np.log(1.1)}
    assert density(free) == pytest.approx(by_pupil, rel=1e-12)


def test_simulated_pupils_have_the_moments_of_their_world() -> None:
    many = bp.simulate(ToyWorld(mean=2.0, effect=0.5, pupils=20_000), 1)
    first = many[many["wave"] == 1]
    error = 4 / np.sqrt(20_000)  # four standard errors of a mean of unit variance; the sum has the variance 1.25
    assert first["mood"].mean() == pytest.approx(2.0, abs=1.2 * error)
    assert np.cov(first["warmth"], first["mood"])[0, 1] == pytest.approx(0.5, abs=1.4 * error)


def test_maximum_likelihood_is_least_squares_and_its_tables_are_there(panel: bp.Panel, frame: pd.DataFrame) -> None:
    found = bp.maximum_likelihood(SPEC, panel)
    slope = np.polyfit(frame["warmth"] - frame["warmth"].mean(), frame["mood"], 1)[0]
    assert float(found.estimates["effect"]) == pytest.approx(slope, rel=1e-9)
    assert found.log_likelihood == pytest.approx(bp.log_likelihood(SPEC, panel, found.estimates), rel=1e-12)
    assert list(bp.parameter_estimates(found)["parameter"]) == ["mean", "effect", "residual_sd"]
    assert "log_likelihood" in set(bp.fit_measures(found)["statistic"])
    assert "effect" in bp.summary(found)


def test_a_fit_finds_the_truth_and_is_checked_and_summarised(fit: bp.Fit, panel: bp.Panel) -> None:
    top = bp.maximum_likelihood(SPEC, panel)
    error = float(top.standard_errors["effect"])  # a posterior mean of 800 draws is within half of it
    assert float(fit.posterior["effect"].mean()) == pytest.approx(float(top.estimates["effect"]), abs=error / 2)
    assert "pupils are many" in set(bp.checks(fit)["check"])
    assert "residual_sd" in bp.summary(fit)
    assert list(bp.standardized_solution(fit)["parameter"]) == ["effect_standardised"]
    assert set(bp.priors(SPEC)["parameter"]) == {"mean", "effect", "residual_sd"}


def test_evidence_and_every_table_and_figure_of_it(fit: bp.Fit) -> None:
    found = bp.evidence(fit, rope=0.1, true_effect=0.2, at_least=0.1)
    assert list(found["pathway"].values) == ["warmth -> mood"]
    assert np.isfinite(found["log_bf10"]).all()
    assert np.isfinite(found["type_m"]).all()
    assert "warmth -> mood" in bp.text(found)
    assert len(bp.table(found)) == 1
    assert "mood" in bp.text(bp.effects(found))
    assert "mood" in bp.apa_table(found, format="markdown")
    assert float(bp.hypothesis(fit, "warmth -> mood > 0")["posterior_mass"]) > 0.9
    for figure in (
        bp.plot_forest(found),
        bp.plot_effects(bp.effects(found)),
        bp.plot_chains(fit),
        bp.plot_prior_posterior(bp.pathway_draws(fit), bp.prior_pathways(fit)),
        bp.plot_sensitivity(bp.sensitivity(fit)),
    ):
        assert figure.axes


def test_a_saved_fit_is_the_same_and_is_fitted_again(fit: bp.Fit, tmp_path: Path) -> None:
    fit.save(tmp_path / "toy.nc")
    read = bp.load(tmp_path / "toy.nc")
    assert read.spec == SPEC
    assert read.posterior.equals(fit.posterior)
    assert bp.rerun(read, progress=False).identical


def test_priors_predictions_and_comparisons(fit: bp.Fit, panel: bp.Panel) -> None:
    assert len(bp.prior_check(fit))
    assert "means" in bp.predictive_check(fit)
    assert len(bp.refits(fit, rope=0.1))
    other = bp.fit(replace(SPEC, priors=NARROW), panel, seed=1, sampling=SHORT, progress=False)
    assert bp.compare({"toy": fit, "narrow": other}, panel, by="pupil").index[0] == "toy"


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda fit: bp.dynamics(fit), "responses over waves"),
        (lambda fit: bp.evidence(fit, rope=0.1, by_interval=True), "pathways by interval"),
        (lambda fit: bp.class_table(fit), "latent classes"),
        (lambda fit: bp.influence(fit), "left out"),
        (lambda _: bp.to_lavaan(SPEC), "written for lavaan"),
        (lambda _: bp.to_mplus(SPEC, waves=2), "written for Mplus"),
        (lambda _: bp.fit(SPEC, "pupils.csv", seed=1), "fitted to a Panel"),
        (lambda _: Toy("mood", "mood"), "one role"),
        (lambda _: ToyWorld(waves=1), "'waves'"),
    ],
)
def test_what_it_cannot_do_is_refused_in_three_parts(fit: bp.Fit, ask: Callable[[bp.Fit], object], error: str) -> None:
    with pytest.raises((SpecError, DataError), match=error) as caught:
        ask(fit)
    assert all((caught.value.rule, caught.value.given, caught.value.action))


def test_a_report_is_whole(fit: bp.Fit, tmp_path: Path) -> None:
    page = bp.report(fit, tmp_path / "report.html", rope=0.1).read_text(encoding="utf-8")
    assert "Scores were normal around a mean that warmth shifted." in page
    assert "<math" in page


def test_a_card_is_read_and_a_wrong_one_refused_with_its_line(card: Path) -> None:
    found = bp.card(card)
    assert found.spec == SPEC
    wrong = card.with_name("wrong.toml")
    wrong.write_text(CARD.replace("warmth =", "warm ="), encoding="utf-8")
    with pytest.raises(SpecError, match="line 8"):
        bp.card(wrong)


def test_worlds_make_studies_of_power_and_calibration(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    power = bp.assurance(SPEC, bp.world(path), replicates=1, rope=0.1, sampling=SHORT, running=HERE)
    assert list(power["effect"].values) == [0.9]
    fixed = World("tiny", "toy", fields={"effect": 0.3, "pupils": 40})
    found = bp.calibrate(SPEC, fixed, replicates=1, sampling=SHORT, running=HERE)
    assert found.attrs["failed"] == 0
    assert list(found["pathway"].values) == ["warmth -> mood", "effect", "mean", "residual_sd"]


def test_specifications_are_varied(panel: bp.Panel) -> None:
    choices = {"priors": {"default": (), "narrow": NARROW}}
    found = bp.multiverse(SPEC, panel, choices, rope=0.1, sampling=SHORT, running=HERE)
    assert found.sizes["specification"] == 2


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command line in an empty folder; return what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert not left.value.code, err
        return out

    return call


def test_the_command_line_shows_fits_and_reports_it(run: Callable[..., str], card: Path, frame: pd.DataFrame) -> None:
    frame.to_csv("pupils.csv", index=False)
    assert "Covariate   warmth" in run("models", str(card))
    out = run("fit", str(card), "pupils.csv", "--draws", "200", "--tune", "200", "--output", "toy")
    assert "warmth -> mood" in out
    assert Path("toy/fit.nc").is_file()
