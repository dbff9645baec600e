"""California housing: a wide and a deep path, an auxiliary output, and our best (notes N0)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from keras3_lab.lazy import findings, keras, models
from keras3_lab.recipes import Figures, Recipe
from keras3_lab.splits import housing, wide_and_deep

LEFT_OUT = (
    "`input_wide = norm_wide_layer(input_wide)` overwrites the Input, and so for the deep one: the "
    "model starts behind both Normalizations, which were never adapted either, and sees raw "
    "columns."
)
DOLLARS = (
    "The target is in dollars: with Adam(1e-3) the output layer needs thousands of steps to come "
    "near its size."
)
ROWS = (
    "`y_wide, y_deep = y_train[:5], y_train[2:]` cut rows where columns are meant. Neither is used."
)


def _errors() -> list[object]:
    return [
        "mae",
        keras.metrics.RootMeanSquaredError(name="rmse"),
        keras.metrics.R2Score(name="r2"),
    ]


WIDE_DEEP = Recipe(
    name="california/wide-deep",
    title="A deep path of two hidden layers beside a wide one of none",
    source="N0",
    dataset="california_housing",
    split=wide_and_deep,
    model=lambda: models.wide_deep(repaired=True, crossed=True),
    adapt=lambda model, splits: models.adapt_wide_deep(model, splits),
    optimizer=lambda steps: keras.optimizers.Adam(),
    loss=lambda: keras.losses.MeanSquaredError(),
    metrics=_errors,
    epochs=50,
    findings=lambda outcome: findings.housing(outcome),
    figures=Figures(
        metrics={
            "test_loss": 8.0921e9, "test_mae": 68_013.91, "test_rmse": 89_956.15, "test_r2": 0.3852
        }
    ),
    defects=(LEFT_OUT, DOLLARS, ROWS),
    remarks=(
        "Corrected, the network computes in standard deviations; its last layer turns them into "
        "dollars, so that losses and errors are in dollars like the notes'.",
        "Longitude and latitude reach the notes' model in its wide part alone, and there only "
        "linearly. Corrected, the wide part crosses them, which is what wide parts are for; "
        "california/aux-output goes without and shows what that costs.",
    ),
    as_noted={"model": lambda: models.wide_deep(repaired=False), "adapt": None},
)  # fmt: skip

AUX_OUTPUT = replace(
    WIDE_DEEP,
    name="california/aux-output",
    title="The same with an auxiliary output on the deep path",
    split=partial(wide_and_deep, outputs=("price", "auxiliary")),
    model=lambda: models.wide_deep(repaired=True, auxiliary="own"),
    loss=lambda: {
        "price": keras.losses.MeanSquaredError(),
        "auxiliary": keras.losses.MeanSquaredError(),
    },
    loss_weights={"price": 0.9, "auxiliary": 0.1},
    metrics=lambda: {"price": _errors(), "auxiliary": ["mae"]},
    figures=Figures(metrics={"test_loss": 5.4568e9, "test_price_mae": 54_649.46}),
    defects=(
        LEFT_OUT,
        DOLLARS,
        ROWS,
        "The auxiliary output is the output layer once more, on the same tensor: both outputs are "
        "the same number.",
        "The model is compiled a second time, without loss weights: both outputs count 1.",
    ),
    remarks=(
        "Corrected, the auxiliary output has a layer of its own on the deep path, and the weights "
        "of 0.9 and 0.1 are in force.",
        "The notes give the target once for two outputs; Keras 3.15 refuses that, so each output "
        "gets it here.",
    ),
    as_noted={
        "model": lambda: models.wide_deep(repaired=False, auxiliary="shared"),
        "adapt": None,
        "loss_weights": None,
    },
)

BEST = replace(
    WIDE_DEEP,
    name="california/best",
    title="Eight small networks that know what the neighbours' houses cost",
    source="ours",
    split=housing,
    model=lambda: models.neighbourly_members(),
    adapt=lambda model, splits: models.adapt_neighbourly_members(model, splits),
    optimizer=lambda steps: keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(5e-3, steps)
    ),
    epochs=20,
    batch_size=256,
    figures=Figures(),
    defects=(),
    remarks=(
        "Neighbours are rows of the training part alone; in training, a row is not its own.",
        "The loss is the mean of the members' errors; the error of their mean is smaller.",
    ),
    as_noted={},
)

RECIPES = (WIDE_DEEP, AUX_OUTPUT, BEST)

if __name__ == "__main__":
    from keras3_lab.cli import run_chapter

    run_chapter("california")
