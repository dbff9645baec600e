"""Models, optimizers and data that the engine is compared with stock `fit` on."""

from __future__ import annotations

import keras
import numpy as np

import keras3_lab
from keras3_lab.portable import initialize

ROWS = 16  # 2 batches of 8: a partial one is a program of its own, and has a test of its own
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 6))
LABELS = RNG.integers(0, 3, ROWS).astype("uint8")
TARGETS = X[:, :2].sum(axis=1, keepdims=True)
WORDS = RNG.integers(0, 5, (ROWS, 7))  # 0 is masked
SERIES = np.where(RNG.random((ROWS, 7, 1)) < 0.3, 0.0, RNG.normal(size=(ROWS, 7, 2)))
IMAGES = RNG.normal(size=(ROWS, 8, 8, 2))


def _selector():
    kernels, biases = keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.1)
    return lambda variable: biases if variable.name == "bias" else kernels


optimizers, schedules = keras.optimizers, keras.optimizers.schedules
OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.05),
    "SGD, momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "SGD, Nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "RMSprop": lambda: optimizers.RMSprop(0.01),
    "RMSprop, centered": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "Adam": lambda: optimizers.Adam(0.01),
    "Adam, amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "AdamW": lambda: optimizers.AdamW(0.01, weight_decay=0.1),
    "Adagrad": lambda: optimizers.Adagrad(0.05),
    "Adadelta": lambda: optimizers.Adadelta(1.0),
    "Adamax": lambda: optimizers.Adamax(0.01),
    "Nadam": lambda: optimizers.Nadam(0.01),
    "Lion": lambda: optimizers.Lion(0.01),
    "Ftrl": lambda: optimizers.Ftrl(0.05),
    "Adafactor": lambda: optimizers.Adafactor(0.05),
    "Lamb": lambda: optimizers.Lamb(0.01),
    "Muon": lambda: optimizers.Muon(0.01),
    "ScheduleFreeAdamW": lambda: optimizers.ScheduleFreeAdamW(0.01),
    "MultiOptimizer": lambda: optimizers.MultiOptimizer(_selector()),
    "LossScale": lambda: optimizers.LossScaleOptimizer(
        optimizers.Adam(0.01), dynamic_growth_steps=2
    ),
    "ExponentialDecay": lambda: optimizers.SGD(schedules.ExponentialDecay(0.1, 2, 0.5)),
    "CosineDecay": lambda: optimizers.Adam(schedules.CosineDecay(0.0, 8, warmup_target=0.1)),
    "PiecewiseConstantDecay": lambda: optimizers.SGD(
        schedules.PiecewiseConstantDecay([2, 4], [0.1, 0.05, 0.01])
    ),
    "clipnorm": lambda: optimizers.SGD(0.1, clipnorm=0.1),
    "global_clipnorm": lambda: optimizers.SGD(0.1, global_clipnorm=0.1),
    "clipvalue": lambda: optimizers.SGD(0.1, clipvalue=0.01),
    "weight decay": lambda: optimizers.RMSprop(0.01, weight_decay=0.1),
    "EMA": lambda: optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8),
    "EMA, overwriting": lambda: optimizers.SGD(
        0.1, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=2
    ),
    "gradient accumulation": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=2),
}


def dense(optimizer="sgd", **arguments) -> keras.Model:
    """A regression of 2 layers."""
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)]
    )
    initialize(model, 1)
    model.compile(optimizer, "mse", **arguments)
    # Keras 3.15 on TensorFlow builds it while it traces, and so loses the initial values that
    # ScheduleFreeAdamW gives its momentum: run eagerly, or built before, it computes what we do.
    model.optimizer.build(model.trainable_variables)
    return model


