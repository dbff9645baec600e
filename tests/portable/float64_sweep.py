"""One step of training through every layer, loss and metric in float64; run as a script: JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import every_layer
import keras
import numpy as np
from keras import ops

from keras3_lab import portable


class Shift(keras.layers.Layer):
    """Adds a trained array, so that the gradient of what follows shows in it."""

    def build(self, shape: Any) -> None:
        self.shift = self.add_weight(shape=shape[1:], initializer="zeros", name="shift")

    def call(self, x: Any) -> Any:
        return x + self.shift


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Return numbers between -1 and 1 that no float32 holds."""
    return np.random.Generator(np.random.Philox(seed)).random(shape) * 2 - 1


def of_layer(name: str) -> np.ndarray:
    """Return what a layer puts out, and all weights after a step along the gradient."""
    case = every_layer.CASES[name]
    shapes = [(2, *shape) for shape in case.shapes]
    x = [
        (numbers(*shape, seed=i) * 2 + 2).astype("int32") if case.integers
        else numbers(*shape, seed=i)
        for i, shape in enumerate(shapes)
    ]  # fmt: skip
    inputs = [keras.Input(s[1:], dtype="int32" if case.integers else None) for s in shapes]
    shifted = inputs if case.integers else [Shift()(one) for one in inputs]
    output = every_layer.call(case, shifted)
    model = keras.Model(inputs, output)
    portable.initialize(model, 3)
    outputs = ops.convert_to_numpy(model(x))
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: ops.sum(y * p), run_eagerly=True)
    if model.trainable_weights:
        model.train_on_batch(x, numbers(*outputs.shape, seed=9))
    weights = [ops.convert_to_numpy(v) for v in model.trainable_weights]
    return np.concatenate([np.ravel(a).astype("float64") for a in (outputs, *weights)])


def values() -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    for name in every_layer.CASES:
        yield name, lambda name=name: of_layer(name)


if __name__ == "__main__":
    found: dict[str, Any] = {}
    with portable.float64.enable():
        for name, value in values():
            keras.utils.clear_session()
            try:
                found[name] = value().tolist()
            except Exception as error:
                found[name] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(found))
