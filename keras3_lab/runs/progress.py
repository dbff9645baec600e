"""How far a run has come, and how long it may still take."""

from __future__ import annotations

import time
from typing import Any, Protocol

import keras
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LONG_S = 20.0
"""What takes longer than this gets an estimate where there is no bar."""


class Display(Protocol):
    """Shows how much of some work is done."""

    def begin(self, total: int) -> None:
        """Show that it has begun, and how much there is to do."""

    def move(self, done: int) -> None:
        """Show how much is done."""

    def tell(self, text: str) -> None:
        """Show what has come out so far."""

    def end(self) -> None:
        """Show that it is over."""


class Bar:
    """A progress bar, for a terminal.

    Args:
        console: The terminal.
        label: What is done, for the start of the line.
    """

    def __init__(self, console: Console, label: str) -> None:
        self._progress = Progress(
            TextColumn(escape(label)),
            BarColumn(bar_width=24),
            TimeRemainingColumn(),
            TextColumn("{task.fields[shown]}"),
            console=console,
        )

    def begin(self, total: int) -> None:
        """Start the bar."""
        self._progress.start()
        self._task = self._progress.add_task("", total=total, shown="compiling")

    def move(self, done: int) -> None:
        """Move the bar."""
        shown = self._progress.tasks[0].fields["shown"]
        self._progress.update(
            self._task, completed=done, shown="" if shown == "compiling" else shown
        )

    def tell(self, text: str) -> None:
        """Write behind the bar."""
        self._progress.update(self._task, shown=text)

    def end(self) -> None:
        """Leave the bar as it is."""
        self._progress.stop()


class Lines:
    """Lines of text, for a file or a pipe: what has come out, and how long it may still take.

    Args:
        console: Where to write.
        label: What is done, for the start of each line.
    """

    def __init__(self, console: Console, label: str) -> None:
        self._console, self._label = console, f"{label}: " if label else ""

    def begin(self, total: int) -> None:
        """Start the clock."""
        self._total = total
        self._began = time.perf_counter()
        self._next = LONG_S

    def move(self, done: int) -> None:
        """Estimate the rest, after `LONG_S` and each time that twice as much time has passed."""
        passed = time.perf_counter() - self._began
        if passed >= self._next and 0 < done < self._total:
            self._next = 2 * passed
            minutes = passed * (self._total - done) / done / 60
            self.tell(f"{done / self._total:.0%} done, {minutes:,.1f} minutes left at most")

    def tell(self, text: str) -> None:
        """Write a line."""
        self._console.print(f"{escape(self._label)}{text}", highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Leave it at that."""


class TrainingProgress(keras.callbacks.Callback):
    """Shows the progress of a training.

    Args:
        display: Where to show it.
    """

    accepts_chunks = True  # for the engine: about once a second will do, not every batch

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display
        self._before = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin."""
        self._display.begin(self.params["steps"] * self.params["epochs"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the steps of the epochs before."""
        self._before = self.params["steps"] * epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move on."""
        self._display.move(self._before + batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Tell the metrics."""
        metrics = "  ".join(
            # A learning rate of 1e-5 has nothing to show in four decimals.
            f"{name} {value:.4f}" if not 0 < value < 1e-3 else f"{name} {value:.1e}"
            for name, value in (logs or {}).items()
        )
        self._display.tell(f"epoch {epoch + 1}/{self.params['epochs']}  {metrics}")

    def on_train_end(self, logs: Any = None) -> None:
        """End."""
        self._display.end()
