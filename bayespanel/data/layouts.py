"""What a stored value is made of: one row for each array and each set of words, with the rules that it keeps.

The table serves three purposes, so that they cannot differ: how a value lies in a file (`storage`), what is refused
when it is read or built by hand (`rules`), and what its fingerprint covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bayespanel.data import agreement, agreement_of_names

Broken = Iterator[tuple[str, str]]
"""Rules that a value breaks, and what was found instead."""


@dataclass(frozen=True)
class Array:
    """The rules of one array.

    Attributes
    ----------
    dtype
        Type on disk; "|i1" is a mask, "O" labels of any type.
    dims
        Its dimensions. Those of one name have one size in all arrays of a value; "x_" is as long as "x".
    least, above
        Smallest entry; number below every entry. None for no limit.
    below
        Dimension in which the entries are positions: they lie between 0 and its size less 1.
    gaps
        Whether entries may be missing (NaN).
    optional
        Whether there may be None in its place.
    """

    dtype: str
    dims: tuple[str, ...] = ()
    least: float | None = None
    above: float | None = None
    below: str = ""
    gaps: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Words:
    """The rules of one set of words.

    Attributes
    ----------
    form
        "name"; "names", a tuple of them; "pairs" of two; "lists", tuples of names; "labelled", pairs of a name and
        names; "guesses", rows of `Guess`; "word", a name that may be empty.
    dim
        Dimension on disk; empty for what is kept as JSON.
    distinct
        Whether no name (in pairs, no first name) occurs twice, and none is empty.
    among
        What the names may be; empty for anything.
    later
        Whether files of earlier versions lack it.
    """

    form: str = "names"
    dim: str = ""
    distinct: bool = False
    among: tuple[str, ...] = ()
    later: bool = False


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What holds of a value made of arrays and words, and how it lies in a file where it can be saved.

    Attributes
    ----------
    format
        What the file says it is.
    made_by
        What writes it, for errors.
    made_with
        How to make such a value, for errors.
    arrays, words
        The rows.
    sizes
        Name of a dimension -> its size, from the value.
    agreements
        What arrays and words owe each other.
    when_unsealed
        What holds of a value that was just made, asked of files without a checksum: it shows some edits of these.
    sums
        Whether the value holds `Moments` as `sums`, which lie in the same file.
    """

    format: str = ""
    made_by: str = ""
    made_with: str
    arrays: dict[str, Array]
    words: dict[str, Words]
    sizes: Callable[[Any], dict[str, int]]
    agreements: tuple[Callable[[Any], Broken], ...] = ()
    when_unsealed: tuple[Callable[[Any], Broken], ...] = ()
    sums: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Words that lie as arrays of text."""
        return tuple(name for name, row in self.words.items() if row.dim)

    @property
    def plain(self) -> tuple[str, ...]:
        """Words that are kept as JSON."""
        return tuple(name for name, row in self.words.items() if not row.dim)


LEVELS = Words(among=("class", "school"), distinct=True)
RANDOMISED = Words("name", among=("school", "class", "pupil"))


MOMENTS = Layout(
    format="bayespanel moments",
    made_by="Moments.save",
    made_with="Build moments with Panel.moments() or Panel.from_summary, or load a file that was not edited.",
    arrays={
        "centre": Array("<f8", ("cell",)),
        "covariate_centre": Array("<f8", ("covariate",)),
        "scale": Array("<f8", ("variable",), least=0),
        "times": Array("<f8", ("wave",), optional=True),
        "group": Array("<i8", ("kind",), below="kind"),
        "observed": Array("|i1", ("kind", "cell")),
        "n": Array("<i8", ("kind",), least=1),
        "sxx": Array("<f8", ("kind", "x", "x_")),
        "sxy": Array("<f8", ("kind", "x", "cell")),
        "syy": Array("<f8", ("kind", "cell", "cell_")),
        "block_kind": Array("<i8", ("block",), below="kind"),
        "block_cluster": Array("<i8", ("block",), below="cluster"),
        "block_n": Array("<i8", ("block",), least=1),
        "block_sx": Array("<f8", ("block", "x")),
        "block_sy": Array("<f8", ("block", "cell")),
        "parent": Array("<i8", ("child_class",), below="school"),
        "covariate_observed": Array("|i1", ("kind", "covariate"), optional=True),
        "school_years": Array("<i8", ("wave",), below="school year", optional=True),
        "courses": Array("<i8", ("class", "school year"), least=-1, optional=True),
    },
    words={
        "waves": Words(dim="wave", distinct=True),
        "variables": Words(dim="variable", distinct=True),
        "covariates": Words(dim="covariate", distinct=True),
        "levels": Words(dim="level", among=LEVELS.among, distinct=True),
        "class_names": Words(dim="class"),
        "school_names": Words(dim="school"),
        "notes": Words(dim="note"),
        "guesses": Words("guesses"),
        "group_names": Words(distinct=True, later=True),
        "grouping": Words("word", later=True),
    },
    sizes=agreement.sizes_of_moments,
    agreements=(
        agreement.levels_have_names,
        agreement_of_names.times_increase,
        agreement_of_names.groups_have_names,
        agreement_of_names.courses_fit,
        agreement.kinds_differ,
        agreement.blocks_add_up,
        agreement.kinds_add_up,
    ),
    when_unsealed=(agreement.kinds_are_in_order, agreement.moments_are_centred),
)

TRIAL_MOMENTS = Layout(
    format="bayespanel trial moments",
    made_by="TrialMoments.save",
    made_with="Build them with Trial.moments(), or load a file that was not edited.",
    arrays={
        "part_cluster": Array("<i8", ("part",), below="outer cluster"),
        "part_kind": Array("<i8", ("part",), below="kind"),
        "part_n": Array("<i8", ("part",), least=1),
        "part_sxx": Array("<f8", ("part", "x", "x_")),
        "part_sxy": Array("<f8", ("part", "x", "cell")),
        "part_syy": Array("<f8", ("part", "cell", "cell_")),
    },
    words={
        "outcomes": Words(distinct=True),
        "baseline": Words("pairs", distinct=True),
        "arms": Words(distinct=True),
        "randomised": RANDOMISED,
        "covariates": Words(distinct=True),
        "categories": Words("labelled", distinct=True),
    },
    sizes=agreement.sizes_of_trial_moments,
    agreements=(agreement.arms_and_cells_fit, agreement.parts_add_up),
    when_unsealed=(agreement.kinds_are_in_order,),
    sums=True,
)

TRIAL_COUNTS = Layout(
    format="bayespanel trial counts",
    made_by="TrialCounts.save",
    made_with="Build them with Trial.counts(), or load a file that was not edited.",
    arrays={
        "outcome": Array("<i8", ("row",), below="outcome"),
        "arm": Array("<i8", ("row",), below="arm"),
        "cluster": Array("<i8", ("row",), least=-1),
        "x": Array("<f8", ("row", "covariate")),
        "pre": Array("<f8", ("row",)),
        "pre_missing": Array("|i1", ("row",)),
        "counts": Array("<i8", ("row", "category"), least=0),
        "parent": Array("<i8", ("child_class",), below="school"),
        "n_pupils": Array("<i8", least=1),
    },
    words={
        "outcomes": Words(distinct=True),
        "baseline": Words("pairs", distinct=True),
        "arms": Words(distinct=True),
        "randomised": RANDOMISED,
        "covariates": Words(distinct=True),
        "categories": Words("lists"),
        "levels": LEVELS,
        "class_names": Words(),
        "school_names": Words(),
        "notes": Words(),
        "guesses": Words("guesses"),
    },
    sizes=agreement.sizes_of_counts,
    agreements=(agreement.levels_have_names, agreement.rows_name_clusters, agreement.counts_add_up),
    when_unsealed=(agreement.rows_are_in_order,),
)

TRIAL_ESTIMATES = Layout(
    format="bayespanel trial estimates",
    made_by="TrialEstimates.save",
    made_with="Build them with Trial.from_estimates.",
    arrays={
        "effect": Array("<f8", ("outcome",)),
        "standard_error": Array("<f8", ("outcome",), above=0),
        "clusters": Array("<i8", ("outcome",), least=0),
    },
    words={"outcomes": Words(distinct=True), "notes": Words()},
    sizes=lambda value: {"outcome": len(value.outcomes)},
    agreements=(agreement.clusters_are_enough,),
)

PANEL_ROWS = Layout(
    format="bayespanel panel rows",
    made_by="PanelRows.save",
    made_with="Give the Panel itself, or load a file that was not edited.",
    arrays={
        "values": Array("<f8", ("row", "wave"), gaps=True),
        "x": Array("<f8", ("row", "covariate"), gaps=True),
        "cluster": Array("<i8", ("row",), least=0),
        "count": Array("<i8", ("row",), least=1),
        "parent": Array("<i8", ("child_class",), below="school"),
    },
    words={
        "outcome": Words("name"),
        "waves": Words(distinct=True),
        "covariates": Words(distinct=True),
        "levels": LEVELS,
        "class_names": Words(),
        "school_names": Words(),
        "notes": Words(),
        "guesses": Words("guesses"),
    },
    sizes=agreement.sizes_of_rows,
    agreements=(agreement.levels_have_names, agreement.rows_name_clusters, agreement.rows_have_scores),
    when_unsealed=(agreement.rows_are_in_order,),
)

PUPILS = {
    "pupils": Array("O", ("pupil",)),
    "covariates": Array("<f8", ("pupil", "covariate")),
    "classroom": Array("<i8", ("pupil",), below="class", optional=True),
    "school": Array("<i8", ("pupil",), below="school", optional=True),
}
NAMES = {
    "covariate_names": Words(distinct=True),
    "class_names": Words(),
    "school_names": Words(),
    "notes": Words(),
    "guesses": Words("guesses"),
}

PANEL = Layout(
    made_with="Use Panel.from_long or Panel.from_wide, or correct it.",
    arrays={
        "values": Array("<f8", ("pupil", "wave", "variable"), gaps=True),
        "times": Array("<f8", ("wave",), optional=True),
        "group": Array("<i8", ("pupil",), below="group", optional=True),
        "school_years": Array("<i8", ("wave",), below="school year", optional=True),
        "courses": Array("<i8", ("class", "school year"), least=-1, optional=True),
        **PUPILS,
        "covariates": Array("<f8", ("pupil", "covariate"), gaps=True),
    },
    words={
        "waves": Words(distinct=True),
        "variables": Words(distinct=True),
        "group_names": Words(distinct=True),
        "grouping": Words("word"),
        **NAMES,
    },
    sizes=agreement.sizes_of_tables,
    agreements=(
        agreement_of_names.codes_have_names,
        agreement_of_names.groups_have_names,
        agreement_of_names.times_increase,
        agreement_of_names.courses_fit,
    ),
)

TRIAL = Layout(
    made_with="Use Trial.from_frame, or correct it.",
    arrays={
        "values": Array("<f8", ("pupil", "cell"), gaps=True),
        "arm": Array("<i8", ("pupil",), below="arm"),
        **PUPILS,
    },
    words={
        "outcomes": Words(distinct=True),
        "baseline": Words("pairs", distinct=True),
        "arms": Words(distinct=True),
        "randomised": RANDOMISED,
        "categories": Words("labelled", distinct=True),
        **NAMES,
    },
    sizes=agreement.sizes_of_tables,
    agreements=(agreement_of_names.codes_have_names, agreement.outcomes_are_named),
)

LAYOUTS = {
    "Moments": MOMENTS,
    "TrialMoments": TRIAL_MOMENTS,
    "TrialCounts": TRIAL_COUNTS,
    "TrialEstimates": TRIAL_ESTIMATES,
    "PanelRows": PANEL_ROWS,
}
"""Name of a class that can be saved -> its layout."""

TABLES = {"Panel": PANEL, "Trial": TRIAL}
"""The same of pupils' tables, which no file holds."""
