"""Anyone's models, that know nothing of this package but what a function must return."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(100, 6))
Y = X[:, :2].sum(axis=1, keepdims=True)


@keras.saving.register_keras_serializable("problems")
class Gate(layers.Layer):
    """A custom layer in `keras.ops`."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * ops.sigmoid(inputs * self.scale)


def as_tuple():
    """Several inputs and outputs, a custom layer."""
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    joined = Gate()(layers.Concatenate()([layers.Dense(5)(left), right]))
    outputs = {
        "sum": layers.Dense(1, name="sum")(joined),
        "sign": layers.Dense(2, name="sign")(joined),
    }
    model = keras.Model({"left": left, "right": right}, outputs)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", {"sum": "mse", "sign": cross_entropy})
    return model, {"left": X, "right": -X}, {"sum": Y, "sign": (Y[:, 0] > 0).astype("int32")}


@keras.saving.register_keras_serializable("problems")
class Subclassed(keras.Model):
    """Built by its first batch, with a loss and a training step of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(7, activation="tanh")
        self.drop = layers.Dropout(0.4)
        self.noise = layers.GaussianNoise(0.1)
        self.out = layers.Dense(1)

    def call(self, inputs, training=False):
        hidden = self.drop(self.noise(self.hidden(inputs), training=training), training=training)
        self.add_loss(0.01 * ops.mean(ops.square(hidden)))
        return self.out(hidden)

    def train_step(self, *state_and_batch):
        """Standardizes each batch; JAX hands the state over beside it."""
        *state, batch = state_and_batch
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        x = (x - ops.mean(x, axis=0)) / (ops.std(x, axis=0) + 1e-3)
        return super().train_step(*state, (x, y, sample_weight))


def subclassed():
    """Stock random layers inside."""
    model = Subclassed()
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model, X, Y


def not_compiled():
    return keras.Sequential([layers.Dense(1)]), X, Y


def nothing():
    return None


class Own(layers.Layer):
    """Has no `get_config` that it could be made anew from."""

    def __init__(self, start, **kwargs):
        super().__init__(**kwargs)
        self.scale = self.add_weight(shape=start.shape, initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


def warned():
    """Everything that lint knows."""
    inputs = keras.Input((6,))
    hidden = layers.Dense(4, activation="relu", bias_regularizer="l1")(inputs)
    hidden = layers.LeakyReLU(name="leaky")(layers.BatchNormalization(name="norm")(hidden))
    hidden = layers.Dense(4, dtype="float16", name="half")(
        layers.GRU(4, dropout=0.1)(hidden[:, None])
    )
    hidden = Own(np.ones(4), name="own")(hidden)
    big = layers.UpSampling2D(interpolation="bilinear", name="big")(hidden[:, None, None])
    hidden = layers.Flatten()(big)
    one = layers.Dense(3, activation="softmax", name="one")(hidden)
    model = keras.Model(inputs, [one, layers.Dense(1)(hidden)])
    top = keras.metrics.SparseTopKCategoricalAccuracy(2)
    model.compile(
        "adam", [keras.losses.SparseCategoricalCrossentropy(), "mse"], metrics=[[top], []]
    )
    labels = (Y[:, 0] > 0).astype("int32")
    model.evaluate(X, [labels, Y], verbose=0)
    return model, X, [labels, Y]


def warned_of_sequences():
    """What lint knows of attention, tokens and volumes."""
    words = keras.Input((8,), dtype="int32")
    hidden = layers.Embedding(9, 4, name="words")(words)
    hidden = layers.MultiHeadAttention(2, 3)(hidden, hidden)
    hidden = layers.MaxPooling3D(1)(hidden[:, :, None, None])[:, :, 0, 0]
    hidden = layers.SpectralNormalization(layers.Dense(4))(hidden)
    model = keras.Model(words, hidden)
    model.compile("adam", keras.losses.CTC())
    tokens = np.ones((len(X), 8), "int32")
    return model, tokens, tokens[:, :2]


class Measuring(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean = keras.metrics.Mean(name="mean_output")
        self.supports_masking = True

    def call(self, inputs, beside):
        self.mean.update_state(inputs)
        return inputs + beside


class Drawing(keras.Model):
    """Has a generator of its own, in no layer."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.generator = keras.random.SeedGenerator(1)


def warned_of_what_is_new():
    """What lint knows of LoRA, masks, rows of zeros and metrics inside."""
    words = keras.Input(batch_shape=(8, 8), dtype="int32")
    hidden = layers.Embedding(9, 4, mask_zero=True, name="words")(words)
    hidden = layers.Dense(4, name="adapted")(hidden)
    hidden = layers.UnitNormalization(name="unit")(hidden)
    onwards = layers.SimpleRNN(4, stateful=True, return_sequences=True, name="going_on")(hidden)
    back = layers.LSTM(4, go_backwards=True, return_sequences=True, name="back")(onwards)
    outputs = Measuring(name="measuring")(hidden, back)  # masked, as its first input is
    model = Drawing(words, outputs, name="drawing")
    model.get_layer("adapted").enable_lora(2)
    optimizer = keras.optimizers.ScheduleFreeAdamW(name="free")
    model.compile(optimizer, "cosine_similarity", metrics=["mae"])
    tokens = np.ones((len(X), 8), "int32")
    return model, tokens, np.ones((len(X), 8, 4))
