"""The engine: replicates on the cores of this machine, or on the workers of any dask scheduler, into a store.

Workers compute and the one process that was called writes. A worker that dies takes the replicates that it was at with
it; they are run again elsewhere. What is killed altogether is continued by the same call.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespanel.design.kept_numbers import FAILED, Record
from bayespanel.design.replicate import measures, replicate
from bayespanel.design.store import Writer, opened, pathway_names, writing
from bayespanel.design.study import Study
from bayespanel.inference.settings import Running
from bayespanel.language.errors import DecisionError, FitError

if TYPE_CHECKING:
    from distributed import Client

Task = tuple[int, int]
"""Condition and number of a replicate."""

Run = Callable[[Study, tuple[str, ...], int, int], Record]
"""What runs a replicate."""

AHEAD = 3
"""Replicates per worker that are handed out: enough that none waits, few enough that memory stays flat."""

PATIENCE = 30
"""Seconds after which a scheduler that does not answer is given up."""

NO_HISTORY = {"distributed.worker.profile.enabled": False}
"""Setting of workers: dask would keep what they were at in each second of the last hour, a megabyte for each."""

MEMORY = "3GiB"
"""Of a worker on this machine; one that needs more is replaced."""


def run(
    study: Study,
    path: str | os.PathLike[str],
    running: Running = Running(),
    *,
    client: Client | None = None,
    only: Sequence[Task] | None = None,
    task: Run = replicate,
) -> None:
    """Run what a store lacks of its study.

    Parameters
    ----------
    study
        The study.
    path
        The store; made if it is not there.
    running
        Which workers run it, and whether a progress bar is shown.
    client
        Workers that are there already, from `pool`; None starts and stops them.
    only
        Replicates to run, if they are not done; None for all.
    task
        What runs a replicate.

    Raises
    ------
    FitError
        Another process writes to the store, it holds another study, or a function that decides is not there.
    """
    lost = [rule.text for rule in study.functions if rule.function is None]
    if lost:
        raise FitError(
            "A decision by a function is asked of the draws while the study runs.",
            f"The store knows the function {lost[0]!r} by its name alone.",
            "Go on in Python: call bp.assurance as before, with the function and the same store.",
        )
    with writing(path, study) as writer:
        whole = writer.study
        todo = missing(writer.path, whole, only)
        if not todo:
            return
        names = pathway_names(path)
        hired = pool(running, len(todo)) if client is None else nullcontext(client)
        with _bar(whole, len(todo), running.progress) as advance, hired as helpers:
            if helpers is None:
                _write(writer, ((key, task(whole, names, *key)) for key in todo), advance)
            else:
                _write(writer, _distributed(helpers, task, whole, names, todo), advance)


def missing(path: os.PathLike[str], study: Study, only: Sequence[Task] | None = None) -> list[Task]:
    """Return the replicates that a store lacks, all conditions in turn."""
    wanted = only
    if wanted is None:
        wanted = [(c, r) for r in range(study.replicates) for c in range(len(study.conditions))]
    cells = sorted({condition for condition, _ in wanted})
    if not cells:
        return []
    status = opened(path, cells, 1 + max(number for _, number in wanted))["run"].values[..., 0]
    place = {condition: row for row, condition in enumerate(cells)}
    return [(c, r) for c, r in wanted if r >= status.shape[1] or not np.isfinite(status[place[c], r])]


def _write(writer: Writer, found: Iterator[tuple[Task, Record]], advance: Callable[[Record], None]) -> None:
    for (condition, number), record in found:
        writer.write(condition, number, record)
        advance(record)


def _distributed(
    client: Client, task: Run, study: Study, names: tuple[str, ...], todo: Sequence[Task]
) -> Iterator[tuple[Task, Record]]:
    """Hand replicates out, a few at a time, and yield them as they finish."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    waiting = iter(todo)
    keys: dict[Any, Task] = {}
    stamp = f"{study.fingerprint()[:12]}-{time.time_ns():x}"

    def submit(key: Task) -> Any:
        future = client.submit(
            task, _lean(study, key[0]), names, *key, key=f"replicate-{stamp}-{key[0]}-{key[1]}", pure=False
        )
        keys[future.key] = key
        return future

    width = AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    first = [submit(key) for _, key in zip(range(width), waiting, strict=False)]
    running: Any = as_completed(first, loop=client.loop)  # type: ignore[no-untyped-call]  # dask has no types
    for future in running:
        key = keys.pop(future.key)
        try:
            yield key, future.result()
        except KilledWorker as error:
            yield (
                key,
                failed(
                    (len(names), len(study.statistics)),
                    f"Its workers died, one after the other: {str(error).splitlines()[0]}",
                ),
            )
        except DecisionError:
            raise
        except Exception as error:  # a replicate raises nothing else: this is about where it runs
            raise FitError(
                "Replicates run on workers that can be reached and have this bayespanel.",
                f"{type(error).__name__}: {' '.join(str(error).split()).rstrip('.')}.",
                "Look at scheduler and workers, and give the same command again; what was finished is kept.",
            ) from error
        future.release()
        following = next(waiting, None)
        if following is not None:
            running.add(submit(following))


