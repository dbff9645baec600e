"""Memory of a process that calls `fit` again and again: `python docs/results/memory.py`.

Once for the backend of KERAS_BACKEND, into `memory-BACKEND.md` beside this file.
"""

from __future__ import annotations

import gc
import os
import platform
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

import keras3_lab

NEW = ("a new model each time", "the same, stock `fit`", "the same, stock `fit` by XLA")


def model(jit_compile: Any = "auto") -> keras.Model:
    """Build a small network."""
    made = keras.Sequential(
        [keras.Input((20,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)]
    )
    made.compile("adam", "mse", metrics=["mae"], jit_compile=jit_compile)
    return made


def resident_mb() -> float:
    """Return the resident memory of this process, in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Train one model again and again, and a new one each time, beside stock `fit`."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1000, 20)), rng.normal(size=(1000, 1))
    backend = keras.config.backend()
    lines = [
        f"{backend}, Keras {keras.__version__}, Python {platform.python_version()}; resident MB "
        "after so many fits of one process",
    ]
    for fits, ways in ((200, ("the same model",)), (50, NEW)):
        marks = [1, *range(fits // 5, fits + 1, fits // 5)]
        lines += [
            "",
            f"| fits | {' | '.join(map(str, marks))} |",
            f"| --- | {' | '.join('---:' for _ in marks)} |",
        ]
        for way in ways:
            trained, found = model(), []
            for number in range(1, fits + 1):
                if way in NEW:
                    trained = model(jit_compile="XLA" in way or "auto")
                fit = trained.fit if "stock" in way else partial(keras3_lab.fit, trained)
                fit(x, y, validation_data=(x, y), verbose=0)
                if number in marks:
                    found.append(f"{resident_mb():.0f}")
            lines.append(f"| {way} | {' | '.join(found)} |")
    path = Path(__file__).parent / f"memory-{backend}.md"
    path.write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
