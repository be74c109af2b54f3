"""Names of the columns of a wide table, one for each variable and wave, in a form that other programs accept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import SpecError, nearest

WORDS = "if else repeat while function for next break TRUE FALSE NULL Inf NaN NA in level group block within between"
RESERVED = frozenset(WORDS.split(" "))
"""Words of R that cannot be names, and those that open a block in lavaan's language."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a wide table.

    Attributes
    ----------
    waves : tuple of str
        Labels of the waves, in order.
    cells : dict of str to tuple of str
        Variable -> its columns, in the order of the waves.
    covariates : dict of str to str
        Covariate -> its column.
    grouping : str
        The column that tells groups of pupils; empty without groups.
    groups : dict of str to str
        Group -> what stands in that column.
    """

    waves: tuple[str, ...]
    cells: dict[str, tuple[str, ...]]
    covariates: dict[str, str]
    grouping: str = ""
    groups: dict[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        """Columns in wave-major order, as the cells of `Moments`, then covariates."""
        by_wave = zip(*self.cells.values(), strict=True)
        return (*(column for wave in by_wave for column in wave), *self.covariates.values())


def r_name(name: str) -> str:
    """Return a name that is one name in R and in a formula: ASCII letters, digits, `_` and `.`, a letter first."""
    legal = re.sub(r"[^A-Za-z0-9._]+", "_", _ascii(name))
    if not re.match(r"[A-Za-z]", legal):
        legal = f"v{legal}"
    return f"{legal}_" if legal in RESERVED else legal


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def in_comment(name: str) -> str:
    """Return a name as a comment holds it: what would end the R text around it is coded as in a web address (%27)."""
    return re.sub(r"[%'\"\\#;]", lambda found: f"%{ord(found[0]):02X}", name)


def from_comment(text: str) -> str:
    """Return the name that `in_comment` wrote."""
    return re.sub(r"%(2[5273]|3B|5C)", lambda found: chr(int(found[1], 16)), text)


def is_r_name(name: str) -> bool:
    """Return whether a name is one in R and in a formula as it stands."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9._]*", name) is not None and name not in RESERVED


