"""`fit_many`: several models of one make trained at once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.by_keras import why_by_keras
from keras3_lab.engine.data import Batches
from keras3_lab.engine.data_checks import DataChecks
from keras3_lab.engine.epoch import take_averages
from keras3_lab.engine.interface import Program, backend, program
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
    """Train several models of one make on the same data, on all cores of the processor.

    Each core has its share of the models, in a thread of its own. On JAX, what is alike in them is
    paid for once: each step of a share is one step of arrays that are longer by a dimension
    (`jax.vmap`); on a GPU all are one share. On TensorFlow those of a share train one after
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
    for model in models:
        assert_compile_called(model, "fit_many")

    def train_alone(number: int) -> None:
        fit(
            models[number], x, y, batch_size, epochs, 0, validation_data=validation_data,
            shuffle=shuffle, class_weight=class_weight, sample_weight=sample_weight,
            seed=seeds[number],
        )  # fmt: skip

    if any(
        model.run_eagerly or why_by_keras(model, "train") or backend().devices_of(model) > 1
        for model in models
    ):
        for number in range(len(models)):
            train_alone(number)
        return [model.history for model in models]
    train = Batches.on_host(x, y, sample_weight, class_weight=class_weight, batch_size=batch_size)
    for model in models:
        symbolic_build(model, train.example())
    if not backend().VECTORIZES or len(models) == 1:
        _in_threads(train_alone, range(len(models)))
        return [model.history for model in models]
    _check_alike(models)
    checks = DataChecks("warn")
    checks.take("", train.arrays)
    checks.run(models[0])
    train, validation = train.on_device(), None
    if validation_data is not None:
        held_out = keras.utils.unpack_x_y_sample_weight(validation_data)
        validation = Batches.from_arrays(*held_out, batch_size=batch_size)
    shares = [[*map(int, part)] for part in np.array_split(range(len(models)), _cores(len(models)))]
    compiled: dict[tuple[str, int], Program] = {}
    for kind, share in itertools.product(("train", "test"), shares):
        first, *others = (models[i] for i in share)
        steps = program(first, kind, *others)
        steps.compiled_with(compiled.setdefault((kind, len(share)), steps))

    def train_share(share: list[int]) -> None:
        own = [models[i] for i in share]
        for model in own:
            model.history = keras.callbacks.History()
            model.history.set_model(model)
            model.history.on_train_begin()
        for epoch in range(epochs):
            orders = [batch_order(seeds[i], epoch, train.size) if shuffle else None for i in share]
            logs = _epoch("train", own, train, orders)
            if validation is not None:
                tested = _epoch("test", own, validation, [None] * len(own))
                for one, more in zip(logs, tested, strict=True):
                    one |= {f"val_{name}": value for name, value in more.items()}
            for model, one in zip(own, logs, strict=True):
                model.history.on_epoch_end(epoch, one)
        for model in own:
            take_averages(model)

    _in_threads(train_share, shares)
    return [model.history for model in models]


def _cores(most: int) -> int:
    """Return how many threads have a core each; one where a GPU does the work."""
    if any(device.startswith("gpu") for device in keras.distribution.list_devices()):
        return 1
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return min(most, len(affinity(0)) if affinity else os.cpu_count() or 1)


def _in_threads(work: Callable[[Any], None], parts: Sequence[Any]) -> None:
    """Call a function for each part, in as many threads as there are cores."""
    settings = backend().settings_of_here()

    def call(part: Any) -> None:
        with settings():
            work(part)

    cores = _cores(len(parts))
    if cores == 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(cores) as pool:
        for done in [pool.submit(call, part) for part in parts]:
            done.result()


def _epoch(
    kind: str, models: Sequence[keras.Model], batches: Batches, orders: Sequence[Any]
) -> list[dict[str, Any]]:
    """Run all batches, each model's in its own order, and return the logs of each."""
    for model in models:
        model.reset_metrics()
    many, stacks = len(models) > 1, None
    for runs in zip(*map(batches.rows, orders), strict=True):  # full batches; a partial one
        rows = np.stack(runs, axis=1) if many else runs[0]
        stacks = program(models[0], kind, *models[1:]).run(batches.arrays, rows)
    return [
        step_results(
            model,
            keras.tree.map_structure(
                lambda stack, i=i: np.asarray(stack)[(-1, i) if many else -1], stacks
            ),
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
