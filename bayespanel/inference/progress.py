"""Progress bars on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def progress_bar(show: bool) -> Iterator[tuple[Callable[[str], None], Callable[[list[Any]], None] | None]]:
    """Yield a function that names the stage, and one that takes the sampler's progress."""
    if not show:
        yield (lambda _: None), None
        return
    columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True, force_jupyter=False), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def stage(name: str) -> None:
            bar.update(task, description=name)

        def sampling(chains: list[Any]) -> None:
            done = sum(chain.finished_draws for chain in chains)
            total = sum(chain.total_draws for chain in chains)
            divergences = sum(chain.divergences for chain in chains)
            text = f"sampling {len(chains)} chains" + (f", {divergences} divergences" if divergences else "")
            bar.update(task, description=text, completed=done, total=total)

        yield stage, sampling


@contextmanager
def counted_bar(show: bool, what: str, total: int) -> Iterator[Callable[[], None]]:
    """Yield a function that counts one more of `total` done."""
    if not show:
        yield lambda: None
        return
    columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True, force_jupyter=False), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
