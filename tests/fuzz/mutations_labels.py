"""A3: labels of pupils, classes and schools that split one or merge two."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case

ALIKE = (
    r"blank|space|alike|differ only|spell|case|zero|same label|label|before and after|no pupil|merge|unicode|written"
)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    yield from split(rng)
    yield from split_in_memory(rng)
    yield from merged(rng)
    yield from districts(rng)
    yield from of_trials(rng)
    yield from rows(rng)


SPELLINGS: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "a blank behind": (lambda i: f"P{i}", lambda i: f"P{i} "),
    "a blank before": (lambda i: f"P{i}", lambda i: f" P{i}"),
    "a no-break space": (lambda i: f"P {i}", lambda i: f"P\u00a0{i}"),
    "a no-break space behind": (lambda i: f"P{i}", lambda i: f"P{i}\u00a0"),
    "a zero-width space": (lambda i: f"P{i}", lambda i: f"P\u200b{i}"),
    "a soft hyphen": (lambda i: f"P{i}", lambda i: f"P\u00ad{i}"),
    "a tab": (lambda i: f"P{i}", lambda i: f"P{i}\t"),
    "two blanks": (lambda i: f"Anna {i}", lambda i: f"Anna  {i}"),
    "composed and decomposed": (
        lambda i: unicodedata.normalize("NFC", f"Zoë{i}"), lambda i: unicodedata.normalize("NFD", f"Zoë{i}"),
    ),
    "full-width digits": (lambda i: f"P{i}", lambda i: "P" + "".join(chr(0xFF10 + int(d)) for d in str(i))),
    "capitals": (lambda i: f"p{i}", lambda i: f"P{i}"),
    "leading zeros": (lambda i: f"{i}", lambda i: f"{i:04d}"),
    "a decimal": (lambda i: f"{i}", lambda i: f"{i}.0"),
    "two decimals": (lambda i: f"{i}", lambda i: f"{i}.00"),
    "a plus sign": (lambda i: f"{i}", lambda i: f"+{i}"),
    "an exponent": (lambda i: f"{i * 1000}", lambda i: f"{i}E3"),
    "thousands commas": (lambda i: f"{1000 + i}", lambda i: f'"{(1000 + i):,}"'),
    "a quote": (lambda i: f"{i}", lambda i: f"'{i}"),
    "a byte order mark": (lambda i: f"P{i}", lambda i: f"\ufeffP{i}"),
    "two dashes": (lambda i: f"A-{i}", lambda i: f"A\u2013{i}"),
    "Cyrillic letters": (lambda i: f"P{i}", lambda i: f"\u0420{i}"),
}  # fmt: skip
"""Name -> how a pupil is written in the first half of the waves, and in the second."""


def split(rng: np.random.Generator) -> Iterator[Case]:
    """One pupil (or school) written in two ways in a CSV file."""
    for name, (first, second) in SPELLINGS.items():
        for column in ("id", "school"):
            table = tables.long(rng)
            number = pd.factorize(table.frame[column])[0] + 1
            late = table.frame["wave"] > 2
            labels = [second(i) if is_late else first(i) for i, is_late in zip(number, late, strict=True)]
            how = table.how if column == "id" else {**table.how, "movers": "first"}
            text = table.frame.assign(**{column: labels}).to_csv(index=False, quotechar='"').replace('"""', '"')
            yield Case("A3", f"{column}: {name}", doors.from_file(text, how), table.truth, ALIKE)
    for k in range(4):
        table = tables.long(rng)
        # As text 1000 and 1E3 are two names, and so are P and a Cyrillic letter that looks like it.
        some = [name for name in SPELLINGS if name not in ("an exponent", "Cyrillic letters")]
        name = some[int(rng.integers(len(some)))]
        first, second = SPELLINGS[name]
        number = pd.factorize(table.frame["id"])[0] + 1
        odd = (number <= 8) & (table.frame["wave"] == 4)
        labels = [second(i) if is_odd else first(i) for i, is_odd in zip(number, odd, strict=True)]
        text = table.frame.assign(id=labels).to_csv(index=False).replace('"""', '"')
        yield Case("A3", f"eight pupils in one wave {k}: {name}", doors.from_file(text, table.how), table.truth, ALIKE)


