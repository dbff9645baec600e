"""`fit`: training with whole epochs, or chunks of them, as one compiled program."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

import keras

from keras3_lab.engine.alone import alone
from keras3_lab.engine.by_keras import leave_to_keras, or_by_keras, why_by_keras
from keras3_lab.engine.data_checks import DataChecks
from keras3_lab.engine.epoch import (
    Callbacks,
    Epochs,
    build,
    callback_list,
    take_averages,
    test_epoch,
)
from keras3_lab.engine.interface import backend
from keras3_lab.engine.orders import Orders
from keras3_lab.engine.pieces import as_they_stand
from keras3_lab.engine.sources import source
from keras3_lab.errors import UsageError
from keras3_lab.private.data import train_validation_split
from keras3_lab.private.models import (
    assert_compile_called,
    resumed_epoch,
    step_results,
    validates,
)
from keras3_lab.private.trainers import is_overridden


@or_by_keras
def fit(
    model: keras.Model,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Callbacks = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool | str = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    *,
    seed: int = 0,
    mode: str = "auto",
    memory: int | None = None,
    check: str = "warn",
) -> keras.callbacks.History:
    """Train a compiled Keras model with many steps as one compiled program.

    Takes what `model.fit` takes and does what it does, with the model's own `train_step`, several
    times as fast for small models, and with a batch order that depends on `seed` alone, on every
    backend. A partial last batch is trained like any other.

    Args:
        model: A compiled `keras.Model`.
        x: Input array or a nested structure of arrays, each of shape `(rows, ...)`; or a
            `keras.utils.PyDataset`, a `tf.data.Dataset`, a Grain data set, a generator, or
            another iterable of batches. Floats of arrays are cast to `keras.config.floatx()`;
            integers (pixels, labels) are kept. Sparse and ragged arrays are taken step by step.
        y: Target array or structure of arrays, or `None`.
        batch_size: Rows per step. Defaults to 32.
        epochs: Number of the last epoch, as in `model.fit`. With 0 nothing is trained.
        verbose: `"auto"`, 0, 1 or 2, as in `model.fit`.
        callbacks: Keras callbacks.
        validation_split: Fraction of the rows, taken from the end, to validate on.
        validation_data: `(x, y)` or `(x, y, sample_weight)`, or whatever else `x` may be, to
            validate on after each epoch.
        shuffle: Whether to draw a new batch order for every epoch. An iterator has its own order;
            of those, only a `PyDataset` is shuffled, by Keras, whatever the seed.
        class_weight: Weight of each class in the training loss.
        sample_weight: Weight of each row in the training loss.
        initial_epoch: Epoch to start at. The order of an epoch depends on its number, so that
            a resumed run sees the batches of the uninterrupted one.
        steps_per_epoch: Number of steps that count as an epoch. Defaults to a pass over the data.
        validation_steps: Number of steps of a validation. Defaults to a pass over the data.
        validation_batch_size: Rows per validation step. Defaults to `batch_size`.
        validation_freq: Validate every so many epochs, or at the listed ones (counted from 1).
        seed: Seed of the batch order.
        mode: How many steps to run before callbacks' batch hooks are called: `"epoch"`, all that
            are at hand; `"chunk"`, about a second's worth; `"step"`, one. `"auto"` takes `"step"`
            where a callback wants every batch, else `"chunk"`.
        memory: Most bytes of data to hold on the device; larger arrays are streamed in chunks, as
            are iterators. Defaults to 4 GiB, and to streaming where an array is an `np.memmap`.
        check: What to do about arrays that make numbers go wrong: with `"warn"`, labels that are no
            classes are refused, and of other things a `DataWarning` tells; with `"error"` those
            are refused, too; with `"off"` nobody looks.

    Returns:
        The `keras.callbacks.History` of the run; `history.history` maps each metric's name to
        one float per epoch.

    Raises:
        UsageError: If an argument is out of range, or what is in the arrays.

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
    assert_compile_called(model, "fit")
    leave_to_keras(why_by_keras(model, "train"))
    if shuffle == "batch":
        leave_to_keras("it shuffles within batches")
    if validation_split or validation_data is not None:
        leave_to_keras(why_by_keras(model, "test"))
        if is_overridden(model, "evaluate"):
            leave_to_keras("the model has an `evaluate` of its own to validate with")
    most = keras.config.max_epochs()
    if most and most < epochs:
        warnings.warn(f"Limiting epochs to {most}", stacklevel=2)
        epochs = most
    if validation_split and validation_data is None:
        if not 0 < validation_split < 1:
            raise UsageError(
                f"validation_split must be 0 or more and less than 1; received: {validation_split}"
            )
        (x, y, sample_weight), validation_data = train_validation_split(
            (x, y, sample_weight), validation_split=validation_split
        )
    checks, share = DataChecks(check), backend().share_of(model)
    with alone(model), closing(Orders(seed, epochs)) as orders:
        train = source(
            x,
            y,
            sample_weight,
            class_weight=class_weight,
            batch_size=batch_size,
            steps=steps_per_epoch,
            shuffle=bool(shuffle),
            memory=memory,
            order=orders if shuffle else as_they_stand,
            share=share,
            every=model.steps_per_execution,
            look=partial(checks.take, ""),
            look_at_chunk=partial(checks.look_at_chunk, model, ""),
        )
        validation = None
        if validation_data is not None:
            validation = source(
                *keras.utils.unpack_x_y_sample_weight(validation_data),
                batch_size=validation_batch_size or batch_size,
                steps=validation_steps,
                memory=memory,
                every=model.steps_per_execution,
                share=share,
                look=partial(checks.take, "validation "),
                look_at_chunk=partial(checks.look_at_chunk, model, "validation "),
            )
        build(model, "train", train)
        checks.run(model)
        hooks = callback_list(
            model, callbacks, verbose, steps=train.steps, epochs=epochs, add_history=True
        )
        training = Epochs(model, "train", hooks, mode)
        testing = Epochs(model, "test", hooks, mode)

        model.stop_training = False
        hooks.on_train_begin()
        logs: dict[str, Any] = {}
        try:
            for epoch in range(resumed_epoch(model) or initial_epoch, epochs):
                model.reset_metrics()
                hooks.on_epoch_begin(epoch)
                logs = step_results(model, training.run(train.pieces(epoch)))
                if validation is not None and validates(model, epoch, validation_freq):
                    validation.reset()
                    tested = test_epoch(model, testing, validation.pieces(epoch), hooks)
                    logs |= {f"val_{name}": value for name, value in tested.items()}
                hooks.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
        finally:
            if isinstance(model.optimizer, keras.optimizers.Optimizer) and epochs > 0:
                take_averages(model)
        hooks.on_train_end(logs)
    return model.history
