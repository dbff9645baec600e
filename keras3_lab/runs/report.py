"""What a person sees of a run: its start, its progress, its result."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from keras3_lab.datasets import Dataset
from keras3_lab.recipes import Recipe
from keras3_lab.runs.progress import Bar, Display, Lines, TrainingProgress

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
            style="yellow" if dataset.kind == "sample" or dataset.fraction < 1 else "",
            highlight=False,
        )
        if recipe.options:
            chosen = ", ".join(f"{name} {own.value}" for name, own in recipe.options.items())
            say(escape(chosen), highlight=False)
        say(
            f"{keras.config.floatx()}, {keras.config.backend()} on {platform}",
            highlight=False,
        )

    def progress(self, part: str) -> list[keras.callbacks.Callback]:
        """Return the callbacks that show a training; `part` says of what, where it matters."""
        return [] if self._console.quiet else [TrainingProgress(self._display(part))]

    @contextlib.contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show the progress of other work; yields what takes how much of it is done."""
        if self._console.quiet:
            yield lambda done: None
            return
        display = self._display(what)
        display.begin(total)
        try:
            yield display.move
        finally:
            display.end()

    def _display(self, label: str) -> Display:
        return (Bar if self._console.is_terminal else Lines)(self._console, label)

    def end(self, record: dict[str, Any], recipe: Recipe, folder: Path) -> None:
        """Show the result beside the notes' figures, what the notes got wrong, and the files."""
        for parts in ("arms", "stages"):
            if parts in record:
                self._console.print(_parts_table(record, record[parts]))
        if record["history"] and not recipe.arms:
            self._console.print(_result_table(record))
        for found in record["findings"]:
            table = Table(title=found["title"], title_justify="left")
            for index, column in enumerate(found["columns"]):
                table.add_column(column, justify="right" if index else "left", overflow="fold")
            for row in found["rows"]:
                table.add_row(*(escape(_figure(cell)) for cell in row))
            self._console.print(table)
        used = record["data"]
        if record["history"] and (used["kind"] == "sample" or used["fraction"] < 1):
            self._console.print(
                "The notes trained on the full data set; this run used a part of it, "
                "so the columns are not comparable.",
                style="yellow",
            )
        tell_remarks(self._console, recipe)
        trained = record.get("arms", {"": record}) if record["history"] else {}
        if trained:
            epochs = sum(len(entry["history"]["loss"]) for entry in trained.values())
            train_s, compile_s = (
                sum(entry["time"][part] for entry in trained.values())
                for part in ("train_s", "compile_s")
            )
            rate = record["time"]["steps_per_s"]
            operations = sum(entry.get("operations", 0) for entry in trained.values())
            work = f", {operations:.2g} floating-point operations" if operations else ""
            self._console.print(
                f"\nTrained {epochs} epochs in {train_s:.1f} s ({rate:,.2f} steps/s{work}) after "
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


def _parts_table(record: dict[str, Any], parts: dict[str, Any]) -> Table:
    table = Table(title=f"{record['recipe']} ({record['variant']})", title_justify="left")
    finals = {part: _final(entry) for part, entry in parts.items()}
    names = [name for name in LABELS if any(name in final for final in finals.values())]
    table.add_column("")
    for name in (*names, "seconds"):
        table.add_column(name.replace("_", " "), justify="right")
    for part, final in finals.items():
        seconds = f"{parts[part]['time']['train_s']:.1f}"
        table.add_row(part, *(_figure(final.get(name)) for name in names), seconds)
    if notes := record["notes"]["metrics"]:
        row = [_figure(notes.get(name)) for name in names]
        table.add_row(f"notes, {next(iter(finals))}", *row, "", style="dim")
    return table


def _final(entry: dict[str, Any]) -> dict[str, float]:
    return {name: values[-1] for name, values in entry["history"].items()} | entry["metrics"]


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
