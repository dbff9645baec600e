"""What `fit` and `evaluate` need of a model and its callbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import keras

from keras3_lab.private.parts import attribute, part

ENGINE = "keras3_lab.engine"

_pythonify_logs = part("keras.src.utils.python_utils:pythonify_logs", ENGINE)
_is_default = part("keras.src.utils.python_utils:is_default", ENGINE)
_scaled_loss = part("keras.src.losses.loss:scale_loss_for_distribution", ENGINE)
_model_supports_jit = part("keras.src.trainers.trainer:model_supports_jit", ENGINE)


def symbolic_build(model: keras.Model, batch: Any) -> None:
    """Build model, metrics and optimizer for a batch without computing anything, as `fit` does.

    Unnecessary once a compiled model has a public way to be built from a batch; `Model.build` takes
    shapes alone and leaves out metrics and optimizer.

    Args:
        model: A compiled model.
        batch: `(x, y)`, `(x, y, sample_weight)` or the like, of arrays; see also `needs_batch`.
    """
    # Variables of a model that a strategy distributes are made in its scope.
    strategy = vars(model).get("_distribute_strategy")
    with strategy.scope() if strategy else nullcontext():
        attribute(model, "_symbolic_build", ENGINE)(data_batch=batch)


def needs_batch(model: keras.Model) -> bool:
    """Tell whether `symbolic_build` looks at the batch, or all is built that is built from one.

    Unnecessary once a model says whether its metrics and its loss are built.
    """
    layers = attribute(model, "_flatten_layers", ENGINE)()
    parts = (attribute(model, name, ENGINE) for name in ("_compile_metrics", "_compile_loss"))
    return not all(part is None or part.built for part in (*layers, *parts))


def assert_compile_called(model: keras.Model, method: str) -> None:
    """Raise Keras's own error if a model was not compiled.

    Unnecessary once Keras exports that check; `Model.compiled` has no message.

    Args:
        model: A model.
        method: Name of the function that was called, for the message.
    """
    attribute(model, "_assert_compile_called", ENGINE)(method)


def compile_settings(model: keras.Model) -> tuple[Any, ...]:
    """Return objects that are others after each `compile()`, and the same ones until then.

    Unnecessary once a model numbers its calls of `compile`. Keras itself drops its
    `train_function` there, which the engine does not use.

    Args:
        model: A model, compiled or not.
    """
    parts = (attribute(model, name, ENGINE) for name in ("_compile_loss", "_compile_metrics"))
    # A model that was never compiled has no optimizer, and can predict all the same.
    return (getattr(model, "optimizer", None), *parts)


def step_results(model: keras.Model, logs: Any) -> dict[str, Any]:
    """Return the metrics over all steps, or what a custom step returned, as Python numbers.

    Unnecessary once `Model.get_metrics_result` tells logs of a custom step from metrics.

    Args:
        model: A model.
        logs: What its last step returned.
    """
    found: dict[str, Any] = _pythonify_logs(
        attribute(model, "_get_metrics_result_or_logs", ENGINE)(logs)
    )
    return found


def flatten_metrics(model: keras.Model, logs: dict[str, Any]) -> Any:
    """Return the metrics as `evaluate` does without `return_dict`: a number or a list, in order.

    Unnecessary once Keras says what the order of that list is.

    Args:
        model: A model.
        logs: Its metrics by name.
    """
    return attribute(model, "_flatten_metrics_in_order", ENGINE)(logs)


def resumed_epoch(model: keras.Model) -> int | None:
    """Return the epoch at which a callback such as `BackupAndRestore` resumes, if one does.

    Unnecessary once `keras.callbacks.BackupAndRestore` has a public attribute for it.
    """
    epoch: int | None = attribute(model, "_initial_epoch", ENGINE)
    return epoch


def resume_at(model: keras.Model, epoch: int | None) -> None:
    """Have the next `fit` begin at an epoch, as `BackupAndRestore` does; `None` for its own.

    Unnecessary once `keras.callbacks.BackupAndRestore` has a public way to say so.
    """
    attribute(model, "_initial_epoch", ENGINE)  # that it is still called so
    vars(model)["_initial_epoch"] = epoch


def validates(model: keras.Model, epoch: int, validation_freq: int | Sequence[int]) -> bool:
    """Tell whether an epoch ends with a validation.

    Unnecessary once Keras exports the rule.

    Args:
        model: A model.
        epoch: The epoch, counted from 0.
        validation_freq: As in `fit`.
    """
    return bool(attribute(model, "_should_eval", ENGINE)(epoch, validation_freq))


def does_nothing(hook: Callable[..., Any]) -> bool:
    """Tell whether a hook of a callback is the empty one of `keras.callbacks.Callback`.

    Unnecessary once Keras exports its mark on such methods.
    """
    return bool(_is_default(hook))


def traces_batches(callback: keras.callbacks.TensorBoard) -> bool:
    """Tell whether a TensorBoard callback profiles some batches.

    Unnecessary once `TensorBoard` keeps its argument `profile_batch`.
    """
    return bool(attribute(callback, "_should_trace", ENGINE))


def default_jit_compile(model: keras.Model) -> bool:
    """Return what Keras makes of `compile(jit_compile="auto")` for a model on this machine.

    Unnecessary once a model keeps what was passed to `compile`, rather than what came of it.
    """
    return bool(attribute(model, "_resolve_auto_jit_compile", ENGINE)())


TRACED_BY_JAX = (
    keras.layers.RandomPerspective,
    keras.layers.RandomRotation,
    keras.layers.RandomShear,
    keras.layers.RandomTranslation,
    keras.layers.RandomZoom,
)
"""Layers that say of themselves that XLA cannot compile them, which holds for TensorFlow alone."""


def supports_jit(model: keras.Model) -> bool:
    """Tell whether XLA can compile all layers of a model, as they say themselves.

    Unnecessary once Keras exports `model_supports_jit`, and asks its layers by backend.
    """
    if keras.config.backend() == "jax":
        layers = attribute(model, "_flatten_layers", ENGINE)()
        return all(layer.supports_jit or type(layer) in TRACED_BY_JAX for layer in layers)
    return bool(_model_supports_jit(model))


def strategy_of(model: keras.Model) -> Any:
    """Return the `tf.distribute.Strategy` in whose scope a model was made, where TensorFlow runs.

    Unnecessary once `Model.distribute_strategy` is `None` where there is none.
    """
    return attribute(model, "_distribute_strategy", ENGINE)


def loss_tracker(model: keras.Model) -> keras.metrics.Metric:
    """Return the metric that keeps the mean of a model's loss.

    Unnecessary once a model says which of its metrics that is.
    """
    return attribute(model, "_loss_tracker", ENGINE)


def loss_scale(loss: Any) -> Any:
    """Return what Keras multiplies a mean by in a replica of a `tf.distribute.Strategy`.

    Unnecessary once `compute_loss` has an argument that leaves it out. One over the number of
    replicas, in float32, whatever the dtype of the loss.

    Args:
        loss: A loss, for its dtype.
    """
    return _scaled_loss(keras.ops.ones((), loss.dtype))
