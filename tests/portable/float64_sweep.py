"""Every layer of Keras in float64, and the gradient through those that are mended.

Run as a script it prints numbers that are the same on every backend, as JSON; with `--write` it
keeps them for the test.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import every_layer
import keras
import numpy as np
from keras import ops

from keras3_lab import portable

GOLDEN = Path(__file__).with_name("float64_golden.json")
MENDED = (
    "AdaptiveAveragePooling3D", "AdaptiveMaxPooling3D", "AveragePooling3D same",
    "CenterCrop larger", "GroupQueryAttention", "MaxPooling3D same", "MelSpectrogram",
    "MultiHeadAttention",
    "Resizing antialias", "Resizing bicubic", "Resizing crop", "Resizing lanczos3",
    "Resizing pad", "UpSampling2D bilinear", "UpSampling2D channels first",
)  # fmt: skip

STEP = 2.0**40


class Shift(keras.layers.Layer):
    """Adds a trained array, so that the gradient of what follows shows in it."""

    def build(self, shape: Any) -> None:
        self.shift = self.add_weight(shape=shape[1:], initializer="zeros", name="shift")

    def call(self, x: Any) -> Any:
        return x + self.shift


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Return numbers between -1 and 1 that no float32 holds."""
    return np.random.Generator(np.random.Philox(seed)).random(shape) * 2 - 1


def checksum(array: Any) -> float:
    """Return one number in which each of an array's shows, relative to all of them."""
    values = ops.convert_to_numpy(array)
    assert values.dtype == "float64", values.dtype
    if np.abs(values).max() < 1e-13:  # the gradient of a key's bias, but for rounding
        return 0.0
    weighted = values.ravel() * numbers(values.size, seed=8)
    return float(weighted.sum() / np.abs(weighted).sum())


def model_of(names: list[str], *, shifted: bool) -> tuple[keras.Model, list[np.ndarray]]:
    """Return a model with each of these layers on inputs of its own, and data."""
    inputs, outputs, x = [], [], []
    for name in names:
        case = every_layer.CASES[name]
        dtype = "int32" if case.integers else None
        own = [keras.Input(shape, dtype=dtype) for shape in case.shapes]
        outputs.append(every_layer.call(case, [Shift()(one) for one in own] if shifted else own))
        inputs += own
        data = [numbers(2, *shape, seed=i) for i, shape in enumerate(case.shapes)]
        x += [(array * 2 + 2).astype("int32") for array in data] if case.integers else data
    model = keras.Model(inputs, outputs)
    portable.initialize(model, 3)
    return model, x


def sweep() -> dict[str, float]:
    """Return a number for each layer's output and for each mended layer's gradient."""
    compiled = keras.backend.backend() == "jax"  # XLA takes TensorFlow a minute
    names = list(every_layer.CASES)
    model, x = model_of(names, shifted=False)
    model.compile(jit_compile=compiled)
    found = {n: checksum(o) for n, o in zip(names, model.predict_on_batch(x), strict=True)}
    model, x = model_of(list(MENDED), shifted=True)
    # A step so large, and a power of two, that it is the gradient to its last digits.
    losses = [lambda y, p: ops.sum(ops.square(p))] * len(MENDED)
    model.compile(keras.optimizers.SGD(STEP), losses, jit_compile=compiled)
    before = [ops.convert_to_numpy(variable) for variable in model.trainable_variables]
    model.train_on_batch(x, [np.zeros((2, *o.shape[1:])) for o in model.outputs])
    for variable, start in zip(model.trainable_variables, before, strict=True):
        gradient = (start - ops.convert_to_numpy(variable)) / STEP
        found[f"gradient {len(found)} {variable.name}"] = checksum(gradient)
    return found


if __name__ == "__main__":
    with portable.float64.enable():
        text = json.dumps(sweep(), indent=1)
    if "--write" in sys.argv:
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text)
