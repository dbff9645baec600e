"""Embeddings: with masks, tied, regularized, and beside optimizers that are not linear."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L

from models.declare import Models, differs
from models.parts import classifier, cross_entropy, functional, labels, tokens

MODELS = Models(__name__)

# The gradient of a lookup is a `tf.IndexedSlices` on TensorFlow. Elementwise operations take its
# rows one by one, so that the square of a token that occurs twice is a² + b², not (a + b)².
SQUARES = "on TensorFlow the sparse gradient is squared before rows of the same token are summed"


def _averaged(optimizer, mask: bool = False, **settings):
    body = [L.Embedding(9, 4, mask_zero=mask, **settings), L.GlobalAveragePooling1D()]
    return classifier(tokens(), body, optimizer, "int32")


MODELS.add("sgd", lambda: _averaged("sgd"))
MODELS.add("sgd_masked", lambda: _averaged("sgd", mask=True))
MODELS.add("momentum_masked", lambda: _averaged(keras.optimizers.SGD(0.1, 0.9), mask=True))
for optimizer, slot in {
    "adam": "velocity", "adamw": "velocity", "nadam": "velocity", "rmsprop": "velocity",
    "adagrad": "accumulator",
}.items():  # fmt: skip
    MODELS.add(
        optimizer,
        lambda optimizer=optimizer: _averaged(optimizer),
        differs("optimizer slot", slot, SQUARES),
    )


@MODELS.agree
def lion():
    """Takes the sign of a sum with the momentum, which makes the gradient dense first."""
    return _averaged("lion")


@MODELS.agree
def adam_no_token_twice():
    x = np.stack([np.arange(1, 33), np.arange(33, 65)], axis=1).reshape(64, 1).astype("int32")
    return classifier(x, [L.Embedding(70, 4)], "adam", "int32")


@MODELS.agree
def adam_regularized():
    """The gradient of the penalty is dense, and so is its sum with that of the lookup."""
    return _averaged("adam", embeddings_regularizer="l2")


@MODELS.expect(differs("optimizer slot", "momentum", "on TensorFlow the norm is that of the "
    "sparse gradient's rows, before rows of the same token are summed"))  # fmt: skip
def clipped_by_norm():
    return _averaged(keras.optimizers.SGD(0.1, 0.9, clipnorm=1e-3))


@MODELS.agree
def lstm():
    return classifier(tokens(), [L.Embedding(9, 4, mask_zero=True), L.LSTM(4)], "sgd", "int32")


@MODELS.agree
def constrained():
    return _averaged("sgd", embeddings_constraint=keras.constraints.NonNeg())


@MODELS.agree
def frozen_adam():
    inputs = keras.Input((7,), dtype="int32")
    hidden = L.Embedding(9, 4, trainable=False)(inputs)
    return functional(inputs, L.Dense(3)(L.Flatten()(hidden)), tokens())


@MODELS.agree
def tied_adam():
    """Its last layer shares the embedding: a dense gradient joins the sparse one."""
    inputs = keras.Input((7,), dtype="int32")
    shared = L.ReversibleEmbedding(9, 4)
    hidden = L.Dense(4, "tanh")(shared(inputs))
    model = keras.Model(inputs, shared(hidden, reverse=True))
    model.compile("adam", cross_entropy())
    x = tokens()
    return model, x, np.roll(x, -1, axis=1)


@MODELS.agree
def positions():
    inputs = keras.Input((7,), dtype="int32")
    places = keras.ops.expand_dims(keras.ops.arange(7), 0)
    hidden = L.Embedding(9, 4)(inputs) + L.Embedding(7, 4)(places)
    return functional(inputs, L.Dense(3)(L.Flatten()(hidden)), tokens(), "sgd")


@MODELS.expect(differs("metric", "accuracy", "in training, JAX's step hands metrics the outputs "
    "without their mask, TensorFlow's with it"))  # fmt: skip
def per_token_labels():
    model = keras.Sequential(
        [keras.Input((7,), dtype="int32"), L.Embedding(9, 4, mask_zero=True), L.Dense(3)]
    )
    model.compile("sgd", cross_entropy(), metrics=["accuracy"])
    x = tokens()
    return model, x, np.tile(labels()[:, None], (1, 7))
