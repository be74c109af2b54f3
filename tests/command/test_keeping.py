"""A fit is on disk before anything is made of it, and nothing that fails afterwards costs it."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bayespanel.command import keeping, results
from bayespanel.figures import gallery
from bayespanel.inference.fit import Fit
from bayespanel.language.errors import FitError
from bayespanel.summaries import table as tables
from bayespanel.verbs import analysis, category_probabilities
from tests.command.lines import LONG, READ, Run, fake_fit

LINE = ("fit", "two.toml", "pupils.csv", *LONG, *READ)


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("libpng says\nno")


def full(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


def interrupted(*_: Any, **__: Any) -> Any:
    signal.raise_signal(signal.SIGINT)


def written() -> list[str]:
    return sorted(str(path.relative_to("two")) for path in Path("two").rglob("*"))


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize(
    ("place", "name", "lost"),
    [
        (gallery, "plot_forest", "pathways.png"),
        (gallery, "plot_triangle", "triangle.png"),
        (tables, "table", "evidence.csv"),
        (category_probabilities, "found", "categories.csv"),
    ],
)
def test_what_cannot_be_made_is_said_and_costs_nothing_else(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, lost: str
) -> None:
    calls = [broken] if place is gallery else [broken, getattr(place, name)]  # the second prints
    monkeypatch.setattr(place, name, lambda *given, **options: calls.pop(0)(*given, **options))
    code, out, err = run(*LINE)
    assert code == keeping.INCOMPLETE == 4
    assert written() == sorted({"checks.csv", "evidence.csv", "fit.nc", "pathways.png", "triangle.png"} - {lost})
    assert analysis.load_fit("two/fit.nc").provenance["rope"] == 0.03
    assert "reading -> math" in out
    assert f"Not written: 'two/{lost}' (RuntimeError: libpng says no)." in " ".join(err.split())
    assert "The fit is safe in 'two/fit.nc'." in " ".join(err.split())


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("left", [0, 1, 4])
def test_a_disk_that_fills_up_costs_no_more_than_what_did_not_fit(
    run: Run, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """Room for `left` files beside the fit."""
    write, room = keeping.write_whole, list(range(left))

    def fills(path: Path, make: Callable[[Path], object]) -> None:
        full() if not room else (room.pop(), write(path, make))

    monkeypatch.setattr(keeping, "write_whole", fills)
    code, out, err = run(*LINE, "--json")
    found = json.loads(out)
    assert code == (4 if left < 4 else 0)
    assert written() == sorted(Path(file).name for file in found["files"])
    assert (len(found["files"]), len(found["missing"])) == (1 + min(left, 4), 4 - min(left, 4))
    assert analysis.load_fit("two/fit.nc")
    assert ("No space left on device" in err) == (left < 4)


def test_a_failed_check_weighs_more_than_a_missing_figure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "fit", fake_fit(20))
    monkeypatch.setattr(gallery, "plot_forest", broken)
    code, _, err = run(*LINE)
    assert code == results.FAILED_CHECK == 3
    assert "pathways.png" in err


@pytest.mark.usefixtures("sampled")
def test_an_interruption_while_drawing_keeps_the_fit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "plot_forest", interrupted)
    code, _, err = run(*LINE)
    assert code == 130
    assert "the fit is kept in 'two/fit.nc'" in " ".join(err.split())
    assert written() == ["checks.csv", "evidence.csv", "fit.nc"]
    assert analysis.load_fit("two/fit.nc")


@pytest.mark.usefixtures("sampled")
def test_a_fit_that_cannot_be_weighed_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "evidence", broken)
    code, _, err = run(*LINE)
    assert code == 4
    assert "'two/fit.nc' is saved and complete, but computing its evidence failed" in " ".join(err.split())
    assert written() == ["fit.nc"]


@pytest.mark.usefixtures("sampled")
def test_a_fit_whose_folder_is_full_goes_to_a_temporary_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(*LINE)
    before = Path("two/fit.nc").read_bytes(), written()
    save = Fit.save
    (tmp_path / "spare").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spare"))
    monkeypatch.setattr(Fit, "save", lambda fit, path: full() if "two" in str(path) else save(fit, path))
    code, _, err = run(*LINE, "--force", "--rope", "0.2")
    (place,) = (tmp_path / "spare").iterdir()
    assert code == 4
    assert "'two/fit.nc' (No space left on device)" in " ".join(err.split())
    assert str(place) in "".join(err.split())
    assert analysis.load_fit(place / "fit.nc").provenance["rope"] == 0.2
    assert (Path("two/fit.nc").read_bytes(), written()) == before


@pytest.mark.usefixtures("sampled")
def test_without_any_place_for_a_fit_the_error_has_three_parts_and_no_folder_is_left(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "spare").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spare"))
    monkeypatch.setattr(Fit, "save", full)
    before = sorted(Path().rglob("*"))
    code, _, err = run(*LINE, "-o", "new/deep")
    assert code == 2
    assert "the same seed gives the same draws" in " ".join(err.split())
    assert [path for path in sorted(Path().rglob("*")) if path.parent.name != "spare"] == before
    assert not list((tmp_path / "spare").rglob("fit.nc"))


def test_what_drawing_remarks_is_said_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import warnings

    kept = keeping.Keeping(safe="Safe.", again="Again.")
    for name in ("a", "b"):
        kept.write(tmp_path / name, lambda path: (warnings.warn("a glyph", stacklevel=1), path.touch()))
    kept.attempt("c", lambda: pd.DataFrame().to_csv(tmp_path / "missing" / "c"))
    kept.say()
    err = capsys.readouterr().err
    assert err.count("a glyph") == 1
    assert [path.name for path in kept.files] == ["a", "b"]
    (lost,) = kept.lost
    assert isinstance(lost, FitError)
    assert lost.given.startswith("Not written: 'c' (")
