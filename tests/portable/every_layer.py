"""Every public layer of Keras on tiny inputs, for tests that walk all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers as L  # noqa: N812


@dataclass(frozen=True)
class Case:
    """A layer and the shapes of its inputs, without the batch.

    Args:
        make: Makes the layer.
        shapes: Shape of each input.
        integers: Whether the inputs are whole numbers below 5.
    """

    make: Callable[[], Any]
    shapes: tuple[tuple[int, ...], ...]
    integers: bool = False


def _case(make: Callable[[], Any], *shapes: tuple[int, ...], integers: bool = False) -> Case:
    return Case(make, shapes, integers)


ROW, STEPS, IMAGE, VOLUME = (6,), (6, 4), (7, 6, 2), (5, 6, 4, 2)

CASES: dict[str, Case] = {
    "Activation gelu": _case(lambda: L.Activation("gelu"), ROW),
    "Activation celu": _case(lambda: L.Activation("celu"), ROW),
    "Activation hard_silu": _case(lambda: L.Activation("hard_silu"), ROW),
    "Activation leaky_relu": _case(lambda: L.Activation("leaky_relu"), ROW),
    "Activation log_softmax": _case(lambda: L.Activation("log_softmax"), ROW),
    "Activation mish": _case(lambda: L.Activation("mish"), ROW),
    "Activation selu": _case(lambda: L.Activation("selu"), ROW),
    "Activation softplus": _case(lambda: L.Activation("softplus"), ROW),
    "Activation squareplus": _case(lambda: L.Activation("squareplus"), ROW),
    "Activation sparsemax": _case(lambda: L.Activation("sparsemax"), ROW),
    "Activation threshold": _case(
        lambda: L.Activation(lambda x: keras.activations.threshold(x, 0.1, 0.3)), ROW
    ),
    "ActivityRegularization": _case(lambda: L.ActivityRegularization(0.0, 0.1), ROW),
    "AdaptiveAveragePooling1D": _case(lambda: L.AdaptiveAveragePooling1D(4), STEPS),
    "AdaptiveAveragePooling2D": _case(lambda: L.AdaptiveAveragePooling2D(4), IMAGE),
    "AdaptiveAveragePooling3D": _case(lambda: L.AdaptiveAveragePooling3D(3), VOLUME),
    "AdaptiveMaxPooling1D": _case(lambda: L.AdaptiveMaxPooling1D(4), STEPS),
    "AdaptiveMaxPooling2D": _case(lambda: L.AdaptiveMaxPooling2D(4), IMAGE),
    "AdaptiveMaxPooling3D": _case(lambda: L.AdaptiveMaxPooling3D(3), VOLUME),
    "Add": _case(L.Add, ROW, ROW),
    "AdditiveAttention": _case(L.AdditiveAttention, STEPS, STEPS),
    "Attention": _case(L.Attention, STEPS, STEPS),
    "Attention scaled": _case(lambda: L.Attention(use_scale=True), STEPS, STEPS),
    "Attention concat": _case(
        lambda: L.Attention(score_mode="concat", use_scale=True), STEPS, STEPS
    ),
    "AutoContrast": _case(L.AutoContrast, IMAGE),
    "Average": _case(L.Average, ROW, ROW),
    "AveragePooling1D": _case(lambda: L.AveragePooling1D(2), STEPS),
    "AveragePooling2D": _case(lambda: L.AveragePooling2D(2, padding="same"), IMAGE),
    "AveragePooling3D": _case(lambda: L.AveragePooling3D(2), VOLUME),
    "AveragePooling3D same": _case(lambda: L.AveragePooling3D(3, 2, padding="same"), VOLUME),
    "BatchNormalization": _case(L.BatchNormalization, IMAGE),
    "Bidirectional": _case(lambda: L.Bidirectional(L.LSTM(3)), STEPS),
    "CenterCrop": _case(lambda: L.CenterCrop(4, 3), IMAGE),
    "CenterCrop larger": _case(lambda: L.CenterCrop(9, 8), IMAGE),
    "Concatenate": _case(L.Concatenate, ROW, ROW),
    "Conv1D": _case(lambda: L.Conv1D(3, 2, padding="causal", dilation_rate=2), STEPS),
    "Conv1DTranspose": _case(lambda: L.Conv1DTranspose(3, 2, 2), STEPS),
    "Conv2D": _case(lambda: L.Conv2D(4, 3, groups=2, padding="same"), IMAGE),
    "Conv2DTranspose": _case(lambda: L.Conv2DTranspose(3, 3, 2), IMAGE),
    "Conv3D": _case(lambda: L.Conv3D(3, 2), VOLUME),
    "Conv3DTranspose": _case(lambda: L.Conv3DTranspose(3, 2, 2), VOLUME),
    "ConvLSTM1D": _case(lambda: L.ConvLSTM1D(2, 2), (3, *STEPS)),
    "ConvLSTM2D": _case(lambda: L.ConvLSTM2D(2, 2), (3, *IMAGE)),
    "ConvLSTM3D": _case(lambda: L.ConvLSTM3D(2, 2), (2, *VOLUME)),
    "ConvLSTM2D bidirectional": _case(lambda: L.Bidirectional(L.ConvLSTM2D(2, 2)), (3, *IMAGE)),
    "Cropping1D": _case(lambda: L.Cropping1D(1), STEPS),
    "Cropping2D": _case(lambda: L.Cropping2D(1), IMAGE),
    "Cropping3D": _case(lambda: L.Cropping3D(1), VOLUME),
    "Dense": _case(lambda: L.Dense(3, kernel_regularizer="l2"), ROW),
    "DepthwiseConv1D": _case(lambda: L.DepthwiseConv1D(2, depth_multiplier=2), STEPS),
    "DepthwiseConv2D": _case(lambda: L.DepthwiseConv2D(2, depth_multiplier=2), IMAGE),
    "Dot": _case(lambda: L.Dot(1, normalize=True), ROW, ROW),
    "ELU": _case(lambda: L.ELU(0.3), ROW),
    "EinsumDense": _case(lambda: L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), STEPS),
    "Embedding": _case(lambda: L.Embedding(5, 3), ROW, integers=True),
    "Flatten": _case(L.Flatten, IMAGE),
    "GRU": _case(lambda: L.GRU(3), STEPS),
    "GRU reset before": _case(lambda: L.GRU(3, reset_after=False), STEPS),
    "GRUCell": _case(lambda: L.RNN(L.GRUCell(3)), STEPS),
    "GlobalAveragePooling1D": _case(L.GlobalAveragePooling1D, STEPS),
    "GlobalAveragePooling2D": _case(L.GlobalAveragePooling2D, IMAGE),
    "GlobalAveragePooling3D": _case(L.GlobalAveragePooling3D, VOLUME),
    "GlobalMaxPooling1D": _case(L.GlobalMaxPooling1D, STEPS),
    "GlobalMaxPooling2D": _case(L.GlobalMaxPooling2D, IMAGE),
    "GlobalMaxPooling3D": _case(L.GlobalMaxPooling3D, VOLUME),
    "GroupNormalization": _case(lambda: L.GroupNormalization(2), IMAGE),
    "GroupQueryAttention": _case(lambda: L.GroupQueryAttention(3, 4, 2), STEPS, STEPS),
    "Identity": _case(L.Identity, ROW),
    "LSTM": _case(lambda: L.LSTM(3), STEPS),
    "LSTMCell": _case(lambda: L.RNN([L.LSTMCell(3), L.LSTMCell(2)]), STEPS),
    "Lambda": _case(lambda: L.Lambda(lambda x: 0.3 * x), ROW),
    "LayerNormalization": _case(L.LayerNormalization, STEPS),
    "LeakyReLU": _case(lambda: L.LeakyReLU(0.3), ROW),
    "Masking": _case(lambda: L.Masking(0.1), STEPS),
    "MaxPooling1D": _case(lambda: L.MaxPooling1D(2), STEPS),
    "MaxPooling2D": _case(lambda: L.MaxPooling2D(3, 2, padding="same"), IMAGE),
    "MaxPooling3D": _case(lambda: L.MaxPooling3D(2), VOLUME),
    "MaxPooling3D same": _case(lambda: L.MaxPooling3D(3, 2, padding="same"), VOLUME),
    "Maximum": _case(L.Maximum, ROW, ROW),
    "MelSpectrogram": _case(lambda: L.MelSpectrogram(16, 8, num_mel_bins=4, min_freq=20), (64,)),
    "Minimum": _case(L.Minimum, ROW, ROW),
    "MultiHeadAttention": _case(lambda: L.MultiHeadAttention(2, 3), STEPS, STEPS),
    "Multiply": _case(L.Multiply, ROW, ROW),
    "Normalization": _case(lambda: L.Normalization(mean=0.1, variance=0.3), ROW),
    "PReLU": _case(lambda: L.PReLU("glorot_uniform"), STEPS),
    "Permute": _case(lambda: L.Permute((2, 1)), STEPS),
    "Pipeline": _case(lambda: L.Pipeline([L.Rescaling(0.3), L.Resizing(4, 5)]), IMAGE),
    "RMSNormalization": _case(L.RMSNormalization, STEPS),
    "ReLU": _case(lambda: L.ReLU(0.9, 0.1, 0.3), ROW),
    "RepeatVector": _case(lambda: L.RepeatVector(2), ROW),
    "Rescaling": _case(lambda: L.Rescaling(1 / 255, 0.1), ROW),
    "Reshape": _case(lambda: L.Reshape((3, 2)), ROW),
    "Resizing": _case(lambda: L.Resizing(5, 9), IMAGE),
    "Resizing nearest": _case(lambda: L.Resizing(5, 9, "nearest"), IMAGE),
    "Resizing bicubic": _case(lambda: L.Resizing(5, 9, "bicubic"), IMAGE),
    "Resizing lanczos3": _case(lambda: L.Resizing(5, 9, "lanczos3"), IMAGE),
    "Resizing lanczos5": _case(lambda: L.Resizing(5, 9, "lanczos5"), IMAGE),
    "Resizing antialias": _case(lambda: L.Resizing(3, 4, antialias=True), IMAGE),
    "Resizing crop": _case(lambda: L.Resizing(5, 9, crop_to_aspect_ratio=True), IMAGE),
    "Resizing pad": _case(lambda: L.Resizing(5, 9, pad_to_aspect_ratio=True), IMAGE),
    "ReversibleEmbedding": _case(lambda: L.ReversibleEmbedding(5, 3), ROW, integers=True),
    "STFTSpectrogram": _case(
        lambda: L.STFTSpectrogram(frame_length=8, frame_step=4, fft_length=16), (64, 1)
    ),
    "SeparableConv1D": _case(lambda: L.SeparableConv1D(3, 2), STEPS),
    "SeparableConv2D": _case(lambda: L.SeparableConv2D(3, 2), IMAGE),
    "SimpleRNN": _case(lambda: L.SimpleRNN(3), STEPS),
    "SimpleRNNCell": _case(lambda: L.RNN(L.SimpleRNNCell(3)), STEPS),
    "Softmax": _case(L.Softmax, ROW),
    "SpectralNormalization": _case(lambda: L.SpectralNormalization(L.Dense(3)), ROW),
    "StackedRNNCells": _case(
        lambda: L.RNN(L.StackedRNNCells([L.GRUCell(3), L.SimpleRNNCell(2)])), STEPS
    ),
    "Subtract": _case(L.Subtract, ROW, ROW),
    "TimeDistributed": _case(lambda: L.TimeDistributed(L.Dense(3)), STEPS),
    "UnitNormalization": _case(L.UnitNormalization, STEPS),
    "UpSampling1D": _case(lambda: L.UpSampling1D(2), STEPS),
    "UpSampling2D": _case(lambda: L.UpSampling2D(2), IMAGE),
    "UpSampling2D bilinear": _case(lambda: L.UpSampling2D(3, interpolation="bilinear"), IMAGE),
    "UpSampling2D bicubic": _case(lambda: L.UpSampling2D(2, interpolation="bicubic"), IMAGE),
    "UpSampling2D channels first": _case(
        lambda: L.UpSampling2D((2, 3), "channels_first", "lanczos3"), IMAGE
    ),
    "UpSampling3D": _case(lambda: L.UpSampling3D(2), VOLUME),
    "ZeroPadding1D": _case(lambda: L.ZeroPadding1D(1), STEPS),
    "ZeroPadding2D": _case(lambda: L.ZeroPadding2D(1), IMAGE),
    "ZeroPadding3D": _case(lambda: L.ZeroPadding3D(1), VOLUME),
}
"""By class, a word more where there are several."""
if hasattr(L, "TernaryDense"):  # since Keras 3.16
    CASES["TernaryDense"] = _case(lambda: L.TernaryDense(5), ROW)

RANDOM = "draws: see the portable layers"
IMAGES = "changes images before training, and rounds to float32 on every backend"
WHOLE = "puts out whole numbers, or passes values on"
WITHOUT: dict[str, str] = {
    **dict.fromkeys(
        (
            "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D",
            "SpatialDropout2D", "SpatialDropout3D", "AugMix", "CutMix", "MixUp", "RandAugment",
            "Solarization", "Mosaic",
        ),
        RANDOM,
    ),
    **dict.fromkeys(("ContrastLimitedAdaptiveHistogramEqualization", "Equalization"), IMAGES),
    **dict.fromkeys(
        (
            "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup",
            "StringLookup", "TextVectorization", "MaxNumBoundingBoxes",
        ),
        WHOLE,
    ),
    **dict.fromkeys(("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"), "one backend"),
    **dict.fromkeys(("InputLayer", "InputSpec", "Layer", "RNN", "Wrapper"), "a base of others"),
}  # fmt: skip
"""Layers that have no case, and why."""


def missing() -> list[str]:
    """Return the public layers of Keras that have neither a case nor a reason."""
    names = {name.split()[0] for name in CASES} | set(WITHOUT)
    covered = [getattr(L, name, None) for name in names]
    return [
        name
        for name, value in vars(L).items()
        if isinstance(value, type) and value not in covered and not name.startswith("Random")
    ]


def call(case: Case, inputs: list[Any]) -> Any:
    """Make the layer of a case and return its symbolic output."""
    layer = case.make()
    if isinstance(layer, L.MultiHeadAttention | L.GroupQueryAttention):
        return layer(*inputs)
    return layer(inputs if len(inputs) > 1 else inputs[0])
