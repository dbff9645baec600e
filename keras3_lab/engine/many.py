"""`fit_many`: several models of one make trained at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.by_keras import why_by_keras
from keras3_lab.engine.data import Batches
from keras3_lab.engine.interface import backend, program
from keras3_lab.engine.training import fit
from keras3_lab.errors import UsageError
from keras3_lab.portable import batch_order
from keras3_lab.private.layers import flatten_layers
from keras3_lab.private.models import assert_compile_called, step_results, symbolic_build


def fit_many(
    models: Sequence[keras.Model],
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    *,
    seeds: Sequence[int] | None = None,
) -> list[keras.callbacks.History]:
    """Train several models of one make on the same data, as one program where the backend can.

    What is alike in all of them is paid for once: on JAX, each step of all models is one step of
    arrays that are longer by a dimension (`jax.vmap`). On TensorFlow they train one after
    another. Either way each ends as `keras3_lab.fit` would train it alone, up to rounding.

    Args:
        models: Compiled models that one function made: they may differ in the values of their
            variables (initial weights, learning rate, state of random layers), and in nothing else.
        x: Input array or structure of arrays, each of shape `(rows, ...)`.
        y: Target array or structure of arrays, or `None`.
        batch_size: Rows per step. Defaults to 32.
        epochs: Number of epochs.
        validation_data: `(x, y)` or `(x, y, sample_weight)`, to validate on after each epoch.
        shuffle: Whether to draw a new batch order for every epoch.
        class_weight: Weight of each class in the training loss.
        sample_weight: Weight of each row in the training loss.
        seeds: Seed of each model's batch order. Defaults to 0 for each.

    Returns:
        The `keras.callbacks.History` of each model.

    Raises:
        UsageError: If an argument is out of range, or the models are not alike.

    Example:
    ```python
    import keras
    import numpy as np
    import keras3_lab

    def model(rate):
        made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        made.compile(keras.optimizers.SGD(rate), "mse")
        return made

    x = np.random.default_rng(0).normal(size=(100, 4))
    models = [model(rate) for rate in (0.01, 0.1)]
    slow, fast = keras3_lab.fit_many(models, x, x.sum(axis=1), epochs=3)
    assert fast.history["loss"][-1] < slow.history["loss"][-1]
    ```
    """
    models = list(models)
    seeds = [0] * len(models) if seeds is None else list(seeds)
    if not models or len(seeds) != len(models):
        raise UsageError(
            f"seeds must be as many as models, one or more; "
            f"received: {len(seeds)} and {len(models)}"
        )
    if epochs < 1:
        raise UsageError(f"epochs must be 1 or more; received: {epochs}")
    by_itself = any(model.run_eagerly or why_by_keras(model, "train") for model in models)
    if not backend().VECTORIZES or len(models) == 1 or by_itself:
        return [
            fit(
                model, x, y, batch_size, epochs, 0, validation_data=validation_data,
                shuffle=shuffle, class_weight=class_weight, sample_weight=sample_weight, seed=seed,
            )
            for model, seed in zip(models, seeds, strict=True)
        ]  # fmt: skip
    train = Batches.from_arrays(
        x, y, sample_weight, class_weight=class_weight, batch_size=batch_size
    )
    for model in models:
        assert_compile_called(model, "fit_many")
        symbolic_build(model, train.example())
    _check_alike(models)
    if validation_data is not None:
        held_out = keras.utils.unpack_x_y_sample_weight(validation_data)
        validation = Batches.from_arrays(*held_out, batch_size=batch_size)
    histories = []
    for model in models:
        model.history = keras.callbacks.History()
        model.history.set_model(model)
        model.history.on_train_begin()
        histories.append(model.history)
    for epoch in range(epochs):
        orders = [batch_order(seed, epoch, train.size) if shuffle else None for seed in seeds]
        logs = _epoch("train", models, train, orders)
        if validation_data is not None:
            tested = _epoch("test", models, validation, [None] * len(models))
            for own, more in zip(logs, tested, strict=True):
                own |= {f"val_{name}": value for name, value in more.items()}
        for history, own in zip(histories, logs, strict=True):
            history.on_epoch_end(epoch, own)
    for model in models:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    return histories


def _epoch(
    kind: str, models: Sequence[keras.Model], batches: Batches, orders: Sequence[Any]
) -> list[dict[str, Any]]:
    """Run all batches, each model's in its own order, and return the logs of each."""
    for model in models:
        model.reset_metrics()
    stacks: Any = None
    for runs in zip(*map(batches.rows, orders), strict=True):  # full batches; a partial one
        stacks = program(models[0], kind, *models[1:]).run(batches.arrays, np.stack(runs, axis=1))
    return [
        step_results(
            model, keras.tree.map_structure(lambda stack, i=i: np.asarray(stack)[-1, i], stacks)
        )
        for i, model in enumerate(models)
    ]


def _check_alike(models: Sequence[keras.Model]) -> None:
    """Refuse models of which one program cannot be made."""
    first, *others = (_make(model) for model in models)
    for number, other in enumerate(others, start=1):
        differing = [what for what in first if first[what] != other[what]]
        if differing:
            raise UsageError(
                f"models must differ in the values of their variables alone; model {number} has "
                f"another {' and '.join(differing)} than model 0"
            )


def _make(model: keras.Model) -> dict[str, Any]:
    """Return what a model is, apart from the values of its variables and from names."""
    optimizer = model.optimizer.get_config()
    if isinstance(optimizer.get("learning_rate"), float):
        del optimizer["learning_rate"]  # a variable, unless it is a schedule
    return {
        "set of variables": [
            (tuple(variable.shape), variable.dtype)
            for variable in (*model.variables, *model.optimizer.variables)
        ],
        "set of layers": [
            (type(layer), _config(layer))
            for layer in flatten_layers(model)
            if not isinstance(layer, keras.Model)
        ],
        "optimizer": (type(model.optimizer), _without_names(optimizer)),
        "loss": _without_names(keras.saving.serialize_keras_object(model.loss)),
    }


def _config(layer: keras.layers.Layer) -> Any:
    try:
        return _without_names(layer.get_config())
    except NotImplementedError:  # a layer of the user's that cannot be saved
        return None


def _without_names(config: Any) -> Any:
    """Return a configuration without names and without how initial values were drawn."""
    if isinstance(config, dict):
        return {
            key: _without_names(value)
            for key, value in config.items()
            if key not in ("name", "seed", "build_config") and not key.endswith("initializer")
        }
    if isinstance(config, (list, tuple)):
        return [_without_names(value) for value in config]
    return config
