"""What a design study ends with: a table on the screen, a .csv and a .png beside its store."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespanel.command import disclosure, screen
from bayespanel.command.keeping import INCOMPLETE, Keeping, reason
from bayespanel.data.spreadsheet import write_csv
from bayespanel.data.storage import write_whole
from bayespanel.design import engine, store
from bayespanel.design.calibration import calibration
from bayespanel.design.decisions import decisions
from bayespanel.design.kept_numbers import FAILED, UNCONVERGED
from bayespanel.design.pathways import coordinates
from bayespanel.design.power import table
from bayespanel.design.sample_size import SampleSize, Search, searched
from bayespanel.language.errors import BayespanelError, FitError, SpecError, nearest
from bayespanel.language.shown import filled, prose
from bayespanel.summaries.kinds import kind_of, kinds_with

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayespanel.design.study import Study
    from bayespanel.inference.settings import Running

ROWS = 40
"""Rows on the screen at most; the .csv has all."""

DPI = 160

FAILED_CHECK = 3
"""Exit code when a calibration fails."""

BY_NUTS = "{} were sampled by NUTS: independence sampling was not good enough for them."
"""What a study says of its sampler, where it had a choice."""

PICTURES = ("png", "svg", "pdf")
"""Kinds of picture."""


@dataclass(frozen=True, eq=False)
class Finished:
    """A study that has been run.

    Attributes
    ----------
    result
        What it says: of power a table, of a calibration its ranks, of a multiverse its estimates.
    rows
        The same as a data frame, as in the .csv.
    text
        For the screen.
    keeping
        The store, what was written beside it, and what could not be.
    passed
        Whether a calibration holds; True for other kinds.
    """

    result: xr.Dataset
    rows: pd.DataFrame
    text: str
    keeping: Keeping
    passed: bool = True

    @property
    def code(self) -> int:
        """Exit code: 3 where a calibration fails, else 4 where something could not be written, else 0."""
        return FAILED_CHECK if not self.passed else INCOMPLETE if self.keeping.failures else 0

    def show(self, *, json: bool) -> None:
        """Print it."""
        if json:
            content = {"passed": self.passed, "files": [str(file) for file in self.keeping.files]}
            screen.show_json({**content, **self.result.attrs, "rows": screen.rows(self.rows)})
        else:
            screen.show(self.text)
            screen.show("\n" + filled("Written: " + ", ".join(str(file) for file in self.keeping.files), rest="  "))
        self.keeping.say()


def finish(path: Path, study: Study, running: Running) -> Finished:
    """Run what a store lacks, and write table and figure beside it."""
    question = store.asked(path)
    find = question.get("find")
    size: SampleSize | None = None
    if find:
        tried = [condition.values[find["field"]] for condition in study.conditions]
        rule, between = question["decisions"][0], (min(tried), max(tried))
        how = {name: find[name] for name in ("goal", "error") if name in find}
        search = Search(find["field"], between, pathway=find["pathway"], decision=rule, **how)
        size = searched(study, search, path, running)
    else:
        engine.run(study, path, running)
    result = size.table if size is not None else read(path, question.get("decisions"))
    rows = frame(result)
    keeping = Keeping(
        safe=f"All replicates are safe in {str(path)!r}.",
        again=f"Make room if that was the cause; bayespanel resume {path} writes them, and samples nothing anew.",
        files=[path],
    )
    keeping.write(path.with_suffix(".csv"), lambda file: write_csv(rows, file))
    keeping.write(
        path.with_suffix(".png"),
        lambda file: file.write_bytes(_picture(result, study, pathway=find["pathway"] if find else None)),
    )
    text = {"power": _power_text, "calibration": _calibration_text, "multiverse": _choices_text}[study.kind](result)
    if size is not None:
        text += "\n\n" + textwrap.fill(str(size), prose())
    for said in dict.fromkeys(disclosure.text(data) for data in study.data.values()):
        text += "\n\n" + filled(said.replace("he file", "he store"))
    return Finished(result, rows, text, keeping, bool(result.attrs.get("passed", 1)))


def read(path: Path, rules: Sequence[str] | None) -> xr.Dataset:
    """Return what a store says so far."""
    study, found = store.study_of(path), store.opened(path)
    if study.kind == "calibration":
        return calibration(found, study)
    if study.kind == "multiverse":
        from bayespanel.design.multiverse import specifications

        return specifications(found, study)
    return table(found, decisions(rules or ["excludes 0"]), study)


def draw(path: Path, file: Path, *, rules: Sequence[str] | None, pathway: str | None) -> None:
    """Draw what a store says so far."""
    result = read(path, rules or store.asked(path).get("decisions"))
    study = store.study_of(path)
    _put(file, lambda: _picture(result, study, pathway=pathway, kind=ending(file)))


def draw_intervals(path: Path, file: Path, *, pathway: str | None, condition: str | None) -> None:
    """Draw the intervals of all replicates of a pathway so far; without a name, of the first effect.

    Raises
    ------
    SpecError
        Several conditions and none named, or names that are none.
    """
    from bayespanel.figures.gallery import plot_intervals
    from bayespanel.page.figure_files import drawn

    study = store.study_of(path)
    known = [each.name for each in study.conditions]
    if condition is None and len(known) > 1:
        raise SpecError(
            "Intervals are drawn for one condition.",
            f"There are {len(known)}.",
            f"Add for example --condition {known[0]!r}.",
        )
    if condition is not None and condition not in known:
        raise SpecError(
            "Intervals are drawn for a condition of the study.",
            f"{condition!r} is not known. {nearest(condition, known)}",
            "Correct the name.",
        )
    chosen = pathway or first_effect(study)
    found = store.opened(path)
    _put(file, lambda: drawn(plot_intervals(found, pathway=chosen, condition=condition), ending(file), DPI))


def first_effect(study: Study) -> str:
    """Return the first pathway of a study that is an effect."""
    names = coordinates(study)
    for name, kind in zip(names["pathway"].values, names["kind"].values, strict=True):
        if kind_of(kind).decided:
            return str(name)
    return str(names["pathway"].values[0])


def frame(result: xr.Dataset) -> pd.DataFrame:
    """Return a result as rows: a line per condition, pathway and decision, or per quantity or specification."""
    kept = result.drop_dims([name for name in ("replicate", "point") if name in result.dims])
    rows = kept.to_dataframe().reset_index()
    if "assurance" in rows:
        rows = rows[rows["estimate"].notna() | rows["assurance"].notna()]
    elif "specification" in rows:
        rows = rows[rows["mean"].notna() | (rows["status"] == FAILED)]
    return rows


def ending(file: Path) -> str:
    """Return the kind of picture that a file's name asks for.

    Raises
    ------
    SpecError
        None that can be drawn.
    """
    kind = file.suffix.lower().removeprefix(".")
    if kind not in PICTURES:
        raise SpecError(
            f"A picture is a file that ends in {', '.join('.' + known for known in PICTURES)}.",
            f"You gave {str(file)!r}.",
            "Correct the name.",
        )
    return kind


def _put(file: Path, picture: Callable[[], bytes]) -> None:
    """Write a picture, which appears whole or not at all; errors are in three parts."""
    ending(file)
    try:
        content = picture()
        write_whole(file, lambda place: place.write_bytes(content))
    except BayespanelError:
        raise
    except Exception as error:  # of the file system, or a drawing library
        raise FitError(
            "A figure is written whole.",
            f"{str(file)!r} could not be written ({reason(error)}).",
            "The store is unchanged. Choose another file with -o, or make room.",
        ) from error


def _picture(result: xr.Dataset, study: Study, *, pathway: str | None, kind: str = "png") -> bytes:
    from bayespanel.page.figure_files import drawn

    return drawn(_figure(result, study, pathway=pathway), kind, DPI)


def _figure(result: xr.Dataset, study: Study, *, pathway: str | None) -> Any:
    from bayespanel.figures import gallery

    if study.kind == "calibration":
        return gallery.plot_calibration(result)
    if study.kind == "multiverse":
        from bayespanel.design.multiverse import specification_curve

        return gallery.plot_specification_curve(specification_curve(result, pathway or first_effect(study)))
    return gallery.plot_power(result, pathways=None if pathway is None else [pathway])


def _effects(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about which a decision means something by itself; all of them if there is none."""
    decided = rows["kind"].isin(kinds_with(lambda kind: kind.decided))
    return rows[decided] if decided.any() else rows


