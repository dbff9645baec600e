"""A step over several devices on TensorFlow: replicas that each have some rows of the batch.

What Keras's own step does to the rows of a replica, this one does to those of the batch: replicas
gather what they predict, and each takes the loss of it all; their gradients are summed before they
are clipped; metrics are of the whole batch. Batch normalization takes its moments over all
replicas, and a portable layer draws what it would draw for the whole batch, see
`keras3_lab.portable.parts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf

from keras3_lab.engine.in_parts import why_not_in_parts
from keras3_lab.engine.tensorflow.processes import bounds_here, process_of
from keras3_lab.portable.parts import part_of_batch
from keras3_lab.private.layers import flatten_layers, mask_of, set_mask
from keras3_lab.private.models import loss_scale, loss_tracker
from keras3_lab.private.optimizers import gradients_are_summed


def replica_count(strategy: Any) -> int:
    """Return how many devices a strategy uses; 1 where there is none."""
    return 1 if strategy is None else int(strategy.num_replicas_in_sync)


def step_of(model: keras.Model, kind: str, strategy: Any) -> Callable[[Any, int], Any]:
    """Return a step of a kind, from a batch, or this process's rows of it, to its outputs.

    It takes the number of rows of the whole batch, too.
    """
    one = {"train": _train, "trace": _train, "test": _test, "predict": _predict}[kind]
    fresh = []
    if kind == "trace":
        model.reset_metrics()
        fresh = [(variable, variable.numpy()) for variable in model.metrics_variables]

    def step(batch: Any, size: int) -> Any:
        here = bounds_here(size, strategy)
        begin = here[0][0]
        # Cut here, where the batch is: a replica would copy all of it to its own device.
        parts = [_rows(batch, first - begin, stop - begin) for first, stop in here]
        whole = None if process_of(strategy)[1] > 1 else batch
        predictions: list[Any] = []

        def replica() -> None:
            number = int(tf.get_static_value(_replica().replica_id_in_sync_group))
            local = number % len(here)
            if number == 0:
                for variable, value in fresh:
                    variable.assign(value)
            with part_of_batch(*here[local], size):
                predictions.append(one(model, parts[local], whole, size, number == 0))

        with strategy.scope(), _of_whole_batches(model):
            strategy.run(replica)
            return predictions[0] if kind == "predict" else model.get_metrics_result()

    return step


def _train(model: keras.Model, part: Any, batch: Any, size: int, is_first: bool) -> None:
    x, y, sample_weight = _targets(part, batch, size)
    count = tf.distribute.get_strategy().num_replicas_in_sync
    with tf.GradientTape() as tape:
        y_pred = _gathered(model(x, training=True), size)
        loss = _loss(model, y, y_pred, sample_weight, training=True)
        # What each replica makes of it comes back to all of them, and is summed.
        share = model.optimizer.scale_loss(loss / tf.cast(count, loss.dtype))
    variables = model.trainable_variables
    by_variable = tape.gradient(share, [variable.value for variable in variables])
    known = [gradient for gradient in by_variable if gradient is not None]
    summed = iter(_replica().all_reduce(tf.distribute.ReduceOp.SUM, known))
    gradients = [None if gradient is None else next(summed) for gradient in by_variable]
    model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    if is_first:
        _count(model, loss, y, y_pred, sample_weight)


def _test(model: keras.Model, part: Any, batch: Any, size: int, is_first: bool) -> None:
    x, y, sample_weight = _targets(part, batch, size)
    y_pred = _gathered(model(x, training=False), size)
    loss = _loss(model, y, y_pred, sample_weight, training=False)
    if is_first:
        _count(model, loss, y, y_pred, sample_weight)


def _predict(model: keras.Model, part: Any, batch: Any, size: int, is_first: bool) -> Any:
    x, _, _ = keras.utils.unpack_x_y_sample_weight(part)
    return _gathered(model(x, training=False), size)


def _targets(part: Any, batch: Any, size: int) -> tuple[Any, Any, Any]:
    """Return the inputs of a part, and targets and weights of the whole batch.

    Where that is nowhere as a whole, `batch` is `None`, and they are gathered.
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(part)
    if batch is not None:
        _, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        return x, y, sample_weight
    return x, _gathered(y, size), _gathered(sample_weight, size)


def _loss(model: keras.Model, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
    """Return the loss of the whole batch, which Keras scales down for a sum over replicas."""
    loss = model.compute_loss(None, y, y_pred, sample_weight, training=training)
    return loss / loss_scale(loss)


def _count(model: keras.Model, loss: Any, y: Any, y_pred: Any, sample_weight: Any) -> None:
    """Have metrics count the whole batch, in one replica: what replicas counted is summed."""
    size = keras.tree.flatten(y_pred)[0].shape[0]
    loss_tracker(model).update_state(loss, sample_weight=size)
    model.compute_metrics(None, y, y_pred, sample_weight=sample_weight)


def _rows(batch: Any, first: int, stop: int) -> Any:
    return keras.tree.map_structure(
        lambda array: None if array is None else array[first:stop], batch
    )


def _replica() -> Any:
    return tf.distribute.get_replica_context()


def _gathered(outputs: Any, size: int) -> Any:
    """Return what all replicas have of a batch, and the masks of it."""

    def whole(tensor: Any) -> Any:
        small = tensor.dtype.is_bool or (tensor.dtype.is_integer and tensor.dtype.size < 4)
        # Between processes no smaller one goes, and none that no device of the replica has made.
        sent = tf.cast(tensor, "int32") if small else tf.identity(tensor)
        gathered = tf.ensure_shape(_replica().all_gather(sent, axis=0), (size, *tensor.shape[1:]))
        return tf.cast(gathered, tensor.dtype)

    def one(tensor: Any) -> Any:
        if tensor is None or tensor.shape[0] == size:  # each replica has all rows
            return tensor
        made, mask = whole(tensor), mask_of(tensor)
        if mask is not None:
            set_mask(made, tf.cast(whole(tf.cast(mask, "int32")), "bool"))
        return made

    return keras.tree.map_structure(one, outputs)


@contextmanager
def _of_whole_batches(model: keras.Model) -> Iterator[None]:
    """Have a model's layers and optimizer go by the whole batch, while a step is traced."""
    with ExitStack() as stack:
        for layer in flatten_layers(model):
            if isinstance(layer, keras.layers.BatchNormalization):
                stack.callback(setattr, layer, "synchronized", layer.synchronized)
                layer.synchronized = True
        optimizer = getattr(model, "optimizer", None)
        if isinstance(optimizer, keras.optimizers.Optimizer):
            stack.enter_context(gradients_are_summed(optimizer))
        yield


def why_not(model: keras.Model, strategy: Any) -> str | None:
    """Tell why a model cannot be trained in replicas as it would be on one device; else `None`."""
    name = f"`tf.distribute.{type(strategy).__name__}` distributes it"
    known = (tf.distribute.MirroredStrategy, tf.distribute.MultiWorkerMirroredStrategy)
    if not isinstance(strategy, known):
        return name
    reason = why_not_in_parts(model)
    return reason and f"{name}, and {reason}"
