"""Simple linear regression: five points of a line (notes N4 ch. 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras3_lab.lazy import findings, keras
from keras3_lab.recipes import Recipe
from keras3_lab.splits import as_given

if TYPE_CHECKING:
    from keras3_lab.datasets import Dataset


def points() -> Dataset:
    """Make x = 1…5, y = 3x + 2 to train on, and x = 6 to test on."""
    import numpy as np

    from keras3_lab.datasets import from_arrays

    x, x_test = np.arange(1, 6, dtype="float64").reshape(-1, 1), np.array([[6.0]])
    return from_arrays("line", x, 3 * x + 2, x_test, 3 * x_test + 2, origin="y = 3x + 2")


REGRESSION = Recipe(
    name="linear/regression",
    title="Dense(1) learns y = 3x + 2 from five points",
    source="N4 2",
    dataset=points,
    split=as_given,
    model=lambda: keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]),
    optimizer=lambda steps: keras.optimizers.SGD(),
    loss=lambda: keras.losses.MeanSquaredError(),
    metrics=lambda: ["mae"],
    epochs=1200,
    findings=lambda outcome: findings.least_squares(outcome),
    remarks=("Least squares solves it at once; gradient descent comes as near as one likes.",),
)

RECIPES = (REGRESSION,)

if __name__ == "__main__":
    from keras3_lab.cli import run_chapter

    run_chapter("linear")
