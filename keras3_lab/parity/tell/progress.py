"""How far each lane is: a bar on a terminal, a line per run elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from keras3_lab.parity.lanes import ShowProgress


@contextmanager
def lane_progress(console: Console, unit: str = "steps") -> Iterator[ShowProgress]:
    """Show a bar per lane on a terminal, and a line per run elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    if not console.is_terminal:
        said: set[tuple[str, str]] = set()

        def say(lane: str, what: str, done: int, total: int) -> None:
            if done < total:
                said.discard((lane, what))
            elif (lane, what) not in said:
                said.add((lane, what))
                console.print(f"{lane}: {what}, {total:,} {unit}", highlight=False)

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(lane: str, what: str, done: int, total: int) -> None:
            if lane not in tasks:
                tasks[lane] = bars.add_task(lane, total=total)
            bars.update(tasks[lane], description=f"{lane}: {what}", completed=done, total=total)

        yield show
