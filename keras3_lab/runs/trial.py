"""One training: from a recipe and its data to a trained model and what the record says of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras3_lab import engine
from keras3_lab.callbacks import TensorBoard
from keras3_lab.engine.by_keras import why_by_keras
from keras3_lab.engine.interface import backend, program
from keras3_lab.errors import UsageError
from keras3_lab.portable import order_digest, weights_digest
from keras3_lab.recipes import Recipe
from keras3_lab.runs.finite import StopOnLostLoss
from keras3_lab.runs.kept import Part
from keras3_lab.runs.operations import training_operations
from keras3_lab.runs.record import configuration, plain
from keras3_lab.splits import Splits

EVENTS = "tensorboard"
"""Folder in a run's folder, of what TensorBoard reads."""


def train(
    recipe: Recipe,
    splits: Splits,
    seed: int,
    folder: Path,
    progress: list[keras.callbacks.Callback],
    keep: Part,
) -> tuple[keras.Model, dict[str, Any]]:
    """Build, train and evaluate the model of a recipe without arms and stages.

    Args:
        recipe: The recipe.
        splits: What to train, validate and test on.
        seed: Seed of the run.
        folder: The run's folder, for the recipe's callbacks.
        progress: Callbacks that show progress, on a terminal or in TensorBoard.
        keep: Where the training is kept, and goes on from if it was interrupted.

    Returns:
        The trained model, and settings, digests, history, metrics and times for the record.
    """
    model = recipe.build(splits, seed)
    entry = identity(model, splits, seed, recipe.epochs)
    return model, entry | fit(model, recipe, splits, seed, folder, progress, keep)


def identity(model: keras.Model, splits: Splits, seed: int, epochs: int) -> dict[str, Any]:
    """Say for the record what a model starts from: parameters and digests."""
    return {
        "parameters": model.count_params(),
        "digests": {
            "weights": weights_digest(model),
            "order": order_digest(seed, splits.rows, epochs),
        },
    }


def fit(
    model: keras.Model,
    recipe: Recipe,
    splits: Splits,
    seed: int,
    folder: Path,
    progress: list[keras.callbacks.Callback],
    keep: Part,
) -> dict[str, Any]:
    """Train and evaluate a compiled model as its recipe says.

    Returns:
        Settings, history, metrics and times for the record.
    """
    trained = keep.finished(model)
    if trained is not None:
        return trained

    devices = backend().devices_of(model)
    if devices > 1 and (reason := why_by_keras(model, "train")):
        raise UsageError(f"devices must be 1 for {recipe.name}, {reason}; received: {devices}")

    def compile_s() -> float:
        return sum(program(model, kind).compile_s for kind in ("train", "test"))

    callbacks = [StopOnLostLoss(folder), *recipe.callbacks(folder)]
    events = [callback for callback in progress if isinstance(callback, TensorBoard)]
    progress = [callback for callback in progress if callback not in events]
    if not any(isinstance(callback, TensorBoard) for callback in callbacks):  # it writes the same
        callbacks = [*callbacks, *events]
    keeping = keep.callback(callbacks, lambda: time.perf_counter() - compile_s())
    chosen = settings(recipe, model)  # now: a callback may change the learning rate
    started = time.perf_counter()
    history = engine.fit(
        model,
        splits.x_train,
        splits.y_train,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_data=(splits.x_val, splits.y_val),
        callbacks=[*callbacks, keeping, *progress],
        verbose=0,
        seed=seed,
        check="error",
    )
    fit_s = time.perf_counter() - started
    compiled_s = compile_s()
    train_s = keeping.spent_before + fit_s - compiled_s
    trained = {
        "settings": chosen,
        **outcome(model, recipe, splits, history, callbacks),
        "time": {
            "compile_s": compiled_s,
            "train_s": train_s,
            "steps_per_s": len(history.epoch) * splits.steps(recipe.batch_size) / train_s,
        },
    }
    keep.finish(model, trained, recipe.epochs)
    return trained


def outcome(
    model: keras.Model,
    recipe: Recipe,
    splits: Splits,
    history: keras.callbacks.History,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, Any]:
    """Evaluate a trained model.

    Args:
        model: The model.
        recipe: What it was trained by.
        splits: What to validate and test on.
        history: What `fit` returned.
        callbacks: The recipe's, which `fit` had.

    Returns:
        History, metrics and operations for the record.
    """
    metrics = {
        f"{part}_{name}": value
        for part, x, y in (
            ("val", splits.x_val, splits.y_val),
            ("test", splits.x_test, splits.y_test),
        )
        for name, value in engine.evaluate(
            model, x, y, batch_size=recipe.batch_size, verbose=0, return_dict=True
        ).items()
    }
    metrics["epochs_trained"] = len(history.epoch)
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.best_weights:
            metrics["restored_epoch"] = callback.best_epoch + 1  # Keras counts from 0
    return {
        "history": plain(history.history),
        "metrics": metrics,
        "operations": training_operations(model, len(history.epoch) * splits.rows),
    }


def settings(recipe: Recipe, model: keras.Model) -> dict[str, Any]:
    """Say for the record how a model is trained."""

    def described(part: Any) -> dict[str, Any]:
        if isinstance(part, dict):  # by output
            return {name: described(one) for name, one in part.items()}
        return configuration(part)

    metrics = recipe.metrics()
    by_output = metrics if isinstance(metrics, dict) else {"": metrics}

    return {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "optimizer": described(model.optimizer),
        "loss": described(model.loss),
        "loss_weights": recipe.loss_weights,
        "metrics": [
            f"{output}{'_' if output else ''}{m if isinstance(m, str) else m.name}"
            for output, listed in by_output.items()
            for m in listed
        ],
    }
