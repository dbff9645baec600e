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

OUTPUTS = {"": "", "price_": "price: ", "auxiliary_": "auxiliary: "}
PARTS = {"": "training {}, last epoch", "val_": "validation {}", "test_": "test {}"}
METRICS = {"loss": "loss", "accuracy": "accuracy", "mae": "MAE", "rmse": "RMSE", "r2": "R²"}
LABELS = {
    **{
        f"{part}{output}{metric}": prefix + text.format(name)
        for output, prefix in OUTPUTS.items()
        for part, text in PARTS.items()
        for metric, name in METRICS.items()
    },
    "best_val_loss": "best epoch's validation loss",
    "best_val_accuracy": "best epoch's validation accuracy",
    "stopped_epoch": "stopped at epoch (counted from 0)",
}


class Report:
    """The report of one run on a terminal; silent without a console."""

    def __init__(self, console: Console | None) -> None:
        self._console = console or Console(quiet=True)

    def begin(self, recipe: Recipe, variant: str, dataset: Dataset, platform: str) -> None:
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
            f"{keras.config.floatx()}, {keras.config.backend()} on {platform}",
            highlight=False,
        )

    def progress(self, arm: str) -> list[keras.callbacks.Callback]:
        """Return the callbacks that show progress, of one arm where there are several."""
        if self._console.quiet:
            return []
        show = _Bar if self._console.is_terminal else _Lines
        return [show(self._console, f"{arm}: " if arm else "")]

    def end(self, record: dict[str, Any], recipe: Recipe, folder: Path) -> None:
        """Show the result beside the notes' figures, what the notes got wrong, and the files."""
        if recipe.arms:
            self._console.print(_arms_table(record))
        elif record["history"]:
            self._console.print(_result_table(record))
        for found in record["findings"]:
            table = Table(title=found["title"], title_justify="left")
            for index, column in enumerate(found["columns"]):
                table.add_column(column, justify="right" if index else "left", overflow="fold")
            for row in found["rows"]:
                table.add_row(*(escape(_figure(cell)) for cell in row))
            self._console.print(table)
        if record["data"]["kind"] == "sample" and record["history"]:
            self._console.print(
                "The notes trained on the full data set; this run used a sample of it, "
                "so the columns are not comparable.",
                style="yellow",
            )
        tell_remarks(self._console, recipe)
        trained = record.get("arms", {"": record}) if record["history"] else {}
        if trained:
            epochs = sum(len(told["history"]["loss"]) for told in trained.values())
            train_s, compile_s = (
                sum(told["time"][part] for told in trained.values())
                for part in ("train_s", "compile_s")
            )
            rate = record["time"]["steps_per_s"]
            self._console.print(
                f"\nTrained {epochs} epochs in {train_s:.1f} s ({rate:,.0f} steps/s) after "
                f"{compile_s:.1f} s of compilation.",
                highlight=False,
            )
        self._console.print(f"Saved in {escape(str(folder))}:", highlight=False, soft_wrap=True)
        for kind, name in record["files"].items():
            self._console.print(f"  {kind:<10} {escape(name)}", highlight=False)


def _result_table(record: dict[str, Any]) -> Table:
    table = Table(title=f"{record['recipe']} ({record['variant']})", title_justify="left")
    table.add_column("")
    table.add_column("this run", justify="right")
    table.add_column(f"notes ({record['notes']['source']})", justify="right")
    ours, notes = _final(record), record["notes"]["metrics"]
    for name in [n for n in LABELS if n in ours or n in notes]:
        table.add_row(LABELS[name], _figure(ours.get(name)), _figure(notes.get(name)))
    return table


def _arms_table(record: dict[str, Any]) -> Table:
    table = Table(title=f"{record['recipe']} ({record['variant']})", title_justify="left")
    finals = {arm: _final(told) for arm, told in record["arms"].items()}
    names = [name for name in LABELS if any(name in final for final in finals.values())]
    table.add_column("")
    for name in (*names, "seconds"):
        table.add_column(name.replace("_", " "), justify="right")
    for arm, final in finals.items():
        seconds = f"{record['arms'][arm]['time']['train_s']:.1f}"
        table.add_row(arm, *(_figure(final.get(name)) for name in names), seconds)
    if notes := record["notes"]["metrics"]:
        row = [_figure(notes.get(name)) for name in names]
        table.add_row(f"notes, {next(iter(finals))}", *row, "", style="dim")
    return table


def _final(told: dict[str, Any]) -> dict[str, float]:
    return {name: values[-1] for name, values in told["history"].items()} | told["metrics"]


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


def _figure(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        if abs(value) >= 1e4:
            return f"{value:,.0f}"
        return f"{value:.4f}" if value == 0 or abs(value) >= 1e-3 else f"{value:.1e}"
    return str(value)


def _metrics_line(logs: dict[str, float] | None) -> str:
    return "  ".join(f"{name} {_figure(value)}" for name, value in (logs or {}).items())


class _Bar(keras.callbacks.Callback):
    """A progress bar over epochs, for a terminal."""

    def __init__(self, console: Console, label: str) -> None:
        super().__init__()
        self._progress = Progress(
            TextColumn(f"{escape(label)}epoch"),
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

    def __init__(self, console: Console, label: str) -> None:
        super().__init__()
        self._console = console
        self._label = label

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._console.print(
            f"{escape(self._label)}epoch {epoch + 1}/{self.params['epochs']}  "
            f"{_metrics_line(logs)}",
            highlight=False,
            soft_wrap=True,
        )