def _lean(study: Study, condition: int) -> Study:
    """Return the study without the data of other conditions, which a worker need not be sent."""
    own = study.conditions[condition].data
    return replace(study, data={own: study.data[own]}) if own in study.data else study


def failed(shape: tuple[int, int], message: str) -> Record:
    """Return the record of a replicate that gave nothing: so many pathways and statistics."""
    return Record(np.full(shape, np.nan), measures(status=FAILED), message)


@contextmanager
def pool(running: Running, tasks: int | None = None) -> Iterator[Client | None]:
    """Start workers, or find those of a scheduler; None for this process alone.

    Parameters
    ----------
    running
        Says which.
    tasks
        No more workers than these are started.

    Raises
    ------
    FitError
        No scheduler answers at the address, or it has no workers.
    """
    scheduler = running.scheduler
    if running.workers == 0:
        yield None
        return
    import dask
    from distributed import Client, LocalCluster
    from distributed.utils import silence_logging_cmgr

    if scheduler is not None:
        with ExitStack() as stack:
            # A lost connection is said once, in our words, not as the tracebacks of its attempts to come back.
            stack.enter_context(silence_logging_cmgr(logging.CRITICAL))
            # Nobody's default: a client that never connected would stay it, and every later file would ask it.
            found = partial(Client, scheduler, timeout=PATIENCE, set_as_default=False)
            try:
                client = stack.enter_context(found())
                client.wait_for_workers(1, timeout=PATIENCE)
            except (OSError, ValueError) as error:  # nobody there; no address
                raise FitError(
                    "A study runs on a dask scheduler that answers and has workers.",
                    f"{scheduler!r}: {error or 'no answer'}.",
                    "Start them with: dask scheduler; dask worker ADDRESS --nthreads 1. Or leave --scheduler out.",
                ) from error
            _require_version(client)
            yield client
        return
    number = running.workers or os.cpu_count() or 1
    with (
        dask.config.set(NO_HISTORY),  # a worker takes it over when it starts
        _without_script(),
        LocalCluster(  # type: ignore[no-untyped-call]  # dask has no types
            n_workers=number if tasks is None else min(number, tasks),
            threads_per_worker=1,
            memory_limit=MEMORY,
            # Port 0 is any that is free: without an address a second study here would warn that the first has 8787.
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]  # dask has no types
    ):
        yield client


@contextmanager
def _without_script() -> Iterator[None]:
    """Hide the script that runs from processes that are started: they would run it again, study and all.

    What they need of it, functions that decide, is sent to them with the study.
    """
    script = sys.modules["__main__"]
    known = {name: getattr(script, name) for name in ("__file__", "__spec__") if hasattr(script, name)}
    try:
        script.__spec__ = None
        if "__file__" in known:
            del script.__file__
        yield
    finally:
        for name, value in known.items():
            setattr(script, name, value)


def _require_version(client: Client) -> None:
    """Refuse workers of another bayespanel, whose numbers a store would take for this one's."""
    ours = version("bayespanel")
    try:
        theirs = set(client.run(version, "bayespanel").values())
    except PackageNotFoundError:
        theirs = {"none at all"}
    if theirs != {ours}:
        raise FitError(
            f"Workers must have the same version of bayespanel as this process, {ours}.",
            f"Those of the scheduler have {', '.join(sorted(theirs))}.",
            "Install the same version where they run, and start them anew.",
        )


@contextmanager
def _bar(study: Study, total: int, show: bool) -> Iterator[Callable[[Record], None]]:
    if not show:
        yield lambda _: None
        return
    name = {"power": "replicates", "calibration": "calibrating", "multiverse": "specifications"}[study.kind]
    from bayespanel.inference.progress import Lines, as_lines

    if as_lines():
        lines, done = Lines(), count(1)
        lines.say(f"{name}, {total} in all: the first waits for its model to be compiled")
        yield lambda _: lines.count(name, next(done), total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    ]  # fmt: skip
    with Progress(*columns, console=Console(stderr=True, force_jupyter=False), transient=True) as bar:
        shown = bar.add_task(f"{name} (the first waits for its model to be compiled)", total=total)
        lost = 0

        def advance(record: Record) -> None:
            nonlocal lost
            lost += record.run[0] == FAILED
            bar.update(shown, advance=1, description=name + (f", {lost} failed" if lost else ""))

        yield advance
