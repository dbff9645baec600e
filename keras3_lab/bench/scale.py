"""Time and peak memory by number of rows, each measured in a process of its own.

python -m keras3_lab.bench.scale 1000000 streamed
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS = (10**4, 10**5, 10**6, 10**7)
COLUMNS = 8
BATCH_SIZE = 128
STORAGES = ("in memory", "streamed", "np.memmap")


def measure(say: Callable[[str], None], rows: tuple[int, ...] = ROWS) -> list[dict[str, Any]]:
    """Measure every number of rows, in memory, streamed, and streamed from a file."""
    results = []
    for size in rows:
        for storage in STORAGES:
            say(f"{size:,} rows, {storage}")
            command = [sys.executable, "-m", "keras3_lab.bench.scale", str(size), storage]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
            results.append(json.loads(output.splitlines()[-1]))
    return results


def one(size: int, storage: str) -> dict[str, Any]:
    """Train 8-16-1 for three epochs on synthetic rows."""
    import keras
    import numpy as np

    from keras3_lab import engine
    from keras3_lab.bench.contenders import Clock

    with tempfile.TemporaryDirectory() as folder:
        shape = (size, COLUMNS)
        x: Any = np.empty(shape, np.float32)
        if storage == "np.memmap":
            x = np.memmap(Path(folder) / "x", np.float32, "w+", shape=shape)
        y = np.empty((size, 1), np.float32)
        random = np.random.default_rng(0)
        for start in range(0, size, 10**6):
            part = random.standard_normal((min(10**6, size - start), COLUMNS), np.float32)
            x[start : start + 10**6] = part
            y[start : start + 10**6] = part.sum(axis=1, keepdims=True)
        model = keras.Sequential(
            [keras.Input((COLUMNS,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1)]
        )
        model.compile("adam", "mse")
        clock = Clock()
        before = _peak()
        began = time.perf_counter()
        engine.fit(
            model,
            x,
            y,
            batch_size=BATCH_SIZE,
            epochs=3,
            verbose=0,
            callbacks=[clock],
            memory=None if storage == "in memory" else 2**24,
        )
        return {
            "rows": size,
            "storage": storage,
            "data_mb": (x.nbytes + y.nbytes) / 1e6,
            "epoch_s": sum(clock.seconds[1:]) / 2,
            "rows_per_s": 2 * size / sum(clock.seconds[1:]),
            "first_epoch_s": clock.seconds[0],
            "total_s": time.perf_counter() - began,
            "peak_mb_before": before,
            "peak_mb": _peak(),
        }


def _peak() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(one(int(sys.argv[1]), sys.argv[2])) + "\n")
