"""MNIST: the parts of a network one by one, each against its alternatives (notes N3, N4)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from keras3_lab import fmnist
from keras3_lab.lazy import callbacks, findings, keras, losses, models
from keras3_lab.recipes import Recipe
from keras3_lab.splits import scaled_images

OUTLINE = "The notes are an outline here: they name the parts and print no figure."

MLP = Recipe(
    name="mnist/mlp",
    title="Dense 256 – 64 – 32 – 10 with relu, Adam",
    source="N3, N4 ch. 3",
    dataset="mnist",
    split=scaled_images,
    model=lambda: models.sequential(),
    optimizer=lambda steps: keras.optimizers.Adam(),
    loss=lambda: losses.SparseCategoricalCrossentropy(),
    epochs=10,
    findings=lambda outcome: findings.classification(outcome),
    remarks=(OUTLINE,),
)

API_STYLES = replace(
    MLP,
    name="mnist/api-styles",
    title="The same network as Sequential, Functional and Subclassing",
    source="N3 [3], [4], [8]",
    epochs=2,
    arms={
        "Sequential": {"model": lambda: models.sequential()},
        "Functional": {"model": lambda: models.functional()},
        "Subclassing": {"model": lambda: models.subclassed()},
    },
    findings=lambda outcome: findings.api_styles(outcome),
    remarks=(
        "N3 saves to YAML (`to_yaml`, `model_from_yaml`): both are gone from Keras 3.",
        "N3 says that a subclassed model cannot be saved whole: in Keras 3 it can, once its class "
        "is registered.",
    ),
)

DEEP = (100, 100, 100, 100, 100)


def _deep(activation: str, initializer: object) -> dict[str, object]:
    return {
        "model": lambda: models.mlp(
            DEEP, activation=activation, kernel_initializer=_made(initializer)
        )
    }


def _made(initializer: object) -> object:
    return initializer if isinstance(initializer, str) else initializer()  # type: ignore[operator]


INITIALIZERS = replace(
    MLP,
    name="mnist/initializers",
    title="Glorot for tanh and sigmoid, He for relu, against scales that are off",
    source="N3 [10], N4 4.1",
    epochs=3,
    arms={
        "relu, He": _deep("relu", "he_normal"),
        "relu, Glorot": _deep("relu", "glorot_normal"),
        "relu, N(0, 0.01²)": _deep("relu", lambda: keras.initializers.RandomNormal(stddev=0.01)),
        "relu, N(0, 1)": _deep("relu", lambda: keras.initializers.RandomNormal(stddev=1.0)),
        "tanh, Glorot": _deep("tanh", "glorot_normal"),
        "tanh, N(0, 1)": _deep("tanh", lambda: keras.initializers.RandomNormal(stddev=1.0)),
        "sigmoid, Glorot": _deep("sigmoid", "glorot_normal"),
    },
    findings=lambda outcome: findings.activation_statistics(outcome),
    remarks=(
        OUTLINE,
        "Too small a scale and the activations die out from layer to layer; too large and they "
        "explode (relu) or saturate (tanh).",
    ),
)

SMALL = 1000
REGULARIZATION = replace(
    MLP,
    name="mnist/regularization",
    title=f"L1, L2, both, dropout and batch normalization on {SMALL:,} images",
    source="N3 [10], N4 4.2–4.4",
    split=partial(scaled_images, train_rows=SMALL),
    epochs=40,
    arms={
        "none": {},
        "too small: Dense(4)": {"model": lambda: models.mlp((4,))},
        "L1": {"model": lambda: models.mlp((256, 64, 32), kernel_regularizer=_penalty(l1=1e-4))},
        "L2": {"model": lambda: models.mlp((256, 64, 32), kernel_regularizer=_penalty(l2=1e-3))},
        "L1 and L2": {
            "model": lambda: models.mlp(
                (256, 64, 32), kernel_regularizer=_penalty(l1=1e-4, l2=1e-3)
            )
        },
        "dropout": {"model": lambda: models.mlp((256, 64, 32), dropout=0.3, input_dropout=0.2)},
        "batch normalization": {"model": lambda: models.mlp((256, 64, 32), batch_norm=True)},
    },
    findings=None,
    remarks=(
        OUTLINE,
        "With few images the plain network learns them by heart (overfitting: validation loss "
        "turns up), and one with 4 hidden units cannot (underfitting: training loss stays high).",
    ),
)


def _penalty(**strengths: float) -> object:
    return keras.regularizers.L1L2(**strengths)


ACTIVATION_NAMES = ("relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu")
ACTIVATIONS = replace(
    MLP,
    name="mnist/activations",
    title="Eight activations in the same network",
    source="N4 4.5",
    epochs=5,
    arms={
        name: {"model": partial(lambda name: models.mlp((256, 64, 32), activation=name), name)}
        for name in ACTIVATION_NAMES
    },
    findings=None,
)

LOSSES = replace(
    MLP,
    name="mnist/losses",
    title="Cross-entropy three ways, and losses that are not made for classes",
    source="N3 [5], N4 1.1",
    epochs=3,
    arms={
        "sparse": {},
        **{
            name: {
                "loss": loss,
                "split": partial(scaled_images, one_hot=True),
                "metrics": lambda: [keras.metrics.CategoricalAccuracy(name="accuracy")],
                **more,
            }
            for name, loss, more in (
                ("one-hot", lambda: losses.CategoricalCrossentropy(), {}),
                (
                    "binary, sigmoid",
                    lambda: keras.losses.BinaryCrossentropy(from_logits=True),
                    {"model": lambda: models.mlp((256, 64, 32), output=None)},
                ),
                ("MSE", lambda: keras.losses.MeanSquaredError(), {}),
                ("MAE", lambda: keras.losses.MeanAbsoluteError(), {}),
                ("Huber", lambda: keras.losses.Huber(), {}),
            )
        },
    },
    findings=lambda outcome: findings.same_losses(outcome),
    remarks=(
        OUTLINE,
        "The losses of different arms measure different things: compare the accuracies.",
    ),
)

BACKPROP = Recipe(
    name="mnist/backprop",
    title="Backpropagation by hand in keras.ops, equal to the backend's gradient",
    source="N3 [7]",
    dataset="mnist",
    split=scaled_images,
    findings=lambda outcome: findings.backpropagation(outcome),
)

CALLBACKS = replace(
    MLP,
    name="mnist/callbacks",
    title="ModelCheckpoint, EarlyStopping, LearningRateScheduler and TensorBoard",
    source="N3 [9]",
    epochs=15,
    callbacks=lambda folder: [
        callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
        keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
        keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * 0.8**epoch),
        callbacks.TensorBoard(folder / "tensorboard"),
    ],
    findings=None,
    remarks=(
        OUTLINE,
        "Keras's own TensorBoard callback writes through TensorFlow; ours needs no backend: "
        "`tensorboard --logdir` on the run's folder shows the curves.",
    ),
)

TENSORS = Recipe(
    name="mnist/tensors",
    title="Making, casting and adding tensors with keras.ops",
    source="N3 [1]",
    dataset="mnist",
    split=scaled_images,
    findings=lambda outcome: findings.tensors(outcome),
    defects=(
        "The notes say that tensors of different dtypes cannot be added. That is so in raw "
        "TensorFlow; `keras.ops` promotes, on every backend.",
    ),
)

BEST_DENSE = replace(fmnist.BEST_DENSE, name="mnist/best-dense", dataset="mnist")

RECIPES = (
    MLP,
    API_STYLES,
    INITIALIZERS,
    REGULARIZATION,
    ACTIVATIONS,
    LOSSES,
    BACKPROP,
    CALLBACKS,
    TENSORS,
    BEST_DENSE,
)

if __name__ == "__main__":
    from keras3_lab.cli import run_chapter

    run_chapter("mnist")
