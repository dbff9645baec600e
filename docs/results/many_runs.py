"""Time several models trained at once beside one after another, for docs/engine.md.

    python docs/results/many_runs.py [--runs N] [--epochs N]

Both ways train the same models from the same seeds, in turn; compiling is not part of the time.
Prints the rows of a Markdown table.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import click

CASES = (("fmnist/relu-mlp", 8), ("fmnist/relu-mlp", 5), ("fmnist/softmax-regression", 5),
         ("california/wide-deep", 5), ("california/wide-deep", 20))  # fmt: skip


@click.command(help=__doc__)
@click.option("--runs", default=5, show_default=True)
@click.option("--epochs", default=2, show_default=True)
def main(runs: int, epochs: int) -> None:
    """Measure and print."""
    import keras3_lab
    from keras3_lab import recipes

    for name, count in CASES:
        recipe = recipes.get(name)
        _, splits = recipe.data()
        seeds = range(count)
        together, alone = ([recipe.build(splits, seed) for seed in seeds] for _ in range(2))
        data = {"x": splits.x_train, "y": splits.y_train, "batch_size": recipe.batch_size}

        def at_once(models: list[Any] = together, data: Any = data, seeds: Any = seeds) -> None:
            keras3_lab.fit_many(models, **data, epochs=epochs, seeds=seeds)

        def in_turn(models: list[Any] = alone, data: Any = data, seeds: Any = seeds) -> None:
            for model, seed in zip(models, seeds, strict=True):
                keras3_lab.fit(model, **data, epochs=epochs, seed=seed, verbose=0)

        at_once(), in_turn()  # compile
        pairs = [(seconds(at_once), seconds(in_turn)) for _ in range(runs)]
        ratios = [alone / both for both, alone in pairs]
        click.echo(
            f"| {name} | {count} | {statistics.median(alone for _, alone in pairs):.2f} "
            f"| {statistics.median(both for both, _ in pairs):.2f} "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f}) |"
        )


def seconds(work: Callable[[], None]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
