"""`report.html`: what came out of a run, as one page that needs no other file."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imsave

from keras3_lab import pages
from keras3_lab.datasets import Dataset
from keras3_lab.recipes import Recipe
from keras3_lab.records import LABELS, figure_text, final, written
from keras3_lab.runs import graph, plots
from keras3_lab.runs.progress import per_second
from keras3_lab.splits import Splits

WORST = 24
"""So many mistakes are shown."""
ROWS = {"train": "rows to train on", "validation": "to validate on", "test": "to test on"}
"""What a data set's rows are used for."""
FEWEST = 20
"""Fewer predicted numbers than these make no plot."""
CODE = re.compile(r"`(.+?)`")
STYLE = (
    """
.matrix td,.matrix th{padding:.15rem .3rem;text-align:center;border:0;font-size:12px}
.matrix th{font-weight:400;color:var(--soft)}.matrix th:first-child{text-align:right}
.matrix .up{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;white-space:nowrap}
.matrix table{width:auto}.matrix td{min-width:1.8rem}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:.8rem}
.mistakes figure{margin:0;font-size:12px;line-height:1.3}
.mistakes img{width:100%;image-rendering:pixelated;background:var(--fill)}
"""
    + graph.STYLE
)


@dataclass(frozen=True)
class Seen:
    """What a model made of the test rows.

    Args:
        truth: Labels or numbers, of shape `(rows,)`.
        outputs: The model's outputs: of shape `(rows, classes)`, or numbers of shape `(rows,)`.
        images: The test images, of shape `(rows, height, width)` or with channels.
        classes: Name of each class; empty where there are none.
    """

    truth: np.ndarray
    outputs: np.ndarray
    images: np.ndarray | None
    classes: Sequence[str]

    @classmethod
    def of(cls, outputs: Any, splits: Splits, dataset: Dataset) -> Seen:
        """Take what a model returned for the test rows, of several outputs the first.

        Args:
            outputs: What it returned.
            splits: What it was tested on.
            dataset: Where the rows are from.
        """
        outputs, truth = (_first(one) for one in (outputs, splits.y_test))
        if not dataset.class_names:
            return cls(truth.ravel(), outputs.ravel(), None, ())
        return cls(truth, outputs, _images(splits, dataset), dataset.class_names)


def _images(splits: Splits, dataset: Dataset) -> np.ndarray | None:
    """Return the images tested on, with pixels of 0…255."""
    if np.array_equal(_first(splits.y_test), dataset.y_test):
        return dataset.x_test
    images = _first(splits.x_test)  # of other rows, such as a part of the training images
    if images.shape[1:] != dataset.x_test.shape[1:]:
        return None
    darkest, brightest = images.min(), images.max()
    return np.rint((images - darkest) * (255 / (brightest - darkest))).astype("uint8")


def _first(part: Any) -> np.ndarray:
    return np.asarray(next(iter(part.values())) if isinstance(part, dict) else part)


def render(
    record: dict[str, Any], recipe: Recipe, model: keras.Model | None, seen: Seen | None
) -> str:
    """Return the page of a run.

    Args:
        record: The run's record.
        recipe: What ran.
        model: The trained model, the first where there are several; `None` where there is none.
        seen: What it made of the test rows, where one model was trained.
    """
    return pages.document(
        plots.heading(record),
        *_heading(record, recipe),
        *_figures(record),
        *_curves(record),
        *(_classes(seen) if seen is not None and seen.classes else ()),
        *(_numbers(seen) if seen is not None and not seen.classes else ()),
        *_findings(record),
        *_sentences("What the notes got wrong", recipe.defects),
        *_sentences("Good to know", recipe.remarks),
        *(_model(model, record) if model is not None else ()),
        *_settings(record),
        *_origins(record),
        style=STYLE,
    )


