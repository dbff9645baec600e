"""All normalizations."""

from __future__ import annotations

import keras
from keras import layers as L

from models.declare import ASSIGNED, Models, differs, refused
from models.parts import classifier, images, padded, sequences, table

MODELS = Models(__name__)

ON_ROWS = {
    "batch": lambda: L.BatchNormalization(),
    "batch_fast": lambda: L.BatchNormalization(momentum=0.5, epsilon=1e-5),
    "batch_plain": lambda: L.BatchNormalization(center=False, scale=False),
    "batch_frozen": lambda: L.BatchNormalization(trainable=False),
    "layer_rows": lambda: L.LayerNormalization(),
    "layer_plain": lambda: L.LayerNormalization(center=False, scale=False),
    "rms": lambda: L.RMSNormalization(),
    "unit": lambda: L.UnitNormalization(),
    "group_rows": lambda: L.GroupNormalization(2),
}
ON_IMAGES = {
    "batch_images": lambda: L.BatchNormalization(),
    "batch_other_axis": lambda: L.BatchNormalization(axis=1),
    "layer_images": lambda: L.LayerNormalization(axis=[1, 2, 3]),
    "group": lambda: L.GroupNormalization(2),
    "instance": lambda: L.GroupNormalization(-1),
    "rms_images": lambda: L.RMSNormalization(axis=-1),
    "unit_images": lambda: L.UnitNormalization(axis=[1, 2]),
}
for name, layer in ON_ROWS.items():
    MODELS.add(name, lambda layer=layer: classifier(table(), [L.Dense(6), layer(), L.ReLU()]))
for name, layer in ON_IMAGES.items():
    MODELS.add(
        name, lambda layer=layer: classifier(images(), [L.Conv2D(4, 3), layer(), L.ReLU()], "sgd")
    )


@MODELS.expect(refused("only TensorFlow has `synchronized=True`"))
def batch_synchronized():
    return classifier(table(), [L.Dense(6), L.BatchNormalization(synchronized=True)])


@MODELS.agree
def batch_partial():
    return classifier(table(50), [L.Dense(6), L.BatchNormalization(), L.ReLU()])


@MODELS.agree
def batch_masked():
    return classifier(padded(), [L.Masking(), L.BatchNormalization(), L.LSTM(4)])


@MODELS.agree
def layer_sequences():
    return classifier(sequences(), [L.Dense(6), L.LayerNormalization(), L.Dense(4, "gelu")])


@MODELS.expect(differs("gradient", "kernel", "the gradient of `ops.normalize` at a row of zeros is "
    "nan on JAX and finite on TensorFlow"))  # fmt: skip
def unit_of_zeros():
    x = table()
    x[5] = 0
    body = [L.Dense(6, use_bias=False), L.UnitNormalization()]
    return classifier(x, body, "sgd")


# The layer assigns the normalized kernel to the kernel before it is used.
CUT = differs("gradient", "kernel", ASSIGNED)


@MODELS.expect(CUT)
def spectral_dense():
    return classifier(table(), [L.SpectralNormalization(L.Dense(6)), L.ReLU()], "sgd")


@MODELS.expect(CUT)
def spectral_conv():
    return classifier(images(), [L.SpectralNormalization(L.Conv2D(4, 3)), L.ReLU()], "sgd")


@MODELS.agree
def adapted():
    layer = L.Normalization()
    layer.adapt(3 * table() + 5)
    model, x, y = classifier(table(), [layer, L.Dense(4, "tanh")])
    return model, 3 * x + 5, y


@MODELS.agree
def given_statistics():
    layer = L.Normalization(mean=[0.5] * 6, variance=[2.0] * 6)
    return classifier(table(), [layer, L.Dense(4, "tanh")])


@MODELS.agree
def inverted():
    layer = L.Normalization(mean=[0.5] * 4, variance=[2.0] * 4, invert=True)
    return classifier(table(), [L.Dense(4, "tanh"), layer])


@MODELS.agree
def max_norm_constraint():
    constraint = keras.constraints.MinMaxNorm(0.2, 0.8)
    return classifier(table(), [L.Dense(6, "relu", kernel_constraint=constraint)])
