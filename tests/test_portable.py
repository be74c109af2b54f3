"""The package runs on Windows as on Linux and macOS: what only one system knows is asked for before it is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bayespanel"

MODULES = frozenset(
    ("crypt", "fcntl", "grp", "nis", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty")
)
"""Modules of the standard library that Windows lacks."""

NAMES = {
    "os": frozenset(
        (
            *("chown", "chroot", "ctermid", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid"),
            *("getgroups", "getloadavg", "getpgid", "getpgrp", "getpriority", "getresuid", "getsid", "getuid", "kill"),
            *("killpg", "lchown", "lockf", "mkfifo", "mknod", "nice", "openpty", "pathconf", "posix_spawn", "rename"),
            *("sched_getaffinity", "sched_setaffinity", "setgid", "setpgid", "setsid", "setuid", "statvfs", "sync"),
            *("sysconf", "ttyname", "uname", "wait", "wait3", "wait4", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC"),
        )
    ),
    "signal": frozenset(
        (
            *("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGCONT", "SIGPIPE", "SIGQUIT"),
            *("SIGSTOP", "SIGTSTP", "SIGWINCH", "alarm", "pause", "pthread_kill", "setitimer", "sigwait"),
        )
    ),
}
"""Names that Windows lacks, or under which it does something else: `os.kill` ends a process that it is asked about,
and `os.rename` refuses a target that exists."""

FOLDERS = re.compile(r"(?:^|[\s'\"=])/(?:tmp|dev|proc|etc|home|usr|var|opt|bin)(?:/|\b)")
"""Places of one system, in a text."""

TEXT_FILES = {"open": 3, "read_text": 0, "write_text": 1}
"""Methods that read or write text in the system's encoding, and how many arguments come before the encoding."""

Finding = tuple[int, str]


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def findings(source: str) -> list[Finding]:
    """Line and reason of whatever one system alone understands."""
    tree = ast.parse(source)
    guarded = {id(inner) for node in ast.walk(tree) if asks(node) for inner in ast.walk(node)}
    words = {id(text) for text in docstrings(tree)}
    out: list[Finding] = []
    for node in ast.walk(tree):
        out += of_modules(node)
        out += of_files(node)
        if id(node) not in guarded:
            out += of_names(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
            out += [(node.lineno, f"names a place of one system: {node.value!r}")] * bool(FOLDERS.search(node.value))
            out += [(node.lineno, "%- in a date is glibc's")] * bool(re.search(r"%-[dHmIMSj]", node.value))
    return sorted(out)


def asks(node: ast.AST) -> bool:
    """Say whether a function asks which system it is on, and so may use what others lack."""
    return isinstance(node, ast.FunctionDef) and bool(
        re.search(r"os\.name\b|sys\.platform\b|hasattr\((os|signal), ", ast.unparse(node))
    )


def docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def of_modules(node: ast.AST) -> list[Finding]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    else:
        return []
    return [(node.lineno, f"imports {name}") for name in names if name.split(".")[0] in MODULES]


def of_names(node: ast.AST) -> list[Finding]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = [node.attr] if node.attr in NAMES.get(node.value.id, ()) else []
        return [(node.lineno, f"uses {node.value.id}.{name}") for name in found]
    if isinstance(node, ast.ImportFrom) and node.module in NAMES:
        return [(node.lineno, f"uses {alias.name}") for alias in node.names if alias.name in NAMES[node.module]]
    return []


def of_files(node: ast.AST) -> list[Finding]:
    """Text without a stated encoding, paths joined by a slash, and commands for one shell."""
    if not isinstance(node, ast.Call):
        return []
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = {word.arg: word.value for word in node.keywords}
    out: list[Finding] = []
    told = "encoding" in given or len(node.args) > TEXT_FILES.get(name, 0)
    if name in TEXT_FILES and not told and not (name == "open" and binary(node, given)):
        out.append((node.lineno, f"{name} without an encoding"))
    if name in ("Path", "open", "joinpath") and any(slash_between(argument) for argument in node.args):
        out.append((node.lineno, "joins a path by a slash"))
    if getattr(given.get("shell"), "value", False):
        out.append((node.lineno, "runs a shell"))
    return out


def binary(node: ast.Call, given: dict[str | None, ast.expr]) -> bool:
    """Say whether `open` reads bytes: by its mode, or as that of a library does."""
    modes = [*node.args, *([given["mode"]] if "mode" in given else [])]
    found = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any("b" in mode for mode in found) or ast.unparse(node.func).startswith("gzip.")


def slash_between(argument: ast.expr) -> bool:
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and "/" in str(part.value) for part in argument.values)
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add):
        return any(isinstance(part, ast.Constant) and "/" in str(part.value) for part in ast.walk(argument))
    return False


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_needs_one_system(path: Path) -> None:
    found = findings(path.read_text(encoding="utf-8"))
    assert not found, "\n".join(f"{path.name}:{line} {reason}" for line, reason in found)


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from resource import getrusage",
        "import os\nos.fork()",
        "import os\nos.kill(1, 0)",
        "from os import getuid",
        "import signal\nsignal.signal(signal.SIGHUP, f)",
        "folder = '/tmp/bayespanel'",
        "help = 'bayespanel demo -o /tmp/first'",
        "Path(f'{folder}/{name}')",
        "open(folder + '/' + name, 'rb')",
        "open('a.csv')",
        "open('a.csv', 'w')",
        "Path('a').read_text()",
        "Path('a').write_text(text)",
        "run('ls', shell=True)",
        "now.strftime('%-d %B')",
    ],
)
def test_what_one_system_alone_understands_is_found(source: str) -> None:
    assert findings(source)


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef alive(n):\n    if os.name != 'posix':\n        return True\n    os.kill(n, 0)",
        "import os\ndef user():\n    return os.getuid() if hasattr(os, 'getuid') else 0",
        "open('a.nc', 'rb')",
        "Path('a') / 'b'",
        "Path('a').write_text(text, encoding='utf-8')",
        "text = f'{a}/{b} pupils'",
        '"""Writes to /tmp."""',
    ],
)
def test_what_every_system_understands_is_left_alone(source: str) -> None:
    assert findings(source) == []
