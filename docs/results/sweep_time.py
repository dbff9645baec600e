"""Time a sweep over seeds beside single runs, and compare what comes out, for docs/sweep.md.

    python docs/results/sweep_time.py [--seeds N] [RECIPE]

One process, the full data. A sweep and the single runs leave the same: record, model and events, no
pictures. Writes docs/results/sweep.md.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import click

HERE = Path(__file__).parent


@click.command(help=__doc__)
@click.argument("name", default="fmnist/relu-mlp")
@click.option("--seeds", default=20, show_default=True)
def main(name: str, seeds: int) -> None:
    """Measure and write."""
    import keras
    import numpy as np

    import keras3_lab
    from keras3_lab import recipes
    from keras3_lab.records import FILE, read_record
    from keras3_lab.runs.record import hardware, versions
    from keras3_lab.studies.sweeping import sweep

    recipe = recipes.get(name)
    with tempfile.TemporaryDirectory() as folder:
        keras3_lab.run(recipe, epochs=1, data="sample", out=folder)  # what is done once a process
        started = time.perf_counter()
        swept = sweep(recipe, seeds=seeds, data="full", out=folder)
        sweep_s = time.perf_counter() - started
        started = time.perf_counter()
        alone = [
            keras3_lab.run(recipe, seed=seed, data="full", out=folder, pictures=False)
            for seed in range(1, seeds + 1)
        ]
        alone_s = time.perf_counter() - started
        folders = {read_record(path)["seed"]: path.parent for path in swept.folder.rglob(FILE)}
        weights = max(
            float(np.linalg.norm(one - other) / np.linalg.norm(other))
            for run in alone
            for one, other in zip(
                keras.models.load_model(folders[run.record["seed"]] / "model.keras").get_weights(),
                run.model.get_weights(),
                strict=True,
            )
        )
    together, apart = [record for _, record in swept.runs], [run.record for run in alone]
    pairs = [(a["metrics"], b["metrics"]) for a, b in zip(together, apart, strict=True)]
    same = sum(one == other for one, other in pairs)
    off = max(abs(one["test_accuracy"] - other["test_accuracy"]) for one, other in pairs)
    training_s = [sum(r["time"]["train_s"] for r in records) for records in (together, apart)]
    apart_s = training_s[1] + sum(record["time"]["compile_s"] for record in apart)
    backend, made = keras.config.backend(), versions()
    text = (
        f"{name}, seeds 1 to {seeds}, full data, {backend} {made[backend]}, Keras {made['keras']}, "
        f"{hardware('cpu')['kind']}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}:\n\n"
        "| | all, s | of it compiling and training, s |\n| --- | ---: | ---: |\n"
        f"| `sweep` | {sweep_s:.1f} | {training_s[0]:.1f} |\n"
        f"| single runs, one after another | {alone_s:.1f} | {apart_s:.1f} |\n\n"
        f"Metrics are the same to the last bit in {same} of {seeds} runs; test accuracies are at "
        f"most {off:.4f} apart, weights of a layer at most {weights:.1e} of their size.\n"
    )
    (HERE / "sweep.md").write_text(text)
    click.echo(text)


if __name__ == "__main__":
    main()
