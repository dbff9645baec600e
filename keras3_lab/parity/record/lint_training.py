"""Losses, metrics and optimizers that are known to make backends differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from keras3_lab.parity.header import Finding
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.lint_layers import MENDED, NAN_AT_ZEROS, ZEROS_MENDED, function_of
from keras3_lab.private.layers import flatten_layers, mask_of, operation_of
from keras3_lab.private.parts import release

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


def find_in_training(problem: Problem) -> list[Finding]:
    """Return what is known of how a model is trained and measured."""
    return [finding for rule in RULES for finding in rule(problem)]


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


def _ctc(problem: Problem) -> Iterator[Finding]:
    for loss in _losses(problem.model):
        if loss in ("ctc", "CTC") or isinstance(loss, keras.losses.CTC):
            yield Finding(
                "ctc",
                "ctc",
                f"TensorFlow computes CTC in float32 whatever the dtype; {MENDED}",
                dtype="float64",
            )


def _cosine_of_zeros(problem: Problem) -> Iterator[Finding]:
    for loss in _losses(problem.model) if release() < ZEROS_MENDED else ():
        if loss == "cosine_similarity" or isinstance(loss, keras.losses.CosineSimilarity):
            yield Finding("normalized-zeros", "CosineSimilarity", NAN_AT_ZEROS)


def _masked_metrics(problem: Problem) -> Iterator[Finding]:
    model = problem.model
    outputs = keras.tree.flatten(getattr(model, "outputs", None) or [])
    measured = len(model.metrics) > 1  # besides the loss
    if measured and any(mask_of(output) is not None for output in outputs):
        yield Finding(
            "masked-metrics",
            model.name,
            "on JAX the training metrics count what is masked in the outputs, because these lose "
            "their mask on the way; loss, training and validation metrics are right. "
            "weighted_metrics with a sample_weight of 0 for what is masked are right everywhere.",
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
                    "top-k",
                    one.name,
                    "SparseTopKCategoricalAccuracy raises an error on TensorFlow in float64; "
                    f"{MENDED}",
                    dtype="float64",
                )


def _sparse_gradients(problem: Problem) -> Iterator[Finding]:
    optimizer = problem.model.optimizer
    if optimizer is None or _sums_first(optimizer):
        return
    for layer in flatten_layers(problem.model):
        stock = type(layer) is keras.layers.Embedding
        # The gradient of a penalty is dense, and so is then the sum.
        if stock and layer.trainable and layer.embeddings_regularizer is None:
            yield Finding(
                "sparse-gradients",
                layer.embeddings.path if layer.built else layer.name,
                f"on TensorFlow {type(optimizer).__name__} takes the gradient of each token of a "
                "batch by itself, and for instance squares it before those of the same token are "
                "summed up; on JAX it takes their sum. --portable puts a twin in the embedding's "
                "place that hands over the sum everywhere; unclipped SGD and Lion need none.",
            )


def _schedule_free(problem: Problem) -> Iterator[Finding]:
    optimizer = problem.model.optimizer
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if isinstance(optimizer, keras.optimizers.ScheduleFreeAdamW):
        yield Finding(
            "schedule-free",
            optimizer.name,
            "on TensorFlow ScheduleFreeAdamW overwrites its momentum before it reads the old one, "
            "so that its steps are others than on JAX; take another optimizer.",
        )


def _sums_first(optimizer: Any) -> bool:
    """Whether an optimizer sums up the gradients of a token before it does what is not linear."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    clipped = any(
        getattr(optimizer, name, None) for name in ("clipnorm", "global_clipnorm", "clipvalue")
    )
    return type(optimizer) in (keras.optimizers.SGD, keras.optimizers.Lion) and not clipped


RULES = (
    _probabilities, _ctc, _cosine_of_zeros, _masked_metrics, _output_losses, _top_k,
    _sparse_gradients, _schedule_free,
)  # fmt: skip


def _final_activations(model: keras.Model) -> set[str]:
    """Names of the activations that the model's outputs come from."""
    try:
        last = [operation_of(output) for output in model.outputs]
    except AttributeError:  # no graph: a subclassed model
        last = flatten_layers(model, recursive=False)[-1:]
    names = {
        "softmax" if isinstance(layer, keras.layers.Softmax) else function_of(layer)
        for layer in last
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
