"""Runs side by side: their figures, what differs in how they were made, and their curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras3_lab import pages
from keras3_lab.errors import UsageError
from keras3_lab.records import LABELS, figure_text, final, read_record, written

if TYPE_CHECKING:
    from rich.console import Console

SIDE_BY_SIDE = 4
"""So many runs stand beside one another on a terminal."""


@dataclass(frozen=True)
class Entry:
    """One training of a comparison: a run, or an arm of one.

    Args:
        label: What it differs in from the others, in words.
        record: The run's record.
        part: The training's own part of it.
    """

    label: str
    record: dict[str, Any]
    part: dict[str, Any]


def entries(runs: Sequence[str | Path]) -> list[Entry]:
    """Read runs, each of whose arms stands by itself.

    Args:
        runs: Folders of runs, or `record.json` files.

    Raises:
        UsageError: If one is no run.
    """
    records = [read_record(run) for run in runs]
    for run, record in zip(runs, records, strict=True):
        if (status := record.get("status", "done")) != "done":
            raise UsageError(
                f"{run}: this run is not done, it is {status}; "
                f"go on with it by keras3-lab run --resume {run}"
            )
    found = []
    for label, record in zip(_labels(records), records, strict=True):
        for arm, part in record.get("arms", {"": record}).items():
            found.append(Entry(": ".join(filter(None, (label, arm))), record, part))
    return found


def _labels(records: Sequence[dict[str, Any]]) -> list[str]:
    """Name each run by what it does not share with all the others."""
    made = [
        {
            "recipe": record["recipe"],
            "variant": record["variant"],
            "backend": record["backend"],
            "device": record["device"]["platform"],
            "dtype": record["dtype"],
            "data": record["data"]["kind"],
            "seed": f"seed {record['seed']}",
            **{name: f"{name} {value}" for name, value in record["options"].items()},
        }
        for record in records
    ]
    names = dict.fromkeys(name for one in made for name in one)
    telling = [name for name in names if len({one.get(name) for one in made}) > 1]
    labels = [", ".join(one[name] for name in telling if name in one) for one in made]
    return [
        f"{label} ({1 + labels[:index].count(label)})".strip() if labels.count(label) > 1 else label
        for index, label in enumerate(labels)
    ]


def figures(compared: Sequence[Entry]) -> list[list[str]]:
    """Return a row for each figure, a cell for each training after the figure's name.

    The notes' figures come last where all are of one recipe.
    """
    columns: list[dict[str, Any]] = [final(entry.part) for entry in compared]
    if notes := _notes(compared):
        columns.append(notes["metrics"])
    rows = [
        [LABELS[name], *(figure_text(column.get(name)) for column in columns)]
        for name in LABELS
        if any(name in column for column in columns)
    ]
    seconds = [entry.part["time"].get("train_s") for entry in compared]
    if any(seconds):
        cells = ["–" if value is None else f"{value:.1f}" for value in seconds]
        rows.append(["seconds of training", *cells, *([""] if notes else [])])
    return rows


def headings(compared: Sequence[Entry]) -> list[str]:
    """Return the heading of each column of `figures` but the first."""
    notes = _notes(compared)
    return [
        *(entry.label for entry in compared),
        *([f"notes ({notes['source']})"] if notes else []),
    ]


def _notes(compared: Sequence[Entry]) -> dict[str, Any]:
    first, *others = compared
    notes: dict[str, Any] = first.record["notes"]
    same = all(other.record["recipe"] == first.record["recipe"] for other in others)
    return notes if same and notes["metrics"] else {}


def differences(compared: Sequence[Entry]) -> list[list[str]]:
    """Return a row for each setting that is not the same in all trainings."""
    made = [_made(entry) for entry in compared]
    names = dict.fromkeys(name for one in made for name in one)
    rows = [[name, *(one.get(name, "–") for one in made)] for name in names]
    return [row for row in rows if len(set(row[1:])) > 1]


def _made(entry: Entry) -> dict[str, str]:
    """Return how a training was made, in words."""
    record, part = entry.record, entry.part
    data, device = record["data"], record["device"]
    facts = {name: str(record[name]) for name in ("recipe", "variant", "seed", "dtype", "backend")}
    facts |= {"device": device["kind"], "data": f"{data['name']}, {data['kind']}"}
    facts |= {"rows to train on": f"{data['used']['train']:,}"}
    if settings := part.get("settings"):
        loss = settings["loss"]
        losses = {"": loss} if "class" in loss else loss
        facts["weights"] = f"{part['parameters']:,}"
        facts["optimizer"] = written(settings["optimizer"])
        facts["loss"] = "; ".join(f"{name} {written(one)}".strip() for name, one in losses.items())
        facts["weights of the losses"] = str(settings["loss_weights"] or "–")
        facts |= {
            "at most epochs": str(settings["epochs"]),
            "rows a step": str(settings["batch_size"]),
        }
        facts["initial weights"] = part["digests"]["weights"][:12]
    versions = record["versions"]
    return facts | {f"{name}, version": version for name, version in versions.items()}


def not_alike(compared: Sequence[Entry]) -> str:
    """Say in a line why the notes' figures are no measure of some; empty where they are."""
    if not _notes(compared):
        return ""
    reasons = dict.fromkeys(
        reason for entry in compared for reason in entry.record["notes"]["incomparable"]
    )
    return f"The notes' figures are no measure: {', '.join(reasons)}." if reasons else ""


