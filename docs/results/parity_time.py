"""Time `parity` of a small model beside what `import keras` takes on each backend.

    python docs/results/parity_time.py --runs 5 --table docs/results/parity-time.md

Needs an environment with JAX and TensorFlow. The times are of whole processes, taken in turn; the
first round fills JAX's cache on disk and is told for itself.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import click
import keras
import numpy as np

from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.session import Session
from keras3_lab.parity.subject import Subject
from keras3_lab.processor import processor_name

NAME = "parity_time:small"
WARM = 4


def small():
    """Make a dense model of 128 rows: four steps, with all gates and seeds."""
    labels = np.random.default_rng(0).integers(0, 4, 128).astype("int32")
    x = (np.random.default_rng(1).normal(size=(128, 8)) + labels[:, None]).astype("float32")
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(4)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model, x, labels


def seconds(command: list[str], **variables: str) -> float:
    """Return how long a process takes."""
    began = time.perf_counter()
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **variables}
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - began


def warm_seconds(home: str) -> list[float]:
    """Return how long the next subjects of one command take."""
    os.environ.update(KERAS_HOME=home, CUDA_VISIBLE_DEVICES="-1")
    sys.path.insert(0, str(Path(__file__).parent))
    found = []
    with Session([Lane.parse("jax:cpu"), Lane.parse("tensorflow:cpu")]) as session:
        for _ in range(WARM + 1):
            began = time.perf_counter()
            session.run(Subject(NAME), Plan())
            found.append(time.perf_counter() - began)
    return found[1:]


@click.command(help=__doc__)
@click.option("--runs", default=5, show_default=True)
@click.option("--table", type=click.Path(path_type=Path))
def main(runs: int, table: Path | None) -> None:
    """Time them in turn, and write the table."""
    python = [sys.executable, "-c", "import keras"]
    parity = [sys.executable, "-m", "keras3_lab", "parity", NAME]
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as home:
        common = {"KERAS_HOME": home, "PYTHONPATH": path}
        for _ in range(runs + 1):
            rounds.append(
                {
                    "`import keras`, JAX": seconds(python, KERAS_BACKEND="jax", **common),
                    "`import keras`, TensorFlow": seconds(
                        python, KERAS_BACKEND="tensorflow", **common
                    ),
                    "`parity`, all gates": seconds(parity, **common),
                    "`parity --quick`": seconds([*parity, "--quick"], **common),
                }
            )
            click.echo("; ".join(f"{name} {s:.1f}" for name, s in rounds[-1].items()))
        warm = warm_seconds(home)
    packages = ", ".join(f"{p} {version(p)}" for p in ("keras", "jax", "tensorflow-cpu", "numpy"))
    lines = [
        "# Time of parity",
        "",
        "A dense model of four steps, all gates, four perturbed runs and five seeds, in lanes "
        "jax:cpu and tensorflow:cpu; written by",
        "",
        "```sh",
        "python docs/results/parity_time.py --table docs/results/parity-time.md",
        "```",
        "",
        f"{processor_name()}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"{packages}. Median of {runs} runs in turn, with the fastest and the slowest; ratios are "
        "to `import keras` under TensorFlow in the same round.",
        "",
        "| | first, s | then, s | range | ratio | range |",
        "| --- | ---: | ---: | --- | ---: | --- |",
    ]
    for name in rounds[0]:
        first, *times = [one[name] for one in rounds]
        ratios = [one[name] / one["`import keras`, TensorFlow"] for one in rounds[1:]]
        lines.append(
            f"| {name} | {first:.1f} | {statistics.median(times):.1f} | {min(times):.1f} to "
            f"{max(times):.1f} | {statistics.median(ratios):.2f} | {min(ratios):.2f} to "
            f"{max(ratios):.2f} |"
        )
    lines.append(
        f"| the next subject of one command, all gates | | {statistics.median(warm):.1f} | "
        f"{min(warm):.1f} to {max(warm):.1f} | | |"
    )
    click.echo("\n".join(lines))
    if table is not None:
        table.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
