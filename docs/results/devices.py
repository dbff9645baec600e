"""One device and several: how far apart trainings in float64 end, on virtual devices of the CPU.

Each lane is a process of its own. Told is the largest relative difference of anything, at any step,
from the same backend on one device, and of that from JAX on one device. Below stand runs in two
processes, of which each step is not kept.

    python docs/results/devices.py > docs/results/devices.md
    python docs/results/devices.py --processes >> docs/results/devices.md
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import click
import h5py
import numpy as np

from keras3_lab import datasets, parity, recipes
from keras3_lab.parity.compare.measure import largest_difference, typical_scale
from keras3_lab.parity.problem import Problem

COUNTS = (2, 4, 8)
PROCESSES = (2, 4)
Arrays = dict[str, np.ndarray]
BACKENDS = [name for name in ("jax", "tensorflow") if importlib.util.find_spec(name)]
GATES = ("G0", "G1")


def airbench() -> Problem:
    """Return `cifar10/everything` on 44 images, 20 a batch: 4 are left, fewer than 8 devices."""
    recipe = recipes.get("cifar10/everything")
    dataset = datasets.load("cifar10", "sample")
    splits = recipe.split(dataset)
    held_out = (splits.x_val[:10], splits.y_val[:10])
    x, y = splits.x_train[:44], splits.y_train[:44]
    model = recipe.build(splits, 42)
    return Problem(model, x, y, batch_size=20, epochs=2, validation_data=held_out)


CASES = {
    "`fmnist/dropout`, 100 steps of 32 rows": ("fmnist/dropout", 100),
    "`fmnist/batch-norm`, 20 steps of 32 rows": ("fmnist/batch-norm", 20),
    "`cifar10/everything`, 2 epochs of 20, 20 and 4 images": ("devices:airbench", 6),
}

RUNS = {
    "`fmnist/dropout`, a run of 75 steps of 32 rows": ("dropout", 0.5),
    "`fmnist/batch-norm`, a run of 60 steps of 32 rows": ("batch-norm", 0.5),
}


def worst(result: parity.Result, *lanes: str) -> dict[str, float]:
    """Return the largest difference between two lanes, by what was compared; all must agree."""
    found: dict[str, float] = {}
    for check in result.checks:
        if set(check.lanes) == set(lanes):
            if check.verdict != "agree":
                raise SystemExit(f"{check.what}, {' / '.join(lanes)}: {check.detail}")
            if check.largest is not None:
                found[check.what] = check.largest
    return found


def row(what: str, name: str, result: parity.Result, *lanes: str) -> str:
    """Return a line of the table."""
    by_what = worst(result, *lanes)
    parts = ("loss and metrics of every step", "metrics of every epoch", "final weights")
    return f"| {what} | {name} | {' | '.join(f'{by_what[part]:.1e}' for part in parts)} |"


def trained(backend: str, recipe: str, fraction: float, processes: int) -> list[Arrays]:
    """Return history and metrics of a run in so many processes, and its final weights."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603  # ourselves
            [
                sys.executable, "-m", "keras3_lab.fmnist", recipe, "--data", "sample", "--fraction",
                str(fraction), "--epochs", "1", "--dtype", "float64", "--device", "cpu", "--json",
                "--processes", str(processes), "--out", folder,
            ],
            env=os.environ | {"KERAS_BACKEND": backend}, stdout=subprocess.PIPE, check=True,
            timeout=600,
        )  # fmt: skip
        record = json.loads(done.stdout)
        (model,) = Path(folder).glob("fmnist/*/*/model.keras")
        saved = io.BytesIO(zipfile.ZipFile(model).read("model.weights.h5"))
    figures = record["history"] | record["metrics"]
    history = {name: np.asarray(values) for name, values in figures.items()}
    weights: Arrays = {}

    def keep(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            weights[name] = item[()]

    with h5py.File(saved) as file:
        file.visititems(keep)
    return [history, weights]


def in_processes() -> None:
    """Print the rows of runs in several processes."""
    for what, (recipe, fraction) in RUNS.items():
        for backend in BACKENDS:
            alone = trained(backend, recipe, fraction, 1)
            for count in PROCESSES:
                parts = zip(alone, trained(backend, recipe, fraction, count), strict=True)
                history, weights = [gap(one, other) for one, other in parts]
                tell(
                    f"| {what} | {backend}, {count} processes | – | {history:.1e} | {weights:.1e} |"
                )


def gap(one: Arrays, other: Arrays) -> float:
    """Return the largest difference, by the gates' own measure."""
    scale = typical_scale(one)
    return max(
        largest_difference(one[name], other[name], scale).relative for name in one.keys() | other
    )


@click.command(help=__doc__)
@click.option("--processes", is_flag=True, help="The rows of several processes, and no others.")
def main(processes: bool) -> None:
    """Train everything and print the table."""
    if processes:
        in_processes()
        return
    here = str(Path(__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    sys.path.insert(0, here)
    tell("| training | devices | each step's loss and metrics | each epoch's | final weights |")
    tell("| --- | --- | --- | --- | --- |")
    for what, (subject, steps) in CASES.items():
        for backend in BACKENDS:
            alone = f"{backend}:cpu"
            for count in COUNTS:  # two processes at a time: each keeps a core busy
                lanes = [alone, f"{alone}*{count}"]
                result = parity.check(subject, lanes=lanes, gates=GATES, steps=steps)
                tell(row(what, f"{backend}, {count}", result, *lanes))
        if len(BACKENDS) == 2:
            lanes = [f"{backend}:cpu" for backend in BACKENDS]
            result = parity.check(subject, lanes=lanes, gates=GATES, steps=steps)
            tell(row(what, "TensorFlow on 1 from JAX on 1", result, *lanes))


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
