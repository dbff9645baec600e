"""Fashion-MNIST: from softmax regression to a network that knows when to stop (notes N1)."""

from __future__ import annotations

from keras3_lab.lazy import keras, losses, models
from keras3_lab.recipes import Figures, Recipe
from keras3_lab.splits import scaled_images

METRICS_LIST = (
    "The notes pass `metrics='accuracy'` and `input_shape=` on a layer; Keras 3 wants a list, "
    "`metrics=['accuracy']`, and a `keras.Input`."
)
DEFAULT_RMSPROP = (
    "The notes name no optimizer; `compile` then takes `rmsprop`, which is spelled out here."
)

SOFTMAX_REGRESSION = Recipe(
    name="fmnist/softmax-regression",
    title="Softmax regression: one dense layer of 10",
    source="N1 7-1",
    dataset="fashion_mnist",
    split=scaled_images,
    model=lambda: models.mlp(),
    optimizer=lambda: keras.optimizers.RMSprop(),
    loss=lambda: losses.SparseCategoricalCrossentropy(),
    epochs=5,
    figures=Figures(
        metrics={"loss": 0.4356, "accuracy": 0.8560, "val_loss": 0.4598, "val_accuracy": 0.8460},
        history={
            "loss": [0.6080, 0.4785, 0.4565, 0.4435, 0.4356],
            "accuracy": [0.7947, 0.8386, 0.8477, 0.8535, 0.8560],
        },
    ),
    remarks=(METRICS_LIST, DEFAULT_RMSPROP),
)

RELU_MLP = Recipe(
    name="fmnist/relu-mlp",
    title="One hidden layer of 100 relu units",
    source="N1 7-2",
    dataset="fashion_mnist",
    split=scaled_images,
    model=lambda: models.mlp(hidden=(100,)),
    optimizer=lambda: keras.optimizers.RMSprop(),
    loss=lambda: losses.SparseCategoricalCrossentropy(),
    epochs=5,
    figures=Figures(
        metrics={"loss": 0.3141, "accuracy": 0.8867, "val_loss": 0.3683, "val_accuracy": 0.8726},
        history={
            "loss": [0.5290, 0.3920, 0.3525, 0.3301, 0.3141],
            "accuracy": [0.8113, 0.8576, 0.8726, 0.8821, 0.8867],
        },
    ),
    remarks=(METRICS_LIST, DEFAULT_RMSPROP),
)

DROPOUT = Recipe(
    name="fmnist/dropout",
    title="The same with dropout 0.3 before the output, 20 epochs",
    source="N1 7-3",
    dataset="fashion_mnist",
    split=scaled_images,
    model=lambda: models.mlp(hidden=(100,), dropout=0.3),
    optimizer=lambda: keras.optimizers.Adam(),
    loss=lambda: losses.SparseCategoricalCrossentropy(),
    epochs=20,
    remarks=(METRICS_LIST, "The notes show the loss curves only, no figure."),
)

EARLY_STOPPING = Recipe(
    name="fmnist/early-stopping",
    title="Dropout, stopped when the validation loss rises, best epoch restored",
    source="N1 7-3",
    dataset="fashion_mnist",
    split=scaled_images,
    model=DROPOUT.model,
    optimizer=DROPOUT.optimizer,
    loss=DROPOUT.loss,
    epochs=20,
    callbacks=lambda folder: [
        keras.callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
        keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
    ],
    figures=Figures(metrics={"val_loss": 0.3166, "val_accuracy": 0.8863, "stopped_epoch": 13}),
    defects=(
        "The notes judge the model by the validation rows that also chose its epoch, which "
        "flatters it; the test figures here come from images that chose nothing.",
    ),
    remarks=(
        METRICS_LIST,
        "The notes save `best-model.h5`, a legacy format; Keras 3 saves a model as `.keras`.",
    ),
)

RECIPES = (EARLY_STOPPING, SOFTMAX_REGRESSION, RELU_MLP, DROPOUT)

if __name__ == "__main__":
    from keras3_lab.cli import run_chapter

    run_chapter("fmnist")
