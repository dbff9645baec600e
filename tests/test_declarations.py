"""What every recipe declares is what `declared.py` says, in numbers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from declared import STEPS, TABLE

from keras3_lab import recipes


@cache
def trials() -> dict[str, recipes.Recipe]:
    """Every training that the registry declares, by its key in the table."""
    found = {}
    for name in recipes.names():
        recipe = recipes.get(name)
        for variant in recipes.VARIANTS:
            if variant == "corrected" or recipe.as_noted:
                said = " as-noted" if variant == "as-noted" else ""
                for arm, trial in recipe.variant(variant).trials().items():
                    found[f"{name}{said}{f': {arm}' if arm else ''}"] = trial
    return found


SHOWN = {
    "Activation": ("activation",),
    "BatchNormalization": ("momentum", "epsilon"),
    "Conv2D": ("filters", "kernel_size", "activation", "padding"),
    "Crossed": ("low", "high", "knots"),
    "Dense": ("units", "activation"),
    "Dropout": ("rate",),
    "EinsumDense": ("output_shape", "activation"),
    "MaxPooling2D": ("pool_size",),
    "Neighbours": ("capacity", "columns", "reaches"),
    "RandomFlip": ("alternate",),
    "RandomShift": ("pixels",),
    "RepeatVector": ("n",),
}


def described(layer: keras.layers.Layer) -> str:
    """A layer in words: its kind, what `SHOWN` says, and what is not Keras's default."""
    config, kind = layer.get_config(), type(layer).__name__
    words = [kind, *(str(config[key]) for key in SHOWN.get(kind, ()))]
    if kind == "AveragedViews":
        words.append(f"({' | '.join(map(described, layer.layer.layers))})")
    if config.get("invert"):
        words.append("inverse")
    if hasattr(layer, "kernel_initializer"):
        words += initialized(layer.kernel_initializer)
    regularizer = getattr(layer, "kernel_regularizer", None)
    for name in ("l1", "l2"):
        if strength := float(getattr(regularizer, name, 0.0)):
            words.append(f"{name.upper()} {strength:.3g}")
    if config.get("use_bias") is False:
        words.append("no bias")
    if config.get("scale") is False:
        words.append("no scale")
    return " ".join(words)


def initialized(initializer: keras.initializers.Initializer) -> list[str]:
    names = {
        keras.initializers.GlorotUniform: "",
        keras.initializers.GlorotNormal: "glorot_normal",
        keras.initializers.HeNormal: "he_normal",
        keras.initializers.Zeros: "zeros",
    }
    kind = type(initializer)
    if kind is keras.initializers.RandomNormal:
        assert initializer.mean == 0
        return [f"N(0, {initializer.stddev:.4g}²)".replace("(0, 1²", "(0, 1.0²")]
    name = names.get(kind, kind.__name__.lower())
    return [name] if name else []


@cache
def built(key: str) -> keras.Model:
    trial = trials()[key]
    model = trial.model()
    if trial.trainable:
        trial.trainable(model)
    return model


def significant(config: dict[str, Any]) -> dict[str, Any]:
    """What is neither off nor unset."""
    # Keras 3.16 tells the `delta` of every Huber.
    off = ("name", "learning_rate", "ema_momentum", "reduction", "fn", "delta")
    return {key: value for key, value in config.items() if value and key not in off}


def test_the_table_has_every_training_of_the_registry_and_no_other() -> None:
    assert sorted(TABLE) == sorted(trials())


@pytest.mark.parametrize("key", TABLE)
def test_parameters(key: str) -> None:
    model, expected = built(key), TABLE[key]
    assert model.count_params() == expected.parameters
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trained == (expected.parameters if expected.trained is None else expected.trained)


@pytest.mark.parametrize("key", TABLE)
def test_layers(key: str) -> None:
    hidden = ("InputLayer", "GetItem")
    layers = [layer for layer in built(key).layers if type(layer).__name__ not in hidden]
    found = " | ".join(map(described, layers))
    expected = TABLE[key].layers
    if expected.startswith("…"):
        assert found.endswith(expected.removeprefix("…"))
    else:
        assert found == expected


@pytest.mark.parametrize("key", TABLE)
def test_optimizer_and_learning_rate(key: str) -> None:
    optimizer = trials()[key].optimizer(1000)
    kind, config, rates = TABLE[key].optimizer
    assert type(optimizer).__name__ == kind
    assert significant(optimizer.get_config()) == pytest.approx(config)
    found = []
    for step in STEPS:
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    assert found == pytest.approx([rates] * 5 if isinstance(rates, float) else rates, rel=1e-5)


@pytest.mark.parametrize("key", TABLE)
def test_loss_and_metrics(key: str) -> None:
    trial, expected = trials()[key], TABLE[key]

    def said(loss: Any) -> Any:
        if isinstance(loss, dict):
            return {output: said(one) for output, one in loss.items()}
        more = [f"{name}={value}" for name, value in significant(loss.get_config()).items()]
        return " ".join([type(loss).__name__, *more])

    assert said(trial.loss()) == expected.loss
    assert trial.loss_weights == expected.loss_weights
    metrics = trial.metrics()
    by_output = metrics if isinstance(metrics, dict) else {"": metrics}
    assert expected.metrics == tuple(
        f"{output} {m if isinstance(m, str) else type(m).__name__}".strip()
        for output, listed in by_output.items()
        for m in listed
    )


