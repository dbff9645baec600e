"""All convolutions, with strides, dilation, groups, even kernels and every padding."""

from __future__ import annotations

from functools import partial

import keras
from keras import layers as L

from models.declare import Models, unjudged
from models.parts import classifier, rng

MODELS = Models(__name__)

SIZES = {1: 9, 2: 8, 3: 5}
CHANNELS = 4


def _classify(rank: int, layer):
    shape = (32, *[SIZES[rank]] * rank, CHANNELS)
    return classifier(rng().normal(size=shape).astype("float32"), [layer(), L.ReLU()])


FAMILY = {
    1: {
        "conv_even_strided": lambda: L.Conv1D(4, 4, strides=3, padding="same"),
        "conv_causal_dilated": lambda: L.Conv1D(4, 2, padding="causal", dilation_rate=2),
        "transpose_strided": lambda: L.Conv1DTranspose(4, 4, strides=2, padding="same"),
        "depthwise": lambda: L.DepthwiseConv1D(3, depth_multiplier=2),
        "separable": lambda: L.SeparableConv1D(4, 3, padding="same", strides=2),
    },
    2: {
        "conv": lambda: L.Conv2D(4, 3),
        "conv_same_strided": lambda: L.Conv2D(4, 3, strides=2, padding="same"),
        "conv_even": lambda: L.Conv2D(4, 2, padding="same"),
        "conv_even_strided": lambda: L.Conv2D(4, 4, strides=2, padding="same"),
        "conv_oblong": lambda: L.Conv2D(4, (1, 5), strides=(1, 2), padding="same"),
        "conv_dilated": lambda: L.Conv2D(4, 3, dilation_rate=2, padding="same"),
        "conv_grouped": lambda: L.Conv2D(6, 3, groups=2),
        "conv_no_bias_constrained": lambda: L.Conv2D(
            4, 3, use_bias=False, kernel_constraint=keras.constraints.UnitNorm(axis=[0, 1, 2])
        ),
        "transpose": lambda: L.Conv2DTranspose(3, 3),
        "transpose_same_strided": lambda: L.Conv2DTranspose(3, 3, strides=2, padding="same"),
        "transpose_even": lambda: L.Conv2DTranspose(3, 4, strides=2, padding="valid"),
        "transpose_output_padding": lambda: L.Conv2DTranspose(
            3, 3, strides=2, padding="same", output_padding=1
        ),
        "depthwise": lambda: L.DepthwiseConv2D(3, depth_multiplier=2),
        "depthwise_strided": lambda: L.DepthwiseConv2D(4, strides=2, padding="same"),
        "separable": lambda: L.SeparableConv2D(5, 3, depth_multiplier=2),
        "separable_strided": lambda: L.SeparableConv2D(5, 3, strides=2, padding="same"),
    },
    3: {
        "conv": lambda: L.Conv3D(3, 3),
        "conv_same_strided": lambda: L.Conv3D(3, 2, strides=2, padding="same"),
        "transpose": lambda: L.Conv3DTranspose(2, 3, strides=2, padding="same"),
    },
}
for rank, family in FAMILY.items():
    for name, layer in family.items():
        MODELS.add(f"{name}_{rank}d", partial(_classify, rank, layer))


@MODELS.expect(
    unjudged("TensorFlow on a CPU has no gradient of it in float64, nor has `fit`", "G1")
)
def channels_first():
    x = rng().normal(size=(32, 4, 8, 8)).astype("float32")
    body = [L.Conv2D(4, 3, data_format="channels_first"), L.ReLU()]
    return classifier(x, body)
