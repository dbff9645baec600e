"""Networks for text and sequences, after the examples of keras.io."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L
from keras import ops

from models.declare import Models, unjudged
from models.parts import cross_entropy, functional, labels, rng, sequences, tokens

MODELS = Models(__name__)


def _encoder(x, heads: int = 2, size: int = 3):
    """A transformer block with the norm behind each part."""
    units = x.shape[-1]
    x = L.LayerNormalization(epsilon=1e-6)(x + L.MultiHeadAttention(heads, size)(x, x))
    return L.LayerNormalization(epsilon=1e-6)(x + L.Dense(units)(L.Dense(8, "relu")(x)))


@MODELS.agree
def transformer_on_series():
    inputs = keras.Input((7, 4))
    x = _encoder(_encoder(L.Dense(6)(inputs)))
    x = L.Dense(5, "relu")(L.GlobalAveragePooling1D()(x))
    return functional(inputs, L.Dense(3)(x), sequences())


@MODELS.expect(unjudged("the mean of a normalized row is 0, but for rounding", "G1"))
def transformer_averaged_over_features():
    inputs = keras.Input((7, 4))
    x = _encoder(L.Dense(6)(inputs))
    x = L.Dense(5, "relu")(L.GlobalAveragePooling1D(data_format="channels_first")(x))
    return functional(inputs, L.Dense(3)(x), sequences())


@keras.saving.register_keras_serializable("models")
class TokensAndPlaces(L.Layer):
    def __init__(self, words, length, units, **kwargs):
        super().__init__(**kwargs)
        self.words, self.length, self.units = words, length, units
        self.tokens = L.Embedding(words, units)
        self.places = L.Embedding(length, units)

    def call(self, x):
        return self.tokens(x) + self.places(ops.arange(self.length))

    def get_config(self):
        sizes = {"words": self.words, "length": self.length, "units": self.units}
        return {**super().get_config(), **sizes}


@MODELS.agree
def transformer_on_text():
    inputs = keras.Input((7,), dtype="int32")
    x = _encoder(TokensAndPlaces(9, 7, 6)(inputs))
    x = L.Dense(5, "relu")(L.GlobalAveragePooling1D()(x))
    return functional(inputs, L.Dense(3)(x), tokens(), "sgd")


@MODELS.agree
def small_language_model():
    """A causal transformer that predicts the next token, with momentum and a schedule."""
    inputs = keras.Input((7,), dtype="int32")
    x = TokensAndPlaces(9, 7, 6)(inputs)
    for _ in range(2):
        normed = L.LayerNormalization()(x)
        x = x + L.MultiHeadAttention(2, 3)(normed, normed, use_causal_mask=True)
        x = x + L.Dense(6)(L.Dense(12, "gelu")(L.LayerNormalization()(x)))
    model = keras.Model(inputs, L.Dense(9)(L.LayerNormalization()(x)))
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 12)
    model.compile(keras.optimizers.SGD(schedule, momentum=0.9), cross_entropy())
    x = tokens()
    return model, x, np.roll(x, -1, axis=1)


@MODELS.agree
def lstm_text_classifier():
    inputs = keras.Input((None,), dtype="int32")
    x = L.Embedding(9, 4)(inputs)
    x = L.Bidirectional(L.LSTM(4, return_sequences=True))(x)
    x = L.Bidirectional(L.LSTM(4))(x)
    return functional(inputs, L.Dense(3)(x), tokens(), keras.optimizers.SGD(0.1, 0.9))


@MODELS.agree
def convolutional_text_classifier():
    inputs = keras.Input((7,), dtype="int32")
    x = L.Embedding(9, 4)(inputs)
    x = L.Conv1D(5, 3, padding="same", activation="relu")(x)
    return functional(inputs, L.Dense(3)(L.GlobalMaxPooling1D()(x)), tokens(), "sgd")


@MODELS.agree
def seq2seq_with_attention():
    """An LSTM encoder, a decoder that starts from its state, and attention between them."""
    source, target = keras.Input((7, 4)), keras.Input((5, 3))
    encoded, *state = L.LSTM(6, return_sequences=True, return_state=True)(source)
    decoded = L.LSTM(6, return_sequences=True)(target, initial_state=state)
    context = L.Attention()([decoded, encoded])
    outputs = L.TimeDistributed(L.Dense(3))(L.Concatenate()([decoded, context]))
    model = keras.Model([source, target], outputs)
    model.compile("rmsprop", cross_entropy(), metrics=["accuracy"])
    following = rng(1).integers(0, 3, (64, 5)).astype("int32")
    return model, [sequences(), np.eye(3, dtype="float32")[np.roll(following, 1, 1)]], following


@MODELS.agree
def seq2seq_transformer():
    source, target = keras.Input((7, 4)), keras.Input((5, 3))
    encoded = _encoder(L.Dense(6)(source))
    x = L.Dense(6)(target)
    x = L.LayerNormalization()(x + L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))
    x = L.LayerNormalization()(x + L.MultiHeadAttention(2, 3)(x, encoded))
    model = keras.Model({"source": source, "target": target}, L.Dense(3)(x))
    model.compile("adam", cross_entropy())
    x = {"source": sequences(), "target": sequences(steps=5, columns=3)}
    return model, x, rng(1).integers(0, 3, (64, 5)).astype("int32")


@MODELS.agree
def wavenet():
    """Causal convolutions of growing dilation, gated, with residuals and skips."""
    inputs = keras.Input((16, 1))
    x, skips = L.Conv1D(4, 1)(inputs), []
    for dilation in (1, 2, 4):
        settings = {"padding": "causal", "dilation_rate": dilation}
        gate = L.Conv1D(4, 2, activation="sigmoid", **settings)(x)
        gated = L.Multiply()([L.Conv1D(4, 2, activation="tanh", **settings)(x), gate])
        skips.append(L.Conv1D(5, 1)(gated))
        x = x + L.Conv1D(4, 1)(gated)
    model = keras.Model(inputs, L.Conv1D(1, 1)(L.ReLU()(L.Add()(skips))))
    model.compile("adam", "mse")
    x = sequences(steps=16, columns=1)
    return model, x, np.roll(x, -1, axis=1)


@MODELS.agree
def forecast():
    """Several steps ahead from a window, with a partial last batch."""
    model = keras.Sequential(
        [
            keras.Input((7, 4)),
            L.Conv1D(6, 3, activation="relu"),
            L.GRU(6),
            L.Dense(6),
            L.Reshape((3, 2)),
        ]
    )
    model.compile(keras.optimizers.AdamW(0.01), keras.losses.Huber(), metrics=["mae"])
    return model, sequences(50), rng(1).normal(size=(50, 3, 2)).astype("float32")


@MODELS.agree
def anomaly_autoencoder():
    model = keras.Sequential(
        [
            keras.Input((16, 1)),
            L.Conv1D(4, 7, padding="same", strides=2, activation="relu"),
            L.Conv1D(2, 7, padding="same", strides=2, activation="relu"),
            L.Conv1DTranspose(2, 7, padding="same", strides=2, activation="relu"),
            L.Conv1DTranspose(4, 7, padding="same", strides=2, activation="relu"),
            L.Conv1DTranspose(1, 7, padding="same"),
        ]
    )
    model.compile("adam", "mse")
    x = sequences(steps=16, columns=1)
    return model, x, x


@MODELS.agree
def residual_series_classifier():
    inputs = keras.Input((16, 1))
    x = inputs
    for filters in (4, 6):
        shortcut = L.BatchNormalization()(L.Conv1D(filters, 1)(x))
        for size in (8, 5):
            x = L.ReLU()(L.BatchNormalization()(L.Conv1D(filters, size, padding="same")(x)))
        x = L.ReLU()(L.Add()([shortcut, x]))
    x = L.GlobalAveragePooling1D()(x)
    return functional(inputs, L.Dense(3)(x), sequences(steps=16, columns=1), "sgd")


@MODELS.agree
def pointer():
    """Scores of each step of the input, so that the target is a position."""
    inputs = keras.Input((7, 4))
    x = L.Bidirectional(L.GRU(4, return_sequences=True))(inputs)
    model = keras.Model(inputs, L.Reshape((7,))(L.Dense(1)(x)))
    model.compile("nadam", cross_entropy())
    return model, sequences(), labels(classes=7)
