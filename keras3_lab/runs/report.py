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
from keras3_lab.records import LABELS, figure_text, final
from keras3_lab.runs.progress import TrainingProgress, display, per_second
from keras3_lab.terminal import say


class Report:
    """The report of one run on a terminal; silent without a console."""

    def __init__(self, console: Console | None) -> None:
        self._console = console or Console(quiet=True)

    def begin(
        self,
        recipe: Recipe,
        variant: str,
        dataset: Dataset,
        platform: str,
        devices: int = 1,
        processes: int = 1,
    ) -> None:
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
            f"{keras.config.floatx()}, {keras.config.backend()} on {platform}"
            + (f", {devices} devices" if devices > 1 else "")
            + (f" of {processes} processes" if processes > 1 else ""),
            highlight=False,
        )

    def progress(self, part: str) -> list[keras.callbacks.Callback]:
        """Return the callbacks that show a training; `part` says of what, where it matters."""
        return [] if self._console.quiet else [TrainingProgress(display(self._console, part))]

    @contextlib.contextmanager
    def counting(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show the progress of other work; yields what takes how much of it is done."""
        if self._console.quiet:
            yield lambda done: None
            return
        shown = display(self._console, what)
        shown.begin(total)
        try:
            yield shown.move
        finally:
            shown.end()

    def end(self, record: dict[str, Any], recipe: Recipe, folder: Path) -> None:
        """Show the result beside the notes' figures, what the notes got wrong, and the files."""
        if self._console.quiet:
            return
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
                table.add_row(*(escape(figure_text(cell)) for cell in row))
            self._console.print(table)
        notes = record["notes"]
        if notes["metrics"] and notes["incomparable"]:
            self._console.print(
                "The notes' figures are no measure of this run: it had "
                f"{', '.join(notes['incomparable'])}.",
                style="yellow",
                highlight=False,
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
            speed = operations / train_s / 1e9  # of training alone: validation is not counted
            work = f", {per_second(speed)} GFLOP/s in matrix products" if speed >= 0.01 else ""
            self._console.print(
                f"\nTrained {epochs} epoch{'s' * (epochs != 1)} in {train_s:.1f} s "
                f"({per_second(rate)} steps/s{work}) after {compile_s:.1f} s of compilation.",
                highlight=False,
            )
        files = [f"  {kind:<12} {name}" for kind, name in record["files"].items()]
        say(self._console, "\n".join([f"Saved in {folder}:", *files]))


def _result_table(record: dict[str, Any]) -> Table:
    table = Table(title=f"{record['recipe']} ({record['variant']})", title_justify="left")
    table.add_column("")
    table.add_column("this run", justify="right")
    table.add_column(f"notes ({record['notes']['source']})", justify="right")
    ours, notes = final(record), record["notes"]["metrics"]
    for name in [n for n in LABELS if n in ours or n in notes]:
        table.add_row(LABELS[name], figure_text(ours.get(name)), figure_text(notes.get(name)))
    return table


def _parts_table(record: dict[str, Any], parts: dict[str, Any]) -> Table:
    table = Table(title=f"{record['recipe']} ({record['variant']})", title_justify="left")
    finals = {part: final(entry) for part, entry in parts.items()}
    names = [name for name in LABELS if any(name in own for own in finals.values())]
    table.add_column("")
    for name in (*names, "seconds"):
        table.add_column(name.replace("_", " "), justify="right")
    for part, own in finals.items():
        seconds = f"{parts[part]['time']['train_s']:.1f}"
        table.add_row(part, *(figure_text(own.get(name)) for name in names), seconds)
    if notes := record["notes"]["metrics"]:
        row = [figure_text(notes.get(name)) for name in names]
        table.add_row(f"notes, {next(iter(finals))}", *row, "", style="dim")
    return table


def tell_remarks(console: Console, recipe: Recipe) -> None:
    """Say what the notes got wrong and what else a reader should know."""
    for heading, sentences in (
        ("What the notes got wrong", recipe.defects),
        ("Good to know", recipe.remarks),
    ):
        if sentences:
            lines = (f"• {escape(sentence)}" for sentence in sentences)
            console.print("\n".join([f"\n[bold]{heading}[/]", *lines]), highlight=False)