@pytest.mark.parametrize("key", TABLE)
def test_length_and_callbacks(key: str, tmp_path: Path) -> None:
    trial, expected = trials()[key], TABLE[key]
    assert (trial.epochs, trial.batch_size) == (expected.epochs, expected.batch_size)
    assert tuple(map(told, trial.callbacks(tmp_path))) == expected.callbacks


def told(callback: keras.callbacks.Callback) -> str:
    """A callback in words."""
    name = type(callback).__name__
    match callback:
        case keras.callbacks.EarlyStopping():
            assert callback.restore_best_weights
            return f"{name} by {callback.monitor}, patience {callback.patience}, restoring"
        case keras.callbacks.ModelCheckpoint():
            assert callback.save_best_only
            return f"{name} {Path(callback.filepath).name} of {callback.monitor}, the best only"
        case keras.callbacks.ReduceLROnPlateau():
            factor, patience = f"{callback.factor:.4g}", callback.patience
            return f"{name} by {callback.monitor}, factor {factor}, patience {patience}"
        case keras.callbacks.LearningRateScheduler():
            return " ".join([name, *(f"{callback.schedule(epoch):.3g}" for epoch in range(3))])
    return name


FIGURES = {
    "fmnist/sgd-classifier": {"mean_accuracy": 0.84185},
    "fmnist/softmax-regression": {
        "loss": 0.4356, "accuracy": 0.8560, "val_loss": 0.4598, "val_accuracy": 0.8460,
    },
    "fmnist/sigmoid-mlp": {"loss": 0.3344, "accuracy": 0.8782},
    "fmnist/relu-mlp": {
        "loss": 0.3141, "accuracy": 0.8867, "val_loss": 0.3683, "val_accuracy": 0.8726,
    },
    "fmnist/optimizers": {
        "loss": 0.3087, "accuracy": 0.8856, "val_loss": 0.3526, "val_accuracy": 0.8733,
    },
    "fmnist/save-restore": {"val_loss": 0.3388, "val_accuracy": 0.8775},
    "fmnist/checkpoint": {"best_val_loss": 0.3154, "best_val_accuracy": 0.8878},
    "fmnist/early-stopping": {"val_loss": 0.3166, "val_accuracy": 0.8863, "epochs_trained": 14},
    "fmnist/functional-early-stopping": {"test_loss": 0.4729, "test_accuracy": 0.8457},
    "fmnist/batch-norm": {"test_loss": 5.4059, "test_accuracy": 0.1015},
    "california/wide-deep": {
        "test_loss": 8.0921e9, "test_mae": 68_013.91, "test_rmse": 89_956.15, "test_r2": 0.3852,
    },
    "california/aux-output": {"test_loss": 5.4568e9, "test_price_mae": 54_649.46},
    "cifar10/dense": {"test_loss": 2.3035, "test_accuracy": 0.0933},
    "cifar10/cnn": {"val_loss": 0.70},
    "cifar10/cnn-batch-norm": {"val_loss": 0.45},
}  # fmt: skip
LOSSES_BY_EPOCH = {
    "fmnist/softmax-regression": [0.6080, 0.4785, 0.4565, 0.4435, 0.4356],
    "fmnist/sigmoid-mlp": [0.5710, 0.4132, 0.3776, 0.3530, 0.3344],
    "fmnist/relu-mlp": [0.5290, 0.3920, 0.3525, 0.3301, 0.3141],
    "fmnist/optimizers": [0.5263, 0.3970, 0.3556, 0.3277, 0.3087],
}


def test_figures_of_the_notes() -> None:
    found = {recipe.name: dict(recipe.figures.metrics) for recipe in recipes.everything()}
    assert {name: metrics for name, metrics in found.items() if metrics} == FIGURES


def test_figures_by_epoch_end_in_the_final_ones() -> None:
    found = {recipe.name: recipe.figures.history for recipe in recipes.everything()}
    losses = {name: list(history["loss"]) for name, history in found.items() if history}
    assert losses == LOSSES_BY_EPOCH
    for name in losses:
        for metric, values in found[name].items():
            assert values[-1] == FIGURES[name][metric]


VARIANTS = {
    "fmnist/functional-early-stopping": {"model", "adapt"},
    "fmnist/batch-norm": {"model", "adapt"},
    "california/wide-deep": {"model", "adapt"},
    "california/aux-output": {"model", "adapt", "loss_weights"},
    "cifar10/dense": {"adapt"},
    "cifar10/cnn": {"model", "optimizer", "loss", "split", "callbacks"},
    "cifar10/cnn-batch-norm": {"model", "optimizer", "loss", "split", "callbacks"},
}


def test_what_differs_as_noted() -> None:
    found = {recipe.name: set(recipe.as_noted) for recipe in recipes.everything()}
    assert {name: fields for name, fields in found.items() if fields} == VARIANTS
    for name in VARIANTS:
        assert recipes.get(name).defects