def _power_text(result: xr.Dataset) -> str:
    rows = frame(result)
    shown_rows = _effects(rows)
    lines = ["Share of replicates that reach the decision, of all that were run; 95 % interval from Monte Carlo error."]
    columns = shown_rows[["condition", "pathway", "decision", "assurance", "lower", "upper"]].copy()
    for name in ("assurance", "lower", "upper"):
        columns[name] = columns[name].map(lambda x: "-" if np.isnan(x) else f"{x:.3f}")
    for name in ("bias", "coverage", "type_m"):
        columns[name] = shown_rows[name].map(lambda x: "-" if np.isnan(x) else f"{x:.3g}")
    left_open = bool((shown_rows["unknown"] > 0).any())
    if left_open:
        columns["open"] = shown_rows["unknown"].map(lambda x: "-" if np.isnan(x) else f"{x:.3f}")
        lines[0] = (
            "Share of replicates that reach the decision, of those where it is not open; 95 % interval from Monte "
            "Carlo error. Open: share in which only a bound of the Bayes factor is known, which does not settle it."
        )
    if len(set(columns["decision"])) == 1:
        lines[0] = f"Decision: {columns['decision'].iloc[0]}. {lines[0]}"
        columns = columns.drop(columns="decision")
    lines[0] = filled(lines[0])
    if len(set(columns["condition"])) == 1:
        columns = columns.drop(columns="condition")
    lines += ["", screen.table_text(columns.head(ROWS))]
    if len(columns) > ROWS:
        lines.append(f"  ... and {len(columns) - ROWS} more rows in the .csv.")
    counts = [int(result[name].sum()) for name in ("finished", "failed", "unconverged")]
    lines += [
        "",
        filled("{} replicates finished; {} failed, {} did not converge. They count.".format(*counts)),
    ]
    if "by_nuts" in result:
        lines.append(filled(BY_NUTS.format(int(result["by_nuts"].sum()))))
    return "\n".join(lines)