def split_in_memory(rng: np.random.Generator) -> Iterator[Case]:
    """One pupil whose label has two types in a table in memory."""
    mixes: dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]] = {
        "1 and '1'": (int, str),
        "1 and 1.0": (int, float),
        "1 and '1.0'": (int, lambda i: str(float(i))),
        "1.0 and '1'": (float, str),
        "1 and '0001'": (int, lambda i: f"{i:04d}"),
        "1 and '1 '": (int, lambda i: f"{i} "),
        "1 and numpy 1": (int, np.int64),
        "1 and float32": (int, np.float32),
        "'a' and b'a'": (lambda i: f"P{i}", lambda i: f"P{i}".encode()),
        "1 and True": (int, lambda i: True if i == 1 else i),
        "'P1' and a tuple": (lambda i: f"P{i}", lambda i: ("P", i)),
        "'P1' and a list": (lambda i: f"P{i}", lambda i: ["P", i]),
    }
    for name, (first, second) in mixes.items():
        table = tables.long(rng)
        number = pd.factorize(table.frame["id"])[0] + 1
        late = table.frame["wave"] > 2
        labels = [second(int(i)) if is_late else first(int(i)) for i, is_late in zip(number, late, strict=True)]
        frame = table.frame.assign(id=pd.Series(labels, dtype=object))
        yield Case("A3", f"id in memory: {name}", doors.long_frame(frame, table.how), table.truth, ALIKE)


PAIRS: dict[str, tuple[str, ...]] = {
    "3.1 and 3.10": ("3.1", "3.10", "3.2", "3.20", "3.3", "3.30"),
    "1E1 and 10": ("1E1", "10", "1E2", "100", "2E1", "20"),
    "017 and 17": ("017", "17", "018", "18", "019", "19"),
    "1 and 1.0": ("1", "1.0", "2", "2.0", "3", "3.0"),
    "17 digits": tuple(str(98765432101234560 + i) for i in range(6)),
    "20 digits": tuple(str(98765432101234567890 + i) for i in range(6)),
    "17 digits with a point": tuple(f"0.1234567890123456{i}" for i in range(6)),
    "1e400 and 1e500": tuple(f"1e{400 + i}" for i in range(6)),
    "0x10 and 16": ("0x10", "16", "0x11", "17", "0x12", "18"),
    "+5 and 5": ("+5", "5", "+6", "6", "+7", "7"),
    "1,000 and 1000": ('"1,000"', "1000", '"2,000"', "2000", '"3,000"', "3000"),
    "-0 and 0": ("-0", "0", "-1", "1", "-2", "2"),
    "1_0 and 10": ("1_0", "10", "2_0", "20", "3_0", "30"),
    "true and True": ("true", "True", "TRUE", "false", "False", "FALSE"),
    "infinity": ("inf", "Infinity", "-inf", "INF", "+inf", "infinity"),
    "dates": ("2010-01-02", "2010-1-2", "02.01.2010", "2010/01/02", "20100102", "2-1-2010"),
    "letters": ("a", "A", "b", "B", "c", "C"),
}
"""Name -> six labels that stand for six schools."""


def merged(rng: np.random.Generator) -> Iterator[Case]:
    """Six schools, or pupils, whose labels a reader could take for fewer."""
    for name, labels in PAIRS.items():
        table = tables.long(rng)
        new = dict(zip(table.frame["school"].unique(), labels, strict=True))
        text = table.frame.assign(school=table.frame["school"].map(new)).to_csv(index=False).replace('"""', '"')
        yield Case("A3", f"schools {name}", doors.from_file(text, table.how), table.truth, ALIKE)
        table = tables.long(rng)
        known = list(table.frame["id"].unique())
        names = dict(zip(known, [*labels, *(f"1{i + 100}" for i in range(len(known) - 6))], strict=True))
        text = table.frame.assign(id=table.frame["id"].map(names)).to_csv(index=False).replace('"""', '"')
        yield Case("A3", f"pupils {name}", doors.from_file(text, table.how), table.truth, ALIKE)
    for digits in (16, 17, 19, 25):
        for column, kind in (("id", "long"), ("id", "trial"), ("school", "trial")):
            table = tables.long(rng) if kind == "long" else tables.trial(rng)
            labels = {old: str(10 ** (digits - 1) + i) for i, old in enumerate(table.frame[column].unique())}
            text = table.frame.assign(**{column: table.frame[column].map(labels)}).to_csv(index=False)
            yield Case("A3", f"{kind} {column}: {digits} digits", doors.from_file(text, table.how, kind=kind),
                       table.truth, ordinary=True)  # fmt: skip
            wide_labels = {old: float(label) for old, label in labels.items()}
            if digits > 16:
                frame = table.frame.assign(**{column: table.frame[column].map(wide_labels)})
                door = doors.long_frame if kind == "long" else doors.trial_frame
                yield Case("A3", f"{kind} {column}: {digits} digits as float", door(frame, table.how), table.truth,
                           ALIKE)  # fmt: skip
    for code in ("1,2", "x"):
        table = tables.long(rng)
        yield Case("A3", f"school in one column: {code!r} only",
                   doors.long_frame(table.frame.assign(school=code), table.how))  # fmt: skip


