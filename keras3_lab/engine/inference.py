"""`evaluate` and `predict`: all batches as one compiled program."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.by_keras import (
    leave_to_keras,
    or_by_keras,
    plan_by_keras,
    why_by_keras,
)
from keras3_lab.engine.data import on_host
from keras3_lab.engine.epoch import Callbacks, Epochs, build, callback_list, test_epoch
from keras3_lab.engine.interface import backend, program_of
from keras3_lab.engine.pieces import EachStep, Source
from keras3_lab.engine.plan import Plan
from keras3_lab.engine.sources import source
from keras3_lab.errors import UsageError
from keras3_lab.private.layers import flatten_layers
from keras3_lab.private.models import assert_compile_called, flatten_metrics

PREDICT_STEPS = 256
"""Most steps whose predictions are held on the device at once."""


@or_by_keras
def evaluate(
    model: keras.Model,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Callbacks = None,
    return_dict: bool = False,
    *,
    mode: str = "auto",
    memory: int | None = None,
    **kwargs: Any,
) -> Any:
    """Return loss and metrics of a compiled Keras model in test mode.

    Takes what `model.evaluate` takes.

    Args:
        model: A compiled `keras.Model`.
        x: Input array or structure of arrays, or whatever else `keras3_lab.fit` takes.
        y: Target array or structure of arrays, or `None`.
        batch_size: Rows per step. Defaults to 32.
        verbose: `"auto"`, 0, 1 or 2, as in `model.evaluate`.
        sample_weight: Weight of each row in the loss.
        steps: Number of steps. Defaults to a pass over the data.
        callbacks: Keras callbacks.
        return_dict: Whether to return a dict rather than a list.
        mode: As in `keras3_lab.fit`.
        memory: As in `keras3_lab.fit`.
        **kwargs: Keras's own; it refuses those that it does not know.

    Returns:
        The loss, or a list of loss and metrics, or a dict of both by name, as floats.

    Raises:
        UsageError: If an argument is out of range.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.ones((100, 4))
    print(keras3_lab.evaluate(model, x, x.sum(axis=1), verbose=0, return_dict=True))
    ```
    """
    if kwargs:  # passed by Keras's own `fit`, or unknown to it as well
        leave_to_keras(f"it was called with {', '.join(kwargs)}")
    assert_compile_called(model, "evaluate")
    leave_to_keras(why_by_keras(model, "test"))
    every = model.steps_per_execution
    data = source(
        x, y, sample_weight, batch_size=batch_size, steps=steps, memory=memory, every=every,
        share=backend().share_of(model),
    )  # fmt: skip
    build(model, "test", data)
    hooks = callback_list(model, callbacks, verbose, steps=data.steps)
    logs = test_epoch(model, Epochs(model, "test", hooks, mode), data.pieces(0), hooks)
    return logs if return_dict else flatten_metrics(model, logs)


@or_by_keras
def predict(
    model: keras.Model,
    x: Any,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    steps: int | None = None,
    callbacks: Callbacks = None,
    *,
    mode: str = "auto",
    memory: int | None = None,
) -> Any:
    """Return a Keras model's outputs for every row of `x`.

    Takes what `model.predict` takes.

    Args:
        model: A `keras.Model`.
        x: Input array or structure of arrays, or whatever else `keras3_lab.fit` takes.
        batch_size: Rows per step. Defaults to 32.
        verbose: `"auto"`, 0, 1 or 2, as in `model.predict`.
        steps: Number of steps. Defaults to a pass over the data.
        callbacks: Keras callbacks.
        mode: As in `keras3_lab.fit`.
        memory: As in `keras3_lab.fit`.

    Returns:
        NumPy array of shape `(rows, ...)`, or the structure of them that the model returns.

    Raises:
        UsageError: If an argument is out of range.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    assert keras3_lab.predict(model, np.ones((100, 4)), verbose=0).shape == (100, 1)
    ```
    """
    leave_to_keras(why_by_keras(model, "predict"))
    data = source(
        x,
        batch_size=batch_size,
        steps=steps,
        memory=memory,
        block=PREDICT_STEPS,
        every=model.steps_per_execution,
        share=backend().share_of(model),
    )
    _build_to_predict(model, data)
    hooks = callback_list(model, callbacks, verbose, steps=data.steps)
    calls: list[Any] = []

    def read(outputs: Any, start: int, stop: int) -> Any:
        def join(stack: Any) -> np.ndarray:
            steps = keras.ops.convert_to_numpy(stack)[start:stop]
            return np.concatenate(steps)

        if isinstance(outputs, EachStep):
            new = [keras.tree.map_structure(on_host, step) for step in outputs[start:stop]]
        else:
            new = [keras.tree.map_structure(join, outputs)]
        calls.extend(new)
        if not backend().JOINS_UNEVEN:
            keras.tree.map_structure(_check_even, calls[0], calls[-1])
        return _joined(new)

    model.stop_predicting = False
    hooks.on_predict_begin()
    Epochs(model, "predict", hooks, mode).run(
        data.pieces(0), read, lambda parts: {"outputs": _joined(parts)}
    )
    hooks.on_predict_end()
    if not calls:
        raise UsageError("x must have one row or more; received: none")
    return _joined(calls)


def _build_to_predict(model: keras.Model, data: Source) -> None:
    if backend().BUILDS_WHILE_TRACING or all(
        layer.built for layer in (model, *flatten_layers(model))
    ):
        return
    inputs, _, _ = keras.utils.unpack_x_y_sample_weight(data.example())
    with keras.StatelessScope():
        model(inputs)
    data.reset()  # as `model.predict` does: the hooks of a `PyDataset` are called there


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return keras.tree.map_structure(lambda *arrays: backend().joined([*arrays]), *parts)


def _check_even(first: Any, later: Any) -> None:
    """Say at once that outputs cannot be joined, rather than when all of them are there."""
    if first.shape[1:] != later.shape[1:]:
        raise UsageError(
            "predict joins outputs that differ in their number of rows alone; "
            f"received: outputs of shapes {first.shape} and {later.shape}"
        )


def plan_of(
    model: keras.Model,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    sample_weight: Any = None,
    kind: str = "train",
) -> Plan:
    """Tell how the engine runs a model's steps on these data, and why so.

    Compiles, if that has not been done yet, and trains nothing.

    Args:
        model: A compiled `keras.Model`.
        x: As in `keras3_lab.fit`.
        y: As in `keras3_lab.fit`.
        batch_size: Rows per step. Defaults to 32.
        sample_weight: As in `keras3_lab.fit`.
        kind: `"train"`, `"test"` or `"predict"`.

    Returns:
        The plan.

    Example:
    ```python
    import keras
    import numpy as np
    from keras3_lab.engine import plan_of

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    assert plan_of(model, np.ones((64, 4)), np.ones((64, 1))).loop == "compiled"
    ```
    """
    if reason := why_by_keras(model, kind):
        return plan_by_keras(model, reason)
    share = backend().share_of(model)
    data = source(x, y, sample_weight, batch_size=batch_size, share=share)
    if kind == "predict":
        _build_to_predict(model, data)
    else:
        build(model, kind, data)
    with closing(data.pieces(0)) as pieces:  # type: ignore[type-var]
        piece = next(pieces, None)
    if piece is None:
        raise UsageError("x must have one row or more; received: none")
    return program_of(model, kind, piece).plan(piece.data, piece.rows)
