"""A2, A8: files whose text is not quite a table, and files that are cut, flipped or of another kind."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

NOTHING = r"(?!)"


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for kind, make in (("long", tables.long), ("wide", tables.wide), ("trial", tables.trial)):
        yield from layouts(make(rng), kind)
        yield from spoiled(make(rng), kind, rng)
    yield from encodings(tables.long(rng))
    yield from formats(tables.long(rng), rng)


def layouts(table: Table, kind: str) -> Iterator[Case]:
    """Texts with other marks and other lines than a plain table has."""
    head, *rows = table.text.splitlines()
    columns = head.split(",")

    def case(
        name: str, text: str, hints: str = NOTHING, *, ordinary: bool = False, truth: object = table.truth
    ) -> Case:
        return Case("A2", f"{kind}: {name}", doors.from_file(text, table.how, kind=kind), truth, hints,
                    ordinary=ordinary)  # fmt: skip

    def lines(found: list[str], top: str = head) -> str:
        return "\n".join([top, *found]) + "\n"

    yield case("comma at the end of data rows", lines([row + "," for row in rows]))
    yield case("two commas at the end of data rows", lines([row + ",," for row in rows]))
    yield case("comma at the end of every row", lines([row + "," for row in rows], head + ","), ordinary=True)
    yield case("comma at the end of the header", lines(rows, head + ","))
    yield case("comma at the end of one data row", lines([*rows[:7], rows[7] + ",", *rows[8:]]))
    yield case("an extra value in one row", lines([*rows[:7], rows[7] + ",5", *rows[8:]]))
    yield case("an extra value in the first row", lines([rows[0] + ",5", *rows[1:]]))
    yield case("a value without a column in front of each row", lines([f"{i}," + row for i, row in enumerate(rows)]))
    yield case("row numbers under an empty header", lines([f"{i}," + row for i, row in enumerate(rows)], "," + head),
               ordinary=True)  # fmt: skip
    short = [*rows[:9], ",".join(rows[9].split(",")[:-1]), *rows[10:]]
    yield case("one row lacks its last value", lines(short), r"short|row|line")
    short = [",".join(row.split(",")[:-2]) if i % 5 == 0 else row for i, row in enumerate(rows)]
    yield case("every fifth row lacks its last values", lines(short), r"short|row|line")
    yield case("cut in the middle of the last row", lines(rows)[:-4], r"short|cut|last|end")
    yield case("cut in the middle of a number", lines([*rows[:-1], rows[-1][:-2]]), r"short|cut|last|end")
    yield case("cut after a comma", lines(rows[:-1]) + ",".join(columns[:1]) + ",", r"short|cut|last|end")
    yield case("a title line above", "Results of spring, all schools\n" + lines(rows))
    yield case("two title lines and a blank one above", "Results\nSpring\n\n" + lines(rows))
    yield case("sep=, above", "sep=,\n" + lines(rows))
    yield case("sep=; above", "sep=;\n" + lines([r.replace(",", ";") for r in rows], head.replace(",", ";")))
    yield case("units below the header", lines([",".join("points" for _ in columns), *rows]))
    yield case("the header again in the middle", lines([*rows[:40], head, *rows[40:]]))
    yield case("a blank line in the middle", lines([*rows[:40], "", *rows[40:]]), ordinary=True)
    yield case("a line of commas in the middle", lines([*rows[:40], "," * (len(columns) - 1), *rows[40:]]))
    for word in ("Total", "Mean", "Gesamt", "Totaal", "Summe"):
        numbers = [word, *(["", ""] if kind != "wide" else [""]), *("3.5" for _ in columns)][: len(columns)]
        yield case(f"a row called {word!r}", lines([*rows, ",".join(numbers)]), r"total|mean|sum|gesamt|totaal|row")
    yield case("a note below", lines([*rows, "Source: school register"]))
    yield case("a note with commas below", lines([*rows, "Source, school, register, 2024, kept, by, us"]))
    score = columns[-1]
    other = columns[-2]
    yield case("two columns of one name", lines(rows, head.replace(f",{score}", f",{other}")))
    twice = lines([row + "," + row.split(",")[-2] for row in rows], f"{head},{score}")
    yield case("a copy of a name with other values", twice)
    spaced = lines([row + "," + row.split(",")[-2] for row in rows], f"{head},{score} ")
    yield case("names that differ by blanks", spaced, r"blank|name|column")
    yield case("blanks around names", lines(rows, head.replace(",", " , ")), r"blank")
    yield case("a column without a name", lines([row + ",3" for row in rows], head + ","))
    quoted = ['"' + row.replace(",", '","') + '"' for row in rows]
    yield case("everything quoted", lines(quoted, '"' + head.replace(",", '","') + '"'), ordinary=True)
    yield case("single quotes", lines([f"'{row}".replace(",", "','", 1) for row in rows]))
    yield case("an open quote", lines([*rows[:30], '"' + rows[30], *rows[31:]]))
    yield case("an open quote in the last row", lines([*rows[:-1], '"' + rows[-1]]))
    yield case("CRLF", lines(rows).replace("\n", "\r\n"), ordinary=True)
    yield case("CR", lines(rows).replace("\n", "\r"), ordinary=True)
    yield case("CR CR LF", lines(rows).replace("\n", "\r\r\n"))
    yield case(
        "some lines end in CR LF", lines([r + ("\r" if i % 2 else "") for i, r in enumerate(rows)]), ordinary=True
    )
    yield case("form feeds", lines([*rows[:30], rows[30] + "\f", *rows[31:]]))
    yield case("a vertical bar", lines(rows, head).replace(",", "|"))
    yield case("blanks between", lines(rows, head).replace(",", "   "))
    yield case("tab", lines(rows, head).replace(",", "\t"), ordinary=True)
    yield case("semicolon", lines(rows, head).replace(",", ";"), ordinary=True)
    yield case("header with commas, data with semicolons", lines([r.replace(",", ";") for r in rows]))
    yield case("some rows with semicolons", lines([*rows[:30], rows[30].replace(",", ";"), *rows[31:]]))
    yield case("blanks after commas", lines(rows).replace(",", ", "), r"blank")
    yield case("a comment line", lines(["# read on Monday", *rows]))
    yield case("no header", "\n".join(rows) + "\n")
    yield case("header only", head + "\n")
    yield case("an empty file", "")
    yield case("blank lines only", "\n\n\n")


def spoiled(table: Table, kind: str, rng: np.random.Generator) -> Iterator[Case]:
    """Bytes that are wrong, lost or zero."""
    data = table.text.encode()

    def case(name: str, spoilt: bytes, ending: str = "pupils.csv", truth: object = table.truth) -> Case:
        give = doors.from_file(spoilt, table.how, kind=kind, name=ending)
        return Case("A8", f"{kind}: {name}", give, truth, r"short|cut|byte|damag|NUL|row|line")

    yield case("a NUL byte in a number", data[:-9] + b"\0" + data[-9:])
    yield case("a NUL byte in a name", data.replace(b"P7,", b"P\x007,"))
    yield case("NUL bytes at the end", data + b"\0" * 512)
    yield case("a block of NUL bytes in the middle", data[:2000] + b"\0" * 512 + data[2512:])
    yield case("an end-of-file mark", data + b"\x1a")
    zipped = gzip.compress(data)
    for share in (0.2, 0.5, 0.9):
        yield case(f"gz cut at {share:.0%}", zipped[: int(share * len(zipped))], "pupils.csv.gz")
    yield case("gz without its checksum", zipped[:-8], "pupils.csv.gz")
    yield case("a gz that is none", data, "pupils.csv.gz")
    yield case("a csv that is a gz", zipped, "pupils.csv")
    for k in range(3):
        place = int(rng.integers(200, len(zipped) - 20))
        flipped = bytes([*zipped[:place], zipped[place] ^ 0x10, *zipped[place + 1 :]])
        yield case(f"gz with a flipped byte {k}", flipped, "pupils.csv.gz")


def encodings(table: Table) -> Iterator[Case]:
    """Alphabets and byte order marks."""
    frame = table.frame.assign(school=table.frame["school"].replace({"S1": "Schüler", "S2": "Ålesund", "S3": "Łódź"}))
    text = frame.to_csv(index=False)
    latin = table.frame.assign(school=table.frame["school"].replace({"S1": "Schüler", "S2": "Ålesund"})).to_csv(
        index=False
    )
    for name, data, ordinary in (
        ("UTF-8", text.encode(), True),
        ("UTF-8 with its mark", text.encode("utf-8-sig"), True),
        ("UTF-8 with two marks", b"\xef\xbb\xbf" + text.encode("utf-8-sig"), False),
        ("UTF-16", text.encode("utf-16"), False),
        ("UTF-16 little endian without a mark", text.encode("utf-16-le"), False),
        ("UTF-16 big endian", text.encode("utf-16-be"), False),
        ("UTF-32", text.encode("utf-32"), False),
        ("Windows-1252", latin.encode("cp1252"), True),
        ("Latin-1", latin.encode("latin-1"), True),
        ("MacRoman", latin.encode("mac_roman"), False),
        ("two alphabets in one file", latin.encode("cp1252")[:3000] + latin.encode()[3000:], False),
        ("EBCDIC", table.text.encode("cp500"), False),
    ):
        yield Case("A2", f"alphabet {name}", doors.from_file(data, table.how), table.truth, NOTHING, ordinary=ordinary)


def formats(table: Table, rng: np.random.Generator) -> Iterator[Case]:
    """Binary files that are cut, flipped, of another kind, or hold what is no table."""

    def sav(path: Path) -> None:
        import pyreadstat

        pyreadstat.write_sav(table.frame, str(path))

    def dta(path: Path) -> None:
        import pyreadstat

        pyreadstat.write_dta(table.frame, str(path))

    def parquet(path: Path) -> None:
        table.frame.to_parquet(path)

    for ending, write in (("sav", sav), ("dta", dta), ("parquet", parquet)):
        name = f"pupils.{ending}"
        yield Case("A8", f"{ending} whole", doors.from_file(write, table.how, name=name), table.truth, ordinary=True)
        for share in (0.0, 0.1, 0.5, 0.9, 0.995):

            def cut(path: Path, write=write, share=share) -> None:  # type: ignore[no-untyped-def]
                write(path)
                path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

            yield Case("A8", f"{ending} cut at {share:.1%}", doors.from_file(cut, table.how, name=name), table.truth,
                       r"cut|damag|rows|short", risky=True)  # fmt: skip
        for k in range(6):
            place = float(rng.random())

            def flip(path: Path, write=write, place=place) -> None:  # type: ignore[no-untyped-def]
                write(path)
                data = bytearray(path.read_bytes())
                data[int(place**3 * (len(data) - 1))] ^= 0x20
                path.write_bytes(bytes(data))

            give = doors.from_file(flip, table.how, name=name)
            shown = f"{ending} flipped {k} at {place**3:.3f} (no checksum)"
            yield Case("A8", shown, give, table.truth, r"damag", risky=True, unseeable=True)
        for other in ("csv", "sav", "dta", "parquet"):
            if other != ending:
                yield Case("A8", f"{ending} called {other}", doors.from_file(write, table.how, name=f"pupils.{other}"),
                           table.truth, risky=True)  # fmt: skip
    yield from columns_of_files(table)


def columns_of_files(table: Table) -> Iterator[Case]:
    """Columns that nobody uses, and what they hold."""
    import datetime

    def broken_date(path: Path) -> None:
        import pyreadstat

        # SPSS counts seconds from 1582; these are the year 20191 and one before the calendar began.
        odd = table.frame.assign(born=1.3e10).astype({"born": float})
        odd.loc[3, "born"], odd.loc[5, "born"] = 5.9e11, -1e12
        pyreadstat.write_sav(odd, str(path), variable_format={"born": "DATE11"})

    yield Case("A8", "sav: an impossible date in a column nobody uses",
               doors.from_file(broken_date, table.how, name="p.sav"), table.truth, ordinary=True)  # fmt: skip
    lists = table.frame.assign(items=[[1, 2]] * len(table.frame), more=[{"a": 1}] * len(table.frame))
    for name, frame, how in (
        ("lists in a column nobody uses", lists, table.how),
        ("lists as scores", lists, {**table.how, "variables": ["x", "items"]}),
        ("lists as pupils", lists, {**table.how, "pupil": "items"}),
        ("records as schools", lists, {**table.how, "school": "more"}),
        ("lists as waves", lists, {**table.how, "wave": "items"}),
    ):
        yield Case("A8", f"parquet: {name}", doors.from_file(lambda path, frame=frame: frame.to_parquet(path), how,
                   name="p.parquet"), table.truth, ordinary="nobody" in name)  # fmt: skip
    dates = table.frame.assign(born=datetime.date(2010, 5, 3), bytes_=b"\x00\xff", when=datetime.timedelta(days=3))
    yield Case("A8", "parquet: dates, bytes and spans in columns nobody uses",
               doors.from_file(lambda path: dates.to_parquet(path), table.how, name="p.parquet"), table.truth,
               ordinary=True)  # fmt: skip
    for name, column in (("bytes", b"a"), ("dates", datetime.date(2010, 5, 3)), ("booleans and text", "x")):
        frame = table.frame.assign(x=pd.Series([column] * len(table.frame)))
        yield Case("A8", f"scores that are {name}", doors.long_frame(frame, table.how))