def districts(rng: np.random.Generator) -> Iterator[Case]:
    """School numbers, or class letters, that begin again."""
    for name in ("district", "bezirk", "gemeente", "region", "municipality"):
        table = tables.long(rng, schools=12, pupils=240)
        number = pd.factorize(table.frame["school"])[0]
        frame = table.frame.assign(school=number % 4 + 1, **{name: [f"D{n}" for n in number // 4]})
        yield Case("A3", f"schools begin again in each {name}", doors.long_frame(frame, table.how), table.truth,
                   r"begin again|restart|district|several|in more than one|" + name)  # fmt: skip
    for labels in (("1a", "1b", "1c"), ("1", "2", "3"), ("A", "B", "C")):
        table = tables.long(rng)
        room = table.frame["class"].str[1:].astype(int) % 3  # each school has three classes, one after the other
        frame = table.frame.assign(**{"class": np.array(labels)[room]})
        how = {**table.how, "classroom": "class"}
        yield Case("A3", f"classes {labels} in every school", doors.long_frame(frame, how), table.truth,
                   ordinary=True)  # fmt: skip


def of_trials(rng: np.random.Generator) -> Iterator[Case]:
    """Arms and schools of a trial written in two ways."""
    arms: dict[str, dict[str, tuple[Any, Any]]] = {
        "a blank behind": {"control": ("control", "control ")},
        "capitals": {"control": ("control", "Control")},
        "a no-break space": {"programme": ("programme", "programme\u00a0")},
        "0 and '0'": {"control": (0, "0"), "programme": (1, "1")},
        "0 and 0.0 as text": {"control": ("0", "0.0"), "programme": ("1", "1.0")},
        "yes and Yes": {"control": ("no", "No"), "programme": ("yes", "Yes")},
    }
    for name, spelling in arms.items():
        table = tables.trial(rng, randomised="pupil")
        frame = table.frame.copy()
        frame["arm"] = [spelling.get(arm, (arm, arm))[int(i % 2)] for i, arm in enumerate(frame["arm"])]
        control = str(spelling.get("control", ("control",))[0])
        for door in ("frame", "file"):
            how = {**table.how, "control": control}
            give = (doors.trial_frame(frame, how) if door == "frame"
                    else doors.from_file(frame.to_csv(index=False), how, kind="trial"))  # fmt: skip
            yield Case("A3", f"arm in a {door}: {name}", give, table.truth, ALIKE)
    for name, (first, second) in list(SPELLINGS.items())[:14]:
        table = tables.trial(rng, randomised="pupil")
        number = pd.factorize(table.frame["school"])[0] + 1
        # Pupils of a school alternate between two spellings, independently of the arm.
        labels = [second(i) if rng.random() < 0.5 else first(i) for i in number]
        text = table.frame.assign(school=labels).to_csv(index=False).replace('"""', '"')
        yield Case("A3", f"trial school: {name}", doors.from_file(text, table.how, kind="trial"), table.truth, ALIKE)
    for value in (np.nan, "", " ", None):
        table = tables.trial(rng)
        frame = table.frame.copy()
        frame.loc[3, "arm"] = value
        yield Case("A3", f"trial: an arm that is {value!r}", doors.trial_frame(frame, table.how), None, r"arm")


def rows(rng: np.random.Generator) -> Iterator[Case]:
    """Rows that stand twice, lack a name, or contradict one another."""
    base = tables.long(rng)

    def case(name: str, frame: pd.DataFrame, truth: object = None, hints: str = r"(?!)", **how: Any) -> Case:
        return Case("A3", name, doors.long_frame(frame, {**base.how, **how}), truth, hints)

    frame = base.frame
    yield case("every row twice", pd.concat([frame, frame]), base.truth, r"cop|twice")
    yield case("a row twice with other scores", pd.concat([frame, frame.iloc[[5]].assign(x=0.5)]))
    yield case("a pupil without a name", frame.assign(id=frame["id"].where(frame.index != 8)))
    yield case("a pupil called by a blank", frame.assign(id=frame["id"].where(frame["id"] != "P3", " ")), base.truth,
               r"blank")  # fmt: skip
    yield case("pupils called ''", frame.assign(id=frame["id"].where(frame["id"] != "P3", "")), base.truth, r"blank")
    yield case("a wave without a name", frame.assign(wave=frame["wave"].where(frame.index != 8)))
    yield case("no pupil seen twice", frame.assign(id=[f"Q{i}" for i in range(len(frame))]), None, r"seen|once|wave")
    late = frame["wave"] > 2
    yield case("ids renumbered at wave 3", frame.assign(id=frame["id"].where(~late, "N" + frame["id"])), None,
               r"before and after|seen both|no pupil")  # fmt: skip
    yield case("a school without a name", frame.assign(school=frame["school"].replace("S2", np.nan)))
    yield case("every pupil a school", frame.assign(school=frame["id"]), None, r"school")
    yield case("pupils move", frame.assign(school=np.where(late & (frame.index % 7 == 0), "S1", frame["school"])))