def _choices_text(result: xr.Dataset) -> str:
    rows = frame(result)
    rows = _effects(rows)
    columns = rows[["specification", "pathway"]].copy()
    for name in ("mean", "lower", "upper", "prob_direction"):
        columns[name] = rows[name].map(lambda x: "-" if np.isnan(x) else f"{x:.3f}")
    lines = ["Standardised estimates of every specification.", "", screen.table_text(columns.head(ROWS))]
    if len(columns) > ROWS:
        lines.append(f"  ... and {len(columns) - ROWS} more rows in the .csv.")
    status = result["status"].values
    failed, unconverged = int((status == FAILED).sum()), int((status == UNCONVERGED).sum())
    return "\n".join([*lines, "", f"{len(status)} specifications; {failed} failed, {unconverged} did not converge."])


def _calibration_text(result: xr.Dataset) -> str:
    order = np.argsort(result["p_value"].values)
    import pandas as pd

    worst = pd.DataFrame(
        {name: result[name].values[order][:10] for name in ("pathway", "p_value", "coverage_50", "coverage_90")}
    )
    about = result.attrs
    verdict = "Ranks of the truth are uniform, as far as these replicates tell."
    if not about["uniform"]:
        verdict = "Ranks of the truth are NOT uniform: model, simulator or sampler is wrong, or the truths were others."
    elif not about["passed"]:
        verdict = "NO VERDICT: too many replicates failed, and those that are left are a selection."
    outside = int((~result["inside"]).sum())
    return "\n".join(
        [
            filled(verdict),
            filled(
                f"{about['finished']} replicates; {about['failed']} could not be fitted, {about['unconverged']} did "
                "not converge.",
                "  ",
                "  ",
            ),
            *([filled(BY_NUTS.format(about["by_nuts"]), "  ", "  ")] if "by_nuts" in about else []),
            filled(
                f"{outside} of {result.sizes['pathway']} quantities leave their simultaneous 95 % band; smallest "
                f"p-value {about['smallest_p_value']:.3g}.",
                "  ",
                "  ",
            ),
            "",
            screen.table_text(worst),
        ]
    )