def classifier(optimizer="adam", **arguments) -> keras.Model:
    """State, random masks and a penalty: BatchNormalization, Dropout, L1 and L2."""
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L1L2()),
            keras.layers.BatchNormalization(),
            keras3_lab.layers.Dropout(0.2),
            keras.layers.Dropout(0.2, seed=1),
            keras.layers.Dense(3),
        ]
    )
    initialize(model, 1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    arguments = {"metrics": ["accuracy"]} | arguments
    model.compile(optimizer=optimizer, loss=loss, **arguments)
    return model


def two_headed() -> keras.Model:
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    joined = keras.layers.Concatenate()([left, keras.layers.Dense(4)(right)])
    outputs = {
        "label": keras.layers.Dense(3, activation="softmax", name="label")(joined),
        "target": keras.layers.Dense(1, name="target")(joined),
    }
    model = keras.Model({"left": left, "right": right}, outputs)
    initialize(model, 1)
    model.compile(
        optimizer="rmsprop",
        loss={"label": keras3_lab.losses.SparseCategoricalCrossentropy(), "target": "mse"},
        loss_weights={"label": 0.7, "target": 0.3},
        metrics={"label": ["accuracy"]},
    )
    return model


class AddsLoss(keras.Model):
    """Adds a loss of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        outputs = self.dense(inputs)
        self.add_loss(0.1 * keras.ops.mean(outputs**2))
        return outputs


def adds_loss() -> keras.Model:
    model = AddsLoss()
    model(X[:1])  # builds it
    initialize(model, 1)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "mae")
    return model


class OwnStep(keras.Model):
    """A training step of its own, as each backend wants it, with a log of its own."""

    if keras.config.backend() == "jax":

        def train_step(self, state, data):
            logs, state = super().train_step(state, data)
            return {**logs, "twice": 2 * logs["loss"]}, state

    else:

        def train_step(self, data):
            logs = super().train_step(data)
            return {**logs, "twice": 2 * logs["loss"]}


def own_step() -> keras.Model:
    inputs = keras.Input((6,))
    model = OwnStep(inputs, keras.layers.Dense(1)(inputs))
    initialize(model, 1)
    model.compile("adam", "mse")
    return model


def embedding() -> keras.Model:
    """A mask that reaches an LSTM."""
    model = keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            keras.layers.Embedding(5, 3, mask_zero=True),
            keras.layers.LSTM(4),
            keras.layers.Dense(1),
        ]
    )
    initialize(model, 1)
    model.compile("adam", "mse")
    return model


def masking() -> keras.Model:
    """A mask that reaches the loss."""
    model = keras.Sequential(
        [keras.Input((7, 2)), keras.layers.Masking(), keras.layers.GRU(3, return_sequences=True)]
    )
    initialize(model, 1)
    model.compile("adam", "mse", metrics=["mae"])
    return model


def convolution(**arguments) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )
    initialize(model, 1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], **arguments)
    return model


def frozen() -> keras.Model:
    model = dense("adam")
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    return model


WEIGHTS = np.linspace(0, 2, ROWS)
MODELS = {
    "state, dropout, penalty": (classifier, {"x": X, "y": LABELS}),
    "partial last batch": (classifier, {"x": X[:13], "y": LABELS[:13]}),
    "sample weights": (classifier, {"x": X, "y": LABELS, "sample_weight": WEIGHTS}),
    "class weights": (classifier, {"x": X, "y": LABELS, "class_weight": {0: 1.0, 1: 3.0, 2: 0.5}}),
    "weighted metrics": (
        lambda: classifier(metrics=None, weighted_metrics=["accuracy"]),
        {"x": X, "y": LABELS, "sample_weight": WEIGHTS},
    ),
    "validation split": (classifier, {"x": X, "y": LABELS, "validation_split": 0.3}),
    "validation data": (
        classifier,
        {
            "x": X,
            "y": LABELS,
            "validation_data": (X[:12], LABELS[:12], WEIGHTS[:12]),
            "validation_freq": 2,
            "validation_batch_size": 4,
        },
    ),
    "steps": (
        classifier,
        {
            "x": X,
            "y": LABELS,
            "batch_size": 6,
            "steps_per_epoch": 2,
            "validation_data": (X[:12], LABELS[:12]),
            "validation_steps": 1,
        },
    ),
    "several inputs and outputs": (
        two_headed,
        {"x": {"left": X, "right": -X}, "y": {"label": LABELS, "target": TARGETS}},
    ),
    "several sample weights": (
        two_headed,
        {
            "x": {"left": X, "right": -X},
            "y": {"label": LABELS, "target": TARGETS},
            "sample_weight": {"label": WEIGHTS, "target": WEIGHTS[::-1]},
        },
    ),
    "add_loss": (adds_loss, {"x": X, "y": TARGETS}),
    "own train_step": (own_step, {"x": X, "y": TARGETS}),
    "mask of an embedding": (embedding, {"x": WORDS, "y": TARGETS}),
    "mask of a series": (masking, {"x": SERIES, "y": np.zeros((ROWS, 7, 3))}),
    "convolution": (convolution, {"x": IMAGES, "y": LABELS}),
    "frozen layer": (frozen, {"x": X, "y": TARGETS}),
    "not compiled": (lambda: dense("adam", run_eagerly=True), {"x": X, "y": TARGETS}),
    "not by XLA": (lambda: dense("adam", jit_compile=False), {"x": X, "y": TARGETS}),
}
