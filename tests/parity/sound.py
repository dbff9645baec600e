"""Sound problems. Faulty copies of them are in `zoo.py`."""

from __future__ import annotations

import keras
import numpy as np
from faulty_parts import FixedBatch
from keras import layers, ops, optimizers

from keras3_lab.layers import Dropout
from keras3_lab.losses import SparseCategoricalCrossentropy
from keras3_lab.parity.problem import Problem

ROWS, CLASSES = 200, 3  # 6 full batches of 32 and a partial one of 8
X = np.random.default_rng(0).normal(size=(ROWS, 8))
Y = (X @ np.random.default_rng(1).normal(size=(8, CLASSES))).argmax(axis=1)
IMAGES = np.random.default_rng(2).normal(size=(ROWS, 8, 8, 2))


def logits_loss() -> keras.losses.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def problem(model, optimizer, loss=None, x=X, y=Y, **more) -> Problem:
    metrics = more.pop("metrics", ["accuracy"])
    model.compile(optimizer, loss or logits_loss(), metrics=metrics)
    more.setdefault("validation_data", (x[:32], y[:32]))
    return Problem(model, x, y, batch_size=32, epochs=2, **more)


def _dropout(dropout) -> list[layers.Layer]:
    if isinstance(dropout, layers.Layer):
        return [dropout]
    return [Dropout(dropout, name="drop")] if dropout else []


def dense_model(
    hidden=None, norm=None, dropout=0.0, activation="relu", last=None, regularizer=None
) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8,)),
            hidden or layers.Dense(16, name="hidden", kernel_regularizer=regularizer),
            layers.Activation(activation, name="act")
            if isinstance(activation, str)
            else activation,
            norm or layers.BatchNormalization(name="norm"),
            *_dropout(dropout),
            last or layers.Dense(CLASSES, name="last"),
        ]
    )


def adam(**more) -> optimizers.Optimizer:
    return optimizers.Adam(0.01, **more)


def sgd(**more) -> optimizers.Optimizer:
    return optimizers.SGD(**{"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, **more})


def dense() -> Problem:
    return problem(dense_model(), adam())


def dropped() -> Problem:
    return problem(dense_model(dropout=0.3), adam())


def plain() -> Problem:
    return problem(dense_model(), sgd())


def conv_model(convolution=None, pool=None) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            convolution or layers.Conv2D(4, 4, padding="same", activation="relu", name="conv"),
            pool or layers.MaxPooling2D(name="pool"),
            layers.Flatten(),
            layers.LayerNormalization(name="norm"),
            layers.Dense(CLASSES, name="last"),
        ]
    )


def conv() -> Problem:
    return problem(conv_model(), adam(), x=IMAGES)


def regular() -> Problem:
    return problem(dense_model(regularizer=keras.regularizers.L2(1e-3)), adam())


def softmax_model() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8,)),
            layers.Rescaling(20.0),  # confident and wrong: where clipping shows
            layers.Dense(CLASSES, activation="softmax", name="last"),
        ]
    )


def softmax() -> Problem:
    return problem(softmax_model(), sgd(), SparseCategoricalCrossentropy())


def rate(step, late=0):
    return 0.05 / (1.0 + 0.1 * ops.maximum(ops.cast(step, keras.config.floatx()) - late, 0.0))


@keras.saving.register_keras_serializable("sound")
class Falling(optimizers.schedules.LearningRateSchedule):
    def __init__(self, late=0):
        self.late = late

    def __call__(self, step):
        return rate(step, self.late)

    def get_config(self):
        return {"late": self.late}


def scheduled() -> Problem:
    return problem(dense_model(), sgd(learning_rate=Falling()))


def decayed(exclude=("bias", "gamma", "beta")) -> Problem:
    optimizer = optimizers.AdamW(0.01, weight_decay=0.01)
    if exclude:
        optimizer.exclude_from_weight_decay(var_names=list(exclude))
    return problem(dense_model(), optimizer)


WEIGHTS = np.linspace(0.1, 2.0, ROWS)


def weighted() -> Problem:
    return problem(dense_model(), adam(), sample_weight=WEIGHTS)


def clipped() -> Problem:
    return problem(dense_model(), sgd(global_clipnorm=0.1))


def partial() -> Problem:
    return problem(dense_model(), adam(), FixedBatch())


def big_data(rows: int):
    rng = np.random.default_rng(5)
    return rng.normal(size=(rows, 8)), rng.integers(0, CLASSES, rows)


def thousand() -> Problem:
    x, y = big_data(1000)
    return problem(dense_model(), adam(), x=x, y=y)


def metric_sound() -> Problem:
    metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    return problem(dense_model(), sgd(), metrics=[metric])
