"""One model trained several times in succession, what is frozen computed once."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab import engine
from keras3_lab.callbacks import TensorBoard
from keras3_lab.engine import frozen
from keras3_lab.files import ASIDE
from keras3_lab.recipes import Recipe
from keras3_lab.runs import trial
from keras3_lab.runs.kept import Kept
from keras3_lab.runs.report import Report
from keras3_lab.splits import Splits


def train(
    stages: dict[str, Recipe], splits: Splits, seed: int, folder: Path, report: Report, kept: Kept
) -> tuple[keras.Model, dict[str, Any], np.ndarray]:
    """Build the model, and train and evaluate it stage by stage.

    A stage trains the part of the model behind what it freezes, on features of all images that
    were computed before the first epoch, in inference mode, in one pass for all stages.

    Args:
        stages: The recipe of each stage, by name.
        splits: What to train, validate and test on.
        seed: Seed of the run.
        folder: The run's folder.
        report: Shows the progress.
        kept: Where the trainings are kept.

    Returns:
        The trained model, and for the record: what a recipe without stages tells, with the
        settings of the first, the history of all, the metrics of the last, and each by itself;
        and the outputs for the test images.
    """
    first, *_ = stages.values()
    model = first.build(splits, seed)
    entry = trial.identity(model, splits, seed, first.epochs)
    borders = []
    for stage in stages.values():
        _freeze(model, stage)
        borders.append(frozen.border(model))
    by_stage = {}
    with tempfile.TemporaryDirectory(dir=folder, prefix=ASIDE) as scratch:
        started = time.perf_counter()
        found = []
        for part, x in (
            ("training", splits.x_train),
            ("validation", splits.x_val),
            ("test", splits.x_test),
        ):
            with report.counting(f"features of {part} images", len(x)) as tick:
                found.append(
                    frozen.features(model, borders, x, first.batch_size, Path(scratch), tick)
                )
        train, val, test = found
        features_s = time.perf_counter() - started
        for index, (name, stage) in enumerate(stages.items()):
            _freeze(model, stage)
            parts = replace(splits, x_train=train[index], x_val=val[index], x_test=test[index])
            part = stage.compile(frozen.above(model, borders[index]), parts)
            progress = [*report.progress(name), TensorBoard(folder / trial.EVENTS / name)]
            keep = kept.part(name)
            by_stage[name] = trial.fit(part, stage, parts, seed, folder, progress, keep)
        outputs = engine.predict(part, parts.x_test, verbose=0)
    stage.compile(model, splits)  # so that what is saved can be evaluated
    return model, entry | _together(by_stage, features_s), outputs


def _freeze(model: keras.Model, stage: Recipe) -> None:
    if stage.trainable:
        stage.trainable(model)


def _together(stages: dict[str, dict[str, Any]], features_s: float) -> dict[str, Any]:
    first, *_, last = stages.values()
    time = {
        part: sum(entry["time"][part] for entry in stages.values())
        for part in ("compile_s", "train_s")
    }
    steps = sum(
        entry["time"]["steps_per_s"] * entry["time"]["train_s"] for entry in stages.values()
    )
    return {
        "settings": first["settings"],
        "history": {
            name: [value for entry in stages.values() for value in entry["history"][name]]
            for name in first["history"]
        },
        "metrics": last["metrics"]
        | {"epochs_trained": sum(s["metrics"]["epochs_trained"] for s in stages.values())},
        "stages": stages,
        "time": time | {"features_s": features_s, "steps_per_s": steps / time["train_s"]},
    }
