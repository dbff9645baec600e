"""Time a recipe's whole training beside stock `model.fit`, for docs/results.md.

    python docs/results/training_time.py [--runs N] [--epochs N] [RECIPE]

Each run builds the model anew and trains it once by the engine and once by `model.fit`, in turn:
compilation and validation are part of the time. Prints a row of a Markdown table.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import click


@click.command(help=__doc__)
@click.argument("name", default="fmnist/relu-mlp")
@click.option("--runs", default=5, show_default=True)
@click.option("--epochs", default=5, show_default=True)
def main(name: str, runs: int, epochs: int) -> None:
    """Measure and print."""
    import keras

    import keras3_lab
    from keras3_lab import recipes
    from keras3_lab.runs.record import hardware, versions

    recipe = recipes.get(name)
    dataset, splits = recipe.data()

    def seconds(fit: Callable[..., Any]) -> float:
        model = recipe.build(splits)
        started = time.perf_counter()
        fit(
            model, splits.x_train, splits.y_train, batch_size=recipe.batch_size, epochs=epochs,
            validation_data=(splits.x_val, splits.y_val), verbose=0,
        )  # fmt: skip
        return time.perf_counter() - started

    pairs = [(seconds(keras3_lab.fit), seconds(keras.Model.fit)) for _ in range(runs)]
    ratios = [stock / ours for ours, stock in pairs]
    backend = keras.config.backend()
    known = versions()
    devices = keras.distribution.list_devices()
    device = hardware("gpu" if any(name.startswith("gpu") for name in devices) else "cpu")
    click.echo(
        f"| {recipe.name} | {backend} {known[backend]} | Keras {known['keras']}, "
        f"{device['kind']}, {device['cores']} cores | {dataset.kind}, {splits.rows:,} rows "
        f"| {epochs} | {statistics.median(ours for ours, _ in pairs):.1f} "
        f"| {statistics.median(stock for _, stock in pairs):.1f} "
        f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f}, {runs} runs) |"
    )


if __name__ == "__main__":
    main()
