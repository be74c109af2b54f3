"""Names that are out to break what they are written into: figures, tables, pages, other programs' inputs, terminals."""

from __future__ import annotations

import pandas as pd
import xarray as xr

NAMES = (
    r"$\input{x}$",
    "<script>alert('x')</script>",
    'a|b "c" & d',
    "*a* _b_ `c` ~~d~~",
    "=cmd()|' /C calc'!A0",
    "50% #1 {R^2} \\end{table}",
    "@SUM(1+1); -- !x",
    "😀 ё é 日本 \u0627",
    "-2+3",
    "<!-- &lt; -- ]]>",
    "{{ 7*7 }} {0} %s %(x)s",
    "it''s [y] (z): 1, 2",
    "if",
    "1st",
    "W" * 120,
)
"""Names that are allowed, and stand for themselves wherever they are shown."""

REFUSED = {
    "line break": "two\nlines",
    "carriage return": "over\rwritten",
    "tab": "a\tb",
    "escape code": "\x1b[31mred\x1b[0m",
    "eight-bit escape code": "\x9b31mred",
    "bell": "ding\x07",
    "nothing": "   ",
    "direction": "evil\u202egnp.exe",
    "isolate": "a\u2066b",
    "nothing seen": "a\u200bb",
    "byte order mark": "\ufeffa",
    "paragraph": "a\u2029b",
    "300 letters": "long" * 75,
}
"""What it has -> a name that is refused where it comes in."""

ENDS = ("parental_rejection", "depression", "victimisation")
"""Names of the fakes, which are replaced by hostile ones."""


def renamed_text(text: str, names: tuple[str, ...]) -> str:
    """Return a text with the names of the fakes replaced."""
    for end, name in zip(ENDS, names, strict=False):
        text = text.replace(end, name)
    return text


def renamed[T: (xr.Dataset, pd.DataFrame)](given: T, *names: str) -> T:
    """Return fake evidence, or a table of it, with hostile names."""
    if isinstance(given, pd.DataFrame):
        out = given.map(lambda cell: renamed_text(cell, names) if isinstance(cell, str) else cell)
        out.attrs = given.attrs
        return out
    coords = {
        name: (coord.dims, [renamed_text(value, names) for value in coord.values.tolist()])
        for name, coord in given.coords.items()
        if coord.dtype.kind in "UO" and coord.ndim == 1
    }
    return given.assign_coords(coords)
