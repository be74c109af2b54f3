"""Commands that run beside the page, one at a time, each in a folder of its own; with progress, and a stop."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bayespanel.command.interruption import INTERRUPTED
from bayespanel.files.partial import write_text
from bayespanel.inference.progress import HEAD, LINES
from bayespanel.language.errors import FitError

RECORD = "run.json"
MESSAGES = "messages.txt"
OUTPUT = "output-{}.txt"
"""What the first, second ... command of a run prints."""

PATIENCE = 10.0
"""Seconds after which a command that does not heed an interruption is ended."""

COUNTED = re.compile(r"(?P<what>.*) \((?P<done>\d+)/(?P<total>\d+)\)")

RUNNING = ("running", "stopping")
PHASES = (*RUNNING, "done", "stopped", "failed")

FOLDER = re.compile(r"run-(?P<number>[1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Run:
    """A run as it stands.

    Attributes
    ----------
    number
        1 for the first.
    kind
        "fit" or "power".
    phase
        "running", "stopping", "done", "stopped" or "failed".
    code
        Exit code of the command; None while it runs.
    began, ended
        Seconds since 1970.
    """

    number: int
    kind: str
    phase: str
    code: int | None
    began: float
    ended: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far a command is: what it does, and where that can be counted, how much of how much."""

    what: str = "starting"
    done: int = 0
    total: int = 0


class Runs:
    """The runs of a folder of work.

    Parameters
    ----------
    folder
        The folder, which exists. A run that an earlier app left unfinished in it counts as stopped.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.last: Run | None = None
        self._kinds: dict[str, Run] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        for number in sorted(self._numbers()):
            found = _read(self.place(number) / RECORD)
            if found is not None and found.number == number:
                self.last = self._kinds[found.kind] = found
        if self.last is not None and self.last.phase in RUNNING:
            self._note(replace(self.last, phase="stopped", code=INTERRUPTED, ended=self.last.began))

    def place(self, number: int | None = None) -> Path:
        """Return the folder of a run; of the last by default."""
        return self.folder / f"run-{number or (self.last.number if self.last else 0)}"

    def of(self, kind: str) -> Run | None:
        """Return the last run of a kind."""
        return self._kinds.get(kind)

    def start(self, kind: str, commands: Sequence[Sequence[str]], files: Mapping[str, str]) -> Run:
        """Start commands of `bayespanel` one after the other, in a new folder that holds some files.

        A command is started once the one before left with 0, or with 3: a failed check stops nothing.

        Raises
        ------
        FitError
            Another run is not finished.
        """
        with self._lock:
            if self.last is not None and self.last.phase in RUNNING:
                raise FitError(
                    "One run goes on at a time: it takes all processors.",
                    f"Run {self.last.number} is still {self.last.phase}.",
                    "Wait until it is finished, or stop it.",
                )
            number = 1 + max(self._numbers(), default=0)
            self.place(number).mkdir()
            for name, text in files.items():
                (self.place(number) / name).write_text(text, encoding="utf-8")
            run = Run(number, kind, "running", None, time.time())
            self._note(run)
        self._thread = threading.Thread(target=self._work, args=(run, commands), daemon=True)
        self._thread.start()
        return run

    def stop(self, kind: str | None = None) -> None:
        """Interrupt the run, if it is of a kind, as Ctrl-C would; a command that does not heed it is ended."""
        with self._lock:
            if self.last is None or self.last.phase != "running" or kind not in (None, self.last.kind):
                return
            self._note(replace(self.last, phase="stopping"))
            process = self._process
        if process is not None:
            _interrupt(process)
            late = threading.Timer(PATIENCE, process.terminate)
            late.daemon = True
            late.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the run is finished."""
        if self._thread is not None:
            self._thread.join(seconds)

    def progress(self, number: int | None = None) -> Progress:
        """Return how far a run is; the last by default."""
        lines = [line for line in self.messages(number, everything=True).splitlines() if line.startswith(HEAD)]
        if not lines:
            return Progress()
        text = lines[-1].removeprefix(HEAD)
        counted = COUNTED.fullmatch(text)
        return Progress(counted["what"], int(counted["done"]), int(counted["total"])) if counted else Progress(text)

    def messages(self, number: int | None = None, *, everything: bool = False) -> str:
        """Return what the commands said on standard error: no progress, and the last line of a traceback."""
        try:
            text = (self.place(number) / MESSAGES).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        if everything:
            return text
        text, broken, trace = text.partition("Traceback (most recent call last):")
        lines = [line for line in text.splitlines() if not line.startswith(HEAD)]
        last = trace.strip().splitlines()[-1:] if broken else []
        return "\n".join([*lines, *last]).strip()

    def _work(self, run: Run, commands: Sequence[Sequence[str]]) -> None:
        from bayespanel.command.results import FAILED_CHECK  # seconds of imports, when there is time

        codes = [0]
        for number, arguments in enumerate(commands, start=1):
            codes.append(self._run(number, arguments))
            if codes[-1] not in (0, FAILED_CHECK):
                break
        with self._lock:
            finished = codes[-1] in (0, FAILED_CHECK)
            stopped = not finished and (codes[-1] == INTERRUPTED or self._is_stopping)
            phase = "done" if finished else "stopped" if stopped else "failed"
            code = INTERRUPTED if stopped else max(codes)
            self._process = None
            self._note(replace(run, phase=phase, code=code, ended=time.time()))

    @property
    def _is_stopping(self) -> bool:
        return self.last is not None and self.last.phase == "stopping"

    def _run(self, number: int, arguments: Sequence[str]) -> int:
        place = self.place()
        words = {**os.environ, LINES: "lines", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
        with (place / MESSAGES).open("ab") as said, (place / OUTPUT.format(number)).open("wb") as shown:
            with self._lock:
                if self._is_stopping:
                    return INTERRUPTED
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "bayespanel", *arguments],
                    cwd=place,
                    stdin=subprocess.DEVNULL,
                    stdout=shown,
                    stderr=said,
                    env=words,
                )
            return self._process.wait()

    def _note(self, run: Run) -> None:
        self.last = self._kinds[run.kind] = run
        write_text(self.place(run.number) / RECORD, json.dumps(asdict(run)))

    def _numbers(self) -> list[int]:
        """Return the numbers of the folders of runs; what else lies in the folder is none of the app's."""
        names = (FOLDER.fullmatch(path.name) for path in self.folder.iterdir())
        return [int(name["number"]) for name in names if name]


def _read(path: Path) -> Run | None:
    """Return a run as it was noted; None where that was cut short, or is none."""
    try:
        run = Run(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return run if isinstance(run.number, int) and isinstance(run.kind, str) and run.phase in PHASES else None


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process; where the system has no such signal for one process, end it: it writes at its end only."""
    if os.name == "posix":
        process.send_signal(signal.SIGINT)
    else:
        process.terminate()
