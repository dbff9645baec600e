"""Train each defect of the notes beside its remedy, and write what both show.

    python docs/results/lies.py [NAME …]        into docs/results/lies.json

One defect at a time: all else is mended on both sides. `docs/lies.md` explains and shows them.
Some minutes on two CPU cores.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

import keras3_lab
from keras3_lab import recipes
from keras3_lab.lazy import keras, losses, models
from keras3_lab.portable import initialize
from keras3_lab.recipes import Recipe
from keras3_lab.runs.record import hardware, versions

HERE = Path(__file__).parent
SEED = 1
Series = dict[str, list[float]]


def trained(recipe: Recipe, seed: int = SEED, **changes: Any) -> tuple[Any, Any, Series]:
    """Train a recipe, changed, without its callbacks; return model, splits and history."""
    recipe = replace(recipe, callbacks=lambda folder: [], **changes)
    _, splits = recipe.data("full")
    model = recipe.build(splits, seed)
    history = keras3_lab.fit(
        model, splits.x_train, splits.y_train, recipe.batch_size, recipe.epochs,
        validation_data=(splits.x_val, splits.y_val), seed=seed, verbose=0,
    )  # fmt: skip
    return model, splits, history.history


def shared_batch_norm() -> dict[str, Series]:
    """One BatchNormalization for two layers, or one for each."""
    recipe = recipes.get("fmnist/batch-norm").variant("as-noted")  # raw pixels, on both sides
    return {
        side: trained(
            recipe,
            epochs=10,
            model=partial(models.normalized_mlp, normalization=False, batch_norm=batch_norm),
        )[2]
        for side, batch_norm in (("failing", "shared"), ("mended", "own"))
    }


def overwritten_input() -> dict[str, Series]:
    """The Input overwritten by the Normalization, which is thereby left out, or kept."""
    recipe = recipes.get("fmnist/functional-early-stopping")
    return {
        "failing": trained(recipe.variant("as-noted"), epochs=20)[2],
        "mended": trained(recipe, epochs=20)[2],
    }


def relu_output() -> dict[str, Series]:
    """A relu as output under a cross-entropy that expects probabilities, or logits."""
    recipe = recipes.get("fmnist/relu-mlp")
    return {
        "failing": trained(
            recipe,
            model=lambda: models.mlp(hidden=(100,), output="relu"),
            loss=lambda: losses.ClippedCrossentropy(),
        )[2],
        "mended": trained(
            recipe,
            model=lambda: models.mlp(hidden=(100,), output=None),
            loss=lambda: losses.SparseCategoricalCrossentropy(from_logits=True),
        )[2],
    }


def chosen_by_score(seeds: int = 20, rows: int = 2000, few: int = 200) -> dict[str, Series]:
    """The score on the 200 rows that chose the epoch, and on 10,000 that chose nothing."""
    _, splits = recipes.get("fmnist/relu-mlp").data("full")
    found: dict[str, Series] = {"failing": {"score": []}, "mended": {"score": []}}
    x_fresh, y_fresh = splits.x_train[-10_000:], splits.y_train[-10_000:]
    for seed in range(1, seeds + 1):
        part = slice((seed - 1) * rows, seed * rows)
        own = slice((seed - 1) * few, seed * few)
        x_val, y_val = splits.x_val[own], splits.y_val[own]
        model = models.mlp(hidden=(100,), dropout=0.3)
        initialize(model, seed)
        model.compile("adam", losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
        best = keras.callbacks.EarlyStopping(
            monitor="val_accuracy", mode="max", patience=100, restore_best_weights=True
        )
        history = keras3_lab.fit(
            model, splits.x_train[part], splits.y_train[part], epochs=40,
            validation_data=(x_val, y_val), callbacks=[best], seed=seed, verbose=0,
        )  # fmt: skip
        found["failing"]["score"].append(max(history.history["val_accuracy"]))
        honest = keras3_lab.evaluate(model, x_fresh, y_fresh, verbose=0, return_dict=True)
        found["mended"]["score"].append(honest["accuracy"])
    return found


def unscaled_test() -> dict[str, Series]:
    """Trained on pixels of 0 to 1 and tested on 0 to 255, or on 0 to 1."""
    found: dict[str, Series] = {"failing": {}, "mended": {}}
    for seed in range(1, 6):
        for name in ("relu", "sigmoid"):
            model, splits, _ = trained(
                recipes.get("fmnist/relu-mlp"),
                seed,
                model=partial(models.mlp, hidden=(100,), activation=name),
            )
            for side, factor in (("failing", 255), ("mended", 1)):
                tested = keras3_lab.evaluate(
                    model, splits.x_test * factor, splits.y_test, verbose=0, return_dict=True
                )
                for metric, value in tested.items():
                    found[side].setdefault(f"{name} {metric}", []).append(value)
    return found


def leaked_validation(rows: int = 2000, held_out: int = 1000) -> dict[str, Series]:
    """The validation rows among those trained on, or not."""
    _, splits = recipes.get("fmnist/relu-mlp").data("full")
    x, y = splits.x_train[: rows + held_out], splits.y_train[: rows + held_out]
    validation = (x[rows:], y[rows:])

    def validated(count: int, on: tuple[Any, Any]) -> list[float]:
        model = models.mlp(hidden=(100,))
        initialize(model, SEED)
        model.compile("adam", losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
        history = keras3_lab.fit(
            model, x[:count], y[:count], epochs=60, validation_data=on, seed=SEED, verbose=0
        )
        return history.history["val_loss"]

    return {
        "failing": {
            "val_loss": validated(rows + held_out, validation),
            # The same training once more, validated on images that it has not seen.
            "fresh_loss": validated(rows + held_out, (splits.x_val, splits.y_val)),
        },
        "mended": {"val_loss": validated(rows, validation)},
    }


def dollars() -> dict[str, Series]:
    """A target in dollars, or in standard deviations."""
    recipe = recipes.get("california/wide-deep")

    def in_dollars() -> Any:
        model = models.wide_deep(repaired=True, crossed=True)
        return keras.Model(model.input, model.get_layer("dollars").input)

    def adapt(model: Any, splits: Any) -> None:
        for part, rows in splits.x_train.items():
            model.get_layer(f"normalized_{part}").adapt(np.asarray(rows, "float64"))

    return {
        "failing": trained(recipe, model=in_dollars, adapt=adapt)[2],
        "mended": trained(recipe)[2],
    }


def same_output_twice() -> dict[str, Series]:
    """An auxiliary output that is the output layer once more, or a layer of its own."""
    recipe = recipes.get("california/aux-output")
    shared = partial(models.wide_deep, repaired=True, auxiliary="shared")
    return {
        "failing": trained(recipe, model=shared, epochs=20)[2],
        "mended": trained(recipe, epochs=20)[2],
    }


def second_compile() -> dict[str, Series]:
    """Compiled a second time, without the loss weights, or once."""
    recipe = recipes.get("california/aux-output")
    return {
        "failing": trained(recipe, loss_weights=None, epochs=20)[2],
        "mended": trained(recipe, epochs=20)[2],
    }


LIES: dict[str, Callable[[], dict[str, Series]]] = {
    "shared-batch-norm": shared_batch_norm,
    "overwritten-input": overwritten_input,
    "relu-output": relu_output,
    "chosen-by-score": chosen_by_score,
    "unscaled-test": unscaled_test,
    "leaked-validation": leaked_validation,
    "dollars": dollars,
    "same-output-twice": same_output_twice,
    "second-compile": second_compile,
}


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice(list(LIES)))
def main(names: tuple[str, ...]) -> None:
    """Train, and write each defect as it is done."""
    path = HERE / "lies.json"
    measured = json.loads(path.read_text()) if path.exists() else {}
    for name in names or LIES:
        found = LIES[name]()
        measured[name] = {
            "device": hardware("cpu"),
            "versions": versions(),
            **{
                side: {
                    key: [float(f"{value:.5g}") for value in values]
                    for key, values in series.items()
                }
                for side, series in found.items()
            },
        }
        click.echo(name)
        rows = (
            f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}"
            for key, row in measured.items()
        )
        path.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
