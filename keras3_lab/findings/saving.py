"""What is saved comes back the same."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.engine import evaluate
from keras3_lab.files import all_whole
from keras3_lab.recipes import Findings, Outcome


def save_restore(outcome: Outcome) -> list[Findings]:
    """Save weights and whole model, load each, and evaluate all three alike."""
    (model,) = outcome.models.values()
    weights, whole = outcome.folder / "model.weights.h5", outcome.folder / "whole.keras"
    with all_whole(outcome.folder) as aside:
        model.save_weights(aside / weights.name)
        model.save(aside / whole.name)
    # Weights alone need the architecture beside them: another model of the same recipe.
    rebuilt = outcome.recipe.build(outcome.splits, seed=outcome.seed + 1)
    before = _on_validation(rebuilt, outcome)
    rebuilt.load_weights(weights)
    rows: list[tuple[Any, ...]] = [
        ("as trained", *_on_validation(model, outcome)),
        ("rebuilt, before loading", *before),
        ("rebuilt, weights loaded", *_on_validation(rebuilt, outcome)),
        ("whole model loaded", *_on_validation(keras.models.load_model(whole), outcome)),
    ]
    try:
        model.save(outcome.folder / "model.h6")
    except ValueError as error:
        rows.append((f"saving as .h6: {str(error).partition('.')[0]}", None, None))
    columns = ("model", "validation loss", "validation accuracy")
    return [Findings(title="The restored model is the saved one", columns=columns, rows=rows)]


def checkpoint(outcome: Outcome) -> list[Findings]:
    """Evaluate the best epoch's model, reloaded, beside the last one's."""
    (model,) = outcome.models.values()
    (history,) = outcome.histories.values()
    best = _on_validation(keras.models.load_model(outcome.folder / "best.keras"), outcome)
    epoch = min(range(len(history["val_loss"])), key=history["val_loss"].__getitem__)
    rows = [
        (f"last epoch, {len(history['val_loss'])}", *_on_validation(model, outcome)),
        (f"best epoch, {epoch + 1}, reloaded", *best),
    ]
    return [
        Findings(
            title="The checkpoint holds the best epoch",
            columns=("model", "validation loss", "validation accuracy"),
            rows=rows,
            metrics={"best_val_loss": best[0], "best_val_accuracy": best[1]},
        )
    ]


def _on_validation(model: keras.Model, outcome: Outcome) -> tuple[float, float]:
    splits = outcome.splits
    result = evaluate(model, splits.x_val, splits.y_val, verbose=0, return_dict=True)
    return result["loss"], result["accuracy"]
