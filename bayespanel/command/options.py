"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayespanel.command.columns import Columns
from bayespanel.command.trials import TrialColumns
from bayespanel.language.errors import DataError, SpecError

if TYPE_CHECKING:
    from bayespanel.inference.settings import Running


class MoversChoice(StrEnum):
    """What happens to pupils who change school or class."""

    error = "error"
    first = "first"
    drop = "drop"


class RandomisedChoice(StrEnum):
    """What was randomised."""

    school = "school"
    classroom = "class"
    pupil = "pupil"


class SamplerChoice(StrEnum):
    """What draws from the posterior."""

    nuts = "nuts"
    auto = "auto"
    independence = "independence"


class AlikeChoice(StrEnum):
    """How labels are treated that differ only in case, leading zeros or dashes."""

    merge = "merge"
    keep = "keep"


Data = Annotated[
    Path,
    typer.Argument(metavar="DATA", help="A table of pupils (.csv, .tsv, .parquet, .sav, .dta), or moments (.nc)."),
]
OptionalData = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DATA]",
        help="A table of pupils (.csv, .tsv, .parquet, .sav, .dta), or moments (.nc). Default: the data of the card.",
    ),
]

Outcomes = Annotated[str | None, typer.Option(metavar="A,B", help="Columns with the outcomes.")]
MinBlock = Annotated[
    int,
    typer.Option(
        min=1,
        help="Leave out pupils in blocks with fewer pupils than this. A block is the pupils of one cluster (in a trial "
        "also of one arm) with the same missing scores.",
    ),
]
Rope = Annotated[
    str | None,
    typer.Option(
        metavar="X or LOW,HIGH",
        help="Region of practical equivalence, standardised: half its width, or two bounds as --rope=-0.02,0.05. "
        "Default: that of the card.",
    ),
]
DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")
"""Two whole numbers with a comma between them; as bounds of a region they would be far too large."""

Sampler = Annotated[
    SamplerChoice,
    typer.Option(
        help="nuts; auto: independence sampling, which takes milliseconds, where the posterior is nearly normal, else "
        "nuts; independence: anyway."
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Print only one JSON document to standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace results that exist already.")]


@dataclass(frozen=True)
class Scores:
    """Options that name scores and covariates, which a card names otherwise."""

    variables: Annotated[str | None, typer.Option(metavar="A,B", help="Columns with the scores.")] = None
    covariates: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Numeric columns that do not change within a pupil."),
    ] = None
    incomplete: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Those covariates that some pupils lack, for models that allow it."),
    ] = None


Imputation = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column with the number of the imputation, where imputations stand below each other: each is fitted, and "
        "their draws are mixed.",
    ),
]


@dataclass(frozen=True)
class Table:
    """Options about the columns of a table, and about what it leaves open."""

    pupil: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column with the pupil.")] = None
    wave: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the wave, if there is one row per pupil and wave."),
    ] = None
    classroom: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the class; with --wide, one column or one per wave."),
    ] = None
    school: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the school; with --wide, one column or one per wave."),
    ] = None
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the group of a pupil, such as girls and boys."),
    ] = None
    movers: Annotated[
        MoversChoice | None,
        typer.Option(
            help="Pupils who change school or class: refuse the table (error, the default), count them in their first "
            "school or class (first), or leave them out (drop)."
        ),
    ] = None
    wide: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A=A1,A2,A3",
            help="If there is one row per pupil: a variable and its columns in the order of the waves. Repeat the "
            "option for each variable.",
        ),
    ] = None
    waves: Annotated[
        str | None,
        typer.Option(metavar="1,2,3", help="Waves in the order of time, if their names do not show it."),
    ] = None
    times: Annotated[
        str | None,
        typer.Option(
            metavar="0,5,12",
            help="When each wave took place, in one unit such as months. Models in continuous time need it.",
        ),
    ] = None
    school_years: Annotated[
        str | None,
        typer.Option(
            metavar="1,1,2",
            help="Where classes are formed anew every school year: the year of each wave, or with --times the length "
            "of a year, such as 12.",
        ),
    ] = None
    rename: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=COLUMN,...", help="Variables of the model whose column has another name, each with this name."
        ),
    ] = None
    district: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column with the district, if numbers of schools are unique only within it."
        ),
    ] = None
    missing: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Values that stand for 'missing': numbers (--missing=-99,-98), words (NA, .), 'labelled' for values "
            "whose value label says so, or values of one column: read=98.",
        ),
    ] = None
    keep_codes: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Numbers that look like codes for 'missing' but are scores, or 'all'."),
    ] = None
    alike: Annotated[
        AlikeChoice | None,
        typer.Option(
            help="Labels that differ only in case, leading zeros or dashes: treat them as one (merge) or as two (keep)."
        ),
    ] = None
    accept: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Questions that you have checked and answer with 'the table is right as it is': codes, order, labels, "
            "numbers.",
        ),
    ] = None
    decimal: Annotated[
        str | None,
        typer.Option(
            metavar="MARK", help="Decimal mark of a text file: , or . (if it is a comma, points separate thousands)."
        ),
    ] = None
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of a workbook (.xlsx) with several that hold something.")
    ] = None

    def columns(self, scores: Scores | None = None) -> Columns:
        """Return the columns that the texts of the options name.

        Raises
        ------
        DataError
            A text is not written as its option needs it.
        """
        scores = scores or Scores()
        groups = [_pair("--wide", text) for text in self.wide or ()]
        twice = [name for i, (name, _) in enumerate(groups) if name in [earlier for earlier, _ in groups[:i]]]
        if twice:
            raise DataError(
                "Each variable is named once in --wide, with all its columns.",
                f"{twice[0]!r} is named more than once.",
                f'Write all its columns in one option: --wide "{twice[0]}=FIRST,SECOND,THIRD".',
            )
        return Columns(
            pupil=self.pupil,
            wave=self.wave,
            variables=names(scores.variables),
            classroom=names(self.classroom),
            school=names(self.school),
            district=names(self.district),
            covariates=names(scores.covariates),
            incomplete=names(scores.incomplete),
            movers=None if self.movers is None else self.movers.value,
            wide=tuple((name, names(columns)) for name, columns in groups),
            waves=names(self.waves),
            times=_numbers("--times", self.times),
            school_years=names(self.school_years),
            rename=tuple(_pair("--rename", text) for text in names(self.rename)),
            missing=names(self.missing),
            keep_codes=names(self.keep_codes),
            alike=None if self.alike is None else self.alike.value,
            accept=names(self.accept),
            decimal=self.decimal,
            sheet=self.sheet,
            group=self.group,
        )


