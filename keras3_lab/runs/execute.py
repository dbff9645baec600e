"""One run of a recipe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console

from keras3_lab import engine, recipes
from keras3_lab.callbacks import TensorBoard
from keras3_lab.datasets import Dataset
from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError, unknown
from keras3_lab.folders import new_folder
from keras3_lab.portable import float64
from keras3_lab.recipes import Outcome, Recipe
from keras3_lab.records import SCHEMA
from keras3_lab.runs import page, plots, stages
from keras3_lab.runs.noted import noted
from keras3_lab.runs.record import hardware, plain, versions, write_record
from keras3_lab.runs.report import Report
from keras3_lab.runs.trial import EVENTS
from keras3_lab.runs.trial import train as train_alone
from keras3_lab.splits import Splits


@dataclass(frozen=True)
class Run:
    """What a run leaves behind.

    Args:
        record: Everything that can be claimed of the run; see the documentation of `record.json`.
        model: The trained model, of the first arm where there are several; `None` where the
            recipe trains none.
        folder: Where model, record and plots are.
    """

    record: dict[str, Any]
    model: keras.Model | None
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
    fraction: float = 1.0,
    dtype: str = "float32",
    device: str = "auto",
    options: Mapping[str, str | None] | None = None,
    out: str | Path = "runs",
    console: Console | None = None,
    train: Callable[..., tuple[keras.Model, dict[str, Any]]] = train_alone,
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
        fraction: How much of the training rows to take, the same share of each class: more than
            0, at most 1.
        dtype: `"float32"` or `"float64"`.
        device: `"auto"`, `"cpu"` or `"gpu"`.
        options: Values of the options that not every recipe has, `{"base": "ResNet50"}`.
        out: Folder to make the run's own folder in. Nothing in it is overwritten.
        console: Where to show progress and result. Defaults to nowhere.
        train: What trains, in the place of `runs.trial.train`, and returns what that returns: a
            sweep has trained already.

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
    recipe = recipe.with_options(options or {}).variant(variant)
    chosen: dict[str, Any] = {}
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value is not None:
            if value < 1:
                raise UsageError(f"{name} must be 1 or more; received: {value}")
            chosen[name] = value
    declared, recipe = recipe, replace(recipe, **chosen)
    with on_device(device) as platform, in_precision(dtype):
        dataset, splits = recipe.data(data, data_dir, fraction)
        named = f"-{keras.config.backend()}-{variant}-seed{seed}"
        folder = new_folder(Path(out), prefix=f"{recipe.name}/", suffix=named)
        report = Report(console)
        report.begin(recipe, variant, dataset, platform)
        setup_s = time.perf_counter() - started

        models: dict[str, keras.Model] = {}
        entries: dict[str, dict[str, Any]] = {}
        # What the caller chose holds in every arm and stage.
        trials = {name: replace(trial, **chosen) for name, trial in recipe.trials().items()}
        ran = next(iter(trials.values()), recipe)
        outputs = None
        if recipe.stages:
            models[""], entries[""], outputs = stages.train(trials, splits, seed, folder, report)
            trials = {}
        for arm, trial in trials.items():
            parts = splits if trial.split is recipe.split else trial.split(dataset)
            progress = [*report.progress(arm), TensorBoard(folder / EVENTS / arm)]
            models[arm], entries[arm] = train(trial, parts, seed, folder, progress)
        first = next(iter(entries.values()), {})
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "recipe": recipe.name,
            "variant": variant,
            "seed": seed,
            "dtype": dtype,
            "options": {name: option.value for name, option in recipe.options.items()},
            "backend": keras.config.backend(),
            "device": hardware(platform),
            "versions": versions(),
            "data": dataset.provenance()
            | {"used": {"train": splits.rows, "validation": splits.validation_rows}},
            "history": {},
            "metrics": {},
            **first,
            "digests": {"data": dataset.sha256} | first.get("digests", {}),
            "notes": noted(declared, ran, dataset),
            "time": {"setup_s": setup_s} | first.get("time", {}),
        }
        if recipe.arms:
            record["arms"] = entries
        outcome = Outcome(
            recipe=recipe,
            models=models,
            histories={arm: part["history"] for arm, part in entries.items()},
            splits=splits,
            folder=folder,
            seed=seed,
        )
        tables = recipe.findings(outcome) if recipe.findings else []
        record["findings"] = [plain(asdict(table)) for table in tables]
        for table in tables:
            record["metrics"] = record["metrics"] | table.metrics
        _save(record, recipe, models, dataset, splits, folder, outputs)
    report.end(record, recipe, folder)
    return Run(record, next(iter(models.values()), None), folder)


def _save(
    record: dict[str, Any],
    recipe: Recipe,
    models: dict[str, keras.Model],
    dataset: Dataset,
    splits: Splits,
    folder: Path,
    outputs: np.ndarray | None,
) -> None:
    files = {"record": "record.json", "report": "report.html"}
    seen = None
    if recipe.arms:
        files["comparison"] = "comparison.png"
        plots.comparison(record, folder / files["comparison"])
    elif models:
        (model,) = models.values()
        files |= {"model": "model.keras", "curves": "curves.png"}
        model.save(folder / files["model"])
        plots.curves(record, folder / files["curves"])
        if outputs is None:
            outputs = engine.predict(model, splits.x_test, verbose=0)
        seen = page.Seen.of(outputs, splits.y_test, dataset)
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
    (folder / files["report"]).write_text(page.render(record, recipe, first, seen))
    known = set(files.values())
    files |= {p.stem: p.name for p in sorted(folder.iterdir()) if p.name not in known}
    record["files"] = files
    write_record(record, folder / files["record"])


@contextlib.contextmanager
def on_device(name: str) -> Iterator[str]:
    """Compute on the named device inside; yields `"cpu"` or `"gpu"`."""
    devices = keras.distribution.list_devices()
    if name == "auto":
        yield "gpu" if any(device.startswith("gpu") for device in devices) else "cpu"
        return
    if name not in ("cpu", "gpu"):
        raise unknown("device", name, ("auto", "cpu", "gpu"))
    if not _is_there(name):
        raise UsageError(
            f"device {name!r} is not there; {keras.config.backend()} sees {', '.join(devices)}"
        )
    with keras.device(f"{name}:0"):
        yield name


def _is_there(device: str) -> bool:
    # Asked by name: of all devices, Keras lists accelerators alone where there are any.
    with contextlib.suppress(RuntimeError):  # what JAX raises where there is none
        return bool(keras.distribution.list_devices(device))
    return False


@contextlib.contextmanager
def in_precision(dtype: str) -> Iterator[None]:
    """Compute in the named precision inside."""
    if dtype == "float32":
        yield
        return
    if dtype != "float64":
        raise unknown("dtype", dtype, ("float32", "float64"))
    with backend().float64(), float64.enable():
        yield
