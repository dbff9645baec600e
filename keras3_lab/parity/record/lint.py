"""Known differences between backends, found in a model before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.parity.header import Finding
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.digests import is_portable_random
from keras3_lab.portable.recover import owned_weights
from keras3_lab.portable.twins import has_twin
from keras3_lab.private.layers import (
    flatten_layers,
    operation_of,
    own_trainable_variables,
    seed_generators,
)  # fmt: skip

PROBABILITIES = {
    "SparseCategoricalCrossentropy": "softmax",
    "CategoricalCrossentropy": "softmax",
    "BinaryCrossentropy": "sigmoid",
}
BY_NAME = {
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
}

# Measured; those of relu, elu, gelu and the rest are the same.
GRADIENTS_AT_ZERO = {
    "leaky_relu": "1 on JAX and the slope of the negative side on TensorFlow",
    "selu": "1.76 on JAX and 1.05 on TensorFlow",
    "celu": "1 on JAX and 2 on TensorFlow",
}


def find_known_differences(problem: Problem) -> list[Finding]:
    """Return what is known to make this problem differ between backends.

    Args:
        problem: A compiled model, built, with its data.

    Example:
        ```python
        import keras
        import numpy as np
        from keras3_lab.parity.record.lint import find_known_differences
        from keras3_lab.parity.problem import Problem

        model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5)])
        model.compile("sgd", "mse")
        print(find_known_differences(Problem(model, np.ones((8, 4)), np.ones((8, 4))))[0].message)
        ```
    """
    layers = flatten_layers(problem.model)
    findings = [finding for layer in layers for rule in LAYER_RULES for finding in rule(layer)]
    for rule in MODEL_RULES:
        findings += rule(problem)
    return findings


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
        )


def _resizing(layer: Any) -> Iterator[Finding]:
    interpolation = getattr(layer, "interpolation", "nearest")
    if interpolation != "nearest":
        yield Finding(
            "resize",
            layer.name,
            f"{interpolation} resizing is done in float32 on TensorFlow (7e-7 off in float64), and "
            "bicubic with other weights at the edges (6e-4 off).",
            unjudged=keras.config.floatx() == "float64",
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


def _gradient_at_zero(problem: Problem) -> Iterator[Finding]:
    layers = flatten_layers(problem.model)
    zeros = [layer.name for layer in layers if _puts_out_zeros(layer)]
    for layer in layers:
        name = _function(layer)
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
    return isinstance(layer, kinds) or _function(layer) == "relu"


def _function(layer: Any) -> str | None:
    """Name of the function that a layer applies to its inputs or at its end."""
    if isinstance(layer, keras.layers.LeakyReLU):
        return "leaky_relu"
    if isinstance(layer, keras.layers.ReLU):
        return "relu"
    return getattr(getattr(layer, "activation", None), "__name__", None)


def _probabilities(problem: Problem) -> Iterator[Finding]:
    activations = _final_activations(problem.model)
    for loss in _losses(problem.model):
        name = BY_NAME.get(loss, loss) if isinstance(loss, str) else _keras_loss(loss)
        if PROBABILITIES.get(name or "") in activations or (
            name in PROBABILITIES and not activations
        ):
            yield Finding(
                "loss-on-probabilities",
                str(name),
                "on probabilities JAX clips at 1e-7, where its gradient is 0, and TensorFlow "
                "computes from the logits where it finds them; take from_logits=True and no "
                "final activation, or the losses of keras3_lab.losses.",
            )


def _output_losses(problem: Problem) -> Iterator[Finding]:
    rows = len(keras.tree.flatten(problem.x)[0])
    several = isinstance(problem.model.loss, dict | list | tuple)
    if several and rows % min(problem.batch_size, rows):
        yield Finding(
            "output-losses",
            problem.model.name,
            "stock fit() on TensorFlow takes a mean of each output's loss over batches in which "
            "a partial last batch counts like a full one; the total loss and the training are "
            "right, and keras3_lab.fit reports all of them alike.",
        )


def _top_k(problem: Problem) -> Iterator[Finding]:
    for metric in problem.model.metrics:
        for one in getattr(metric, "metrics", [metric]):
            if isinstance(one, keras.metrics.SparseTopKCategoricalAccuracy):
                yield Finding(
                    "top-k-float64",
                    one.name,
                    "SparseTopKCategoricalAccuracy raises an error on TensorFlow in float64.",
                )


def _unknown_initializers(problem: Problem) -> Iterator[Finding]:
    if not problem.model.built:
        return
    for weight in owned_weights(problem.model):
        if weight.initializer is None and weight.variable.trainable:
            yield Finding(
                "initializer",
                weight.variable.path,
                f"its initial value cannot be drawn alike on every backend: {weight.problem}.",
                unjudged=True,
            )


LAYER_RULES = (_stock_random, _batch_normalization, _low_precision, _resizing, _l1_at_zero)
MODEL_RULES = (
    _gradient_at_zero, _probabilities, _output_losses, _top_k, _unknown_initializers,
)  # fmt: skip


def _final_activations(model: keras.Model) -> set[str]:
    """Names of the activations that the model's outputs come from."""
    try:
        last = [operation_of(output) for output in model.outputs]
    except AttributeError:  # no graph: a subclassed model
        last = flatten_layers(model, recursive=False)[-1:]
    names = {
        "softmax" if isinstance(layer, keras.layers.Softmax) else _function(layer) for layer in last
    }
    return {name for name in names if name}


def _losses(model: keras.Model) -> list[Any]:
    return [] if model.loss is None else keras.tree.flatten(model.loss)


def _keras_loss(loss: Any) -> str | None:
    """Name of Keras's own loss on probabilities; `None` for others."""
    own = type(loss).__module__.startswith("keras.")
    if own and not loss.get_config().get("from_logits", False):
        return type(loss).__name__
    return None