def show(console: Console, compared: Sequence[Entry]) -> None:
    """Print figures and differences."""
    from rich.markup import escape as plain
    from rich.table import Table

    labels = [entry.label for entry in compared]
    for title, names, rows in (
        ("Result", headings(compared), figures(compared)),
        ("Differences", labels, differences(compared)),
    ):
        for start in range(0, len(names) if rows else 0, SIDE_BY_SIDE):
            table = Table(title=title, title_justify="left")
            table.add_column("")
            for name in names[start : start + SIDE_BY_SIDE]:
                table.add_column(plain(name), justify="right", overflow="fold")
            for head, *cells in rows:
                table.add_row(head, *map(plain, cells[start : start + SIDE_BY_SIDE]))
            console.print(table)
    if reason := not_alike(compared):
        console.print(reason, style="yellow", highlight=False)


def page(compared: Sequence[Entry]) -> str:
    """Return one self-contained HTML page with overlaid curves."""
    recipes = dict.fromkeys(entry.record["recipe"] for entry in compared)
    title = f"{', '.join(recipes)}: {len(compared)} trainings compared"
    reason = not_alike(compared)
    return pages.document(
        title,
        f"<h1>{escape(title)}</h1>",
        "<h2>Result</h2>",
        pages.table(["", *headings(compared)], figures(compared)),
        f"<p class=warn>{escape(reason)}</p>" if reason else "",
        "<h2>Differences</h2>",
        pages.table(
            ["", *(entry.label for entry in compared)],
            differences(compared),
            text_columns=1 + len(compared),
        ),
        *_curves(compared),
    )


def _curves(compared: Sequence[Entry]) -> list[str]:
    from matplotlib.figure import Figure

    from keras3_lab.runs import plots

    histories = {entry.label or "this run": entry.part["history"] for entry in compared}
    names = plots.validated(histories)
    drawn = []
    for index, name in enumerate(names):
        with pages.plots_for_pages():
            plot = Figure(figsize=(5.2, 3.6), layout="constrained")
            axes = plot.subplots()
            plots.draw_overlay(axes, histories, name)
            if not index and len(histories) <= len(pages.COLOURS):
                axes.legend()
            drawn.append(pages.figure(pages.to_svg(plot)))
    if not drawn:
        return []
    return ["<h2>Curves</h2><p class=soft>Validation; dotted: training.</p><div class=row>", *drawn,
            "</div>"]  # fmt: skip
