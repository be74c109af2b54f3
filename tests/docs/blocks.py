"""The code of a page: its fenced blocks, in order."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

OTHERS = ("make", "source", "pip", "python", "git", "uv", "cd", "conda", "docker")
"""First words of commands that are not ours: they set up, or belong to another program."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the line on which it begins."""

    page: str
    line: int
    language: str
    text: str

    def compiled(self) -> object:
        """Return Python code whose errors name the line of the page."""
        return compile("\n" * self.line + self.text, self.page, "exec")

    def file(self) -> str:
        """Return the name of a TOML file: that of a comment in its first line, as "# score.toml", or own.toml."""
        named = re.match(r"# (\w+\.toml)\n", self.text)
        return named[1] if named else "own.toml"

    def commands(self) -> list[list[str]]:
        """Return the arguments of each command line of ours, and refuse what is neither ours nor known."""
        out = []
        for line in self.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if not words:
                continue
            if words[0] in ("bayespanel", ".venv/bin/bayespanel"):
                out.append(words[1:])
            else:
                assert words[0] in OTHERS, f"{self.page}, line {self.line}: who runs {line!r}?"
        return out


def pages() -> list[Path]:
    """Return the pages that people write: not those that the site writes from the package."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    name = str(page.relative_to(ROOT))
    return [Block(name, text[: m.start()].count("\n") + 1, m[1], m[2]) for m in FENCE.finditer(text)]