def distinct(wishes: Mapping[str, str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a name for each key, the one wished for or, where that is taken, the same with a number behind."""
    used, out = set(taken), {}
    for key, wish in wishes.items():
        name, number = wish, 2
        while name in used:
            name, number = f"{wish}_{number}", number + 1
        used.add(name)
        out[key] = name
    return out


def settle(
    variables: Sequence[str],
    covariates: Sequence[str],
    *,
    waves: int | Sequence[object] | None,
    columns: Mapping[str, Sequence[str]] | None,
    least: int,
    grouping: str = "",
    groups: Sequence[object] | None = None,
) -> Columns:
    """Return the columns of a specification's variables.

    Parameters
    ----------
    variables, covariates
        Of the specification, in its order.
    waves
        How many waves, or their labels; not needed beside `columns`.
    columns
        Variable -> its columns in the order of the waves, as in `Panel.from_wide`; other variables are passed over.
    least
        Fewest waves that the model can do with.
    grouping, groups
        The column that tells groups of pupils, and their names in order; empty without groups.

    Raises
    ------
    SpecError
        Neither waves nor columns, too few waves, columns that do not fit them, names that R cannot read, or groups
        that are not named, or named without need.
    """
    labels = _labels(waves, columns, variables)
    if len(labels) < least:
        raise SpecError(
            f"The model needs at least {least} waves.",
            f"There are {len(labels)}: {', '.join(labels)}.",
            "Add a wave, or use intercepts=False, which needs only two.",
        )
    cells = _given(variables, columns, len(labels)) if columns is not None else _default(variables, labels)
    flat = [column for group in cells.values() for column in group]
    taken = [*flat, "class", "school"]
    values = _group_values(grouping, groups)
    column = distinct({grouping: r_name(grouping)}, taken)[grouping] if grouping else ""
    names = distinct({name: r_name(name) for name in covariates}, [*taken, column])
    return Columns(labels, cells, names, column, values)


def _group_values(grouping: str, groups: Sequence[object] | None) -> dict[str, str]:
    """Return group -> what stands for it in the data: letters, digits, `_`, `.`, `-` and spaces."""
    given = () if groups is None or isinstance(groups, str) else tuple(map(label_of, groups))
    if grouping and (len(given) < 2 or len(set(given)) < len(given)):
        raise SpecError(
            "A model with groups of pupils is written for two groups or more, each named once.",
            f"The groups of {grouping!r} are {listed(given) if given else 'not named'}.",
            "Give groups=panel.group_names, or groups=['boy', 'girl'].",
        )
    if given and not grouping:
        raise SpecError(
            "Groups are those of a model that has them.",
            f"The model has none; groups are {listed(given)}.",
            "Leave groups out, or name their column in the model: RICLPM(groups='sex').",
        )
    return distinct({name: re.sub(r"[^A-Za-z0-9._ -]", "_", _ascii(name)) or "_" for name in given})


def _labels(
    waves: int | Sequence[object] | None, columns: Mapping[str, Sequence[str]] | None, variables: Sequence[str]
) -> tuple[str, ...]:
    if waves is None and columns is not None:
        waves = len(columns.get(variables[0], ()))
    if waves is None:
        raise SpecError(
            "A model for another program is written wave by wave.",
            "A specification does not know the waves, and none were given.",
            "Give waves=5, their labels waves=panel.waves, or columns={'rejection': ['rej1', 'rej2', ...]}.",
        )
    if isinstance(waves, str | bool):
        raise SpecError(
            "'waves' is a number of waves, or their labels.",
            f"It is {waves!r}.",
            "Write waves=5, or waves=panel.waves.",
        )
    labels = tuple(str(t + 1) for t in range(waves)) if isinstance(waves, int) else tuple(map(label_of, waves))
    if len(set(labels)) < len(labels):
        raise SpecError("'waves' names every wave once.", f"You gave: {', '.join(labels)}.", "Name every wave once.")
    return labels


def _given(variables: Sequence[str], columns: Mapping[str, Sequence[str]], waves: int) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for variable in variables:
        if variable not in columns:
            raise SpecError(
                "'columns' names the columns of every variable of the model.",
                f"It lacks {variable!r}. {nearest(variable, list(columns))}",
                "Add it: columns={'rejection': ['rej1', 'rej2', ...]}.",
            )
        group = columns[variable]
        if isinstance(group, str) or len(group) != waves:
            raise SpecError(
                "'columns' has one column for every wave.",
                f"{variable!r} has {listed(group) if not isinstance(group, str) else repr(group)}; "
                f"there are {counted(waves, 'wave')}.",
                "List one per wave, in order.",
            )
        out[variable] = tuple(group)
    flat = [column for group in out.values() for column in group]
    wrong = [column for column in flat if not is_r_name(column)]
    twice = [column for column in flat if flat.count(column) > 1]
    if wrong or twice:
        raise SpecError(
            "Each column has a name of its own that R can read: letters, digits, '_' and '.', a letter first.",
            f"{listed(dict.fromkeys(wrong or twice))} {'is not' if wrong else 'stands twice'}.",
            "Rename the columns of the table, and here.",
        )
    return out


def _default(variables: Sequence[str], labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Variable and wave, "rejection1"; with `_` between where the variable ends in a digit or the wave has no digit."""
    wishes: dict[tuple[str, str], str] = {}
    stems = distinct({variable: r_name(variable) for variable in variables})
    for variable, stem in stems.items():
        for label in labels:
            joint = "_" if stem[-1].isdigit() or not label[:1].isdigit() else ""
            wishes[variable, label] = r_name(f"{stem}{joint}{label}")
    found = list(wishes.values())
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise SpecError(
            "Columns get the name of their variable and wave.",
            f"Two cells would both be called {listed(twice)}.",
            "Give columns={'variable': ['column of wave 1', ...], ...}.",
        )
    return {variable: tuple(wishes[variable, label] for label in labels) for variable in variables}
