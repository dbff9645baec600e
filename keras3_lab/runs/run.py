"""One run of a recipe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras3_lab import engine, recipes
from keras3_lab.datasets import Dataset
from keras3_lab.engine.program import backend, program
from keras3_lab.errors import UsageError
from keras3_lab.portable import float64, order_digest, weights_digest
from keras3_lab.recipes import Recipe
from keras3_lab.runs import plots
from keras3_lab.runs.folder import make_folder
from keras3_lab.runs.record import SCHEMA, hardware, plain, versions, write_record
from keras3_lab.runs.report import Report
from keras3_lab.splits import Splits


@dataclass(frozen=True)
class Run:
    """What a run leaves behind.

    Args:
        record: Everything that can be claimed of the run; see the documentation of `record.json`.
        model: The trained model.
        folder: Where model, record and plots are.
    """

    record: dict[str, Any]
    model: keras.Model
    folder: Path


def run(
    recipe: Recipe | str,
    *,
    variant: str = "corrected",
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int = 42,
    data: str = "auto",
    data_dir: str | None = None,
    dtype: str = "float32",
    device: str = "auto",
    out: str | Path = "runs",
    console: Console | None = None,
) -> Run:
    """Train a recipe and save model, record and plots in a folder of its own.

    Args:
        recipe: A recipe or its name.
        variant: `"corrected"` or `"as-noted"`.
        epochs: Number of epochs. Defaults to the recipe's.
        batch_size: Rows per step. Defaults to the recipe's.
        seed: Seed of initial weights, batch order and dropout masks.
        data: `"auto"`, `"full"` or `"sample"`, as in `keras3_lab.datasets.load`.
        data_dir: A folder laid out like `~/.keras/datasets`.
        dtype: `"float32"` or `"float64"`.
        device: `"auto"`, `"cpu"` or `"gpu"`.
        out: Folder to make the run's own folder in. Nothing in it is overwritten.
        console: Where to show progress and result. Defaults to nowhere.

    Returns:
        The record, the trained model and the folder.

    Raises:
        UsageError: If an argument is out of range or the data cannot be had.

    Example:
    ```python
    import keras3_lab

    result = keras3_lab.run("fmnist/softmax-regression", epochs=1, data="sample")
    print(result.record["metrics"]["test_accuracy"], result.folder)
    ```
    """
    started = time.perf_counter()
    if isinstance(recipe, str):
        recipe = recipes.get(recipe)
    recipe = recipe.variant(variant)
    recipe = replace(
        recipe,
        epochs=recipe.epochs if epochs is None else epochs,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
    )
    if recipe.epochs < 1 or recipe.batch_size < 1:
        argument = "epochs" if recipe.epochs < 1 else "batch_size"
        raise UsageError(f"{argument} must be 1 or more; received {getattr(recipe, argument)}")
    with _device(device) as platform, _precision(dtype):
        dataset, splits = recipe.data(source=data, data_dir=data_dir)
        model = recipe.build(seed)
        folder = make_folder(Path(out), recipe.name, variant, seed)
        report = Report(console)
        report.begin(recipe, variant, dataset, model, platform)
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "recipe": recipe.name,
            "variant": variant,
            "seed": seed,
            "dtype": dtype,
            "backend": keras.config.backend(),
            "device": hardware(platform),
            "versions": versions(),
            "settings": _settings(recipe, model),
            "data": dataset.provenance()
            | {"used": {"train": len(splits.y_train), "validation": len(splits.y_val)}},
            "parameters": model.count_params(),
            "digests": {
                "data": dataset.sha256,
                "weights": weights_digest(model),
                "order": order_digest(seed, len(splits.y_train), recipe.epochs),
            },
            "notes": {
                "source": recipe.source,
                "metrics": dict(recipe.figures.metrics),
                "history": {name: list(v) for name, v in recipe.figures.history.items()},
            },
        }
        setup_s = time.perf_counter() - started
        record |= _train(recipe, model, splits, seed, folder, report)
        record["time"] = {"setup_s": setup_s} | record["time"]
        _save(record, recipe, model, dataset, splits, folder)
    report.end(record, recipe, folder)
    return Run(record, model, folder)


def _train(
    recipe: Recipe, model: keras.Model, splits: Splits, seed: int, folder: Path, report: Report
) -> dict[str, Any]:
    """Train, evaluate, and return what the record says about it."""
    callbacks = recipe.callbacks(folder)
    started = time.perf_counter()
    history = engine.fit(
        model,
        splits.x_train,
        splits.y_train,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_data=(splits.x_val, splits.y_val),
        callbacks=[*callbacks, *report.progress(recipe.epochs)],
        verbose=0,
        seed=seed,
    )
    fit_s = time.perf_counter() - started
    compile_s = sum(program(model, kind).compile_s for kind in ("train", "test"))
    steps = len(history.epoch) * -(-len(splits.y_train) // recipe.batch_size)
    metrics = {
        f"{part}_{name}": value
        for part, x, y in (
            ("val", splits.x_val, splits.y_val),
            ("test", splits.x_test, splits.y_test),
        )
        for name, value in engine.evaluate(model, x, y, verbose=0, return_dict=True).items()
    }
    stopped = [c.stopped_epoch for c in callbacks if isinstance(c, keras.callbacks.EarlyStopping)]
    if stopped and stopped[0]:
        metrics["stopped_epoch"] = stopped[0]
    return {
        "history": history.history,
        "metrics": metrics,
        "time": {
            "compile_s": compile_s,
            "train_s": fit_s - compile_s,
            "steps_per_s": steps / (fit_s - compile_s),
        },
    }


def _save(
    record: dict[str, Any],
    recipe: Recipe,
    model: keras.Model,
    dataset: Dataset,
    splits: Splits,
    folder: Path,
) -> None:
    files = {"record": "record.json", "model": "model.keras", "curves": "curves.png"}
    model.save(folder / files["model"])
    plots.curves(record, folder / files["curves"])
    if dataset.class_names:
        files["confusion"] = "confusion.png"
        predictions = engine.predict(model, splits.x_test).argmax(axis=-1)
        plots.confusion(
            splits.y_test,
            predictions,
            dataset.class_names,
            f"{recipe.name}: {len(splits.y_test):,} test images",
            folder / files["confusion"],
        )
    known = set(files.values())
    files |= {p.stem: p.name for p in sorted(folder.iterdir()) if p.name not in known}
    record["files"] = files
    write_record(record, folder / files["record"])


def _settings(recipe: Recipe, model: keras.Model) -> dict[str, Any]:
    compiled = model.get_compile_config()
    return {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "optimizer": plain(keras.saving.serialize_keras_object(model.optimizer)["config"])
        | {"class": type(model.optimizer).__name__},
        "loss": plain(compiled["loss"]["config"]) | {"class": compiled["loss"]["class_name"]},
        "metrics": list(recipe.metrics),
    }


@contextlib.contextmanager
def _device(name: str) -> Iterator[str]:
    """Compute on the named device inside; yields `"cpu"` or `"gpu"`."""
    devices = keras.distribution.list_devices()
    platforms = {device.partition(":")[0] for device in devices}
    if name == "auto":
        yield "gpu" if "gpu" in platforms else "cpu"
        return
    if name not in ("cpu", "gpu"):
        raise UsageError(f"unknown device {name!r}; known: auto, cpu, gpu")
    if name not in platforms:
        raise UsageError(
            f"device {name!r} is not there; {keras.config.backend()} sees {', '.join(devices)}"
        )
    with keras.device(f"{name}:0"):
        yield name


@contextlib.contextmanager
def _precision(dtype: str) -> Iterator[None]:
    if dtype == "float32":
        yield
        return
    if dtype != "float64":
        raise UsageError(f"unknown dtype {dtype!r}; known: float32, float64")
    with backend().float64(), float64.enable():
        yield
