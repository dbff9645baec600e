"""How far a run has come, and how long it may still take.

On a terminal a line stays for each epoch, and under them one moves; in a notebook one line is
rewritten; in a file or a pipe there are lines alone, not too many.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Protocol

import keras
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from keras3_lab.engine.interface import program
from keras3_lab.terminal import say

LONG_S = 20.0
"""What takes longer than this gets an estimate where no line moves."""
MOST_LINES = 50
"""Of more epochs than these, not each gets a line."""


class Display(Protocol):
    """Shows how much of some work is done."""

    def begin(self, total: int) -> None:
        """Show that it has begun, and how much there is to do."""

    def show(self, done: int, text: str) -> None:
        """Show how much is done, and what goes on."""

    def move(self, done: int) -> None:
        """Show how much is done."""

    def tell(self, text: str, more: str = "") -> None:
        """Show what has come out, and more where there is room in the line."""

    def end(self) -> None:
        """Show that it is over."""


def display(console: Console, label: str) -> Display:
    """Return what shows progress there, in lines that begin with `label`."""
    if console.is_jupyter:
        return Cell(label)
    return (Bar if console.is_terminal else Lines)(console, label)


class Bar:
    """Lines that stay, and under them one that moves, for a terminal.

    Args:
        console: The terminal.
        label: What is done, for the start of the line.
    """

    def __init__(self, console: Console, label: str) -> None:
        self._label = f"{label}: " if label else ""
        self._progress = Progress(
            TextColumn(escape(label)),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            TextColumn("{task.fields[shown]}", markup=False),
            console=console,
            transient=True,
        )

    def begin(self, total: int) -> None:
        """Start the line that moves."""
        self._progress.start()
        self._task = self._progress.add_task("", total=total, shown="")

    def show(self, done: int, text: str) -> None:
        """Move it, and write behind it."""
        self._progress.update(self._task, completed=done, shown=text)

    def move(self, done: int) -> None:
        """Move it."""
        self._progress.update(self._task, completed=done)

    def tell(self, text: str, more: str = "") -> None:
        """Write a line above it; what it shows itself need not stand there, too."""
        line = f"{self._label}{text}"
        if len(line) + 2 + len(more) <= self._progress.console.width:
            line = f"{line}  {more}".rstrip()
        say(self._progress.console, line)

    def end(self) -> None:
        """Take away the line that moved."""
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

    def show(self, done: int, text: str) -> None:
        """Estimate the rest, seldom."""
        self.move(done)

    def move(self, done: int) -> None:
        """Estimate the rest, after `LONG_S` and each time that twice as much time has passed."""
        passed = time.perf_counter() - self._began
        if passed >= self._next and 0 < done < self._total:
            self._next = 2 * passed
            left = duration(passed * (self._total - done) / done)
            self.tell(f"{done / self._total:.0%} done, {left} left at most")

    def tell(self, text: str, more: str = "") -> None:
        """Write a line."""
        say(self._console, f"{self._label}{text}  {more}".rstrip())

    def end(self) -> None:
        """Leave it at that."""


class Cell:
    """One line that is rewritten, for a notebook.

    Args:
        label: What is done, for the start of the line.
    """

    def __init__(self, label: str) -> None:
        self._label = f"{label}: " if label else ""
        self._last = ""

    def begin(self, total: int) -> None:
        """Make the line."""
        from IPython.display import display as show_in_notebook  # which Jupyter brings

        self._handle = show_in_notebook(_Plain(self._label), display_id=True)

    def show(self, done: int, text: str) -> None:
        """Rewrite the line."""
        self._write(text)

    def move(self, done: int) -> None:
        """Leave the line as it is."""

    def tell(self, text: str, more: str = "") -> None:
        """Rewrite the line."""
        self._last = f"{text}  {more}".rstrip()
        self._write(self._last)

    def end(self) -> None:
        """Leave what was told last."""
        self._write(self._last)

    def _write(self, text: str) -> None:
        self._handle.update(_Plain(f"{self._label}{text}"))


class _Plain:
    """Text that a notebook shows without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class TrainingProgress(keras.callbacks.Callback):
    """Shows the progress of a training: the epoch, its metrics, the rate and the remaining time.

    Args:
        display: Where to show it.
    """

    accepts_chunks = True  # for the engine: about once a second will do, not every batch

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin; the first step is compiled first."""
        self._display.begin(self.params["steps"] * self.params["epochs"])
        self._display.show(0, "compiling")
        self._began = time.perf_counter()
        self._compiled_s = self._compiled()
        self._start_compiled_s = self._compiled_s
        self._before = 0
        self._first: int | None = None
        self._untold: tuple[str, str] | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the steps of the epochs before."""
        self._before = self.params["steps"] * epoch
        if self._first is None:
            self._first = self._before  # not 0 where a training goes on
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move on."""
        done = self._before + batch + 1
        self._display.show(done, f"{self._place()}  {self._pace(done)}")

    def on_test_begin(self, logs: Any = None) -> None:
        """Tell that the epoch's validation runs; the first is compiled first."""
        done = self._before + self.params["steps"]
        self._display.show(done, f"{self._place()}  validating")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Tell the metrics, and once how long it took to compile."""
        if self._compiled_s == self._start_compiled_s:
            self._compiled_s = self._compiled()
            if (spent := self._compiled_s - self._start_compiled_s) >= 0.05:
                self._display.tell(f"compiled in {spent:.1f} s")
        text, pace = f"{self._place()}  {_figures(logs or {})}", self._pace(self._end())
        every = math.ceil(self.params["epochs"] / MOST_LINES)
        if epoch == 0 or (epoch + 1) % every == 0:
            self._display.tell(text, pace)
            self._untold = None
        else:
            self._display.show(self._end(), text)
            self._untold = text, pace

    def on_train_end(self, logs: Any = None) -> None:
        """Tell the last epoch, if it was not told, and end."""
        if self._untold:
            self._display.tell(*self._untold)
        self._display.end()

    def _end(self) -> int:
        return int(self._before + self.params["steps"])

    def _place(self) -> str:
        epochs = str(self.params["epochs"])
        return f"epoch {self._epoch + 1:>{len(epochs)}}/{epochs}"

    def _compiled(self) -> float:
        return sum(program(self.model, kind).compile_s for kind in ("train", "test"))

    def _pace(self, done: int) -> str:
        """Return the rate and the time that is left, compiling not counted."""
        compiled_s = self._compiled() - self._start_compiled_s
        passed = time.perf_counter() - self._began - compiled_s
        steps = done - (self._first or 0)
        if steps < 1 or passed <= 0:
            return ""
        rate = steps / passed
        left = self.params["steps"] * self.params["epochs"] - done
        rest = f"  {duration(left / rate)} left" if left >= rate else ""
        return f"{per_second(rate)} steps/s{rest}"


def _figures(logs: Mapping[str, float]) -> str:
    return "  ".join(
        # A learning rate of 1e-5 has nothing to show in four decimals.
        f"{name} {value:.4f}" if not 0 < value < 1e-3 else f"{name} {value:.1e}"
        for name, value in logs.items()
    )


def per_second(rate: float) -> str:
    """Return a rate in as many digits as say something."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def duration(seconds: float) -> str:
    """Return a time as people say it, `"8 s"` or `"1 h 05 min"`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
