"""Memory of a process that calls `fit` 200 times: `python docs/results/memory.py`.

Once for the backend of KERAS_BACKEND, into `memory-BACKEND.md` beside this file.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
from pathlib import Path

import keras
import numpy as np

import keras3_lab

EACH = 25


def model() -> keras.Model:
    """Build a small network."""
    made = keras.Sequential(
        [keras.Input((20,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)]
    )
    made.compile("adam", "mse", metrics=["mae"])
    return made


def resident_mb() -> float:
    """Return the resident memory of this process, in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Train one model again and again, and a new one each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, default=200)
    fits = parser.parse_args().fits
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1000, 20)), rng.normal(size=(1000, 1))
    marks = [1, *range(EACH, fits + 1, EACH)]
    rows = []
    for name, new in (("the same model", False), ("a new model each time", True)):
        trained, found = model(), []
        for number in range(1, fits + 1):
            trained = model() if new else trained
            keras3_lab.fit(trained, x, y, validation_data=(x, y), verbose=0)
            if number in marks:
                found.append(f"{resident_mb():.0f}")
        rows.append(f"| {name} | {' | '.join(found)} |")
    backend = keras.config.backend()
    lines = [
        f"{backend}, Keras {keras.__version__}, Python {platform.python_version()}; resident MB "
        f"after so many fits, of {fits}",
        "",
        f"| fits | {' | '.join(map(str, marks))} |",
        f"| --- | {' | '.join('---:' for _ in marks)} |",
        *rows,
        "",
    ]
    (Path(__file__).parent / f"memory-{backend}.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
