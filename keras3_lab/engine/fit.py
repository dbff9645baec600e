"""`fit`, `evaluate` and `predict` with whole epochs as one compiled program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.data import Batches, train_validation_split
from keras3_lab.engine.program import program
from keras3_lab.errors import UsageError
from keras3_lab.portable import batch_order


def fit(
    model: keras.Model,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None = None,
    validation_split: float = 0.0,
    validation_data: tuple[Any, ...] | None = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    *,
    seed: int = 0,
) -> keras.callbacks.History:
    """Train a compiled Keras model with every epoch as one compiled program.

    Works like `model.fit` on arrays, with the model's own `train_step`, several times as fast
    for small models, and with a batch order that depends on `seed` alone, on every backend.
    A partial last batch is trained like any other. Callbacks are served at epochs; their batch
    hooks are called once for all full batches of an epoch and once for a partial last one, as
    Keras does under `steps_per_execution`.

    Args:
        model: A compiled `keras.Model`.
        x: Input array or a nested structure of arrays, each of shape `(rows, ...)`. Floats are
            cast to `keras.config.floatx()`; integers (pixels, labels) are kept as they are.
        y: Target array or structure of arrays, or `None`.
        batch_size: Rows per step. Defaults to 32.
        epochs: Number of the last epoch, as in `model.fit`.
        verbose: `"auto"`, 0, 1 or 2, as in `model.fit`.
        callbacks: Keras callbacks.
        validation_split: Fraction of the rows, taken from the end, to validate on.
        validation_data: `(x, y)` or `(x, y, sample_weight)` to validate on after each epoch.
        shuffle: Whether to draw a new batch order for every epoch.
        class_weight: Weight of each class in the training loss.
        sample_weight: Weight of each row in the training loss.
        initial_epoch: Epoch to start at. The order of an epoch depends on its number, so that
            a resumed run sees the batches of the uninterrupted one.
        validation_batch_size: Rows per validation step. Defaults to `batch_size`.
        validation_freq: Validate every so many epochs, or at the listed ones (counted from 1).
        seed: Seed of the batch order.

    Returns:
        The `keras.callbacks.History` of the run; `history.history` maps each metric's name to
        one float per epoch.

    Raises:
        UsageError: If an argument is out of range.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(100, 4))
    history = keras3_lab.fit(model, x, x.sum(axis=1), epochs=3, verbose=0)
    print(history.history["loss"])
    ```
    """
    model._assert_compile_called("fit")
    if epochs < 1:
        raise UsageError(f"epochs must be 1 or more; received {epochs}")
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = train_validation_split(
            (x, y, sample_weight), validation_split=validation_split
        )
    train = Batches.from_arrays(
        x, y, sample_weight, class_weight=class_weight, batch_size=batch_size
    )
    validation = None
    if validation_data is not None:
        validation = Batches.from_arrays(
            *keras.utils.unpack_x_y_sample_weight(validation_data),
            batch_size=validation_batch_size or batch_size,
        )
    model._symbolic_build(data_batch=train.example())
    steps = program(model, "train")

    if not isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=epochs,
            steps=train.steps,
            model=model,
        )
    model.stop_training = False
    callbacks.on_train_begin()
    logs: dict[str, float] = {}
    # `BackupAndRestore` says through `_initial_epoch` where it resumes.
    for epoch in range(model._initial_epoch or initial_epoch, epochs):
        callbacks.on_epoch_begin(epoch)
        order = batch_order(seed, epoch, train.size) if shuffle else None
        logs = _epoch(model, steps, train, order, callbacks, "train")
        if validation is not None and model._should_eval(epoch, validation_freq):
            validation_logs = _evaluate(model, validation, callbacks)
            logs |= {f"val_{name}": value for name, value in validation_logs.items()}
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    # Writes the averaged weights into the model, where the optimizer keeps any.
    model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(logs)
    return model.history


def evaluate(
    model: keras.Model,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    return_dict: bool = False,
) -> Any:
    """Return loss and metrics of a compiled Keras model in test mode.

    Works like `model.evaluate` on arrays, with all batches as one compiled program.

    Args:
        model: A compiled `keras.Model`.
        x: Input array or a nested structure of arrays, each of shape `(rows, ...)`.
        y: Target array or structure of arrays, or `None`.
        batch_size: Rows per step. Defaults to 32.
        verbose: `"auto"`, 0, 1 or 2, as in `model.evaluate`.
        sample_weight: Weight of each row in the loss.
        callbacks: Keras callbacks.
        return_dict: Whether to return a dict rather than a list.

    Returns:
        The loss, or a list of loss and metrics, or a dict of both by name, as floats.

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
    model._assert_compile_called("evaluate")
    batches = Batches.from_arrays(x, y, sample_weight, batch_size=batch_size)
    model._symbolic_build(data_batch=batches.example())
    callback_list = keras.callbacks.CallbackList(
        callbacks,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=1,
        steps=batches.steps,
        model=model,
    )
    logs = _evaluate(model, batches, callback_list)
    return logs if return_dict else model._flatten_metrics_in_order(logs)


def predict(model: keras.Model, x: Any, batch_size: int | None = None) -> Any:
    """Return a Keras model's outputs for every row of `x`.

    Works like `model.predict` on arrays, with all batches as one compiled program.

    Args:
        model: A built `keras.Model`.
        x: Input array or a nested structure of arrays, each of shape `(rows, ...)`.
        batch_size: Rows per step. Defaults to 32.

    Returns:
        NumPy array of shape `(rows, ...)`, or the structure of them that the model returns.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    assert keras3_lab.predict(model, np.ones((100, 4))).shape == (100, 1)
    ```
    """
    batches = Batches.from_arrays(x, batch_size=batch_size)
    steps = program(model, "predict")
    runs = [steps.run(batches.arrays, rows) for rows in batches.rows()]

    def join(*stacks: Any) -> np.ndarray:
        arrays = [keras.ops.convert_to_numpy(stack) for stack in stacks]
        return np.concatenate([array.reshape(-1, *array.shape[2:]) for array in arrays])

    return keras.tree.map_structure(join, *runs)


def _evaluate(model: keras.Model, batches: Batches, callbacks: Any) -> dict[str, float]:
    model.stop_evaluating = False
    callbacks.on_test_begin()
    logs = _epoch(model, program(model, "test"), batches, None, callbacks, "test")
    callbacks.on_test_end(logs)
    return logs


def _epoch(
    model: keras.Model,
    steps: Any,
    batches: Batches,
    order: np.ndarray | None,
    callbacks: Any,
    phase: str,
) -> dict[str, float]:
    """Run every batch once and return the metrics over all of them."""
    begin = getattr(callbacks, f"on_{phase}_batch_begin")
    end = getattr(callbacks, f"on_{phase}_batch_end")
    model.reset_metrics()
    step = 0
    logs: dict[str, Any] = {}
    for rows in batches.rows(order):
        begin(step)
        outputs = steps.run(batches.arrays, rows)
        step += len(rows)
        logs = keras.tree.map_structure(lambda stack: stack[-1], outputs)
        end(step - 1, logs)
    results = model._get_metrics_result_or_logs(logs)
    return {name: float(value) for name, value in results.items()}
