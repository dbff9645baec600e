"""Many runs of a recipe, over seeds and settings of its optimizer; those of one make at once."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras3_lab import datasets, engine
from keras3_lab.errors import UsageError
from keras3_lab.folders import new_folder
from keras3_lab.recipes import Recipe
from keras3_lab.runs import execute, trial
from keras3_lab.runs.device import in_precision, on_device
from keras3_lab.runs.progress import display
from keras3_lab.runs.settings import Value, scheduled, with_settings
from keras3_lab.splits import Splits
from keras3_lab.terminal import say

Settings = Mapping[str, Value]


@dataclass(frozen=True)
class Sweep:
    """What a sweep leaves behind.

    Args:
        recipe: What was swept, in its variant.
        names: The settings that were varied.
        folder: Where the runs are, each in a folder of its own.
        runs: Settings and record of each run.
        remarks: What to know of how they were trained.
        seconds: How long all took.
    """

    recipe: Recipe
    names: tuple[str, ...]
    folder: Path
    runs: list[tuple[Settings, dict[str, Any]]]
    remarks: list[str]
    seconds: float


def sweep(
    recipe: Recipe,
    *,
    seeds: int,
    settings: Mapping[str, Sequence[Value]] | None = None,
    variant: str = "corrected",
    epochs: int | None = None,
    batch_size: int | None = None,
    data: str = "auto",
    data_dir: str | None = None,
    fraction: float = 1.0,
    dtype: str = "float32",
    device: str = "auto",
    options: Mapping[str, str | None] | None = None,
    out: str | Path = "runs",
    console: Console | None = None,
) -> Sweep:
    """Train a recipe once for each seed and each choice of settings.

    Args:
        recipe: The recipe.
        seeds: Train with seeds 1 to this.
        settings: Values of each setting of the optimizer that is varied.
        variant: `"corrected"` or `"as-noted"`.
        epochs: Number of epochs. Defaults to the recipe's.
        batch_size: Rows per step. Defaults to the recipe's.
        data: `"auto"`, `"full"` or `"sample"`.
        data_dir: A folder laid out like `~/.keras/datasets`.
        fraction: How much of the training rows to take.
        dtype: `"float32"` or `"float64"`.
        device: `"auto"`, `"cpu"` or `"gpu"`.
        options: Values of the options that not every recipe has.
        out: Folder to make the sweep's own folder in.
        console: Where to show progress. Defaults to nowhere.

    Returns:
        Settings and record of each run, and where they are.

    Raises:
        UsageError: If an argument is out of range, or the optimizer has no such setting.
    """
    console = console or Console(quiet=True)
    started = time.perf_counter()
    declared = recipe.with_options(options or {}).variant(variant)
    if declared.model is None:
        raise UsageError(f"recipe {recipe.name!r} trains no Keras model: there is nothing to sweep")
    given = {"epochs": epochs, "batch_size": batch_size}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings = settings or {}
    combinations: list[Settings] = [
        dict(zip(settings, own, strict=True)) for own in itertools.product(*settings.values())
    ]
    for own in combinations:
        with_settings(declared, own)  # what cannot be set is told before anything is trained
    with on_device(device), in_precision(dtype):
        whole, _ = declared.data(data, data_dir)
        splits = declared.split(datasets.take_fraction(whole, fraction))
    # Loaded and divided once for all runs, in the variant that is wanted.
    base = replace(
        declared, dataset=lambda: whole, split=lambda dataset: splits, as_noted={}, declare=None
    )
    folder = new_folder(Path(out), prefix="sweeps/", suffix=f"-{keras.config.backend()}-{variant}")
    numbers = range(1, seeds + 1)
    why_alone = _why_alone(base)
    groups = _groups(combinations, base, numbers, alone=bool(why_alone))
    remarks = [_remark(groups, why_alone)]
    count = len(combinations) * seeds
    say(console, f"{recipe.name}: {count} run{'s' * (count > 1)}, {remarks[0]}")
    runs: list[tuple[Settings, dict[str, Any]]] = []
    progress = display(console, "runs")
    progress.begin(count)
    for group in groups:
        progress.show(len(runs), f"{len(group)} at once" if len(group) > 1 else "")
        trainer: Callable[..., Any] = trial.train
        if len(group) > 1:
            with on_device(device), in_precision(dtype):
                trainer = _together(replace(base, **chosen), group, splits)
        for own, seed in group:
            run = execute.run(
                base, variant=variant, seed=seed, data=data, data_dir=data_dir, fraction=fraction,
                dtype=dtype, device=device, options=options, settings=own, pictures=False,
                out=folder / ",".join(f"{name}={value:g}" for name, value in own.items()),
                train=trainer, **chosen,
            )  # fmt: skip
            runs.append((own, run.record))
            progress.show(len(runs), f"seed {seed}")
    progress.end()
    seconds = time.perf_counter() - started
    return Sweep(declared, tuple(settings), folder, runs, remarks, seconds)


Member = tuple[Settings, int]
"""One run to be: its settings and seed."""


def _groups(
    combinations: Sequence[Settings], base: Recipe, seeds: Sequence[int], *, alone: bool
) -> list[list[Member]]:
    """Put together what may be one program: what differs in seed and constant learning rate."""
    if alone:
        return [[(own, seed)] for own in combinations for seed in seeds]
    groups: dict[tuple[Any, ...], list[Member]] = {}
    for own in combinations:
        fixed = {name: value for name, value in own.items() if name != "learning_rate"}
        # A schedule's numbers are constants of the program, a plain rate is a variable.
        key = (*fixed.items(), scheduled(with_settings(base, own)))
        groups.setdefault(key, []).extend((own, seed) for seed in seeds)
    return list(groups.values())


def _why_alone(recipe: Recipe) -> str:
    """Say why runs of a recipe cannot share a program; empty where they can."""
    if recipe.arms or recipe.stages:
        return "it trains several times"
    with tempfile.TemporaryDirectory() as folder:
        if recipe.callbacks(Path(folder)):
            return "its callbacks watch a single training"
    return ""


def _remark(groups: Sequence[Sequence[Member]], why_alone: str) -> str:
    if why_alone:
        return f"one after another, since {why_alone}"
    sizes = [len(group) for group in groups]
    if max(sizes) == 1:
        return "one after another: each is a program of its own"
    if len(sizes) == 1:
        return f"all {sizes[0]} at once"
    return f"{len(sizes)} programs of {', '.join(map(str, sizes))} runs at once"


def _together(
    base: Recipe, group: Sequence[Member], splits: Splits
) -> Callable[..., tuple[keras.Model, dict[str, Any]]]:
    """Train a group at once, and return what hands out its members in place of training them."""
    models, identities = [], []
    for own, seed in group:
        recipe = with_settings(base, own)
        model = recipe.build(splits, seed)
        models.append(model)
        identity = trial.identity(model, splits, seed, recipe.epochs)
        identities.append(identity | {"settings": trial.settings(recipe, model)})
    started = time.perf_counter()
    histories = engine.fit_many(
        models,
        splits.x_train,
        splits.y_train,
        batch_size=base.batch_size,
        epochs=base.epochs,
        validation_data=(splits.x_val, splits.y_val),
        seeds=[seed for _, seed in group],
    )
    share_s = (time.perf_counter() - started) / len(group)
    shown = with_settings(base, group[0][0]).build(
        splits
    )  # takes each one's values in turn: compiled once for all
    members = iter(zip(models, identities, histories, strict=True))

    def hand_out(
        recipe: Recipe, splits: Splits, seed: int, folder: Path, progress: list[Any], keep: Any
    ) -> tuple[keras.Model, dict[str, Any]]:
        model, entry, history = next(members)
        _become(shown, model)
        for callback in progress:  # TensorBoard
            for epoch in range(base.epochs):
                logs = {name: values[epoch] for name, values in history.history.items()}
                callback.on_epoch_end(epoch, logs)
            callback.on_train_end()
        entry |= trial.outcome(shown, recipe, splits, history)
        steps = base.epochs * splits.steps(base.batch_size)
        entry["time"] = {
            "train_s": share_s, "steps_per_s": steps / share_s, "together": len(group)
        }  # fmt: skip
        return shown, entry

    return hand_out


def _become(model: keras.Model, other: keras.Model) -> None:
    """Give a model the values of another of the same make, its optimizer's included."""
    model.optimizer.build(model.trainable_variables)
    for own, theirs in zip(
        (*model.variables, *model.optimizer.variables),
        (*other.variables, *other.optimizer.variables),
        strict=True,
    ):
        own.assign(theirs)
