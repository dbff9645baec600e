"""Trainings on one device and on several, each in a process of its own: what differs, as JSON.

Virtual devices are made before a backend starts, so this is a program: `python -m devices_cases
CASE`. Everything is in float64, where a sum in another order shows in the last places alone.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.engine.by_keras import why_by_keras
from keras3_lab.engine.interface import backend, program
from keras3_lab.portable import float64, initialize

L = keras.layers
RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(27, 8, 8, 2))
LABELS = RNG.integers(0, 3, 27)
WORDS = RNG.integers(0, 5, (27, 6))  # 0 is masked
X = RNG.normal(size=(27, 6))
WEIGHTS = RNG.uniform(0.5, 2.0, 27)
JAX = keras.config.backend() == "jax"


def images() -> tuple[keras.Model, dict[str, Any]]:
    """All that looks beyond a row, and batches of 8 of which the last has 3 rows."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            keras3_lab.layers.RandomFlip(),
            keras3_lab.layers.RandomShift(1),
            L.Conv2D(3, 3, activation="relu"),
            L.BatchNormalization(),
            L.MaxPooling2D(2),
            L.Flatten(),
            keras3_lab.layers.Dropout(0.3),
            L.Dense(3, kernel_regularizer="l2"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.01, clipnorm=0.1),
        keras3_lab.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        weighted_metrics=["accuracy"],
    )
    data = {"x": IMAGES, "y": LABELS, "batch_size": 8, "sample_weight": WEIGHTS}
    return model, {**data, "validation_data": (IMAGES[:8], LABELS[:8])}


def few() -> tuple[keras.Model, dict[str, Any]]:
    """Batches of fewer rows than devices, in a stream: 27 rows by 2, and 1 is left."""
    model = keras.Sequential(
        [keras.Input((6,)), L.Dense(4, "tanh", name="cut"), L.BatchNormalization()]
    )
    model.add(L.Dense(1))
    counted = keras.metrics.TruePositives(0.1, name="counted")  # a number, where others are means
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", metrics=["mae", counted])
    return model, {"x": X, "y": X[:, :1] ** 2, "batch_size": 2, "memory": 2000}


def words() -> tuple[keras.Model, dict[str, Any]]:
    """Masks, a recurrent layer, sparse gradients, averages of weights."""
    model = keras.Sequential([keras.Input((6,), dtype="int32"), L.Embedding(5, 3, mask_zero=True)])
    model.add(L.GRU(3, return_sequences=True))
    model.add(L.Dense(3, "softmax"))
    model.compile(
        keras.optimizers.AdamW(0.01, weight_decay=0.1, use_ema=True, global_clipnorm=0.5),
        keras3_lab.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top")],
    )
    return model, {"x": WORDS, "y": WORDS % 3, "batch_size": 8, "class_weight": None}


CASES: dict[str, Callable[[], tuple[keras.Model, dict[str, Any]]]] = {
    "images": images,
    "few": few,
    "words": words,
}


COUNTS = {"images": [3], "few": [1, 4], "words": [2]}


@contextlib.contextmanager
def over(count: int) -> Iterator[None]:
    with backend().over([f"cpu:{i}" for i in range(count)]) if count else contextlib.nullcontext():
        yield


def train(case: str, count: int) -> dict[str, Any]:
    """Train on so many devices, or on one that nobody distributes anything over."""
    with backend().float64(), float64.enable(), over(count):
        model, given = CASES[case]()
        initialize(model, 1)
        history = keras3_lab.fit(model, **given, epochs=2, verbose=0)
        predicted = keras3_lab.predict(model, given["x"][:8], batch_size=8, verbose=0)
        plan = plan_of(model, given["x"], given["y"], given["batch_size"])
        return {
            "devices": plan.devices,
            "loop": plan.loop,
            "reduces": reduces(model),
            "history": history.history,
            "predicted": predicted,
            "variables": [v.numpy() for v in (*model.variables, *model.optimizer.variables)],
        }


