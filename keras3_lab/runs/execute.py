"""One run of a recipe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras3_lab import recipes
from keras3_lab.callbacks import TensorBoard
from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError
from keras3_lab.files import whole
from keras3_lab.folders import new_folder
from keras3_lab.recipes import Outcome, Recipe
from keras3_lab.records import SCHEMA
from keras3_lab.resumable import read_every
from keras3_lab.runs import others, stages
from keras3_lab.runs.device import have_devices, in_precision, on_device
from keras3_lab.runs.drawn import draw
from keras3_lab.runs.kept import Kept
from keras3_lab.runs.noted import noted
from keras3_lab.runs.record import hardware, plain, versions
from keras3_lab.runs.report import Report
from keras3_lab.runs.settings import Value, with_settings
from keras3_lab.runs.status import Status
from keras3_lab.runs.trial import EVENTS
from keras3_lab.runs.trial import train as train_alone


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
    devices: int = 1,
    options: Mapping[str, str | None] | None = None,
    out: str | Path = "runs",
    checkpoint_every: int | str | None = None,
    settings: Mapping[str, Value] | None = None,
    console: Console | None = None,
    pictures: bool = True,
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
        devices: Number of devices that share each batch: GPUs, or virtual ones on the CPU, which
            are made where the backend has not started. Of several processes, each has so many.
        options: Values of the options that not every recipe has, `{"base": "ResNet50"}`.
        out: Folder to make the run's own folder in. Nothing in it is overwritten.
        checkpoint_every: Save what `resume` goes on from every so many epochs, or after so many
            minutes, as in `"10m"`. Defaults to every epoch, but once a second at most.
        settings: Values of settings of the recipe's optimizers, `{"learning_rate": 0.01}`.
        console: Where to show progress and result. Defaults to nowhere.
        pictures: Whether to leave plots and a page, too.
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
    if not str(out):
        raise UsageError("out must name a folder; received: ''")
    read_every(checkpoint_every)
    arguments = {
        "variant": variant,
        "epochs": epochs,
        "batch_size": batch_size,
        "seed": seed,
        "data": data,
        "data_dir": str(Path(data_dir).absolute()) if data_dir else None,
        "fraction": fraction,
        "dtype": dtype,
        "device": device,
        "devices": devices,
        "options": dict(options or {}),
        "settings": dict(settings or {}),
    }
    if isinstance(recipe, str):
        recipe = recipes.get(recipe)
    return _run(
        recipe, arguments, console, out=Path(out), every=checkpoint_every, pictures=pictures,
        train=train,
    )  # fmt: skip


def resume(
    folder: str | Path,
    *,
    recipe: Recipe | None = None,
    checkpoint_every: int | str | None = None,
    console: Console | None = None,
) -> Run:
    """Go on with a run that was interrupted, to where it would have come.

    On the same backend, device and versions, model, history and metrics are those of a run that was
    never interrupted, bit for bit.

    Args:
        folder: The run's folder.
        recipe: The run's recipe, where it is one of your own.
        checkpoint_every: As in `run`.
        console: Where to show progress and result. Defaults to nowhere.

    Returns:
        As `run`.

    Raises:
        UsageError: If there is no such run, it is done, another process is at it, or the data are
            others now.

    Example:
    ```python
    import keras3_lab

    try:
        keras3_lab.run("fmnist/dropout", epochs=2, data="sample", out="runs")
    except KeyboardInterrupt:
        (folder,) = Path("runs/fmnist").iterdir()
        keras3_lab.resume(folder)
    ```
    """
    kept = Kept(Path(folder), checkpoint_every)
    with contextlib.ExitStack() as stack:
        if not others.is_first():
            kept = others.copied(kept, stack.enter_context(others.folder_aside()))
        stack.enter_context(kept.locked())
        begun = kept.begun()
        if recipe is None:
            recipe = recipes.get(begun["record"]["recipe"])
        return _run(recipe, begun["arguments"], console, kept=kept, before=begun["record"])


def _run(
    recipe: Recipe,
    arguments: dict[str, Any],
    console: Console | None,
    *,
    out: Path = Path(),
    every: int | str | None = None,
    kept: Kept | None = None,
    before: dict[str, Any] | None = None,
    pictures: bool = True,
    train: Callable[..., tuple[keras.Model, dict[str, Any]]] = train_alone,
) -> Run:
    """Train a recipe in a new folder in `out`, or go on with what `before` is the record of."""
    started = time.perf_counter()
    variant, seed, dtype = (arguments[name] for name in ("variant", "seed", "dtype"))
    devices = arguments.get("devices", 1)  # a run that an earlier version began has one
    recipe = recipe.with_options(arguments["options"]).variant(variant)
    recipe = with_settings(recipe, arguments["settings"])
    chosen: dict[str, Any] = {}
    for name in ("epochs", "batch_size"):
        value = arguments[name]
        if value is not None:
            if value < 1:
                raise UsageError(f"{name} must be 1 or more; received: {value}")
            chosen[name] = value
    declared, recipe = recipe, replace(recipe, **chosen)
    with contextlib.ExitStack() as stack:
        alone_or_first, processes = others.is_first(), backend().process_and_count()[1]
        have_devices(arguments["device"], devices)
        stack.enter_context(in_precision(dtype))  # first: it is made sure of on one device
        platform = stack.enter_context(on_device(arguments["device"], devices))
        which = (arguments[name] for name in ("data", "data_dir", "fraction"))
        dataset, splits = recipe.data(*which)
        if not alone_or_first:  # it does the same, and nobody sees it
            console = None
            out, every = stack.enter_context(others.folder_aside()), others.NEVER
        if kept is None:
            named = f"-{keras.config.backend()}-{variant}-seed{seed}"
            kept = Kept(new_folder(out, prefix=f"{recipe.name}/", suffix=named), every)
            kept.make()
            stack.enter_context(kept.locked())
        folder = kept.folder
        report = Report(console)
        report.begin(recipe, variant, dataset, platform, devices * processes, processes)
        setup_s = time.perf_counter() - started

        # What the caller chose holds in every arm and stage.
        trials = {name: replace(trial, **chosen) for name, trial in recipe.trials().items()}
        begun: dict[str, Any] = {
            "schema": SCHEMA,
            "status": "running",
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "recipe": recipe.name,
            "variant": variant,
            "seed": seed,
            "dtype": dtype,
            "options": {name: option.value for name, option in recipe.options.items()},
            "backend": keras.config.backend(),
            "device": hardware(platform, devices * processes, processes),
            "versions": versions(),
            "data": dataset.provenance()
            | {
                "used": {
                    "train": splits.rows,
                    "validation": splits.validation_rows,
                    "test": splits.test_rows,
                }
            },
            "history": {},
            "metrics": {},
            "digests": {"data": dataset.sha256},
            "findings": [],
            "notes": noted(declared, next(iter(trials.values()), recipe), dataset),
            "time": {"setup_s": setup_s},
            "files": {"record": "record.json"},
        }
        begun = _going_on(before, begun, folder) if before else begun
        if begun is not before:
            kept.begin(arguments, begun)
        status = Status(begun, folder / "record.json")
        with status.tracked(), others.together():
            models: dict[str, keras.Model] = {}
            entries: dict[str, dict[str, Any]] = {}
            outputs = None
            if recipe.stages:
                models[""], entries[""], outputs = stages.train(
                    trials, splits, seed, folder, report, kept
                )
                trials = {}
            for arm, trial in trials.items():
                parts = splits if trial.split is recipe.split else trial.split(dataset)
                progress = [*report.progress(arm), TensorBoard(folder / EVENTS / arm)]
                keep = kept.part(arm)
                models[arm], entries[arm] = train(trial, parts, seed, folder, progress, keep)
            first = next(iter(entries.values()), {})
            record = begun | first
            for part in ("digests", "time"):
                record[part] = begun[part] | first.get(part, {})
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
            files = {"record": "record.json"}
            if models and not recipe.arms:
                files["model"] = "model.keras"
                with whole(folder / files["model"]) as aside:
                    models[""].save(aside)
            if pictures:
                files |= draw(record, recipe, models, dataset, splits, folder, outputs)
            known = set(files.values())
            left = sorted(p for p in folder.iterdir() if p.name[0] != "." and p.name not in known)
            files |= {p.stem: p.name for p in left}
            record |= {"status": "done", "files": files}
            status.done(record)
        kept.remove()
    report.end(record, recipe, folder)
    return Run(record, next(iter(models.values()), None), folder)


def _going_on(before: dict[str, Any], now: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the record of before, with where it goes on now, should that be elsewhere."""
    if before["data"]["sha256"] != now["data"]["sha256"]:
        raise UsageError(
            f"{folder}: it was trained on other data, {before['data']['origin']}; "
            f"found: {now['data']['origin']}"
        )
    where = ("backend", "device", "versions")
    if all(before[part] == now[part] for part in where):
        return before
    begun_on = {part: before[part] for part in where}
    return {"begun_on": begun_on} | before | {part: now[part] for part in where}