@dataclass(frozen=True)
class OfTrial:
    """Options that only tables of trials have."""

    arm: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the arm; it says that the table is a trial."),
    ] = None
    control: Annotated[str | None, typer.Option(metavar="ARM", help="The reference arm.")] = None
    randomised: Annotated[
        RandomisedChoice | None,
        typer.Option(help="What was randomised. Default: as in the card, or the outermost level."),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(metavar="POST=PRE,...", help="For each outcome, the column with the score before the trial."),
    ] = None

    strata: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Those covariates that are blocks of randomisation: strata, pairs, districts."
        ),
    ] = None

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the options that say something."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is not None)

    def columns(self, columns: Columns, outcomes: str | None = None) -> TrialColumns:
        """Return the columns of a trial that the texts of the options name.

        Raises
        ------
        DataError
            A text is not written as its option needs it, or an option is about waves.
        """
        odd = [name for name in ("wave", "waves", "wide", "movers", "variables", "group") if getattr(columns, name)]
        if odd:
            raise DataError(
                "The table of a trial has one row per pupil and no waves.",
                f"You gave --{odd[0]}.",
                "Leave it out. Name a score from before the trial with --baseline POST=PRE.",
            )
        return TrialColumns(
            columns=columns,
            arm=self.arm,
            control=self.control,
            randomised=None if self.randomised is None else self.randomised.value,
            outcomes=names(outcomes),
            baseline=tuple(_pair("--baseline", text) for text in names(self.baseline)),
            strata=names(self.strata),
        )


@dataclass(frozen=True)
class Where:
    """Options that say where a study runs."""

    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Address of a dask scheduler, such as tcp://127.0.0.1:8786. Default: none."
        ),
    ] = None
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes on this machine. Default: one per processor.")
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False

    def running(self, store: Path) -> Running:
        """Return where a study runs and is kept."""
        from bayespanel.inference.settings import Running

        return Running(store=store, workers=self.workers, scheduler=self.scheduler, progress=not self.quiet)


def names(text: str | None) -> tuple[str, ...]:
    """Return the names in a text, which commas separate."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def rope(text: str | None) -> float | tuple[float, float] | None:
    """Return a region of practical equivalence: a half-width or two bounds.

    Raises
    ------
    SpecError
        It is neither.
    """
    if text is None:
        return None
    from bayespanel.summaries.summary import rope_bounds

    if DECIMAL_COMMA.fullmatch(text.strip()):
        raise SpecError(
            "--rope is written with decimal points; a comma separates its two bounds.",
            f"It is {text!r}, whose comma looks like a decimal comma.",
            f"Write --rope {text.strip().replace(',', '.')}, or two bounds with decimal points, --rope=-0.02,0.05.",
        )
    numbers = _numbers("--rope", text)
    if len(numbers) not in (1, 2):
        raise SpecError(
            "--rope is one number, or two numbers with a comma.", f"It is {text!r}.", "Write for example --rope 0.03."
        )
    low, high = rope_bounds(numbers[0] if len(numbers) == 1 else numbers)
    return high if low == -high else (low, high)


def _pair(option: str, text: str) -> tuple[str, str]:
    name, sign, rest = (part.strip() for part in text.partition("="))
    if not (name and sign and rest):
        examples = {"--wide": 'math=math1,math2,math3"', "--baseline": 'post=pre"'}
        example = examples.get(option, 'reading=read,math=mathk"')
        raise DataError(
            f"{option} consists of a name, an equals sign, and the columns for which the name stands.",
            f"It is {text!r}.",
            f'Write for example {option} "{example}.',
        )
    return name, rest


def _numbers(option: str, text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in names(text))
    except ValueError:
        raise SpecError(
            f"{option} is a number, or several numbers with commas between them.",
            f"It is {text!r}.",
            "Write numbers with a decimal point.",
        ) from None
