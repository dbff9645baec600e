"""What the committed result files hold."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2]
RESULTS = DOCS / "results"
BACKENDS = {"jax": "JAX", "tensorflow": "TensorFlow"}
PARTS = ("val", "test", "mean")
METRICS = ("accuracy", "price_r2", "r2", "mae")
"""What a recipe is judged by: the first of these that it measures."""


def load(name: str) -> Any:
    """Read a result file."""
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


@cache
def accuracy(backend: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return final figures over seeds, by recipe, variant and arm."""
    rows = load(f"accuracy-{backend}.json")
    return {tuple(key.split("|")): row for key, row in rows.items()}


@cache
def curves(backend: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the one run whose curves are shown, by recipe and variant."""
    rows = load(f"curves-{backend}.json")
    found = {tuple(key.split("|")): row for key, row in rows.items()}
    if backend == "jax":
        for run in load("gpu.json")["runs"]:
            key = (run["recipe"], run["variant"])
            if run["seed"] == 1 and key not in found:
                found[key] = {
                    **{part: run[part] for part in ("seed", "device", "versions")},
                    "findings": [],
                    "trials": {"": {"every": 1} | {p: run[p] for p in ("history", "metrics")}},
                    "confusion": None,
                }
    return found


def results_of(name: str) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Return a recipe's final figures, by variant and arm, and by backend."""
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for backend in BACKENDS:
        for (recipe, variant, arm), row in accuracy(backend).items():
            if recipe == name and row["metrics"]:
                found.setdefault((variant, arm), {})[backend] = row
    return found


def metric_of(measured: dict[str, Any]) -> str:
    """Return what a recipe is judged by: the first known metric among its figures' names."""
    for metric in METRICS:
        if any(name in measured for name in (metric, *(f"{p}_{metric}" for p in PARTS))):
            return metric
    return "loss"


def spread(values: Sequence[float] | None, digits: int = 4) -> str:
    """Return mean ± standard deviation over the seeds."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    # Spaces at which no line is broken.
    return f"{statistics.mean(values):.{digits}f}\u00a0±\u00a0{statistics.stdev(values):.{digits}f}"
