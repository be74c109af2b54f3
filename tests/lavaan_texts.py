"""Random texts in lavaan's language, and what lavaan itself reads in them.

`python -m tests.lavaan_texts` asks R with lavaan anew, and writes `tests/known_answers/lavaan_texts.jsonl`: the program
and the date, then a text on each line with its rows, or null where lavaan refuses it. The test reads that table alone.
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

TABLE = Path(__file__).parent / "known_answers" / "lavaan_texts.jsonl"
SEED, TEXTS = 2026, 400

NAMES = ("x1", "x2", "y1", "y2", "wx1", "wx2", "RIx", "z", "c.a")
OPERATORS = ("=~", "~~", "~", "~~", "~")
FOREIGN = ("<~", "~*~", "|", ":=", "==", "<", ">", ":", "%", "= ~", "~ ~", "<-", "~~~", "=")
KNOWN = (
    *("a", "b1", "0", "1", "0.5", "-.3", "1e-3", "NA", "start(0.3)", "start(-1)", 'label("k")', "label('k')"),
    *("start(0.2)*a", "a*start(0.2)", "NA*a", "a*NA", '"lab"', "'lab'", ".5", "1.", "1E-2", "0.5?"),
)
OTHERS = (
    *('equal("a")', "equal(a)", "c(a,b)", "c(0,NA)", "(0.5)", "1/2", "-a", "lower(0)", "upper(1)", 'prior("n")'),
    *('rv("s")', 'efa("e")', "TRUE", "a*b", "0*0", "a*0.5", "0.5*a", "2*NA", "+0.5", "start(1)*0"),
)
BLOCKS = ("group: 1", "block: 1", "level: 1", "class: 1", "level:2", "Level : 2", "x1", "level: within", "a", "1")
ENDS = ("\n", "\n  ", " # c\n", " ! c ~ d\n", "\n\n", "\n# x ~ y\n", "; ", ";\n")

R = """
suppressMessages(library(lavaan)); folder <- commandArgs(TRUE)[1]; n <- as.integer(commandArgs(TRUE)[2])
out <- file(file.path(folder, "rows.tsv"), "w")
say <- function(...) { cat(..., sep = "\\t", file = out); cat("\\n", file = out) }
for (i in seq_len(n) - 1) {
  text <- paste0(paste(readLines(file.path(folder, i), warn = FALSE), collapse = "\\n"), "\\n")
  rows <- try(suppressWarnings(lavaanify(text, auto = FALSE, meanstructure = FALSE)), silent = TRUE)
  if (inherits(rows, "try-error")) { say(i); next }
  level <- if (is.null(rows$level)) rep(0, nrow(rows)) else rows$level
  for (k in which(rows$user == 1)) {
    say(i, rows$lhs[k], rows$op[k], rows$rhs[k], level[k], if (rows$free[k]) "" else rows$ustart[k], rows$label[k])
  }
}
close(out)
cat(as.character(packageVersion("lavaan")), as.character(getRversion()))
"""


def formula(rng: random.Random, foreign: bool) -> str:
    """Return a formula with random spaces, and ends of lines where lavaan allows them."""

    def space() -> str:
        return rng.choice(("", " ", "  ", "\t"))

    def term() -> str:
        name = rng.choice((*NAMES, "1", "0") if operator == "~" else NAMES)
        before = (
            rng.choice((*KNOWN, *OTHERS) if foreign and rng.random() < 0.3 else KNOWN) if rng.random() < 0.5 else ""
        )
        return before + (f"{space()}*{space()}" if before and not before.endswith("?") else "") + name

    operator = rng.choice(FOREIGN if foreign and rng.random() < 0.1 else OPERATORS)
    left = " + ".join(rng.sample(NAMES, rng.choice((1, 1, 1, 2))))
    plus = [rng.choice((" + ", "+", "\n+ ", "+\n ", " + # c\n ", " +\n\n ")) for _ in range(rng.randrange(3))]
    right = "".join(term() + mark for mark in (*plus, ""))
    return f"{left}{space()}{operator}{rng.choice(('', ' ', chr(10)))}{right}"


def texts(number: int, seed: int) -> list[str]:
    """Return random texts; every second holds what our model has no use for, or what lavaan refuses."""
    rng = random.Random(seed)
    out = []
    for i in range(number):
        parts = [formula(rng, foreign=i % 2 == 1) for _ in range(rng.randrange(1, 5))]
        if rng.random() < 0.2:
            second = rng.choice(("level: 2", "level:2", "level : 2", "LEVEL: 2"))
            parts = ["level: 1", *parts, second, formula(rng, foreign=False)]
        elif i % 2 and rng.random() < 0.2:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(BLOCKS))
        out.append("".join(part + rng.choice(ENDS) for part in parts))
    return out


def canonical(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return rows (left, operator, right, level, fixed, label) in an order that does not depend on how they stand."""
    out = []
    for left, operator, right, *rest in rows:
        names = sorted((str(left), str(right))) if operator == "~~" else [left, right]
        out.append(json.dumps([*names, operator, *rest]))
    return sorted(out)


def ask(given: Sequence[str]) -> tuple[str, list[list[list[object]] | None]]:
    """Return lavaan's version, and its rows of each text; None where it refuses one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "run.R").write_text(R)
        for i, text in enumerate(given):
            (folder / str(i)).write_text(text)
        command = ["Rscript", str(folder / "run.R"), name, str(len(given))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        lines = [line.split("\t") for line in (folder / "rows.tsv").read_text().splitlines()]
    out: list[list[list[object]] | None] = [[] for _ in given]
    for number, *row in lines:
        found = out[int(number)]
        if not row or found is None:
            out[int(number)] = None
            continue
        left, operator, right, level, fixed, label = row
        value = float(fixed) if fixed not in ("", "NA") else None
        found.append([left, operator, right, {"within": 1, "between": 2}.get(level) or int(level), value, label])
    return done.stdout.split("\n")[-1], out


def main() -> None:
    """Ask lavaan, and write the table."""
    given = texts(TEXTS, SEED)
    version, rows = ask(given)
    lavaan, r = version.split()
    head = {"program": f"lavaan {lavaan}, R {r}", "date": datetime.now(UTC).date().isoformat(), "seed": SEED}
    lines = [head, *({"text": text, "rows": found} for text, found in zip(given, rows, strict=True))]
    TABLE.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
