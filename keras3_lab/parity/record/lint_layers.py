"""Layers that are known to make backends differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.parity.header import Finding
from keras3_lab.parity.record.random_layers import is_portable_random
from keras3_lab.portable.recover import owned_weights
from keras3_lab.portable.twins import has_twin
from keras3_lab.private.layers import flatten_layers, own_trainable_variables, seed_generators
from keras3_lab.private.parts import release

# Measured; those of relu, elu, gelu and the rest are the same.
GRADIENTS_AT_ZERO = {
    "leaky_relu": "1 on JAX and the slope of the negative side on TensorFlow",
    "selu": "1.76 on JAX and 1.05 on TensorFlow",
    "celu": "1 on JAX and 2 on TensorFlow",
}

ZEROS_MENDED = (3, 16)  # from that Keras on `normalize` takes the root of no zero
NAN_AT_ZEROS = (
    "on JAX the gradient of a row of zeros, as relu, dropout or padding may make one, is NaN, and "
    "so are all weights from then on; on TensorFlow it is finite. Add a small number to the row, "
    "or divide by ops.sqrt(ops.maximum(ops.sum(x * x, -1, keepdims=True), 1e-12))."
)

MENDED = "here keras3_lab.portable.float64 computes it in float64."


def find_in_layers(model: keras.Model) -> list[Finding]:
    """Return what is known of a model's layers, whatever it is trained on."""
    findings = [
        finding
        for layer in [model, *flatten_layers(model)]
        for rule in RULES
        for finding in rule(layer)
    ]
    return [*findings, *_gradient_at_zero(model), *_unknown_initializers(model)]


def function_of(layer: Any) -> str | None:
    """Return the name of the function that a layer applies to its inputs or at its end."""
    if isinstance(layer, keras.layers.LeakyReLU):
        return "leaky_relu"
    if isinstance(layer, keras.layers.ReLU):
        return "relu"
    return getattr(getattr(layer, "activation", None), "__name__", None)


def _stock_random(layer: Any) -> Iterator[Finding]:
    if not seed_generators(layer) or is_portable_random(layer):
        return
    rates = [
        getattr(layer, name, None) for name in ("rate", "stddev", "dropout", "recurrent_dropout")
    ]
    if all(rate == 0 for rate in rates if isinstance(rate, int | float)) and any(
        isinstance(rate, int | float) for rate in rates
    ):
        return  # draws nothing
    remedy = (
        "--portable puts its portable twin in its place"
        if has_twin(layer)
        else "it has no portable twin here"
    )
    yield Finding(
        "random-layer",
        layer.name,
        f"{type(layer).__name__} draws from the backend's own generator, which differs; {remedy}.",
        unjudged=True,
    )


def _batch_normalization(layer: Any) -> Iterator[Finding]:
    normalizes = isinstance(layer, keras.layers.BatchNormalization)
    if normalizes and layer.trainable and not layer.synchronized:  # a frozen one looks at no batch
        yield Finding(
            "batch-normalization",
            layer.name,
            "under data parallelism each TensorFlow replica normalizes by its own part of the "
            "batch, JAX by all of it; synchronized=True makes them one. On one device nothing "
            "differs.",
        )


def _low_precision(layer: Any) -> Iterator[Finding]:
    wanted = keras.config.floatx()
    if getattr(layer, "compute_dtype", wanted) not in (wanted, None) and layer.weights:
        yield Finding(
            "dtype",
            layer.name,
            f"computes in {layer.compute_dtype} inside a {wanted} model, so that the rounding of "
            f"{layer.compute_dtype} is all that can be asked of it.",
            unjudged=wanted == "float64",
            dtype=wanted,
        )


def _resizing(layer: Any) -> Iterator[Finding]:
    interpolation = getattr(layer, "interpolation", "nearest")
    if interpolation == "nearest":
        return
    message = f"{interpolation} resizing is done in float32 on TensorFlow; {MENDED}"
    if interpolation == "bicubic":
        message = (
            "TensorFlow takes the weights of bicubic resizing from a table, 6e-4 off; take "
            "another interpolation."
        )
    yield Finding(
        "resize", layer.name, message, dtype="" if interpolation == "bicubic" else "float64"
    )


def _attention(layer: Any) -> Iterator[Finding]:
    if isinstance(layer, keras.layers.MultiHeadAttention | keras.layers.GroupQueryAttention):
        yield Finding(
            "attention",
            layer.name,
            "JAX's softmax of attention is float32 in a float64 model, and so is TensorFlow's "
            f"scale; {MENDED}",
            dtype="float64",
        )


def _pooling_3d(layer: Any) -> Iterator[Finding]:
    if isinstance(
        layer,
        keras.layers.MaxPooling3D
        | keras.layers.AveragePooling3D
        | keras.layers.AdaptiveMaxPooling3D
        | keras.layers.AdaptiveAveragePooling3D,
    ):
        yield Finding(
            "pooling-3d",
            layer.name,
            f"TensorFlow has no {type(layer).__name__} in float64 on CPUs; {MENDED}",
            dtype="float64",
        )


