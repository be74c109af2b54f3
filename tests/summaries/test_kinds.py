"""A kind that stands in the one table appears in every place; one that does not is refused; nobody else lists kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.command import study_results
from bayespanel.design import engine
from bayespanel.design.pathways import coordinates
from bayespanel.families.panel import nulls as panel_nulls, pathways as panel_pathways
from bayespanel.figures import gallery
from bayespanel.language.errors import FitError
from bayespanel.language.prior import Prior
from bayespanel.page import contents_evidence
from bayespanel.page.apa import apa_table
from bayespanel.page.methods import methods
from bayespanel.page.request import Asked
from bayespanel.summaries import kinds
from bayespanel.summaries.bayes_factors import bayes_factors
from bayespanel.summaries.kinds import Kind, kind_of, kinds_with
from bayespanel.summaries.nulls import Nulls, location_at_zero
from bayespanel.summaries.odds import odds_ratios
from bayespanel.summaries.precision import sampling_sds
from bayespanel.summaries.summary import summarise
from bayespanel.summaries.synthesis import synthesise
from bayespanel.summaries.table import table, text
from bayespanel.verbs import analysis, prior_appraisal
from tests.command.lines import LONG, READ, Run
from tests.command.test_studies import CARD, POWER
from tests.design.mock import mock
from tests.figures import fakes, study_fakes
from tests.figures.drawn import named, words
from tests.figures.test_effects import fake_trial
from tests.page import test_methods
from tests.summaries.fake import draws, normal

ROOT = Path(__file__).parents[2]

PACKAGE = ROOT / "bayespanel"

TOY = Kind("spillback", "Spillbacks", "returns of a toy", "toys", "within SD", "lag", single=True, on_edge="pooled")

RISK = Kind("risk", "Risks of a toy", "risks of a toy", "toys", "log odds", "mean", single=True, on_edge="counted")

PART = Kind("part", "Parts of a toy", "parts of a toy", "toys", "share of pupils")

HELPED = Kind("helped", "Helped", "who was helped", "toys", "total SD", "effect", single=True, page="outcome")


def renamed(found: xr.Dataset, **new: str) -> xr.Dataset:
    """Return pathways of which some are of other kinds."""
    return found.assign_coords(kind=("pathway", [new.get(kind, kind) for kind in found["kind"].values.tolist()]))


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with four kinds that no family has."""
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, TOY, RISK, PART, HELPED))


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Panels whose direct effects are of the new kind, and have their priors at 0 as before."""
    collect, nulls = panel_pathways.collect, panel_nulls.nulls
    monkeypatch.setattr(
        panel_pathways, "collect", lambda *given, **asked: renamed(collect(*given, **asked), direct="spillback")
    )
    monkeypatch.setattr(
        panel_nulls, "nulls", lambda spec, data, found: nulls(spec, data, renamed(found, spillback="direct"))
    )
    coordinates.cache_clear()
    yield
    coordinates.cache_clear()


def evidence(**new: str) -> xr.Dataset:
    return renamed(fakes.panel(3), **new)


@pytest.mark.usefixtures("toys")
def test_tables_and_sentences_have_it() -> None:
    found = evidence(direct="spillback")
    assert TOY.heading in text(found)
    assert set(table(found, kinds=["spillback"])["pathway"]) == set(table(fakes.panel(3), kinds=["direct"])["pathway"])
    assert TOY.heading in apa_table(found, format="markdown")
    assert TOY.heading in set(contents_evidence.evidence_table(found, "All.", "all").frame["kind"])
    sums = bp.Panel.from_summary(mean=np.zeros(6), cov=np.eye(6), n=99, variables=["a", "b"], waves=[1, 2, 3])
    fit = test_methods.fake(bp.RICLPM(("a", "b")), sums)
    assert TOY.words in " ".join(methods(fit, test_methods.checks(), test_methods.evidence(("spillback",)))[0])


@pytest.mark.usefixtures("toys")
def test_figures_of_panels_draw_it_like_any_lag() -> None:
    old, new = evidence(), evidence(direct="spillback")
    lags = [str(name) for name in old["pathway"].values[old["kind"].values == "direct"]]
    for plot in (
        gallery.plot_triangle,
        gallery.plot_lag_matrix,
        lambda found: gallery.plot_path_diagram(found, waves=fakes.WAVES),
    ):
        figure = plot(new)
        assert words(figure) == words(plot(old))
        assert all(named(figure, name) for name in lags)
    assert TOY.heading in words(gallery.plot_forest(new))
    before = renamed(fakes.prior_draws(3), direct="spillback")
    panels = gallery.plot_prior_posterior(renamed(fakes.panel_draws(3), direct="spillback"), before).axes
    assert len([axes for axes in panels if axes.get_title()]) == 9
    refits = fakes.sensitivity(3).replace({"kind": {"direct": "spillback"}})
    refits.attrs = fakes.sensitivity(3).attrs
    assert TOY.heading in words(gallery.plot_sensitivity(refits))


@pytest.mark.usefixtures("toys")
def test_edges_of_the_synthesis_count_it() -> None:
    old, new = (
        synthesise({"toy": (evidence(**kind), renamed(fakes.panel_draws(3), **kind))}).edges
        for kind in ({}, {"direct": "spillback"})
    )
    pd.testing.assert_frame_equal(old, new)
    joined = evidence(direct="spillback").assign_coords(study=("pathway", ["toy"] * 12))
    assert named(gallery.plot_synthesis(joined), "depression -> victimisation")
    counted = synthesise({"toy": (evidence(direct="risk"), fakes.panel_draws(3))}).edges
    np.testing.assert_array_equal(counted["prob_any"], old["prob_any"])
    assert counted["pooled"].isna().all()  # it is counted, and has no mean


@pytest.mark.usefixtures("toys")
def test_its_scale_says_how_it_is_read() -> None:
    odds = odds_ratios(evidence(direct="risk").assign_coords(against=("pathway", ["other"] * 12)))
    assert set(odds["kind"]) == {"risk"}
    given = draws(0.5 + normal(2, sd=0.01), kind=["part", "spillback"])
    found = summarise(given, rope=0.1)
    assert np.isnan(found["prob_direction"].values).tolist() == [True, False]
    shown = apa_table(found, format="csv")
    assert "Parts of a toy,p0,.5" in shown  # it cannot exceed 1
    assert "Spillbacks,p1,0.5" in shown


@pytest.mark.usefixtures("toys")
def test_its_prior_is_taken_out_and_weighed() -> None:
    given, row = draws(normal(1, mean=0.3, sd=0.1), kind=["spillback"]), Prior("lag", "Normal", (0, 0.5))
    nulls = Nulls(("standardised",), np.array([location_at_zero(row)]), ((),))
    assert np.isfinite(sampling_sds(given, nulls, {"lag": row})).all()
    weighed = summarise(given, rope=0.03).assign(bayes_factors(given, nulls).data_vars)
    assert "log BF" in text(weighed)
    changed = prior_appraisal.prior_changes(bp.RICLPM(("a", "b")))["prior SD of effects doubled"]
    assert {row.parameter for row in changed} == {"lag", "mean"}  # the other toy depends on means


@pytest.mark.usefixtures("toys")
def test_the_page_of_effects_has_it() -> None:
    old, new = fake_trial(("mood", "sleep")), renamed(fake_trial(("mood", "sleep")), effect="helped")
    pd.testing.assert_frame_equal(
        bp.effects(old).frame.drop(columns="kind"), bp.effects(new).frame.drop(columns="kind")
    )
    assert words(gallery.plot_effects(old)) == words(gallery.plot_effects(new))


@pytest.mark.usefixtures("toys")
def test_sections_of_a_report_have_their_figures() -> None:
    def parts(found: xr.Dataset) -> list[str]:
        fit = replace(fakes.fit(), spec=bp.RICLPM(("reading", "math")))
        return [part.name for part in contents_evidence.evidence(fit, found, Asked()).parts]

    assert parts(evidence(direct="spillback")) == ["evidence", "forest", "lag-matrix"]
    against = evidence(direct="risk", carry_over="risk").assign_coords(against=("pathway", ["other"] * 12))
    assert parts(against) == ["evidence", "forest", "odds"]
    assert parts(renamed(fake_trial(("mood", "sleep")), effect="helped")) == ["evidence", "forest", "effects"]


@pytest.mark.usefixtures("toys", "family", "sampled")
def test_the_command_line_fits_prints_and_draws_it(run: Run) -> None:
    code, out, _ = run("fit", "two.toml", "pupils.csv", *LONG, *READ)
    assert code == 0
    assert TOY.heading in out
    assert {path.name for path in Path("two").iterdir()} >= {"pathways.png", "triangle.png"}
    shown = pd.read_csv("two/evidence.csv").set_index("kind")
    assert shown.loc["spillback", "log_bf10"].notna().all()
    code, out, _ = run("evidence", "two", "--kinds", "spillback")
    assert "reading -> math" in out
    assert "spillback" in run("evidence", "--help")[1]
    fit = analysis.load_fit("two/fit.nc")
    assert TOY.heading in set(prior_appraisal.implied(fit, fit.posterior)["quantity"])


@pytest.mark.usefixtures("toys", "family")
def test_studies_of_power_tell_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **{"task": mock, **named}))
    Path("two.toml").write_text(CARD, encoding="utf-8")
    code, out, _ = run(*POWER, "--replicates", "3")
    assert code == 0
    assert "x -> y" in out
    assert "x -> x" not in out  # which is no effect


@pytest.mark.usefixtures("toys")
def test_figures_of_power_draw_it_first(monkeypatch: pytest.MonkeyPatch) -> None:
    known = study_fakes.pathways
    monkeypatch.setattr(
        study_fakes,
        "pathways",
        lambda n: {name: (kind.replace("direct", "spillback"), t) for name, (kind, t) in known(n).items()},
    )
    result = study_fakes.power({"schools": [20, 40]})
    (legend,) = gallery.plot_power(result).legends
    assert legend.get_texts()[0].get_text() == "parental rejection -> depression (truth 0.12)"
    assert len(legend.get_texts()) == 9
    assert set(study_results.frame(result)["kind"]) == {"spillback", "carry_over", "total"}


@pytest.mark.usefixtures("family", "sampled")
def test_a_kind_that_is_not_in_the_table_is_refused_before_anything_is_shown(run: Run) -> None:
    run("moments", "pupils.csv", "-o", "sums.nc", "--variables", "read,math", *LONG)
    fit = analysis.fit(bp.RICLPM(("read", "math")), bp.Moments.load("sums.nc"), seed=1)
    for ask in (bp.pathway_draws, lambda fit: bp.evidence(fit, rope=0.03)):
        with pytest.raises(FitError, match="of the kind 'spillback'") as refused:
            ask(fit)
        assert all((refused.value.rule, refused.value.given, refused.value.action))


def test_a_name_that_is_no_kind_has_no_property_and_is_its_own_heading() -> None:
    assert kind_of("other") == Kind("other", "other", "other")
    assert kinds_with(lambda _: True, ["other", "share", "direct"]) == ["direct", "share"]
    assert len({kind.name for kind in kinds.KINDS}) == len(kinds.KINDS)


def test_every_kind_is_made_by_a_family_and_stands_in_the_documentation() -> None:
    made = "".join(path.read_text() for path in PACKAGE.glob("families/*/*pathways.py"))
    told = "".join((ROOT / "docs" / f"{page}.md").read_text() for page in ("evidence", "trial", "trajectories"))
    for kind in kinds.KINDS:
        assert f'"{kind.name}"' in made
        assert f"`{kind.name}`" in told


def spelt(source: str) -> Iterator[str]:
    """Find where a kind is chosen by a name that is written down."""
    known = {kind.name for kind in kinds.KINDS}

    def names(node: ast.AST | None) -> list[str]:
        elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
        return [each.value for each in elements if isinstance(each, ast.Constant) and each.value in known]

    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare():
                parts, others = [node.left, *node.comparators], [node.left, *node.comparators]
            case ast.Call():
                parts, others = [*node.args, *(each.value for each in node.keywords)], [node.func]
            case ast.Subscript():
                parts, others = [node.slice], [node.value]
            case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
                keys = node.keys if isinstance(node, ast.Dict) else node.elts
                if len(keys) > 1 and all(names(key) for key in keys):
                    yield ast.unparse(node)
                continue
            case _:
                continue
        if any(map(names, parts)) and any(re.search(r"kind(?!=)", ast.unparse(other).lower()) for other in others):
            yield ast.unparse(node)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('frame[frame["kind"] == "direct"]', True),
        ('"effect" in evidence["kind"]', True),
        ('kind in ("direct", other)', True),
        ('frame["kind"].isin(["direct"])', True),
        ('frame["kind"].eq("unpooled")', True),
        ('KINDS["share"]', True),
        ('FIGURED = ("direct", "odds")', True),
        ('{"icc": 1, "share": 2}', True),
        ('frame["share"]', False),
        ('prior.scale == "total"', False),
        ('study.kind == "power"', False),
        ('("effect", "standard_error")', False),
    ],
)
def test_the_search_for_names_finds_them(source: str, found: bool) -> None:
    assert bool([*spelt(source)]) == found


def test_only_the_table_and_the_families_name_kinds() -> None:
    for path in PACKAGE.rglob("*.py"):
        where = path.relative_to(PACKAGE)
        if where.parts[0] != "families" and where != Path("summaries/kinds.py"):
            assert not [*spelt(path.read_text())], f"{where} chooses kinds by name: ask bayespanel.summaries.kinds."