def _heading(record: dict[str, Any], recipe: Recipe) -> list[str]:
    data, device = record["data"], record["device"]
    part = data["kind"] == "sample" or data["fraction"] < 1
    used = ", ".join(f"{rows:,} {ROWS[what]}" for what, rows in data["used"].items())
    return [
        f"<h1>{escape(record['recipe'])} <small>{escape(record['variant'])}</small></h1>",
        f"<p>{escape(recipe.title)}. Notes: {escape(recipe.source)}.</p>",
        f"<p class=soft>{escape(record['backend'])} on {escape(device['kind'])}, "
        f"{escape(record['dtype'])}, seed {record['seed']}, "
        f"{escape(record['started'][:16].replace('T', ' '))}</p>",
        f"<p class={'warn' if part else 'soft'}>{escape(data['name'])}: "
        f"{used}; {escape(data['origin'])}</p>",
    ]


def _figures(record: dict[str, Any]) -> list[str]:
    if not record["history"]:
        return []
    parts = record.get("arms", {"": record}) | record.get("stages", {})
    finals = {part or "this run": final(entry) for part, entry in parts.items()}
    notes = record["notes"]
    noted = f"notes ({notes['source']})"
    if notes["metrics"]:
        finals[noted] = notes["metrics"]
    rows = [
        (LABELS[name], *(figure_text(one.get(name)) for one in finals.values()))
        for name in LABELS
        if any(name in one for one in finals.values())
    ]
    parts_of_page = ["<h2>Result</h2>", pages.table(["", *finals], rows)]
    if notes["metrics"] and (reasons := notes["incomparable"]):
        parts_of_page.append(
            "<p class=warn>The notes' figures are no measure of this run: it had "
            f"{escape(', '.join(reasons))}.</p>"
        )
    return parts_of_page


def _curves(record: dict[str, Any]) -> list[str]:
    if not record["history"]:
        return []
    arms = {arm: entry["history"] for arm, entry in record.get("arms", {}).items()}
    names = plots.validated(arms) if arms else plots.metrics_of(record["history"])
    drawn = []
    for name in names:
        with pages.plots_for_pages():
            plot = Figure(figsize=(5.2, 3.6), layout="constrained")
            axes = plot.subplots()
            if arms:
                plots.draw_overlay(axes, arms, name)
                if name == names[0]:
                    axes.legend()
            else:
                plots.draw_curve(axes, record, name)
            drawn.append(pages.figure(pages.to_svg(plot)))
    return ["<h2>Curves</h2><div class=row>", *drawn, "</div>"]