def _spectral_normalization(layer: Any) -> Iterator[Finding]:
    if type(layer) is keras.layers.SpectralNormalization:
        yield Finding(
            "spectral-normalization",
            layer.name,
            "on TensorFlow each step overwrites the kernel by the normalized one, whose gradient "
            "takes the norm for a constant; on JAX the gradient flows through the norm and the "
            "kernel stays as it was. --portable puts a twin in its place that does as JAX does.",
        )


def _normalized_zeros(layer: Any) -> Iterator[Finding]:
    if release() < ZEROS_MENDED and isinstance(layer, keras.layers.UnitNormalization):
        yield Finding("normalized-zeros", layer.name, NAN_AT_ZEROS)


def _stateful(layer: Any) -> Iterator[Finding]:
    if getattr(layer, "stateful", False) and isinstance(layer, keras.layers.RNN):
        yield Finding(
            "stateful",
            layer.name,
            "on TensorFlow each batch goes on from the states of the one before; on JAX a compiled "
            "step starts from those that it was compiled with, because Keras counts them among no "
            "variables. Hand the states over as inputs, or cut the series into longer pieces.",
        )


def _backwards_on_cudnn(layer: Any) -> Iterator[Finding]:
    kind = keras.layers.LSTM
    if (
        isinstance(layer, kind)
        and layer.go_backwards
        and layer.return_sequences
        and layer.use_cudnn
    ):
        yield Finding(
            "backwards-on-cudnn",
            layer.name,
            "on a GPU, Keras on JAX turns the sequence that cuDNN puts out around, so that its "
            "first step comes first; everywhere else the last one does. Give it use_cudnn=False.",
        )


def _lora(layer: Any) -> Iterator[Finding]:
    if getattr(layer, "lora_enabled", False):
        yield Finding(
            "lora",
            layer.name,
            "Keras merges LoRA into the kernel when it saves, and loads both of its matrices as "
            "zeros: on every backend a resumed run is another one, and G3 "
            "differs. Carry get_weights() over instead.",
        )


def _metric_of_a_layer(layer: Any) -> Iterator[Finding]:
    if isinstance(layer, keras.Model):  # which updates them in its steps
        return
    inside = {id(metric) for one in flatten_layers(layer) for metric in one.metrics}
    for metric in layer.metrics:
        if id(metric) not in inside:
            yield Finding(
                "layer-metric",
                metric.name,
                f"{layer.name} has a metric of its own. Where it updates it in call, that is lost "
                "in training on JAX, and stock fit ends with an error there; put out what is to be "
                "measured, and give the metric to compile.",
            )


def _l1_at_zero(layer: Any) -> Iterator[Finding]:
    for variable in own_trainable_variables(layer):
        strength = getattr(variable.regularizer, "l1", 0.0)
        if strength and not np.all(keras.ops.convert_to_numpy(variable)):
            yield Finding(
                "l1-at-zero",
                variable.path,
                "holds zeros, at which the gradient of an L1 penalty is 1 on JAX and 0 on "
                "TensorFlow; start it elsewhere, or leave it out of the penalty.",
            )


def _gradient_at_zero(model: keras.Model) -> Iterator[Finding]:
    layers = flatten_layers(model)
    zeros = [layer.name for layer in layers if _puts_out_zeros(layer)]
    for layer in layers:
        name = function_of(layer)
        others = [zero for zero in zeros if zero != layer.name]
        if name in GRADIENTS_AT_ZERO and others:
            yield Finding(
                "gradient-at-zero",
                layer.name,
                f"at an input of exactly 0, such as {others[0]} may put out, the gradient of "
                f"{name} is {GRADIENTS_AT_ZERO[name]}.",
            )


def _puts_out_zeros(layer: Any) -> bool:
    kinds = (keras.layers.PReLU, keras.layers.Dropout, keras.layers.ZeroPadding2D)
    return isinstance(layer, kinds) or function_of(layer) == "relu"


def _unknown_initializers(model: keras.Model) -> Iterator[Finding]:
    if not model.built:
        return
    for weight in owned_weights(model):
        if weight.initializer is None and weight.variable.trainable:
            yield Finding(
                "initializer",
                weight.variable.path,
                f"its initial value cannot be drawn alike on every backend: {weight.problem}.",
                unjudged=True,
            )


RULES = (
    _stock_random, _batch_normalization, _low_precision, _resizing, _attention, _pooling_3d,
    _spectral_normalization, _normalized_zeros, _stateful, _backwards_on_cudnn, _lora,
    _metric_of_a_layer, _l1_at_zero,
)  # fmt: skip
