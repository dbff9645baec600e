"""Time a sweep over seeds beside single runs, and compare what comes out, for docs/sweep.md.

    python docs/results/sweep_time.py [--seeds N] [RECIPE]

One process, the full data. A sweep and the single runs leave the same: record, model and events, no
pictures. In float32 they are timed; float64 shows whether they are the same trainings. Writes
docs/results/sweep.md.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from keras3_lab.recipes import Recipe

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Beside:
    """A sweep beside the same runs one by one.

    Args:
        sweep_s: Seconds of the sweep, and of its compiling and training.
        alone_s: Those of the single runs.
        same: How many runs have the same metrics to the last bit.
        accuracy: The largest difference of test accuracies.
        weights: The largest difference of a weight, as a part of its norm.
    """

    sweep_s: tuple[float, float]
    alone_s: tuple[float, float]
    same: int
    accuracy: float
    weights: float


def beside(recipe: Recipe, seeds: int, dtype: str) -> Beside:
    """Sweep over seeds, train each alone too, and compare."""
    import keras
    import numpy as np

    import keras3_lab
    from keras3_lab.records import FILE, read_record
    from keras3_lab.runs.device import in_precision
    from keras3_lab.studies.sweeping import sweep

    with tempfile.TemporaryDirectory() as folder:
        # What is done once a process.
        keras3_lab.run(recipe, epochs=1, data="sample", dtype=dtype, out=folder)
        started = time.perf_counter()
        swept = sweep(recipe, seeds=seeds, data="full", dtype=dtype, out=folder)
        sweep_s = time.perf_counter() - started
        started = time.perf_counter()
        alone = [
            keras3_lab.run(recipe, seed=seed, data="full", dtype=dtype, out=folder, pictures=False)
            for seed in range(1, seeds + 1)
        ]
        alone_s = time.perf_counter() - started
        folders = {read_record(path)["seed"]: path.parent for path in swept.folder.rglob(FILE)}
        saved = [folders[run.record["seed"]] / "model.keras" for run in alone]
        with in_precision(dtype):  # or what is read has 32 bits
            swept_weights = [keras.models.load_model(path).get_weights() for path in saved]
    weights = max(
        float(np.linalg.norm(one - other) / np.linalg.norm(other))
        for run, theirs in zip(alone, swept_weights, strict=True)
        for one, other in zip(theirs, run.model.get_weights(), strict=True)
    )
    together, apart = [record for _, record in swept.runs], [run.record for run in alone]
    pairs = [(a["metrics"], b["metrics"]) for a, b in zip(together, apart, strict=True)]
    training_s = [sum(r["time"]["train_s"] for r in records) for records in (together, apart)]
    compile_s = sum(record["time"]["compile_s"] for record in apart)
    return Beside(
        (sweep_s, training_s[0]),
        (alone_s, training_s[1] + compile_s),
        same=sum(one == other for one, other in pairs),
        accuracy=max(abs(one["test_accuracy"] - other["test_accuracy"]) for one, other in pairs),
        weights=weights,
    )


@click.command(help=__doc__)
@click.argument("name", default="fmnist/relu-mlp")
@click.option("--seeds", default=20, show_default=True)
def main(name: str, seeds: int) -> None:
    """Measure and write."""
    import keras

    from keras3_lab import recipes
    from keras3_lab.runs.record import hardware, versions

    recipe = recipes.get(name)
    found = {dtype: beside(recipe, seeds, dtype) for dtype in ("float32", "float64")}
    backend, made, timed = keras.config.backend(), versions(), found["float32"]
    lines = [
        f"{name}, seeds 1 to {seeds}, full data, {backend} {made[backend]}, Keras {made['keras']}, "
        f"{hardware('cpu')['kind']}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}; times "
        "in float32:",
        "",
        "| | all, s | of it compiling and training, s |",
        "| --- | ---: | ---: |",
        "| `sweep` | {:.1f} | {:.1f} |".format(*timed.sweep_s),
        "| single runs, one after another | {:.1f} | {:.1f} |".format(*timed.alone_s),
        "",
        "| at most apart | test accuracy | weights, by their size | runs alike to the bit |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {dtype} | {one.accuracy:.4f} | {one.weights:.1e} | {one.same} of {seeds} |"
            for dtype, one in found.items()
        ),
        "",
    ]
    (HERE / "sweep.md").write_text("\n".join(lines))
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
