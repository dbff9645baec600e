"""Models of several layers in which one part is wrong in the lane called `faulty` alone.

To import this module there is to plant the faults in Keras itself, so that the models are of
Keras's own parts.
"""

from __future__ import annotations

import os

import keras
import numpy as np
from keras import layers, ops

FAULTS = """
import functools
import os
import keras


def plant():
    from keras import layers, ops

    def scaled(layer):
        sound = layer.call

        @functools.wraps(sound)
        def call(self, *args, **kwargs):
            return 1.01 * sound(self, *args, **kwargs)

        layer.call = call

    def steep(self, x):
        y = sound_prelu(self, x)
        return y + 0.5 * (y - ops.stop_gradient(y))

    def hasty(self, gradient, variable, learning_rate):
        return sound_adam(self, 1.5 * gradient, variable, learning_rate)

    @functools.wraps(layers.UpSampling1D.call)
    def refuse(self, *args, **kwargs):
        raise ValueError("no time is doubled here")

    sound_prelu, layers.PReLU.call = layers.PReLU.call, steep
    sound_adam, keras.optimizers.Adam.update_step = keras.optimizers.Adam.update_step, hasty
    scaled(layers.UnitNormalization)
    scaled(keras.losses.LogCosh)
    layers.UpSampling1D.call = refuse


if os.environ.get("KERAS3_LAB_LANE") == "faulty" and not hasattr(keras, "planted"):
    keras.planted = True
    plant()
"""

exec(FAULTS)  # noqa: S102  # a program that is run alone is given them, too

ROWS = 24


def _data(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(ROWS, *shape))


def _compiled(model, optimizer="sgd", loss="mse", outputs=2):
    model.compile(optimizer, loss)
    return model, _data(*model.input_shape[1:]), _data(outputs)


def prediction():
    """A chain of layers, one of which puts out too much."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input((6, 3)),
                layers.Conv1D(4, 3, padding="same", activation="relu"),
                layers.LayerNormalization(),
                layers.Flatten(),
                layers.UnitNormalization(),
                layers.Dense(5, "tanh"),
                layers.Dense(2),
            ]
        ),
        keras.optimizers.RMSprop(0.01, momentum=0.5),
        "mae",
    )


def slot():
    """Two branches, trained by an optimizer that takes its gradients too large."""
    x = keras.Input((4,))
    h = layers.Add()([layers.Dense(3, "tanh")(x), layers.Dense(3, use_bias=False)(x)])
    model = keras.Model(x, layers.Dense(2)(layers.BatchNormalization()(h)))
    return _compiled(model, keras.optimizers.Adam(0.01, clipnorm=1.0))


def gradient():
    """A layer with another gradient, called twice."""
    x = keras.Input((4,))
    shared = layers.PReLU()
    h = layers.Concatenate()([shared(layers.Dense(3)(x)), shared(layers.Dense(3)(x))])
    return _compiled(keras.Model(x, layers.Dense(2, "tanh")(h)), "rmsprop")


def loss():
    """Two outputs; the loss of the second is wrong."""
    x = keras.Input((4,))
    h = layers.Dense(3, "tanh")(x)
    model = keras.Model(x, [layers.Dense(2)(h), layers.Dense(1)(h)])
    model.compile("adamw", ["mse", keras.losses.LogCosh()], loss_weights=[0.5, 2.0])
    return model, _data(4), [_data(2), _data(1)]


def error():
    """A layer that raises an error."""
    x = keras.Input((4, 2))
    h = layers.UpSampling1D(3)(layers.LSTM(2, return_sequences=True)(x))
    return _compiled(keras.Model(x, layers.Dense(2)(layers.GlobalMaxPooling1D()(h))))


def sound():
    """Nothing is wrong."""
    return _compiled(keras.Sequential([keras.Input((4,)), layers.Dense(2, "gelu")]))


def small():
    """A wrong layer, and next to nothing around it."""
    x = [keras.Input((4,)), layers.UnitNormalization(), layers.Dense(2)]
    return _compiled(keras.Sequential(x))


class Mine(layers.Layer):
    def call(self, x):
        return 2 * x


def own_class():
    """Has a layer that is not Keras's own."""
    return _compiled(keras.Sequential([keras.Input((4,)), Mine(), layers.Dense(2)]))


def own_loss():
    """Has a loss that is not Keras's own."""

    def mine(y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred))

    return _compiled(keras.Sequential([keras.Input((4,)), layers.Dense(2)]), loss=mine)


def other_data():
    """Its data are others in the faulty lane."""
    model, x, y = sound()
    return model, x + (os.environ.get("KERAS3_LAB_LANE") == "faulty"), y


def embedding():
    """Tokens that occur more than once in a batch, with Adam."""
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(6, 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3, "relu"),
            layers.Dense(2),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model, np.random.default_rng(0).integers(0, 6, (ROWS, 5)), _data(2)


def spectral():
    """SpectralNormalization in a branch."""
    x = keras.Input((4,))
    h = layers.SpectralNormalization(layers.Dense(3, "tanh"))(x)
    model = keras.Model(x, layers.Dense(2)(layers.Add()([h, layers.Dense(3)(x)])))
    return _compiled(model, "adam")


def ties():
    """The larger of two layers that put out the same."""
    x = keras.Input((4,))
    one, other = (layers.Dense(3, kernel_initializer="zeros")(x) for _ in range(2))
    h = layers.Dense(3, "tanh")(layers.Maximum()([one, other]))
    return _compiled(keras.Model(x, layers.Dense(2)(h)), "nadam", keras.losses.Huber())


def kink():
    """A leaky ReLU of zeros."""
    return _compiled(
        keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(3, kernel_initializer="zeros"),
                layers.LeakyReLU(negative_slope=0.2),
                layers.Dense(4, "tanh"),
                layers.Dense(2),
            ]
        ),
        keras.optimizers.SGD(0.05, momentum=0.9),
    )
