"""Whether a model's step on the parts of a batch can come to its step on the whole batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from keras3_lab.engine.own_code import has_own_code
from keras3_lab.private.layers import flatten_layers, keys_of, seed_generators

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
ELEMENTWISE = (
    "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Negative", "Exp", "Log", "Log1p",
    "Sqrt", "Square", "Tanh", "Sigmoid", "Relu", "Gelu",
)  # fmt: skip
RATES = ("dropout", "recurrent_dropout", "rate")


def why_not_in_parts(model: keras.Model) -> str | None:
    """Tell what keeps a model from being trained on parts of a batch; `None` if nothing does.

    All that is asked of a layer is that it goes row by row; of Keras's own layers it is known, and
    of batch normalization and portable random layers it is seen to.

    Args:
        model: A model, compiled or not.
    """
    return next(_reasons(model), None)


def _reasons(model: keras.Model) -> Iterator[str]:
    if model.run_eagerly:
        yield "compile() asked for steps that are not compiled"
    if has_own_code(model):
        yield "code of one's own may look at more than a row"
    optimizer = getattr(model, "optimizer", None)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        yield "the optimizer scales the loss"
    if getattr(optimizer, "gradient_accumulation_steps", None):
        yield "the optimizer accumulates gradients"
    for loss in keras.tree.flatten(getattr(model, "loss", None)):
        if getattr(loss, "reduction", MEANS[0]) not in MEANS:
            yield f"the loss {loss.name} is no mean over the batch"
    layers = flatten_layers(model)
    masks = any(isinstance(x, keras.layers.Masking) or getattr(x, "mask_zero", 0) for x in layers)
    for layer in layers:
        if masks and isinstance(layer, keras.layers.BatchNormalization):
            yield f"the layer {layer.name} normalizes what is masked"
        if reason := _reason(layer):
            yield f"the layer {layer.name} {reason}"
    for part in (model, *layers):
        for operation in getattr(part, "operations", ()):
            if not isinstance(operation, keras.layers.Layer) and not _is_by_rows(operation):
                yield f"the operation {operation.name} is no layer, and may join rows"


def _reason(layer: keras.layers.Layer) -> str | None:
    if getattr(layer, "stateful", False):
        return "keeps a state of each row"
    if getattr(layer, "activity_regularizer", None) is not None:
        return "adds a loss of the rows it sees"
    if getattr(layer, "axis", None) in (0, [0], (0,)):
        return "joins rows"
    if _draws(layer) and not type(layer).__module__.startswith("keras3_lab."):
        return "draws random numbers by the backend; those of keras3_lab.layers are portable"
    return None


def _is_by_rows(operation: keras.Operation) -> bool:
    """Whether an operation of `keras.ops` in a functional model surely goes row by row."""
    name = type(operation).__name__
    if name == "GetItem":
        keys = (key[0] if isinstance(key, tuple) else key for key in keys_of(operation))
        return all(key == slice(None) for key in keys)
    return name in ELEMENTWISE


def _draws(layer: keras.layers.Layer) -> bool:
    """Whether a layer draws random numbers: recurrent ones can, and mostly do not."""
    rates: list[Any] = [getattr(layer, name) for name in RATES if hasattr(layer, name)]
    return bool(seed_generators(layer)) and (not rates or any(rates))
