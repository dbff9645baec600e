"""Precision and what else a model is set to."""

from __future__ import annotations

from dataclasses import replace

import keras
from keras import layers as L

from models.declare import Models, differs_when_resumed, fails, unjudged
from models.parts import classifier, cross_entropy, images, labels, sequences, table

MODELS = Models(__name__)

# Half precision within a float64 model: its rounding, 1e-3, is all that float64 could show. Where a
# processor has instructions for it, both backends may round alike.
HALF = replace(
    unjudged("computes in half precision whatever floatx is", "G1", "G2", "G3"), or_agree=True
)


def _under(policy: str):
    """A whole model under a policy, as a script sets it, with a head in full precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                L.Conv2D(4, 3, activation="relu"),
                L.BatchNormalization(),
                L.GlobalAveragePooling2D(),
                L.Dense(3, dtype="float32"),
            ]
        )
        model.compile("adam", cross_entropy())
    finally:
        keras.config.set_dtype_policy(before)
    return model, images(), labels(32)


MODELS.add("mixed_float16", lambda: _under("mixed_float16"), HALF)
MODELS.add("mixed_bfloat16", lambda: _under("mixed_bfloat16"), HALF)


@MODELS.expect(HALF)
def mixed_for_good():
    """The policy is set and never set back, as in most scripts: no other model may notice."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    return classifier(table(), [L.Dense(8, "relu"), L.Dense(6)])


@MODELS.expect(HALF)
def mixed_recurrent():
    return classifier(sequences(), [L.LSTM(4, dtype="mixed_bfloat16")])


@MODELS.expect(HALF)
def one_layer_in_bfloat16():
    return classifier(table(), [L.Dense(8, "relu", dtype="bfloat16"), L.Dense(6)])


@MODELS.agree
def float64():
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="float64"),
            L.Dense(8, "tanh", dtype="float64"),
            L.Dense(3, dtype="float64"),
        ]
    )
    model.compile("adam", cross_entropy())
    return model, table().astype("float64"), labels()


@MODELS.expect(unjudged("a layer in float32 within a float64 model"))
def one_layer_in_float32():
    return classifier(table(), [L.Dense(8, "relu", dtype="float32"), L.Dense(6)])


@MODELS.agree
def floatx_for_good():
    """A script that sets floatx itself: no other model may notice."""
    keras.config.set_floatx("float64")
    return classifier(table(), [L.Dense(8, "tanh")])


def _low_rank(layer, x):
    model, x, y = classifier(x, [layer])
    layer.enable_lora(2)
    model.compile("adam", cross_entropy())
    return model, x, y


# Keras saves the kernel with its low-rank product added, and loads factors of zeros.
MERGED = differs_when_resumed("Keras merges LoRA into the kernel when it saves a layer")
MODELS.add("lora_dense", lambda: _low_rank(L.Dense(6, "tanh"), table()), MERGED)
MODELS.add("lora_conv", lambda: _low_rank(L.Conv2D(4, 3), images()), MERGED)
MODELS.add(
    "lora_einsum",
    lambda: _low_rank(L.EinsumDense("abc,cd->abd", (7, 5)), sequences()),
    MERGED,
)


@MODELS.agree
def eager():
    return classifier(table(), [L.Dense(8, "tanh")], run_eagerly=True)


@MODELS.agree
def steps_per_execution():
    return classifier(table(96), [L.Dense(8, "tanh")], steps_per_execution=2)


@MODELS.agree
def compiled_without_xla():
    return classifier(table(), [L.Dense(8, "tanh")], jit_compile=False)


@MODELS.expect(fails("TensorFlow", "a RematScope takes no keyword argument in a graph"))
def rematerialized():
    with keras.RematScope("full"):
        return classifier(table(), [L.Dense(8, "tanh"), L.Dense(5, "gelu")])
