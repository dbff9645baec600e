"""What a run leaves to be looked at: plots, and a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab import engine
from keras3_lab.datasets import Dataset
from keras3_lab.files import write_text
from keras3_lab.recipes import Recipe
from keras3_lab.runs import page, plots
from keras3_lab.splits import Splits


def draw(
    record: dict[str, Any],
    recipe: Recipe,
    models: dict[str, keras.Model],
    dataset: Dataset,
    splits: Splits,
    folder: Path,
    outputs: np.ndarray | None,
) -> dict[str, str]:
    """Write plots and page, and return the files' names."""
    files, seen = {"report": "report.html"}, None
    if recipe.arms:
        files["comparison"] = "comparison.png"
        plots.comparison(record, folder / files["comparison"])
    elif models:
        (model,) = models.values()
        files["curves"] = "curves.png"
        plots.curves(record, folder / files["curves"])
        if outputs is None:
            outputs = engine.predict(model, splits.x_test, verbose=0)
        seen = page.Seen.of(outputs, splits, dataset)
        if dataset.class_names:
            files["confusion"] = "confusion.png"
            title = f"{recipe.name}: {len(splits.y_test):,} test images"
            plots.confusion(
                splits.y_test,
                outputs.argmax(axis=-1),
                dataset.class_names,
                title,
                folder / files["confusion"],
            )
    first = next(iter(models.values()), None)
    write_text(folder / files["report"], page.render(record, recipe, first, seen))
    return files
