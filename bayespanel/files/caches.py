"""Folders for compiled code and settings of libraries, where the usual ones cannot be written to.

Numba keeps compiled kernels beside their sources or in the home folder, PyTensor and matplotlib keep theirs in the home
folder; numba and PyTensor stop with an error where neither can be written to: an installation for all users of a
cluster, a container without a home. There a temporary folder of this user serves, found again by the next process.

Nothing but the standard library is imported here, as the places must be known before these libraries are imported.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def provide() -> None:
    """Name a temporary folder for what has no other place, for this process and those that it starts; say so once."""
    lacking = [what for what, has_place in (("numba", _numba), ("pytensor", _pytensor), ("matplotlib", _matplotlib))
               if not has_place()]  # fmt: skip
    if not lacking:
        return
    folder = _own_folder()
    if "numba" in lacking:
        os.environ["NUMBA_CACHE_DIR"] = str(folder / f"numba-{_version()}")
    if "pytensor" in lacking:
        flags = os.environ.get("PYTENSOR_FLAGS", "")
        ours = f"base_compiledir={folder / 'pytensor'}"
        os.environ["PYTENSOR_FLAGS"] = f"{flags},{ours}" if flags else ours
    if "matplotlib" in lacking:
        os.environ["MPLCONFIGDIR"] = str(folder / "matplotlib")
        (folder / "matplotlib").mkdir(exist_ok=True)
    print(
        f"bayespanel: the folders in which {', '.join(lacking)} keep compiled code or settings cannot be written to; "
        f"{folder} is used. Set NUMBA_CACHE_DIR, PYTENSOR_FLAGS=base_compiledir=... and MPLCONFIGDIR for others.",
        file=sys.stderr,
    )


def _numba() -> bool:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    rooms = (PACKAGE / room / "__pycache__" for room in ("likelihood", "inference"))
    return all(map(_can_hold, rooms)) or _can_hold(_user_cache() / "numba")


def _pytensor() -> bool:
    if "compiledir=" in os.environ.get("PYTENSOR_FLAGS", ""):
        return True
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return True
    return _can_hold(_home() / ".pytensor") or (_home() / ".pytensorrc").is_file()


def _matplotlib() -> bool:
    if os.environ.get("MPLCONFIGDIR"):
        return True
    if not sys.platform.startswith(("linux", "freebsd")):
        return _can_hold(_home() / ".matplotlib")
    config = os.environ.get("XDG_CONFIG_HOME") or _home() / ".config"
    return _can_hold(Path(config) / "matplotlib") and _can_hold(_user_cache() / "matplotlib")


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache")


def _home() -> Path:
    return Path(os.environ.get("HOME") or Path.home())


def _can_hold(folder: Path) -> bool:
    """Say whether a folder can be written to, or made; asked by `access`, as trying would leave folders behind."""
    try:
        place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    except (OSError, StopIteration):
        return False


def _own_folder() -> Path:
    """Return a temporary folder of this user that nobody else can write to: compiled code is run from it."""
    if hasattr(os, "getuid"):
        folder = Path(tempfile.gettempdir()) / f"bayespanel-{os.getuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
            if private and found.st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
                return folder
        except OSError:  # somebody else's: a name of its own is made
            pass
    return Path(tempfile.mkdtemp(prefix="bayespanel-"))


def _version() -> str:
    """Return a name for the kernels of this version: numba sees a change in a function's own file only."""
    sources = sorted((PACKAGE / "likelihood").glob("*.py")) + sorted((PACKAGE / "inference").glob("*.py"))
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