def _classes(seen: Seen) -> list[str]:
    """Return the confusion matrix, and the mistakes that the model was surest of."""
    predicted = seen.outputs.argmax(axis=-1)
    counts = np.zeros((len(seen.classes), len(seen.classes)), int)
    np.add.at(counts, (seen.truth, predicted), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    heads = "".join(f"<th><span class=up>{escape(name)}</span></th>" for name in seen.classes)
    rows = "".join(
        f"<tr><th>{escape(name)}</th>"
        + "".join(
            f'<td style="background:color-mix(in srgb,var(--blue) {70 * share:.0f}%,transparent)">'
            f"{count or ''}</td>"
            for count, share in zip(counts[index], shares[index], strict=True)
        )
        + "</tr>"
        for index, name in enumerate(seen.classes)
    )
    right = float(np.mean(predicted == seen.truth))
    parts = [
        f"<h2>Classes</h2><p>{len(seen.truth):,} test images, {right:.2%} right. "
        "Rows are true classes, columns predicted ones.</p>",
        f"<div class='scroll matrix'><table><tr><th></th>{heads}</tr>{rows}</table></div>",
    ]
    if seen.images is None:
        return parts
    index = np.arange(len(seen.truth))
    surer = seen.outputs[index, predicted] - seen.outputs[index, seen.truth]
    worst = [row for row in np.argsort(-surer, kind="stable")[:WORST] if surer[row] > 0]
    shown = "".join(
        f'<figure><img alt="" src="data:image/png;base64,{_png(seen.images[row])}"><figcaption>'
        f"{escape(seen.classes[seen.truth[row]])}, taken for "
        f"<b>{escape(seen.classes[predicted[row]])}</b></figcaption></figure>"
        for row in worst
    )
    return [*parts, f"<h2>Worst mistakes</h2><div class=mistakes>{shown}</div>"] if worst else parts


def _png(image: np.ndarray) -> str:
    file = io.BytesIO()
    grey = image.reshape(image.shape[:2]) if image.ndim == 2 or image.shape[-1] == 1 else image
    imsave(file, grey, format="png", cmap="gray", vmin=0, vmax=255)
    return base64.b64encode(file.getvalue()).decode()


def _numbers(seen: Seen) -> list[str]:
    if len(seen.truth) < FEWEST:
        return []
    with pages.plots_for_pages():
        plot = Figure(figsize=(5.2, 4.6), layout="constrained")
        plots.draw_predictions(plot.subplots(), seen.truth, seen.outputs)
        drawn = pages.to_svg(plot)
    caption = f"{len(seen.truth):,} test rows; on the dashed line, predictions are right"
    return [
        "<h2>Predicted against true</h2><div class=row>",
        pages.figure(drawn, caption),
        "</div>",
    ]


def _findings(record: dict[str, Any]) -> list[str]:
    return [
        f"<h2>{escape(found['title'])}</h2>"
        + pages.table(found["columns"], ([figure_text(c) for c in row] for row in found["rows"]))
        for found in record["findings"]
    ]


def _sentences(heading: str, sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return []
    marked = (CODE.sub(r"<code>\1</code>", escape(sentence)) for sentence in sentences)
    items = "".join(f"<li>{sentence}</li>" for sentence in marked)
    return [f"<h2>{heading}</h2><ul>{items}</ul>"]


def _model(model: keras.Model, record: dict[str, Any]) -> list[str]:
    first = f", the first of {len(record['arms'])}" if "arms" in record else ""
    frozen = sum(math.prod(weight.shape) for weight in model.non_trainable_weights)
    not_trained = f", {frozen:,} of them not trained" if frozen else ""
    rows = [
        (layer.name, type(layer).__name__, graph.shape_of(layer), f"{graph.weights_of(layer):,}")
        for layer in model.layers
    ]
    layers = pages.table(["layer", "class", "output", "weights"], rows, text_columns=3)
    nodes = graph.nodes_of(model)
    return [
        f"<h2>Model</h2><p>{record['parameters']:,} weights{not_trained}{first}.</p>",
        f'<div class="scroll">{graph.draw(nodes)}</div>' if nodes else "",
        f"<details><summary>Layer by layer</summary>{layers}</details>",
    ]


def _settings(record: dict[str, Any]) -> list[str]:
    if "settings" not in record:
        return []
    parts = record.get("arms") or record.get("stages") or {"": record}
    rows: list[tuple[str, ...]] = []
    for part, entry in parts.items():
        settings = entry["settings"]
        losses = settings["loss"]
        by_output = {"": losses} if "class" in losses else losses
        rows.append((part, "optimizer", written(settings["optimizer"])))
        for output, loss in by_output.items():
            rows.append((part, f"loss {output}".rstrip(), written(loss)))
        rows.append((part, "at most", f"{settings['epochs']:,} epochs"))
        rows.append((part, "each step", f"{settings['batch_size']:,} rows"))
    rows += [("", name, value) for name, value in record["options"].items()]
    # What holds in all parts is told once.
    shared = {row[1:] for row in rows if sum(other[1:] == row[1:] for other in rows) == len(parts)}
    distinct = dict.fromkeys(("" if row[1:] in shared else row[0], *row[1:]) for row in rows)
    in_order = sorted(distinct, key=lambda row: bool(row[0]))
    return [
        "<h2>Settings</h2>",
        pages.table([], in_order, text_columns=3),
    ]


def _origins(record: dict[str, Any]) -> list[str]:
    times = record["time"]
    durations = [
        (words, f"{times[name]:.1f} s")
        for name, words in (
            ("setup_s", "before training"),
            ("features_s", "features of what is frozen"),
            ("compile_s", "compiling"),
            ("train_s", "training and validating"),
        )
        if name in times
    ]
    if "steps_per_s" in times:
        durations.append(("rate", f"{per_second(times['steps_per_s'])} steps/s"))
    device = record["device"]
    versions = [
        *record["versions"].items(),
        ("processor", f"{device['kind']}, {device['cores']} cores"),
    ]
    return [
        "<h2>Time</h2>",
        pages.table([], durations),
        "<h2>Versions</h2>",
        pages.table([], versions, text_columns=2),
        "<h2>Digests</h2><p class=soft>Equal on every backend, device and precision.</p>",
        pages.table([], list(record["digests"].items()), text_columns=2),
    ]
