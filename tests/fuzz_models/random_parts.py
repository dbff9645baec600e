"""The parts of Keras that random models are made of, with random settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras3_lab.parity.shrink.candidate import Made

Rng = np.random.Generator

ACTIVATIONS = (
    "relu", "gelu", "silu", "tanh", "sigmoid", "softplus", "softsign", "elu", "selu", "exponential",
    "hard_sigmoid", "hard_silu", "mish", "relu6", "log_sigmoid", "softmax", "celu", "glu",
    "squareplus", "tanh_shrink", "soft_shrink", "hard_shrink", "hard_tanh", "sparse_plus",
    "log_softmax", "sparsemax", "leaky_relu", "threshold",
)  # fmt: skip
UNARY = (
    "abs", "exp", "expm1", "log1p", "square", "sin", "cos", "tan", "arctan", "sinh", "cosh",
    "arcsinh", "sign", "floor", "ceil", "round", "trunc", "erf", "rsqrt", "sqrt", "reciprocal",
    "negative", "cumsum", "cumprod", "sort", "flip", "nan_to_num", "normalize", "sigmoid",
    "exp2", "deg2rad", "sinc", "angle", "real", "logsumexp", "std", "var", "median",
    "amax", "amin", "mean", "prod", "nanmax", "nansum",
)  # fmt: skip
REDUCING = (
    "logsumexp", "std", "var", "median", "amax", "amin", "mean", "prod",
    "sort", "cumsum", "cumprod", "flip", "normalize",
    "nanmax", "nansum",
)  # fmt: skip
BINARY = (
    "add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "power", "mod",
    "floor_divide", "arctan2", "hypot", "logaddexp", "divide_no_nan", "heaviside",
    "copysign",
)  # fmt: skip
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")


def pick(rng: Rng, options: Sequence[Any]) -> Any:
    return options[int(rng.integers(len(options)))]


def some(rng: Rng, chance: float = 0.3) -> bool:
    return bool(rng.random() < chance)


def layer(rng: Rng, name: str, **options: Any) -> Made:
    """A layer, some of whose arguments are given: a list is a choice, and often left out."""
    args = {}
    for key, value in options.items():
        if isinstance(value, list):
            if some(rng, 0.4):
                args[key] = pick(rng, value)
        else:
            args[key] = value(rng) if callable(value) else value
    return Made(f"layers.{name}", args)


def small(rng: Rng) -> int:
    return int(rng.integers(1, 5))


KERNELS = {
    "kernel_regularizer": [
        Made("regularizers.L2", {"l2": 0.1}),
        Made("regularizers.L1", {"l1": 0.1}),
        Made("regularizers.L1L2", {"l1": 0.01, "l2": 0.01}),
        Made("regularizers.OrthogonalRegularizer"),
    ],
    "kernel_constraint": [
        Made("constraints.MaxNorm", {"max_value": 1.0}),
        Made("constraints.NonNeg"),
        Made("constraints.UnitNorm"),
        Made("constraints.MinMaxNorm", {"min_value": 0.5, "max_value": 1.0}),
    ],
}
ACTIVE = {"activation": [*ACTIVATIONS], "use_bias": [False]}
PADDED = {"padding": ["same", "valid"]}
CONV = {
    "filters": small, "kernel_size": small, **PADDED, **ACTIVE, **KERNELS,
    "strides": [2, 3], "dilation_rate": [2],
}  # fmt: skip
RNN = {
    "return_sequences": [True], "go_backwards": [True], "activation": ["relu", "softsign"],
    "unroll": [True], "use_bias": [False],
}  # fmt: skip

Make = Callable[[Rng], Made]


def any_rank(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "Dense", units=small, **ACTIVE, **KERNELS),
        lambda r: layer(r, "Activation", activation=pick(r, ACTIVATIONS)),
        lambda r: layer(r, "BatchNormalization", momentum=[0.5], center=[False], scale=[False]),
        lambda r: layer(r, "LayerNormalization", center=[False], scale=[False], epsilon=[1e-2]),
        lambda r: layer(r, "RMSNormalization"),
        lambda r: layer(r, "UnitNormalization"),
        lambda r: layer(r, "GroupNormalization", groups=pick(r, [1, -1])),
        lambda r: layer(r, "ReLU", max_value=[1.0], negative_slope=[0.1], threshold=[0.5, -0.5]),
        lambda r: layer(r, "ELU", alpha=[0.5]),
        lambda r: layer(r, "LeakyReLU", negative_slope=[0.1]),
        lambda r: layer(r, "PReLU"),
        lambda r: layer(r, "Softmax", axis=[1]),
        lambda r: layer(r, "Rescaling", scale=2.0, offset=[1.0]),
        lambda r: layer(r, "ActivityRegularization", l1=[0.1], l2=[0.1]),
        lambda r: layer(r, "Normalization", mean=0.5, variance=2.0),
        lambda r: layer(r, "Flatten"),
    ]
    return pick(rng, made)(rng)


def vectors(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "RepeatVector", n=small),
        lambda r: layer(r, "Reshape", target_shape=pick(r, [(-1, 1), (2, -1), (1, -1)])),
        lambda r: layer(r, "EinsumDense", equation="ab,bc->ac", output_shape=3),
        lambda r: layer(r, "Dense", units=small, **ACTIVE, **KERNELS),
    ]
    return pick(rng, made)(rng)


def sequences(rng: Rng) -> Made:
    cells = ("LSTM", "GRU", "SimpleRNN")
    made: list[Make] = [
        lambda r: layer(r, "Conv1D", **(CONV | {"padding": ["same", "causal"]})),
        lambda r: layer(r, "Conv1DTranspose", **CONV),
        lambda r: layer(r, "SeparableConv1D", filters=small, kernel_size=small, **PADDED, **ACTIVE),
        lambda r: layer(r, "DepthwiseConv1D", kernel_size=small, **PADDED, **ACTIVE, strides=[2]),
        lambda r: layer(r, pick(r, cells), units=small, **RNN),
        lambda r: layer(r, "GRU", units=small, reset_after=[False], **RNN),
        lambda r: layer(
            r, "Bidirectional", layer=layer(r, pick(r, cells), units=small, **RNN),
            merge_mode=["sum", "mul", "ave"],
        ),
        lambda r: layer(r, "TimeDistributed", layer=layer(r, "Dense", units=small, **ACTIVE)),
        lambda r: layer(r, "MaxPooling1D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "AveragePooling1D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "GlobalMaxPooling1D", keepdims=[True]),
        lambda r: layer(r, "GlobalAveragePooling1D", keepdims=[True]),
        lambda r: layer(r, "UpSampling1D", size=small),
        lambda r: layer(r, "ZeroPadding1D", padding=small),
        lambda r: layer(r, "Cropping1D", cropping=1),
        lambda r: layer(r, "Masking", mask_value=pick(r, [0.0, 1.0])),
        lambda r: layer(r, "Permute", dims=(2, 1)),
        lambda r: layer(r, "EinsumDense", equation="abc,cd->abd", output_shape=(None, 3)),
        lambda r: layer(r, "Reshape", target_shape=(-1, 1, 1)),
        lambda r: layer(r, "AdaptiveAveragePooling1D", output_size=small),
        lambda r: layer(r, "AdaptiveMaxPooling1D", output_size=small),
    ]  # fmt: skip
    return pick(rng, made)(rng)


def images(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "Conv2D", **CONV),
        lambda r: layer(r, "Conv2DTranspose", **CONV),
        lambda r: layer(r, "SeparableConv2D", filters=small, kernel_size=small, **PADDED, **ACTIVE),
        lambda r: layer(
            r, "DepthwiseConv2D", kernel_size=small, depth_multiplier=[2], **PADDED, **ACTIVE,
            strides=[2],
        ),
        lambda r: layer(r, "MaxPooling2D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "AveragePooling2D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "GlobalMaxPooling2D", keepdims=[True]),
        lambda r: layer(r, "GlobalAveragePooling2D", keepdims=[True]),
        lambda r: layer(r, "UpSampling2D", size=small, interpolation=["bilinear"]),
        lambda r: layer(r, "ZeroPadding2D", padding=small),
        lambda r: layer(r, "Cropping2D", cropping=1),
        lambda r: layer(r, "Resizing", height=small, width=small, interpolation=["nearest"]),
        lambda r: layer(r, "CenterCrop", height=small, width=small),
        lambda r: layer(r, "Permute", dims=(2, 3, 1)),
        lambda r: layer(r, "TimeDistributed", layer=layer(r, "GlobalAveragePooling1D")),
        lambda r: layer(r, "TimeDistributed", layer=layer(r, "LSTM", units=small)),
        lambda r: layer(r, "ConvLSTM1D", filters=small, kernel_size=small, **PADDED,
                        return_sequences=[True]),
        lambda r: layer(r, "AdaptiveAveragePooling2D", output_size=small),
        lambda r: layer(r, "AdaptiveMaxPooling2D", output_size=small),
    ]  # fmt: skip
    return pick(rng, made)(rng)


def volumes(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "Conv3D", filters=small, kernel_size=small, **PADDED, **ACTIVE),
        lambda r: layer(r, "ConvLSTM2D", filters=small, kernel_size=small, **PADDED),
        lambda r: layer(r, "GlobalAveragePooling3D"),
        lambda r: layer(r, "GlobalMaxPooling3D"),
        lambda r: layer(r, "UpSampling3D", size=2),
        lambda r: layer(
            r, "TimeDistributed", layer=layer(r, "Conv2D", filters=small, kernel_size=1)
        ),
        lambda r: layer(r, "Flatten"),
    ]
    return pick(rng, made)(rng)


BY_RANK: dict[int, Make] = {1: vectors, 2: sequences, 3: images, 4: volumes}
RANK_AFTER = {
    "Flatten": 1, "RepeatVector": 2, "GlobalMaxPooling1D": 1, "GlobalAveragePooling1D": 1,
    "GlobalMaxPooling2D": 1, "GlobalAveragePooling2D": 1, "GlobalMaxPooling3D": 1,
    "GlobalAveragePooling3D": 1,
}  # fmt: skip

LOSSES: tuple[tuple[str, str, tuple[str | Made, ...]], ...] = (
    # activation of the head, kind of targets, losses
    ("linear", "normal", (
        "mse", "mae", "mape", "msle", "log_cosh", "cosine_similarity", "hinge", "squared_hinge",
        "categorical_hinge", Made("losses.Huber"),
    )),
    ("sigmoid", "bits", (
        "poisson", "mse", "dice", "tversky", "kl_divergence",
        Made("losses.BinaryCrossentropy", {"from_logits": True}),
        Made("losses.BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
        Made("losses.BinaryFocalCrossentropy", {"from_logits": True}),
    )),
    ("softplus", "bits", ("poisson", "msle", "mse")),
    ("linear", "classes", (
        Made("losses.CategoricalCrossentropy", {"from_logits": True}),
        Made("losses.CategoricalFocalCrossentropy", {"from_logits": True}),
    )),
    ("linear", "labels", (Made("losses.SparseCategoricalCrossentropy", {"from_logits": True}),)),
)  # fmt: skip
SPARSE_SAFE = ("SGD", "Lion")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": [0.9], "nesterov": [True]},
    "Adam": {"amsgrad": [True], "beta_1": [0.5], "epsilon": [1e-3]},
    "AdamW": {},
    "Nadam": {},
    "Adamax": {},
    "Adagrad": {},
    "Adadelta": {},
    "RMSprop": {"momentum": [0.9], "centered": [True], "rho": [0.5]},
    "Ftrl": {"l1_regularization_strength": [0.1], "l2_shrinkage_regularization_strength": [0.1]},
    "Lion": {},
    "Adafactor": {"relative_step": [False]},
    "Lamb": {},
    "Muon": {},
}
SETTINGS: dict[str, Any] = {
    "learning_rate": [
        0.1, 0.01,
        Made("optimizers.schedules.ExponentialDecay",
             {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}),
        Made("optimizers.schedules.CosineDecay",
             {"initial_learning_rate": 0.1, "decay_steps": 3, "warmup_target": 0.2,
              "warmup_steps": 2}),
        Made("optimizers.schedules.PiecewiseConstantDecay",
             {"boundaries": (1, 2), "values": (0.1, 0.05, 0.01)}),
        Made("optimizers.schedules.PolynomialDecay",
             {"initial_learning_rate": 0.1, "decay_steps": 2, "cycle": True}),
    ],
    "weight_decay": [0.1],
    "use_ema": [True],
    "ema_overwrite_frequency": [2],
    "gradient_accumulation_steps": [2],
}  # fmt: skip
CLIPS = ({}, {}, {}, {"clipnorm": 0.5}, {"clipvalue": 0.1}, {"global_clipnorm": 0.5})
METRICS = ("mae", "mse", "cosine_similarity", "mape", "log_cosh")


def optimizer(rng: Rng, *, embeds: bool) -> Made:
    """An optimizer; where tokens are embedded, one that sums up their gradients."""
    name = pick(rng, SPARSE_SAFE if embeds else [*OPTIMIZERS])
    args = layer(rng, name, **OPTIMIZERS[name], **SETTINGS).args
    if "ema_overwrite_frequency" in args:
        args = {**args, "use_ema": True}
    clip = {} if embeds else pick(rng, CLIPS)
    return Made(f"optimizers.{name}", {**args, **clip})
