"""Which runs lie in a folder."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras3_lab.errors import UsageError
from keras3_lab.files import ASIDE
from keras3_lab.records import FILE, final, main_metric, read_record
from keras3_lab.terminal import say

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Found:
    """A run's folder.

    Args:
        folder: The folder.
        record: The run's record; `None` where it cannot be read.
    """

    folder: Path
    record: dict[str, Any] | None

    @property
    def status(self) -> str:
        """What became of the run."""
        return self.record.get("status", "done") if self.record else "unreadable"

    @property
    def result(self) -> tuple[str, float] | None:
        """The metric that the run is judged by, and its value."""
        if not self.record:
            return None
        figures = final(self.record)
        name = main_metric(figures)
        return (name, figures[name]) if name else None

    def to_json(self) -> dict[str, Any]:
        """Return what is listed of the run, as JSON has it."""
        record = self.record or {}
        metric, value = self.result or (None, None)
        identity = {name: record.get(name) for name in ("recipe", "variant", "backend", "seed")}
        return {
            "folder": str(self.folder), **identity, "started": record.get("started"),
            "metric": metric, "value": value, "status": self.status,
        }  # fmt: skip


def find(folder: Path) -> list[Found]:
    """Return the runs in a folder and in those below it, by name.

    Raises:
        UsageError: If there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"DIR must be a folder of runs, such as runs; received: {folder}")
    return list(_found(folder))


def _found(folder: Path) -> Iterator[Found]:
    for path in sorted(folder.rglob(FILE)):
        if path.parent.name.startswith(ASIDE):  # it is being written
            continue
        try:
            yield Found(path.parent, read_record(path))
        except UsageError:
            yield Found(path.parent, None)


def show(console: Console, found: list[Found]) -> None:
    """Print runs by the folder that they are in: their names tell when, backend, variant, seed."""
    for parent, runs in itertools.groupby(found, key=lambda one: one.folder.parent):
        say(console, str(parent), bold=True)
        for one in runs:
            metric, value = one.result or ("–", None)
            figure = "" if value is None else f"{value:,.4f}"
            say(console, f"  {one.folder.name:<46} {metric:<13} {figure:>8} {one.status}")
    say(console, f"{len(found)} run{'s' * (len(found) != 1)}")
