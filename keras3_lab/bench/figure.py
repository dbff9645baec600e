"""Stock `fit` beside the engine, model by model, as a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from keras3_lab.bench.people import geometric_mean

TITLES = {"jax": "JAX", "tensorflow": "TensorFlow"}


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw how many times as long stock `fit` takes, as an SVG file.

    Args:
        result: What `keras3_lab bench --suite models` measured.
        path: File to write.
    """
    models = sorted(result["people"]["models"], key=lambda model: model["epoch"]["times"])
    times = [model["epoch"]["times"] for model in models]
    mean = geometric_mean(models, "epoch")
    # The same file for the same figures.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "keras3_lab", "font.size": 9}):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        bars = axes.barh([model["case"] for model in models], times, color="tab:blue")
        axes.bar_label(bars, [f"{ratio:.2g}" for ratio in times], padding=3)
        axes.axvline(1, color="black", linewidth=1)
        axes.axvline(mean, color="tab:orange", linestyle="--", label=f"geometric mean: {mean:.2g}")
        axes.set(xscale="log", xlim=(min(0.7, *times), 1.6 * max(times)))
        axes.set_xlabel(
            f"{TITLES[result['backend']]}: seconds an epoch, model.fit ÷ keras3_lab.fit"
        )
        axes.legend(frameon=False, loc="lower right")
        figure.savefig(path, format="svg", metadata={"Date": None})
