"""What a person sees of a sweep: a table of means, and a page with a plot."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from keras3_lab import pages
from keras3_lab.records import final, main_metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import Console

    from keras3_lab.studies.sweeping import Settings, Sweep

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Row:
    """A metric over the seeds, of one choice of settings.

    Args:
        settings: The settings.
        arm: Name of the training, where a recipe compares several; else empty.
        metric: Name of the metric.
        values: Its value for each seed.
    """

    settings: Settings
    arm: str
    metric: str
    values: list[float]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds; `None` of a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def half_width(self) -> float | None:
        """Half of the mean's confidence interval, by Student's t; `None` of a single seed."""
        if self.deviation is None:
            return None
        from scipy.stats import t

        count = len(self.values)
        return float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * self.deviation / count**0.5


def rows(swept: Sweep) -> list[Row]:
    """Return a row for each choice of settings and metric: of validation, then of the test rows."""
    found: dict[tuple[Any, ...], Row] = {}
    for settings, record in swept.runs:
        for arm, part in record.get("arms", {"": record}).items():
            figures = final(part)
            for metric in metrics(figures):
                key = (*settings.items(), arm, metric)
                row = found.setdefault(key, Row(settings, arm, metric, []))
                row.values.append(figures[metric])
    return list(found.values())


def metrics(figures: dict[str, Any]) -> list[str]:
    """Return the metric that a run is judged by, after its twin of the rows to validate on."""
    name = main_metric(figures)
    if name is None:
        return []
    twin = name.replace("test_", "val_", 1)
    return [twin, name] if twin != name and twin in figures else [name]


def to_json(swept: Sweep) -> dict[str, Any]:
    """Return all that is told of a sweep, as JSON has it."""
    return {
        "schema": "keras3_lab.sweep/1",
        "recipe": swept.recipe.name,
        "folder": str(swept.folder),
        "seconds": swept.seconds,
        "remarks": swept.remarks,
        "rows": [
            {
                "settings": dict(row.settings), "arm": row.arm, "metric": row.metric,
                "values": row.values, "mean": row.mean, "deviation": row.deviation,
                "half_width": row.half_width, "confidence": CONFIDENCE,
            }
            for row in rows(swept)
        ],
    }  # fmt: skip


def table(swept: Sweep) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells: settings, metric, and what came out."""
    found = rows(swept)
    arms = any(row.arm for row in found)
    heads = [*swept.names, *(["training"] if arms else []), "metric"]
    heads += ["mean ± sd", f"{CONFIDENCE:.0%} interval", "lowest", "highest"]
    cells = []
    for row in found:
        digits = ",.0f" if abs(row.mean) >= 1000 else ".4f"
        half = row.half_width
        interval = (
            "–" if half is None else f"{row.mean - half:{digits}} – {row.mean + half:{digits}}"
        )
        cells.append([
            *(f"{row.settings[name]:g}" for name in swept.names),
            *([row.arm] if arms else []),
            row.metric.replace("_", " "),
            f"{row.mean:{digits}}" + ("" if half is None else f" ± {row.deviation:{digits}}"),
            interval,
            f"{min(row.values):{digits}}",
            f"{max(row.values):{digits}}",
        ])  # fmt: skip
    return heads, cells


def show(console: Console, swept: Sweep) -> None:
    """Print the table and where the runs are."""
    from rich import box
    from rich.markup import escape as plain
    from rich.table import Table

    from keras3_lab.terminal import say

    heads, cells = table(swept)
    text = heads.index("mean ± sd")
    shown = Table(box=box.SIMPLE_HEAD, title=_over(swept), title_justify="left")
    for index, head in enumerate(heads[:-2]):  # the page has the lowest and the highest
        shown.add_column(plain(head), justify="left" if index < text else "right")
    for row in cells:
        shown.add_row(*map(plain, row[:-2]))
    console.print(shown)
    if swept.names:
        say(console, "Choose by validation; the test rows then tell what the choice is worth.")
    say(console, f"{len(swept.runs)} runs in {swept.seconds:.1f} s, {'; '.join(swept.remarks)}.")
    say(console, f"Saved in {swept.folder}: sweep.html, sweep.json, and a folder for each run")


def _over(swept: Sweep) -> str:
    seeds = len({record["seed"] for _, record in swept.runs})
    return f"Over {seeds} seed{'s' * (seeds > 1)}"


def page(swept: Sweep) -> str:
    """Return one self-contained HTML page."""
    heads, cells = table(swept)
    title = f"{swept.recipe.name}: {len(swept.runs)} runs"
    return pages.document(
        title,
        f"<h1>{escape(title)}</h1><p>{escape(swept.recipe.title)}</p>",
        f"<p class=soft>{swept.seconds:.1f} s, {escape('; '.join(swept.remarks))}</p>",
        f"<p>{escape(_over(swept))}; the interval is the mean's, by Student's t.</p>",
        pages.table(heads, cells, text_columns=heads.index("mean ± sd")),
        f'<div class="row">{_plots(swept)}</div>',
    )


def _plots(swept: Sweep) -> str:
    from matplotlib.figure import Figure

    by_metric: dict[str, list[Row]] = {}
    for row in rows(swept):
        by_metric.setdefault(row.metric, []).append(row)
    drawn = []
    for metric, own in by_metric.items():
        with pages.plots_for_pages():
            plot = Figure(figsize=(5.2, 3.6), layout="constrained")
            axes = plot.subplots()
            draw(axes, own, swept.names)
            axes.set_ylabel(metric.replace("_", " "))
            drawn.append(pages.to_svg(plot))
    caption = f"a point each run; the line: means, with their {CONFIDENCE:.0%} confidence"
    return "".join(pages.figure(svg, caption) for svg in drawn)


def draw(axes: Axes, own: Sequence[Row], names: Sequence[str]) -> None:
    """Draw one metric over the first setting, a line for each choice of the others.

    Args:
        axes: Where to draw.
        own: The metric's rows.
        names: The settings that were varied.
    """
    lines: dict[str, list[Row]] = {}
    for row in own:
        others = [f"{name} {row.settings[name]:g}" for name in names[1:]]
        lines.setdefault(", ".join(filter(None, [row.arm, *others])), []).append(row)
    numbers = [float(row.settings[names[0]]) for row in own] if names else []
    for index, (label, line) in enumerate(lines.items()):
        x = [float(row.settings[names[0]]) for row in line] if names else [index] * len(line)
        means, widths = [row.mean for row in line], [row.half_width or 0.0 for row in line]
        color = pages.COLOURS[index % len(pages.COLOURS)]
        axes.errorbar(x, means, widths, color=color, label=label, capsize=3, marker="_", ms=12)
        for place, row in zip(x, line, strict=True):
            axes.scatter([place] * len(row.values), row.values, s=9, alpha=0.5, color=color)
    if names:
        axes.set_xlabel(names[0])
        if min(numbers) > 0 and max(numbers) >= 20 * min(numbers):
            axes.set_xscale("log")
    else:
        axes.set_xticks(range(len(lines)), list(lines), rotation=20)
        axes.set_xlim(-0.7, len(lines) - 0.3)
    if len(lines) > 1 and names:
        axes.legend()
    axes.grid(alpha=0.3)
