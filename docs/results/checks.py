"""How long the look at the data takes that `fit` does before its first step.

    KERAS_BACKEND=jax python docs/results/checks.py > docs/results/checks-jax.md

Data sets in full size, made up, and a small network.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

import keras
import numpy as np

import keras3_lab
from keras3_lab.engine.data_checks import DataChecks
from keras3_lab.processor import processor_name

RUNS = 5


def median(measure: Callable[[], float]) -> float:
    """Return the median of some runs."""
    return statistics.median(measure() for _ in range(RUNS))


def dense(width: int, outputs: int) -> keras.Model:
    """Make a network of one hidden layer; with one output, of regression."""
    last = keras.layers.Dense(outputs, "softmax" if outputs > 1 else None)
    model = keras.Sequential([keras.Input((width,)), keras.layers.Dense(100, "relu"), last])
    model.compile("adam", "sparse_categorical_crossentropy" if outputs > 1 else "mse")
    return model


def main() -> None:
    """Write the table."""
    rng = np.random.default_rng(0)
    lines = [
        "| data | look, ms | first epoch, s | share | later epoch, s | share |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, rows, width, outputs in (
        ("60,000 × 784 float32, 10 classes", 60_000, 784, 10),
        ("50,000 × 3,072 float32, 10 classes", 50_000, 3_072, 10),
        ("20,640 × 8 float32, a number", 20_640, 8, 1),
    ):
        x = rng.normal(size=(rows, width)).astype("float32")
        y = (np.arange(rows) % outputs).astype("uint8") if outputs > 1 else x[:, 0]
        model = dense(width, outputs)

        def look(model: keras.Model = model, arrays: tuple = (x, y)) -> float:
            began = time.perf_counter()
            checks = DataChecks("warn")
            checks.take("", arrays)
            checks.run(model)
            return time.perf_counter() - began

        def epoch(model: keras.Model = model, arrays: tuple = (x, y)) -> float:
            began = time.perf_counter()
            keras3_lab.fit(model, *arrays, verbose=0, check="off")
            return time.perf_counter() - began

        first, later, taken = epoch(), median(epoch), median(look)
        lines.append(
            f"| {name} | {1000 * taken:.1f} | {first:.2f} | {taken / first:.1%} | "
            f"{later:.2f} | {taken / later:.1%} |"
        )
    machine = f"{processor_name()}, {os.cpu_count()} cores"
    lines += ["", f"Look and later epoch: median of {RUNS}; {machine}; Keras {keras.version()}."]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
