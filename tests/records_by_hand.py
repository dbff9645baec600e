"""Run records as a run writes them, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from keras3_lab.records import SCHEMA


def record(**more: Any) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "status": "done",
        "started": "2026-11-26T10:00:00+00:00",
        "recipe": "fmnist/batch-norm",
        "variant": "corrected",
        "seed": 1,
        "dtype": "float32",
        "options": {},
        "backend": "jax",
        "device": {"platform": "cpu", "kind": "a processor", "cores": 2},
        "versions": {"keras": "3.15.1", "jax": "0.10.2"},
        "settings": {
            "epochs": 3, "batch_size": 32, "loss_weights": None, "metrics": ["accuracy"],
            "optimizer": {"class": "Adam", "name": "adam", "learning_rate": 0.001},
            "loss": {"class": "SparseCategoricalCrossentropy", "name": "loss"},
        },
        "data": {
            "name": "fashion_mnist", "kind": "full", "fraction": 1.0, "origin": "here",
            "counts": {"train": 60000, "test": 10000},
            "used": {"train": 48000, "validation": 12000, "test": 9000},
        },
        "parameters": 25087,
        "digests": {"data": "d" * 64, "weights": "a" * 64, "order": "b" * 64},
        "history": {
            "loss": [0.9, 0.7, 0.6], "accuracy": [0.7, 0.75, 0.8],
            "val_loss": [0.8, 0.65, 0.7], "val_accuracy": [0.72, 0.77, 0.76],
        },
        "metrics": {
            "val_loss": 0.65, "val_accuracy": 0.77, "test_loss": 0.66, "test_accuracy": 0.765,
            "epochs_trained": 3, "restored_epoch": 2,
        },
        "findings": [],
        "notes": {
            "source": "N0", "metrics": {"test_accuracy": 0.1015}, "history": {}, "incomparable": [],
        },
        "time": {"setup_s": 1.0, "compile_s": 2.0, "train_s": 3.5, "steps_per_s": 1200.0},
        "files": {"record": "record.json"},
        **more,
    }  # fmt: skip


def write(folder: Path, **more: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps(record(**more)))
    return folder
