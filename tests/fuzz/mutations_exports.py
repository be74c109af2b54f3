"""A2 to A5, A8: what spreadsheets, statistics programs and hasty hands make of a table."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

ROWS = r"row|line|total|mean|sum|header|twice|cop|encod"


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for kind, make in (("long", tables.long), ("wide", tables.wide), ("trial", tables.trial)):
        yield from sheets(kind, make(rng))
    yield from appended(rng)
    yield from archives(tables.long(rng))


def sheets(kind: str, table: Table) -> Iterator[Case]:
    """Layouts that a spreadsheet writes: marks, merged cells, subtotals, blocks side by side."""
    head, *rows = table.text.splitlines()
    columns = head.split(",")
    n = len(columns)

    def case(name: str, text: str | bytes, hints: str = ROWS, *, ordinary: bool = False) -> Case:
        data = text.encode() if isinstance(text, str) else text
        return Case(
            "A2",
            f"export {kind}: {name}",
            doors.from_file(data, table.how, kind=kind),
            table.truth,
            hints,
            ordinary=ordinary,
        )

    body = "\n".join([head, *rows]) + "\n"
    semicolons = body.replace(",", ";")
    yield case("its mark and sep=;", "\ufeffsep=;\n" + semicolons)
    yield case("its mark and sep=, in capitals", "\ufeffSEP=,\n" + body)
    yield case("sep in quotes", '"sep=;"\n' + semicolons)
    yield case("sep=\\t", "sep=\t\n" + body.replace(",", "\t"))
    yield case("sep= that is wrong", "sep=;\n" + body)
    yield case("UTF-16 and tabs, as 'Unicode text'", body.replace(",", "\t").encode("utf-16"))
    yield case("merged heads above", "," * (n - 3) + "scores,,\n" + body)
    yield case("two header rows", ",".join(["Pupil", "Place", *["autumn"] * (n - 2)]) + "\n" + body)
    yield case(
        "merged cells: the id in the first row only",
        "\n".join([head, *(r if i % 4 == 0 else "," + r.split(",", 1)[1] for i, r in enumerate(rows))]),
    )
    yield case(
        "merged cells: the school in the first row only",
        "\n".join(
            [
                head,
                *(r if i % 4 == 0 else ",".join([r.split(",")[0], "", *r.split(",")[2:]]) for i, r in enumerate(rows)),
            ]
        ),
        r"school|missing|known",
    )
    yield case(
        "subtotals",
        "\n".join(
            [
                head,
                *(
                    line
                    for i, r in enumerate(rows)
                    for line in ([r] if i % 40 else [f"Subtotal{i}," + ",".join(["S1", *["7"] * (n - 2)]), r])
                ),
            ]
        ),
    )
    yield case("a line of dashes below the header", "\n".join([head, *rows[:0], ",".join(["---"] * n), *rows]))
    yield case(
        "a line of labels below the header", "\n".join([head, ",".join(f"label of {c}" for c in columns), *rows])
    )
    yield case("a line of types below the header", "\n".join([head, ",".join(["str"] * n), *rows]))
    yield case("blank columns between", "\n".join(line.replace(",", ",,") for line in [head, *rows]))
    yield case(
        "a second table on the right",
        "\n".join([head + ",,who,what", *(r + (",,a,1" if i < 5 else ",,,") for i, r in enumerate(rows))]),
        ordinary=False,
    )
    yield case("a second table below", body + "\n\nschool,head\nS1,Mr A\nS2,Mrs B\n")
    yield case(
        "the header again every 50 rows",
        "\n".join(line for i, r in enumerate(rows) for line in ([head, r] if i % 50 == 0 else [r])),
    )
    yield case(
        "rows numbered by hand",
        "\n".join(["no," + head, *(f"{i + 1}," + r for i, r in enumerate(rows))]),
        ordinary=True,
    )
    yield case(
        "rows numbered without a name, quoted",
        "\n".join(['"",' + head, *(f'"{i + 1}",' + r for i, r in enumerate(rows))]),
        ordinary=True,
    )
    yield case("rows numbered by R's write.table", "\n".join([head, *(f'"{i + 1}",' + r for i, r in enumerate(rows))]))
    yield case(
        "smart quotes", "\n".join("\u201c" + line.replace(",", "\u201d,\u201c") + "\u201d" for line in [head, *rows])
    )
    yield case("whole lines quoted", "\n".join(f'"{line}"' for line in [head, *rows]))
    yield case(
        "tabs with semicolons in some rows",
        "\n".join(line.replace(",", ";" if i % 30 == 7 else "\t") for i, line in enumerate([head, *rows])),
    )
    yield case("commas in the header, tabs below", "\n".join([head, *(r.replace(",", "\t") for r in rows)]))
    yield case(
        "a comma within a school that is not quoted",
        "\n".join([head, *(r.replace(",S2,", ",S2, north,") for r in rows)]),
    )
    yield case(
        "a quote within a school", "\n".join([head, *(r.replace(",S2,", ',S"2,') for r in rows)]), ordinary=False
    )
    yield case("an inch mark that opens a quote", "\n".join([head, *(r.replace(",S2,", ',"S2,') for r in rows)]))
    yield case("rows of three lengths", "\n".join([head, *(r + "," * (i % 3) for i, r in enumerate(rows))]))
    yield case("an empty first column", "\n".join("," + line for line in [head, *rows]), ordinary=False)
    yield case("a formula for a score", "\n".join([head, rows[0].rsplit(",", 1)[0] + ",=A1+B1", *rows[1:]]))
    yield case("##### for a score", "\n".join([head, rows[0].rsplit(",", 1)[0] + ",#####", *rows[1:]]))
    yield case("a footnote mark at a score", "\n".join([head, rows[0] + "*", *rows[1:]]))
    yield case(
        "HTML", "<table><tr><td>" + body.replace(",", "</td><td>").replace("\n", "</td></tr>\n<tr><td>") + "</table>"
    )
    yield case("JSON", table.frame.to_json(orient="records"))
    yield case("Markdown", "\n".join("| " + line.replace(",", " | ") + " |" for line in [head, *rows]))
    yield case("columns of fixed width", table.frame.to_string(index=False))
    yield case("turned over", table.frame.T.to_csv(header=False))


def appended(rng: np.random.Generator) -> Iterator[Case]:
    """Two exports that were put together."""
    table = tables.long(rng)
    frame, text = table.frame, table.text
    body = text.split("\n", 1)[1]
    half = len(frame) // 2

    def case(name: str, data: str | bytes, truth: Any = table.truth, hints: str = ROWS) -> Case:
        return Case("A2", f"appended: {name}", doors.from_file(data, table.how), truth, hints)

    yield case("the same export twice, with its header", text + text)
    yield case("the same rows twice", text + body)
    yield case("a header in the middle", frame[:half].to_csv(index=False) + frame[half:].to_csv(index=False))
    yield case(
        "columns in another order below",
        frame[:half].to_csv(index=False) + frame[half:][frame.columns[::-1]].to_csv(index=False, header=False),
    )
    yield case(
        "x and y exchanged below",
        frame[:half].to_csv(index=False)
        + frame[half:].rename(columns={"x": "y", "y": "x"})[list(frame.columns)].to_csv(index=False),
    )
    yield case(
        "a column less below",
        frame[:half].to_csv(index=False) + frame[half:].drop(columns="sex").to_csv(index=False, header=False),
    )
    yield case(
        "a column more below",
        frame[:half].to_csv(index=False) + frame[half:].assign(z=1).to_csv(index=False, header=False),
    )
    yield case(
        "another separator below",
        frame[:half].to_csv(index=False) + frame[half:].to_csv(index=False, header=False, sep=";"),
    )
    yield case(
        "decimal commas below",
        frame[:half].to_csv(index=False, sep=";")
        + frame[half:].to_csv(index=False, header=False, sep=";", decimal=","),
    )
    named = frame.assign(school=frame["school"].replace("S1", "Sch\u00fcler"))
    yield case(
        "two alphabets",
        named[:half].to_csv(index=False).encode() + named[half:].to_csv(index=False, header=False).encode("cp1252"),
    )
    yield case(
        "a second mark in the middle",
        ("\ufeff" + frame[:half].to_csv(index=False) + "\ufeff" + frame[half:].to_csv(index=False, header=False)),
    )
    yield case(
        "two line ends",
        (frame[:half].to_csv(index=False) + frame[half:].to_csv(index=False, header=False, lineterminator="\r\n")),
    )
    yield case("cut, then whole", text[: len(text) // 3] + text)
    late = frame["wave"] > 2
    other = frame.assign(id=frame["id"].where(~late, frame["id"].str[1:].astype(int).add(5000).astype(str).radd("P")))
    give = doors.from_file(other.to_csv(index=False), table.how)
    yield Case("A3", "appended: pupils numbered anew in the second half", give, table.truth,
               r"before and after|no pupil|seen")  # fmt: skip
    waves = frame.assign(wave=frame["wave"].where(~late, frame["wave"].astype(str).radd("T")))
    yield Case(
        "A4",
        "appended: waves named in two ways",
        doors.from_file(waves.to_csv(index=False), table.how),
        table.truth,
        r"order|wave",
    )
    blanks = frame.assign(wave=frame["wave"].astype(str).where(frame.index % 5 != 0, frame["wave"].astype(str) + " "))
    yield Case(
        "A4",
        "appended: waves with a blank behind in some rows",
        doors.from_file(blanks.to_csv(index=False), table.how),
        table.truth,
        r"blank|wave|alike",
    )
    cased = frame.assign(wave="Wave " + frame["wave"].astype(str)).pipe(
        lambda f: f.assign(wave=f["wave"].where(f.index % 5 != 0, f["wave"].str.lower()))
    )
    yield Case(
        "A4",
        "appended: waves in two cases",
        doors.from_file(cased.to_csv(index=False), table.how),
        table.truth,
        r"case|wave|alike",
    )


def archives(table: Table) -> Iterator[Case]:
    """Workbooks, archives and folders with the ending of a table."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pupils.csv", table.text)
    text = table.text.encode()
    for name, data in (
        ("pupils.xlsx", packed.getvalue()), ("pupils.xls", b"\xd0\xcf\x11\xe0" + bytes(2000)),
        ("pupils.zip", packed.getvalue()), ("pupils.csv", packed.getvalue()),
        ("pupils.ods", packed.getvalue()), ("pupils.csv.zip", packed.getvalue()), ("pupils.csv.bz2", text),
        ("pupils.csv.xz", text), ("pupils.rds", gzip.compress(b"RDX3")),
        ("pupils.RData", gzip.compress(b"RDX3")), ("pupils.sas7bdat", bytes(1000)),
        ("pupils.json", table.frame.to_json().encode()), ("pupils", text),
        ("pupils.csv.bak", text), (".csv", text), ("pupils.csv.gz", gzip.compress(text) + b"rest"),
        ("pupils.csv.gz", gzip.compress(text) * 2), ("pupils.csv.gz", b""),
        ("pupils.parquet", b""), ("pupils.sav", b""), ("pupils.dta", b""),
        ("pupils.sav", b"$FL2@(#) SPSS" + bytes(500)), ("pupils.dta", b"<stata_dta><header>" + bytes(200)),
        ("pupils.parquet", b"PAR1" + bytes(100) + b"PAR1"), ("pupils.csv", b"\x00" * 3000),
        ("pupils.csv", bytes(range(256)) * 20), ("pupils.csv", b"\xff\xfe"),
        ("pupils.csv", b"a" * 2_000_000), ("pupils.csv", b"," * 16_384), ("pupils.csv", b'"' * 9999),
    ):  # fmt: skip
        truth = table.truth if name not in ("pupils.csv.gz",) or data[-4:] != b"rest" else None
        if name == "pupils.csv.gz" and len(data) > 2 * len(gzip.compress(text)) - 9:
            truth = None  # the table twice
        slow = name.endswith((".sav", ".dta", ".parquet")) or data[:2] in (b"aa", b",,", b'""')
        shown = f"archive {name} of {len(data)} bytes, {data[:4]!r}"
        give = doors.from_file(data, table.how, name=name)
        yield Case("A8", shown, give, truth, r"rest|damag", risky=slow)
    yield Case("A8", "archive: a folder called pupils.csv", doors.from_file(lambda path: path.mkdir(), table.how))
    yield Case("A8", "archive: a link to itself", doors.from_file(lambda path: path.symlink_to(path), table.how))