def reduces(model: keras.Model) -> bool:
    """Whether the program of training has the devices add something up."""
    if not JAX:
        return backend().devices_of(model) > 1
    loops = [
        e for plan, e in program(model, "train")._executables.values() if hasattr(e, "as_text")
    ]
    return all("all-reduce" in loop.as_text() for loop in loops)


def compare(case: str) -> dict[str, Any]:
    backend().have_devices("cpu", 4)
    alone = train(case, 0)
    outcome = {"alone": [alone["devices"], alone["loop"]]}
    for count in COUNTS[case]:
        found = train(case, count)
        pairs = zip(numbers(alone), numbers(found), strict=True)
        distance = max(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1e-3)) for a, b in pairs)
        outcome[str(count)] = [found["devices"], found["loop"], found["reduces"], float(distance)]
    return outcome


def numbers(outcome: dict[str, Any]) -> list[np.ndarray]:
    parts = [outcome[part] for part in ("history", "predicted", "variables")]
    return [np.asarray(leaf, "float64") for leaf in keras.tree.flatten(parts)]


def left() -> dict[str, str | None]:
    """Return why models are left to Keras, by what is in them."""
    devices = backend().have_devices("cpu", 2)

    def model(*layers: L.Layer, loss: Any = "mse", **how: Any) -> str | None:
        made = keras.Sequential([keras.Input((6,), batch_size=8), *layers, L.Dense(1)])
        made.compile(**{"optimizer": "sgd", "loss": loss, **how})
        return why_by_keras(made, "train")

    class Own(L.Layer):
        def call(self, x):
            return x - keras.ops.mean(x, axis=0)

    def operation(function: Callable[[Any], Any]) -> str | None:
        x = keras.Input((6,))
        made = keras.Model(x, function(x))
        made.compile("sgd", "mse")
        return why_by_keras(made, "train")

    with backend().over(devices):
        return {
            "nothing": model(),
            "draws": model(L.Dropout(0.5)),
            "portable": model(keras3_lab.layers.Dropout(0.5)),
            "own": model(Own()),
            "rows": operation(lambda x: x[:, 1:] + x[:, :5]),
            "operation": operation(lambda x: x - keras.ops.mean(x, axis=0, keepdims=True)),
            "order": operation(lambda x: keras.ops.flip(x, axis=0)),
            "activity": model(L.Dense(2, activity_regularizer="l2")),
            "sum": model(loss=keras.losses.MeanSquaredError(reduction="sum")),
            "accumulates": model(optimizer=keras.optimizers.SGD(gradient_accumulation_steps=2)),
            "scales": model(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())),
            "state": model(L.Reshape((6, 1)), L.GRU(2, stateful=True)),
            "eager": model(run_eagerly=True),
        }


def model_parallel() -> dict[str, Any]:
    """Train with a kernel that is cut, and the batch: 2 by 2 devices, JAX alone."""
    names = backend().have_devices("cpu", 4)
    alone = train("few", 0)
    mesh = keras.distribution.DeviceMesh((2, 2), ["batch", "model"], names)
    layout = keras.distribution.LayoutMap(mesh)
    layout[".*cut/kernel"] = (None, "model")
    cut = keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
    with cut.scope(), backend().float64(), float64.enable():
        model, given = few()
        initialize(model, 1)
        keras3_lab.fit(model, **given, epochs=2, verbose=0)
        plan = plan_of(model, given["x"], given["y"], 2)
        kernel = model.layers[0].kernel.value
        weights = zip(alone["variables"], model.variables, strict=False)
        return {
            "devices": plan.devices,
            "loop": plan.loop,
            "shard": kernel.addressable_shards[0].data.shape,
            "distance": max(float(np.abs(a - b.numpy()).max()) for a, b in weights),
        }


if __name__ == "__main__":
    asked = sys.argv[1]
    outcome = compare(asked) if asked in CASES else {"left": left, "cut": model_parallel}[asked]()
    sys.stdout.write(json.dumps(outcome))
