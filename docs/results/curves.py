"""Train recipes once and write their curves and confusion counts, for the pages of the site.

    python docs/results/curves.py [RECIPE …]    under the running backend, seed 1, full data

Measures into docs/results/curves-BACKEND.json, keeping the recipes that are not named. The
networks of CIFAR-10 that take a CPU longer than minutes are left out unless they are named; the
site shows their curves from `gpu.json`.
"""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import click

from keras3_lab import recipes

HERE = Path(__file__).parent
LEFT_OUT = (
    "fmnist/sgd-classifier",  # no curves: scikit-learn alone
    "cifar10/cnn",
    "cifar10/cnn-batch-norm",
    "cifar10/transfer",
    "cifar10/everything",
)
SEED = 1
LONGEST = 120  # points of a curve that has more of them


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Train, and write each recipe as it is done."""
    import keras3_lab

    path = HERE / f"curves-{keras3_lab.backends.require()}.json"
    measured = json.loads(path.read_text()) if path.exists() else {}
    for name in names or [name for name in recipes.names() if name not in LEFT_OUT]:
        recipe = recipes.get(name)
        for variant in recipes.VARIANTS if recipe.as_noted else ["corrected"]:
            with tempfile.TemporaryDirectory() as out:
                run = keras3_lab.run(recipe, variant=variant, seed=SEED, data="full", out=out)
            record = run.record
            trials = record.get("arms", {"": record} if record["history"] else {})
            measured[f"{recipe.name}|{variant}"] = {
                **{part: record[part] for part in ("seed", "device", "versions", "findings")},
                "trials": {arm: curves(entry) for arm, entry in trials.items()},
                "confusion": run.model and confusion(recipe.variant(variant), run.model),
            }
            click.echo(f"{recipe.name} {variant}")
            path.write_text(as_lines(measured))


def curves(entry: dict[str, Any]) -> dict[str, Any]:
    """Return history and final metrics, in five digits; of a long history every nth epoch."""
    history = entry["history"]
    every = math.ceil(len(history["loss"]) / LONGEST)
    return {
        "every": every,
        "history": {name: [short(v) for v in values[::every]] for name, values in history.items()},
        "metrics": {name: short(value) for name, value in entry["metrics"].items()},
    }


def confusion(recipe: recipes.Recipe, model: Any) -> list[list[int]] | None:
    """Count the test images of each class by the class that the model gives them."""
    from sklearn.metrics import confusion_matrix

    import keras3_lab

    dataset, splits = recipe.data("full")
    if not dataset.class_names:
        return None
    predicted = keras3_lab.predict(model, splits.x_test, verbose=0).argmax(axis=-1)
    counts = confusion_matrix(splits.y_test, predicted, labels=range(len(dataset.class_names)))
    return counts.tolist()


def short(value: float) -> float:
    """Return a number in five digits."""
    return float(f"{value:.5g}")


def as_lines(measured: dict[str, Any]) -> str:
    """Return JSON with a line for each training."""
    rows = (
        f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}"
        for key, row in measured.items()
    )
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    main()
