"""CIFAR-10: from a network at chance to what the whole stack can do (notes N0, N2)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keras3_lab.errors import UsageError
from keras3_lab.lazy import findings, keras, losses, models, optimizers
from keras3_lab.recipes import Figures, Option, Recipe
from keras3_lab.splits import raw_images, stratified_images

if TYPE_CHECKING:
    from keras.callbacks import Callback


def early_stopping(folder: Path) -> list[Callback]:
    """Stop as N2 does."""
    return [keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)]


def lower_rate_first(folder: Path) -> list[Callback]:
    """Stop as N2 does, and train at a lower rate an epoch before."""
    return [*early_stopping(folder), keras.callbacks.ReduceLROnPlateau(factor=0.1**0.5, patience=3)]


POLICY = "mixed_bfloat16 for the convolutional layers, or none: as --dtype says."


def layers_dtype(policy: str) -> str | None:
    """Return the dtype policy for convolutional layers that the option says, if any."""
    if policy not in ("none", "mixed_bfloat16"):
        raise UsageError(f"policy must be none or mixed_bfloat16; received: {policy!r}")
    return None if policy == "none" else policy


def cnn(policy: str = "none") -> Recipe:
    """Declare `cifar10/cnn` with a dtype policy for all layers but the last."""
    dtype = layers_dtype(policy)
    return Recipe(
        name="cifar10/cnn",
        title="Three blocks of two convolutions, dropout, early stopping",
        source='N2 "ver1"',
        dataset="cifar10",
        split=stratified_images,
        model=lambda: models.convolutions(dtype=dtype),
        optimizer=lambda steps: keras.optimizers.Adam(3e-4),
        loss=lambda: losses.SparseCategoricalCrossentropy(from_logits=True),
        epochs=100,
        batch_size=64,
        callbacks=lower_rate_first,
        figures=Figures(metrics={"val_loss": 0.70}),
        defects=(
            "The output layer is `Dense(10, activation='relu')` under a cross-entropy that expects "
            "probabilities. Where all ten outputs are 0, and where the true one is above 1, there "
            "is no gradient: the network cannot train, as the notes' own printout shows (accuracy "
            ".0964 after 171 steps).",
            "`fit` gets all 50,000 training images, although the validation images are among them: "
            "validation is leaked, and early stopping is blind.",
        ),
        remarks=(
            "Corrected, the output is logits, and the training part of the split is trained on.",
            "At Adam's rate of 1e-3 many units are silent in the end: so it starts at 3e-4.",
            "At a constant rate, noise stops it early: so the rate falls by half an order "
            "of magnitude after three epochs without a lower validation loss, one before it would "
            "stop.",
            "The notes tell a loss and not of which images; it stands beside the validation loss.",
        ),
        as_noted={
            "model": lambda: models.convolutions(output="relu", dtype=dtype),
            "optimizer": lambda steps: keras.optimizers.Adam(),
            "loss": lambda: losses.ClippedCrossentropy(),
            "split": partial(stratified_images, leaked=True),
            "callbacks": early_stopping,
        },
        options={"policy": Option(value=policy, help=POLICY)},
        findings=lambda outcome: findings.relu_units(outcome),
        declare=cnn,
    )


DENSE = Recipe(
    name="cifar10/dense",
    title="Two dense layers of 100 on normalized pixels",
    source="N0",
    dataset="cifar10",
    split=partial(raw_images, validate_on_last=True),
    model=lambda: models.normalized_mlp(shape=(32, 32, 3), units=100, output=None),
    adapt=lambda model, splits: models.adapt_normalization(model, splits),
    optimizer=lambda steps: keras.optimizers.Adam(),
    loss=lambda: losses.SparseCategoricalCrossentropy(from_logits=True),
    epochs=10,
    batch_size=64,
    figures=Figures(metrics={"test_loss": 2.3035, "test_accuracy": 0.0933}),
    defects=(
        "The Normalization was never adapted: the network sees raw pixels of 0 to 255, its relu "
        "units die, and it stays near chance.",
    ),
    remarks=(
        "As in the notes, 10,000 of the 50,000 training images are tested on; the data set's own "
        "test images stay unused.",
        "The notes end in a softmax, and TensorFlow computes the loss from the logits before it; "
        "here the logits are the output. With raw pixels that matters: they are so large that the "
        "probabilities round to 0.",
    ),
    findings=lambda outcome: findings.relu_units(outcome),
    as_noted={"adapt": None},
)


def cnn_batch_norm(policy: str = "none") -> Recipe:
    """Declare `cifar10/cnn-batch-norm`, likewise."""
    dtype, plain = layers_dtype(policy), cnn(policy)
    return replace(
        plain,
        name="cifar10/cnn-batch-norm",
        title="The same with BatchNormalization between each layer and its relu",
        source="N2",
        model=lambda: models.convolutions(batch_norm=True, dtype=dtype),
        optimizer=lambda steps: keras.optimizers.Adam(),
        figures=Figures(metrics={"val_loss": 0.45}),
        defects=(
            *plain.defects,
            "The last convolution has a relu before its BatchNormalization besides the one after "
            "it.",
        ),
        as_noted={
            **plain.as_noted,
            "model": lambda: models.convolutions(
                batch_norm=True, output="relu", relu_twice=True, dtype=dtype
            ),
        },
        declare=cnn_batch_norm,
    )


def everything(policy: str = "none") -> Recipe:
    """Declare `cifar10/everything` with a dtype policy for its convolutions."""
    dtype = layers_dtype(policy)
    return Recipe(
        name="cifar10/everything",
        title="Every means available: airbench94 with Muon in backend-agnostic Keras",
        source="ours, to N0's exercise",
        dataset="cifar10",
        split=partial(stratified_images, held_out=0.02, scaled=False),
        model=lambda: models.airbench(dtype=dtype),
        adapt=lambda model, splits: models.adapt_airbench(model, splits),
        optimizer=lambda steps: optimizers.MuonSGD(
            keras.optimizers.schedules.PolynomialDecay(0.24, steps, end_learning_rate=0.0),
            bias_factor=433.0,
            dense_factor=0.083,
            weight_decay=0.11,
        ),
        loss=lambda: losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
        epochs=10,
        batch_size=1960,
        remarks=(
            "Whitened patches, flips that alternate, shifts, label smoothing, Muon, a linear "
            "schedule, and six views of each test image.",
            "It trains on 49,000 images and validates on 1,000, at the rates of airbench94_muon.",
        ),
        options={"policy": Option(value=policy, help=POLICY)},
        declare=everything,
    )


def transfer(base: str = "MobileNetV2", weights: str = "imagenet", size: str | int = 224) -> Recipe:
    """Declare `cifar10/transfer` on a base of `keras.applications`."""
    if weights not in ("imagenet", "none"):
        raise UsageError(f"weights must be imagenet or none; received: {weights!r}")
    if not str(size).isdecimal() or int(size) < 32:
        raise UsageError(f"size must be an integer of 32 or more; received: {size!r}")
    return Recipe(
        name="cifar10/transfer",
        title="A base trained on ImageNet: a new head first, then the top of the base",
        source="N0",
        dataset="cifar10",
        split=partial(stratified_images, scaled=False),
        model=lambda: models.transfer(base, int(size)),
        pretrained=None if weights == "none" else lambda model: models.load_imagenet(model, base),
        loss=lambda: losses.SparseCategoricalCrossentropy(from_logits=True),
        batch_size=64,
        stages={
            "head": {
                "trainable": lambda model: models.train_top(model, 0),
                "optimizer": lambda steps: keras.optimizers.Adam(1e-3),
                "epochs": 10,
            },
            "top third": {
                "trainable": lambda model: models.train_top(model, 1 / 3),
                "optimizer": lambda steps: keras.optimizers.Adam(1e-4),
                "epochs": 5,
            },
        },
        remarks=(
            "N0 names ResNet50 (`--base ResNet50`); any base of `keras.applications` will do.",
            "What is frozen is computed once for all epochs of a stage.",
        ),
        options={
            "base": Option(value=base, help="Name of the base in keras.applications."),
            "weights": Option(value=weights, help="imagenet, or none for a dry run."),
            "size": Option(
                value=str(size), help="Side that the images are resized to.", light="32"
            ),
        },
        declare=transfer,
    )


RECIPES = (cnn(), DENSE, cnn_batch_norm(), transfer(), everything())

if __name__ == "__main__":
    from keras3_lab.cli import run_chapter

    run_chapter("cifar10")
