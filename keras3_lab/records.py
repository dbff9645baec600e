"""Run records as others read them: without Keras."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras3_lab.errors import UsageError
from keras3_lab.untrusted import read_bytes

SCHEMA = "keras3_lab.record/2"
FILE = "record.json"
MOST = 2**28
"""No record has more bytes."""
REQUIRED = (
    "recipe", "variant", "seed", "dtype", "options", "backend", "device", "versions", "data",
    "digests", "history", "metrics", "notes", "time",
)  # fmt: skip
MAIN = (
    "test_accuracy", "mean_accuracy", "test_r2", "test_price_r2", "test_price_mae", "test_loss",
    "val_accuracy",
)  # fmt: skip
"""What a run is judged by: the first of these metrics that it has."""


OUTPUTS = {"": "", "price_": "price: ", "auxiliary_": "auxiliary: "}
PARTS = {"": "training {}, last epoch", "val_": "validation {}", "test_": "test {}"}
METRICS = {"loss": "loss", "accuracy": "accuracy", "mae": "MAE", "rmse": "RMSE", "r2": "R²"}
LABELS = {
    **{
        f"{part}{output}{metric}": prefix + text.format(name)
        for output, prefix in OUTPUTS.items()
        for part, text in PARTS.items()
        for metric, name in METRICS.items()
    },
    "best_val_loss": "best epoch's validation loss",
    "best_val_accuracy": "best epoch's validation accuracy",
    "epochs_trained": "epochs trained",
    "restored_epoch": "weights restored of epoch",
}


def main_metric(metrics: Mapping[str, Any]) -> str | None:
    """Return the name of the metric that a run is judged by, or `None` where it has none.

    Example:
    ```python
    from keras3_lab.records import main_metric

    assert main_metric({"val_accuracy": 0.88, "test_accuracy": 0.87}) == "test_accuracy"
    ```
    """
    return next((name for name in MAIN if name in metrics), None)


def read_record(path: str | Path) -> dict[str, Any]:
    """Read the record of a run.

    Args:
        path: The run's folder, or its `record.json`.

    Returns:
        The record.

    Raises:
        UsageError: If there is none, or it is no record of this schema.
    """
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    try:
        record = json.loads(read_bytes(file, MOST))
    except (ValueError, RecursionError) as error:  # a UsageError is a ValueError, too
        why = str(error) if isinstance(error, UsageError) else f"{file}: no JSON"
        raise UsageError(
            f"a run is a folder with a {FILE}, or that file; received: {path} ({why})"
        ) from error
    schema = record.get("schema") if isinstance(record, dict) else None
    if schema != SCHEMA:
        raise UsageError(f"{file}: must be of schema {SCHEMA}; received: {str(schema)[:40]!r}")
    if missing := [name for name in REQUIRED if name not in record]:
        raise UsageError(f"{file}: must have {', '.join(REQUIRED)}; missing: {', '.join(missing)}")
    return dict(record)


def final(entry: dict[str, Any]) -> dict[str, float]:
    """Return the last epoch's figures and those of the trained model, which come first."""
    return {name: values[-1] for name, values in entry["history"].items()} | entry["metrics"]


def figure_text(value: Any) -> str:
    """Return a figure in as many digits as say something, or text as it is."""
    if value is None:
        return "–"
    if isinstance(value, float):
        if abs(value) >= 1e4:
            return f"{value:,.0f}"
        return f"{value:.4f}" if value == 0 or abs(value) >= 1e-3 else f"{value:.1e}"
    return str(value)


def written(part: Mapping[str, Any]) -> str:
    """Return the call that makes an optimizer or a loss, without what is 0 or unset.

    Args:
        part: Its configuration, with the name of its class, as in a record's `settings`.
    """
    config = {name: value for name, value in part.items() if value}
    if isinstance(rate := config.get("learning_rate"), dict):
        config["learning_rate"] = f"{rate['class_name']}({rate['config']})"
    arguments = ", ".join(
        # Six digits: a float32 learning rate of 0.001 is 0.0010000000474974513.
        f"{name}={float(f'{value:.6g}')}" if isinstance(value, float) else f"{name}={value!r}"
        for name, value in config.items()
        if name not in ("name", "class")
    )
    return f"{part['class']}({arguments})"
