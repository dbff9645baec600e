"""Runs begun on one backend, killed, gone on with on the other, and compared with runs of its own.

`python tests/kill/elsewhere.py --table docs/results/elsewhere.md`, where both backends are
installed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1]))

import h5py
import numpy as np
from versions import versions

from keras3_lab.files import write_text

RECIPES = ("fmnist/relu-mlp", "fmnist/dropout", "fmnist/early-stopping", "mnist/callbacks")
BACKENDS = ("jax", "tensorflow")
EPOCHS = 8
TOLERANCE = 1e-9
"""Of gate G1: what rounding in float64 comes to in a few hundred steps."""
PAGE = """\
{day}, {versions}, float64, {epochs} epochs.

| recipe | begun on | gone on with on | history | weights |
| --- | --- | --- | ---: | ---: |
{rows}
"""


def main() -> None:
    """Begin, kill, go on, compare; end with 1 where anything is further apart than rounding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, help="Write this page.")
    arguments = parser.parse_args()
    rows, worst = [], 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for recipe in RECIPES:
            for begun, gone in (BACKENDS, BACKENDS[::-1]):
                folder = Path(scratch) / recipe / begun
                alone = finished(start(gone, "run", recipe, *settings(folder / "alone")), folder)
                killed = kill(recipe, begun, folder / "killed")
                finished(start(gone, "run", "--resume", str(killed)), folder)
                apart = [difference(one(alone), one(killed)) for one in (history, weights)]
                numbers = " | ".join(f"{number:.0e}" for number in apart)
                rows.append(f"| `{recipe}` | {begun} | {gone} | {numbers} |")
                sys.stderr.write(f"{rows[-1]}\n")
                worst = max(worst, *apart)
    if arguments.table:
        page = PAGE.format(
            day=date.today(), versions=versions(), epochs=EPOCHS, rows="\n".join(rows)
        )
        write_text(arguments.table, page)
    sys.exit(int(worst > TOLERANCE))


def settings(out: Path) -> list[str]:
    """Return the options of all runs."""
    return ["--data=sample", "--dtype=float64", f"--epochs={EPOCHS}", f"--out={out}"]


def start(backend: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the command line under a backend."""
    return subprocess.Popen(
        [sys.executable, "-m", "keras3_lab", *arguments],
        env=os.environ | {"KERAS_BACKEND": backend},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finished(process: subprocess.Popen[bytes], folder: Path) -> Path:
    """Wait for a run, which must come to its end; return its folder."""
    assert process.wait() == 0
    return run_in(folder / "alone")


def run_in(folder: Path) -> Path:
    """Return the one run in a folder."""
    (record,) = folder.glob("*/*/*/record.json")
    return record.parent


def kill(recipe: str, backend: str, folder: Path) -> Path:
    """Begin a run and kill it after the first checkpoint of its training; return its folder."""
    process = start(backend, "run", recipe, *settings(folder))
    checkpoints: list[Path] = []
    while process.poll() is None:
        written = folder.glob("*/*/*/.resume/*/*-*.npz")
        # `call` is how the run was begun.
        if checkpoints := [path for path in written if path.parent.name != "call"]:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    assert checkpoints, "the run came to its end before it was killed"
    run = run_in(folder)
    assert json.loads((run / "record.json").read_text())["status"] == "running"
    return run


def history(run: Path) -> list[np.ndarray[Any, Any]]:
    """Return the history of a run."""
    recorded = json.loads((run / "record.json").read_text())["history"]
    return [np.array(recorded[name], float) for name in sorted(recorded)]


def weights(run: Path) -> list[np.ndarray[Any, Any]]:
    """Return the weights, and the state of the optimizer, of what a run leaves."""
    found = []
    with zipfile.ZipFile(run / "model.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        file.visititems(lambda _, one: found.append(one[()]) if hasattr(one, "dtype") else None)
    assert all(array.dtype.itemsize == 8 for array in found if array.dtype.kind == "f")
    return found


def difference(one: list[np.ndarray[Any, Any]], other: list[np.ndarray[Any, Any]]) -> float:
    """Return the largest difference, relative to the largest number of each array."""
    return max(
        float(np.max(np.abs(a - b)) / max(np.max(np.abs(b)), np.finfo(float).tiny))
        for a, b in zip(one, other, strict=True)
    )


if __name__ == "__main__":
    main()
