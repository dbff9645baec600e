"""What a person sees of a run: its start, its progress, its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from keras3_lab.datasets import Dataset
from keras3_lab.recipes import Recipe

LABELS = {
    "loss": "training loss, last epoch",
    "accuracy": "training accuracy, last epoch",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "test_loss": "test loss",
    "test_accuracy": "test accuracy",
    "stopped_epoch": "stopped at epoch (counted from 0)",
}


class Report:
    """The report of one run on a terminal; silent without a console."""

    def __init__(self, console: Console | None) -> None:
        self._console = console or Console(quiet=True)

    def begin(
        self, recipe: Recipe, variant: str, dataset: Dataset, model: keras.Model, platform: str
    ) -> None:
        """Say what is about to run, on which data."""
        say = self._console.print
        say(f"[bold]{recipe.name}[/] ({variant}): {escape(recipe.title)}")
        say(
            f"{dataset.name}: {len(dataset.x_train):,} + {len(dataset.x_test):,} rows, "
            f"{escape(dataset.origin)}",
            style="yellow" if dataset.kind == "sample" else "",
            highlight=False,
        )
        say(
            f"{model.count_params():,} parameters, {keras.config.floatx()}, "
            f"{keras.config.backend()} on {platform}",
            highlight=False,
        )

    def progress(self, epochs: int) -> list[keras.callbacks.Callback]:
        """Return the callbacks that show progress."""
        if self._console.quiet:
            return []
        return [_Bar(self._console) if self._console.is_terminal else _Lines(self._console)]

    def end(self, record: dict[str, Any], recipe: Recipe, folder: Path) -> None:
        """Show the result beside the notes' figures, what the notes got wrong, and the files."""
        table = Table(title=f"{recipe.name} ({record['variant']})", title_justify="left")
        table.add_column("")
        table.add_column("this run", justify="right")
        table.add_column(f"notes ({recipe.source})", justify="right")
        last = {name: values[-1] for name, values in record["history"].items()}
        ours = last | record["metrics"]
        notes = recipe.figures.metrics
        for name, label in LABELS.items():
            if name in ours or name in notes:
                table.add_row(label, _figure(ours.get(name)), _figure(notes.get(name)))
        self._console.print(table)
        if record["data"]["kind"] == "sample":
            self._console.print(
                "The notes trained on the full data set; this run used a sample of it, "
                "so the columns are not comparable.",
                style="yellow",
            )
        tell_remarks(self._console, recipe)
        time = record["time"]
        self._console.print(
            f"\nTrained {len(record['history']['loss'])} epochs in {time['train_s']:.1f} s "
            f"({time['steps_per_s']:,.0f} steps/s) after {time['compile_s']:.1f} s of compilation.",
            highlight=False,
        )
        self._console.print(f"Saved in {escape(str(folder))}:", highlight=False, soft_wrap=True)
        for kind, name in record["files"].items():
            self._console.print(f"  {kind:<10} {escape(name)}", highlight=False)


def tell_remarks(console: Console, recipe: Recipe) -> None:
    """Say what the notes got wrong and what else a reader should know."""
    for heading, sentences in (
        ("What the notes got wrong", recipe.defects),
        ("Good to know", recipe.remarks),
    ):
        if sentences:
            console.print(f"\n[bold]{heading}[/]")
        for sentence in sentences:
            console.print(f"• {escape(sentence)}", highlight=False)


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def _metrics_line(logs: dict[str, float] | None) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in (logs or {}).items())


class _Bar(keras.callbacks.Callback):
    """A progress bar over epochs, for a terminal."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(bar_width=24),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}"),
            console=console,
        )

    def on_train_begin(self, logs: Any = None) -> None:
        self._progress.start()
        self._task = self._progress.add_task("", total=self.params["epochs"], metrics="compiling")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._progress.update(self._task, completed=epoch + 1, metrics=_metrics_line(logs))

    def on_train_end(self, logs: Any = None) -> None:
        self._progress.stop()


class _Lines(keras.callbacks.Callback):
    """A line per epoch, for a file or a pipe."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._console.print(
            f"epoch {epoch + 1}/{self.params['epochs']}  {_metrics_line(logs)}",
            highlight=False,
            soft_wrap=True,
        )
