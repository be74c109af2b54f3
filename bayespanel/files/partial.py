"""Files and folders that appear whole or not at all: made under a hidden name beside their place, then renamed.

The hidden name says which process makes it, so that the next one can clear up after a process that was killed, and ends
in letters that nobody can guess.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def partial(folder: Path, name: str) -> Iterator[Path]:
    """Give a free hidden path in a folder, and clear it up afterwards, if it is still there.

    What processes of this machine that are gone have left for the same name is cleared up first.

    Parameters
    ----------
    folder
        Where the file or folder will lie; it exists.
    name
        What it will be called.
    """
    clear(folder, name)
    path = folder / f".{name}.{_host()}-{os.getpid()}-{secrets.token_hex(8)}.partial"
    try:
        yield path
    finally:
        _remove(path)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: a reader finds what was there before, or all of this."""
    with partial(path.parent, path.name) as made:
        made.write_text(text, encoding="utf-8")
        made.replace(path)


def clear(folder: Path, name: str) -> None:
    """Remove what processes that are gone have left of a file or folder."""
    pattern = re.compile(rf"\.{re.escape(name)}\.([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{16}}\.partial")
    try:
        found = [entry.name for entry in os.scandir(folder)]
    except OSError:  # who may write into a folder need not be allowed to list it
        return
    for entry in found:
        match = pattern.fullmatch(entry)
        if match and match[1] == _host() and not _is_alive(int(match[2])):
            _remove(folder / entry)


def _host() -> str:
    """Return eight letters for this machine: a folder may be shared, and a number of a process is one machine's."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    if os.name != "posix":  # elsewhere asking would end the process: what is left stays
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or no number of a process
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
